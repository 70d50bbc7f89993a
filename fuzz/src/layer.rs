//! The providers under test: two base providers, and a layer that changes what it forwards.

use crate::behavior::{answer, progress, throw};
use crate::host::lock;
use crate::over::Over;
use crate::provider::Greedy;
use crate::touch::{fill_room, read_bytes, use_lent, use_request, use_sets};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use wpu::ffi::{SOCKET, WSAOVERLAPPED, WSPDATA, WSPPROC_TABLE, timeval};
use wpu::raw::Procs;
use wpu::{
    Bytes, ClientMut, ClientRef, Condition, ConnectParams, FdSetMut, Layer, Lifecycle, OutBuf, Outcome,
    PendingRequest, Progress, Received, Request, ServiceProvider, Start, Transferred, WsaError, wpu_provider,
};

/// A base provider whose sockets are not file handles.
#[wpu_provider(class = non_ifs, kit = requests, waives(
    WPUCloseSocketHandle, WPUCreateSocketHandle, WPUQuerySocketHandleContext, WPUPostMessage,
    WPUQueryBlockingCallback, WPUGetProviderPath = "its sockets are numbers without meaning"))]
pub(crate) struct Base(Greedy<Self>);

/// A base provider whose sockets are file handles.
#[wpu_provider(class = ifs, kit = requests, waives(
    WPUCloseSocketHandle, WPUModifyIFSHandle, WPUPostMessage, WPUQueryBlockingCallback,
    WPUGetProviderPath = "its sockets are numbers without meaning"))]
pub(crate) struct Files(Greedy<Self>);

/// A layer over [`Base`].
#[wpu_provider(class = non_ifs, kit = requests, waives(
    WPUCloseSocketHandle, WPUCreateSocketHandle, WPUQuerySocketHandleContext, WPUPostMessage,
    WPUQueryBlockingCallback, WPUGetProviderPath = "its sockets are numbers without meaning"))]
pub(crate) struct Upper(Over<Meddler>);

impl Lifecycle for Base {
    fn start(_: &Start<'_>) -> Result<Self, WsaError> {
        Ok(Self(Greedy::new()))
    }
}

impl Lifecycle for Files {
    fn start(_: &Start<'_>) -> Result<Self, WsaError> {
        Ok(Self(Greedy::new()))
    }
}

/// The exports of the library of the base provider.
pub mod base {
    wpu::export!(super::Base; any());
}

/// The exports of the library of the base provider with file handles.
pub mod files {
    wpu::export!(super::Files; any());
}

/// The exports of the library of the layer.
pub mod upper {
    wpu::export!(super::Upper; any());
}

impl Lifecycle for Upper {
    fn start(start: &Start<'_>) -> Result<Self, WsaError> {
        let (mut data, mut functions) = (WSPDATA::ZERO, WSPPROC_TABLE::ZERO);
        let (to_data, to_functions) = (&raw mut data, &raw mut functions);
        // SAFETY: the pointers point to locals, and the table is the harness's, which is callable for the
        // lifetime of the process.
        let code = unsafe { base::WSPStartup(0x0202, to_data, start.entry(), *start.table(), to_functions) };
        if code != 0 {
            return Err(WsaError::new(code));
        }
        // SAFETY: the functions of a provider in this program can always be called.
        let next = unsafe { Procs::new(&functions) }.ok_or(WsaError::WSASYSNOTREADY)?;
        Ok(Self(Over { layer: Meddler::default(), next }))
    }
}

/// Forwards calls, and changes arguments, requests and results.
#[derive(Default)]
pub(crate) struct Meddler {
    turn: AtomicUsize,
    pending: Mutex<Vec<PendingRequest>>,
}

impl Meddler {
    /// Forwards a request or handles it, uses the lent memory before and after, and changes the result.
    fn request<'a, T: Default + Copy>(
        &self,
        mut request: Request<'a>,
        forward: impl FnOnce(Request<'a>) -> Result<Progress<T>, WsaError>,
    ) -> Result<Progress<T>, WsaError> {
        use_request(&request);
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        // Other numbers than in the provider below, so that all combinations occur.
        if turn % 3 == 1 {
            // Not more than the client asked for, since the count of the provider below is reported
            // unchanged.
            let count = request.asked().min(turn % 5 * 100);
            request = request.with_gather(vec![turn.to_ne_bytes()[0]; count]);
        }
        if turn % 5 == 1 {
            request = request.with_input(vec![2; turn % 40]).with_input(vec![3; turn % 20]);
            use_request(&request);
        }
        let lent = request.blocking();
        let answer = self.forward(turn, request, forward);
        // Memory that is lent for the call stays valid, whatever the provider below has done.
        if let Some(lent) = lent {
            use_lent(&lent);
        }
        answer
    }

    fn forward<'a, T: Default + Copy>(
        &self,
        turn: usize,
        request: Request<'a>,
        forward: impl FnOnce(Request<'a>) -> Result<Progress<T>, WsaError>,
    ) -> Result<Progress<T>, WsaError> {
        let done = Progress::Done(T::default());
        match turn % 8 {
            0..3 => forward(request),
            3 => {
                let _ = forward(request);
                Err(WsaError::WSAENETDOWN)
            }
            4 => {
                let _ = forward(request);
                throw()
            }
            5 => {
                let _ = forward(request);
                Ok(done)
            }
            6 => forward(request).or(Ok(done)),
            _ => {
                if let Some(some) = lock(&self.pending).pop() {
                    drop(some);
                }
                let answers = (T::default(), T::default());
                progress::<Upper, _>(1, request, answers, |pended| lock(&self.pending).push(pended))
            }
        }
    }
}

impl Layer for Meddler {
    fn accept(
        &self,
        next: &impl ServiceProvider,
        socket: SOCKET,
        address: Option<OutBuf<'_>>,
        condition: Option<Condition<'_>>,
    ) -> Result<SOCKET, WsaError> {
        if let Some(room) = address {
            fill_room(room, 21);
        }
        next.accept(socket, address, condition)
    }

    fn cleanup(&self, next: &impl ServiceProvider) -> Result<(), WsaError> {
        lock(&self.pending).clear();
        next.cleanup()
    }

    fn close_socket(&self, next: &impl ServiceProvider, socket: SOCKET) -> Result<(), WsaError> {
        drop(std::mem::take(&mut *lock(&self.pending)));
        next.close_socket(socket)
    }

    fn get_sock_name(
        &self,
        next: &impl ServiceProvider,
        socket: SOCKET,
        address: OutBuf<'_>,
    ) -> Result<(), WsaError> {
        fill_room(address, 22);
        next.get_sock_name(socket, address)?;
        answer(1, (), ())
    }

    fn connect(
        &self,
        next: &impl ServiceProvider,
        socket: SOCKET,
        address: Bytes<'_>,
        params: ConnectParams<'_>,
    ) -> Result<(), WsaError> {
        read_bytes(address);
        if let Some(room) = params.callee_data {
            fill_room(room, 23);
        }
        next.connect(socket, address, params)
    }

    fn get_overlapped_result(
        &self,
        next: &impl ServiceProvider,
        socket: SOCKET,
        overlapped: ClientMut<'_, WSAOVERLAPPED>,
        wait: bool,
    ) -> Result<Outcome<Transferred>, WsaError> {
        next.get_overlapped_result(socket, overlapped, wait)
    }

    fn ioctl(
        &self,
        next: &impl ServiceProvider,
        socket: SOCKET,
        code: u32,
        request: Request<'_>,
    ) -> Result<Progress<u32>, WsaError> {
        self.request(request, |request| next.ioctl(socket, code, request))
    }

    fn recv(
        &self,
        next: &impl ServiceProvider,
        socket: SOCKET,
        flags: u32,
        request: Request<'_>,
    ) -> Result<Progress<Received>, WsaError> {
        self.request(request, |request| next.recv(socket, flags, request))
    }

    fn recv_from(
        &self,
        next: &impl ServiceProvider,
        socket: SOCKET,
        flags: u32,
        request: Request<'_>,
    ) -> Result<Progress<Received>, WsaError> {
        self.request(request, |request| next.recv_from(socket, flags, request))
    }

    fn select(
        &self,
        next: &impl ServiceProvider,
        count: i32,
        read: Option<FdSetMut<'_>>,
        write: Option<FdSetMut<'_>>,
        except: Option<FdSetMut<'_>>,
        timeout: Option<ClientRef<'_, timeval>>,
    ) -> Result<i32, WsaError> {
        use_sets([read, write, except]);
        next.select(count, read, write, except, timeout)
    }

    fn send(
        &self,
        next: &impl ServiceProvider,
        socket: SOCKET,
        flags: u32,
        request: Request<'_>,
    ) -> Result<Progress<u32>, WsaError> {
        self.request(request, |request| next.send(socket, flags, request))
    }

    fn send_to(
        &self,
        next: &impl ServiceProvider,
        socket: SOCKET,
        flags: u32,
        request: Request<'_>,
    ) -> Result<Progress<u32>, WsaError> {
        self.request(request, |request| next.send_to(socket, flags, request))
    }
}

/// Each provider forwards to its field.
macro_rules! delegate {
    ($($(#[request($($lent:ident),*)])? fn $method:ident($($name:ident: $type:ty),* $(,)?) -> $answer:ty;)*) => {
        delegate!(@ Base $($method($($name: $type),*) -> $answer;)*);
        delegate!(@ Files $($method($($name: $type),*) -> $answer;)*);
        delegate!(@ Upper $($method($($name: $type),*) -> $answer;)*);
    };
    (@ $provider:ident $($method:ident($($name:ident: $type:ty),*) -> $answer:ty;)*) => {
        impl ServiceProvider for $provider {
            $(fn $method(&self, $($name: $type),*) -> Result<$answer, WsaError> {
                self.0.$method($($name),*)
            })*
        }
    };
}

wpu_sys::for_each_downcall!(delegate);

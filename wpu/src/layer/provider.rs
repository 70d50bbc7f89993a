//! A layer over what is below it, as one provider.

#![allow(clippy::similar_names, reason = "as in the documentation")]

use super::sys::facts::has_plain_input;
use super::sys::ffi::{QOS, SOCKET, WSANETWORKEVENTS, WSAOVERLAPPED, WSAPROTOCOL_INFOW, timeval};
use super::sys::{
    Bytes, ClientMut, ClientRef, Condition, EventRef, FdSetMut, OutBuf, Progress, Request, ServiceProvider,
    Text, Window, WsaError,
};
use super::{LayerProvider, Layered, Moved};

/// Implements each function by that of the layer, which is told what comes next.
macro_rules! layered {
    ($($function:ident($($name:ident: $type:ty),*) -> $answer:ty;)*) => {
        impl<L: LayerProvider> ServiceProvider for Layered<L> {
            $(
                #[inline]
                fn $function(&self, $($name: $type),*) -> Result<$answer, WsaError> {
                    self.layer.$function(&self.next, $($name),*)
                }
            )*

            #[inline]
            fn ioctl(
                &self,
                socket: SOCKET,
                code: u32,
                request: Request<'_>,
            ) -> Result<Progress<u32>, WsaError> {
                let request = if has_plain_input(code) {
                    request
                } else {
                    // SAFETY: nobody has a `Layered` but its `Instance`, whose functions get both from one call of the client: it
                    // vouches for what the provider of its socket finds in the input of this code.
                    unsafe { request.tagged(code) }
                };
                let done = self.layer.ioctl(&self.next, socket, code, request)?;
                Ok(self.note(socket, Moved::Controlled, done, |count| *count))
            }

            #[inline]
            fn recv(
                &self,
                socket: SOCKET,
                flags: u32,
                request: Request<'_>,
            ) -> Result<Progress<(u32, u32)>, WsaError> {
                let done = self.layer.recv(&self.next, socket, flags, request)?;
                Ok(self.note(socket, Moved::Received, done, |done| done.0))
            }

            #[inline]
            fn recv_from(
                &self,
                socket: SOCKET,
                flags: u32,
                request: Request<'_>,
            ) -> Result<Progress<(u32, u32)>, WsaError> {
                let done = self.layer.recv_from(&self.next, socket, flags, request)?;
                Ok(self.note(socket, Moved::Received, done, |done| done.0))
            }

            #[inline]
            fn send(
                &self,
                socket: SOCKET,
                flags: u32,
                request: Request<'_>,
            ) -> Result<Progress<u32>, WsaError> {
                let done = self.layer.send(&self.next, socket, flags, request)?;
                Ok(self.note(socket, Moved::Sent, done, |count| *count))
            }

            #[inline]
            fn send_to(
                &self,
                socket: SOCKET,
                flags: u32,
                request: Request<'_>,
            ) -> Result<Progress<u32>, WsaError> {
                let done = self.layer.send_to(&self.next, socket, flags, request)?;
                Ok(self.note(socket, Moved::Sent, done, |count| *count))
            }
        }

        impl<L: LayerProvider> Layered<L> {
            /// Tells the layer of what was moved at once.
            #[inline]
            fn note<T>(&self, socket: SOCKET, moved: Moved, done: Progress<T>, count: impl Fn(&T) -> u32) -> Progress<T> {
                if let Progress::Done(answer) = &done {
                    self.layer.moved(socket, moved, count(answer));
                }
                done
            }
        }
    };
}

layered! {
    accept(socket: SOCKET, address: Option<OutBuf<'_>>, condition: Option<Condition<'_>>) -> SOCKET;
    address_to_string(address: Bytes<'_>, info: Option<ClientRef<'_, WSAPROTOCOL_INFOW>>, text: OutBuf<'_, u16>) -> ();
    async_select(socket: SOCKET, window: Window, message: u32, events: i32) -> ();
    bind(socket: SOCKET, address: Bytes<'_>) -> ();
    cancel_blocking_call() -> ();
    cleanup() -> ();
    close_socket(socket: SOCKET) -> ();
    connect(socket: SOCKET, address: Bytes<'_>, caller_data: Option<Bytes<'_>>, callee_data: Option<OutBuf<'_>>, socket_qos: Option<ClientRef<'_, QOS>>, group_qos: Option<ClientRef<'_, QOS>>) -> ();
    duplicate_socket(socket: SOCKET, process: u32) -> WSAPROTOCOL_INFOW;
    enum_network_events(
        socket: SOCKET,
        event: Option<EventRef<'_>>,
        events: ClientMut<'_, WSANETWORKEVENTS>
    ) -> ();
    event_select(socket: SOCKET, event: Option<EventRef<'_>>, events: i32) -> ();
    get_overlapped_result(socket: SOCKET, overlapped: ClientMut<'_, WSAOVERLAPPED>, wait: bool) -> (u32, u32);
    get_peer_name(socket: SOCKET, address: OutBuf<'_>) -> ();
    get_sock_name(socket: SOCKET, address: OutBuf<'_>) -> ();
    get_sock_opt(socket: SOCKET, level: i32, option: i32, value: OutBuf<'_>) -> ();
    get_qos_by_name(socket: SOCKET, name: Option<Bytes<'_>>, qos: ClientMut<'_, QOS>) -> ();
    join_leaf(socket: SOCKET, address: Bytes<'_>, caller_data: Option<Bytes<'_>>, callee_data: Option<OutBuf<'_>>, socket_qos: Option<ClientRef<'_, QOS>>, group_qos: Option<ClientRef<'_, QOS>>, flags: u32) -> SOCKET;
    listen(socket: SOCKET, backlog: i32) -> ();
    recv_disconnect(socket: SOCKET, data: Option<OutBuf<'_>>) -> ();
    select(count: i32, read: Option<FdSetMut<'_>>, write: Option<FdSetMut<'_>>, except: Option<FdSetMut<'_>>, timeout: Option<ClientRef<'_, timeval>>) -> i32;
    send_disconnect(socket: SOCKET, data: Option<Bytes<'_>>) -> ();
    set_sock_opt(socket: SOCKET, level: i32, option: i32, value: Bytes<'_>) -> ();
    shutdown(socket: SOCKET, how: i32) -> ();
    socket(family: i32, kind: i32, protocol: i32, info: Option<ClientRef<'_, WSAPROTOCOL_INFOW>>, group: u32, flags: u32) -> SOCKET;
    string_to_address(text: Text<'_>, family: i32, info: Option<ClientRef<'_, WSAPROTOCOL_INFOW>>, address: OutBuf<'_>) -> ();
}

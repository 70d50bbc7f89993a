//! A base provider that uses all of its arguments, and returns what the case determines.

use crate::behavior::{answer, progress, too_much, total};
use crate::host::lock;
use crate::touch::{fill_room, finish, read_bytes, use_connection, use_request, use_sets};
use std::hint::black_box;
use std::marker::PhantomData;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{JoinHandle, spawn};
use wpu::facts::Completes;
use wpu::ffi::{
    INVALID_SOCKET, QOS, SOCKET, SOCKET_ERROR, WSANETWORKEVENTS, WSAOVERLAPPED, WSAPROTOCOL_INFOW, timeval,
};
use wpu::{
    Bytes, ClientMut, ClientRef, ClientSlice, CompletionResult, Condition, ConnectParams, EventRef, FdSetMut,
    OutBuf, Outcome, PendingRequest, Progress, Received, Request, ServiceProvider, SocketParams, Text,
    Transferred, WsaError,
};

/// The pending requests of the base provider `P`, and the thread that completes some of them.
pub(crate) struct Greedy<P> {
    pending: Mutex<Vec<PendingRequest>>,
    worker: Mutex<Option<(Sender<Order>, JoinHandle<()>)>>,
    of: PhantomData<fn() -> P>,
}

/// An order for the worker.
enum Order {
    Finish(Box<PendingRequest>, CompletionResult),
    /// Report when all earlier orders are done.
    Report(Sender<()>),
}

fn work(orders: &Receiver<Order>) {
    for order in orders {
        match order {
            Order::Finish(pended, completion) => finish(*pended, completion),
            Order::Report(to) => drop(to.send(())),
        }
    }
}

impl<P> Greedy<P> {
    pub(crate) fn new() -> Self {
        let (orders, received) = channel();
        let worker = spawn(move || work(&received));
        Self { pending: Mutex::default(), worker: Mutex::new(Some((orders, worker))), of: PhantomData }
    }

    /// Completes some of the pending requests, here or on the worker's thread.
    pub(crate) fn advance(&self, most: usize, here: bool) {
        for _ in 0..most {
            let Some(pended) = lock(&self.pending).pop() else { return };
            let total = pended.scatter().total().max(pended.gather().total());
            let count = u32::try_from(total).unwrap_or(u32::MAX);
            let completion = match pended.socket() % 7 {
                0..3 => Ok(count.into()),
                3 => Err(WsaError::WSAENETDOWN),
                4 if pended.scatter().count() > 0 => {
                    Ok(Outcome::Partial(count.into(), WsaError::WSAEMSGSIZE))
                }
                5 => Ok(Outcome::Partial(u32::MAX.into(), WsaError::WSAEFAULT)),
                _ => Ok(u32::MAX.into()),
            };
            let worker = lock(&self.worker);
            match &*worker {
                Some((orders, _)) if !here => drop(orders.send(Order::Finish(Box::new(pended), completion))),
                _ => finish(pended, completion),
            }
        }
    }

    /// Waits until the worker has done its orders.
    fn wait(&self) {
        let (to, done) = channel();
        match &*lock(&self.worker) {
            Some((orders, _)) => drop(orders.send(Order::Report(to))),
            None => drop(to),
        }
        // There is no reply if the worker has ended.
        let _ = done.recv();
    }

    /// Ends the worker.
    pub(crate) fn stop(&self) {
        let worker = lock(&self.worker).take();
        if let Some((orders, worker)) = worker {
            drop(orders);
            worker.join().expect("no panic comes out of it");
        }
    }
}

impl<P> Drop for Greedy<P> {
    fn drop(&mut self) {
        self.stop();
    }
}

impl<P: Completes> ServiceProvider for Greedy<P> {
    fn accept(
        &self,
        socket: SOCKET,
        address: Option<OutBuf<'_>>,
        condition: Option<Condition<'_>>,
    ) -> Result<SOCKET, WsaError> {
        if let Some(room) = address {
            fill_room(room, 2);
        }
        black_box(condition.map(Condition::parts));
        answer(0, socket.wrapping_add(1) & 0xff, INVALID_SOCKET)
    }

    fn address_to_string(
        &self,
        address: Bytes<'_>,
        info: Option<ClientRef<'_, WSAPROTOCOL_INFOW>>,
        text: OutBuf<'_, u16>,
    ) -> Result<(), WsaError> {
        read_bytes(address);
        black_box(info.map(ClientRef::get));
        fill_room(text, 0x41);
        answer(0, (), ())
    }

    fn async_select(&self, _: SOCKET, _: wpu::Window, _: u32, _: i32) -> Result<(), WsaError> {
        answer(0, (), ())
    }

    fn bind(&self, _: SOCKET, address: Bytes<'_>) -> Result<(), WsaError> {
        read_bytes(address);
        answer(0, (), ())
    }

    fn cancel_blocking_call(&self) -> Result<(), WsaError> {
        answer(0, (), ())
    }

    fn cleanup(&self) -> Result<(), WsaError> {
        self.advance(3, false);
        self.stop();
        lock(&self.pending).clear();
        answer(0, (), ())
    }

    fn close_socket(&self, socket: SOCKET) -> Result<(), WsaError> {
        let mut pending = lock(&self.pending);
        let (closed, open): (Vec<_>, Vec<_>) =
            pending.drain(..).partition(|pended| pended.socket() == socket);
        *pending = open;
        drop(pending);
        drop(closed);
        if socket == INVALID_SOCKET {
            self.wait();
        }
        answer(0, (), ())
    }

    fn connect(&self, _: SOCKET, address: Bytes<'_>, params: ConnectParams<'_>) -> Result<(), WsaError> {
        use_connection(address, &params);
        answer(0, (), ())
    }

    fn duplicate_socket(&self, _: SOCKET, _: u32) -> Result<WSAPROTOCOL_INFOW, WsaError> {
        let info = WSAPROTOCOL_INFOW { dwCatalogEntryId: 77, ..WSAPROTOCOL_INFOW::ZERO };
        answer(0, info, info)
    }

    fn enum_network_events(
        &self,
        _: SOCKET,
        event: Option<EventRef<'_>>,
        events: ClientMut<'_, WSANETWORKEVENTS>,
    ) -> Result<(), WsaError> {
        black_box(event.map(EventRef::raw));
        answer(0, (), ())?;
        events.set(WSANETWORKEVENTS { lNetworkEvents: 1, ..events.get() });
        Ok(())
    }

    fn event_select(&self, _: SOCKET, event: Option<EventRef<'_>>, _: i32) -> Result<(), WsaError> {
        black_box(event.map(EventRef::raw));
        answer(0, (), ())
    }

    fn get_overlapped_result(
        &self,
        _: SOCKET,
        overlapped: ClientMut<'_, WSAOVERLAPPED>,
        _: bool,
    ) -> Result<Outcome<Transferred>, WsaError> {
        let ended = wpu::overlapped_result(overlapped);
        answer(0, (), ())?;
        // The error is arbitrary if the structure does not belong to a request.
        match ended {
            Some(Outcome::Done(transferred)) => Ok(Outcome::Done(transferred)),
            Some(Outcome::Partial(transferred, WsaError::WSAEMSGSIZE)) => {
                Ok(Outcome::Partial(transferred, WsaError::WSAEMSGSIZE))
            }
            _ => Err(WsaError::WSA_IO_INCOMPLETE),
        }
    }

    fn get_peer_name(&self, _: SOCKET, address: OutBuf<'_>) -> Result<(), WsaError> {
        fill_room(address, 4);
        answer(0, (), ())
    }

    fn get_sock_name(&self, _: SOCKET, address: OutBuf<'_>) -> Result<(), WsaError> {
        fill_room(address, 5);
        answer(0, (), ())
    }

    fn get_sock_opt(&self, _: SOCKET, _: i32, _: i32, value: OutBuf<'_>) -> Result<(), WsaError> {
        fill_room(value, 6);
        answer(0, (), ())
    }

    fn get_qos_by_name(
        &self,
        _: SOCKET,
        name: Option<Bytes<'_>>,
        qos: ClientMut<'_, QOS>,
    ) -> Result<(), WsaError> {
        if let Some(bytes) = name {
            read_bytes(bytes);
        }
        let sending = qos.get().SendingFlowspec;
        qos.set_member(QOS::ReceivingFlowspec, sending);
        answer(0, (), ())
    }

    fn ioctl(&self, _: SOCKET, code: u32, request: Request<'_>) -> Result<Progress<u32>, WsaError> {
        self.advance(code as usize % 4, code & 4 == 0);
        use_request(&request);
        let answers = total(request.asked(), too_much());
        progress::<P, _>(0, request, answers, |pended| lock(&self.pending).push(pended))
    }

    fn join_leaf(
        &self,
        socket: SOCKET,
        address: Bytes<'_>,
        params: ConnectParams<'_>,
        _: u32,
    ) -> Result<SOCKET, WsaError> {
        use_connection(address, &params);
        answer(0, socket & 0xff, INVALID_SOCKET)
    }

    fn listen(&self, _: SOCKET, _: i32) -> Result<(), WsaError> {
        answer(0, (), ())
    }

    fn recv(&self, _: SOCKET, flags: u32, request: Request<'_>) -> Result<Progress<Received>, WsaError> {
        use_request(&request);
        let (good, bad) = total(request.asked(), too_much());
        let received = |bytes| Received { bytes, flags };
        progress::<P, _>(0, request, (received(good), received(bad)), |pended| {
            lock(&self.pending).push(pended)
        })
    }

    fn recv_disconnect(&self, _: SOCKET, data: Option<OutBuf<'_>>) -> Result<(), WsaError> {
        if let Some(room) = data {
            fill_room(room, 8);
        }
        answer(0, (), ())
    }

    fn recv_from(&self, _: SOCKET, flags: u32, request: Request<'_>) -> Result<Progress<Received>, WsaError> {
        use_request(&request);
        let (good, bad) = total(request.asked(), too_much());
        let received = |bytes| Received { bytes, flags };
        progress::<P, _>(0, request, (received(good), received(bad)), |pended| {
            lock(&self.pending).push(pended)
        })
    }

    fn select(
        &self,
        _: i32,
        read: Option<FdSetMut<'_>>,
        write: Option<FdSetMut<'_>>,
        except: Option<FdSetMut<'_>>,
        timeout: Option<ClientRef<'_, timeval>>,
    ) -> Result<i32, WsaError> {
        use_sets([read, write, except]);
        black_box(timeout.map(ClientRef::get));
        answer(0, 1, SOCKET_ERROR)
    }

    fn send(&self, _: SOCKET, _: u32, request: Request<'_>) -> Result<Progress<u32>, WsaError> {
        use_request(&request);
        let answers = total(request.asked(), too_much());
        progress::<P, _>(0, request, answers, |pended| lock(&self.pending).push(pended))
    }

    fn send_disconnect(&self, _: SOCKET, data: Option<Bytes<'_>>) -> Result<(), WsaError> {
        if let Some(bytes) = data {
            read_bytes(bytes);
        }
        answer(0, (), ())
    }

    fn send_to(&self, _: SOCKET, _: u32, request: Request<'_>) -> Result<Progress<u32>, WsaError> {
        use_request(&request);
        let answers = total(request.asked(), too_much());
        progress::<P, _>(0, request, answers, |pended| lock(&self.pending).push(pended))
    }

    fn set_sock_opt(&self, _: SOCKET, _: i32, _: i32, value: Bytes<'_>) -> Result<(), WsaError> {
        read_bytes(value);
        answer(0, (), ())
    }

    fn shutdown(&self, _: SOCKET, _: i32) -> Result<(), WsaError> {
        answer(0, (), ())
    }

    fn socket(&self, params: SocketParams<'_>) -> Result<SOCKET, WsaError> {
        black_box(params.info.map(ClientRef::get));
        answer(0, params.protocol.cast_unsigned() as usize & 0xff, INVALID_SOCKET)
    }

    fn string_to_address(
        &self,
        text: Text<'_>,
        _: i32,
        info: Option<ClientRef<'_, WSAPROTOCOL_INFOW>>,
        address: OutBuf<'_>,
    ) -> Result<(), WsaError> {
        black_box((text.to_wide(), ClientSlice::len(text), info.map(ClientRef::get)));
        fill_room(address, 10);
        answer(0, (), ())
    }
}

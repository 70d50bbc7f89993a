//! What a layer calls `next`: the providers below, under the handles that the client knows.

#![allow(clippy::similar_names, reason = "as in the documentation")]

use super::Moved;
use super::lower::{Chains, Lower};
use super::messages::{Interest, Messages};
use super::moves::Moves;
use super::sockets::{Socket, Sockets};
use super::source::{Library, Source};
use super::sys::ffi::{
    HWND, QOS, SIO_BSP_HANDLE, SIO_BSP_HANDLE_POLL, SIO_BSP_HANDLE_SELECT,
    SIO_GET_EXTENSION_FUNCTION_POINTER, SO_PROTOCOL_INFOW, SO_UPDATE_ACCEPT_CONTEXT, SOCKET, SOL_SOCKET,
    WSANETWORKEVENTS, WSAOVERLAPPED, WSAPROTOCOL_INFOW, timeval,
};
use super::sys::{
    Bytes, Class, Condition, EventRef, FdSetMut, Gather, Progress, Request, Room, Scatter, ServiceProvider,
    Text, Upcalls, View, ViewMut, WsaError,
};
use super::worker::{Shared, Worker};
use std::fmt;
use std::sync::Arc;

/// The providers below a layer, as one.
pub(super) struct Next<S: Source = Library> {
    pub(super) chains: Chains<S>,
    pub(super) sockets: Sockets<S>,
    upcalls: Upcalls,
    class: Class,
    messages: Arc<Messages<S>>,
    moves: Arc<Moves>,
    worker: Worker,
}

/// Where a client's handle leads.
enum Target<S: Source> {
    /// To a socket of the layer.
    Own(Arc<Socket<S>>),
    /// To the only provider below: a handle of the system that did not come through the layer, such as
    /// one that was inherited.
    Stranger(Arc<Lower<S>>, SOCKET),
}

impl<S: Source> Target<S> {
    fn below(&self) -> &Arc<Lower<S>> {
        match self {
            Self::Own(socket) => &socket.below,
            Self::Stranger(below, _) => below,
        }
    }

    fn lower(&self) -> SOCKET {
        match self {
            Self::Own(socket) => socket.lower,
            Self::Stranger(_, socket) => *socket,
        }
    }
}

impl<S: Source> Next<S> {
    pub(super) fn new(upcalls: Upcalls, class: Class, chains: Chains<S>, moves: Moves) -> Self {
        Self {
            chains,
            sockets: Sockets::new(upcalls, class),
            upcalls,
            class,
            messages: Arc::new(Messages::new()),
            moves: Arc::new(moves),
            worker: Worker::new(upcalls),
        }
    }

    #[inline(never)]
    fn find(&self, socket: SOCKET) -> Result<Target<S>, WsaError> {
        match (self.sockets.find(socket), self.class) {
            (Ok(socket), _) => Ok(Target::Own(socket)),
            (Err(error), Class::Ifs) => {
                self.chains.only().map(|below| Target::Stranger(below, socket)).ok_or(error)
            }
            (Err(error), Class::NonIfs) => Err(error),
        }
    }

    /// Makes a call about a socket.
    #[inline]
    fn on<R>(
        &self,
        socket: SOCKET,
        call: impl FnOnce(&S::Provider, SOCKET) -> Result<R, WsaError>,
    ) -> Result<R, WsaError> {
        let target;
        let (below, lower) = match self.chains.straight() {
            Some(below) => (below, socket),
            None => {
                target = self.find(socket)?;
                (&**target.below(), target.lower())
            }
        };
        call(&below.provider, lower)
    }

    /// Makes a call that a request may come with. One without is passed on; and so is one of a layer
    /// whose handles are the system's, as completions by the system are nothing that it could see.
    #[inline]
    fn requested<T>(
        &self,
        socket: SOCKET,
        moved: Moved,
        request: Option<Request<'_>>,
        call: impl FnOnce(&S::Provider, SOCKET, Option<Request<'_>>) -> Result<Progress<T>, WsaError>,
    ) -> Result<Progress<T>, WsaError> {
        match request {
            Some(request) if self.class == Class::NonIfs => self.moved(socket, moved, request, call),
            request => self.on(socket, |provider, lower| call(provider, lower, request)),
        }
    }

    /// Not inlined: the calls that wait should stay short.
    #[inline(never)]
    fn moved<T>(
        &self,
        socket: SOCKET,
        moved: Moved,
        request: Request<'_>,
        call: impl FnOnce(&S::Provider, SOCKET, Option<Request<'_>>) -> Result<Progress<T>, WsaError>,
    ) -> Result<Progress<T>, WsaError> {
        let (own, worker) = (self.sockets.find(socket)?, self.worker()?);
        self.moves.begin(&worker, &own, moved, request, |provider, lower, request| {
            call(provider, lower, Some(request))
        })
    }

    fn worker(&self) -> Result<Arc<Shared>, WsaError> {
        let (messages, upcalls) = (Arc::clone(&self.messages), self.upcalls);
        self.worker.shared(move || messages.deliver(upcalls))
    }

    /// The chain that a client means, with what the provider below is given in its place.
    fn chain(
        &self,
        info: Option<View<'_, WSAPROTOCOL_INFOW>>,
    ) -> Result<(Arc<Lower<S>>, Option<WSAPROTOCOL_INFOW>), WsaError> {
        let Some(info) = info.map(View::get) else {
            return Ok((self.chains.first()?, None));
        };
        let below = self.chains.of(&info)?;
        let handed = below.place.hand_down(&info);
        Ok((below, Some(handed)))
    }

    fn adopt(&self, below: &Arc<Lower<S>>, lower: SOCKET) -> Result<Arc<Socket<S>>, WsaError> {
        let socket = self.sockets.adopt(below, lower)?;
        if !socket.is_same() {
            self.chains.bend();
        }
        Ok(socket)
    }

    /// What an accepted socket takes over of the one that listens.
    fn inherit(&self, from: &Socket<S>, to: &Arc<Socket<S>>) {
        let interest = *from.interest();
        if let (Some(interest), Ok(worker)) = (interest, self.worker()) {
            *to.interest() = Some(interest.inherited());
            self.messages.watch(to);
            // It may be ready already, which was news about a socket that nobody knew.
            worker.look();
        }
    }

    /// The lower handles of the sockets in a set, and the providers below them.
    fn members(
        &self,
        set: Option<FdSetMut<'_>>,
        below: &mut Vec<Arc<Lower<S>>>,
    ) -> Result<Vec<SOCKET>, WsaError> {
        let Some(set) = set else { return Ok(Vec::new()) };
        set.iter()
            .map(|upper| {
                let target = self.find(upper)?;
                if !below.iter().any(|known| Arc::ptr_eq(known, target.below())) {
                    below.push(Arc::clone(target.below()));
                }
                Ok(target.lower())
            })
            .collect()
    }

    /// Ends everything: nobody is told of requests any more, every handle is given back, and the
    /// providers below are cleaned up. Calls that are under way there end with that.
    pub(super) fn end(&self) {
        self.moves.end();
        let sockets = self.sockets.all();
        // All of them first: the end of one is news to its peer, which nobody is to hear.
        for socket in &sockets {
            *socket.interest() = None;
            if self.class == Class::NonIfs {
                let _ = socket.below.provider.event_select(socket.lower, None, 0);
            }
        }
        for socket in sockets {
            // Nobody could close it later: the client does not know its lower handle. The system's
            // handles are the client's, and a clean-up below ends what is under way on them.
            if self.class == Class::NonIfs && socket.begin_to_close() {
                let _ = socket.below.provider.close_socket(socket.lower);
            }
            self.sockets.forget(&socket);
        }
        self.chains.clean_up();
        self.worker.end();
        self.moves.abandon();
    }
}

impl<S: Source> Drop for Next<S> {
    fn drop(&mut self) {
        // The author's own clean-up may not have come this far.
        self.end();
    }
}

/// Calls `body` with a set of lower handles in place of the client's.
fn lent<R>(
    set: Option<FdSetMut<'_>>,
    lowers: &[SOCKET],
    body: impl FnOnce(Option<FdSetMut<'_>>) -> R,
) -> (R, Vec<SOCKET>) {
    match set {
        Some(_) => FdSetMut::with(lowers, |own| body(Some(own))),
        None => (body(None), Vec::new()),
    }
}

/// Leaves those sockets in the client's set whose lower handles are `left`.
fn keep(set: Option<FdSetMut<'_>>, lowers: &[SOCKET], left: &[SOCKET]) {
    if let Some(set) = set {
        let mut lowers = lowers.iter();
        set.retain(|_| lowers.next().is_some_and(|lower| left.contains(lower)));
    }
}

/// The bytes of an entry, as an option's value.
fn bytes_of(info: &WSAPROTOCOL_INFOW) -> &[u8] {
    const { assert!(size_of::<WSAPROTOCOL_INFOW>() == 628, "there is no padding") };
    // SAFETY: the structure is that large, and has no padding.
    unsafe { std::slice::from_raw_parts(std::ptr::from_ref(info).cast(), size_of::<WSAPROTOCOL_INFOW>()) }
}

/// The handle that an option's value is.
fn handle_in(value: Bytes<'_>) -> Option<SOCKET> {
    let mut bytes = [0; size_of::<SOCKET>()];
    (value.len() == bytes.len() && value.copy_to(&mut bytes) == bytes.len())
        .then(|| SOCKET::from_ne_bytes(bytes))
}

impl<S: Source> ServiceProvider for Next<S> {
    fn accept(
        &self,
        socket: SOCKET,
        address: Option<Room<'_>>,
        condition: Option<Condition<'_>>,
    ) -> Result<SOCKET, WsaError> {
        let target = self.find(socket)?;
        let lower = target.below().provider.accept(target.lower(), address, condition)?;
        let accepted = self.adopt(target.below(), lower)?;
        if let Target::Own(listening) = &target {
            self.inherit(listening, &accepted);
        }
        Ok(accepted.upper)
    }

    fn address_to_string(
        &self,
        address: Bytes<'_>,
        info: Option<View<'_, WSAPROTOCOL_INFOW>>,
        text: Room<'_, u16>,
    ) -> Result<(), WsaError> {
        let (below, handed) = self.chain(info)?;
        below.provider.address_to_string(address, handed.as_ref().map(View::new), text)
    }

    /// Messages must carry the client's handle. Where that is not the lower one, the provider below is
    /// asked for events, and the layer posts the messages.
    fn async_select(&self, socket: SOCKET, window: HWND, message: u32, events: i32) -> Result<(), WsaError> {
        let own = match self.find(socket)? {
            Target::Own(own) if self.class == Class::NonIfs || !own.is_same() => own,
            target => return target.below().provider.async_select(target.lower(), window, message, events),
        };
        let interest = (events != 0).then(|| Interest::new(window, message, events));
        if interest.is_none() {
            *own.interest() = None;
            return own.below.provider.event_select(own.lower, None, 0);
        }
        let worker = self.worker()?;
        let before = std::mem::replace(&mut *own.interest(), interest);
        self.messages.watch(&own);
        own.below.provider.event_select(own.lower, Some(worker.news()), events).inspect_err(|_| {
            *own.interest() = before;
        })
    }

    fn bind(&self, socket: SOCKET, address: Bytes<'_>) -> Result<(), WsaError> {
        self.on(socket, |next, lower| next.bind(lower, address))
    }

    /// It is not said on which socket, so each provider below is asked, until one had something to cancel.
    fn cancel_blocking_call(&self) -> Result<(), WsaError> {
        let mut answer = Err(WsaError::WSAEINVAL);
        for below in self.chains.all() {
            answer = below.provider.cancel_blocking_call();
            if answer.is_ok() {
                break;
            }
        }
        answer
    }

    fn cleanup(&self) -> Result<(), WsaError> {
        self.end();
        Ok(())
    }

    fn close_socket(&self, socket: SOCKET) -> Result<(), WsaError> {
        let own = match self.find(socket)? {
            Target::Own(own) => own,
            Target::Stranger(below, lower) => return below.provider.close_socket(lower),
        };
        if !own.begin_to_close() {
            return Err(WsaError::WSAENOTSOCK);
        }
        // No message comes after the close.
        let interest = own.interest().take();
        let closed = own.below.provider.close_socket(own.lower);
        match closed {
            // One that the provider below does not know either is gone all the same.
            Ok(()) | Err(WsaError::WSAENOTSOCK) => self.sockets.forget(&own),
            Err(_) => {
                *own.interest() = interest;
                own.stay_open();
            }
        }
        closed
    }

    fn connect(
        &self,
        socket: SOCKET,
        address: Bytes<'_>,
        caller_data: Option<Bytes<'_>>,
        callee_data: Option<Room<'_>>,
        socket_qos: Option<View<'_, QOS>>,
        group_qos: Option<View<'_, QOS>>,
    ) -> Result<(), WsaError> {
        self.on(socket, |next, lower| {
            next.connect(lower, address, caller_data, callee_data, socket_qos, group_qos)
        })
    }

    fn duplicate_socket(&self, socket: SOCKET, process: u32) -> Result<WSAPROTOCOL_INFOW, WsaError> {
        let target = self.find(socket)?;
        let info = target.below().provider.duplicate_socket(target.lower(), process)?;
        Ok(target.below().place.hand_up(&info))
    }

    fn enum_network_events(
        &self,
        socket: SOCKET,
        event: Option<EventRef<'_>>,
    ) -> Result<WSANETWORKEVENTS, WsaError> {
        self.on(socket, |next, lower| next.enum_network_events(lower, event))
    }

    /// It takes the place of an earlier `WSPAsyncSelect`.
    fn event_select(&self, socket: SOCKET, event: Option<EventRef<'_>>, events: i32) -> Result<(), WsaError> {
        let target = self.find(socket)?;
        let selected = target.below().provider.event_select(target.lower(), event, events);
        if let (Target::Own(own), Ok(())) = (&target, selected) {
            *own.interest() = None;
        }
        selected
    }

    fn get_overlapped_result(
        &self,
        socket: SOCKET,
        overlapped: ViewMut<'_, WSAOVERLAPPED>,
        wait: bool,
    ) -> Result<(u32, u32), WsaError> {
        match self.class {
            Class::Ifs => self.on(socket, |next, lower| next.get_overlapped_result(lower, overlapped, wait)),
            Class::NonIfs => {
                // The structure is one that the provider below has never seen.
                self.find(socket)?;
                self.moves.result(overlapped, wait)
            }
        }
    }

    fn get_peer_name(&self, socket: SOCKET, address: Room<'_>) -> Result<(), WsaError> {
        self.on(socket, |next, lower| next.get_peer_name(lower, address))
    }

    fn get_sock_name(&self, socket: SOCKET, address: Room<'_>) -> Result<(), WsaError> {
        self.on(socket, |next, lower| next.get_sock_name(lower, address))
    }

    /// The client asks for the entry that it opened, which is the layer's.
    fn get_sock_opt(&self, socket: SOCKET, level: i32, option: i32, value: Room<'_>) -> Result<(), WsaError> {
        let target = self.find(socket)?;
        if (level, option) == (SOL_SOCKET, SO_PROTOCOL_INFOW) {
            let chain = bytes_of(&target.below().place.chain);
            return value.fill(chain).map_err(|_| WsaError::WSAEFAULT);
        }
        target.below().provider.get_sock_opt(target.lower(), level, option, value)
    }

    fn get_qos_by_name(
        &self,
        socket: SOCKET,
        name: Option<Bytes<'_>>,
        qos: ViewMut<'_, QOS>,
    ) -> Result<(), WsaError> {
        self.on(socket, |next, lower| next.get_qos_by_name(lower, name, qos))
    }

    /// Where handles are made for the layer, whoever asks for the handle below a layer gets the
    /// layer's; only the base handle is the base's. Functions of the provider below are not handed
    /// out: they would not know the client's handle, and pass the layer by.
    fn ioctl(
        &self,
        socket: SOCKET,
        code: u32,
        input: Option<Bytes<'_>>,
        output: Option<Room<'_>>,
        request: Option<Request<'_>>,
    ) -> Result<Progress<u32>, WsaError> {
        if self.class == Class::NonIfs {
            match code {
                SIO_BSP_HANDLE | SIO_BSP_HANDLE_SELECT | SIO_BSP_HANDLE_POLL => {
                    let own = self.sockets.find(socket)?;
                    let handle = own.upper.to_ne_bytes();
                    let room = output.ok_or(WsaError::WSAEFAULT)?;
                    room.fill(&handle).map_err(|_| WsaError::WSAEFAULT)?;
                    return Ok(Progress::Done(SOCKET::BITS / 8));
                }
                SIO_GET_EXTENSION_FUNCTION_POINTER => {
                    self.sockets.find(socket)?;
                    return Err(WsaError::WSAEOPNOTSUPP);
                }
                _ => {}
            }
        }
        self.requested(socket, Moved::Controlled, request, |next, lower, request| {
            next.ioctl(lower, code, input, output, request)
        })
    }

    fn join_leaf(
        &self,
        socket: SOCKET,
        address: Bytes<'_>,
        caller_data: Option<Bytes<'_>>,
        callee_data: Option<Room<'_>>,
        socket_qos: Option<View<'_, QOS>>,
        group_qos: Option<View<'_, QOS>>,
        flags: u32,
    ) -> Result<SOCKET, WsaError> {
        let target = self.find(socket)?;
        let (next, lower) = (&target.below().provider, target.lower());
        let joined =
            next.join_leaf(lower, address, caller_data, callee_data, socket_qos, group_qos, flags)?;
        if joined == lower {
            // A session without a root has no new socket.
            return Ok(socket);
        }
        Ok(self.adopt(target.below(), joined)?.upper)
    }

    fn listen(&self, socket: SOCKET, backlog: i32) -> Result<(), WsaError> {
        self.on(socket, |next, lower| next.listen(lower, backlog))
    }

    #[inline]
    fn recv(
        &self,
        socket: SOCKET,
        buffers: Scatter<'_>,
        flags: u32,
        request: Option<Request<'_>>,
    ) -> Result<Progress<(u32, u32)>, WsaError> {
        self.requested(socket, Moved::Received, request, |next, lower, request| {
            next.recv(lower, buffers, flags, request)
        })
    }

    fn recv_disconnect(&self, socket: SOCKET, data: Option<Room<'_>>) -> Result<(), WsaError> {
        self.on(socket, |next, lower| next.recv_disconnect(lower, data))
    }

    #[inline]
    fn recv_from(
        &self,
        socket: SOCKET,
        buffers: Scatter<'_>,
        flags: u32,
        from: Option<Room<'_>>,
        request: Option<Request<'_>>,
    ) -> Result<Progress<(u32, u32)>, WsaError> {
        self.requested(socket, Moved::Received, request, |next, lower, request| {
            next.recv_from(lower, buffers, flags, from, request)
        })
    }

    /// All sockets must be of one provider below. The sets that it sees are its own, and what it leaves
    /// in them stays in the client's.
    fn select(
        &self,
        count: i32,
        read: Option<FdSetMut<'_>>,
        write: Option<FdSetMut<'_>>,
        except: Option<FdSetMut<'_>>,
        timeout: Option<View<'_, timeval>>,
    ) -> Result<i32, WsaError> {
        let mut below = Vec::new();
        let reads = self.members(read, &mut below)?;
        let writes = self.members(write, &mut below)?;
        let excepts = self.members(except, &mut below)?;
        let first = match below.split_first() {
            Some((first, others)) if others.iter().all(|other| other.is_like(first)) => first,
            Some(_) => return Err(WsaError::WSAEINVAL),
            None => &self.chains.first()?,
        };
        let (((selected, excepted), written), readable) = lent(read, &reads, |read| {
            lent(write, &writes, |write| {
                lent(except, &excepts, |except| first.provider.select(count, read, write, except, timeout))
            })
        });
        let selected = selected?;
        keep(read, &reads, &readable);
        keep(write, &writes, &written);
        keep(except, &excepts, &excepted);
        Ok(selected)
    }

    #[inline]
    fn send(
        &self,
        socket: SOCKET,
        buffers: Gather<'_>,
        flags: u32,
        request: Option<Request<'_>>,
    ) -> Result<Progress<u32>, WsaError> {
        self.requested(socket, Moved::Sent, request, |next, lower, request| {
            next.send(lower, buffers, flags, request)
        })
    }

    fn send_disconnect(&self, socket: SOCKET, data: Option<Bytes<'_>>) -> Result<(), WsaError> {
        self.on(socket, |next, lower| next.send_disconnect(lower, data))
    }

    #[inline]
    fn send_to(
        &self,
        socket: SOCKET,
        buffers: Gather<'_>,
        flags: u32,
        to: Option<Bytes<'_>>,
        request: Option<Request<'_>>,
    ) -> Result<Progress<u32>, WsaError> {
        self.requested(socket, Moved::Sent, request, |next, lower, request| {
            next.send_to(lower, buffers, flags, to, request)
        })
    }

    /// An option whose value is a handle names another socket of the client.
    fn set_sock_opt(
        &self,
        socket: SOCKET,
        level: i32,
        option: i32,
        value: Bytes<'_>,
    ) -> Result<(), WsaError> {
        let target = self.find(socket)?;
        let next = &target.below().provider;
        match handle_in(value) {
            Some(handle) if (level, option) == (SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT) => {
                let other = self.find(handle)?.lower().to_ne_bytes();
                next.set_sock_opt(target.lower(), level, option, Bytes::new(&other))
            }
            _ => next.set_sock_opt(target.lower(), level, option, value),
        }
    }

    fn shutdown(&self, socket: SOCKET, how: i32) -> Result<(), WsaError> {
        self.on(socket, |next, lower| next.shutdown(lower, how))
    }

    fn socket(
        &self,
        family: i32,
        kind: i32,
        protocol: i32,
        info: Option<View<'_, WSAPROTOCOL_INFOW>>,
        group: u32,
        flags: u32,
    ) -> Result<SOCKET, WsaError> {
        let (below, handed) = self.chain(info)?;
        let handed = handed.unwrap_or(below.place.below);
        let lower = below.provider.socket(family, kind, protocol, Some(View::new(&handed)), group, flags)?;
        Ok(self.adopt(&below, lower)?.upper)
    }

    fn string_to_address(
        &self,
        text: Text<'_>,
        family: i32,
        info: Option<View<'_, WSAPROTOCOL_INFOW>>,
        address: Room<'_>,
    ) -> Result<(), WsaError> {
        let (below, handed) = self.chain(info)?;
        below.provider.string_to_address(text, family, handed.as_ref().map(View::new), address)
    }
}

impl<S: Source> fmt::Debug for Next<S> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Next")
            .field("chains", &self.chains)
            .field("sockets", &self.sockets)
            .finish_non_exhaustive()
    }
}

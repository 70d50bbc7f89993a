//! The translation of each call that a layer passes to the provider below.

#![allow(clippy::similar_names, reason = "as in the documentation")]

use super::Moved;
use super::interest::Interest;
use super::loader::Loader;
use super::next::{Next, Target};
use super::sys::facts::has_plain_input;
use super::sys::ffi::{
    QOS, SIO_BSP_HANDLE, SIO_BSP_HANDLE_POLL, SIO_BSP_HANDLE_SELECT, SIO_GET_EXTENSION_FUNCTION_POINTER,
    SIO_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER, SIO_QUERY_TARGET_PNP_HANDLE, SO_PROTOCOL_INFOW,
    SO_UPDATE_ACCEPT_CONTEXT, SOCKET, SOL_SOCKET, WSANETWORKEVENTS, WSAOVERLAPPED, WSAPROTOCOL_INFOW,
    timeval,
};
use super::sys::{
    Bytes, Class, ClientMut, ClientRef, Condition, ConnectParams, EventRef, FdSetMut, OutBuf, Outcome,
    Progress, Received, Request, ServiceProvider, SocketParams, Text, Transferred, Window, WsaError,
};
use crate::report::log;

impl<S: Loader> ServiceProvider for Next<S> {
    fn accept(
        &self,
        socket: SOCKET,
        address: Option<OutBuf<'_>>,
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
        info: Option<ClientRef<'_, WSAPROTOCOL_INFOW>>,
        text: OutBuf<'_, u16>,
    ) -> Result<(), WsaError> {
        let (below, handed) = self.chain(info)?;
        below.provider.address_to_string(address, handed.as_ref().map(ClientRef::new), text)
    }

    /// Messages must carry the client's handle. If that differs from the lower handle, the provider below is
    /// asked to set an event, and the layer posts the messages.
    fn async_select(
        &self,
        socket: SOCKET,
        window: Window,
        message: u32,
        events: i32,
    ) -> Result<(), WsaError> {
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

    /// The call does not name a socket, so each provider below is called until one had a call to cancel.
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
        // No message is posted after the close.
        let interest = own.interest().take();
        let closed = own.below.provider.close_socket(own.lower);
        match closed {
            // The socket is removed even if the provider below does not know it.
            Ok(()) | Err(WsaError::WSAENOTSOCK) => self.sockets.forget(&own),
            Err(_) => {
                *own.interest() = interest;
                own.stay_open();
            }
        }
        closed
    }

    fn connect(&self, socket: SOCKET, address: Bytes<'_>, params: ConnectParams<'_>) -> Result<(), WsaError> {
        self.on(socket, |next, lower| next.connect(lower, address, params))
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
        events: ClientMut<'_, WSANETWORKEVENTS>,
    ) -> Result<(), WsaError> {
        let target = self.find(socket)?;
        if matches!(&target, Target::Own(own) if own.interest().is_some()) {
            // The provider below records these events for the layer; for the client they are messages.
            event.map(|event| self.upcalls.reset_event(event)).transpose()?;
            // SAFETY: the pointer of a `ClientMut` is writable during the call that received it, which has not
            // returned. No reference to the structure is created, since the client may access it concurrently.
            unsafe { (*events.as_ptr()).lNetworkEvents = 0 };
            return Ok(());
        }
        target.below().provider.enum_network_events(target.lower(), event, events)
    }

    /// Replaces an earlier `WSPAsyncSelect`.
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
        overlapped: ClientMut<'_, WSAOVERLAPPED>,
        wait: bool,
    ) -> Result<Outcome<Transferred>, WsaError> {
        match self.class {
            Class::Ifs => self.on(socket, |next, lower| next.get_overlapped_result(lower, overlapped, wait)),
            Class::NonIfs => {
                // The provider below has never received the structure.
                self.find(socket)?;
                self.moves.result(overlapped, wait)
            }
        }
    }

    fn get_peer_name(&self, socket: SOCKET, address: OutBuf<'_>) -> Result<(), WsaError> {
        self.on(socket, |next, lower| next.get_peer_name(lower, address))
    }

    fn get_sock_name(&self, socket: SOCKET, address: OutBuf<'_>) -> Result<(), WsaError> {
        self.on(socket, |next, lower| next.get_sock_name(lower, address))
    }

    /// The client asks for the catalog entry that it opened, which is the layer's.
    fn get_sock_opt(
        &self,
        socket: SOCKET,
        level: i32,
        option: i32,
        value: OutBuf<'_>,
    ) -> Result<(), WsaError> {
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
        qos: ClientMut<'_, QOS>,
    ) -> Result<(), WsaError> {
        self.on(socket, |next, lower| next.get_qos_by_name(lower, name, qos))
    }

    /// If handles are created for the layer, a query for the handle below a layer returns the layer's handle;
    /// only a query for the base handle returns that of the base provider. The handle on which the layer's depends
    /// when a device is removed is the lower one. Function pointers of the provider
    /// below are not returned: those functions would not know the client's handle, and would bypass the
    /// layer.
    ///
    /// The input of some control codes contains pointers, which the provider below dereferences: for these it
    /// receives the client's input or none.
    fn ioctl(&self, socket: SOCKET, code: u32, request: Request<'_>) -> Result<Progress<u32>, WsaError> {
        if request.is_made_up(code) && !has_plain_input(code) {
            log(format_args!(
                "the layer's own input for control code {code:#x} is not passed on: the provider below may follow \
                 pointers in it"
            ));
            return Err(WsaError::WSAEINVAL);
        }
        if self.class == Class::NonIfs {
            match code {
                SIO_BSP_HANDLE_POLL if request.is_overlapped() => {
                    self.sockets.find(socket)?;
                    return Err(WsaError::WSAEFAULT);
                }
                SIO_BSP_HANDLE
                | SIO_BSP_HANDLE_SELECT
                | SIO_BSP_HANDLE_POLL
                | SIO_QUERY_TARGET_PNP_HANDLE => {
                    let own = self.sockets.find(socket)?;
                    let handle = if code == SIO_QUERY_TARGET_PNP_HANDLE { own.lower } else { own.upper };
                    let handle = handle.to_ne_bytes();
                    let room = request.room().ok_or(WsaError::WSAEFAULT)?;
                    room.fill(&handle).map_err(|_| WsaError::WSAEFAULT)?;
                    return Ok(Progress::Done(SOCKET::BITS / 8));
                }
                SIO_GET_EXTENSION_FUNCTION_POINTER | SIO_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER => {
                    self.sockets.find(socket)?;
                    return Err(WsaError::WSAEOPNOTSUPP);
                }
                _ => {}
            }
        }
        self.requested(socket, Moved::Controlled, request, |next, lower, request| {
            next.ioctl(lower, code, request)
        })
    }

    fn join_leaf(
        &self,
        socket: SOCKET,
        address: Bytes<'_>,
        params: ConnectParams<'_>,
        flags: u32,
    ) -> Result<SOCKET, WsaError> {
        let target = self.find(socket)?;
        let (next, lower) = (&target.below().provider, target.lower());
        let joined = next.join_leaf(lower, address, params, flags)?;
        if joined == lower {
            // A multipoint session without a root has no new socket.
            return Ok(socket);
        }
        Ok(self.adopt(target.below(), joined)?.upper)
    }

    fn listen(&self, socket: SOCKET, backlog: i32) -> Result<(), WsaError> {
        self.on(socket, |next, lower| next.listen(lower, backlog))
    }

    #[inline]
    fn recv(&self, socket: SOCKET, flags: u32, request: Request<'_>) -> Result<Progress<Received>, WsaError> {
        self.requested(socket, Moved::Received, request, |next, lower, request| {
            next.recv(lower, flags, request)
        })
    }

    fn recv_disconnect(&self, socket: SOCKET, data: Option<OutBuf<'_>>) -> Result<(), WsaError> {
        self.on(socket, |next, lower| next.recv_disconnect(lower, data))
    }

    #[inline]
    fn recv_from(
        &self,
        socket: SOCKET,
        flags: u32,
        request: Request<'_>,
    ) -> Result<Progress<Received>, WsaError> {
        self.requested(socket, Moved::Received, request, |next, lower, request| {
            next.recv_from(lower, flags, request)
        })
    }

    /// All sockets must belong to one provider below. It receives sets of lower handles, and the sockets that
    /// it leaves in them stay in the client's sets.
    fn select(
        &self,
        count: i32,
        read: Option<FdSetMut<'_>>,
        write: Option<FdSetMut<'_>>,
        except: Option<FdSetMut<'_>>,
        timeout: Option<ClientRef<'_, timeval>>,
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
    fn send(&self, socket: SOCKET, flags: u32, request: Request<'_>) -> Result<Progress<u32>, WsaError> {
        self.requested(socket, Moved::Sent, request, |next, lower, request| next.send(lower, flags, request))
    }

    fn send_disconnect(&self, socket: SOCKET, data: Option<Bytes<'_>>) -> Result<(), WsaError> {
        self.on(socket, |next, lower| next.send_disconnect(lower, data))
    }

    #[inline]
    fn send_to(&self, socket: SOCKET, flags: u32, request: Request<'_>) -> Result<Progress<u32>, WsaError> {
        self.requested(socket, Moved::Sent, request, |next, lower, request| {
            next.send_to(lower, flags, request)
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

    fn socket(&self, params: SocketParams<'_>) -> Result<SOCKET, WsaError> {
        let (below, handed) = self.chain(params.info)?;
        let handed = handed.unwrap_or(below.place.below);
        let lower = below.provider.socket(params.info(ClientRef::new(&handed)))?;
        Ok(self.adopt(&below, lower)?.upper)
    }

    fn string_to_address(
        &self,
        text: Text<'_>,
        family: i32,
        info: Option<ClientRef<'_, WSAPROTOCOL_INFOW>>,
        address: OutBuf<'_>,
    ) -> Result<(), WsaError> {
        let (below, handed) = self.chain(info)?;
        below.provider.string_to_address(text, family, handed.as_ref().map(ClientRef::new), address)
    }
}

/// Calls `body` with a set of lower handles in place of the client's set.
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

/// Keeps the sockets in the client's set whose lower handles are `left`.
fn keep(set: Option<FdSetMut<'_>>, lowers: &[SOCKET], left: &[SOCKET]) {
    if let Some(set) = set {
        let mut lowers = lowers.iter();
        set.retain(|_| lowers.next().is_some_and(|lower| left.contains(lower)));
    }
}

/// The bytes of an entry, as an option value.
fn bytes_of(info: &WSAPROTOCOL_INFOW) -> &[u8] {
    const { assert!(size_of::<WSAPROTOCOL_INFOW>() == 628, "there is no padding") };
    // SAFETY: the structure has this size. It has no padding: its members are multiples of four bytes, and
    // its size is their sum.
    unsafe { std::slice::from_raw_parts(std::ptr::from_ref(info).cast(), size_of::<WSAPROTOCOL_INFOW>()) }
}

/// Reads an option value that is a handle.
fn handle_in(value: Bytes<'_>) -> Option<SOCKET> {
    let mut bytes = [0; size_of::<SOCKET>()];
    (value.len() == bytes.len() && value.copy_to(&mut bytes) == bytes.len())
        .then(|| SOCKET::from_ne_bytes(bytes))
}

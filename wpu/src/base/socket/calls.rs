//! The operations of a socket that clients call.

use super::addresses::{address_list, socket_addresses};
use super::connect::{Incoming, Phase};
use super::driver::Socket;
use super::events::Sink;
use super::options::Options;
use super::queue::Way;
use super::transfer::{Io, Op, partly};
use crate::base::transport::Endpoint;
use crate::completion::{overlapped_result, transferred};
use crate::{Address, Decision, decide};
use std::net::Shutdown;
use std::time::Instant;
use wpu_sys::ffi::{
    FD_CLOSE, FD_CONNECT, FD_READ, FD_WRITE, MSG_PARTIAL, MSG_PEEK, MSG_WAITALL, PVD_CONFIG, SO_ACCEPTCONN,
    SO_BSP_STATE, SO_CONDITIONAL_ACCEPT, SO_CONNECT_TIME, SO_ERROR, SO_GROUP_ID, SO_MAX_MSG_SIZE,
    SO_PROTOCOL_INFOW, SO_TYPE, SO_UPDATE_ACCEPT_CONTEXT, SO_UPDATE_CONNECT_CONTEXT, SOL_SOCKET,
    WSAOVERLAPPED, WSAPROTOCOL_INFOW,
};
use wpu_sys::{ClientMut, Condition, OutBuf, Outcome, Progress, Request, Transfer, Transferred, WsaError};

/// Connecting and closing.
impl<E: Endpoint> Socket<E> {
    pub fn bind(&self, address: &Address) -> Result<(), WsaError> {
        if self.lock().connection.bound {
            return Err(WsaError::WSAEINVAL);
        }
        self.endpoint.bind(address)?;
        self.lock().connection.bound = true;
        Ok(())
    }

    pub fn listen(&self, backlog: i32) -> Result<(), WsaError> {
        self.lock().connection.check_listen()?;
        self.endpoint.listen(backlog)?;
        self.update(&Way::BOTH, |state| state.connection.phase = Phase::Listening);
        Ok(())
    }

    pub fn connect(&self, to: &Address) -> Result<(), WsaError> {
        let datagram = self.context.kind.is_datagram();
        let mut state = self.lock();
        state.check()?;
        // The transport reports an address that is too short.
        if !datagram && to.is_null() && to.to_inet() != Err(WsaError::WSAEFAULT) {
            return Err(WsaError::WSAEADDRNOTAVAIL);
        }
        state.connection.begin()?;
        state.events.enable(FD_CONNECT | FD_READ | FD_WRITE | FD_CLOSE);
        drop(state);
        let result = self.endpoint.connect(to);
        if result == Err(WsaError::WSAEWOULDBLOCK) {
            return self.wait_for_connection();
        }
        self.update(&Way::BOTH, |state| {
            state.connection.bound = true;
            match result {
                // These are no answers to an attempt, so that no event reports them.
                Err(WsaError::WSAEFAULT | WsaError::WSAEINVAL | WsaError::WSAEADDRNOTAVAIL) => {
                    state.connection.refuse();
                }
                result => {
                    state.connection.end(result);
                }
            }
            if datagram && result.is_ok() {
                state.connection.set_peer(to);
            }
        });
        result
    }

    fn wait_for_connection(&self) -> Result<(), WsaError> {
        let mut state = self.lock();
        let mut wait = self.new_wait(None, !state.nonblocking);
        let mut cancelled = None;
        state.connection.bound = true;
        loop {
            if state.closed {
                return Err(WsaError::WSAEINTR);
            }
            match state.connection.phase {
                Phase::Connected => return Ok(()),
                Phase::Connecting if state.nonblocking => return Err(WsaError::WSAEWOULDBLOCK),
                Phase::Connecting => {
                    if let Some(error) = cancelled {
                        state.connection.phase = Phase::Abandoned;
                        return Err(error);
                    }
                    state = match self.wait(&mut wait, state) {
                        Ok(state) => state,
                        Err(error) => {
                            // The result may have come meanwhile.
                            cancelled = Some(error);
                            self.lock()
                        }
                    };
                }
                Phase::Idle | Phase::Listening | Phase::Abandoned => {
                    return Err(state.connection.failed.unwrap_or(WsaError::WSAENOTCONN));
                }
            }
        }
    }

    /// Accepts the next connection, if the client's condition function accepts it and `place` makes a place for
    /// its socket.
    pub fn accept<P>(
        &self,
        room: Option<OutBuf<'_>>,
        condition: Option<Condition<'_>>,
        place: impl FnOnce() -> Result<P, WsaError>,
    ) -> Result<(Incoming<E>, P), WsaError> {
        if self.context.kind.is_datagram() {
            return Err(WsaError::WSAEOPNOTSUPP);
        }
        let accepted = self.in_turn(Way::In, None, || {
            let state = self.lock();
            state.check()?;
            if state.connection.phase != Phase::Listening {
                return Err(WsaError::WSAEINVAL);
            }
            drop(state);
            let incoming = self.next_incoming()?;
            let peer = incoming.endpoint.peer()?;
            if room.is_some_and(|room| room.capacity() < peer.as_bytes().len()) {
                self.put_back(incoming);
                return Err(WsaError::WSAEFAULT);
            }
            Ok((incoming, peer))
        });
        let (incoming, peer) = accepted.inspect_err(|_| self.attempted(Way::In))?;
        let decided = condition
            .map_or(Ok(Decision::Accept), |condition| decide(condition, &peer, &incoming.endpoint.local()?));
        // The client receives the address even if its function has not accepted the connection.
        let show_peer = || room.map(|room| room.fill(peer.as_bytes()));
        let error = match decided {
            Ok(Decision::Accept) => match place() {
                Ok(place) => {
                    show_peer();
                    self.attempted(Way::In);
                    return Ok((incoming, place));
                }
                Err(error) => error,
            },
            Ok(Decision::Reject) => {
                show_peer();
                incoming.endpoint.close(true);
                self.attempted(Way::In);
                return Err(WsaError::WSAECONNREFUSED);
            }
            Ok(Decision::Defer) => {
                show_peer();
                // It is not reported again.
                self.put_back(incoming);
                return Err(WsaError::WSATRY_AGAIN);
            }
            Err(error) => error,
        };
        self.put_back(incoming);
        self.attempted(Way::In);
        Err(error)
    }

    pub fn shutdown(&self, how: Shutdown) -> Result<(), WsaError> {
        let mut state = self.lock();
        state.check()?;
        if !state.connection.carries() {
            return Err(WsaError::WSAENOTCONN);
        }
        let ends_sending = how != Shutdown::Read && !state.connection.is_shut(Way::Out);
        if ends_sending {
            state.connection.shut(Way::Out);
        }
        drop(state);
        if ends_sending {
            let end = |(): &mut ()| self.endpoint.shutdown(Shutdown::Write);
            match self.begin(Way::Out, (), end, |()| Some(Op::EndSending)) {
                // If the peer has closed, the remaining data is discarded.
                Ok(_) | Err(WsaError::WSAENOTCONN) => {}
                Err(error) => return Err(error),
            }
        }
        let ends_receiving = how != Shutdown::Write;
        if ends_receiving {
            // Data that still arrives is not read, whatever the transport returns.
            let _ = self.endpoint.shutdown(Shutdown::Read);
        }
        self.update(&Way::BOTH, |state| {
            if ends_receiving {
                state.connection.shut(Way::In);
            }
        });
        Ok(())
    }

    /// Checks that a datagram without an address has one: that of the peer.
    pub fn check_peer(&self) -> Result<(), WsaError> {
        let missing = self.context.kind.is_datagram() && !self.lock().connection.has_peer();
        if missing { Err(WsaError::WSAEDESTADDRREQ) } else { Ok(()) }
    }

    pub fn peer_name(&self) -> Result<Address, WsaError> {
        let state = self.lock();
        state.check()?;
        if state.connection.phase != Phase::Connected {
            return Err(WsaError::WSAENOTCONN);
        }
        drop(state);
        self.endpoint.peer()
    }
}

/// Sending and receiving.
impl<E: Endpoint> Socket<E> {
    /// Performs the transfer immediately, waits for it, or makes an overlapped request pending.
    pub fn transfer(&self, what: Io, request: Request<'_>) -> Result<Progress<Transfer>, WsaError> {
        let way = what.way();
        if way == Way::Out {
            self.check_transfer(way)?;
        }
        let answer = if request.is_overlapped() {
            self.overlapped(what, request)
        } else {
            let timeout = self.lock().options.timeout(way);
            let mut moved = 0;
            let completion =
                self.in_turn(way, timeout, || self.attempt(&what, (&request).into(), &mut moved));
            partly(completion, moved).map(Progress::from)
        };
        self.attempted(way);
        answer
    }

    /// Checks the flags of a receive: a request does not peek, and a receive that waits for all is one of a
    /// blocking byte stream.
    pub fn check_receive(&self, flags: u32, overlapped: bool) -> Result<(), WsaError> {
        if overlapped && flags & MSG_PEEK != 0 {
            return Err(WsaError::WSAEOPNOTSUPP);
        }
        if flags & MSG_WAITALL == 0 {
            return Ok(());
        }
        let streams = !self.context.kind.is_datagram() && flags & (MSG_PEEK | MSG_PARTIAL) == 0;
        if streams && !self.lock().nonblocking { Ok(()) } else { Err(WsaError::WSAEOPNOTSUPP) }
    }

    /// Aborts the sends that are pending, except one that another thread attempts.
    pub fn abort_sends(&self) {
        let aborted = self.lock().queues.of(Way::Out).take_requests(|op| matches!(op, Op::Transfer { .. }));
        // The client is told without the lock.
        drop(aborted);
        self.update(&[Way::Out], |_| {});
    }

    fn overlapped(&self, what: Io, request: Request<'_>) -> Result<Progress<Transfer>, WsaError> {
        if !self.context.overlapped {
            return Err(WsaError::WSAEINVAL);
        }
        let overlapped = request.parts().ok_or(WsaError::WSAEINVAL)?.overlapped.addr().get();
        self.lock().queues.forget(overlapped);
        let mut proof = None;
        let attempt = |(what, request, moved): &mut (Io, Request<'_>, usize)| {
            self.attempt(what, (&*request).into(), moved)
        };
        let pend = |(what, request, moved)| {
            let (pending, pended) = (self.context.pend)(request).ok()?;
            proof = Some(pending);
            Some(Op::Transfer { what, pended, moved })
        };
        match (self.begin(what.way(), (what, request, 0), attempt, pend)?, proof) {
            (Some(Outcome::Done(transfer)), _) => {
                self.lock().queues.remember(overlapped, Ok(transfer.into()));
                Ok(Progress::Done(transfer))
            }
            // No completion follows.
            (Some(Outcome::Partial(transfer, error)), _) => Ok(Progress::Partial(transfer, error)),
            (None, Some(pending)) => Ok(Progress::Pending(pending)),
            (None, None) => Err(WsaError::WSASYSCALLFAILURE),
        }
    }

    /// The result of an overlapped request. If `wait` is true, waits for its completion.
    pub fn overlapped_result(
        &self,
        overlapped: ClientMut<'_, WSAOVERLAPPED>,
        wait: bool,
    ) -> Result<Outcome<Transferred>, WsaError> {
        let name = overlapped.as_non_null().addr().get();
        let mut state = self.lock();
        let mut waiting = self.new_wait(None, !state.nonblocking);
        while state.queues.is_pending(name) || state.changes.is_pending(name) {
            // A notified client can call this before the completing thread has finished here. The structure
            // is still to be written until it shows the result.
            if let Some(result) = overlapped_result(overlapped) {
                return Ok(result);
            }
            if !wait {
                return Err(WsaError::WSA_IO_INCOMPLETE);
            }
            state = self.wait(&mut waiting, state)?;
        }
        if let Some(completion) = state.queues.completion(name) {
            return transferred(completion);
        }
        // Closing aborts the requests, and reports their completions afterwards.
        let unknown =
            if state.closed { WsaError::WSA_OPERATION_ABORTED } else { WsaError::WSA_IO_INCOMPLETE };
        drop(state);
        // A host may write the structure after it was called: there is nothing to wait for in that case.
        overlapped_result(overlapped).ok_or(unknown)
    }

    /// The number of bytes that wait to be received.
    pub fn waiting_bytes(&self) -> Result<u32, WsaError> {
        if self.lock().connection.carries() { self.channel().waiting_bytes() } else { Ok(0) }
    }
}

/// Events, options and other settings of the client.
impl<E: Endpoint> Socket<E> {
    /// Replaces the selected events. They are reported to `sink`, and the socket becomes non-blocking.
    pub fn select_events(&self, events: i32, sink: Sink) -> Result<(), WsaError> {
        let mut state = self.lock();
        state.check()?;
        state.nonblocking = true;
        state.events.select(events, sink);
        drop(self.pause_while(state, |state| state.events.are_reported_elsewhere())?);
        self.report_events();
        Ok(())
    }

    /// Clears the selected events.
    pub fn report_nothing(&self) {
        let mut state = self.lock();
        state.events.select(0, Sink::Record);
        drop(self.pause_while(state, |state| state.events.are_reported_elsewhere()));
    }

    pub fn set_nonblocking(&self, input: &[u8]) -> Result<(), WsaError> {
        let value = input.get(..4).ok_or(WsaError::WSAEFAULT)?;
        let mut state = self.lock();
        if value == [0; 4] && state.events.is_selected() {
            return Err(WsaError::WSAEINVAL);
        }
        state.nonblocking = value != [0; 4];
        self.wake(&state);
        Ok(())
    }

    /// The value of an option in the form that the client reads into the buffer at `base`.
    pub fn option(&self, level: i32, option: i32, base: usize) -> Result<Vec<u8>, WsaError> {
        let (name, context) = ((level, option), &self.context);
        if !Options::applies(name, context.kind) {
            return Err(WsaError::WSAENOPROTOOPT);
        }
        let mut state = self.lock();
        let number = match name {
            (SOL_SOCKET, SO_ERROR) => state.connection.error.take().map_or(0, WsaError::code),
            (SOL_SOCKET, SO_TYPE) => context.kind.socket_type,
            (SOL_SOCKET, SO_ACCEPTCONN) => (state.connection.phase == Phase::Listening).into(),
            (SOL_SOCKET, SO_CONNECT_TIME) => {
                return Ok(state.connection.seconds(Instant::now()).to_le_bytes().to_vec());
            }
            (SOL_SOCKET, SO_PROTOCOL_INFOW) => return Ok(entry_bytes(&context.entry)),
            (SOL_SOCKET, SO_BSP_STATE) => {
                let (bound, connected) = (state.connection.bound, state.connection.phase == Phase::Connected);
                drop(state);
                let local = bound.then(|| self.endpoint.local().ok()).flatten();
                let peer = connected.then(|| self.endpoint.peer().ok()).flatten();
                return Ok(socket_addresses(base, &[local, peer], context.kind));
            }
            (SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT | SO_UPDATE_CONNECT_CONTEXT) => {
                return Err(WsaError::WSAENOPROTOOPT);
            }
            _ if Options::is_own(name) => return state.options.get(name),
            _ => {
                drop(state);
                return match self.endpoint.option(level, option) {
                    Err(error) if self.stores(level, error) => self.stored_option(name),
                    answer => answer,
                };
            }
        };
        Ok(number.to_le_bytes().to_vec())
    }

    /// The value of an option that the transport does not know.
    fn stored_option(&self, name: (i32, i32)) -> Result<Vec<u8>, WsaError> {
        match name {
            (SOL_SOCKET, SO_MAX_MSG_SIZE) => Ok(self.longest_message().to_le_bytes().to_vec()),
            // There are no settings.
            (SOL_SOCKET, PVD_CONFIG) => Ok(Vec::new()),
            _ => self.lock().options.get(name),
        }
    }

    /// The length of the longest message that can be sent; 0 if there are no messages.
    fn longest_message(&self) -> u32 {
        let channel = self.channel();
        if channel.datagram { u32::try_from(channel.longest).unwrap_or(u32::MAX) } else { 0 }
    }

    /// The list of local addresses for the client's buffer at `base`; `None` if the transport has no list.
    pub fn address_list(&self, base: usize) -> Option<Result<Vec<u8>, WsaError>> {
        match self.endpoint.local_addresses() {
            Err(WsaError::WSAEOPNOTSUPP) => None,
            addresses => Some(addresses.map(|addresses| address_list(base, &addresses))),
        }
    }

    /// Keeps an error that `SO_ERROR` has not shown to the client after all, unless there is a new one.
    pub fn keep_error(&self, error: &[u8]) {
        let code = error.try_into().map_or(0, i32::from_le_bytes);
        if code != 0 {
            self.lock().connection.error.get_or_insert(WsaError::new(code));
        }
    }

    pub fn set_option(&self, level: i32, option: i32, value: &[u8]) -> Result<(), WsaError> {
        let (name, kind) = ((level, option), self.context.kind);
        if !Options::applies(name, kind) {
            return Err(WsaError::WSAENOPROTOOPT);
        }
        match name {
            (
                SOL_SOCKET,
                SO_ERROR | SO_TYPE | SO_ACCEPTCONN | SO_MAX_MSG_SIZE | SO_PROTOCOL_INFOW | SO_CONNECT_TIME
                | SO_GROUP_ID | SO_BSP_STATE,
            ) => Err(WsaError::WSAENOPROTOOPT),
            // Sockets of the kit have this context from the start.
            (SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT | SO_UPDATE_CONNECT_CONTEXT) => Ok(()),
            (SOL_SOCKET, SO_CONDITIONAL_ACCEPT) if self.lock().connection.phase == Phase::Listening => {
                Err(WsaError::WSAEINVAL)
            }
            _ if Options::is_own(name) => self.lock().options.set(name, value),
            _ => match self.endpoint.set_option(level, option, value) {
                Err(error) if self.stores(level, error) => self.store_option(name, value),
                answer => answer,
            },
        }
    }

    /// Whether this error of the transport means that the kit has to answer for an option.
    fn stores(&self, level: i32, error: WsaError) -> bool {
        let unknown =
            error == WsaError::WSAENOPROTOOPT || (error == WsaError::WSAEINVAL && level != SOL_SOCKET);
        unknown && Options::is_known(level, self.context.kind)
    }

    /// Sets an option that the transport does not know.
    fn store_option(&self, name: (i32, i32), value: &[u8]) -> Result<(), WsaError> {
        match name {
            (SOL_SOCKET, PVD_CONFIG) if value.is_empty() => Ok(()),
            (SOL_SOCKET, PVD_CONFIG) => Err(WsaError::WSAEINVAL),
            _ => self.lock().options.set(name, value),
        }
    }
}

/// The bytes of a catalog entry.
fn entry_bytes(entry: &WSAPROTOCOL_INFOW) -> Vec<u8> {
    const { assert!(size_of::<WSAPROTOCOL_INFOW>() == 17 * 4 + 16 + 32 + 512) };
    let bytes = std::ptr::from_ref(entry).cast::<u8>();
    // SAFETY: the pointer points to `entry`, which lives until the bytes are copied. All bytes are
    // initialised: the members are 17 numbers of four bytes, a GUID, a chain of eight numbers and a name of
    // 256 units, which leave no padding.
    unsafe { std::slice::from_raw_parts(bytes, size_of::<WSAPROTOCOL_INFOW>()) }.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d_28_the_catalog_entry_has_no_padding() {
        let entry = WSAPROTOCOL_INFOW { iVersion: 2, dwCatalogEntryId: 7, ..WSAPROTOCOL_INFOW::ZERO };
        let bytes = entry_bytes(&entry);
        assert_eq!(bytes.len(), 628);
    }
}

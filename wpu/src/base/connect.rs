//! From a new socket to a connection: binding, listening, connecting, accepting; and ending one.

use super::address::Address;
use super::socket::{Incoming, Phase, Socket, Way};
use super::transfer::Op;
use super::transport::Endpoint;
use std::net::Shutdown;
use std::sync::Arc;
use wpu_sys::WsaError;
use wpu_sys::ffi::WSABUF;
use wpu_sys::ffi::{CF_ACCEPT, CF_DEFER, CF_REJECT};
use wpu_sys::{Condition, Room};

impl<E: Endpoint> Socket<E> {
    pub fn bind(&self, address: &Address) -> Result<(), WsaError> {
        if self.lock().bound {
            return Err(WsaError::WSAEINVAL);
        }
        self.endpoint.bind(address)?;
        self.lock().bound = true;
        Ok(())
    }

    pub fn listen(self: &Arc<Self>, backlog: i32) -> Result<(), WsaError> {
        let state = self.lock();
        match state.phase {
            _ if self.kind.is_datagram() => return Err(WsaError::WSAEOPNOTSUPP),
            Phase::Connected | Phase::Connecting => return Err(WsaError::WSAEISCONN),
            Phase::Idle if !state.bound => return Err(WsaError::WSAEINVAL),
            Phase::Idle | Phase::Listening => {}
        }
        drop(state);
        self.endpoint.listen(backlog)?;
        self.reconsider(|state| state.phase = Phase::Listening);
        Ok(())
    }

    pub fn connect(self: &Arc<Self>, to: &Address) -> Result<(), WsaError> {
        let mut state = self.lock();
        state.check()?;
        match state.phase {
            Phase::Listening => return Err(WsaError::WSAEINVAL),
            Phase::Connecting => return Err(WsaError::WSAEALREADY),
            Phase::Connected if !self.kind.is_datagram() => return Err(WsaError::WSAEISCONN),
            Phase::Idle | Phase::Connected => {}
        }
        Self::connect_begins(&mut state);
        drop(state);
        match self.endpoint.connect(to) {
            Err(WsaError::WSAEWOULDBLOCK) => self.wait_for_connection(),
            result => {
                self.reconsider(|state| {
                    Self::connect_ended(state, result);
                    state.bound = true;
                    if result.is_err() {
                        // The call itself tells of it.
                        state.connect_news = None;
                    }
                });
                result
            }
        }
    }

    fn wait_for_connection(&self) -> Result<(), WsaError> {
        let mut wait = self.new_wait(None);
        let mut state = self.lock();
        state.bound = true;
        loop {
            match state.phase {
                _ if state.is_closed() => return Err(WsaError::WSAEINTR),
                Phase::Connected => return Ok(()),
                Phase::Connecting if state.nonblocking => return Err(WsaError::WSAEWOULDBLOCK),
                Phase::Connecting => state = self.wait(&mut wait, state)?,
                Phase::Idle | Phase::Listening => return Err(state.error.unwrap_or(WsaError::WSAENOTCONN)),
            }
        }
    }

    /// The next connection, once the client has agreed to it.
    pub fn accept(
        self: &Arc<Self>,
        room: Option<Room<'_>>,
        condition: Option<Condition<'_>>,
    ) -> Result<Incoming<E>, WsaError> {
        if self.kind.is_datagram() {
            return Err(WsaError::WSAEOPNOTSUPP);
        }
        let accepted = self.take_turns(Way::In, None, || {
            let state = self.lock();
            state.check()?;
            if state.phase != Phase::Listening {
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
        self.moved(Way::In);
        let (incoming, peer) = accepted?;
        if let Some(room) = room {
            // Whatever the condition function says.
            room.fill(peer.as_bytes())?;
        }
        let Some(condition) = condition else {
            return Ok(incoming);
        };
        let local = incoming.endpoint.local()?;
        match ask(condition, &peer, &local) {
            CF_ACCEPT => Ok(incoming),
            CF_DEFER => {
                self.put_back(incoming);
                self.moved(Way::In);
                Err(WsaError::WSATRY_AGAIN)
            }
            CF_REJECT => {
                incoming.endpoint.close(true);
                Err(WsaError::WSAECONNREFUSED)
            }
            _ => {
                self.put_back(incoming);
                Err(WsaError::WSAEINVAL)
            }
        }
    }

    pub fn shutdown(self: &Arc<Self>, how: Shutdown) -> Result<(), WsaError> {
        let mut state = self.lock();
        state.check()?;
        if !self.carries(&state) {
            return Err(WsaError::WSAENOTCONN);
        }
        let (end_in, end_out) = (how != Shutdown::Write, how != Shutdown::Read && !state.end_out);
        state.end_out |= end_out;
        drop(state);
        if end_out {
            let begun = self.begin(
                Way::Out,
                (),
                |()| self.endpoint.shutdown(Shutdown::Write),
                |()| Some(Op::EndSending),
            );
            // Nobody reads what is left if the other end is gone: as good as an end.
            begun
                .map(drop)
                .or_else(|error| if error == WsaError::WSAENOTCONN { Ok(()) } else { Err(error) })?;
        }
        if end_in {
            // What still arrives is not read, whatever the transport says to that.
            let _ = self.endpoint.shutdown(Shutdown::Read);
        }
        self.reconsider(|state| state.end_in |= end_in);
        Ok(())
    }

    pub fn peer_name(&self) -> Result<Address, WsaError> {
        let state = self.lock();
        state.check()?;
        if state.phase != Phase::Connected {
            return Err(WsaError::WSAENOTCONN);
        }
        drop(state);
        self.endpoint.peer()
    }
}

/// What the client's condition function says to a connection between these two.
fn ask(condition: Condition<'_>, from: &Address, to: &Address) -> i32 {
    let (function, context) = condition.parts();
    let (mut from, mut to) = (from.as_bytes().to_vec(), to.as_bytes().to_vec());
    let lend = |bytes: &mut [u8]| WSABUF {
        len: u32::try_from(bytes.len()).unwrap_or(0),
        buf: bytes.as_mut_ptr().cast(),
    };
    let (mut caller, mut own) = (lend(&mut from), lend(&mut to));
    // Connections carry no data of their own here.
    let (mut data, mut answer) = (lend(&mut []), lend(&mut []));
    let (no_quality, mut group) = (std::ptr::null_mut(), 0);
    // SAFETY: the client's function can be called with its context during the call that brought it, which is under way. All
    // pointers are null where that is allowed, or lead to locals.
    unsafe {
        function(
            &raw mut caller,
            &raw mut data,
            no_quality,
            no_quality,
            &raw mut own,
            &raw mut answer,
            &raw mut group,
            context,
        )
    }
}

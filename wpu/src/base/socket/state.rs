//! The mutable state of a socket: its parts, and the changes that concern several parts.

use super::blocking::Watch;
use super::changes::Changes;
use super::connect::Connection;
use super::events::{Events, NetworkEvent};
use super::options::Options;
use super::queue::{Queues, Way};
use super::transfer::{Arrived, Op};
use crate::base::change::Change;
use std::sync::Arc;
use wpu_sys::ffi::{
    FD_ACCEPT, FD_ADDRESS_LIST_CHANGE, FD_CLOSE, FD_CONNECT, FD_READ, FD_ROUTING_INTERFACE_CHANGE, FD_WRITE,
};
use wpu_sys::{SocketHandle, WsaError};

/// The parts of a socket. No upcall, completion or author's code runs while the state is locked.
pub struct State<E> {
    pub handle: Option<SocketHandle>,
    pub closed: bool,
    pub nonblocking: bool,
    pub connection: Connection<E>,
    pub queues: Queues<Op>,
    pub events: Events,
    pub changes: Changes,
    pub options: Options,
    /// The selections that wait for the socket.
    pub watches: Vec<Arc<Watch>>,
}

impl<E> State<E> {
    pub fn new(datagram: bool) -> Self {
        Self {
            handle: None,
            closed: false,
            nonblocking: false,
            connection: Connection::new(datagram),
            queues: Queues::new(),
            events: Events::default(),
            changes: Changes::default(),
            options: Options::default(),
            watches: Vec::new(),
        }
    }

    /// The state of a connection that this socket has accepted.
    pub fn accepted(&self) -> Self {
        Self {
            nonblocking: self.nonblocking,
            connection: Connection::accepted(),
            events: self.events.inherited(),
            options: self.options,
            ..Self::new(false)
        }
    }

    /// Checks that the socket is still open.
    pub const fn check(&self) -> Result<(), WsaError> {
        if self.closed { Err(WsaError::WSAENOTSOCK) } else { Ok(()) }
    }

    /// Whether another thread uses the endpoint, or makes upcalls for the socket.
    pub fn is_used_elsewhere(&self) -> bool {
        self.queues.are_used_elsewhere() || self.events.are_reported_elsewhere()
    }

    /// Records that an attempt would have blocked, which began after `seen` notifications of the transport.
    pub fn would_block(&mut self, way: Way, seen: u64) {
        if way == Way::Out {
            self.connection.full |= self.queues.of(way).notified == seen;
            self.events.enable(FD_WRITE);
        }
    }

    /// The events whose conditions hold, in the order in which they are reported.
    pub fn happened(&self, arrived: Arrived, acceptable: bool) -> Vec<NetworkEvent> {
        let connection = &self.connection;
        let writable = connection.carries() && !connection.full && !connection.is_shut(Way::Out);
        let closed = match arrived {
            Arrived::End(error) => Some(error),
            Arrived::Nothing | Arrived::Data => None,
        };
        let events = [
            (FD_CONNECT, connection.connected),
            (FD_ACCEPT, acceptable.then_some(0)),
            (FD_READ, (arrived == Arrived::Data && !connection.is_shut(Way::In)).then_some(0)),
            (FD_WRITE, writable.then_some(0)),
            (FD_CLOSE, closed),
            (FD_ROUTING_INTERFACE_CHANGE, self.changes.has_happened(Change::Routes).then_some(0)),
            (FD_ADDRESS_LIST_CHANGE, self.changes.has_happened(Change::Addresses).then_some(0)),
        ];
        events.into_iter().filter_map(|(bit, error)| Some(NetworkEvent { bit, error: error? })).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_happen_in_the_order_in_which_they_are_reported() {
        let _shows = wpu_evidence::tested(["network-events.connect-before-write"]);
        let mut state = State::<()>::new(false);
        let bits = |state: &State<()>, arrived, acceptable| -> Vec<i32> {
            state.happened(arrived, acceptable).iter().map(|event| event.bit).collect()
        };
        assert_eq!(bits(&state, Arrived::Nothing, true), [FD_ACCEPT]);
        state.connection.begin().unwrap();
        state.connection.end(Ok(()));
        assert_eq!(bits(&state, Arrived::Data, false), [FD_CONNECT, FD_READ, FD_WRITE]);
        assert_eq!(bits(&state, Arrived::End(10054), false), [FD_CONNECT, FD_WRITE, FD_CLOSE]);
        state.would_block(Way::Out, 0);
        state.connection.shut(Way::In);
        assert_eq!(bits(&state, Arrived::Data, false), [FD_CONNECT]);
    }
}

//! Completion ports: where a client that bound its sockets finds the requests that are done.

use crate::sync::{Deadline, lock};
use std::collections::VecDeque;
use std::ptr::NonNull;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use wpu_sys::ffi::WSAOVERLAPPED;

/// A completion port. Clones are the same port.
#[derive(Debug, Clone, Default)]
pub struct Port(Arc<Queue>);

#[derive(Debug, Default)]
struct Queue {
    packets: Mutex<VecDeque<Packet>>,
    posted: Condvar,
}

/// One completed request, as a port reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet {
    /// The key that the socket was bound with.
    pub key: usize,
    /// The client's structure.
    pub operation: NonNull<WSAOVERLAPPED>,
    /// How the operation ended, as the provider said it.
    pub error: u32,
    /// How many bytes were moved.
    pub transferred: u32,
}

// SAFETY: the pointer only says which operation it was. To follow it is unsafe, and for the client
// to judge.
unsafe impl Send for Packet {}
// SAFETY: as above.
unsafe impl Sync for Packet {}

impl Port {
    /// A port that nothing is bound to.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits for a packet and takes it; `None` when the time is up.
    #[must_use]
    pub fn get(&self, timeout: Duration) -> Option<Packet> {
        let deadline = Deadline::after(timeout);
        let mut packets = lock(&self.0.packets);
        loop {
            if let Some(packet) = packets.pop_front() {
                return Some(packet);
            }
            packets = deadline.wait(&self.0.posted, packets)?;
        }
    }

    pub(crate) fn post(&self, packet: Packet) {
        lock(&self.0.packets).push_back(packet);
        self.0.posted.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(key: usize) -> Packet {
        Packet { key, operation: NonNull::dangling(), error: 0, transferred: 3 }
    }

    #[test]
    fn packets_come_out_in_the_order_they_went_in() {
        let port = Port::new();
        assert_eq!(port.get(Duration::ZERO), None);
        port.post(packet(1));
        port.clone().post(packet(2));
        assert_eq!(port.get(Duration::ZERO), Some(packet(1)));
        assert_eq!(port.get(Duration::MAX), Some(packet(2)));
        assert_eq!(port.get(Duration::from_millis(1)), None);
    }

    #[test]
    fn a_packet_wakes_a_waiting_thread() {
        let port = Port::new();
        let waiting = port.clone();
        let thread = std::thread::spawn(move || waiting.get(Duration::MAX));
        port.post(packet(5));
        assert_eq!(thread.join().expect("the thread ran"), Some(packet(5)));
    }
}

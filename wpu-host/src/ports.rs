//! Completion ports, at which a client finds the completed requests of the sockets that it bound.

use crate::sync::{Deadline, lock};
use std::collections::VecDeque;
use std::ptr::NonNull;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use wpu_sys::ffi::WSAOVERLAPPED;

/// A completion port. Clones refer to the same port.
#[derive(Debug, Clone, Default)]
pub struct Port(Arc<Queue>);

#[derive(Debug, Default)]
struct Queue {
    packets: Mutex<VecDeque<Packet>>,
    posted: Condvar,
}

/// A completion packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet {
    /// The key with which the socket was bound.
    pub key: usize,
    /// The client's overlapped structure.
    pub operation: NonNull<WSAOVERLAPPED>,
    /// The error code that the provider reported.
    pub error: u32,
    /// The number of transferred bytes.
    pub transferred: u32,
}

// SAFETY: the pointer only identifies the operation. This crate does not dereference it; to do so is unsafe,
// and the client must prove that it is valid.
unsafe impl Send for Packet {}
// SAFETY: as above.
unsafe impl Sync for Packet {}

impl Port {
    /// Creates a port to which no socket is bound.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits for a packet and removes it; `None` if the timeout expired.
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

//! The messages of a socket that have begun and not ended.

use crate::Address;
use std::sync::Mutex;
use wpu_sys::rt::sync::lock;

/// The messages of a socket that have begun and not ended. No lock is held while the endpoint is called, whose
/// notifications lead here.
#[derive(Debug, Default)]
pub struct PartialMessages {
    /// The parts that were sent so far.
    pub sent: Mutex<Vec<u8>>,
    /// The message of which a part was received.
    pub received: Mutex<Option<Begun>>,
}

/// A message of which a part was received, or that was peeked at.
#[derive(Debug)]
pub struct Begun {
    pub bytes: Vec<u8>,
    pub sender: Address,
    /// The number of bytes that the client has received.
    pub done: usize,
}

impl PartialMessages {
    /// The number of bytes that are left of a message.
    pub fn left(&self) -> Option<usize> {
        lock(&self.received).as_ref().map(|begun| begun.bytes.len() - begun.done)
    }
}

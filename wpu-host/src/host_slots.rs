//! The slots of hosts: a function pointer carries no context, so each slot has functions of its own that find
//! its host.

use crate::context;
use crate::handles::SLOTS;
use crate::panic::contain;
use crate::sync::lock;
use crate::ws2::Ws2;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex};
use wpu_sys::WsaError;
use wpu_sys::ffi::{WSPUPCALLTABLE, WSPUPCALLTABLEEX};
use wpu_sys::host::Locate;

/// The error of [`Host::new`](crate::Host::new) when 64 hosts are alive in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoFreeSlot;

impl fmt::Display for NoFreeSlot {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "all {SLOTS} slots for hosts are taken in this process")
    }
}

impl std::error::Error for NoFreeSlot {}

static OCCUPANTS: [Mutex<Option<Arc<Ws2>>>; SLOTS] = [const { Mutex::new(None) }; SLOTS];

/// The free slots, the longest free one first, so that a stale table reaches a new host as late as possible.
static FREE: LazyLock<Mutex<VecDeque<usize>>> = LazyLock::new(|| Mutex::new((0..SLOTS).collect()));

/// The ownership of a slot, which is free again after this is dropped.
#[derive(Debug)]
pub(crate) struct Claim(usize);

impl Claim {
    pub(crate) fn new() -> Result<Self, NoFreeSlot> {
        lock(&FREE).pop_front().map(Self).ok_or(NoFreeSlot)
    }

    pub(crate) fn index(&self) -> usize {
        self.0
    }

    /// Makes calls through the tables of this slot reach `ws2`.
    pub(crate) fn settle(&self, ws2: Arc<Ws2>) {
        *lock(&OCCUPANTS[self.0]) = Some(ws2);
    }

    pub(crate) fn table(&self) -> WSPUPCALLTABLE {
        table(self.0)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // Removed under the lock and dropped after it, since dropping the parts runs code of the client.
        let ws2 = lock(&OCCUPANTS[self.0]).take();
        drop(ws2);
        lock(&FREE).push_back(self.0);
    }
}

/// The host in a slot.
pub(crate) fn occupant(slot: usize) -> Option<Arc<Ws2>> {
    lock(&OCCUPANTS[slot]).clone()
}

/// The 15-slot table of a slot.
pub(crate) fn table(slot: usize) -> WSPUPCALLTABLE {
    TABLES[slot].0
}

/// The 16-slot table of a slot.
pub(crate) fn table_ex(slot: usize) -> &'static WSPUPCALLTABLEEX {
    &TABLES[slot].1
}

/// The type parameter of the thunks in the tables of slot `N`.
struct Slot<const N: usize>;

impl<const N: usize> Locate for Slot<N> {
    type Host = Ws2;

    fn with<R>(body: impl FnOnce(&Ws2) -> R) -> Result<R, WsaError> {
        let ws2 = occupant(N).ok_or(WsaError::WSANOTINITIALISED)?;
        context::met(&ws2);
        // Moved into the closure, so that the host is also dropped there if this is its last reference.
        contain(move || body(&ws2))
    }
}

macro_rules! tables {
    ($($slot:literal)*) => {
        [$((WSPUPCALLTABLE::of::<Slot<$slot>>(), WSPUPCALLTABLEEX::of::<Slot<$slot>>())),*]
    };
}

static TABLES: [(WSPUPCALLTABLE, WSPUPCALLTABLEEX); SLOTS] = tables![
    0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31
    32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_slot_answers_not_initialised() {
        // Slots are used in rotation, so that no unit test reaches the last one.
        let answer = Slot::<{ SLOTS - 1 }>::with(|_| ());
        assert_eq!(answer, Err(WsaError::WSANOTINITIALISED));
    }
}

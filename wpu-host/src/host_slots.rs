//! The slots that hosts live in: how a function pointer, which carries no context, finds its host.

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

/// No host can be made, since 64 are alive in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoFreeSlot;

impl fmt::Display for NoFreeSlot {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "all {SLOTS} slots for hosts are taken in this process")
    }
}

impl std::error::Error for NoFreeSlot {}

static OCCUPANTS: [Mutex<Option<Arc<Ws2>>>; SLOTS] = [const { Mutex::new(None) }; SLOTS];

/// Free slots, the one that has been free for longest first, so that a call through a stale table
/// meets a new host as late as can be.
static FREE: LazyLock<Mutex<VecDeque<usize>>> = LazyLock::new(|| Mutex::new((0..SLOTS).collect()));

/// A slot that is taken, until this is dropped.
#[derive(Debug)]
pub(crate) struct Claim(usize);

impl Claim {
    pub(crate) fn new() -> Result<Self, NoFreeSlot> {
        lock(&FREE).pop_front().map(Self).ok_or(NoFreeSlot)
    }

    pub(crate) fn index(&self) -> usize {
        self.0
    }

    /// From now on calls through the tables of this slot reach `ws2`.
    pub(crate) fn settle(&self, ws2: Arc<Ws2>) {
        *lock(&OCCUPANTS[self.0]) = Some(ws2);
    }

    pub(crate) fn table(&self) -> WSPUPCALLTABLE {
        table(self.0)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // Taken out first and dropped after the lock: its parts run code of the client.
        let ws2 = lock(&OCCUPANTS[self.0]).take();
        drop(ws2);
        lock(&FREE).push_back(self.0);
    }
}

/// The host that lives in a slot.
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

/// The type that stands for slot number `N` in the thunks of its tables.
struct Slot<const N: usize>;

impl<const N: usize> Locate for Slot<N> {
    type Host = Ws2;

    fn with<R>(body: impl FnOnce(&Ws2) -> R) -> Result<R, WsaError> {
        let ws2 = occupant(N).ok_or(WsaError::WSANOTINITIALISED)?;
        context::met(&ws2);
        // Moved in, so that it is also dropped there, should it be the last.
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
        // Rotation gives the last slot out last: no unit test comes so far.
        let answer = Slot::<{ SLOTS - 1 }>::with(|_| ());
        assert_eq!(answer, Err(WsaError::WSANOTINITIALISED));
    }
}

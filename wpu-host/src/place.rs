//! The places that hosts live in: how a function pointer, which carries no context, finds its host.

use crate::context;
use crate::upcalls::Ws2;
use crate::wait::lock;
use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock, Mutex};
use wpu_sys::WsaError;
use wpu_sys::ffi::{WSPUPCALLTABLE, WSPUPCALLTABLEEX};
use wpu_sys::host::Locate;

/// How many hosts a process can have at once.
pub(crate) const PLACES: usize = 64;

/// No host can be made, since 64 are alive in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoPlace;

impl fmt::Display for NoPlace {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "all {PLACES} places for hosts are taken in this process")
    }
}

impl std::error::Error for NoPlace {}

static OCCUPANTS: [Mutex<Option<Arc<Ws2>>>; PLACES] = [const { Mutex::new(None) }; PLACES];

/// Free places, the one that has been free for longest first, so that a call through a stale table
/// meets a new host as late as can be.
static FREE: LazyLock<Mutex<VecDeque<usize>>> = LazyLock::new(|| Mutex::new((0..PLACES).collect()));

/// A place that is taken, until this is dropped.
#[derive(Debug)]
pub(crate) struct Claim(usize);

impl Claim {
    pub(crate) fn new() -> Result<Self, NoPlace> {
        lock(&FREE).pop_front().map(Self).ok_or(NoPlace)
    }

    pub(crate) fn index(&self) -> usize {
        self.0
    }

    /// From now on calls through the tables of this place reach `ws2`.
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

/// The host that lives in a place.
pub(crate) fn occupant(place: usize) -> Option<Arc<Ws2>> {
    lock(&OCCUPANTS[place]).clone()
}

/// The 15-slot table of a place.
pub(crate) fn table(place: usize) -> WSPUPCALLTABLE {
    TABLES[place].0
}

/// The 16-slot table of a place.
pub(crate) fn table_ex(place: usize) -> &'static WSPUPCALLTABLEEX {
    &TABLES[place].1
}

/// Runs `body` and keeps a panic of it in: none may cross into the code of a provider.
pub(crate) fn contain<R>(body: impl FnOnce() -> R) -> Result<R, WsaError> {
    catch_unwind(AssertUnwindSafe(body)).map_err(|panic| {
        // What was thrown can panic when it is dropped; what it throws then is let be.
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(panic)));
        std::mem::forget(dropped);
        WsaError::WSASYSCALLFAILURE
    })
}

/// The type that stands for place number `N` in the thunks of its tables.
struct Place<const N: usize>;

impl<const N: usize> Locate for Place<N> {
    type Host = Ws2;

    fn with<R>(body: impl FnOnce(&Ws2) -> R) -> Result<R, WsaError> {
        let ws2 = occupant(N).ok_or(WsaError::WSANOTINITIALISED)?;
        context::met(&ws2);
        // Moved in, so that it is also dropped there, should it be the last.
        contain(move || body(&ws2))
    }
}

macro_rules! tables {
    ($($place:literal)*) => {
        [$((WSPUPCALLTABLE::of::<Place<$place>>(), WSPUPCALLTABLEEX::of::<Place<$place>>())),*]
    };
}

static TABLES: [(WSPUPCALLTABLE, WSPUPCALLTABLEEX); PLACES] = tables![
    0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31
    32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Host;

    #[test]
    fn an_empty_place_answers_not_initialised() {
        // Rotation gives the last place out last: no unit test comes so far.
        let answer = Place::<{ PLACES - 1 }>::with(|_| ());
        assert_eq!(answer, Err(WsaError::WSANOTINITIALISED));
    }

    #[test]
    fn a_panic_becomes_an_error_and_the_host_goes_on() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                std::panic::panic_any(());
            }
        }
        let host = Host::new().expect("a place is free");
        let answer = contain(|| {
            let _guard = host.ws2().lock();
            std::panic::panic_any(Bomb)
        });
        assert_eq!(answer, Err::<(), _>(WsaError::WSASYSCALLFAILURE));
        // The lock that the panic poisoned still serves.
        assert!(host.left_open().is_empty());
        assert!(host.ws2().lock().handles.fresh().is_some());
    }
}

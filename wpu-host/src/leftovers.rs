//! Counts of the handles that providers have not released.

use crate::events::Creator;
use crate::ws2::Ws2;

/// The handles that providers acquired and did not release.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// Socket handles from `WPUCreateSocketHandle`.
    pub socket_handles: usize,
    /// Events from `WPUCreateEvent`.
    pub events: usize,
    /// Thread ids from `WPUOpenCurrentThread`.
    pub threads: usize,
}

impl Leftovers {
    /// Whether everything was released.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

pub(crate) fn left_open(ws2: &Ws2) -> Leftovers {
    let parts = ws2.lock();
    Leftovers {
        socket_handles: parts.sockets.open(),
        events: parts.events.open(Creator::Provider),
        threads: parts.threads.opened(),
    }
}

//! The registration of a client's `WSPAsyncSelect`.

use super::sys::Window;
use super::sys::ffi::FD_ACCEPT;

/// A window, its message and the selected events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interest {
    pub(super) window: Window,
    pub(super) message: u32,
    pub(super) events: i32,
}

impl Interest {
    pub(super) fn new(window: Window, message: u32, events: i32) -> Self {
        Self { window, message, events }
    }

    /// The registration that an accepted socket inherits.
    pub(super) fn inherited(self) -> Self {
        Self { events: self.events & !FD_ACCEPT, ..self }
    }
}

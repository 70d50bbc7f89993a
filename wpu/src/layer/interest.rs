//! What a client asked for with `WSPAsyncSelect`.

use super::sys::Window;
use super::sys::ffi::FD_ACCEPT;

/// Messages to this window, about these events.
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

    /// What an accepted socket inherits.
    pub(super) fn inherited(self) -> Self {
        Self { events: self.events & !FD_ACCEPT, ..self }
    }
}

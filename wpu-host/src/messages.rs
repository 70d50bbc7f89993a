//! The client's windows, and the messages that providers post to them.

use std::collections::BTreeSet;
use std::ptr;
use wpu_sys::Failed;
use wpu_sys::ffi::HWND;

/// A message that a provider posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// The window that received it.
    pub window: HWND,
    /// The message number, as the client chose it.
    pub message: u32,
    /// The first parameter: by convention the socket, as the client knows it.
    pub wparam: usize,
    /// The second parameter: by convention the event and the error.
    pub lparam: isize,
}

// SAFETY: a window handle is an integer with a pointer type, and is never dereferenced.
unsafe impl Send for Message {}
// SAFETY: as above.
unsafe impl Sync for Message {}

/// The open windows, and the messages that were posted to any window.
#[derive(Default)]
pub(crate) struct Messages {
    windows: BTreeSet<usize>,
    posted: Vec<Message>,
}

impl Messages {
    pub(crate) fn open(&mut self, window: usize) -> HWND {
        self.windows.insert(window);
        ptr::without_provenance_mut(window)
    }

    /// Closes a window. Returns whether it was open. Its messages are kept.
    pub(crate) fn close(&mut self, window: HWND) -> bool {
        self.windows.remove(&window.addr())
    }

    pub(crate) fn post(&mut self, message: Message) -> Result<(), Failed> {
        if !self.windows.contains(&message.window.addr()) {
            return Err(Failed);
        }
        self.posted.push(message);
        Ok(())
    }

    pub(crate) fn posted(&self) -> &[Message] {
        &self.posted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_reach_open_windows_only() {
        let _shows = wpu_evidence::tested(["WPUPostMessage.posted-as-passed"]);
        let mut messages = Messages::default();
        let window = messages.open(8);
        let message = |window| Message { window, message: 0x401, wparam: 4, lparam: -1 };
        assert_eq!(messages.post(message(window)), Ok(()));
        assert_eq!(messages.post(message(ptr::null_mut())), Err(Failed));
        assert!(messages.close(window));
        assert!(!messages.close(window));
        assert_eq!(messages.post(message(window)), Err(Failed));
        assert_eq!(messages.posted(), [message(window)]);
    }
}

//! Window messages about sockets whose handle is not the one that the provider below knows.

use super::interest::Interest;
use super::loader::Loader;
use super::sockets::Socket;
use super::sys::ffi::WSANETWORKEVENTS;
use super::sys::{ClientMut, ServiceProvider, Upcalls};
use crate::sync::lock;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, Weak};

/// The sockets about which somebody wants messages.
pub(super) struct Messages<S: Loader> {
    watched: Mutex<Vec<Weak<Socket<S>>>>,
}

/// Posts one message for each thing that happened. The handle in it is the client's.
fn post<S: Loader>(interest: Interest, upcalls: Upcalls, socket: &Socket<S>, happened: i32, errors: &[i32]) {
    for (bit, error) in errors.iter().enumerate() {
        let event = 1 << bit;
        if happened & interest.events & event == 0 {
            continue;
        }
        // It may have been closed, or nobody may be interested any more, since it was asked. Whoever
        // changes that waits until this is posted, so that nothing comes afterwards.
        let current = socket.interest();
        if *current == Some(interest) {
            // The window may be gone; nobody is there to be told.
            let _ =
                upcalls.post_message(interest.window, interest.message, socket.upper, reply(event, *error));
        }
    }
}

/// An event and its error in one value, as clients take them apart.
fn reply(event: i32, error: i32) -> isize {
    (((error & 0xffff) << 16) | (event & 0xffff)) as isize
}

impl<S: Loader> Messages<S> {
    pub(super) const fn new() -> Self {
        Self { watched: Mutex::new(Vec::new()) }
    }

    /// Looks at this socket from now on.
    pub(super) fn watch(&self, socket: &Arc<Socket<S>>) {
        let mut watched = self.lock();
        watched
            .retain(|other| other.strong_count() > 0 && !std::ptr::eq(other.as_ptr(), &raw const **socket));
        watched.push(Arc::downgrade(socket));
    }

    /// Asks the providers below what has happened, and posts it.
    pub(super) fn deliver(&self, upcalls: Upcalls) {
        let watched: Vec<_> = self.lock().iter().filter_map(Weak::upgrade).collect();
        for socket in watched {
            let interest = *socket.interest();
            if let Some(interest) = interest {
                let mut happened = WSANETWORKEVENTS::ZERO;
                let view = ClientMut::new(&mut happened);
                if socket.below.provider.enum_network_events(socket.lower, None, view).is_ok() {
                    post(interest, upcalls, &socket, happened.lNetworkEvents, &happened.iErrorCode);
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Weak<Socket<S>>>> {
        lock(&self.watched)
    }
}

impl<S: Loader> fmt::Debug for Messages<S> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Messages").field("watched", &self.lock().len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_carries_the_event_low_and_the_error_high() {
        assert_eq!(reply(1, 0), 1);
        assert_eq!(reply(0x10, 10061), (10061 << 16) | 0x10);
    }
}

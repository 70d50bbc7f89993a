//! Window messages about sockets whose handle differs from the one that the provider below knows.

use super::interest::Interest;
use super::loader::Loader;
use super::sockets::Socket;
use super::sys::ffi::WSANETWORKEVENTS;
use super::sys::{ClientMut, ServiceProvider, Upcalls};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use wpu_sys::rt::sync::lock;

/// The sockets for which window messages were requested.
pub(super) struct Messages<S: Loader> {
    watched: Mutex<Vec<Weak<Socket<S>>>>,
}

/// Posts one message for each event that has occurred, with the client's handle.
fn post<S: Loader>(interest: Interest, upcalls: Upcalls, socket: &Socket<S>, happened: i32, errors: &[i32]) {
    for (bit, error) in errors.iter().enumerate() {
        let event = 1 << bit;
        if happened & interest.events & event == 0 {
            continue;
        }
        // The socket may have been closed, or its registration changed, since the query. A thread that
        // changes either waits until these messages are posted, so that none is posted afterwards.
        let current = socket.interest();
        if *current == Some(interest) {
            // The upcall fails if the window is closed.
            let _ =
                upcalls.post_message(interest.window, interest.message, socket.upper, reply(event, *error));
        }
    }
}

/// An event and its error in one value, as clients take it apart.
fn reply(event: i32, error: i32) -> isize {
    (((error & 0xffff) << 16) | (event & 0xffff)) as isize
}

impl<S: Loader> Messages<S> {
    pub(super) const fn new() -> Self {
        Self { watched: Mutex::new(Vec::new()) }
    }

    /// Starts to post the messages of this socket.
    pub(super) fn watch(&self, socket: &Arc<Socket<S>>) {
        let mut watched = self.lock();
        watched
            .retain(|other| other.strong_count() > 0 && !std::ptr::eq(other.as_ptr(), &raw const **socket));
        watched.push(Arc::downgrade(socket));
    }

    /// Queries the providers below for events, and posts them.
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
        let _shows = wpu_evidence::tested(["WSPAsyncSelect.event-and-error-packed"]);
        assert_eq!(reply(1, 0), 1);
        assert_eq!(reply(0x10, 10061), (10061 << 16) | 0x10);
    }
}

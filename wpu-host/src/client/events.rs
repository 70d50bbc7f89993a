//! Waiting for sockets: select, and being told of events.

use super::{Client, NOT_THERE};
use crate::faults::Rule;
use std::ptr;
use std::time::Duration;
use wpu_sys::WsaError;
use wpu_sys::ffi::{HWND, SOCKET, WSAEVENT, fd_set};
use wpu_sys::ffi::{WSANETWORKEVENTS, timeval};

/// Which sockets of a select are ready.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selected {
    /// How many, as the provider counts: a socket in two sets twice.
    pub count: usize,
    /// Those that can be read.
    pub read: Vec<SOCKET>,
    /// Those that can be written.
    pub write: Vec<SOCKET>,
    /// Those to which something special has happened.
    pub except: Vec<SOCKET>,
}

/// What has happened on a socket since it was last asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NetworkEvents {
    /// One bit for each event, such as `FD_READ`.
    pub events: i32,
    /// The error of each event, by the number of its bit; 0 for those that have not happened.
    pub errors: [i32; 10],
}

impl Client {
    /// Waits until sockets are ready, or the time is up. All must be of one provider: it is the one
    /// that owns the first.
    ///
    /// # Errors
    ///
    /// `WSAEINVAL` if there are no sockets, or more than 64 of a kind; `WSAENOTSOCK` if nobody owns
    /// the first; or the provider's error.
    pub fn select(
        &self,
        read: &[SOCKET],
        write: &[SOCKET],
        except: &[SOCKET],
        timeout: Option<Duration>,
    ) -> Result<Selected, WsaError> {
        let first = [read, write, except].into_iter().flatten().next().ok_or(WsaError::WSAEINVAL)?;
        let select = self.procs(*first)?.lpWSPSelect.ok_or(NOT_THERE)?;
        let mut sets = [set_of(read)?, set_of(write)?, set_of(except)?];
        let timeout = timeout.map(|timeout| timeval {
            tv_sec: i32::try_from(timeout.as_secs()).unwrap_or(i32::MAX),
            tv_usec: i32::try_from(timeout.subsec_micros()).unwrap_or(0),
        });
        let count = self.winsock.count("WSPSelect", |errno| {
            let [read, write, except] = sets.each_mut().map(|set| match set {
                Some(set) => ptr::from_mut(set),
                None => ptr::null_mut(),
            });
            let timeout = timeout.as_ref().map_or(ptr::null(), ptr::from_ref);
            // SAFETY: the module's maker vouched for the function; each pointer is null, or leads to something of this call.
            unsafe { select(0, read, write, except, timeout, errno) }
        })?;
        let [read, write, except] = [(read, &sets[0]), (write, &sets[1]), (except, &sets[2])]
            .map(|(asked, set)| self.ready(asked, set.as_ref()));
        let ready = read.len() + write.len() + except.len();
        if count != ready {
            self.winsock.fault(Rule::BadAnswer, "WSPSelect", format!("{count}, but {ready} are ready"));
        }
        Ok(Selected { count, read, write, except })
    }

    /// The sockets that a provider left in a set.
    fn ready(&self, asked: &[SOCKET], set: Option<&fd_set>) -> Vec<SOCKET> {
        let Some(set) = set else { return Vec::new() };
        let count = self.within("WSPSelect", set.fd_count as usize, asked.len());
        let ready = set.fd_array[..count].to_vec();
        for socket in ready.iter().filter(|socket| !asked.contains(socket)) {
            self.winsock.fault(Rule::UnknownHandle, "WSPSelect", format!("{socket:#x} was not in the set"));
        }
        ready
    }

    /// Asks for window messages about a socket; with no events, for none any more.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if nobody owns the socket, or the provider's error.
    pub fn async_select(
        &self,
        socket: SOCKET,
        window: HWND,
        message: u32,
        events: i32,
    ) -> Result<(), WsaError> {
        let select = self.procs(socket)?.lpWSPAsyncSelect.ok_or(NOT_THERE)?;
        // Before the call, since messages may come during it.
        self.winsock.change(|parts| {
            parts.asked.entry((window.addr(), message)).or_default().insert(socket);
        });
        self.winsock.status("WSPAsyncSelect", |errno| {
            // SAFETY: the module's maker vouched for the function; each pointer is null, or leads to something of this call.
            unsafe { select(socket, window, message, events, errno) }
        })?;
        if events == 0 {
            // From now on no message about it comes to any window.
            self.winsock.change(|parts| parts.forget_asked(socket));
        }
        Ok(())
    }

    /// Asks that an event be set when something happens on a socket. A null event and no events end
    /// that.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if nobody owns the socket, or the provider's error.
    pub fn event_select(&self, socket: SOCKET, event: WSAEVENT, events: i32) -> Result<(), WsaError> {
        let select = self.procs(socket)?.lpWSPEventSelect.ok_or(NOT_THERE)?;
        self.winsock.status("WSPEventSelect", |errno| {
            // SAFETY: the module's maker vouched for the function; each pointer is null, or leads to something of this call.
            unsafe { select(socket, event, events, errno) }
        })
    }

    /// What has happened on a socket since it was last asked. `event`, which can be null, is reset.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if nobody owns the socket, or the provider's error.
    pub fn enum_network_events(&self, socket: SOCKET, event: WSAEVENT) -> Result<NetworkEvents, WsaError> {
        let enumerate = self.procs(socket)?.lpWSPEnumNetworkEvents.ok_or(NOT_THERE)?;
        let mut events = WSANETWORKEVENTS { lNetworkEvents: 0, iErrorCode: [UNTOUCHED; 10] };
        self.winsock.status("WSPEnumNetworkEvents", |errno| {
            // SAFETY: the module's maker vouched for the function; each pointer is null, or leads to something of this call.
            unsafe { enumerate(socket, event, &raw mut events, errno) }
        })?;
        let mut errors = events.iErrorCode;
        let others = |(bit, _): &(usize, &mut i32)| events.lNetworkEvents & (1 << bit) == 0;
        let mut touched = 0;
        for (bit, error) in errors.iter_mut().enumerate().filter(others) {
            if std::mem::take(error) != UNTOUCHED {
                touched |= 1 << bit;
            }
        }
        if touched != 0 {
            let detail = format!("the errors of events that have not happened: {touched:#x}");
            self.winsock.fault(Rule::Modified, "WSPEnumNetworkEvents", detail);
        }
        Ok(NetworkEvents { events: events.lNetworkEvents, errors })
    }
}

/// What a client has in the places of errors: no code of Winsock.
const UNTOUCHED: i32 = 0x5A5A_5A5A;

/// A set of sockets for a provider; none for no sockets.
fn set_of(sockets: &[SOCKET]) -> Result<Option<fd_set>, WsaError> {
    if sockets.is_empty() {
        return Ok(None);
    }
    let mut set = fd_set::ZERO;
    let places = set.fd_array.get_mut(..sockets.len()).ok_or(WsaError::WSAEINVAL)?;
    places.copy_from_slice(sockets);
    set.fd_count = u32::try_from(sockets.len()).map_err(|_| WsaError::WSAEINVAL)?;
    Ok(Some(set))
}

//! The client's functions for readiness and network events: select, window messages and event objects.

use super::{Client, NOT_THERE};
use crate::faults::Rule;
use std::ptr;
use std::time::Duration;
use wpu_sys::WsaError;
use wpu_sys::ffi::{HWND, SOCKET, WSAEVENT, fd_set};
use wpu_sys::ffi::{WSANETWORKEVENTS, timeval};

/// The sockets that a select reported as ready.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selected {
    /// The number that the provider returned; a socket in two sets counts twice.
    pub count: usize,
    /// The sockets that are ready for reading.
    pub read: Vec<SOCKET>,
    /// The sockets that are ready for writing.
    pub write: Vec<SOCKET>,
    /// The sockets with an exceptional condition.
    pub except: Vec<SOCKET>,
}

/// The network events of a socket since the previous query.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NetworkEvents {
    /// One bit for each event, such as `FD_READ`.
    pub events: i32,
    /// The error of each event, indexed by the event's bit number; 0 for events that have not occurred.
    pub errors: [i32; 10],
}

impl Client {
    /// Waits until a socket is ready or the timeout expires. The call goes to the provider that owns the
    /// first socket; all sockets must belong to it.
    ///
    /// # Errors
    ///
    /// `WSAEINVAL` if there are no sockets, sockets of several providers, or more than 64 in one set; `WSAENOTSOCK` if no provider owns the
    /// first socket; or the provider's error.
    pub fn select(
        &self,
        read: &[SOCKET],
        write: &[SOCKET],
        except: &[SOCKET],
        timeout: Option<Duration>,
    ) -> Result<Selected, WsaError> {
        let first = [read, write, except].into_iter().flatten().next().ok_or(WsaError::WSAEINVAL)?;
        let route = self.winsock.route(*first)?;
        let select = route.procs.lpWSPSelect.ok_or(NOT_THERE)?;
        let is_other = |socket: &SOCKET| {
            let other = self.winsock.route(*socket);
            other.is_ok_and(|other| other.entry.info.ProviderId != route.entry.info.ProviderId)
        };
        if [read, write, except].into_iter().flatten().any(is_other) {
            return Err(WsaError::WSAEINVAL);
        }
        let mut sets = [set_of(read)?, set_of(write)?, set_of(except)?];
        let timeout = timeout.map(|timeout| timeval {
            tv_sec: i32::try_from(timeout.as_secs()).unwrap_or(i32::MAX),
            tv_usec: i32::try_from(timeout.subsec_micros()).unwrap_or(0),
        });
        let addresses: Vec<_> = sets.iter().flatten().map(|set| (&raw const set.fd_array).addr()).collect();
        self.winsock.change(|parts| parts.sets.extend(&addresses));
        let count = self.winsock.count("WSPSelect", |errno| {
            let [read, write, except] = sets.each_mut().map(|set| match set {
                Some(set) => ptr::from_mut(set),
                None => ptr::null_mut(),
            });
            let timeout = timeout.as_ref().map_or(ptr::null(), ptr::from_ref);
            // SAFETY: the creator of the module guarantees the function's contract; each pointer is null, or
            // points to a value that outlives the call.
            unsafe { select(0, read, write, except, timeout, errno) }
        });
        self.winsock.change(|parts| parts.sets.retain(|address| !addresses.contains(address)));
        let count = count?;
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
            self.winsock.fault(
                Rule::UnknownHandle,
                "WSPSelect",
                format!("{socket:#x} was not in the input set"),
            );
        }
        ready
    }

    /// Requests window messages for events of a socket. With `events` 0, cancels the request.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if no provider owns the socket, or the provider's error.
    pub fn async_select(
        &self,
        socket: SOCKET,
        window: HWND,
        message: u32,
        events: i32,
    ) -> Result<(), WsaError> {
        let select = self.procs(socket)?.lpWSPAsyncSelect.ok_or(NOT_THERE)?;
        // Registered before the call, since the provider may post messages during the call.
        self.winsock.change(|parts| {
            parts.asked.entry((window.addr(), message)).or_default().insert(socket);
        });
        self.winsock.status("WSPAsyncSelect", |errno| {
            // SAFETY: the creator of the module guarantees the function's contract; each pointer is null, or
            // points to a value that outlives the call.
            unsafe { select(socket, window, message, events, errno) }
        })?;
        if events == 0 {
            // After a cancelled request, a message about the socket is a fault.
            self.winsock.change(|parts| parts.forget_asked(socket));
        }
        Ok(())
    }

    /// Associates an event object with events of a socket. A null event and no events cancel the association.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if no provider owns the socket, or the provider's error.
    pub fn event_select(&self, socket: SOCKET, event: WSAEVENT, events: i32) -> Result<(), WsaError> {
        let select = self.procs(socket)?.lpWSPEventSelect.ok_or(NOT_THERE)?;
        self.winsock.status("WSPEventSelect", |errno| {
            // SAFETY: the creator of the module guarantees the function's contract; each pointer is null, or
            // points to a value that outlives the call.
            unsafe { select(socket, event, events, errno) }
        })
    }

    /// Returns the network events of a socket since the previous query, and resets `event`, which may be
    /// null.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if no provider owns the socket, or the provider's error.
    pub fn enum_network_events(&self, socket: SOCKET, event: WSAEVENT) -> Result<NetworkEvents, WsaError> {
        let enumerate = self.procs(socket)?.lpWSPEnumNetworkEvents.ok_or(NOT_THERE)?;
        let mut events = WSANETWORKEVENTS { lNetworkEvents: 0, iErrorCode: [UNTOUCHED; 10] };
        self.winsock.status("WSPEnumNetworkEvents", |errno| {
            // SAFETY: the creator of the module guarantees the function's contract; each pointer is null, or
            // points to a value that outlives the call.
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
            let detail = format!("errors were written for events that have not occurred: {touched:#x}");
            self.winsock.fault(Rule::Modified, "WSPEnumNetworkEvents", detail);
        }
        Ok(NetworkEvents { events: events.lNetworkEvents, errors })
    }
}

/// The initial value of each error of a network event: not an error code of Winsock.
const UNTOUCHED: i32 = 0x5A5A_5A5A;

/// Builds an `fd_set`, or `None` if there are no sockets.
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

//! Changes of local addresses and of routes, for which a client asks with a control code: each code is good for one
//! change.

use super::driver::Socket;
use super::queue::Queues;
use super::transfer::Op;
use crate::base::transport::Endpoint;
use wpu_sys::ffi::{
    FD_ADDRESS_LIST_CHANGE, FD_ROUTING_INTERFACE_CHANGE, SIO_ADDRESS_LIST_CHANGE,
    SIO_ROUTING_INTERFACE_CHANGE,
};
use wpu_sys::{PendingRequest, Progress, Request, WsaError};

/// What can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Addresses,
    Routes,
}

impl Change {
    pub const ALL: [Self; 2] = [Self::Addresses, Self::Routes];

    /// What a control code asks for.
    pub fn of(code: u32) -> Option<Self> {
        match code {
            SIO_ADDRESS_LIST_CHANGE => Some(Self::Addresses),
            SIO_ROUTING_INTERFACE_CHANGE => Some(Self::Routes),
            _ => None,
        }
    }

    pub const fn event(self) -> i32 {
        match self {
            Self::Addresses => FD_ADDRESS_LIST_CHANGE,
            Self::Routes => FD_ROUTING_INTERFACE_CHANGE,
        }
    }
}

/// What a client has asked for.
#[derive(Default)]
pub struct Changes([Asked; 2]);

/// The state of one kind of change.
#[derive(Default)]
struct Asked {
    /// Whether the next change is a network event.
    armed: bool,
    /// Whether there was such a change that was not reported yet.
    happened: bool,
    /// The number of changes.
    count: u64,
    requests: Vec<PendingRequest>,
}

impl Changes {
    fn of(&mut self, change: Change) -> &mut Asked {
        &mut self.0[change as usize]
    }

    /// Whether a change has to be reported as a network event.
    pub fn has_happened(&self, change: Change) -> bool {
        self.0[change as usize].happened
    }

    /// Notes that these events were reported.
    pub fn reported(&mut self, events: i32) {
        for change in Change::ALL {
            self.of(change).happened &= events & change.event() == 0;
        }
    }

    /// Records a change, and returns the requests that it completes, which are remembered.
    pub fn happen(&mut self, change: Change, queues: &mut Queues<Op>) -> Vec<PendingRequest> {
        let asked = self.of(change);
        asked.count += 1;
        asked.happened |= std::mem::take(&mut asked.armed);
        let requests = std::mem::take(&mut asked.requests);
        for request in &requests {
            queues.remember(structure(request), Ok(0.into()));
        }
        requests
    }

    /// Whether a request with this structure is pending.
    pub fn is_pending(&self, overlapped: usize) -> bool {
        self.0.iter().flat_map(|asked| &asked.requests).any(|request| structure(request) == overlapped)
    }

    /// Removes all requests.
    pub fn drain(&mut self) -> Vec<PendingRequest> {
        self.0.iter_mut().flat_map(|asked| asked.requests.drain(..)).collect()
    }
}

/// The address of the client's overlapped structure.
fn structure(request: &PendingRequest) -> usize {
    request.parts().overlapped.addr().get()
}

impl<E: Endpoint> Socket<E> {
    /// Waits for a change, or makes an overlapped request pending. A plain call on a non-blocking socket fails, and
    /// only a network event reports the change.
    pub fn await_change(
        &self,
        change: Change,
        code: u32,
        input: &[u8],
        request: Request<'_>,
    ) -> Result<Progress<u32>, WsaError> {
        self.control(code, input)?;
        let mut state = self.lock();
        state.check()?;
        state.events.enable(change.event());
        let asked = state.changes.of(change);
        (asked.armed, asked.happened) = (true, false);
        let before = asked.count;
        if let Some(overlapped) = request.parts().map(|parts| parts.overlapped.addr().get()) {
            state.queues.forget(overlapped);
            let (pending, pended) = (self.context.pend)(request).map_err(|_| WsaError::WSASYSCALLFAILURE)?;
            state.changes.of(change).requests.push(pended);
            return Ok(Progress::Pending(pending));
        }
        if state.nonblocking {
            return Err(WsaError::WSAEWOULDBLOCK);
        }
        let mut wait = self.new_wait(None, !state.nonblocking);
        while state.changes.of(change).count == before {
            if state.closed {
                return Err(WsaError::WSAEINTR);
            }
            state = self.wait(&mut wait, state)?;
        }
        Ok(Progress::Done(0))
    }

    /// Reports a change to the client.
    pub fn report_change(&self, change: Change) {
        let mut requests = Vec::new();
        self.update(&[], |state| requests = state.changes.happen(change, &mut state.queues));
        for request in requests {
            request.complete(Ok(0.into()));
        }
    }
}

//! Changes of local addresses and of routes, for which a client asks with a control code: each code is good for one
//! change.

use super::queue::Queues;
use super::transfer::Op;
use crate::base::change::Change;
use wpu_sys::PendingRequest;

/// What a client has asked for.
#[derive(Default)]
pub struct Changes([Asked; 2]);

/// The state of one kind of change.
#[derive(Default)]
pub struct Asked {
    /// Whether the next change is a network event.
    pub armed: bool,
    /// Whether there was such a change that was not reported yet.
    pub happened: bool,
    /// The number of changes.
    pub count: u64,
    pub requests: Vec<PendingRequest>,
}

impl Changes {
    pub fn of(&mut self, change: Change) -> &mut Asked {
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

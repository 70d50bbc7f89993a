//! What the host knows of each overlapped request that a client handed to a provider: that its
//! client is told once, in the way it asked for, and never of a request that was refused.

use crate::faults::{Faults, Rule};
use crate::requests::Requests;
use crate::threads::Threads;
use std::collections::{BTreeMap, BTreeSet};
use wpu_sys::ffi::SOCKET;

/// The requests, by the address of their structure.
#[derive(Default)]
pub(crate) struct RequestAudit {
    all: BTreeMap<usize, AuditedRequest>,
    /// Those that nobody was told of yet, and that were not refused.
    open: BTreeSet<usize>,
    /// The last request that began with each event.
    by_event: BTreeMap<usize, usize>,
}

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct AuditedRequest {
    /// The function that it was handed to.
    pub(crate) call: &'static str,
    pub(crate) socket: SOCKET,
    /// The client's event, without its lowest bit; 0 for none.
    pub(crate) event: usize,
    /// Whether the client gave a completion routine.
    pub(crate) routine: bool,
    /// The thread that asked.
    pub(crate) thread: usize,
    pub(crate) stage: Stage,
    pub(crate) told: u32,
    /// The socket was closed by the client.
    pub(crate) closed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The call has not returned.
    Calling,
    /// The provider accepted it.
    Accepted,
    /// The provider refused it.
    Refused,
    /// The provider was cleaned up, which ends it silently.
    Abandoned,
}

/// How a client is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Through `WPUCompleteOverlappedRequest`.
    Completed,
    /// By its event, which the provider set.
    Event,
    /// By its routine, on this thread.
    Routine(usize),
}

impl RequestAudit {
    pub(crate) fn begin(&mut self, address: usize, record: AuditedRequest) {
        if record.event != 0 && !record.routine {
            self.by_event.insert(record.event, address);
        }
        self.open.insert(address);
        self.all.insert(address, record);
    }

    /// Notes that a client is told of a request.
    pub(crate) fn tell(&mut self, address: usize, way: Way, faults: &mut Faults) {
        let Some(record) = self.all.get_mut(&address) else { return };
        self.open.remove(&address);
        let call = record.call;
        let mut fault = |rule, detail: &str| faults.add(rule, call, detail);
        match record.stage {
            Stage::Refused => return fault(Rule::ToldAfterFailure, "told after the call had failed"),
            Stage::Abandoned => return fault(Rule::ToldAtCleanUp, "told after the last clean-up began"),
            Stage::Calling | Stage::Accepted => {}
        }
        record.told += 1;
        match way {
            _ if record.told > 1 => fault(Rule::ToldTwice, "told again"),
            Way::Routine(thread) if thread != record.thread => {
                fault(Rule::WrongThread, "the routine ran on another thread");
            }
            Way::Completed | Way::Event if record.routine => {
                fault(Rule::WrongWay, "completed without the routine that was given");
            }
            _ => {}
        }
    }

    /// Notes that a provider set an event, which can be how it tells of a request.
    pub(crate) fn event_set(&mut self, event: usize, faults: &mut Faults) {
        let Some(last) = self.by_event.get(&event).copied() else { return };
        let of_event = |address: &usize| {
            self.all.get(address).is_some_and(|record| record.event == event && !record.routine)
        };
        let waiting = self.open.iter().copied().find(of_event);
        self.tell(waiting.unwrap_or(last), Way::Event, faults);
    }

    /// Notes how the call ended. `shown` says whether the client can see by other means that the
    /// request is done.
    pub(crate) fn returned(&mut self, address: usize, ended: Ended, shown: bool, faults: &mut Faults) {
        let Some(record) = self.all.get_mut(&address) else { return };
        let call = record.call;
        record.stage = Stage::Accepted;
        if ended == Ended::Refused {
            record.stage = Stage::Refused;
            self.open.remove(&address);
        }
        match ended {
            Ended::Refused if record.told > 0 => {
                faults.add(Rule::ToldAfterFailure, call, "told before the call failed");
            }
            Ended::Done if record.told == 0 && !shown => {
                faults.add(Rule::NeverTold, call, "the call succeeded, and its client was not told");
            }
            _ => {}
        }
    }

    /// Notes that the client closed a socket: what is pending on it must end now.
    pub(crate) fn closed(&mut self, socket: SOCKET) {
        for address in &self.open {
            if let Some(record) = self.all.get_mut(address).filter(|record| record.socket == socket) {
                record.closed = true;
            }
        }
    }

    /// Whether a request is open whose socket was closed.
    pub(crate) fn overdue(&self, threads: &Threads, requests: &Requests) -> bool {
        let mut open = self.open.iter().filter_map(|address| Some((address, self.all.get(address)?)));
        open.any(|(address, record)| record.is_overdue(*address, threads, requests))
    }

    /// Notes that the last clean-up begins: nobody is told from now on. What should have been told
    /// of before is a fault.
    pub(crate) fn abandon(&mut self, threads: &Threads, requests: &Requests, faults: &mut Faults) {
        for address in std::mem::take(&mut self.open) {
            let Some(record) = self.all.get_mut(&address).filter(|record| record.is_open()) else { continue };
            if record.is_overdue(address, threads, requests) {
                faults.add(Rule::NeverTold, record.call, "its socket was closed");
            }
            record.stage = Stage::Abandoned;
        }
    }
}

/// How a call with a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Done,
    Pending,
    Refused,
}

impl AuditedRequest {
    fn is_open(&self) -> bool {
        self.told == 0 && self.stage == Stage::Accepted
    }

    /// Whether it should have ended with its socket. A client that does not run what is queued to its
    /// thread has only itself to blame, and one that gave neither an event nor a routine sees the end
    /// in its structure.
    fn is_overdue(&self, address: usize, threads: &Threads, requests: &Requests) -> bool {
        let queued = self.routine && threads.has_queued(self.thread);
        let shown = !self.routine && self.event == 0 && requests.shows_end(address);
        self.closed && self.is_open() && !queued && !shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(routine: bool) -> AuditedRequest {
        AuditedRequest {
            call: "WSPSend",
            socket: 8,
            event: 12,
            routine,
            thread: 1,
            stage: Stage::Calling,
            told: 0,
            closed: false,
        }
    }

    /// What is found when this is done with a request.
    fn found(routine: bool, act: impl FnOnce(&mut RequestAudit, &mut Faults)) -> Vec<Rule> {
        let (mut audit, mut faults) = (RequestAudit::default(), Faults::default());
        audit.begin(100, record(routine));
        act(&mut audit, &mut faults);
        faults.found().iter().map(|fault| fault.rule).collect()
    }

    #[test]
    fn a_request_is_told_of_once() {
        let good = found(false, |audit, faults| {
            audit.returned(100, Ended::Pending, false, faults);
            audit.tell(100, Way::Completed, faults);
        });
        assert_eq!(good, []);
        let twice = found(false, |audit, faults| {
            audit.returned(100, Ended::Pending, false, faults);
            audit.tell(100, Way::Completed, faults);
            audit.event_set(12, faults);
        });
        assert_eq!(twice, [Rule::ToldTwice]);
    }

    #[test]
    fn success_means_told_already_and_failure_never() {
        assert_eq!(found(false, |r, f| r.returned(100, Ended::Done, false, f)), [Rule::NeverTold]);
        assert_eq!(found(false, |r, f| r.returned(100, Ended::Done, true, f)), []);
        let told = found(false, |audit, faults| {
            audit.event_set(12, faults);
            audit.returned(100, Ended::Done, false, faults);
        });
        assert_eq!(told, []);
        let early = found(false, |audit, faults| {
            audit.event_set(12, faults);
            audit.returned(100, Ended::Refused, false, faults);
        });
        assert_eq!(early, [Rule::ToldAfterFailure]);
        let late = found(false, |audit, faults| {
            audit.returned(100, Ended::Refused, false, faults);
            audit.tell(100, Way::Completed, faults);
        });
        assert_eq!(late, [Rule::ToldAfterFailure]);
    }

    #[test]
    fn a_routine_runs_where_it_was_given_and_nothing_stands_in_for_it() {
        assert_eq!(found(true, |r, f| r.tell(100, Way::Routine(1), f)), []);
        assert_eq!(found(true, |r, f| r.tell(100, Way::Routine(2), f)), [Rule::WrongThread]);
        assert_eq!(found(true, |r, f| r.tell(100, Way::Completed, f)), [Rule::WrongWay]);
    }

    #[test]
    fn a_closed_socket_leaves_nothing_open_and_clean_up_is_silent() {
        let forgotten = found(false, |audit, faults| {
            audit.returned(100, Ended::Pending, false, faults);
            assert!(!audit.overdue(&Threads::default(), &Requests::default()));
            audit.closed(8);
            assert!(audit.overdue(&Threads::default(), &Requests::default()));
            audit.abandon(&Threads::default(), &Requests::default(), faults);
        });
        assert_eq!(forgotten, [Rule::NeverTold]);
        let loud = found(false, |audit, faults| {
            audit.returned(100, Ended::Pending, false, faults);
            audit.abandon(&Threads::default(), &Requests::default(), faults);
            audit.tell(100, Way::Completed, faults);
        });
        assert_eq!(loud, [Rule::ToldAtCleanUp]);
    }
}

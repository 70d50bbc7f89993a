//! Records the overlapped requests that a client passed to a provider, and checks that the completion of each
//! is reported once, in the requested way, and never for a request that was refused.

use crate::faults::{Faults, Rule};
use crate::requests::Requests;
use crate::threads::Threads;
use std::collections::{BTreeMap, BTreeSet};
use wpu_sys::ffi::SOCKET;

/// The requests, by the address of their overlapped structure.
#[derive(Default)]
pub(crate) struct RequestAudit {
    all: BTreeMap<usize, AuditedRequest>,
    /// The requests whose completion was not reported and that were not refused.
    open: BTreeSet<usize>,
    /// The last request that was started with each event.
    by_event: BTreeMap<usize, usize>,
}

/// A recorded request.
#[derive(Debug, Clone)]
pub(crate) struct AuditedRequest {
    /// The function that received it.
    pub(crate) call: &'static str,
    pub(crate) socket: SOCKET,
    /// The client's event without its lowest bit; 0 for none.
    pub(crate) event: usize,
    /// Whether the client gave a completion routine.
    pub(crate) routine: bool,
    /// The thread that made the request.
    pub(crate) thread: usize,
    pub(crate) stage: Stage,
    pub(crate) told: u32,
    /// Whether the client has closed the socket.
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
    /// The provider was cleaned up, which cancels the request without a completion.
    Abandoned,
}

/// How a completion is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Through `WPUCompleteOverlappedRequest`.
    Completed,
    /// By the client's event, which the provider set.
    Event,
    /// By the completion routine, on this thread.
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

    /// Records that the completion of a request is reported to its client.
    pub(crate) fn tell(&mut self, address: usize, way: Way, faults: &mut Faults) {
        let Some(record) = self.all.get_mut(&address) else { return };
        self.open.remove(&address);
        let call = record.call;
        let mut fault = |rule, detail: &str| faults.add(rule, call, detail);
        match record.stage {
            Stage::Refused => return fault(Rule::ToldAfterFailure, "reported after the call had failed"),
            Stage::Abandoned => return fault(Rule::ToldAtCleanUp, "reported after the last clean-up began"),
            Stage::Calling | Stage::Accepted => {}
        }
        record.told += 1;
        match way {
            _ if record.told > 1 => fault(Rule::ToldTwice, "reported again"),
            Way::Routine(thread) if thread != record.thread => {
                fault(Rule::WrongThread, "the routine ran on another thread");
            }
            Way::Completed | Way::Event if record.routine => {
                fault(Rule::WrongWay, "completed without the routine that the client gave");
            }
            _ => {}
        }
    }

    /// Records that a provider set an event, which can report the completion of a request.
    pub(crate) fn event_set(&mut self, event: usize, faults: &mut Faults) {
        let Some(last) = self.by_event.get(&event).copied() else { return };
        let of_event = |address: &usize| {
            self.all.get(address).is_some_and(|record| record.event == event && !record.routine)
        };
        let waiting = self.open.iter().copied().find(of_event);
        self.tell(waiting.unwrap_or(last), Way::Event, faults);
    }

    /// Records the result of the call. `shown` states whether the client can see the completion in another
    /// way.
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
                faults.add(Rule::ToldAfterFailure, call, "reported before the call failed");
            }
            Ended::Done if record.told == 0 && !shown => {
                faults.add(Rule::NeverTold, call, "the call succeeded, and no completion was reported");
            }
            _ => {}
        }
    }

    /// Records that the client closed a socket: its pending requests must complete now.
    pub(crate) fn closed(&mut self, socket: SOCKET) {
        for address in &self.open {
            if let Some(record) = self.all.get_mut(address).filter(|record| record.socket == socket) {
                record.closed = true;
            }
        }
    }

    /// Whether a request on a closed socket is still pending.
    pub(crate) fn overdue(&self, threads: &Threads, requests: &Requests) -> bool {
        let mut open = self.open.iter().filter_map(|address| Some((address, self.all.get(address)?)));
        open.any(|(address, record)| record.is_overdue(*address, threads, requests))
    }

    /// Records that the last clean-up begins: no completion may be reported from now on. A completion that
    /// should have been reported before is a fault.
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

/// The result of a call with a request.
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

    /// Whether the request should have completed when its socket was closed. It is not the provider's fault
    /// if the client does not run the APCs of its thread. A client that gave neither an event nor a routine
    /// sees the completion in the structure.
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

    /// The faults that are recorded when `act` is applied to a request.
    fn found(routine: bool, act: impl FnOnce(&mut RequestAudit, &mut Faults)) -> Vec<Rule> {
        let (mut audit, mut faults) = (RequestAudit::default(), Faults::default());
        audit.begin(100, record(routine));
        act(&mut audit, &mut faults);
        faults.found().iter().map(|fault| fault.rule).collect()
    }

    #[test]
    fn a_request_is_told_of_once() {
        let _shows = wpu_evidence::checked(["overlapped.pending-is-indicated-once"]);
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
        let _shows =
            wpu_evidence::checked(["overlapped.refusal-is-not-indicated", "overlapped.zero-was-indicated"]);
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
        let _shows = wpu_evidence::checked(["overlapped.no-completion-upcall-for-routines"]);
        assert_eq!(found(true, |r, f| r.tell(100, Way::Routine(1), f)), []);
        assert_eq!(found(true, |r, f| r.tell(100, Way::Routine(2), f)), [Rule::WrongThread]);
        assert_eq!(found(true, |r, f| r.tell(100, Way::Completed, f)), [Rule::WrongWay]);
    }

    #[test]
    fn a_closed_socket_leaves_nothing_open_and_clean_up_is_silent() {
        let _shows = wpu_evidence::checked([
            "WSPCleanup.requests-end-quietly",
            "overlapped.pending-is-indicated-once",
        ]);
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

    /// The requests 100 and 200, changed by `change`, both pending; then `act` is applied.
    fn of_two(
        change: impl FnOnce(&mut [AuditedRequest; 2]),
        act: impl FnOnce(&mut RequestAudit, &mut Faults),
    ) -> Vec<Rule> {
        let (mut audit, mut faults) = (RequestAudit::default(), Faults::default());
        let mut both = [record(false), record(false)];
        change(&mut both);
        for (address, record) in [100, 200].into_iter().zip(both) {
            audit.begin(address, record);
            audit.returned(address, Ended::Pending, false, &mut faults);
        }
        act(&mut audit, &mut faults);
        faults.found().iter().map(|fault| fault.rule).collect()
    }

    #[test]
    fn an_event_reports_the_first_open_request_that_has_it() {
        let twice = |a: &mut RequestAudit, f: &mut Faults| {
            a.event_set(12, f);
            a.event_set(12, f);
        };
        assert_eq!(of_two(|_| (), twice), []);
        // A request that has completed or was refused is not open.
        let after = of_two(
            |_| (),
            |a, f| {
                a.tell(100, Way::Completed, f);
                a.event_set(12, f);
            },
        );
        assert_eq!(after, []);
        let refused = of_two(
            |_| (),
            |a, f| {
                a.returned(100, Ended::Refused, false, f);
                a.event_set(12, f);
            },
        );
        assert_eq!(refused, []);
        // Nor is one with another event, or with a routine, reported by this event.
        let changes: [fn(&mut [AuditedRequest; 2]); 2] =
            [|both| both[0].event = 16, |both| both[0].routine = true];
        for change in changes {
            let other = of_two(change, |a, f| {
                a.event_set(12, f);
                a.tell(100, if a.all[&100].routine { Way::Routine(1) } else { Way::Event }, f);
            });
            assert_eq!(other, []);
        }
    }

    #[test]
    fn the_event_of_a_request_with_a_routine_reports_nothing() {
        let set = found(true, |audit, faults| {
            audit.returned(100, Ended::Pending, false, faults);
            audit.event_set(12, faults);
            audit.tell(100, Way::Routine(1), faults);
        });
        assert_eq!(set, []);
    }

    #[test]
    fn a_request_is_overdue_unless_its_client_can_see_its_completion() {
        extern "system" fn nothing(_: usize) {}
        let me = crate::threads::Me::current().expect("the thread lives");
        let (none, mut queued) = (Threads::default(), Threads::default());
        let id = queued.open(&me, 20);
        let apc = crate::threads::Apc { routine: nothing, context: 0 };
        queued.queue(&id, apc).expect("the id is open");
        let (empty, mut complete) = (Requests::default(), Requests::default());
        let request = crate::requests::HostRequest::new(std::ptr::null_mut());
        complete.keep(&request);
        let at = std::ptr::NonNull::new(request.as_ptr()).expect("a structure");
        // SAFETY: the structure lives as long as `request`, and this thread alone accesses it.
        unsafe { complete.complete(at, 0, 5) }.expect("it was pending");

        let overdue = |event, routine, threads: &Threads, requests: &Requests| {
            let (mut audit, mut faults) = (RequestAudit::default(), Faults::default());
            let address = request.as_ptr().addr();
            audit.begin(address, AuditedRequest { event, thread: me.serial(), ..record(routine) });
            audit.closed(8);
            assert!(!audit.overdue(threads, requests), "the call has not returned");
            audit.returned(address, Ended::Pending, false, &mut faults);
            audit.overdue(threads, requests)
        };
        // A routine that is queued is the client's to run; an event is not.
        assert!(!overdue(0, true, &queued, &empty));
        assert!(overdue(0, true, &none, &empty));
        assert!(overdue(12, false, &queued, &empty));
        // The structure shows the completion only where nothing else reports it.
        assert!(!overdue(0, false, &none, &complete));
        assert!(overdue(0, false, &none, &empty));
        assert!(overdue(12, false, &none, &complete));
        assert!(overdue(0, true, &none, &complete));
    }
}

//! Network events of one socket: which are selected, which were reported, and which can be reported again.

use wpu_sys::ffi::{FD_ACCEPT, FD_CONNECT, FD_MAX_EVENTS};
use wpu_sys::rt::thread::ThreadId;
use wpu_sys::{EventRef, Window};

/// The destination of event reports.
#[derive(Debug, Default, Clone, Copy)]
pub enum Sink {
    /// No destination: the events are only recorded.
    #[default]
    Record,
    /// The client's event object, which is set.
    Event(EventRef<'static>),
    /// A window, to which the client's message is posted.
    Messages { window: Window, message: u32 },
}

/// A network event and its error code, or 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkEvent {
    pub bit: i32,
    pub error: i32,
}

/// The selected events and their reports.
#[derive(Debug, Default)]
pub struct Events {
    mask: i32,
    pub sink: Sink,
    /// Events that were reported and not enabled again by the call that the documentation names for each.
    spent: i32,
    recorded: i32,
    errors: [i32; FD_MAX_EVENTS as usize],
    /// The number of selections, so that conditions found for one selection are not reported to the next.
    pub selection: u64,
    /// The reporting thread. Only one thread reports, so that the client receives events in order.
    reporter: Option<ThreadId>,
    /// Whether the state has changed since the reporter checked it.
    pub changed: bool,
}

impl Events {
    /// Replaces the selection. All events can be reported again.
    pub fn select(&mut self, mask: i32, sink: Sink) {
        let Self { selection, reporter, changed, .. } = *self;
        *self = Self { mask, sink, selection: selection + 1, reporter, changed, ..Self::default() };
    }

    /// The selection that a connection inherits from the socket that accepted it.
    pub fn inherited(&self) -> Self {
        // An accepted connection accepts nothing, and is connected already.
        Self { mask: self.mask, sink: self.sink, spent: FD_ACCEPT | FD_CONNECT, ..Self::default() }
    }

    /// Whether any event is selected.
    pub const fn is_selected(&self) -> bool {
        self.mask != 0
    }

    /// The events that would be reported if their conditions held.
    pub const fn wanted(&self) -> i32 {
        self.mask & !self.spent
    }

    /// Enables events again, after the call that the documentation names for them.
    pub fn enable(&mut self, bits: i32) {
        self.spent &= !bits;
    }

    /// Records the wanted events among `found` and returns them. They are not reported again until they are
    /// enabled.
    pub fn record(&mut self, mut found: Vec<NetworkEvent>) -> Vec<NetworkEvent> {
        found.retain(|event| self.wanted() & event.bit != 0);
        for NetworkEvent { bit, error } in &found {
            self.spent |= bit;
            // Events that are posted as messages are not recorded.
            if !matches!(self.sink, Sink::Messages { .. }) {
                self.recorded |= bit;
                self.errors[bit.trailing_zeros() as usize] = *error;
            }
        }
        found
    }

    /// Whether this thread must report: the state has changed, and no thread is reporting.
    pub fn start_report(&mut self) -> bool {
        let starts = self.changed && self.is_selected() && self.reporter.is_none();
        if starts {
            self.reporter = Some(ThreadId::current());
            self.changed = false;
        }
        starts
    }

    pub const fn end_report(&mut self) {
        self.reporter = None;
    }

    pub fn are_reported_elsewhere(&self) -> bool {
        self.reporter.is_some_and(|thread| thread != ThreadId::current())
    }

    /// Returns the recorded events and clears them.
    pub fn take(&mut self) -> (i32, [i32; FD_MAX_EVENTS as usize]) {
        (std::mem::take(&mut self.recorded), std::mem::take(&mut self.errors))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wpu_sys::ffi::{FD_CLOSE, FD_READ, FD_WRITE};

    /// Records these events and returns those that are reported.
    fn record(events: &mut Events, found: &[i32]) -> Vec<i32> {
        let found = found.iter().map(|bit| NetworkEvent { bit: *bit, error: 10054 }).collect();
        events.record(found).iter().map(|event| event.bit).collect()
    }

    #[test]
    fn an_event_is_reported_once_until_it_is_enabled() {
        let _shows = wpu_evidence::tested([
            "network-events.told-once-until-re-enabled",
            "WSPEnumNetworkEvents.does-not-re-enable",
        ]);
        let mut events = Events::default();
        events.select(FD_READ | FD_CLOSE, Sink::Record);
        assert_eq!(record(&mut events, &[FD_READ]), [FD_READ]);
        assert_eq!(record(&mut events, &[FD_READ]), []);
        assert_eq!(events.take().0, FD_READ);
        assert_eq!(record(&mut events, &[FD_READ]), [], "taking the record enables nothing");
        events.enable(FD_READ);
        assert_eq!(record(&mut events, &[FD_READ]), [FD_READ]);
    }

    #[test]
    fn only_wanted_events_are_recorded_with_their_errors() {
        let _shows = wpu_evidence::tested([
            "network-events.only-the-selected-told",
            "WSPEnumNetworkEvents.copies-then-clears",
        ]);
        let mut events = Events::default();
        events.select(FD_WRITE | FD_CLOSE, Sink::Record);
        assert_eq!(record(&mut events, &[FD_READ, FD_WRITE, FD_CLOSE]), [FD_WRITE, FD_CLOSE]);
        let (recorded, errors) = events.take();
        assert_eq!(recorded, FD_WRITE | FD_CLOSE);
        assert_eq!(errors, [0, 10054, 0, 0, 0, 10054, 0, 0, 0, 0]);
        assert_eq!(events.take(), (0, [0; FD_MAX_EVENTS as usize]));
    }

    #[test]
    fn a_new_selection_forgets_the_old_one() {
        let _shows = wpu_evidence::tested([
            "network-events.no-events-end-selection",
            "WSPEventSelect.clears-the-record",
        ]);
        let mut events = Events::default();
        events.select(FD_READ, Sink::Record);
        record(&mut events, &[FD_READ]);
        let before = events.selection;
        events.select(FD_READ, Sink::Record);
        assert_ne!(events.selection, before);
        assert_eq!(events.take().0, 0);
        assert_eq!(record(&mut events, &[FD_READ]), [FD_READ]);
        events.select(0, Sink::Record);
        assert!(!events.is_selected());
        assert_eq!(record(&mut events, &[FD_READ]), []);
    }

    #[test]
    fn d_27_a_connection_inherits_the_selection_but_accepts_nothing() {
        let mut events = Events::default();
        events.select(FD_ACCEPT | FD_READ | FD_WRITE, Sink::Record);
        let found = [FD_CONNECT, FD_ACCEPT, FD_READ, FD_WRITE];
        assert_eq!(record(&mut events.inherited(), &found), [FD_READ, FD_WRITE]);
    }

    #[test]
    fn one_thread_reports_on_behalf_of_the_others() {
        let mut events = Events { changed: true, ..Events::default() };
        assert!(!events.start_report(), "nothing is selected");
        events.select(FD_READ, Sink::Record);
        assert!(events.start_report());
        events.changed = true;
        events.select(FD_WRITE, Sink::Record);
        assert!(!events.start_report(), "a report is under way");
        events.end_report();
        assert!(events.start_report());
        events.end_report();
        assert!(!events.start_report(), "nothing has changed");
    }
}

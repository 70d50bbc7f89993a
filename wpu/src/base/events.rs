//! Network events of one socket: which are wanted, which were told, and which may be told again.

use wpu_sys::EventRef;
use wpu_sys::Window;
use wpu_sys::ffi::{FD_ACCEPT, FD_CLOSE, FD_CONNECT, FD_MAX_EVENTS, FD_READ, FD_WRITE};

/// The events that the kit knows, in the order in which they are told.
const KNOWN: [i32; 5] = [FD_CONNECT, FD_ACCEPT, FD_READ, FD_WRITE, FD_CLOSE];

/// Where a client wants to hear of events.
#[derive(Debug, Clone, Copy)]
pub enum Sink {
    /// Nowhere: they are only recorded.
    Record,
    /// An event of the client's is set.
    Event(EventRef<'static>),
    /// A message is posted.
    Messages(Messages),
}

/// A window and the message that the client chose.
#[derive(Debug, Clone, Copy)]
pub struct Messages {
    pub window: Window,
    pub message: u32,
}

/// An event that is to be told now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct News {
    pub bit: i32,
    pub error: i32,
}

/// What a socket finds when it looks at its endpoint.
#[derive(Debug, Default, Clone, Copy)]
pub struct Look {
    pub readable: bool,
    pub writable: bool,
    pub acceptable: bool,
    /// The other end is done; the error that it ended with, or 0.
    pub closed: Option<i32>,
    /// A connection was made, or failed; the error, or 0.
    pub connected: Option<i32>,
}

/// Which events are wanted, and what became of them.
#[derive(Debug)]
pub struct Events {
    mask: i32,
    sink: Sink,
    /// Told, and not yet enabled again by the call that the documentation names for each.
    spent: i32,
    recorded: i32,
    errors: [i32; FD_MAX_EVENTS as usize],
    /// Counts selections, so that what was looked up for one is not told to the next.
    pub selection: u64,
}

impl Events {
    pub const fn new() -> Self {
        Self {
            mask: 0,
            sink: Sink::Record,
            spent: 0,
            recorded: 0,
            errors: [0; FD_MAX_EVENTS as usize],
            selection: 0,
        }
    }

    /// A new selection, which ends the one before. Everything can be told anew.
    pub fn select(&mut self, mask: i32, sink: Sink) {
        *self = Self { mask, sink, selection: self.selection + 1, ..Self::new() };
    }

    /// What a connection inherits from the socket that accepted it.
    pub fn inherited(&self) -> Self {
        // Nothing is accepted on it, and it is connected already.
        Self { mask: self.mask, sink: self.sink, spent: FD_ACCEPT | FD_CONNECT, ..Self::new() }
    }

    /// Whether anybody wants to hear of anything.
    pub const fn is_selected(&self) -> bool {
        self.mask != 0
    }

    /// What would be told if it happened.
    pub const fn wanted(&self) -> i32 {
        self.mask & !self.spent
    }

    /// A call has happened after which these can be told again.
    pub fn enable(&mut self, bits: i32) {
        self.spent &= !bits;
    }

    /// What of the things found is to be told. It is recorded, and not told again until it is enabled.
    pub fn tell(&mut self, look: &Look) -> Vec<News> {
        let found = |bit| match bit {
            FD_CONNECT => look.connected,
            FD_ACCEPT => look.acceptable.then_some(0),
            FD_READ => look.readable.then_some(0),
            FD_WRITE => look.writable.then_some(0),
            _ => look.closed,
        };
        let mut news = Vec::new();
        for bit in KNOWN {
            if let Some(error) = found(bit).filter(|_| self.wanted() & bit != 0) {
                self.spent |= bit;
                self.recorded |= bit;
                self.errors[bit.trailing_zeros() as usize] = error;
                news.push(News { bit, error });
            }
        }
        news
    }

    pub const fn sink(&self) -> Sink {
        self.sink
    }

    /// What was recorded, which is forgotten with that.
    pub fn take(&mut self) -> (i32, [i32; FD_MAX_EVENTS as usize]) {
        (std::mem::take(&mut self.recorded), std::mem::take(&mut self.errors))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READABLE: Look =
        Look { readable: true, writable: false, acceptable: false, closed: None, connected: None };

    fn bits(news: &[News]) -> Vec<i32> {
        news.iter().map(|news| news.bit).collect()
    }

    #[test]
    fn an_event_is_told_once_until_it_is_enabled() {
        let mut events = Events::new();
        events.select(FD_READ | FD_CLOSE, Sink::Record);
        assert_eq!(bits(&events.tell(&READABLE)), [FD_READ]);
        assert_eq!(bits(&events.tell(&READABLE)), []);
        assert_eq!(events.take().0, FD_READ);
        assert_eq!(bits(&events.tell(&READABLE)), [], "taking the record enables nothing");
        events.enable(FD_READ);
        assert_eq!(bits(&events.tell(&READABLE)), [FD_READ]);
    }

    #[test]
    fn only_what_is_wanted_is_told_and_in_order() {
        let mut events = Events::new();
        events.select(FD_CONNECT | FD_WRITE | FD_CLOSE, Sink::Record);
        let all = Look {
            readable: true,
            writable: true,
            acceptable: true,
            closed: Some(10054),
            connected: Some(0),
        };
        assert_eq!(bits(&events.tell(&all)), [FD_CONNECT, FD_WRITE, FD_CLOSE]);
        let (recorded, errors) = events.take();
        assert_eq!(recorded, FD_CONNECT | FD_WRITE | FD_CLOSE);
        assert_eq!(errors[5], 10054);
        assert_eq!(events.take(), (0, [0; FD_MAX_EVENTS as usize]));
    }

    #[test]
    fn a_new_selection_forgets_the_old_one() {
        let mut events = Events::new();
        events.select(FD_READ, Sink::Record);
        events.tell(&READABLE);
        let before = events.selection;
        events.select(FD_READ, Sink::Record);
        assert_ne!(events.selection, before);
        assert_eq!(events.take().0, 0);
        assert_eq!(bits(&events.tell(&READABLE)), [FD_READ]);
        events.select(0, Sink::Record);
        assert!(!events.is_selected());
        assert_eq!(bits(&events.tell(&READABLE)), []);
    }

    #[test]
    fn d_27_a_connection_inherits_the_selection_but_accepts_nothing() {
        let mut events = Events::new();
        events.select(FD_ACCEPT | FD_READ | FD_WRITE, Sink::Record);
        let mut child = events.inherited();
        let look = Look { acceptable: true, connected: Some(0), writable: true, ..READABLE };
        assert_eq!(bits(&child.tell(&look)), [FD_READ, FD_WRITE]);
    }
}

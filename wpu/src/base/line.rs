//! Who wants to move bytes in one direction of a socket: callers that wait and requests that are pending,
//! one after the other.

use crate::thread::ThreadId;
use std::collections::VecDeque;

/// One direction of a socket. Whoever has the turn may use the endpoint; nobody else does meanwhile.
#[derive(Debug)]
pub struct Line<R> {
    places: VecDeque<Place<R>>,
    turn: Option<ThreadId>,
    tickets: u64,
    /// Counts what the transport told. An attempt that failed for now is worth another one only
    /// after this has moved.
    pub news: u64,
}

/// A place in the line.
#[derive(Debug)]
pub enum Place<R> {
    /// A thread that waits.
    Caller(u64),
    /// A request that was accepted.
    Request(R),
}

/// What a caller can do at this moment.
#[derive(Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is its turn.
    First,
    /// Somebody is just moving bytes, which takes a moment.
    Moment,
    /// Others wait in front.
    Behind,
    /// This very thread moves bytes, further down the stack.
    Nested,
}

impl<R> Line<R> {
    pub const fn new() -> Self {
        Self { places: VecDeque::new(), turn: None, tickets: 0, news: 0 }
    }

    /// Joins at the end, as a caller.
    pub fn join(&mut self) -> u64 {
        self.tickets += 1;
        self.places.push_back(Place::Caller(self.tickets));
        self.tickets
    }

    pub fn standing(&self, ticket: u64) -> Standing {
        let first = matches!(self.places.front(), Some(Place::Caller(first)) if *first == ticket);
        match self.turn {
            Some(thread) if thread == ThreadId::current() => Standing::Nested,
            Some(_) => Standing::Moment,
            None if first => Standing::First,
            None => Standing::Behind,
        }
    }

    /// Takes the turn, which must be free.
    pub fn take_turn(&mut self) {
        self.turn = Some(ThreadId::current());
    }

    /// Gives the turn back.
    pub fn end_turn(&mut self) {
        self.turn = None;
    }

    /// Whether another thread has the turn.
    pub fn is_taken_elsewhere(&self) -> bool {
        self.turn.is_some_and(|thread| thread != ThreadId::current())
    }

    /// A caller leaves, wherever it stands.
    pub fn leave(&mut self, ticket: u64) {
        self.places.retain(|place| !matches!(place, Place::Caller(other) if *other == ticket));
    }

    /// A caller leaves a request in its place; it is given back if the caller had none.
    pub fn turn_into(&mut self, ticket: u64, request: R) -> Option<R> {
        let mine = |place: &&mut Place<R>| matches!(place, Place::Caller(other) if *other == ticket);
        match self.places.iter_mut().find(mine) {
            Some(place) => {
                *place = Place::Request(request);
                None
            }
            None => Some(request),
        }
    }

    /// Takes the first request out, and the turn with it, if the turn is free and a request is first.
    pub fn next_request(&mut self) -> Option<R> {
        if self.turn.is_some() || !matches!(self.places.front(), Some(Place::Request(_))) {
            return None;
        }
        let Some(Place::Request(request)) = self.places.pop_front() else {
            return None;
        };
        self.take_turn();
        Some(request)
    }

    /// Puts a request back where it was.
    pub fn put_back(&mut self, request: R) {
        self.places.push_front(Place::Request(request));
    }

    /// Takes all requests out.
    pub fn drain(&mut self) -> Vec<R> {
        self.places
            .drain(..)
            .filter_map(|place| match place {
                Place::Request(request) => Some(request),
                Place::Caller(_) => None,
            })
            .collect()
    }

    /// The requests that wait.
    pub fn requests(&self) -> impl Iterator<Item = &R> {
        self.places.iter().filter_map(|place| match place {
            Place::Request(request) => Some(request),
            Place::Caller(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Barrier, Mutex};
    use std::thread;

    impl<R> Line<R> {
        fn push(&mut self, request: R) {
            let ticket = self.join();
            assert!(self.turn_into(ticket, request).is_none());
        }
    }

    #[test]
    fn first_come_first_served() {
        let mut line = Line::<char>::new();
        let (a, b) = (line.join(), line.join());
        assert_eq!(line.standing(a), Standing::First);
        assert_eq!(line.standing(b), Standing::Behind);
        line.leave(a);
        assert_eq!(line.standing(b), Standing::First);
    }

    #[test]
    fn requests_and_callers_stand_in_one_line() {
        let mut line = Line::new();
        line.push('x');
        let caller = line.join();
        line.push('y');
        assert_eq!(line.standing(caller), Standing::Behind);
        assert_eq!(line.next_request(), Some('x'));
        assert_eq!(line.next_request(), None, "the turn is taken");
        line.put_back('x');
        line.end_turn();
        assert_eq!(line.next_request(), Some('x'));
        line.end_turn();
        assert_eq!(line.next_request(), None, "a caller is first");
        assert_eq!(line.standing(caller), Standing::First);
        line.leave(caller);
        assert_eq!(line.next_request(), Some('y'));
    }

    #[test]
    fn a_turn_of_another_thread_is_a_matter_of_a_moment() {
        let mut line = Line::<char>::new();
        let caller = line.join();
        // The other thread lives until all is seen: a later one may get the id of one that has ended.
        let (taken, seen, shared) = (Barrier::new(2), Barrier::new(2), Mutex::new(&mut line));
        let found = thread::scope(|scope| {
            scope.spawn(|| {
                shared.lock().unwrap().take_turn();
                taken.wait();
                seen.wait();
            });
            taken.wait();
            let line = shared.lock().unwrap();
            let found = (line.standing(caller), line.is_taken_elsewhere());
            seen.wait();
            found
        });
        assert_eq!(found, (Standing::Moment, true));
        line.end_turn();
        line.take_turn();
        assert_eq!(line.standing(caller), Standing::Nested);
        assert!(!line.is_taken_elsewhere());
    }

    #[test]
    fn a_caller_leaves_its_place_to_its_request() {
        let mut line = Line::new();
        let (first, second) = (line.join(), line.join());
        assert_eq!(line.turn_into(first, 'x'), None);
        assert_eq!(line.turn_into(first, 'y'), Some('y'));
        assert_eq!(line.standing(second), Standing::Behind);
        assert_eq!(line.next_request(), Some('x'));
    }

    #[test]
    fn draining_leaves_no_request_behind() {
        let mut line = Line::new();
        line.push(1);
        line.join();
        line.push(2);
        assert_eq!(line.requests().count(), 2);
        assert_eq!(line.drain(), [1, 2]);
        assert_eq!(line.requests().count(), 0);
    }
}

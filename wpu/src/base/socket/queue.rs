//! The order in which calls and pending requests use the endpoint of a socket, and the results of requests.

use std::collections::VecDeque;
use wpu_sys::CompletionResult;
use wpu_sys::rt::thread::ThreadId;

/// The number of results that a socket remembers.
const REMEMBERED: usize = 64;

/// The two directions. Accepting counts as receiving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    In,
    Out,
}

impl Way {
    /// Both directions, for changes that can end a wait in either.
    pub const BOTH: [Self; 2] = [Self::In, Self::Out];
}

/// A request in a queue.
pub trait Outstanding {
    /// The address of the client's overlapped structure, which identifies the request.
    fn overlapped(&self) -> Option<usize>;
}

/// The queues of a socket, one for each direction.
pub struct Queues<R> {
    ways: [Queue<R>; 2],
    ended: VecDeque<(usize, CompletionResult)>,
}

impl<R: Outstanding> Queues<R> {
    pub const fn new() -> Self {
        Self { ways: [Queue::new(), Queue::new()], ended: VecDeque::new() }
    }

    pub const fn of(&mut self, way: Way) -> &mut Queue<R> {
        &mut self.ways[way as usize]
    }

    /// Whether a request with this structure is pending.
    pub fn is_pending(&self, overlapped: usize) -> bool {
        self.ways.iter().any(|queue| queue.is_pending(overlapped))
    }

    /// Remembers the result of a request for a while: the host may write the structure later.
    pub fn remember(&mut self, overlapped: usize, completion: CompletionResult) {
        self.forget(overlapped);
        if self.ended.len() == REMEMBERED {
            self.ended.pop_front();
        }
        self.ended.push_back((overlapped, completion));
    }

    /// Forgets the result, since the structure belongs to a new request now.
    pub fn forget(&mut self, overlapped: usize) {
        self.ended.retain(|(other, _)| *other != overlapped);
    }

    /// The result of the request with this structure, if it is still remembered.
    pub fn completion(&self, overlapped: usize) -> Option<CompletionResult> {
        self.ended.iter().find(|(other, _)| *other == overlapped).map(|(_, completion)| *completion)
    }

    /// Removes all waiting calls and requests, and returns the requests.
    pub fn drain(&mut self) -> Vec<R> {
        self.ways.iter_mut().flat_map(Queue::drain).collect()
    }

    /// Whether another thread uses the endpoint.
    pub fn are_used_elsewhere(&self) -> bool {
        self.ways.iter().any(Queue::is_used_elsewhere)
    }
}

/// The queue of one direction. Only the thread that has the turn uses the endpoint.
pub struct Queue<R> {
    places: VecDeque<Place<R>>,
    turn: Option<Turn>,
    tickets: u64,
    /// The number of the transport's notifications. An attempt that would have blocked is repeated only after
    /// this has changed.
    pub notified: u64,
}

/// A place in the queue.
enum Place<R> {
    /// A waiting thread.
    Call(u64),
    /// A pending request.
    Request(R),
}

impl<R> Place<R> {
    fn request(self) -> Option<R> {
        match self {
            Self::Request(request) => Some(request),
            Self::Call(_) => None,
        }
    }
}

/// The user of the endpoint.
#[derive(Clone, Copy)]
struct Turn {
    thread: ThreadId,
    /// The structure of the request that is being attempted.
    request: Option<usize>,
}

/// What a call must do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Standing {
    /// Take the turn.
    First,
    /// Wait for the attempt of another thread, which does not block.
    Moment,
    /// Wait for earlier calls and requests.
    Behind,
    /// Fail: this thread has the turn already, in a caller of this function.
    Nested,
}

impl<R: Outstanding> Queue<R> {
    const fn new() -> Self {
        Self { places: VecDeque::new(), turn: None, tickets: 0, notified: 0 }
    }

    /// Adds a call at the end. Returns its ticket.
    pub fn join(&mut self) -> u64 {
        self.tickets += 1;
        self.places.push_back(Place::Call(self.tickets));
        self.tickets
    }

    pub fn standing(&self, ticket: u64) -> Standing {
        let first = matches!(self.places.front(), Some(Place::Call(first)) if *first == ticket);
        match self.turn {
            Some(turn) if turn.thread == ThreadId::current() => Standing::Nested,
            Some(_) => Standing::Moment,
            None if first => Standing::First,
            None => Standing::Behind,
        }
    }

    /// Takes the turn, which must be free, for a call.
    pub fn take_turn(&mut self) {
        self.turn = Some(Turn { thread: ThreadId::current(), request: None });
    }

    pub const fn end_turn(&mut self) {
        self.turn = None;
    }

    fn is_used_elsewhere(&self) -> bool {
        self.turn.is_some_and(|turn| turn.thread != ThreadId::current())
    }

    /// Removes a call from the queue.
    pub fn leave(&mut self, ticket: u64) {
        self.places.retain(|place| !matches!(place, Place::Call(other) if *other == ticket));
    }

    /// Replaces a call by a request at the same place.
    pub fn replace(&mut self, ticket: u64, request: R) {
        let is_own = |place: &&mut Place<R>| matches!(place, Place::Call(other) if *other == ticket);
        if let Some(place) = self.places.iter_mut().find(is_own) {
            *place = Place::Request(request);
        }
    }

    /// If the turn is free and a request is first, removes the request and takes the turn for it.
    pub fn next_request(&mut self) -> Option<R> {
        if self.turn.is_some() || !matches!(self.places.front(), Some(Place::Request(_))) {
            return None;
        }
        let Some(Place::Request(request)) = self.places.pop_front() else { return None };
        self.turn = Some(Turn { thread: ThreadId::current(), request: request.overlapped() });
        Some(request)
    }

    /// Returns a request to the front.
    pub fn put_back(&mut self, request: R) {
        self.places.push_front(Place::Request(request));
    }

    /// Removes the waiting requests of this kind.
    pub fn take_requests(&mut self, is_kind: impl Fn(&R) -> bool) -> Vec<R> {
        let (taken, left) = std::mem::take(&mut self.places)
            .into_iter()
            .partition(|place| matches!(place, Place::Request(request) if is_kind(request)));
        self.places = left;
        let taken: VecDeque<_> = taken;
        taken.into_iter().filter_map(Place::request).collect()
    }

    fn drain(&mut self) -> impl Iterator<Item = R> {
        self.places.drain(..).filter_map(Place::request)
    }

    fn is_pending(&self, overlapped: usize) -> bool {
        let waits = |place: &Place<R>| matches!(place, Place::Request(request) if request.overlapped() == Some(overlapped));
        self.turn.is_some_and(|turn| turn.request == Some(overlapped)) || self.places.iter().any(waits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Barrier, Mutex};
    use std::thread;

    impl Outstanding for usize {
        fn overlapped(&self) -> Option<usize> {
            Some(*self)
        }
    }

    impl Queue<usize> {
        fn push(&mut self, request: usize) {
            let ticket = self.join();
            self.replace(ticket, request);
        }
    }

    #[test]
    fn calls_get_their_turn_in_order() {
        let mut queue = Queue::<usize>::new();
        let (a, b) = (queue.join(), queue.join());
        assert_eq!(queue.standing(a), Standing::First);
        assert_eq!(queue.standing(b), Standing::Behind);
        queue.leave(a);
        assert_eq!(queue.standing(b), Standing::First);
    }

    #[test]
    fn requests_and_calls_share_one_queue() {
        let mut queue = Queue::new();
        queue.push(7);
        let call = queue.join();
        queue.push(8);
        assert_eq!(queue.standing(call), Standing::Behind);
        assert_eq!(queue.next_request(), Some(7));
        assert_eq!(queue.next_request(), None, "the turn is taken");
        queue.put_back(7);
        queue.end_turn();
        assert_eq!(queue.next_request(), Some(7));
        queue.end_turn();
        assert_eq!(queue.next_request(), None, "a call is first");
        assert_eq!(queue.standing(call), Standing::First);
        queue.leave(call);
        assert_eq!(queue.next_request(), Some(8));
    }

    #[test]
    fn a_call_waits_for_the_attempt_of_another_thread() {
        let mut queue = Queue::<usize>::new();
        let call = queue.join();
        // The other thread lives until the test has seen its turn: a later thread may get the id of one that
        // has ended.
        let (taken, seen, shared) = (Barrier::new(2), Barrier::new(2), Mutex::new(&mut queue));
        let found = thread::scope(|scope| {
            scope.spawn(|| {
                shared.lock().unwrap().take_turn();
                taken.wait();
                seen.wait();
            });
            taken.wait();
            let queue = shared.lock().unwrap();
            let found = (queue.standing(call), queue.is_used_elsewhere());
            seen.wait();
            found
        });
        assert_eq!(found, (Standing::Moment, true));
        queue.end_turn();
        queue.take_turn();
        assert_eq!(queue.standing(call), Standing::Nested);
        assert!(!queue.is_used_elsewhere());
    }

    #[test]
    fn a_request_replaces_its_call_in_the_queue() {
        let mut queue = Queue::new();
        let (first, second) = (queue.join(), queue.join());
        queue.replace(first, 7);
        assert_eq!(queue.standing(second), Standing::Behind);
        assert_eq!(queue.next_request(), Some(7));
    }

    #[test]
    fn draining_leaves_no_request_behind() {
        let mut queues = Queues::new();
        queues.of(Way::In).push(1);
        queues.of(Way::In).join();
        queues.of(Way::In).push(2);
        queues.of(Way::Out).push(3);
        assert!([1, 2, 3].iter().all(|request| queues.is_pending(*request)));
        assert_eq!(queues.drain(), [1, 2, 3]);
        assert!(![1, 2, 3].iter().any(|request| queues.is_pending(*request)));
    }

    #[test]
    fn a_request_is_pending_during_its_attempt() {
        let mut queues = Queues::new();
        queues.of(Way::Out).push(7);
        assert_eq!(queues.of(Way::Out).next_request(), Some(7));
        assert!(queues.is_pending(7));
        queues.of(Way::Out).end_turn();
        assert!(!queues.is_pending(7));
    }

    #[test]
    fn the_last_completions_are_remembered() {
        let mut queues = Queues::<usize>::new();
        for request in 0..=REMEMBERED {
            queues.remember(request, Ok(1.into()));
        }
        assert_eq!(queues.completion(0), None);
        assert_eq!(queues.completion(1), Some(Ok(1.into())));
        queues.remember(1, Ok(2.into()));
        assert_eq!(queues.completion(1), Some(Ok(2.into())));
        queues.forget(1);
        assert_eq!(queues.completion(1), None);
    }
}

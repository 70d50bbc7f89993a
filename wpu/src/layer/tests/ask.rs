//! Overlapped requests of a client, whose completions the tests see.

use super::stand::PATIENCE;
use crate::layer::sys::ffi::{SOCKET, WSAOVERLAPPED};
use crate::layer::sys::{
    CompletionResult, CompletionVtable, Kept, RequestBuffers, RequestContext, RequestParts, RequestState,
};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex};

/// An overlapped request of a client.
pub struct Ask {
    pub overlapped: Box<WSAOVERLAPPED>,
    state: Cell<RequestState>,
}

static ENDS: Mutex<Vec<(usize, CompletionResult)>> = Mutex::new(Vec::new());
static ENDED: Condvar = Condvar::new();

/// The memory that is kept for requests that were passed down.
static KEPT: Mutex<BTreeMap<usize, Kept>> = Mutex::new(BTreeMap::new());

thread_local! {
    /// A function that runs once, when a request of this thread becomes pending.
    static MEANWHILE: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

/// Runs `what` when the next request of this thread becomes pending.
pub fn meanwhile(what: impl FnOnce() + 'static) {
    MEANWHILE.set(Some(Box::new(what)));
}

static COMPLETION: CompletionVtable = CompletionVtable {
    begin: |_| {
        if let Some(what) = MEANWHILE.take() {
            what();
        }
    },
    tell: |parts, completion| {
        ENDS.lock().expect("no panic").push((parts.overlapped.addr().get(), completion));
        ENDED.notify_all();
    },
    keep: |parts, kept| {
        let before = KEPT.lock().expect("no panic").insert(parts.overlapped.addr().get(), kept);
        drop(before);
    },
    release: |parts, _| drop(KEPT.lock().expect("no panic").remove(&parts.overlapped.addr().get())),
    end: || {},
};

impl Ask {
    pub fn new() -> Self {
        let ask = Self { overlapped: Box::new(WSAOVERLAPPED::ZERO), state: Cell::new(RequestState::Fresh) };
        // An earlier structure at this address may have a completion that was never queried.
        ENDS.lock().expect("no panic").retain(|end| end.0 != ask.own());
        ask
    }

    fn own(&self) -> usize {
        std::ptr::from_ref(&*self.overlapped).addr()
    }

    /// The context of a request; can be used once.
    pub fn given<'a>(&'a mut self, socket: SOCKET, lent: &RequestBuffers<'a>) -> RequestContext<'a> {
        let overlapped = std::ptr::NonNull::from(&mut *self.overlapped);
        let parts = RequestParts { socket, overlapped, routine: None, thread: None };
        RequestContext {
            parts,
            completion: &COMPLETION,
            state: &self.state,
            asked: lent.total(),
            partial: &[],
        }
    }

    /// Waits for the completion that is reported to the client.
    pub fn end(&self) -> CompletionResult {
        let own = self.own();
        let ends = ENDS.lock().expect("no panic");
        let (mut ends, late) = ENDED
            .wait_timeout_while(ends, PATIENCE, |ends| !ends.iter().any(|end| end.0 == own))
            .expect("no panic");
        assert!(!late.timed_out(), "no completion is reported to the client");
        let at = ends.iter().position(|end| end.0 == own).expect("there is one");
        ends.swap_remove(at).1
    }

    /// Whether a completion was reported.
    pub fn has_ended(&self) -> bool {
        let own = self.own();
        ENDS.lock().expect("no panic").iter().any(|end| end.0 == own)
    }
}

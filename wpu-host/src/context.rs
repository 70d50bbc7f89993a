//! Tracks the host for which each thread runs, for functions whose arguments do not identify a host.

use crate::ws2::Ws2;
use std::cell::{Cell, RefCell};
use std::ptr;
use std::sync::{Arc, Weak};

thread_local! {
    /// The hosts whose providers this thread is executing; the last one is the innermost call.
    static STACK: RefCell<Vec<Arc<Ws2>>> = const { RefCell::new(Vec::new()) };
    /// The number of calls in progress on this thread that came with the id of the thread.
    static WITH_ID: Cell<usize> = const { Cell::new(0) };
    /// The host to which this thread made its latest upcall: the host of a provider's own thread.
    static LAST: RefCell<Weak<Ws2>> = const { RefCell::new(Weak::new()) };
}

/// A guard: while it lives, the calling thread executes a provider of one host.
pub(crate) struct Inside(());

/// Records that the calling thread is about to execute a provider of `ws2`.
pub(crate) fn enter(ws2: &Arc<Ws2>) -> Inside {
    STACK.with_borrow_mut(|stack| stack.push(Arc::clone(ws2)));
    Inside(())
}

/// A guard: while it lives, the calling thread executes a call that came with the id of the thread.
pub(crate) struct WithId(());

/// Records that the calling thread is about to make a call that passes the id of the thread.
pub(crate) fn pass_thread_id() -> WithId {
    WITH_ID.set(WITH_ID.get() + 1);
    WithId(())
}

impl Drop for WithId {
    fn drop(&mut self) {
        WITH_ID.set(WITH_ID.get() - 1);
    }
}

/// Whether the calling thread executes a call that came with the id of the thread.
pub(crate) fn has_thread_id() -> bool {
    WITH_ID.get() > 0
}

/// Whether the calling thread executes a provider of `ws2`.
pub(crate) fn is_inside(ws2: &Ws2) -> bool {
    STACK
        .try_with(|stack| stack.borrow().iter().any(|inside| Arc::as_ptr(inside) == ptr::from_ref(ws2)))
        .unwrap_or(false)
}

impl Drop for Inside {
    fn drop(&mut self) {
        let left = STACK.try_with(|stack| stack.borrow_mut().pop());
        drop(left);
    }
}

/// Records that the calling thread makes an upcall to `ws2`.
pub(crate) fn met(ws2: &Arc<Ws2>) {
    let _ = LAST.try_with(|last| {
        let mut last = last.borrow_mut();
        if last.as_ptr() != Arc::as_ptr(ws2) {
            *last = Arc::downgrade(ws2);
        }
    });
}

/// The host for which the calling thread runs.
pub(crate) fn current() -> Option<Arc<Ws2>> {
    let inside = STACK.try_with(|stack| stack.borrow().last().cloned()).ok().flatten();
    inside.or_else(|| LAST.try_with(|last| last.borrow().upgrade()).ok().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handles::{Handles, SLOTS};

    fn ws2() -> Arc<Ws2> {
        // No host of this crate's unit tests uses the last slot.
        Arc::new(Ws2::new(Handles::new(SLOTS - 1)))
    }

    #[test]
    fn the_innermost_host_counts_and_then_the_last_one_met() {
        let (one, two) = (ws2(), ws2());
        let is = |ws2| current().is_some_and(|found| Arc::ptr_eq(&found, ws2));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                assert!(current().is_none());
                met(&two);
                assert!(is(&two));
                let outer = enter(&one);
                assert!(is(&one));
                drop(enter(&two));
                assert!(is(&one));
                drop(outer);
                assert!(is(&two));
            });
        });
    }

    #[test]
    fn a_host_that_is_gone_is_nobodys() {
        std::thread::spawn(|| {
            let ws2 = ws2();
            met(&ws2);
            drop(ws2);
            assert!(current().is_none());
        })
        .join()
        .expect("the thread ran");
    }
}

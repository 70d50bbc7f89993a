//! Closures as APCs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use wpu_sys::Apc;

/// Makes an APC of a closure. It runs at most once: on the thread that it was queued to, in an
/// alertable wait. If no host takes it, it comes back with the error and can be queued again or dropped.
///
/// A panic of the closure ends there: it must not reach the host.
pub fn apc<F: FnOnce() + Send + 'static>(closure: F) -> Apc {
    let context = Box::into_raw(Box::new(closure)).expose_provenance();
    // SAFETY: the context is the closure's box. `run` and `discard` each take it over, a host calls
    // `run` at most once, and `discard` is called only if no host took the APC. The closure is `Send`.
    unsafe { Apc::from_parts(run::<F>, context, discard::<F>) }
}

/// # Safety
///
/// `context` is the closure's box, which nobody else takes.
unsafe extern "system" fn run<F: FnOnce()>(context: usize) {
    // SAFETY: the contract of this function.
    let closure = unsafe { Box::from_raw(std::ptr::with_exposed_provenance_mut::<F>(context)) };
    // What the closure left half done is its own affair; nobody looks at it again.
    contain(closure);
}

/// # Safety
///
/// `context` is the closure's box, which nobody else takes.
unsafe fn discard<F>(context: usize) {
    // SAFETY: the contract of this function.
    drop(unsafe { Box::from_raw(std::ptr::with_exposed_provenance_mut::<F>(context)) });
}

/// Calls a closure whose panic must go no further.
fn contain(closure: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(closure)) {
        // A payload may panic when it is dropped.
        std::mem::forget(panic);
    }
}

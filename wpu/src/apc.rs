//! Closures as APCs.

use crate::panic::contain;
use wpu_sys::Apc;

/// Makes an APC of a closure. It runs at most once: on the thread that it was queued to, in an
/// alertable wait. If no host takes it, it comes back with the error and can be queued again or dropped.
///
/// A panic of the closure ends there: it must not reach the host.
///
/// A closure is code of the provider, and may run after the last clean-up. So from the first one on the provider
/// stays loaded, also where Ws2_32 unloads it. What the closure uses is its own to keep alive.
pub fn apc<F: FnOnce() + Send + 'static>(closure: F) -> Apc {
    crate::module::stay();
    let context = Box::into_raw(Box::new(closure)).expose_provenance();
    // SAFETY: the context is the closure's box. `run` and `discard` each take it over, a host calls
    // `run` at most once, and `discard` is called only if no host took the APC. The closure is `Send`, and its
    // code stays loaded.
    unsafe { Apc::from_parts(run::<F>, context, discard::<F>) }
}

/// # Safety
///
/// `context` is the closure's box, which nobody else takes.
unsafe extern "system" fn run<F: FnOnce()>(context: usize) {
    // SAFETY: the contract of this function.
    let closure = unsafe { Box::from_raw(std::ptr::with_exposed_provenance_mut::<F>(context)) };
    // Nobody is there to be told of a panic.
    let _ = contain(closure);
}

/// # Safety
///
/// `context` is the closure's box, which nobody else takes.
unsafe fn discard<F>(context: usize) {
    // SAFETY: the contract of this function.
    drop(unsafe { Box::from_raw(std::ptr::with_exposed_provenance_mut::<F>(context)) });
}

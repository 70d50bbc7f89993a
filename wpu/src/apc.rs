//! Closures as APCs.

use wpu_sys::Apc;
use wpu_sys::rt::panic::contain;

/// Creates an APC from a closure. The closure runs at most once: on the thread to which it was queued, in an
/// alertable wait. If the host refuses the APC, it is returned with the error, and can be queued again or
/// dropped.
///
/// A panic of the closure is contained, since it must not reach the host.
///
/// A closure is code of the provider, and may run after the last clean-up. Once an APC is created, the
/// provider's library therefore stays loaded, even if Ws2_32 unloads it. The closure must keep alive whatever
/// it uses.
pub fn apc<F: FnOnce() + Send + 'static>(closure: F) -> Apc {
    crate::module::stay();
    let context = Box::into_raw(Box::new(closure)).expose_provenance();
    // SAFETY: the context is the closure's box. Only one of `run` and `discard` takes it over: a host calls
    // `run` at most once, and `discard` is called only if no host accepted the APC. The closure is `Send`,
    // and its code stays loaded.
    unsafe { Apc::from_parts(run::<F>, context, discard::<F>) }
}

/// # Safety
///
/// `context` is the exposed address of a `Box<F>` that was turned into a pointer, and no other code takes it over.
unsafe extern "system" fn run<F: FnOnce()>(context: usize) {
    // SAFETY: the contract of this function.
    let closure = unsafe { Box::from_raw(std::ptr::with_exposed_provenance_mut::<F>(context)) };
    // There is no caller to which a panic could be reported.
    let _ = contain(closure);
}

/// # Safety
///
/// As for [`run`].
unsafe fn discard<F>(context: usize) {
    // SAFETY: the contract of this function.
    drop(unsafe { Box::from_raw(std::ptr::with_exposed_provenance_mut::<F>(context)) });
}

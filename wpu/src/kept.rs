//! Memory of a layer's own that a provider below may use until a client's request has ended.
//!
//! A layer that passes a client's structure down does not see the end of the request. But a client that uses a
//! structure again has seen the end of the request before, so that what was kept for that one is free then.
//! What is kept for a structure that is never used again stays for ever, as the provider below may be used by
//! others and so outlive the layer's last clean-up.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wpu_sys::{Kept, Parts};

/// By the address of the client's structure.
static KEPT: Mutex<BTreeMap<usize, Kept>> = Mutex::new(BTreeMap::new());

/// Keeps it until the client uses its structure again.
pub(crate) fn keep(parts: &Parts, kept: Kept) {
    let before = lock().insert(parts.overlapped.addr().get(), kept);
    drop(before);
}

/// The provider below has refused the request, or has ended it. If the client has used its structure again
/// meanwhile, what is kept is another request's.
pub(crate) fn release(parts: &Parts, kept: &Kept) {
    let mut all = lock();
    let at = parts.overlapped.addr().get();
    let same = all.get(&at).is_some_and(|there| Arc::ptr_eq(there, kept));
    let released = if same { all.remove(&at) } else { None };
    drop(all);
    drop(released);
}

fn lock() -> MutexGuard<'static, BTreeMap<usize, Kept>> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Keeps memory of a layer that a provider below may use until a client's request completes.
//!
//! A layer that passes a client's structure down does not observe the completion of the request. But a client
//! that reuses a structure has observed the completion of the previous request, so the memory kept for that
//! request can be freed then. Memory that is kept for a structure that is never used again is never freed,
//! since the provider below may have other users and may outlive the layer's last clean-up.
//!
//! Several layers of one library can form a chain and pass the same structure down, each during the call of
//! the one above. That is one use of the structure, so the memory of the outer calls is not freed.

use std::collections::BTreeMap;
use std::mem::ManuallyDrop;
use std::sync::{Arc, Mutex, MutexGuard};
use wpu_sys::rt::sync::lock;
use wpu_sys::{Kept, RequestParts};

/// The kept memory, by the address of the client's structure. A static is not dropped; `ManuallyDrop` spares each
/// build the code for it.
static KEPT: ManuallyDrop<Mutex<BTreeMap<usize, Vec<Kept>>>> = ManuallyDrop::new(Mutex::new(BTreeMap::new()));

/// Keeps `kept` until the client reuses its structure.
#[inline]
pub(crate) fn keep(parts: &RequestParts, kept: Kept) {
    let mut all = all();
    let here = all.entry(parts.overlapped.addr().get()).or_default();
    // A caller that passes a request down holds a reference to what it keeps until the call returns.
    let (mut under_way, before): (Vec<_>, Vec<_>) =
        here.drain(..).partition(|other| Arc::strong_count(other) > 1);
    under_way.push(kept);
    *here = under_way;
    drop(all);
    drop(before);
}

/// Releases `kept` after the provider below has refused or completed the request. If the client has reused
/// its structure meanwhile, the memory kept for the new request stays.
#[inline]
pub(crate) fn release(parts: &RequestParts, kept: &Kept) {
    let mut all = all();
    let at = parts.overlapped.addr().get();
    let Some(here) = all.get_mut(&at) else { return };
    let same = here.iter().position(|there| Arc::ptr_eq(there, kept));
    let released = same.map(|same| here.swap_remove(same));
    if here.is_empty() {
        all.remove(&at);
    }
    drop(all);
    drop(released);
}

#[inline]
fn all() -> MutexGuard<'static, BTreeMap<usize, Vec<Kept>>> {
    lock(&KEPT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr::NonNull;
    use std::sync::Weak;
    use wpu_sys::ffi::WSAOVERLAPPED;

    /// A client's structure, of which only the address is used.
    struct Client(Box<WSAOVERLAPPED>);

    impl Client {
        fn new() -> Self {
            Self(Box::new(WSAOVERLAPPED::ZERO))
        }

        fn parts(&self) -> RequestParts {
            RequestParts { socket: 1, overlapped: NonNull::from(&*self.0), routine: None, thread: None }
        }

        /// Keeps memory in a call that lasts as long as the first result lives.
        fn begin(&self) -> (Kept, Weak<dyn std::any::Any + Send + Sync>) {
            let kept: Kept = Arc::new(());
            keep(&self.parts(), Arc::clone(&kept));
            let weak = Arc::downgrade(&kept);
            (kept, weak)
        }
    }

    impl Drop for Client {
        fn drop(&mut self) {
            all().remove(&self.parts().overlapped.addr().get());
        }
    }

    fn lives<T: ?Sized>(kept: &Weak<T>) -> bool {
        kept.strong_count() > 0
    }

    #[test]
    fn memory_is_kept_until_the_structure_is_reused() {
        let client = Client::new();
        let (call, first) = client.begin();
        drop(call);
        assert!(lives(&first), "the request is under way");
        let (call, second) = client.begin();
        drop(call);
        assert_eq!((lives(&first), lives(&second)), (false, true));
    }

    #[test]
    fn layers_of_a_chain_keep_memory_for_one_use_of_the_structure() {
        let client = Client::new();
        let (outer_call, outer) = client.begin();
        let (inner_call, inner) = client.begin();
        drop((inner_call, outer_call));
        assert!(lives(&outer) && lives(&inner), "both are of the request that is under way");
        let (call, _) = client.begin();
        assert!(!lives(&outer) && !lives(&inner));
        drop(call);
    }

    #[test]
    fn a_release_frees_only_its_own_memory() {
        let (client, other) = (Client::new(), Client::new());
        let (outer_call, outer) = client.begin();
        let (inner_call, inner) = client.begin();
        let (other_call, others) = other.begin();
        release(&client.parts(), &inner_call);
        // A second release, and one of an unknown structure.
        release(&client.parts(), &inner_call);
        release(&other.parts(), &inner_call);
        drop((outer_call, inner_call, other_call));
        assert_eq!((lives(&outer), lives(&inner), lives(&others)), (true, false, true));
    }

    #[test]
    fn a_late_release_does_not_free_memory_of_the_next_use() {
        let client = Client::new();
        let (late, first) = client.begin();
        // The request has completed on another thread, where the client has reused its structure.
        let (call, second) = client.begin();
        drop(call);
        release(&client.parts(), &late);
        drop(late);
        assert_eq!((lives(&first), lives(&second)), (false, true));
    }

    #[test]
    fn freed_memory_may_itself_keep_and_release() {
        struct Reenters;

        impl Drop for Reenters {
            fn drop(&mut self) {
                let client = Client::new();
                let (call, _) = client.begin();
                release(&client.parts(), &call);
            }
        }

        let client = Client::new();
        keep(&client.parts(), Arc::new(Reenters));
        let kept: Kept = Arc::new(Reenters);
        let weak = Arc::downgrade(&kept);
        keep(&client.parts(), Arc::clone(&kept));
        release(&client.parts(), &kept);
        drop(kept);
        assert!(!lives(&weak));
    }

    #[test]
    fn no_entry_remains_for_a_structure_without_kept_memory() {
        let client = Client::new();
        let (call, _) = client.begin();
        release(&client.parts(), &call);
        assert!(!all().contains_key(&client.parts().overlapped.addr().get()));
    }
}

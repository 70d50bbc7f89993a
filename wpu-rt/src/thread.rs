//! Identifies the calling thread.

/// A value that distinguishes the threads that are alive.
///
/// The id of the standard library runs code when a thread ends, which may be after this library was unloaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[doc(hidden)]
pub struct ThreadId(usize);

impl ThreadId {
    /// The calling thread.
    #[must_use]
    #[inline]
    pub fn current() -> Self {
        std::thread_local! {
            static PLACE: u8 = const { 0 };
        }
        // No two living threads have this thread-local at the same address.
        Self(PLACE.with(|place| core::ptr::from_ref(place).addr()))
    }
}

#[cfg(test)]
mod tests {
    use super::ThreadId;

    #[test]
    fn threads_have_distinct_ids() {
        let here = ThreadId::current();
        assert_eq!(here, ThreadId::current());
        let there = std::thread::scope(|scope| scope.spawn(ThreadId::current).join().unwrap());
        assert_ne!(here, there);
    }
}

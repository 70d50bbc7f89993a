//! Which thread this is.

/// What tells threads that are alive from each other.
///
/// The standard library's own id runs code when a thread ends, which may be after this library was unloaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ThreadId(usize);

impl ThreadId {
    /// The calling thread.
    pub(crate) fn current() -> Self {
        thread_local! {
            static PLACE: u8 = const { 0 };
        }
        // No two threads have it in the same place.
        Self(PLACE.with(|place| std::ptr::from_ref(place).addr()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thread_is_itself() {
        let here = ThreadId::current();
        assert_eq!(here, ThreadId::current());
        let there = std::thread::scope(|scope| scope.spawn(ThreadId::current).join().unwrap());
        assert_ne!(here, there);
    }
}

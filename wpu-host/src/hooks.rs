//! Blocking hooks: callbacks of the client that a provider calls while it blocks a thread.

use std::collections::BTreeMap;
use std::sync::Arc;

/// A client's hook. It returns whether the blocked call should continue.
pub(crate) type Hook = Arc<dyn Fn() -> bool + Send + Sync>;

/// The installed hooks, at most one for each thread.
#[derive(Default)]
pub(crate) struct Hooks(BTreeMap<usize, Installed>);

struct Installed {
    context: usize,
    hook: Hook,
}

impl Hooks {
    /// Installs a hook for a thread. Returns the previous hook, which the caller drops after it has released
    /// the lock.
    pub(crate) fn set(&mut self, thread: usize, context: usize, hook: Hook) -> Option<Hook> {
        self.0.insert(thread, Installed { context, hook }).map(|installed| installed.hook)
    }

    /// Removes the hook of a thread and returns it. The caller drops it after it has released the lock.
    pub(crate) fn clear(&mut self, thread: usize) -> Option<Hook> {
        self.0.remove(&thread).map(|installed| installed.hook)
    }

    /// The context of a thread's hook.
    pub(crate) fn context(&self, thread: usize) -> Option<usize> {
        self.0.get(&thread).map(|installed| installed.context)
    }

    pub(crate) fn find(&self, context: usize) -> Option<Hook> {
        self.0
            .values()
            .find(|installed| installed.context == context)
            .map(|installed| Arc::clone(&installed.hook))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thread_has_a_hook_of_its_own() {
        let _shows = wpu_evidence::tested(["WPUQueryBlockingCallback.hook-of-calling-thread"]);
        let mut hooks = Hooks::default();
        assert!(hooks.set(1, 100, Arc::new(|| true)).is_none());
        assert!(hooks.set(2, 104, Arc::new(|| false)).is_none());
        assert_eq!((hooks.context(1), hooks.context(2), hooks.context(3)), (Some(100), Some(104), None));
        assert_eq!(hooks.find(100).map(|hook| hook()), Some(true));
        assert_eq!(hooks.find(104).map(|hook| hook()), Some(false));
        assert_eq!(hooks.set(1, 108, Arc::new(|| false)).map(|hook| hook()), Some(true));
        assert!(hooks.find(100).is_none());
        assert!(hooks.clear(1).is_some());
        assert!(hooks.clear(1).is_none());
        assert_eq!(hooks.context(1), None);
    }
}

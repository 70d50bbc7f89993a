//! Blocking hooks: callbacks of the client that a provider calls while it blocks a thread, and the threads whose
//! blocked call was cancelled.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The result of a blocking hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookResult {
    /// The hook has processed a message: its function in C returns `TRUE`. The call goes on.
    Processed,
    /// There was no message to process: its function in C returns `FALSE`. The call goes on all the same.
    Idle,
    /// The blocked call was cancelled, as by a successful [`Client::cancel_blocking_call`](crate::Client::cancel_blocking_call).
    Cancelled,
}

impl From<bool> for HookResult {
    /// The result of a hook that only says whether the call goes on: `false` cancels it.
    fn from(goes_on: bool) -> Self {
        if goes_on { Self::Idle } else { Self::Cancelled }
    }
}

/// A client's hook.
pub(crate) type Hook = Arc<dyn Fn() -> HookResult + Send + Sync>;

/// The installed hooks, at most one for each thread.
#[derive(Default)]
pub(crate) struct Hooks {
    installed: BTreeMap<usize, Installed>,
    /// The threads whose blocked call was cancelled.
    cancelled: BTreeSet<usize>,
}

struct Installed {
    context: usize,
    hook: Hook,
}

impl Hooks {
    /// Installs a hook for a thread. Returns the previous hook, which the caller drops after it has released
    /// the lock.
    pub(crate) fn set(&mut self, thread: usize, context: usize, hook: Hook) -> Option<Hook> {
        self.installed.insert(thread, Installed { context, hook }).map(|installed| installed.hook)
    }

    /// Removes the hook of a thread and returns it. The caller drops it after it has released the lock.
    pub(crate) fn clear(&mut self, thread: usize) -> Option<Hook> {
        self.installed.remove(&thread).map(|installed| installed.hook)
    }

    /// The context of a thread's hook.
    pub(crate) fn context(&self, thread: usize) -> Option<usize> {
        self.installed.get(&thread).map(|installed| installed.context)
    }

    /// The hook with this context, and its thread.
    pub(crate) fn find(&self, context: usize) -> Option<(usize, Hook)> {
        let found = self.installed.iter().find(|(_, installed)| installed.context == context);
        found.map(|(thread, installed)| (*thread, Arc::clone(&installed.hook)))
    }

    /// Records that the call that blocks a thread was cancelled.
    pub(crate) fn cancel(&mut self, thread: usize) {
        self.cancelled.insert(thread);
    }

    /// Records that a thread begins another call.
    pub(crate) fn begin(&mut self, thread: usize) {
        self.cancelled.remove(&thread);
    }

    pub(crate) fn is_cancelled(&self, thread: usize) -> bool {
        self.cancelled.contains(&thread)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thread_has_a_hook_of_its_own() {
        let _shows = wpu_evidence::tested(["WPUQueryBlockingCallback.hook-of-calling-thread"]);
        let mut hooks = Hooks::default();
        let run = |hooks: &Hooks, context| hooks.find(context).map(|(thread, hook)| (thread, hook()));
        assert!(hooks.set(1, 100, Arc::new(|| HookResult::Processed)).is_none());
        assert!(hooks.set(2, 104, Arc::new(|| HookResult::Idle)).is_none());
        assert_eq!((hooks.context(1), hooks.context(2), hooks.context(3)), (Some(100), Some(104), None));
        assert_eq!(run(&hooks, 100), Some((1, HookResult::Processed)));
        assert_eq!(run(&hooks, 104), Some((2, HookResult::Idle)));
        let earlier = hooks.set(1, 108, Arc::new(|| HookResult::Idle));
        assert_eq!(earlier.map(|hook| hook()), Some(HookResult::Processed));
        assert!(hooks.find(100).is_none());
        assert!(hooks.clear(1).is_some());
        assert!(hooks.clear(1).is_none());
        assert_eq!(hooks.context(1), None);
    }

    #[test]
    fn a_call_is_cancelled_until_its_thread_begins_another() {
        let mut hooks = Hooks::default();
        hooks.cancel(1);
        assert!(hooks.is_cancelled(1) && !hooks.is_cancelled(2));
        hooks.begin(2);
        assert!(hooks.is_cancelled(1));
        hooks.begin(1);
        assert!(!hooks.is_cancelled(1));
    }
}

//! Locks that survive a panic, and waits with a timeout.

use std::sync::{Condvar, MutexGuard};
use std::time::{Duration, Instant};
use wpu_sys::rt::sync::Unpoisoned as _;
/// Every change under a lock of this crate is complete before anything that can panic is called.
pub(crate) use wpu_sys::rt::sync::lock;

/// The moment at which a wait times out, if there is one.
#[derive(Clone, Copy)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// A deadline `timeout` from now. A deadline beyond the range of the clock, as for `Duration::MAX`, never
    /// expires.
    pub(crate) fn after(timeout: Duration) -> Self {
        Self(Instant::now().checked_add(timeout))
    }

    /// Waits for a notification; `None` if the deadline has passed.
    pub(crate) fn wait<'a, T>(
        self,
        changed: &Condvar,
        guard: MutexGuard<'a, T>,
    ) -> Option<MutexGuard<'a, T>> {
        let Some(end) = self.0 else {
            return Some(changed.wait(guard).unpoisoned());
        };
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        let (guard, _) = changed.wait_timeout(guard, left).unpoisoned();
        Some(guard)
    }
}

//! Handle values: each one names the slot of its host, and none is given out twice.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How many hosts a process can have at once.
pub(crate) const SLOTS: usize = 64;

/// The handle values of one host.
///
/// All kinds of handles come from here, so that a value never means two things. The values of a
/// slot go on from one host to the next, so that a handle of a host that is gone means nothing.
pub(crate) struct Handles {
    slot: usize,
    first: usize,
}

/// Kernel handles are multiples of four; the two lowest bits are for tags.
const STEP: usize = 4;
/// A kernel has at most 2²⁴ handles for a process. Ours lie above, so that a real one is never
/// taken for one of them.
const FIRST_SERIAL: usize = (1 << 24) / SLOTS;
const LAST_SERIAL: usize = usize::MAX / (SLOTS * STEP) - 1;

static NEXT_SERIAL: [AtomicUsize; SLOTS] = [const { AtomicUsize::new(FIRST_SERIAL) }; SLOTS];

impl Handles {
    /// The values of a host that is about to settle in `slot`.
    pub(crate) fn new(slot: usize) -> Self {
        Self { slot, first: NEXT_SERIAL[slot].load(Ordering::Relaxed) }
    }

    /// A value that no host of this process has given out; `None` when there are no more.
    pub(crate) fn fresh(&self) -> Option<usize> {
        let next = &NEXT_SERIAL[self.slot];
        let serial = next.fetch_add(1, Ordering::Relaxed);
        if serial > LAST_SERIAL {
            next.store(LAST_SERIAL + 1, Ordering::Relaxed);
            return None;
        }
        Some((serial * SLOTS + self.slot) * STEP)
    }

    /// The slot of the host.
    pub(crate) fn slot(&self) -> usize {
        self.slot
    }

    /// Whether this host gave `value` out, for a handle of any kind, open or closed.
    pub(crate) fn issued(&self, value: usize) -> bool {
        let serial = value / (SLOTS * STEP);
        value % STEP == 0
            && slot_of(value) == self.slot
            && serial >= self.first
            && serial < NEXT_SERIAL[self.slot].load(Ordering::Relaxed)
    }
}

/// Whether any host of this process gave `value` out.
pub(crate) fn issued_by_any(value: usize) -> bool {
    Handles { slot: slot_of(value), first: FIRST_SERIAL }.issued(value)
}

/// The slot whose hosts could have given `value` out.
pub(crate) fn slot_of(value: usize) -> usize {
    value / STEP % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    // The last two slots are used by no host of this crate's unit tests.
    const SLOT: usize = SLOTS - 1;
    const OTHER: usize = SLOTS - 2;

    #[test]
    fn values_look_like_kernel_handles_and_differ() {
        let handles = [Handles::new(SLOT), Handles::new(OTHER)];
        let mut values: Vec<_> = (0..100).map(|at| handles[at % 2].fresh().expect("values remain")).collect();
        assert!(values.iter().all(|value| *value != 0 && *value != usize::MAX && value % 4 == 0));
        assert_eq!(slot_of(values[0]), SLOT);
        assert_eq!(slot_of(values[1]), OTHER);
        values.sort_unstable();
        values.dedup();
        assert_eq!(values.len(), 100);
    }

    #[test]
    fn a_host_knows_its_own_values_and_no_others() {
        let earlier = Handles::new(SLOT);
        let stale = earlier.fresh().expect("values remain");
        let handles = Handles::new(SLOT);
        let own = handles.fresh().expect("values remain");
        let foreign = Handles::new(OTHER).fresh().expect("values remain");
        assert!(earlier.issued(stale));
        assert!(handles.issued(own));
        let others = [stale, foreign, own + 1, 0, usize::MAX, usize::MAX - 3];
        assert!(others.iter().all(|value| !handles.issued(*value)));
    }

    #[test]
    fn the_last_value_is_no_invalid_socket() {
        let last = (LAST_SERIAL * SLOTS + SLOTS - 1) * STEP;
        assert!(last < usize::MAX - STEP);
    }
}

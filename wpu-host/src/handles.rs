//! Handle values: each value encodes the slot of its host, and no value is issued twice.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The number of hosts that a process can have at the same time.
pub(crate) const SLOTS: usize = 64;

/// The source of the handle values of one host.
///
/// All kinds of handles share it, so that a value never denotes two objects. The numbering of a slot
/// continues from one host to the next, so that a stale handle of an earlier host is refused.
pub(crate) struct Handles {
    slot: usize,
    first: usize,
}

/// Kernel handles are multiples of four; the two lowest bits are for tags.
const STEP: usize = 4;
/// A process has at most 2²⁴ kernel handles. The values here start above them, so that a kernel handle never
/// equals a value of a host.
const FIRST_SERIAL: usize = (1 << 24) / SLOTS;
const LAST_SERIAL: usize = usize::MAX / (SLOTS * STEP) - 1;

static NEXT_SERIAL: [AtomicUsize; SLOTS] = [const { AtomicUsize::new(FIRST_SERIAL) }; SLOTS];

impl Handles {
    /// Creates the source for a new host in `slot`.
    pub(crate) fn new(slot: usize) -> Self {
        Self { slot, first: NEXT_SERIAL[slot].load(Ordering::Relaxed) }
    }

    /// Returns a value that no host of this process has issued; `None` when all values are used.
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

    /// Whether this host issued `value`, for a handle of any kind, open or closed.
    pub(crate) fn issued(&self, value: usize) -> bool {
        let serial = value / (SLOTS * STEP);
        value % STEP == 0
            && slot_of(value) == self.slot
            && serial >= self.first
            && serial < NEXT_SERIAL[self.slot].load(Ordering::Relaxed)
    }
}

/// Whether any host of this process issued `value`.
pub(crate) fn issued_by_any(value: usize) -> bool {
    Handles { slot: slot_of(value), first: FIRST_SERIAL }.issued(value)
}

/// The slot whose hosts may have issued `value`.
pub(crate) fn slot_of(value: usize) -> usize {
    value / STEP % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    // No host of this crate's unit tests uses the last two slots.
    const SLOT: usize = SLOTS - 1;
    const OTHER: usize = SLOTS - 2;

    #[test]
    fn values_look_like_kernel_handles_and_differ() {
        let _shows = wpu_evidence::tested(["WPUCreateSocketHandle.handle-of-its-own"]);
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

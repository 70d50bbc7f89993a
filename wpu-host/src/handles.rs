//! Handle values: each one names the place of its host, and none is given out twice.

use crate::place::PLACES;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The handle values of one host.
///
/// All kinds of handles come from here, so that a value never means two things. The values of a
/// place go on from one host to the next, so that a handle of a host that is gone means nothing.
pub(crate) struct Handles {
    place: usize,
    first: usize,
}

/// Kernel handles are multiples of four; the two lowest bits are for tags.
const STEP: usize = 4;
/// A kernel has at most 2²⁴ handles for a process. Ours lie above, so that a real one is never
/// taken for one of them.
const FIRST_SERIAL: usize = (1 << 24) / PLACES;
const LAST_SERIAL: usize = usize::MAX / (PLACES * STEP) - 1;

static NEXT_SERIAL: [AtomicUsize; PLACES] = [const { AtomicUsize::new(FIRST_SERIAL) }; PLACES];

impl Handles {
    /// The values of a host that is about to settle in `place`.
    pub(crate) fn new(place: usize) -> Self {
        Self { place, first: NEXT_SERIAL[place].load(Ordering::Relaxed) }
    }

    /// A value that no host of this process has given out; `None` when there are no more.
    pub(crate) fn fresh(&self) -> Option<usize> {
        let next = &NEXT_SERIAL[self.place];
        let serial = next.fetch_add(1, Ordering::Relaxed);
        if serial > LAST_SERIAL {
            next.store(LAST_SERIAL + 1, Ordering::Relaxed);
            return None;
        }
        Some((serial * PLACES + self.place) * STEP)
    }

    /// The place of the host.
    pub(crate) fn place(&self) -> usize {
        self.place
    }

    /// Whether this host gave `value` out, for a handle of any kind, open or closed.
    pub(crate) fn issued(&self, value: usize) -> bool {
        let serial = value / (PLACES * STEP);
        value % STEP == 0
            && place_of(value) == self.place
            && serial >= self.first
            && serial < NEXT_SERIAL[self.place].load(Ordering::Relaxed)
    }
}

/// Whether any host of this process gave `value` out.
pub(crate) fn issued_by_any(value: usize) -> bool {
    Handles { place: place_of(value), first: FIRST_SERIAL }.issued(value)
}

/// The place whose hosts could have given `value` out.
pub(crate) fn place_of(value: usize) -> usize {
    value / STEP % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    // The last two places are used by no host of this crate's unit tests.
    const PLACE: usize = PLACES - 1;
    const OTHER: usize = PLACES - 2;

    #[test]
    fn values_look_like_kernel_handles_and_differ() {
        let handles = [Handles::new(PLACE), Handles::new(OTHER)];
        let mut values: Vec<_> = (0..100).map(|at| handles[at % 2].fresh().expect("values remain")).collect();
        assert!(values.iter().all(|value| *value != 0 && *value != usize::MAX && value % 4 == 0));
        assert_eq!(place_of(values[0]), PLACE);
        assert_eq!(place_of(values[1]), OTHER);
        values.sort_unstable();
        values.dedup();
        assert_eq!(values.len(), 100);
    }

    #[test]
    fn a_host_knows_its_own_values_and_no_others() {
        let earlier = Handles::new(PLACE);
        let stale = earlier.fresh().expect("values remain");
        let handles = Handles::new(PLACE);
        let own = handles.fresh().expect("values remain");
        let foreign = Handles::new(OTHER).fresh().expect("values remain");
        assert!(earlier.issued(stale));
        assert!(handles.issued(own));
        let others = [stale, foreign, own + 1, 0, usize::MAX, usize::MAX - 3];
        assert!(others.iter().all(|value| !handles.issued(*value)));
    }

    #[test]
    fn the_last_value_is_no_invalid_socket() {
        let last = (LAST_SERIAL * PLACES + PLACES - 1) * STEP;
        assert!(last < usize::MAX - STEP);
    }
}

//! Contexts of socket handles: keys that say which value they were made for, never pointers.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Values under keys. A key is never zero, and no key is given out twice before its place was used as
/// often as half a key can count.
pub(super) struct Slab<T> {
    slots: RwLock<Slots<T>>,
}

struct Slots<T> {
    slots: Vec<Slot<T>>,
    free: Vec<usize>,
}

struct Slot<T> {
    generation: usize,
    value: Option<Arc<T>>,
}

/// The low half of a key is the place, and the high half says how often it was used.
const HALF: u32 = usize::BITS / 2;
const PLACES: usize = 1 << HALF;

impl<T> Slab<T> {
    pub(super) const fn new() -> Self {
        Self { slots: RwLock::new(Slots { slots: Vec::new(), free: Vec::new() }) }
    }

    /// A key that leads to nothing yet; `None` if all places are taken.
    pub(super) fn reserve(&self) -> Option<usize> {
        let mut slots = self.write();
        let at = match slots.free.pop() {
            Some(at) => at,
            None if slots.slots.len() < PLACES => {
                slots.slots.push(Slot { generation: 1, value: None });
                slots.slots.len() - 1
            }
            None => return None,
        };
        Some((slots.slots[at].generation << HALF) | at)
    }

    /// Puts a value under a reserved key.
    pub(super) fn fill(&self, key: usize, value: Arc<T>) {
        if let Some(slot) = self.write().slot(key) {
            slot.value = Some(value);
        }
    }

    /// The value under `key`, if it was made for one that is still there.
    pub(super) fn get(&self, key: usize) -> Option<Arc<T>> {
        let slots = self.read();
        let slot = slots.slots.get(key % PLACES)?;
        slot.value.clone().filter(|_| slot.generation == key >> HALF)
    }

    /// Ends the use of a key.
    pub(super) fn release(&self, key: usize) -> Option<Arc<T>> {
        let mut slots = self.write();
        let slot = slots.slot(key)?;
        slot.generation = (slot.generation % (PLACES - 1)) + 1;
        let value = slot.value.take();
        slots.free.push(key % PLACES);
        value
    }

    /// All values.
    pub(super) fn values(&self) -> Vec<Arc<T>> {
        self.read().slots.iter().filter_map(|slot| slot.value.clone()).collect()
    }

    fn read(&self) -> RwLockReadGuard<'_, Slots<T>> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Slots<T>> {
        self.slots.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Slots<T> {
    fn slot(&mut self, key: usize) -> Option<&mut Slot<T>> {
        self.slots.get_mut(key % PLACES).filter(|slot| slot.generation == key >> HALF)
    }
}

impl<T> fmt::Debug for Slab<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Slab").field("values", &self.values().len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d_05_a_context_is_never_a_pointer() {
        let slab = Slab::new();
        let first = slab.reserve().expect("there is room");
        slab.fill(first, Arc::new("first"));
        assert_ne!(first, 0, "zero cannot be told from no context");
        assert_eq!(slab.get(first).as_deref(), Some(&"first"));
        assert_eq!(slab.release(first).as_deref(), Some(&"first"));
        let second = slab.reserve().expect("there is room");
        slab.fill(second, Arc::new("second"));
        assert_eq!(slab.get(first), None, "an old context leads to no new socket");
        assert_eq!(slab.get(second).as_deref(), Some(&"second"));
        for foreign in [0, 1, usize::MAX, second + 1, second ^ (1 << HALF)] {
            assert_eq!(slab.get(foreign), None);
        }
    }

    #[test]
    fn a_key_is_released_once() {
        let slab = Slab::<()>::new();
        let key = slab.reserve().expect("there is room");
        slab.release(key);
        let next = slab.reserve().expect("there is room");
        assert!(slab.release(key).is_none(), "the second release hits nobody");
        slab.fill(next, Arc::new(()));
        let other = slab.reserve().expect("there is room");
        assert_ne!(other % PLACES, next % PLACES);
    }
}

//! Contexts of socket handles: keys that identify a value, never pointers.

use std::sync::{Arc, RwLock};
use wpu_sys::rt::sync::Unpoisoned as _;

/// One half of a key is the index of a slot, the other half its generation.
const HALF: u32 = usize::BITS / 2;
const WHERE: usize = (1 << HALF) - 1;

/// Values by keys. A key is never 0, and becomes invalid when its value is removed.
#[derive(Debug)]
pub(crate) struct Slab<T>(RwLock<Slots<T>>);

#[derive(Debug)]
struct Slots<T> {
    slots: Vec<Slot<T>>,
    free: Vec<usize>,
}

#[derive(Debug)]
struct Slot<T> {
    generation: usize,
    value: Option<Arc<T>>,
}

impl<T> Slab<T> {
    pub(crate) const fn new() -> Self {
        Self(RwLock::new(Slots { slots: Vec::new(), free: Vec::new() }))
    }

    /// Reserves a key without a value. `None` if no key is left.
    pub(crate) fn reserve(&self) -> Option<usize> {
        let mut slots = self.0.write().unpoisoned();
        let at = match slots.free.pop() {
            Some(at) => at,
            None if slots.slots.len() > WHERE => return None,
            None => {
                slots.slots.push(Slot { generation: 1, value: None });
                slots.slots.len() - 1
            }
        };
        Some(slots.slots[at].generation << HALF | at)
    }

    /// Sets the value of a reserved key.
    pub(crate) fn fill(&self, key: usize, value: Arc<T>) {
        let mut slots = self.0.write().unpoisoned();
        if let Some(slot) = slots.of(key) {
            slot.value = Some(value);
        }
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: usize) -> Option<Arc<T>> {
        let slots = self.0.read().unpoisoned();
        let slot = slots.slots.get(key & WHERE)?;
        slot.value.as_ref().filter(|_| slot.generation == key >> HALF).cloned()
    }

    /// Invalidates a key, whether or not it has a value.
    pub(crate) fn release(&self, key: usize) -> Option<Arc<T>> {
        let mut slots = self.0.write().unpoisoned();
        let slot = slots.of(key)?;
        let value = slot.value.take();
        // A slot whose generations are exhausted is not reused: a key has no space for the next generation.
        slot.generation += 1;
        if slot.generation <= WHERE {
            slots.free.push(key & WHERE);
        }
        value
    }

    /// All values.
    pub(crate) fn values(&self) -> Vec<Arc<T>> {
        let slots = self.0.read().unpoisoned();
        slots.slots.iter().filter_map(|slot| slot.value.clone()).collect()
    }
}

impl<T> Slots<T> {
    fn of(&mut self, key: usize) -> Option<&mut Slot<T>> {
        self.slots.get_mut(key & WHERE).filter(|slot| slot.generation == key >> HALF)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_its_value_until_it_is_removed() {
        let slab = Slab::new();
        let key = slab.reserve().unwrap();
        assert_ne!(key, 0);
        assert!(slab.get(key).is_none());
        slab.fill(key, Arc::new('a'));
        assert_eq!(slab.get(key).as_deref(), Some(&'a'));
        assert_eq!(slab.release(key).as_deref(), Some(&'a'));
        assert!(slab.get(key).is_none());
        assert!(slab.release(key).is_none());
    }

    #[test]
    fn the_next_value_in_the_same_slot_has_another_key() {
        let slab = Slab::new();
        let first = slab.reserve().unwrap();
        slab.fill(first, Arc::new(1));
        slab.release(first);
        let second = slab.reserve().unwrap();
        slab.fill(second, Arc::new(2));
        assert_ne!(first, second);
        assert!(slab.get(first).is_none());
        slab.fill(first, Arc::new(3));
        assert_eq!(slab.get(second).as_deref(), Some(&2));
        assert_eq!(slab.values().len(), 1);
    }

    #[test]
    fn unknown_keys_are_refused() {
        let slab = Slab::<u8>::new();
        for key in [0, 1, usize::MAX, 7 << HALF] {
            assert!(slab.get(key).is_none());
            assert!(slab.release(key).is_none());
        }
    }

    #[test]
    fn d_05_a_context_is_never_a_pointer() {
        let slab = Slab::new();
        let first = slab.reserve().expect("there is room");
        slab.fill(first, Arc::new("first"));
        assert_ne!(first, 0, "zero cannot be distinguished from a missing context");
        assert_eq!(slab.get(first).as_deref(), Some(&"first"));
        assert_eq!(slab.release(first).as_deref(), Some(&"first"));
        let second = slab.reserve().expect("there is room");
        slab.fill(second, Arc::new("second"));
        assert_eq!(slab.get(first), None, "an old context does not identify a new socket");
        assert_eq!(slab.get(second).as_deref(), Some(&"second"));
        for foreign in [0, 1, usize::MAX, second + 1, second ^ (1 << HALF)] {
            assert_eq!(slab.get(foreign), None);
        }
    }

    #[test]
    fn an_exhausted_slot_is_not_reused() {
        let slab = Slab::new();
        let first = slab.reserve().expect("there is room");
        slab.0.write().expect("no panic").slots[0].generation = WHERE;
        let last = WHERE << HALF | first & WHERE;
        slab.fill(last, Arc::new('z'));
        assert_eq!(slab.release(last).as_deref(), Some(&'z'));
        for generation in [0, 1, WHERE] {
            let key = generation << HALF | first & WHERE;
            slab.fill(key, Arc::new('f'));
            assert_eq!((slab.get(key), slab.release(key)), (None, None), "generation {generation}");
        }
        let next = slab.reserve().expect("there is room");
        assert_ne!(next & WHERE, first & WHERE, "its old keys would identify another value");
        assert_eq!(slab.values().len(), 0);
    }

    #[test]
    fn a_slot_is_reused_until_its_generations_are_exhausted() {
        let slab = Slab::<()>::new();
        let first = slab.reserve().expect("there is room");
        slab.0.write().expect("no panic").slots[0].generation = WHERE - 1;
        slab.release((WHERE - 1) << HALF | first & WHERE);
        assert_eq!(slab.reserve(), Some(WHERE << HALF | first & WHERE));
    }

    #[test]
    fn a_key_is_released_once() {
        let slab = Slab::<()>::new();
        let key = slab.reserve().expect("there is room");
        slab.release(key);
        let next = slab.reserve().expect("there is room");
        assert!(slab.release(key).is_none(), "the second release has no effect");
        slab.fill(next, Arc::new(()));
        let other = slab.reserve().expect("there is room");
        assert_ne!(other % (WHERE + 1), next % (WHERE + 1));
    }
}

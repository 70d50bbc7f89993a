//! Counted structures of a client, such as socket sets.

use crate::client::{Plain, copied, good};
use alloc::vec;
use alloc::vec::Vec;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// A structure that counts the items that follow in it, possibly more than its declaration has.
///
/// # Safety
///
/// The count is a `u32` at offset 0, and the items start at [`ITEMS`](Self::ITEMS).
pub unsafe trait Counted {
    /// The type of the items.
    type Item: Copy + PartialEq;
    /// The offset of the first item in bytes.
    const ITEMS: usize;
}

/// A readable and writable counted structure of a client.
///
/// It never has more items than when the view was created, even if its count is overwritten.
#[derive(Debug)]
pub struct SetMut<'a, S> {
    at: NonNull<S>,
    most: usize,
    life: PhantomData<&'a mut S>,
}

copied!(SetMut<S>);

/// A copy of a set in memory of its own.
#[derive(Debug, Clone)]
pub struct Copied<S> {
    memory: Vec<u64>,
    set: PhantomData<S>,
}

impl<S: Counted> Copied<S> {
    /// The address of the copy: as many items as it counts are readable there for the lifetime of `self`.
    #[must_use]
    #[inline]
    pub fn as_ptr(&self) -> *const S {
        self.memory.as_ptr().cast()
    }
}

impl<'a, S: Counted> SetMut<'a, S> {
    /// Creates the view. `None` if the pointer is null or misaligned.
    ///
    /// # Safety
    ///
    /// Otherwise the count and that many items are readable and writable for the lifetime of the result.
    #[inline]
    pub unsafe fn from_raw(pointer: *mut S) -> Option<Self> {
        let at = good(pointer)?;
        // SAFETY: the pointer is neither null nor misaligned, so the caller guarantees that the count is
        // readable.
        let most = unsafe { at.cast::<u32>().read() } as usize;
        Some(Self { at, most, life: PhantomData })
    }

    /// Lends `body` a set of these items. Returns its result and the items that remain in the set.
    #[inline]
    pub fn with<R>(items: &[S::Item], body: impl FnOnce(SetMut<'_, S>) -> R) -> (R, Vec<S::Item>)
    where
        S: Plain,
        S::Item: Plain,
    {
        let bytes = S::ITEMS + size_of_val(items);
        // At least as large as the declared structure, and as aligned as any integer.
        let mut memory = vec![0_u64; bytes.max(size_of::<S>()).div_ceil(8)];
        const { assert!(align_of::<S>() <= align_of::<u64>()) };
        let at = NonNull::from(&mut *memory).cast();
        let set = SetMut::<S> { at, most: items.len(), life: PhantomData };
        set.set_len(items.len());
        for (index, item) in items.iter().enumerate() {
            set.set(index, *item);
        }
        let answer = body(set);
        (answer, set.iter().take(items.len()).collect())
    }

    /// The number of items.
    #[must_use]
    #[inline]
    pub fn len(self) -> usize {
        // SAFETY: the creator of this view guarantees that the count is readable.
        let count = unsafe { self.at.cast::<u32>().read() };
        (count as usize).min(self.most)
    }

    /// Whether there are no items.
    #[must_use]
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The item at `index`.
    #[must_use]
    #[inline]
    pub fn get(self, index: usize) -> Option<S::Item> {
        // SAFETY: `item` returns the address of a readable item.
        self.item(index).map(|item| unsafe { item.read() })
    }

    /// Replaces the item at `index`; does nothing if there is none.
    #[inline]
    pub fn set(self, index: usize, item: S::Item)
    where
        S::Item: Plain,
    {
        self.put(index, item);
    }

    #[inline]
    fn put(self, index: usize, item: S::Item) {
        if let Some(place) = self.item(index) {
            // SAFETY: `item` returned the address of a writable item.
            unsafe { place.write(item) };
        }
    }

    /// Iterates over the items.
    #[inline]
    pub fn iter(self) -> impl Iterator<Item = S::Item> + use<'a, S> {
        (0..self.len()).map_while(move |index| self.get(index))
    }

    /// Whether the set contains `item`.
    #[must_use]
    #[inline]
    pub fn contains(self, item: S::Item) -> bool {
        self.iter().any(|other| other == item)
    }

    /// Copies the set into memory that no other code can change.
    #[must_use]
    #[inline]
    pub fn copied(self) -> Copied<S> {
        let items = self.len();
        let bytes = (S::ITEMS + items * size_of::<S::Item>()).max(size_of::<S>());
        let mut memory = vec![0_u64; bytes.div_ceil(8)];
        const { assert!(align_of::<S>() <= align_of::<u64>()) };
        let copy = SetMut::<S> { at: NonNull::from(&mut *memory).cast(), most: items, life: PhantomData };
        copy.set_len(items);
        for (index, item) in self.iter().take(items).enumerate() {
            copy.put(index, item);
        }
        // If the client has removed items meanwhile, the remaining values are zeros, which are valid items.
        Copied { memory, set: PhantomData }
    }

    /// Keeps the items for which `keep` returns true.
    #[inline]
    pub fn retain(self, mut keep: impl FnMut(S::Item) -> bool) {
        let mut kept = 0;
        for item in self.iter() {
            if keep(item) {
                self.put(kept, item);
                kept += 1;
            }
        }
        self.set_len(kept);
    }

    /// Removes all items.
    #[inline]
    pub fn clear(self) {
        self.set_len(0);
    }

    /// The address of the structure.
    #[must_use]
    #[inline]
    pub const fn as_ptr(self) -> *mut S {
        self.at.as_ptr()
    }

    /// The pointer for passing the set on. Writes the correct count, even if overlapping memory was written
    /// to.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub fn lend(self) -> *mut S {
        self.set_len(self.len());
        self.at.as_ptr()
    }

    #[inline]
    fn set_len(self, len: usize) {
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        // SAFETY: the creator of this view guarantees that the count is writable.
        unsafe { self.at.cast::<u32>().write(len) };
    }

    /// The address of the item at `index`, if there is one.
    #[inline]
    fn item(self, index: usize) -> Option<NonNull<S::Item>> {
        if index >= self.len() {
            return None;
        }
        // SAFETY: the items start at this offset of the structure.
        let items = unsafe { self.at.byte_add(S::ITEMS) }.cast::<S::Item>();
        // SAFETY: the index is less than the number of items.
        Some(unsafe { items.add(index) })
    }
}

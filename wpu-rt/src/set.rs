//! Structures of a client that count what follows in them.

use crate::client::{Plain, copied, good};
use alloc::vec;
use alloc::vec::Vec;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// A structure that counts the items that follow in it, which may be more than its declaration says.
///
/// # Safety
///
/// The count is a `u32` at offset 0, and the items begin at [`ITEMS`](Self::ITEMS).
pub unsafe trait Counted {
    /// One of the items.
    type Item: Copy + PartialEq;
    /// Where they begin, in bytes.
    const ITEMS: usize;
}

/// A counted structure of a client, to read and to write.
///
/// It never has more items than at first, whatever is written over its count.
#[derive(Debug)]
pub struct SetMut<'a, S> {
    at: NonNull<S>,
    most: usize,
    life: PhantomData<&'a mut S>,
}

copied!(SetMut<S>);

/// A set as it was at one moment, in memory of its own.
#[derive(Debug, Clone)]
pub struct Copied<S> {
    memory: Vec<u64>,
    set: PhantomData<S>,
}

impl<S: Counted> Copied<S> {
    /// Where it is: as many items as it counts can be read there as long as this lives.
    #[must_use]
    #[inline]
    pub fn as_ptr(&self) -> *const S {
        self.memory.as_ptr().cast()
    }
}

impl<'a, S: Counted> SetMut<'a, S> {
    /// `None` if the pointer is null or misaligned.
    ///
    /// # Safety
    ///
    /// Otherwise the count and that many items can be read and written for as long as the result is used.
    #[inline]
    pub unsafe fn from_raw(pointer: *mut S) -> Option<Self> {
        let at = good(pointer)?;
        // SAFETY: the count is there, and can be read.
        let most = unsafe { at.cast::<u32>().read() } as usize;
        Some(Self { at, most, life: PhantomData })
    }

    /// Lends `body` a set of these items, and returns its answer with the items that are left.
    #[inline]
    pub fn with<R>(items: &[S::Item], body: impl FnOnce(SetMut<'_, S>) -> R) -> (R, Vec<S::Item>)
    where
        S: Plain,
        S::Item: Plain,
    {
        let bytes = S::ITEMS + size_of_val(items);
        // As large as the declared structure, at least, and as aligned as any integer.
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

    /// How many items there are.
    #[must_use]
    #[inline]
    pub fn len(self) -> usize {
        // SAFETY: the count is there, and can be read.
        let count = unsafe { self.at.cast::<u32>().read() };
        (count as usize).min(self.most)
    }

    /// Whether there are none.
    #[must_use]
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// One of the items.
    #[must_use]
    #[inline]
    pub fn get(self, index: usize) -> Option<S::Item> {
        // SAFETY: such an item can be read.
        self.item(index).map(|item| unsafe { item.read() })
    }

    /// Replaces one of the items; nothing happens if there is none with this index.
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
            // SAFETY: such an item can be written.
            unsafe { place.write(item) };
        }
    }

    /// All items.
    #[inline]
    pub fn iter(self) -> impl Iterator<Item = S::Item> + use<'a, S> {
        (0..self.len()).map_while(move |index| self.get(index))
    }

    /// Whether it holds `item`.
    #[must_use]
    #[inline]
    pub fn contains(self, item: S::Item) -> bool {
        self.iter().any(|other| other == item)
    }

    /// What it holds now, in memory that nobody else can change.
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
        // Should the client have taken items away meanwhile, the rest are zeros, which are as good as any.
        Copied { memory, set: PhantomData }
    }

    /// Keeps the items for which `keep` says so.
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

    /// Where it is.
    #[must_use]
    #[inline]
    pub const fn as_ptr(self) -> *mut S {
        self.at.as_ptr()
    }

    /// Lends the set on: its count is right, whatever lies over it was written to.
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
        // SAFETY: the count is there, and can be written.
        unsafe { self.at.cast::<u32>().write(len) };
    }

    /// Where an item is, if there is one with this index.
    #[inline]
    fn item(self, index: usize) -> Option<NonNull<S::Item>> {
        if index >= self.len() {
            return None;
        }
        // SAFETY: the items begin there.
        let items = unsafe { self.at.byte_add(S::ITEMS) }.cast::<S::Item>();
        // SAFETY: the index is less than the number of items.
        Some(unsafe { items.add(index) })
    }
}

//! An index of socket handles that is read without a lock.

use super::sys::ffi::{INVALID_SOCKET, SOCKET};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex};
use wpu_sys::rt::sync::lock;

/// The number of consecutive slots in which a handle may be, starting at its place.
const WINDOW: usize = 8;
/// The number of places in the first table.
const FIRST: usize = 64;
/// The handle value of a slot that is free or being written. It is not a handle of a system, and not the
/// value of a failure, which clients pass by mistake.
const FREE: SOCKET = INVALID_SOCKET - 2;

/// Maps the client's handles to the chain, a `C`, and the handle there.
///
/// A reader takes no lock, and may miss a handle: one that is being written, or one for which no slot was
/// free. This is therefore an index of a complete map, which is under a lock. A search ends after [`WINDOW`]
/// slots, whatever the handle values are.
pub(super) struct Handles<C> {
    /// The last of `Kept::tables`; null if there is none.
    table: AtomicPtr<Table<C>>,
    kept: Mutex<Kept<C>>,
}

/// The memory that readers may access: nothing in it is freed before the `Handles` is dropped.
struct Kept<C> {
    /// The current table, and the earlier ones, which were too small. The earlier tables together are smaller
    /// than the current one.
    tables: Vec<Arc<Table<C>>>,
    /// Each chain that a slot has held.
    chains: Vec<Arc<C>>,
    /// The number of occupied slots of the current table.
    taken: usize,
}

struct Table<C> {
    /// The number of places, a power of two, minus one.
    mask: usize,
    /// One slot for each place, and the slots after the last place that belong to its window.
    slots: Box<[Slot<C>]>,
}

/// One handle. Only a thread that holds the lock writes it.
struct Slot<C> {
    /// A version that changes with each write. It wraps around: a reader that is interrupted for exactly
    /// `usize::MAX + 1` increments may combine the chain of one entry with the handle of another. That call
    /// fails or reaches another socket of the client, but the pointer is still one of `Kept::chains`.
    version: AtomicUsize,
    /// The client's handle; `FREE` if the slot is free or being written.
    upper: AtomicUsize,
    lower: AtomicUsize,
    /// One of `Kept::chains`; null if the slot is free.
    chain: AtomicPtr<C>,
}

impl<C> Handles<C> {
    pub(super) const fn new() -> Self {
        let kept = Kept { tables: Vec::new(), chains: Vec::new(), taken: 0 };
        Self { table: AtomicPtr::new(std::ptr::null_mut()), kept: Mutex::new(kept) }
    }

    /// The chain of a handle, and the handle there. On `None`, the map must be consulted.
    #[inline]
    pub(super) fn get(&self, upper: SOCKET) -> Option<(&C, SOCKET)> {
        // SAFETY: the pointer is null or points to one of the tables, which are kept as long as `self`.
        let table = unsafe { self.table.load(Ordering::Acquire).as_ref() }?;
        let place = table.place(upper);
        // SAFETY: a place is at most the mask, and there are more slots than that.
        let slot = unsafe { table.slots.get_unchecked(place) };
        let (chain, lower) = slot.read(upper).or_else(|| table.further(place, upper))?;
        // SAFETY: the pointer is null or points to one of the chains, which are kept as long as `self`.
        unsafe { chain.as_ref() }.map(|chain| (chain, lower))
    }

    /// Adds a handle, or replaces its entry.
    pub(super) fn insert(&self, upper: SOCKET, chain: &Arc<C>, lower: SOCKET) {
        if upper == FREE {
            return;
        }
        let mut kept = lock(&self.kept);
        if !kept.chains.iter().any(|known| Arc::ptr_eq(known, chain)) {
            kept.chains.push(Arc::clone(chain));
        }
        let places = kept.table().map_or(0, |table| table.mask + 1);
        if kept.taken >= places / 2 {
            let table = kept.grow((places * 2).max(FIRST));
            self.table.store(table, Ordering::Release);
        }
        kept.write(upper, Arc::as_ptr(chain).cast_mut(), lower);
    }

    /// Removes a handle.
    pub(super) fn remove(&self, upper: SOCKET) {
        if upper == FREE {
            return;
        }
        let mut kept = lock(&self.kept);
        let slot = kept.table().and_then(|table| table.window(upper).iter().find(|slot| slot.is_of(upper)));
        if let Some(slot) = slot {
            slot.write(FREE, std::ptr::null_mut(), 0);
            kept.taken -= 1;
        }
    }
}

impl<C> Kept<C> {
    fn table(&self) -> Option<&Table<C>> {
        self.tables.last().map(|table| &**table)
    }

    /// Creates a larger table with the handles of the current one, which it replaces.
    fn grow(&mut self, places: usize) -> *mut Table<C> {
        self.tables.push(Arc::new(Table::new(places)));
        self.taken = 0;
        if let [.., before, _] = &*self.tables {
            let before = Arc::clone(before);
            for slot in before.slots.iter().filter(|slot| !slot.is_of(FREE)) {
                let [upper, lower] = [&slot.upper, &slot.lower].map(|handle| handle.load(Ordering::Relaxed));
                self.write(upper, slot.chain.load(Ordering::Relaxed), lower);
            }
        }
        self.tables.last().map_or(std::ptr::null_mut(), |table| Arc::as_ptr(table).cast_mut())
    }

    /// Writes a handle into its slot or into a free one. If there is neither, the handle is omitted.
    fn write(&mut self, upper: SOCKET, chain: *mut C, lower: SOCKET) {
        let Some(table) = self.tables.last() else { return };
        let window = table.window(upper);
        let slot = |handle| window.iter().find(move |slot| slot.is_of(handle));
        if let Some(slot) = slot(upper) {
            slot.write(upper, chain, lower);
        } else if let Some(slot) = slot(FREE) {
            slot.write(upper, chain, lower);
            self.taken += 1;
        }
    }
}

impl<C> Table<C> {
    fn new(places: usize) -> Self {
        let slots = (0..places + WINDOW - 1).map(|_| Slot::free()).collect();
        Self { mask: places - 1, slots }
    }

    /// The place of a handle. Systems assign handles in steps of four, which the multiplication spreads.
    #[inline]
    fn place(&self, upper: SOCKET) -> usize {
        const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
        (((upper as u64).wrapping_mul(GOLDEN)) >> 32) as usize & self.mask
    }

    /// The slots in which a handle may be.
    fn window(&self, upper: SOCKET) -> &[Slot<C>] {
        let place = self.place(upper);
        &self.slots[place..place + WINDOW]
    }

    /// Searches the slots after the first. Not inlined, so that the common path stays short.
    #[inline(never)]
    fn further(&self, place: usize, upper: SOCKET) -> Option<(*mut C, SOCKET)> {
        self.slots[place + 1..place + WINDOW].iter().find_map(|slot| slot.read(upper))
    }
}

impl<C> Slot<C> {
    fn free() -> Self {
        Self {
            version: AtomicUsize::new(0),
            upper: AtomicUsize::new(FREE),
            lower: AtomicUsize::new(0),
            chain: AtomicPtr::new(std::ptr::null_mut()),
        }
    }

    /// Whether this is the slot of a handle. That can change unless the caller holds the lock.
    fn is_of(&self, upper: SOCKET) -> bool {
        self.upper.load(Ordering::Relaxed) == upper
    }

    /// Reads the entry of a handle, if this is its slot and it is not being written.
    ///
    /// All parts of the result come from one write. The version is read first and the handle second, each
    /// with `Acquire`, so that neither the handle nor the rest is older than the version. If any part were
    /// newer, the second read of the version, after the fence, would return a newer version.
    #[inline]
    fn read(&self, upper: SOCKET) -> Option<(*mut C, SOCKET)> {
        let version = self.version.load(Ordering::Acquire);
        if self.upper.load(Ordering::Acquire) != upper {
            return None;
        }
        let found = (self.chain.load(Ordering::Relaxed), self.lower.load(Ordering::Relaxed));
        fence(Ordering::Acquire);
        (self.version.load(Ordering::Relaxed) == version).then_some(found)
    }

    fn write(&self, upper: SOCKET, chain: *mut C, lower: SOCKET) {
        // A reader that sees the new version no longer sees the old handle.
        self.upper.store(FREE, Ordering::Relaxed);
        self.version.store(self.version.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
        // A reader that sees any of the following writes also sees the new version.
        fence(Ordering::Release);
        self.chain.store(chain, Ordering::Relaxed);
        self.lower.store(lower, Ordering::Relaxed);
        self.upper.store(upper, Ordering::Release);
    }
}

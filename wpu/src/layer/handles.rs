//! An index of handles that is read without a lock.

use super::sys::ffi::{INVALID_SOCKET, SOCKET};
use crate::sync::lock;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex};

/// How many slots a handle may be in: this many, beginning at its place.
const WINDOW: usize = 8;
/// How many places the first table has.
const FIRST: usize = 64;
/// What a slot has in place of a handle while it is free or being written: no handle of a system, and not the value of
/// a failure, which clients pass by mistake.
const FREE: SOCKET = INVALID_SOCKET - 2;

/// For handles that the client knows: the chain, a `C`, and the handle there.
///
/// A reader takes no lock, and may miss a handle: one that is just being written, or one that found its slots taken. So this
/// is an index of a map under a lock, which has them all. A search ends after [`WINDOW`] slots, whatever the values of the
/// handles are.
pub(super) struct Handles<C> {
    /// The last of `Kept::tables`; null if there is none.
    table: AtomicPtr<Table<C>>,
    kept: Mutex<Kept<C>>,
}

/// What readers may be looking at: nothing here is freed before the `Handles` is dropped.
struct Kept<C> {
    /// The present table, and those that became too small. All of those together are smaller than it.
    tables: Vec<Arc<Table<C>>>,
    /// Each chain that a slot has had.
    chains: Vec<Arc<C>>,
    /// How many slots of the present table are taken.
    taken: usize,
}

struct Table<C> {
    /// The number of places, which is a power of two, less one.
    mask: usize,
    /// One for each place, and those after the last place that belong to its window.
    slots: Box<[Slot<C>]>,
}

/// One handle. Only a thread that holds the lock writes it.
struct Slot<C> {
    /// Changes with each write. It repeats after as many writes as there are numbers: a reader that is interrupted for just
    /// so many may get the chain of one entry and the handle of another. That call fails or hits another socket of the client,
    /// but the pointer is still one of `Kept::chains`.
    version: AtomicUsize,
    /// The client's handle; `FREE` if the slot is free or is being written.
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

    /// The chain of a handle, and the handle there. After `None` the map has to be asked.
    #[inline]
    pub(super) fn get(&self, upper: SOCKET) -> Option<(&C, SOCKET)> {
        // SAFETY: null, or one of the tables, which are kept as long as this.
        let table = unsafe { self.table.load(Ordering::Acquire).as_ref() }?;
        let place = table.place(upper);
        // SAFETY: a place is at most the mask, and there are more slots than that.
        let slot = unsafe { table.slots.get_unchecked(place) };
        let (chain, lower) = slot.read(upper).or_else(|| table.further(place, upper))?;
        // SAFETY: null, or one of the chains, which are kept as long as this.
        unsafe { chain.as_ref() }.map(|chain| (chain, lower))
    }

    /// Adds a handle, or changes what it stands for.
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

    /// Makes a larger table, with the handles of the present one, which it replaces.
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

    /// Writes a handle into its slot, or into a free one. Without either it stays out.
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

    /// The place of a handle. Systems give handles out in steps of four, which the multiplication spreads.
    #[inline]
    fn place(&self, upper: SOCKET) -> usize {
        const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
        (((upper as u64).wrapping_mul(GOLDEN)) >> 32) as usize & self.mask
    }

    /// The slots that a handle may be in.
    fn window(&self, upper: SOCKET) -> &[Slot<C>] {
        let place = self.place(upper);
        &self.slots[place..place + WINDOW]
    }

    /// Looks into the slots after the first. Not inlined, so that the common way stays short.
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

    /// What a handle stands for, if this is its slot and nobody writes it meanwhile.
    ///
    /// All that is returned is of one write. The version is read first and the handle second, each with `Acquire`, so that
    /// neither the handle nor the rest is older than the version. If any of it were newer, the second look at the
    /// version, after the fence, would find a newer one.
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
        // A reader that sees the new version does not see the old handle any more.
        self.upper.store(FREE, Ordering::Relaxed);
        self.version.store(self.version.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
        // A reader that sees anything of what follows sees the new version, too.
        fence(Ordering::Release);
        self.chain.store(chain, Ordering::Relaxed);
        self.lower.store(lower, Ordering::Relaxed);
        self.upper.store(upper, Ordering::Release);
    }
}

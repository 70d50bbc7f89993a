//! The providers below a layer: one for each chain, loaded when it is first needed.

use super::catalog::{self, Place};
use super::loader::{self, Loader};
use super::sys::ffi::{GUID, WSAPROTOCOL_INFOW, WSPUPCALLTABLE};
use super::sys::{Class, RawTable, ServiceProvider, Upcalls, WsaError};
use std::any::TypeId;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, OnceLock, RwLock};
use wpu_sys::rt::sync::{Unpoisoned as _, lock};

/// The provider below in one chain, which lives while any of its code may run.
pub(super) struct Chain<S: Loader> {
    pub provider: S::Provider,
    pub place: Place,
    path: PathBuf,
    /// The table of each outstanding start-up.
    starts: Mutex<Vec<WSPUPCALLTABLE>>,
    /// The last field, so that it is dropped last: it contains the provider's code.
    loader: S,
}

/// The open chains.
pub(super) struct Chains<S: Loader> {
    id: GUID,
    /// Identifies this layer among others in the same library.
    layer: TypeId,
    class: Class,
    upcalls: Upcalls,
    /// The newest table, unmodified.
    table: Mutex<WSPUPCALLTABLE>,
    open: RwLock<Vec<Arc<Chain<S>>>>,
    /// Keeps the target of `direct` alive, also for calls that are running when all chains are closed.
    eldest: OnceLock<Arc<Chain<S>>>,
    /// The first chain while it is the provider below for every socket; null before and after.
    direct: AtomicPtr<Chain<S>>,
}

thread_local! {
    /// The layers and chains whose provider below this thread is starting.
    static STARTING: RefCell<Vec<(TypeId, u32)>> = const { RefCell::new(Vec::new()) };
}

/// Whether layer `layer` is currently starting the provider below it in the chain of `info`, and is therefore
/// not itself the layer to be started.
pub(super) fn is_starting(layer: TypeId, info: &WSAPROTOCOL_INFOW) -> bool {
    let this = (layer, info.dwCatalogEntryId);
    STARTING.try_with(|starting| starting.borrow().contains(&this)).unwrap_or(false)
}

impl<S: Loader> Chain<S> {
    /// Whether both come from the same library.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || *self.path == *other.path
    }

    /// Cleans up for each start-up. This closes the sockets and ends the pending requests of the provider.
    fn clean_up(&self) {
        let starts = std::mem::take(&mut *lock(&self.starts));
        for _ in starts {
            // Each start-up needs its clean-up, even if another clean-up fails.
            let _ = self.provider.cleanup();
        }
    }
}

impl<S: Loader> Drop for Chain<S> {
    fn drop(&mut self) {
        self.clean_up();
    }
}

impl<S: Loader> Chains<S> {
    pub(super) fn new(
        id: GUID,
        layer: TypeId,
        class: Class,
        upcalls: Upcalls,
        table: WSPUPCALLTABLE,
    ) -> Self {
        let (open, eldest, direct) = (RwLock::default(), OnceLock::new(), AtomicPtr::default());
        Self { id, layer, class, upcalls, table: Mutex::new(table), open, eldest, direct }
    }

    /// The open chains, in the order in which they were opened.
    pub(super) fn all(&self) -> Vec<Arc<Chain<S>>> {
        self.open.read().unpoisoned().clone()
    }

    /// The open chain, if there is exactly one.
    pub(super) fn only(&self) -> Option<Arc<Chain<S>>> {
        match &**self.open.read().unpoisoned() {
            [only] => Some(Arc::clone(only)),
            _ => None,
        }
    }

    /// The first chain, while it knows every socket by the client's handle: then no lookup is necessary.
    #[inline]
    pub(super) fn direct(&self) -> Option<&Chain<S>> {
        // SAFETY: the pointer is null or that of `eldest`, which keeps its target alive as long as `self`.
        unsafe { self.direct.load(Ordering::Acquire).as_ref() }
    }

    /// From now on sockets must be looked up.
    pub(super) fn end_direct(&self) {
        self.direct.store(null_mut(), Ordering::Release);
    }

    /// The chain that was opened first.
    pub(super) fn first(&self) -> Result<Arc<Chain<S>>, WsaError> {
        let open = self.open.read().unpoisoned();
        open.first().cloned().ok_or(WsaError::WSANOTINITIALISED)
    }

    /// The chain of `info`, which is opened if necessary.
    pub(super) fn of(&self, info: &WSAPROTOCOL_INFOW) -> Result<Arc<Chain<S>>, WsaError> {
        match self.find(info) {
            Some(lower) => Ok(lower),
            None => self.open(info),
        }
    }

    fn find(&self, info: &WSAPROTOCOL_INFOW) -> Option<Arc<Chain<S>>> {
        let open = self.open.read().unpoisoned();
        let id = info.dwCatalogEntryId;
        open.iter().find(|lower| lower.place.chain.dwCatalogEntryId == id).cloned()
    }

    fn open(&self, info: &WSAPROTOCOL_INFOW) -> Result<Arc<Chain<S>>, WsaError> {
        let entries = catalog::entries()?;
        // The catalog's entry, since safe code may have created `info`.
        let known = catalog::known(&entries, info).ok_or(WsaError::WSAEINVAL)?;
        let place = catalog::place(&entries, &self.id, known).ok_or(WsaError::WSAEINVAL)?;
        let path = loader::path(self.upcalls, &place.provider)?;
        let loader = S::load(path.clone())?;
        let table = *lock(&self.table);
        let provider = self.starting(&place, || loader.start(&place.below, &table))?;
        let lower = Arc::new(Chain { provider, place, path, starts: Mutex::new(vec![table]), loader });
        Ok(self.keep(lower))
    }

    /// Adds a chain. If another thread has opened the same chain meanwhile, that one is used, and this one is
    /// cleaned up.
    fn keep(&self, lower: Arc<Chain<S>>) -> Arc<Chain<S>> {
        let mut open = self.open.write().unpoisoned();
        let id = lower.place.chain.dwCatalogEntryId;
        let there = open.iter().find(|known| known.place.chain.dwCatalogEntryId == id).cloned();
        match there {
            Some(there) => {
                drop(open);
                drop(lower);
                there
            }
            None => {
                match self.eldest.set(Arc::clone(&lower)) {
                    Ok(()) if self.class == Class::Ifs => {
                        self.direct.store(Arc::as_ptr(&lower).cast_mut(), Ordering::Release);
                    }
                    _ => self.end_direct(),
                }
                open.push(Arc::clone(&lower));
                lower
            }
        }
    }

    /// Passes a newer table to every provider below, by starting it once more.
    pub(super) fn renew(&self, table: WSPUPCALLTABLE) -> Result<(), WsaError> {
        *lock(&self.table) = table;
        for lower in self.all() {
            if lock(&lower.starts).last().is_some_and(|last| !same(last, &table)) {
                // The functions are those of the first start-up.
                let again = self.starting(&lower.place, || lower.loader.start(&lower.place.below, &table))?;
                lock(&lower.starts).push(table);
                drop(again);
            }
        }
        Ok(())
    }

    fn starting<R>(&self, place: &Place, start: impl FnOnce() -> R) -> R {
        /// Removes the mark, also when `start` panics.
        struct Mark;
        impl Drop for Mark {
            fn drop(&mut self) {
                STARTING.with_borrow_mut(Vec::pop);
            }
        }
        STARTING.with_borrow_mut(|starting| starting.push((self.layer, place.below.dwCatalogEntryId)));
        let _mark = Mark;
        start()
    }

    /// Cleans up the providers below. Calls that are still running return; the libraries stay loaded until
    /// the last call has returned.
    pub(super) fn clean_up(&self) {
        let mut open = self.open.write().unpoisoned();
        self.end_direct();
        let closed = std::mem::take(&mut *open);
        drop(open);
        for lower in closed {
            lower.clean_up();
        }
    }
}

fn same(one: &WSPUPCALLTABLE, other: &WSPUPCALLTABLE) -> bool {
    one.ready().same(&other.ready())
}

impl<S: Loader> std::fmt::Debug for Chain<S> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path: &Path = &self.path;
        out.debug_struct("Chain")
            .field("path", &path)
            .field("entry", &self.place.entry)
            .finish_non_exhaustive()
    }
}

impl<S: Loader> std::fmt::Debug for Chains<S> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_list().entries(self.all()).finish()
    }
}

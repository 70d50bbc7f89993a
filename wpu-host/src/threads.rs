//! Thread ids, and the functions that are queued to threads.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use wpu_sys::WsaError;
use wpu_sys::ffi::WSATHREADID;

/// The threads that have an id, with the functions that are queued to each.
#[derive(Default)]
pub(crate) struct Threads {
    by_serial: BTreeMap<usize, Thread>,
    /// The ids by `ThreadHandle`.
    ids: BTreeMap<usize, Id>,
    /// The `ThreadHandle` of each id that was closed.
    closed: BTreeSet<usize>,
}

struct Thread {
    life: Weak<()>,
    /// The `ThreadHandle` of the client's id for the thread.
    client_handle: Option<usize>,
    queue: VecDeque<Apc>,
}

struct Id {
    serial: usize,
    opened: bool,
}

/// A function that a provider queued to a thread, with its context.
#[derive(Clone, Copy)]
pub(crate) struct Apc {
    pub(crate) routine: unsafe extern "system" fn(usize),
    pub(crate) context: usize,
}

/// A thread of this process.
#[derive(Clone)]
pub(crate) struct Me {
    serial: usize,
    life: Weak<()>,
}

impl Me {
    /// The calling thread; `None` if its thread-local values are already destroyed.
    pub(crate) fn current() -> Option<Self> {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        thread_local! {
            static ME: (usize, Arc<()>) =
                (NEXT.fetch_add(1, Ordering::Relaxed), Arc::new(()));
        }
        ME.try_with(|(serial, life)| Self { serial: *serial, life: Arc::downgrade(life) }).ok()
    }

    fn id(&self, handle: usize) -> WSATHREADID {
        WSATHREADID { ThreadHandle: ptr::without_provenance_mut(handle), Reserved: self.serial }
    }

    /// A number that no other thread of this process has or had.
    pub(crate) fn serial(&self) -> usize {
        self.serial
    }
}

impl Threads {
    /// The id that Ws2_32 passes with the calls of a client's thread; always the same one.
    pub(crate) fn client_id(
        &mut self,
        me: &Me,
        fresh: impl FnOnce() -> Option<usize>,
    ) -> Option<WSATHREADID> {
        if let Some(handle) = self.thread(me).client_handle {
            return Some(me.id(handle));
        }
        let handle = fresh()?;
        self.thread(me).client_handle = Some(handle);
        Some(self.name(me, handle, false))
    }

    /// Opens a further id for a thread, which must be closed once.
    pub(crate) fn open(&mut self, me: &Me, handle: usize) -> WSATHREADID {
        self.name(me, handle, true)
    }

    pub(crate) fn close(&mut self, id: &WSATHREADID) -> Result<(), WsaError> {
        if !self.find(id)?.opened {
            return Err(WsaError::WSAEFAULT);
        }
        self.ids.remove(&id.ThreadHandle.addr());
        self.closed.insert(id.ThreadHandle.addr());
        Ok(())
    }

    /// Whether the id was opened and closed.
    pub(crate) fn was_closed(&self, id: &WSATHREADID) -> bool {
        self.closed.contains(&id.ThreadHandle.addr())
    }

    pub(crate) fn queue(&mut self, id: &WSATHREADID, apc: Apc) -> Result<(), WsaError> {
        let serial = self.find(id)?.serial;
        let thread = self.by_serial.get_mut(&serial).ok_or(WsaError::WSAEFAULT)?;
        if thread.life.strong_count() == 0 {
            thread.queue.clear();
            return Err(WsaError::WSAEFAULT);
        }
        thread.queue.push_back(apc);
        Ok(())
    }

    /// Whether a function is queued to a thread.
    pub(crate) fn is_alerted(&self, me: &Me) -> bool {
        self.has_queued(me.serial)
    }

    /// Whether a function is queued to the thread with this number.
    pub(crate) fn has_queued(&self, serial: usize) -> bool {
        self.by_serial.get(&serial).is_some_and(|thread| !thread.queue.is_empty())
    }

    /// Removes the function that was queued to a thread first.
    pub(crate) fn next_apc(&mut self, me: &Me) -> Option<Apc> {
        self.by_serial.get_mut(&me.serial)?.queue.pop_front()
    }

    /// The number of ids that were opened and not closed.
    pub(crate) fn opened(&self) -> usize {
        self.ids.values().filter(|id| id.opened).count()
    }

    fn thread(&mut self, me: &Me) -> &mut Thread {
        self.by_serial.entry(me.serial).or_insert_with(|| Thread {
            life: me.life.clone(),
            client_handle: None,
            queue: VecDeque::new(),
        })
    }

    fn name(&mut self, me: &Me, handle: usize, opened: bool) -> WSATHREADID {
        self.thread(me);
        self.ids.insert(handle, Id { serial: me.serial, opened });
        me.id(handle)
    }

    /// Finds an id by all of its fields: an id of which only a part matches is invalid.
    fn find(&self, id: &WSATHREADID) -> Result<&Id, WsaError> {
        self.ids
            .get(&id.ThreadHandle.addr())
            .filter(|found| found.serial == id.Reserved)
            .ok_or(WsaError::WSAEFAULT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    extern "system" fn nothing(_: usize) {}

    fn apc(context: usize) -> Apc {
        Apc { routine: nothing, context }
    }

    fn me() -> Me {
        Me::current().expect("the thread lives")
    }

    #[test]
    fn a_thread_keeps_one_client_id_and_its_queue_keeps_order() {
        let (mut threads, me) = (Threads::default(), me());
        let id = threads.client_id(&me, || Some(16)).expect("values remain");
        assert_eq!(threads.client_id(&me, || None), Some(id));
        assert!(!threads.is_alerted(&me));
        assert_eq!(threads.queue(&id, apc(1)), Ok(()));
        assert_eq!(threads.queue(&id, apc(2)), Ok(()));
        assert!(threads.is_alerted(&me));
        assert_eq!(threads.next_apc(&me).map(|apc| apc.context), Some(1));
        assert_eq!(threads.next_apc(&me).map(|apc| apc.context), Some(2));
        assert!(threads.next_apc(&me).is_none());
        assert_eq!(Threads::default().client_id(&me, || None), None);
    }

    #[test]
    fn each_opened_id_is_closed_once_and_a_clients_never() {
        let _shows = wpu_evidence::tested(["WPUCloseThread.resources-freed"]);
        let (mut threads, me) = (Threads::default(), me());
        let client = threads.client_id(&me, || Some(16)).expect("values remain");
        let (one, two) = (threads.open(&me, 20), threads.open(&me, 24));
        assert_eq!(threads.opened(), 2);
        assert_eq!(threads.close(&client), Err(WsaError::WSAEFAULT));
        assert_eq!(threads.close(&one), Ok(()));
        assert_eq!(threads.close(&one), Err(WsaError::WSAEFAULT));
        assert_eq!(threads.queue(&one, apc(1)), Err(WsaError::WSAEFAULT));
        assert_eq!(threads.queue(&two, apc(1)), Ok(()));
        assert_eq!(threads.opened(), 1);
    }

    #[test]
    fn half_an_id_is_none() {
        let _shows = wpu_evidence::tested(["WPUQueueApc.WSAEFAULT"]);
        let (mut threads, me) = (Threads::default(), me());
        let id = threads.open(&me, 20);
        let half = WSATHREADID { Reserved: id.Reserved + 1, ..id };
        assert_eq!(threads.queue(&half, apc(1)), Err(WsaError::WSAEFAULT));
        assert_eq!(threads.close(&half), Err(WsaError::WSAEFAULT));
        assert_eq!(threads.close(&WSATHREADID::ZERO), Err(WsaError::WSAEFAULT));
    }

    #[test]
    fn nothing_is_queued_to_a_thread_that_has_ended() {
        let mut threads = Threads::default();
        let other = std::thread::spawn(me).join().expect("the thread ran");
        let id = threads.open(&other, 20);
        assert_eq!(threads.queue(&id, apc(1)), Err(WsaError::WSAEFAULT));
        assert!(!threads.is_alerted(&other));
        // The id outlives its thread and must still be closed.
        assert_eq!(threads.close(&id), Ok(()));
    }
}

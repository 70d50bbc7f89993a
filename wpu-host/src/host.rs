//! A host, as the client and the test see it.

use crate::catalog::Entry;
use crate::client::Client;
use crate::events::Creator;
use crate::faults::Fault;
use crate::handles::Handles;
use crate::host_slots::{Claim, NoFreeSlot, table_ex};
use crate::leftovers::{Leftovers, left_open};
use crate::messages::Message;
use crate::module::Module;
use crate::ports::Port;
use crate::provide::provide;
use crate::requests::HostRequest;
use crate::sockets::Binding;
use crate::threads::Me;
use crate::trace::TraceLine;
use crate::winsock::Winsock;
use crate::ws2::{Parts, Waited, Ws2};
use std::fmt;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;
use wpu_sys::WsaError;
use wpu_sys::ffi::{HWND, SOCKET, WSAEVENT, WSATHREADID, WSPUPCALLTABLE, WSPUPCALLTABLEEX};

/// A Ws2_32 of its own: hands out a table of upcalls, answers them, and plays the client's part.
///
/// Hosts know nothing of each other. A process can have 64 at once. When a host and its clients are
/// dropped, calls through its tables answer `WSANOTINITIALISED`.
pub struct Host {
    // Dropped first: once the clients are gone too no upcall begins.
    claim: Arc<Claim>,
    ws2: Arc<Ws2>,
    winsock: Arc<Winsock>,
}

/// How an alertable wait for an event ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// The event is set.
    Set,
    /// So many functions that were queued to the thread have run.
    Apcs(usize),
    /// The time is up.
    TimedOut,
}

/// Making a host, and what providers are started with.
impl Host {
    /// A host with an empty catalog.
    ///
    /// # Errors
    ///
    /// When 64 hosts are alive in this process.
    pub fn new() -> Result<Self, NoFreeSlot> {
        let claim = Arc::new(Claim::new()?);
        let ws2 = Arc::new(Ws2::new(Handles::new(claim.index())));
        claim.settle(Arc::clone(&ws2));
        provide();
        let winsock = Arc::new(Winsock::new(Arc::clone(&ws2)));
        Ok(Self { claim, ws2, winsock })
    }

    /// The table of fifteen upcalls, as `WSPStartup` gets it.
    #[must_use]
    pub fn table(&self) -> WSPUPCALLTABLE {
        self.claim.table()
    }

    /// The table of sixteen upcalls, as `WSPStartupEx` gets it.
    #[must_use]
    pub fn table_ex(&self) -> WSPUPCALLTABLEEX {
        *table_ex(self.claim.index())
    }

    /// Adds an entry to the catalog, and returns it with the id it got.
    ///
    /// # Panics
    ///
    /// If the length of its chain is not 0 to 7, or no zero ends its name: providers follow both.
    pub fn add_entry(&self, entry: Entry) -> Entry {
        self.ws2.lock().catalog.add(entry)
    }

    /// Whether `WPUModifyIFSHandle` returns a handle other than the proposed one, from now on.
    ///
    /// The documentation allows it, and it finds providers that give their client the handle they
    /// proposed. At first it is off, as on most systems.
    pub fn rename_ifs_handles(&self, rename: bool) {
        self.ws2.lock().ifs.rename(rename);
    }
}

/// The client and its providers.
impl Host {
    /// Adds an entry to the catalog whose provider is `module`, and returns it with the id it got.
    ///
    /// A provider with several entries is the module of its latest one.
    ///
    /// # Panics
    ///
    /// If the length of its chain is not 0 to 7, or no zero ends its name: providers follow both.
    pub fn install(&self, entry: Entry, module: &Module) -> Entry {
        self.winsock.attach(&entry, module);
        self.add_entry(entry)
    }

    /// The same before all entries that are there, where a client finds it first.
    ///
    /// # Panics
    ///
    /// If the length of its chain is not 0 to 7, or no zero ends its name: providers follow both.
    pub fn install_first(&self, entry: Entry, module: &Module) -> Entry {
        self.winsock.attach(&entry, module);
        self.ws2.lock().catalog.add_first(entry)
    }

    /// A client of the installed providers, which has called `WSAStartup` once.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(Arc::clone(&self.winsock), Arc::clone(&self.claim))
    }

    /// What providers did against the rules so far.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.winsock.look_into_trap();
        self.ws2.lock().faults.found().to_vec()
    }

    /// Why providers were not started, in words: a client only gets the code of Ws2_32.
    #[must_use]
    pub fn refusals(&self) -> Vec<String> {
        self.ws2.lock().refusals.clone()
    }

    /// Forgets the faults so far.
    pub fn clear_faults(&self) {
        self.ws2.lock().faults.clear();
    }

    /// How long the last clean-up waits for what should have ended before: requests on sockets that
    /// their client closed. At first it is ten seconds, for busy machines.
    pub fn patience(&self, patience: Duration) {
        self.ws2.lock().patience = patience;
    }

    /// Whether faults are noted from now on. At first they are.
    pub fn watch(&self, watch: bool) {
        self.ws2.lock().faults.watch(watch);
    }
}

/// What has happened.
impl Host {
    /// The upcalls so far, in the order of their answers.
    #[must_use]
    pub fn trace(&self) -> Vec<TraceLine> {
        self.ws2.trace().lines().to_vec()
    }

    /// Forgets the upcalls so far.
    pub fn clear_trace(&self) {
        self.ws2.trace().clear();
    }

    /// Counts what providers have acquired and not released.
    #[must_use]
    pub fn left_open(&self) -> Leftovers {
        left_open(&self.ws2)
    }

    /// The messages that providers have posted.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.ws2.lock().messages.posted().to_vec()
    }

    /// The catalog entry that a socket belongs to: the one it was made for, or for a file handle
    /// the one that registered it last.
    #[must_use]
    pub fn owner(&self, socket: SOCKET) -> Option<u32> {
        self.ws2.lock().owner(socket)
    }

    /// The handle that was first proposed for what the client knows as `socket`: another one only
    /// where handles are renamed.
    #[must_use]
    pub fn proposed_handle(&self, socket: SOCKET) -> Option<SOCKET> {
        self.ws2.lock().ifs.object(socket)
    }
}

/// What the client does.
impl Host {
    /// An event of the client, manual-reset and not set. Providers can set it, and not close it.
    ///
    /// # Panics
    ///
    /// If this process has no more handle values.
    #[must_use]
    pub fn client_event(&self) -> WSAEVENT {
        let event = self.client_handle(|parts, event| parts.events.create(event, Creator::Client));
        ptr::without_provenance_mut(event)
    }

    /// Resets any event.
    ///
    /// # Errors
    ///
    /// `WSA_INVALID_HANDLE` if there is no such event.
    pub fn reset_event(&self, event: WSAEVENT) -> Result<(), WsaError> {
        self.ws2.lock().events.put(event.addr(), false)
    }

    /// Closes an event of the client.
    ///
    /// # Errors
    ///
    /// `WSA_INVALID_HANDLE` if there is no such event, or a provider created it.
    pub fn close_client_event(&self, event: WSAEVENT) -> Result<(), WsaError> {
        self.ws2.change(|parts| parts.events.close(event.addr(), Creator::Client))
    }

    /// Waits until an event is set, and says whether it is.
    ///
    /// # Errors
    ///
    /// `WSA_INVALID_HANDLE` if there is no such event, or it is closed during the wait.
    pub fn wait(&self, event: WSAEVENT, timeout: Duration) -> Result<bool, WsaError> {
        Ok(self.wait_for(event, timeout, false)? == Wake::Set)
    }

    /// Waits until an event is set, or something was queued to the calling thread: then all that
    /// was queued runs first, and the wait ends.
    ///
    /// # Errors
    ///
    /// `WSA_INVALID_HANDLE` if there is no such event, or it is closed during the wait.
    pub fn wait_alertable(&self, event: WSAEVENT, timeout: Duration) -> Result<Wake, WsaError> {
        self.wait_for(event, timeout, true)
    }

    /// Sleeps until something was queued to the calling thread, runs all that was, and says how
    /// much; 0 when the time is up.
    pub fn sleep_alertable(&self, timeout: Duration) -> usize {
        match self.ws2.wait(timeout, true, |_| None::<()>) {
            Waited::Apcs(ran) => ran,
            Waited::Done(()) | Waited::TimedOut => 0,
        }
    }

    /// The id of the calling thread, as Ws2_32 passes it along with the client's calls. It is the
    /// same each time, and is not closed.
    ///
    /// # Panics
    ///
    /// If this process has no more handle values, or the thread is being torn down.
    #[must_use]
    pub fn current_thread(&self) -> WSATHREADID {
        self.winsock.current_thread()
    }

    /// Installs a blocking hook for the calling thread: a provider that blocks the thread calls it
    /// again and again. The hook says whether to go on; `false` means that the client has cancelled
    /// the call.
    ///
    /// # Panics
    ///
    /// If this process has no more handle values, or the thread is being torn down.
    pub fn set_blocking_hook(&self, hook: impl Fn() -> bool + Send + Sync + 'static) {
        let mut earlier = None;
        self.client_handle(|parts, context| {
            earlier = parts.hooks.set(me().serial(), context, Arc::new(hook));
        });
        // Without the lock, since it is the client's code that drops it.
        drop(earlier);
    }

    /// Removes the blocking hook of the calling thread, and says whether there was one.
    ///
    /// # Panics
    ///
    /// If the thread is being torn down.
    pub fn clear_blocking_hook(&self) -> bool {
        let hook = self.ws2.lock().hooks.clear(me().serial());
        hook.is_some()
    }

    /// Opens a window, to which messages can be posted.
    ///
    /// # Panics
    ///
    /// If this process has no more handle values.
    #[must_use]
    pub fn window(&self) -> HWND {
        let mut window = ptr::null_mut();
        self.client_handle(|parts, value| window = parts.messages.open(value));
        window
    }

    /// Closes a window, and says whether it was open.
    pub fn close_window(&self, window: HWND) -> bool {
        self.ws2.lock().messages.close(window)
    }

    /// Starts an overlapped request that reports to `event`, which can be null. With the lowest bit
    /// of `event` set, no packet goes to the port that the socket is bound to.
    #[must_use]
    pub fn request(&self, event: WSAEVENT) -> HostRequest {
        let request = HostRequest::new(event);
        self.ws2.lock().requests.keep(&request);
        request
    }

    /// Binds a socket from `WPUCreateSocketHandle` to a completion port.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if there is no such socket, `WSA_INVALID_PARAMETER` if it is bound already.
    pub fn bind_port(&self, socket: SOCKET, port: &Port, key: usize) -> Result<(), WsaError> {
        let binding = Binding { port: port.clone(), key };
        let mut parts = self.ws2.lock();
        let made_here = parts.made_here(socket);
        parts.sockets.bind(made_here, binding)
    }

    /// Ends the registration of a file handle, as Ws2_32 does when the client has closed it.
    ///
    /// # Errors
    ///
    /// `WSAENOTSOCK` if the client does not know such a file handle.
    pub fn forget_ifs_handle(&self, socket: SOCKET) -> Result<(), WsaError> {
        self.ws2.lock().ifs.forget(socket)
    }
}

impl Host {
    pub(crate) fn ws2(&self) -> &Arc<Ws2> {
        &self.ws2
    }

    fn wait_for(&self, event: WSAEVENT, timeout: Duration, alertable: bool) -> Result<Wake, WsaError> {
        let ended = self.ws2.wait(timeout, alertable, |parts| {
            parts.events.is_set(event.addr()).map(|set| set.then_some(Wake::Set)).transpose()
        });
        match ended {
            Waited::Done(answer) => answer,
            Waited::Apcs(ran) => Ok(Wake::Apcs(ran)),
            Waited::TimedOut => Ok(Wake::TimedOut),
        }
    }

    /// Hands a new handle value to one of the parts, and returns it.
    fn client_handle(&self, put: impl FnOnce(&mut Parts, usize)) -> usize {
        let mut parts = self.ws2.lock();
        let value = parts.handles.fresh().expect("handle values remain");
        put(&mut parts, value);
        value
    }

    pub(crate) fn winsock(&self) -> &Arc<Winsock> {
        &self.winsock
    }
}

fn me() -> Me {
    Me::current().expect("the thread is not being torn down")
}

impl fmt::Debug for Host {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Host").field("slot", &self.claim.index()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panic::contain;

    #[test]
    fn a_panic_becomes_an_error_and_the_host_goes_on() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                std::panic::panic_any(());
            }
        }
        let host = Host::new().expect("a slot is free");
        let answer = contain(|| {
            let _guard = host.ws2().lock();
            std::panic::panic_any(Bomb)
        });
        assert_eq!(answer, Err::<(), _>(WsaError::WSASYSCALLFAILURE));
        // The lock that the panic poisoned still serves.
        assert!(host.left_open().is_empty());
        assert!(host.ws2().lock().handles.fresh().is_some());
    }
}

//! The public type `Host`: the methods that a client and a test use.

use crate::catalog::Entry;
use crate::client::Client;
use crate::events::Creator;
use crate::faults::Fault;
use crate::handles::Handles;
use crate::hooks::HookResult;
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

/// A Ws2_32 in memory: it provides a table of upcalls, answers them, and acts as the client.
///
/// Hosts are independent of each other. A process can have 64 hosts at the same time. After a host and its
/// clients are dropped, calls through its tables fail with `WSANOTINITIALISED`.
pub struct Host {
    // The first field, so that it is dropped first: after the clients are dropped too, no upcall begins.
    claim: Arc<Claim>,
    ws2: Arc<Ws2>,
    winsock: Arc<Winsock>,
}

/// The result of an alertable wait for an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// The event is set.
    Set,
    /// The thread ran this number of queued APCs.
    Apcs(usize),
    /// The timeout expired.
    TimedOut,
}

/// Creating a host, and what providers are started with.
impl Host {
    /// Creates a host with an empty catalog.
    ///
    /// # Errors
    ///
    /// Fails if 64 hosts are alive in this process.
    pub fn new() -> Result<Self, NoFreeSlot> {
        let claim = Arc::new(Claim::new()?);
        let ws2 = Arc::new(Ws2::new(Handles::new(claim.index())));
        claim.settle(Arc::clone(&ws2));
        provide();
        let winsock = Arc::new(Winsock::new(Arc::clone(&ws2)));
        Ok(Self { claim, ws2, winsock })
    }

    /// The table of fifteen upcalls that `WSPStartup` receives.
    #[must_use]
    pub fn table(&self) -> WSPUPCALLTABLE {
        self.claim.table()
    }

    /// The table of sixteen upcalls that `WSPStartupEx` receives.
    #[must_use]
    pub fn table_ex(&self) -> WSPUPCALLTABLEEX {
        *table_ex(self.claim.index())
    }

    /// Adds an entry to the catalog and returns it with its assigned id.
    ///
    /// # Panics
    ///
    /// Panics if the length of the entry's chain is not 0 to 7, or its protocol name is not zero-terminated.
    /// Providers rely on both.
    pub fn add_entry(&self, entry: Entry) -> Entry {
        self.ws2.lock().catalog.add(entry)
    }

    /// Sets whether upcalls that need a new handle fail: `WPUCreateEvent` with `WSA_NOT_ENOUGH_MEMORY`, and
    /// `WPUCreateSocketHandle`, `WPUOpenCurrentThread` and a renaming `WPUModifyIFSHandle` with `WSAENOBUFS`.
    pub fn exhaust_handles(&self, exhausted: bool) {
        self.ws2.lock().exhausted = exhausted;
    }

    /// Sets whether `WPUModifyIFSHandle` returns a handle other than the proposed one.
    ///
    /// The documentation allows it. It detects providers that return the proposed handle to their client. Off
    /// by default, as on most systems.
    pub fn rename_ifs_handles(&self, rename: bool) {
        self.ws2.lock().ifs.rename(rename);
    }
}

/// The client and its providers.
impl Host {
    /// Adds an entry for the provider `module` to the catalog and returns it with its assigned id.
    ///
    /// If a provider has several entries, the module of the latest entry is used for all of them.
    ///
    /// # Panics
    ///
    /// Panics if the length of the entry's chain is not 0 to 7, or its protocol name is not zero-terminated.
    /// Providers rely on both.
    pub fn install(&self, entry: Entry, module: &Module) -> Entry {
        self.winsock.attach(&entry, module);
        self.add_entry(entry)
    }

    /// Adds an entry for the provider `module` before all other entries, so that clients find it first.
    ///
    /// # Panics
    ///
    /// Panics if the length of the entry's chain is not 0 to 7, or its protocol name is not zero-terminated.
    /// Providers rely on both.
    pub fn install_first(&self, entry: Entry, module: &Module) -> Entry {
        self.winsock.attach(&entry, module);
        self.ws2.lock().catalog.add_first(entry)
    }

    /// Creates a client of the installed providers, which has called `WSAStartup` once.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(Arc::clone(&self.winsock), Arc::clone(&self.claim))
    }

    /// The rules that providers have broken so far.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.winsock.check_trap();
        self.ws2.lock().faults.found().to_vec()
    }

    /// The reasons why providers were not started, as text. The client receives only the error code of
    /// Ws2_32.
    #[must_use]
    pub fn refusals(&self) -> Vec<String> {
        self.ws2.lock().refusals.clone()
    }

    /// Clears the list of faults.
    pub fn clear_faults(&self) {
        self.ws2.lock().faults.clear();
    }

    /// Sets how long the last clean-up waits for the completion of requests on closed sockets. The default is
    /// ten seconds, for busy machines.
    pub fn patience(&self, patience: Duration) {
        self.ws2.lock().patience = patience;
    }

    /// Sets whether faults are recorded. On by default.
    pub fn watch(&self, watch: bool) {
        self.ws2.lock().faults.watch(watch);
    }
}

/// What has happened in the host.
impl Host {
    /// The upcalls so far, in the order in which they returned.
    #[must_use]
    pub fn trace(&self) -> Vec<TraceLine> {
        self.ws2.trace().lines().to_vec()
    }

    /// Clears the list of upcalls.
    pub fn clear_trace(&self) {
        self.ws2.trace().clear();
    }

    /// Counts the handles that providers have acquired and not released.
    #[must_use]
    pub fn left_open(&self) -> Leftovers {
        left_open(&self.ws2)
    }

    /// The messages that providers have posted.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.ws2.lock().messages.posted().to_vec()
    }

    /// The catalog entry that owns a socket: the entry for which the socket was created, or for a file handle
    /// the entry that registered it last.
    #[must_use]
    pub fn owner(&self, socket: SOCKET) -> Option<u32> {
        self.ws2.lock().owner(socket)
    }

    /// The handle that was first proposed for the object that the client knows as `socket`. It differs from
    /// `socket` only if [`Host::rename_ifs_handles`] is on.
    #[must_use]
    pub fn proposed_handle(&self, socket: SOCKET) -> Option<SOCKET> {
        self.ws2.lock().ifs.object(socket)
    }
}

/// The client's side of Ws2_32 and of the system.
impl Host {
    /// Creates an event of the client, manual-reset and not set. Providers can set the event but not close
    /// it.
    ///
    /// # Panics
    ///
    /// Panics if this process has no more handle values.
    #[must_use]
    pub fn client_event(&self) -> WSAEVENT {
        let event = self.client_handle(|parts, event| parts.events.create(event, Creator::Client));
        ptr::without_provenance_mut(event)
    }

    /// Resets an event of the client or of a provider.
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

    /// Waits for an event. Returns whether it was set before the timeout expired.
    ///
    /// # Errors
    ///
    /// `WSA_INVALID_HANDLE` if there is no such event, or it is closed during the wait.
    pub fn wait(&self, event: WSAEVENT, timeout: Duration) -> Result<bool, WsaError> {
        Ok(self.wait_for(event, timeout, false)? == Wake::Set)
    }

    /// Waits for an event or for APCs of the calling thread. If APCs are queued, they run first and the wait
    /// ends.
    ///
    /// # Errors
    ///
    /// `WSA_INVALID_HANDLE` if there is no such event, or it is closed during the wait.
    pub fn wait_alertable(&self, event: WSAEVENT, timeout: Duration) -> Result<Wake, WsaError> {
        self.wait_for(event, timeout, true)
    }

    /// Sleeps until APCs are queued to the calling thread, and runs them. Returns their number, or 0 if the
    /// timeout expired.
    pub fn sleep_alertable(&self, timeout: Duration) -> usize {
        match self.ws2.wait(timeout, true, |_| None::<()>) {
            Waited::Apcs(ran) => ran,
            Waited::Done(()) | Waited::TimedOut => 0,
        }
    }

    /// The id of the calling thread, as Ws2_32 passes it with the client's calls. It is the same each time
    /// and is never closed.
    ///
    /// # Panics
    ///
    /// Panics if this process has no more handle values, or the thread is being torn down.
    #[must_use]
    pub fn current_thread(&self) -> WSATHREADID {
        self.winsock.current_thread()
    }

    /// Installs a blocking hook for the calling thread: a provider that blocks the thread calls it
    /// repeatedly. The callback that the provider receives returns `FALSE` once the call was cancelled, until
    /// the thread begins another call or installs a hook. A hook may answer a [`HookResult`], or whether the call
    /// goes on.
    ///
    /// # Panics
    ///
    /// Panics if this process has no more handle values, or the thread is being torn down.
    pub fn set_blocking_hook<R: Into<HookResult>>(&self, hook: impl Fn() -> R + Send + Sync + 'static) {
        let mut earlier = None;
        self.client_handle(|parts, context| {
            parts.hooks.begin(me().serial());
            earlier = parts.hooks.set(me().serial(), context, Arc::new(move || hook().into()));
        });
        // Dropped after the lock is released, since dropping the hook runs the client's code.
        drop(earlier);
    }

    /// Removes the blocking hook of the calling thread. Returns whether there was one.
    ///
    /// # Panics
    ///
    /// Panics if the thread is being torn down.
    pub fn clear_blocking_hook(&self) -> bool {
        let hook = self.ws2.lock().hooks.clear(me().serial());
        hook.is_some()
    }

    /// Opens a window, to which messages can be posted.
    ///
    /// # Panics
    ///
    /// Panics if this process has no more handle values.
    #[must_use]
    pub fn window(&self) -> HWND {
        let mut window = ptr::null_mut();
        self.client_handle(|parts, value| window = parts.messages.open(value));
        window
    }

    /// Closes a window. Returns whether it was open.
    pub fn close_window(&self, window: HWND) -> bool {
        self.ws2.lock().messages.close(window)
    }

    /// Creates a pending overlapped request that reports to `event`, which may be null. If the lowest bit of
    /// `event` is set, no packet is posted to the port of the socket.
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

    /// Ends the registration of a file handle, as Ws2_32 does after the client has closed it.
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

    /// Passes a new handle value to one of the parts, and returns the value.
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
        // The poisoned lock is still usable.
        assert!(host.left_open().is_empty());
        assert!(host.ws2().lock().handles.fresh().is_some());
    }
}

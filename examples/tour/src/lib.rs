//! A non-IFS provider that makes every upcall of its class once, when it is started.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicU32, Ordering};
use wpu::ffi::{WSAPROTOCOL_INFOW, fd_set};
use wpu::prelude::*;

/// Its sockets are not file handles: Ws2_32 creates them, and stores a key of the provider with each.
#[wpu_provider(
    class = non_ifs,
    uses(
        WPUCreateSocketHandle,
        WPUQuerySocketHandleContext,
        WPUFDIsSet,
        WPUCreateEvent,
        WPUSetEvent,
        WPUResetEvent,
        WPUOpenCurrentThread,
        WPUQueueApc,
        WPUPostMessage,
        WPUQueryBlockingCallback,
        WPUCompleteOverlappedRequest,
    ),
    waives(
        WPUGetProviderPath = "base provider: no layer below",
    ),
)]
#[derive(Debug)]
pub struct Tour;

/// The key of the only socket.
const KEY: usize = 7;

/// How often a queued closure ran.
static APCS: AtomicU32 = AtomicU32::new(0);

/// Every function has its default, which fails with a documented error.
impl ServiceProvider for Tour {}

impl Lifecycle for Tour {
    const DESCRIPTION: &'static str = "Tour of the upcalls of a non-IFS provider";

    fn start(start: &Start<'_>) -> Result<Self, WsaError> {
        let entry = start.entry().dwCatalogEntryId;
        let socket = Self::upcalls().create_socket_handle(entry, KEY)?;
        Self::look_up(&socket)?;
        Self::complete(&socket)?;
        Self::signal()?;
        Self::run_later()?;
        Self::tell_window(&socket);
        Self::block(start.entry())?;
        socket.close()?;
        Ok(Self)
    }
}

impl Tour {
    /// Finds the key of a client's handle, and the handle in a set.
    fn look_up(socket: &SocketHandle) -> Result<(), WsaError> {
        let key = Self::upcalls().query_socket_handle_context(socket.raw())?;
        let mut set = fd_set { fd_count: 1, ..fd_set::ZERO };
        set.fd_array[0] = socket.raw();
        let found = FdSet::new(&set).is_some_and(|set| Self::upcalls().fd_is_set(socket.raw(), set));
        if key == KEY && found { Ok(()) } else { Err(WsaError::WSASYSNOTREADY) }
    }

    /// Completes an overlapped operation: Ws2_32 notifies the client by event or by port.
    fn complete(socket: &SocketHandle) -> Result<(), WsaError> {
        static REQUEST: Overlapped = Overlapped::new();
        let Some(operation) = REQUEST.begin() else {
            return Err(WsaError::WSAEINPROGRESS);
        };
        Self::upcalls()
            .complete_overlapped_request(socket.raw(), operation, 0, 512)
            .map_err(|refused| refused.error)
    }

    /// Creates, sets and resets an event, which is closed when it is dropped.
    fn signal() -> Result<(), WsaError> {
        let event = Self::upcalls().create_event()?;
        Self::upcalls().set_event(event.borrowed())?;
        Self::upcalls().reset_event(event.borrowed())
    }

    /// Queues a closure, which runs in this thread's next alertable wait.
    fn run_later() -> Result<(), WsaError> {
        let thread = Self::upcalls().open_current_thread()?;
        let count = apc(|| {
            APCS.fetch_add(1, Ordering::Relaxed);
        });
        Self::upcalls().queue_apc(thread.borrowed(), count).map_err(|refused| refused.error)?;
        thread.close()
    }

    /// Posts a message. A closed window is not an error.
    fn tell_window(socket: &SocketHandle) {
        let _gone = Self::upcalls().post_message(Window::NULL, 0x401, socket.raw(), 0);
    }

    /// Queries the thread's blocking hook, as a provider does before it blocks.
    fn block(entry: &WSAPROTOCOL_INFOW) -> Result<(), WsaError> {
        Self::upcalls().query_blocking_callback(entry.dwCatalogEntryId, |hook| match hook {
            Some(hook) if !hook.call() => Err(WsaError::WSAEINTR),
            _ => Ok(()),
        })?
    }
}

wpu::export!(Tour; feature = "export");

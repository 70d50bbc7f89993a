//! A provider in safe Rust, started and called by the host's client.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;
use wpu::prelude::*;
use wpu::{ClientMut, Lifecycle, PendingRequest, Progress, Request, ServiceProvider, Start};
use wpu_host::{Client, Entry, Host, Leftovers, Module, Port, Tell};
use wpu_sys::ffi::{AF_INET, IPPROTO_TCP, SOCK_STREAM, WSAOVERLAPPED};

/// Each socket is a mailbox: bytes sent to it are received from it.
#[wpu_provider(
    class = non_ifs,
    kit = requests,
    uses(WPUCreateSocketHandle, WPUQuerySocketHandleContext),
    waives(WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not what is tested"),
)]
struct Mailboxes {
    entry: u32,
    boxes: Mutex<BTreeMap<usize, Mailbox>>,
}

struct Mailbox {
    handle: SocketHandle,
    bytes: VecDeque<u8>,
    waiting: VecDeque<PendingRequest>,
}

// Not exported, since a provider of another crate is linked too, which is exported.
wpu::export!(Mailboxes; any());

impl Mailboxes {
    fn boxes(&self) -> MutexGuard<'_, BTreeMap<usize, Mailbox>> {
        self.boxes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves as much from the mailbox into a pending request as fits.
    fn serve(&self, key: usize) {
        let (pended, bytes) = {
            let mut boxes = self.boxes();
            let Some(mailbox) = boxes.get_mut(&key).filter(|mailbox| !mailbox.bytes.is_empty()) else {
                return;
            };
            let Some(pended) = mailbox.waiting.pop_front() else { return };
            let room = pended.scatter().total().min(mailbox.bytes.len());
            let bytes: Vec<u8> = mailbox.bytes.drain(..room).collect();
            (pended, bytes)
        };
        let count = pended.scatter().write_at(0, &bytes);
        pended.complete(Ok(u32::try_from(count).expect("a few").into()));
    }
}

impl Lifecycle for Mailboxes {
    fn start(start: &Start<'_>) -> Result<Self, WsaError> {
        Ok(Self { entry: start.entry().dwCatalogEntryId, boxes: Mutex::default() })
    }
}

impl ServiceProvider for Mailboxes {
    fn socket(&self, _: SocketParams<'_>) -> Result<SOCKET, WsaError> {
        let mut boxes = self.boxes();
        let key = boxes.keys().last().map_or(1, |key| key + 1);
        let handle = Self::upcalls().create_socket_handle(self.entry, key)?;
        let socket = handle.raw();
        boxes.insert(key, Mailbox { handle, bytes: VecDeque::new(), waiting: VecDeque::new() });
        Ok(socket)
    }

    fn close_socket(&self, socket: SOCKET) -> Result<(), WsaError> {
        let key = Self::upcalls().query_socket_handle_context(socket)?;
        let closed = self.boxes().remove(&key).ok_or(WsaError::WSAENOTSOCK)?;
        // The requests are dropped first, since they need the handle.
        drop(closed.waiting);
        closed.handle.close()
    }

    fn send(&self, socket: SOCKET, _: u32, request: Request<'_>) -> Result<Progress<u32>, WsaError> {
        let key = Self::upcalls().query_socket_handle_context(socket)?;
        let bytes = request.gather().to_vec();
        let count = u32::try_from(bytes.len()).map_err(|_| WsaError::WSAEMSGSIZE)?;
        self.boxes().get_mut(&key).ok_or(WsaError::WSAENOTSOCK)?.bytes.extend(bytes);
        self.serve(key);
        Ok(Progress::Done(count))
    }

    fn recv(&self, socket: SOCKET, _: u32, request: Request<'_>) -> Result<Progress<Received>, WsaError> {
        let key = Self::upcalls().query_socket_handle_context(socket)?;
        let mut boxes = self.boxes();
        let mailbox = boxes.get_mut(&key).ok_or(WsaError::WSAENOTSOCK)?;
        if mailbox.bytes.is_empty() {
            let (pending, pended) = request.pend::<Self>().map_err(|_| WsaError::WSAEWOULDBLOCK)?;
            mailbox.waiting.push_back(pended);
            return Ok(Progress::Pending(pending));
        }
        let room = request.scatter().total().min(mailbox.bytes.len());
        let bytes: Vec<u8> = mailbox.bytes.drain(..room).collect();
        let bytes = u32::try_from(request.scatter().write_at(0, &bytes)).expect("a few");
        Ok(Progress::Done(Received { bytes, flags: 0 }))
    }

    fn get_overlapped_result(
        &self,
        _: SOCKET,
        overlapped: ClientMut<'_, WSAOVERLAPPED>,
        _: bool,
    ) -> Result<Outcome<Transferred>, WsaError> {
        wpu::overlapped_result(overlapped).ok_or(WsaError::WSA_IO_INCOMPLETE)
    }
}

/// A timeout that no step reaches, even on a busy machine.
const LONG: Duration = Duration::from_secs(60);

/// Serializes the tests, since the provider has one instance in the process.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn world() -> (Host, Client) {
    let host = Host::new().expect("a free slot");
    let module = Module::linked::<Mailboxes, _>();
    let id = GUID { Data1: 0x3a11_b0c5, ..GUID::ZERO };
    host.install(Entry::new(id, "mailboxes.dll").sockets(AF_INET, SOCK_STREAM, IPPROTO_TCP), &module);
    let client = host.client();
    (host, client)
}

fn end(host: &Host, client: Client) {
    assert_eq!(client.finish(), Leftovers::default());
    assert_eq!(host.faults(), []);
}

#[test]
fn a_provider_of_another_crate_is_linked_by_its_type() {
    let host = Host::new().expect("a free slot");
    let id = GUID { Data1: 0x6c6f_6f70, ..GUID::ZERO };
    let entry = Entry::new(id, "loopback.dll").sockets(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    host.install(entry, &Module::linked::<wpu::base::Base<loopback::Loopback>, _>());
    let client = host.client();
    let socket = client.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP).expect("a socket");
    client.close(socket).expect("it is open");
    end(&host, client);
}

#[test]
fn bytes_are_sent_and_received() {
    let _shows = wpu_evidence::tested(["WSPCleanup.can-start-again"]);
    let _alone = alone();
    let (host, client) = world();
    for _ in 0..2 {
        let socket = client.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP).expect("a socket");
        let mut room = [0; 8];
        assert_eq!(client.recv(socket, &mut room), Err(WsaError::WSAEWOULDBLOCK));
        assert_eq!(client.send_vectored(socket, &[b"let", b"", b"ter"], 0), Ok(6));
        assert_eq!((client.recv(socket, &mut room), &room[..6]), (Ok(6), &b"letter"[..]));
        assert_eq!(client.listen(socket, 1), Err(WsaError::WSAEOPNOTSUPP));
        assert_eq!(client.close(socket), Ok(()));
        assert_eq!(client.close(socket), Err(WsaError::WSAENOTSOCK));
    }
    // The last clean-up closes what a client leaves open.
    client.socket(AF_INET, SOCK_STREAM, 0).expect("a socket");
    client.clean_up().expect("a start-up");
    client.start_up();
    client.socket(AF_INET, SOCK_STREAM, 0).expect("a socket");
    end(&host, client);
}

#[test]
fn requests_complete_with_all_three_notifications() {
    let _shows = wpu_evidence::tested([
        "WPUQueueApc.context-in-full-width",
        "overlapped.event-is-set",
        "overlapped.neither-event-nor-routine",
        "overlapped.system-chooses-event-or-port",
    ]);
    let _alone = alone();
    let (host, client) = world();
    let socket = client.socket(AF_INET, SOCK_STREAM, 0).expect("a socket");
    let event = host.client_event();
    let late = client.recv_overlapped(socket, &[2, 8], 0, Tell::Event(event)).expect("a request");
    client.send_all(socket, b"event").expect("a mailbox");
    assert_eq!(host.wait(event, LONG), Ok(true));
    assert_eq!((client.overlapped_result(&late, false), late.data()), (Ok((5, 0)), b"event".to_vec()));

    host.reset_event(event).expect("an event");
    client.send_all(socket, b"now").expect("a mailbox");
    let now = client.recv_overlapped(socket, &[8], 0, Tell::Event(event)).expect("a request");
    assert_eq!((now.at_once(), host.wait(event, LONG)), (Some(3), Ok(true)));
    assert_eq!(now.data(), b"now");

    let (tell, told) = mpsc::channel();
    let routine = Tell::routine(move |outcome| tell.send(outcome).expect("a listener"));
    let late = client.recv_overlapped(socket, &[8], 0, routine).expect("a request");
    client.send_all(socket, b"routine").expect("a mailbox");
    assert!(told.try_recv().is_err());
    assert_eq!(host.sleep_alertable(LONG), 1);
    assert_eq!(told.try_recv().map(|outcome| (outcome.error, outcome.transferred)), Ok((0, 7)));
    assert_eq!(late.data(), b"routine");

    let port = Port::new();
    host.bind_port(socket, &port, 3).expect("a socket");
    let late = client.recv_overlapped(socket, &[8], 0, Tell::Nobody).expect("a request");
    client.send_all(socket, b"port").expect("a mailbox");
    let packet = port.get(LONG).expect("a packet");
    assert_eq!((packet.operation.as_ptr(), packet.error, packet.transferred), (late.as_ptr(), 0, 4));
    end(&host, client);
}

#[test]
fn a_close_reports_aborted_requests_and_the_last_clean_up_does_not() {
    let _alone = alone();
    let (host, client) = world();
    let [one, two] = [(); 2].map(|()| client.socket(AF_INET, SOCK_STREAM, 0).expect("a socket"));
    let (event, silent) = (host.client_event(), host.client_event());
    let aborted = client.recv_overlapped(one, &[8], 0, Tell::Event(event)).expect("a request");
    client.close(one).expect("a socket to close");
    assert_eq!(host.wait(event, LONG), Ok(true));
    assert_eq!(aborted.outcome().map(|outcome| outcome.error), Some(995));
    let dropped = Arc::new(());
    let witness = Arc::clone(&dropped);
    let never = Tell::routine(move |_| drop(witness));
    let _first = client.recv_overlapped(two, &[8], 0, Tell::Event(silent)).expect("a request");
    drop(client.recv_overlapped(two, &[8], 0, never).expect("a request"));
    end(&host, client);
    assert_eq!(host.wait(silent, Duration::ZERO), Ok(false));
    assert_eq!((host.sleep_alertable(Duration::ZERO), Arc::strong_count(&dropped)), (0, 1));
}

#[test]
fn a_client_keeps_its_host() {
    let _alone = alone();
    let (host, client) = world();
    let socket = client.socket(AF_INET, SOCK_STREAM, 0).expect("a socket");
    let table = host.table();
    drop(host);
    let mut room = [0; 8];
    client.send_all(socket, b"on").expect("a mailbox, whose upcalls are answered");
    assert_eq!((client.recv(socket, &mut room), &room[..2]), (Ok(2), &b"on"[..]));
    drop(client);
    let mut errno = 0;
    // SAFETY: the functions of a dropped host can still be called.
    let event = unsafe { table.lpWPUCreateEvent.expect("a full table")(&raw mut errno) };
    assert_eq!((event.is_null(), errno), (true, WsaError::WSANOTINITIALISED.code()));
}

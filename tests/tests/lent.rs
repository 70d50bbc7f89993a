//! What the host's client lends to a provider: the memory of requests that it has forgotten, and which operation it
//! asks about.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use wpu::prelude::*;
use wpu_host::{Client, Entry, Host, Leftovers, Module, Tell};
use wpu_sys::ffi::*;

/// Keeps all requests, and notes who asks for their results.
#[wpu_provider(
    class = non_ifs,
    kit = requests,
    uses(WPUCreateSocketHandle),
    waives(
        WPUQuerySocketHandleContext, WPUPostMessage, WPUQueryBlockingCallback,
        WPUGetProviderPath = "the tests have no use for it",
    ),
)]
struct Keeper {}

static KEPT: Mutex<Vec<PendingRequest>> = Mutex::new(Vec::new());
static OPEN: Mutex<Vec<SocketHandle>> = Mutex::new(Vec::new());
static ASKED: Mutex<Vec<(SOCKET, usize)>> = Mutex::new(Vec::new());

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lifecycle for Keeper {
    fn start(_: &Start<'_>) -> Result<Self, WsaError> {
        Ok(Self {})
    }
}

wpu::export!(Keeper; any());

impl ServiceProvider for Keeper {
    fn socket(&self, params: SocketParams<'_>) -> Result<SOCKET, WsaError> {
        let entry = params.info.map_or(0, |info| info.get().dwCatalogEntryId);
        let handle = Self::upcalls().create_socket_handle(entry, 0)?;
        let raw = handle.raw();
        locked(&OPEN).push(handle);
        Ok(raw)
    }

    fn close_socket(&self, socket: SOCKET) -> Result<(), WsaError> {
        locked(&OPEN).retain(|handle| handle.raw() != socket);
        Ok(())
    }

    fn recv_from(&self, _: SOCKET, _: u32, request: Request<'_>) -> Result<Progress<Received>, WsaError> {
        let (pending, pended) = request.pend::<Self>().expect("it is overlapped");
        locked(&KEPT).push(pended);
        Ok(Progress::Pending(pending))
    }

    fn get_overlapped_result(
        &self,
        socket: SOCKET,
        overlapped: ClientMut<'_, WSAOVERLAPPED>,
        _: bool,
    ) -> Result<Outcome<Transferred>, WsaError> {
        locked(&ASKED).push((socket, overlapped.as_ptr().addr()));
        wpu::overlapped_result(overlapped).ok_or(WsaError::WSA_IO_INCOMPLETE)
    }
}

fn world() -> (Host, Client, SOCKET, MutexGuard<'static, ()>) {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = locked(&ALONE);
    let host = Host::new().expect("a free slot");
    let entry = Entry::new(GUID { Data1: 0x6b65_6570, ..GUID::ZERO }, "keeper.dll");
    host.install(entry.sockets(AF_INET, SOCK_DGRAM, IPPROTO_UDP), &Module::linked::<Keeper, _>());
    let client = host.client();
    let socket = client.socket(AF_INET, SOCK_DGRAM, 0).expect("a socket");
    (host, client, socket, alone)
}

fn complete(pended: PendingRequest, bytes: &[u8]) {
    let from = wpu::Address::from(SocketAddr::from((Ipv4Addr::LOCALHOST, 7)));
    let count = pended.scatter().write_at(0, bytes);
    pended.room().expect("memory for the address").fill(from.as_bytes()).expect("it is large enough");
    pended.complete(Ok(u32::try_from(count).expect("few bytes").into()));
}

#[test]
fn a_forgotten_request_still_lends_its_memory() {
    let _shows = wpu_evidence::tested(["WSPRecvFrom.address-memory-stays"]);
    let (host, client, socket, _alone) = world();
    let event = host.client_event();
    for _ in 0..20 {
        let request = client.recv_from_overlapped(socket, 64, Tell::Event(event)).expect("a request");
        let at = request.as_ptr();
        drop(request);
        // If the memory were free, these would get it.
        let others: Vec<Vec<u8>> = (1..200).map(|len| vec![0xee; len]).collect();
        let pended = locked(&KEPT).pop().expect("a request");
        assert_eq!(pended.parts().overlapped.as_ptr(), at);
        complete(pended, &[0x77; 64]);
        assert_eq!(host.wait(event, std::time::Duration::from_secs(60)), Ok(true));
        assert!(others.iter().all(|other| other.iter().all(|byte| *byte == 0xee)));
    }
    host.close_client_event(event).expect("an event");
    client.close(socket).expect("a socket to close");
    assert_eq!(client.finish(), Leftovers::default());
    assert_eq!(host.faults(), []);
}

#[test]
fn the_result_is_asked_of_the_socket_and_structure_of_the_operation() {
    let _shows = wpu_evidence::tested(["WSPGetOverlappedResult.same-socket-and-structure"]);
    let (host, client, first, _alone) = world();
    let second = client.socket(AF_INET, SOCK_DGRAM, 0).expect("a socket");
    let requests = [first, second, first].map(|socket| {
        let request = client.recv_from_overlapped(socket, 8, Tell::Nobody).expect("a request");
        (socket, request)
    });
    let all: Vec<_> = requests.iter().map(|(socket, request)| (*socket, request.as_ptr().addr())).collect();
    locked(&ASKED).clear();
    for (_, request) in &requests {
        assert_eq!(client.overlapped_result(request, false), Err(WsaError::WSA_IO_INCOMPLETE));
    }
    assert_eq!(*locked(&ASKED), all);
    let pended = std::mem::take(&mut *locked(&KEPT));
    for pended in pended {
        complete(pended, b"bytes");
    }
    for (_, request) in &requests {
        assert_eq!(client.overlapped_result(request, false), Ok((5, 0)));
    }
    assert_eq!(locked(&ASKED)[3..], all);
    for socket in [first, second] {
        client.close(socket).expect("a socket to close");
    }
    assert_eq!(client.finish(), Leftovers::default());
    assert_eq!(host.faults(), []);
}

//! Layers over providers: which provider is started, which is called, and which owns a handle.

use crate::pipes::{self, fault, install, starts};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use wpu_host::{Entry, Host, Leftovers, Module, Rule, Tell, WSCEnumProtocols};
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

/// Serializes the tests, since the layer below keeps its state in statics.
static ALONE: Mutex<()> = Mutex::new(());
static LAYER: Mutex<Option<Layer>> = Mutex::new(None);
static SENT: AtomicUsize = AtomicUsize::new(0);

/// A layer whose sockets are file handles. It forwards every call, counts the sent bytes, and registers each
/// socket for its chain.
#[derive(Clone, Copy)]
struct Layer {
    table: WSPUPCALLTABLE,
    next: WSPPROC_TABLE,
    next_info: WSAPROTOCOL_INFOW,
    chain: u32,
    forgets: bool,
}

fn layer() -> Layer {
    LAYER.lock().unwrap().expect("a start")
}

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// This mark in `dwServiceFlags3` of an entry makes the layer omit the registration.
const FORGETS: u32 = 1;

unsafe extern "system" fn startup(
    version: u16,
    data: *mut WSPDATA,
    info: *const WSAPROTOCOL_INFOW,
    table: WSPUPCALLTABLE,
    procs: *mut WSPPROC_TABLE,
) -> i32 {
    // SAFETY: the caller passes valid pointers.
    let chain = unsafe { info.read() };
    let mut entries = [WSAPROTOCOL_INFOW::ZERO; 8];
    let (mut length, mut errno) = (u32::try_from(size_of_val(&entries)).expect("a few"), 0);
    // SAFETY: the buffer is as long as it says.
    let count =
        unsafe { WSCEnumProtocols(std::ptr::null(), entries.as_mut_ptr(), &raw mut length, &raw mut errno) };
    assert!(count > 0);
    let below = chain.ProtocolChain.ChainEntries[1];
    let next_info = *entries.iter().find(|entry| entry.dwCatalogEntryId == below).expect("the base");
    let mut next = WSPPROC_TABLE::ZERO;
    // SAFETY: a layer starts the provider below in this way, with the table unmodified and valid pointers.
    let answer = unsafe { pipes::startup(version, data, &raw const next_info, table, &raw mut next) };
    if answer != 0 {
        return answer;
    }
    let forgets = chain.dwServiceFlags3 & FORGETS != 0;
    *LAYER.lock().unwrap() = Some(Layer { table, next, next_info, chain: chain.dwCatalogEntryId, forgets });
    let own =
        WSPPROC_TABLE { lpWSPSocket: Some(socket), lpWSPAccept: Some(accept), lpWSPSend: Some(send), ..next };
    // SAFETY: the caller passes a valid pointer.
    unsafe { procs.write(own) };
    0
}

/// Registers a socket, so that Ws2_32 passes its calls to this layer.
fn register(handle: SOCKET, errno: *mut i32) -> SOCKET {
    let layer = layer();
    if handle == INVALID_SOCKET || layer.forgets {
        return handle;
    }
    // SAFETY: the table is the newest one, and `errno` is the client's error location.
    unsafe { layer.table.lpWPUModifyIFSHandle.unwrap()(layer.chain, handle, errno) }
}

unsafe extern "system" fn socket(
    family: i32,
    kind: i32,
    protocol: i32,
    _: *const WSAPROTOCOL_INFOW,
    group: u32,
    flags: u32,
    errno: *mut i32,
) -> SOCKET {
    let Layer { next, next_info, .. } = layer();
    // SAFETY: the client's arguments are forwarded, with the protocol information of the base.
    let handle = unsafe {
        next.lpWSPSocket.unwrap()(family, kind, protocol, &raw const next_info, group, flags, errno)
    };
    register(handle, errno)
}

unsafe extern "system" fn accept(
    listener: SOCKET,
    address: *mut sockaddr,
    length: *mut i32,
    condition: LPCONDITIONPROC,
    context: usize,
    errno: *mut i32,
) -> SOCKET {
    // SAFETY: the client's arguments are forwarded unmodified.
    let handle =
        unsafe { layer().next.lpWSPAccept.unwrap()(listener, address, length, condition, context, errno) };
    register(handle, errno)
}

unsafe extern "system" fn send(
    handle: SOCKET,
    buffers: *const WSABUF,
    count: u32,
    sent: *mut u32,
    flags: u32,
    overlapped: *mut WSAOVERLAPPED,
    routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE,
    thread: *const WSATHREADID,
    errno: *mut i32,
) -> i32 {
    // SAFETY: the client's arguments are forwarded unmodified.
    let answer = unsafe {
        let next = layer().next.lpWSPSend.unwrap();
        next(handle, buffers, count, sent, flags, overlapped, routine, thread, errno)
    };
    if answer == 0 {
        // SAFETY: the client passes a count location, and the call succeeded.
        SENT.fetch_add(unsafe { sent.read() } as usize, Ordering::Relaxed);
    }
    answer
}

/// A host with a base provider, the layer over it, and their chain.
fn chained(marks: u32) -> (Host, Entry, Entry) {
    chained_over(fault::NONE, marks)
}

fn chained_over(broken: u32, marks: u32) -> (Host, Entry, Entry) {
    let host = Host::new().expect("a free slot");
    // SAFETY: the function keeps the contract of a `WSPStartup`.
    let module = unsafe { Module::from_startup(startup) };
    let base = install(&host, broken);
    let layer = host.install(Entry::layer(pipes::fresh_id(), "layer.dll").flags(XP1_IFS_HANDLES), &module);
    let mut chain = Entry::chain(layer.info.ProviderId, "layer.dll", &[&layer, &base]);
    chain.info.dwServiceFlags3 = marks;
    let chain = host.install_first(chain, &module);
    SENT.store(0, Ordering::Relaxed);
    (host, base, chain)
}

#[test]
fn the_client_finds_a_chain_before_its_base() {
    let _shows = wpu_evidence::tested([
        "WPUModifyIFSHandle.last-registration-counts",
        "WSPStartup.entry-of-the-chain",
        "layering.first-layer-is-loaded",
        "socket-handles.calls-follow-the-handle",
    ]);
    let _alone = alone();
    let (host, base, chain) = chained(0);
    assert!(chain.is_ifs() && !base.is_ifs());
    let client = host.client();
    let address: SocketAddr = ([127, 0, 0, 1], 80).into();
    let listener = client.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP).expect("a socket");
    assert_eq!(host.owner(listener), Some(chain.id()));
    // The layer has started the base provider itself.
    assert_eq!(starts(&base), (1, 0));
    client.bind(listener, address).expect("a free address");
    client.listen(listener, 1).expect("a listener");
    let near = client.socket(AF_INET, SOCK_STREAM, 0).expect("a socket");
    client.connect(near, address).expect("a connection");
    let (far, _) = client.accept(listener).expect("a caller");
    assert_eq!(host.owner(far), Some(chain.id()));
    client.send_all(near, b"counted").expect("a peer");
    let mut room = [0; 7];
    client.recv_all(far, &mut room).expect("seven bytes");
    assert_eq!((&room, SENT.load(Ordering::Relaxed)), (b"counted", 7));
    // The base provider completes requests on handles that it created, although the layer has registered
    // them.
    let request = client.recv_overlapped(far, &[9], 0, Tell::Nobody).expect("a request");
    client.send_all(near, b"over").expect("a peer");
    assert_eq!((client.overlapped_result(&request, false), request.data()), (Ok((4, 0)), b"over".to_vec()));
    for socket in [listener, near, far] {
        client.close(socket).expect("a socket to close");
        assert_eq!((host.owner(socket), client.close(socket)), (None, Err(WsaError::WSAENOTSOCK)));
    }
    assert_eq!(client.finish(), Leftovers::default());
    assert_eq!(host.faults(), []);
    // The layer started the base provider once and cleaned it up once.
    assert_eq!(starts(&base), (1, 1));
}

#[test]
fn the_base_can_still_be_used_without_its_layer() {
    let _alone = alone();
    let (host, base, chain) = chained(0);
    let client = host.client();
    let socket = client.socket_in(base.id()).expect("a socket");
    assert_eq!(host.owner(socket), Some(base.id()));
    let hidden = chain.info.ProtocolChain.ChainEntries[0];
    assert_eq!(client.socket_in(hidden), Err(WsaError::WSAEINVAL));
    client.close(socket).expect("a socket to close");
}

#[test]
fn a_layer_that_registers_nothing_is_bypassed() {
    let _shows = wpu_evidence::checked(["socket-handles.file-handles-registered"]);
    let _alone = alone();
    let (host, _, chain) = chained(FORGETS);
    let client = host.client();
    client.socket_in(chain.id()).expect("a socket");
    assert_eq!(host.faults().iter().map(|fault| fault.rule).collect::<Vec<_>>(), [Rule::WrongEntry]);
}

#[test]
fn a_registration_ends_with_a_successful_close() {
    let _shows = wpu_evidence::tested(["WPUModifyIFSHandle.registration-ends-with-close"]);
    let _alone = alone();
    let (host, _, chain) = chained_over(fault::REFUSES_CLOSE, 0);
    let client = host.client();
    let socket = client.socket_in(chain.id()).expect("a socket");
    assert_eq!(client.close(socket), Err(WsaError::WSAEWOULDBLOCK));
    assert_eq!(host.owner(socket), Some(chain.id()), "the registration is left");
    assert_eq!(client.close(socket), Ok(()));
    assert_eq!((host.owner(socket), host.proposed_handle(socket)), (None, None));
}

#[test]
fn a_client_that_names_the_proposed_handle_is_refused() {
    let _shows = wpu_evidence::checked(["WPUModifyIFSHandle.requests-name-returned-handle"]);
    let _alone = alone();
    let (host, _, chain) = chained(0);
    let client = host.client();
    client.procs_of(chain.id()).expect("a start");
    host.rename_ifs_handles(true);
    let mut errno = 0;
    // SAFETY: the table is that of a living host, and the error location is valid.
    let known = unsafe { layer().table.lpWPUModifyIFSHandle.unwrap()(chain.id(), 0x54, &raw mut errno) };
    assert!(client.procs(known).is_ok());
    assert_eq!(client.procs(0x54).err(), Some(WsaError::WSAENOTSOCK));
    assert_eq!(client.close(0x54), Err(WsaError::WSAENOTSOCK));
}

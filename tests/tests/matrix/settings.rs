//! Options, names, texts, and refused calls.

use super::cells::ON_THE_SYSTEM;
use super::world::World;
use std::net::{Ipv4Addr, SocketAddr};
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

pub fn d_28_options(world: World) {
    let _shows = world.tested([
        "socket-options.listening-shows",
        "linger-and-close.zero-linger-resets",
        "WSPSetSockOpt.set-value-is-answered",
        "WSPGetSockOpt.WSAENOPROTOOPT",
        "WSPRecv.WSAECONNRESET",
        "WSPSetSockOpt.WSAEFAULT",
        "WSPSetSockOpt.WSAENOPROTOOPT",
    ]);
    let (listener, _) = world.listener();
    let (near, far) = world.pair();
    let client = &world.client;
    let number = |socket, name| client.number_option(socket, SOL_SOCKET, name);
    assert_eq!(number(near, SO_TYPE), Ok(SOCK_STREAM));
    assert_eq!((number(near, SO_ACCEPTCONN), number(listener, SO_ACCEPTCONN)), (Ok(0), Ok(1)));
    assert_eq!(number(near, SO_ERROR), Ok(0));
    for name in [SO_RCVTIMEO, SO_SNDTIMEO, SO_RCVBUF, SO_SNDBUF, SO_KEEPALIVE, SO_REUSEADDR] {
        client.set_option(near, SOL_SOCKET, name, &1_u32.to_le_bytes()).expect("an option");
        assert_eq!(number(near, name), Ok(1), "{name:#x}");
    }
    client.set_option(near, SOL_SOCKET, SO_LINGER, &[1, 0, 5, 0]).expect("an option");
    assert_eq!(number(near, SO_LINGER), Ok(0x5_0001));
    assert_eq!(number(near, SO_DONTLINGER), Ok(0));
    let mut entry = vec![0; size_of::<WSAPROTOCOL_INFOW>()];
    assert_eq!(client.option(near, SOL_SOCKET, SO_PROTOCOL_INFOW, &mut entry), Ok(entry.len()));
    let version = std::mem::offset_of!(WSAPROTOCOL_INFOW, iVersion);
    assert_eq!(entry[version..version + 4], 2_u32.to_le_bytes());
    assert_eq!(number(near, 0x7777), Err(WsaError::WSAENOPROTOOPT));
    assert_eq!(client.set_option(near, SOL_SOCKET, SO_TYPE, &[0; 4]), Err(WsaError::WSAENOPROTOOPT));
    assert_eq!(client.set_option(near, SOL_SOCKET, SO_RCVTIMEO, &[]), Err(WsaError::WSAEFAULT));
    // A connection with a linger time of 0 is reset.
    client.set_option(near, SOL_SOCKET, SO_LINGER, &[1, 0, 0, 0]).expect("an option");
    world.close([near]);
    assert_eq!(client.recv(far, &mut [0]), Err(WsaError::WSAECONNRESET));
    world.close([far, listener]);
    world.end();
}

pub fn names_and_addresses(world: World) {
    let _shows = world.tested([
        "WSPAddressToString.all-parts-in-text",
        "WSPGetPeerName.names-the-connected-peer",
        "WSPGetSockName.tells-implicit-address",
        "address-conversion.numbers-not-names",
        "address-conversion.there-and-back",
        "WSPGetPeerName.WSAENOTCONN",
        "WSPGetSockName.WSAEINVAL",
        "WSPStringToAddress.WSAEINVAL",
    ]);
    let client = &world.client;
    let fresh = world.socket();
    assert_eq!(client.local_address(fresh), Err(WsaError::WSAEINVAL));
    assert_eq!(client.peer_address(fresh), Err(WsaError::WSAENOTCONN));
    let (near, far) = world.pair();
    assert_eq!(client.peer_address(near), client.local_address(far));
    assert_eq!(client.peer_address(far), client.local_address(near));
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 80));
    assert_eq!(client.address_to_string(address, None), Ok("127.0.0.1:80".to_owned()));
    assert_eq!(client.string_to_address("127.0.0.1:80", AF_INET, None), Ok(address));
    assert_eq!(client.string_to_address("localhost", AF_INET, None), Err(WsaError::WSAEINVAL));
    world.close([fresh, near, far]);
    world.end();
}

pub fn d_25_strange_handles_and_values_are_refused(world: World) {
    let _shows = world.tested([
        "WSPAccept.WSAEINVAL",
        "WSPBind.WSAEADDRINUSE",
        "WSPBind.WSAEFAULT",
        "WSPBind.WSAEINVAL",
        "WSPCloseSocket.WSAENOTSOCK",
        "WSPConnect.WSAEINVAL",
        "WSPListen.WSAEINVAL",
        "WSPRecv.WSAENOTCONN",
        "WSPSend.WSAENOTCONN",
        "WSPSend.WSAEOPNOTSUPP",
        "socket-options.used-address-refused",
    ]);
    let client = &world.client;
    let (listener, address) = world.listener();
    let fresh = world.socket();
    assert_eq!(client.bind_bytes(fresh, &[2]), Err(WsaError::WSAEFAULT));
    assert_eq!(client.bind(fresh, address), Err(WsaError::WSAEADDRINUSE));
    assert_eq!(client.bind(listener, address), Err(WsaError::WSAEINVAL), "it has an address");
    // Systems differ here.
    if world.cell.base != ON_THE_SYSTEM {
        let any = |port: u16| SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
        assert_eq!(client.bind(fresh, any(address.port())), Err(WsaError::WSAEADDRINUSE));
        let wide = world.socket();
        client.bind(wide, any(0)).expect("a free port");
        let port = client.local_address(wide).expect("an address").port();
        let one = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        assert_eq!(client.bind(fresh, one), Err(WsaError::WSAEADDRINUSE));
        world.close([wide]);
    }
    assert_eq!(client.listen(fresh, 1), Err(WsaError::WSAEINVAL), "it has none");
    assert_eq!(client.accept(fresh).map(|_| ()), Err(WsaError::WSAEINVAL));
    assert_eq!(client.connect(listener, address), Err(WsaError::WSAEINVAL));
    assert_eq!(client.send(fresh, b"x"), Err(WsaError::WSAENOTCONN));
    assert_eq!(client.recv(fresh, &mut [0]), Err(WsaError::WSAENOTCONN));
    let (near, far) = world.pair();
    assert_eq!(client.send_vectored(near, &[b"x"], MSG_OOB), Err(WsaError::WSAEOPNOTSUPP));
    assert_eq!(client.send(near, b""), Ok(0));
    assert!(client.ioctl(near, 0x1234, &[], &mut []).is_err());
    let procs = client.procs(near).expect("a provider");
    let close = procs.lpWSPCloseSocket.expect("a function");
    let mut errno = 0;
    // SAFETY: the provider is started, and the function accepts any value.
    assert_eq!(unsafe { close(0xdead, &raw mut errno) }, SOCKET_ERROR);
    assert_eq!(errno, WsaError::WSAENOTSOCK.code());
    world.host.clear_faults();
    world.close([listener, fresh, near, far]);
    world.end();
}

pub fn d_05_a_handle_with_the_same_context_is_another(world: World) {
    let _shows = world.tested(["WSPCloseSocket.WSAENOTSOCK"]);
    let _checks = world.checked(["socket-handles.created-handles-used"]);
    let (near, far) = world.pair();
    let table = world.host.table();
    let entry = world.host.owner(near).expect("its entry");
    let (mut context, mut errno) = (0, 0);
    let query = table.lpWPUQuerySocketHandleContext.expect("an upcall");
    // SAFETY: the host lives, and the pointers point to locals.
    assert_eq!(unsafe { query(near, &raw mut context, &raw mut errno) }, 0);
    let create = table.lpWPUCreateSocketHandle.expect("an upcall");
    // SAFETY: as above.
    let stranger = unsafe { create(entry, context, &raw mut errno) };
    let procs = world.client.procs(near).expect("a provider");
    let close = procs.lpWSPCloseSocket.expect("a function");
    // SAFETY: the provider is started, and the errno location is a local.
    assert_eq!(unsafe { close(stranger, &raw mut errno) }, SOCKET_ERROR);
    assert_eq!(errno, WsaError::WSAENOTSOCK.code());
    world.client.send_all(near, b"x").expect("it is open");
    let close_handle = table.lpWPUCloseSocketHandle.expect("an upcall");
    // SAFETY: as above; this test has created the handle.
    assert_eq!(unsafe { close_handle(stranger, &raw mut errno) }, 0);
    world.close([near, far]);
    world.end();
}

pub fn d_22_select_poll_and_others_are_shown_the_clients_handle(world: World) {
    let _shows = world.tested([
        "control-codes.base-answers-its-handle",
        "control-codes.base-answers-bsp-codes",
        "control-codes.no-place-for-the-handle",
        "control-codes.seeing-layers-answer-their-handle",
    ]);
    let (near, far) = world.pair();
    for code in [SIO_BSP_HANDLE_SELECT, SIO_BSP_HANDLE_POLL, SIO_BSP_HANDLE, SIO_BASE_HANDLE] {
        let mut handle = [0; size_of::<SOCKET>()];
        assert_eq!(world.client.ioctl(near, code, &[], &mut handle), Ok(handle.len()), "{code:#x}");
        // The base's own handle differs if a layer has handles of its own.
        let same = code != SIO_BASE_HANDLE || !world.cell.has_own_handles();
        assert_eq!(SOCKET::from_ne_bytes(handle) == near, same, "{code:#x}");
        let short = world.client.ioctl(near, code, &[], &mut handle[1..]);
        assert_eq!(short, Err(WsaError::WSAEFAULT), "{code:#x}");
    }
    world.close([near, far]);
    world.end();
}

pub fn d_24_there_are_no_functions_beside_the_thirty(world: World) {
    let (near, far) = world.pair();
    let (id, mut pointer) = ([7; size_of::<GUID>()], [0; size_of::<usize>()]);
    let answer = world.client.ioctl(near, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, &mut pointer);
    assert_eq!((answer, pointer), (Err(WsaError::WSAEOPNOTSUPP), [0; size_of::<usize>()]));
    world.close([near, far]);
    world.end();
}

pub fn d_36_what_lives_in_this_process_has_no_duplicates(world: World) {
    let (near, far) = world.pair();
    let duplicate = world.client.duplicate(near, std::process::id());
    assert_eq!(duplicate.map(|_| ()), Err(WsaError::WSAEINVAL));
    world.close([near, far]);
    world.end();
}

//! Sockets: their two handles, one for the client and one for the provider below.

use super::super::catalog::INSTALLED;
use super::stand::{Stand, guid, module};
use crate::layer::sys::ffi::{
    FIONBIO, SIO_BASE_HANDLE, SIO_BSP_HANDLE, SIO_BSP_HANDLE_POLL, SIO_BSP_HANDLE_SELECT, SIO_FLUSH,
    SIO_GET_EXTENSION_FUNCTION_POINTER, SIO_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER, SIO_KEEPALIVE_VALS,
    SO_PROTOCOL_INFOW, SO_UPDATE_ACCEPT_CONTEXT, SOCK_STREAM, SOCKET, SOL_SOCKET, WSAPROTOCOL_INFOW,
    XP1_IFS_HANDLES,
};
use crate::layer::sys::{
    Bytes, Class, ClientRef, FdSetMut, Gather, OutBuf, Progress, Request, RequestBuffers, ServiceProvider,
    SocketParams, WsaError,
};
use wpu_host::Entry;

fn sends(stand: &Stand, socket: usize) -> Result<Progress<u32>, WsaError> {
    stand.next.send(socket, 0, Request::sending(Gather::nothing()))
}

/// A request that receives into `room`.
fn into(room: OutBuf<'_>) -> Request<'_> {
    Request::lending(RequestBuffers { room: Some(room), ..RequestBuffers::NOTHING })
}

#[test]
fn d_01_every_handle_is_closed() {
    let _shows = wpu_evidence::tested([
        "socket-handles.lower-sockets-closed",
        "WPUCloseSocketHandle.given-back-on-close",
    ]);
    let stand = Stand::new(Class::NonIfs);
    let sockets: Vec<_> = (0..70).map(|_| stand.socket()).collect();
    assert_eq!(stand.host.left_open().socket_handles, 70);
    stand.next.close_socket(sockets[3]).expect("it is open");
    assert_eq!(stand.host.left_open().socket_handles, 69);
    assert_eq!(stand.base.state().sockets.len(), 69);
    stand.next.cleanup().expect("it cleans up");
    assert_eq!(stand.host.left_open().socket_handles, 0);
    assert!(stand.base.state().sockets.is_empty(), "nor does a lower one stay");
    assert!(stand.calls().ends_with(&["cleanup()".to_owned()]), "all are closed before");
}

#[test]
fn d_02_a_closed_socket_is_refused() {
    let _shows = wpu_evidence::tested([
        "WSPCloseSocket.descriptor-released",
        "WSPCloseSocket.WSAENOTSOCK",
        "WSPSend.WSAENOTSOCK",
    ]);
    for class in [Class::NonIfs, Class::Ifs] {
        let stand = Stand::new(class);
        let (kept, closed) = (stand.socket(), stand.socket());
        stand.next.close_socket(closed).expect("it is open");
        stand.calls();
        let answer = sends(&stand, closed);
        if class == Class::NonIfs {
            assert_eq!(answer.err(), Some(WsaError::WSAENOTSOCK));
            assert_eq!(stand.next.close_socket(closed), Err(WsaError::WSAENOTSOCK));
            assert_eq!(stand.next.listen(closed, 1), Err(WsaError::WSAENOTSOCK));
            assert_eq!(stand.next.shutdown(closed, 1), Err(WsaError::WSAENOTSOCK));
            assert_eq!(stand.next.event_select(closed, None, 0), Err(WsaError::WSAENOTSOCK));
            assert_eq!(stand.next.accept(closed, None, None), Err(WsaError::WSAENOTSOCK));
            assert!(stand.calls().is_empty(), "nothing is called below");
        }
        sends(&stand, kept).expect("it is open");
    }
}

#[test]
fn d_02_a_close_that_fails_leaves_the_socket_open() {
    let _shows = wpu_evidence::tested(["WPUCloseSocketHandle.given-back-on-close"]);
    for class in [Class::NonIfs, Class::Ifs] {
        let stand = Stand::new(class);
        let socket = stand.socket();
        stand.base.state().failures.insert("close_socket", WsaError::WSAEWOULDBLOCK);
        assert_eq!(stand.next.close_socket(socket), Err(WsaError::WSAEWOULDBLOCK));
        assert_eq!(stand.host.left_open().socket_handles, usize::from(class == Class::NonIfs));
        stand.base.state().failures.clear();
        sends(&stand, socket).expect("it is open");
        stand.next.close_socket(socket).expect("it is open");
        assert_eq!(stand.host.left_open().socket_handles, 0);
    }
}

#[test]
fn d_03_each_class_has_its_own_handles() {
    let made = Stand::new(Class::NonIfs);
    let socket = made.socket();
    assert_ne!(socket, made.lower());
    assert_eq!(made.host.owner(socket), Some(made.chain.id()));
    assert_eq!(made.host.left_open().socket_handles, 1);
    let registered = Stand::new(Class::Ifs);
    let socket = registered.socket();
    assert_eq!(registered.host.proposed_handle(socket), Some(registered.lower()));
    assert_eq!(registered.host.left_open().socket_handles, 0);
}

#[test]
fn d_04_the_client_gets_the_handle_that_was_returned() {
    let _shows = wpu_evidence::tested(["WPUModifyIFSHandle.client-gets-returned-handle"]);
    let stand = Stand::new(Class::Ifs);
    stand.host.rename_ifs_handles(true);
    let socket = stand.socket();
    let lower = stand.lower();
    assert_ne!(socket, lower);
    stand.calls();
    sends(&stand, socket).expect("it is open");
    assert_eq!(stand.calls(), [format!("send({lower:#x}, 0, 0)")]);
    let accepted = stand.next.accept(socket, None, None).expect("a connection");
    assert_ne!(accepted, stand.lower());
    assert_eq!(stand.host.proposed_handle(accepted), Some(stand.lower()));
}

#[test]
fn d_05_the_context_of_a_foreign_handle_is_refused() {
    let _shows = wpu_evidence::tested(["WSPSend.WSAENOTSOCK"]);
    let stand = Stand::new(Class::NonIfs);
    let socket = stand.socket();
    let key = stand.upcalls.query_socket_handle_context(socket).expect("it is the layer's");
    let foreign = stand.upcalls.create_socket_handle(stand.base_entry.id(), key).expect("a handle");
    assert_eq!(sends(&stand, foreign.raw()).err(), Some(WsaError::WSAENOTSOCK));
}

#[test]
fn d_25_the_first_error_is_reported_and_the_lower_socket_is_closed() {
    let _shows =
        wpu_evidence::tested(["socket-handles.first-error-reported", "socket-handles.lower-sockets-closed"]);
    let stand = Stand::new(Class::NonIfs);
    // The host no longer knows this entry, so that no handle can be created for it.
    let unknown = WSAPROTOCOL_INFOW { dwCatalogEntryId: 0x7fff_0000, ..stand.chain.info };
    INSTALLED.with_borrow_mut(|catalog| catalog.push(unknown));
    stand.base.state().failures.insert("close_socket", WsaError::WSAENETDOWN);
    let refused = stand.next.socket(SocketParams::new(2, 1, 6).info(ClientRef::new(&unknown)));
    assert_eq!(refused, Err(WsaError::WSAEINVAL), "not that of the close");
    assert!(stand.calls().iter().any(|call| call.starts_with("close_socket")), "the lower socket is closed");
    stand.base.state().failures.clear();
    stand.base.state().sockets.clear();
}

#[test]
fn unknown_system_handles_are_passed_down() {
    let stand = Stand::new(Class::Ifs);
    stand.socket();
    stand.calls();
    sends(&stand, 0x8888).expect("the base may know it");
    assert_eq!(stand.calls(), ["send(0x8888, 0, 0)"]);
}

/// While there is one chain, and every handle is the same below, no lookup is made.
#[test]
fn a_second_chain_or_another_handle_ends_the_direct_path() {
    let stand = Stand::new(Class::Ifs);
    let first = stand.socket();
    assert_eq!(first, stand.lower());
    let goes_down = |socket: usize, lower: usize| {
        stand.calls();
        sends(&stand, socket).expect("it is open");
        stand.calls() == [format!("send({lower:#x}, 0, 0)")]
    };
    assert!(goes_down(first, first));
    assert!(stand.next.chains.direct().is_some());

    let other = module("straight-second.dll");
    let base = Entry::new(guid(0x57a1), "straight-second.dll").flags(XP1_IFS_HANDLES);
    let base = stand.install(base.sockets(2, SOCK_STREAM, 17));
    let chain = Entry::chain(guid(0x57a2), "layer.dll", &[&stand.hidden, &base]).flags(XP1_IFS_HANDLES);
    let chain = stand.install(chain.sockets(2, SOCK_STREAM, 17));
    let second =
        stand.next.socket(SocketParams::new(2, 1, 17).info(ClientRef::new(&chain.info))).expect("it opens");
    assert!(!goes_down(second, second), "it is no socket of the first base");
    assert!(other.state().calls.contains(&format!("send({second:#x}, 0, 0)")));
    assert!(goes_down(first, first));

    assert!(stand.next.chains.direct().is_none());

    let stand = Stand::new(Class::Ifs);
    let first = stand.socket();
    stand.host.rename_ifs_handles(true);
    let second = stand.socket();
    for (socket, lower) in [(first, first), (second, stand.lower())] {
        stand.calls();
        sends(&stand, socket).expect("it is open");
        assert_eq!(stand.calls(), [format!("send({lower:#x}, 0, 0)")]);
    }
}

#[test]
fn a_reused_handle_belongs_to_the_newer_socket() {
    const AGAIN: SOCKET = 0x4000;
    unsafe extern "system" fn again(_: u32, _: SOCKET, _: *mut i32) -> SOCKET {
        AGAIN
    }
    let stand = Stand::under(Class::Ifs, |table| table.lpWPUModifyIFSHandle = Some(again));
    let sent_on = || {
        stand.calls();
        sends(&stand, AGAIN).expect("somebody has it");
        stand.calls()
    };
    assert_eq!(stand.socket(), AGAIN);
    let earlier = stand.next.sockets.find(AGAIN).expect("it is open");
    assert_eq!(sent_on(), [format!("send({:#x}, 0, 0)", earlier.lower)]);
    // The close of the earlier socket has not reached the layer when the system reuses the handle.
    assert_eq!(stand.socket(), AGAIN);
    let newer = stand.lower();
    assert_ne!(newer, earlier.lower);
    assert_eq!(sent_on(), [format!("send({newer:#x}, 0, 0)")]);
    stand.next.sockets.forget(&earlier);
    assert_eq!(sent_on(), [format!("send({newer:#x}, 0, 0)")], "the close belonged to another socket");
    stand.next.close_socket(AGAIN).expect("it is open");
    assert_eq!(sent_on(), [format!("send({AGAIN:#x}, 0, 0)")], "the layer does not know it any more");
}

#[test]
fn there_is_no_direct_path_after_the_clean_up_or_with_created_handles() {
    let stand = Stand::new(Class::Ifs);
    let socket = stand.socket();
    stand.next.cleanup().expect("it cleans up");
    assert!(stand.next.chains.direct().is_none());
    assert_eq!(sends(&stand, socket).err(), Some(WsaError::WSAENOTSOCK));
    let stand = Stand::new(Class::NonIfs);
    stand.socket();
    assert!(stand.next.chains.direct().is_none());
}

#[test]
fn d_21_sets_are_translated_both_ways() {
    let _shows = wpu_evidence::tested(["layering.sets-are-translated", "WSPSelect.set-is-read-by-count"]);
    for class in [Class::NonIfs, Class::Ifs] {
        let stand = Stand::new(class);
        stand.host.rename_ifs_handles(true);
        let sockets: Vec<_> = (0..70).map(|_| stand.socket()).collect();
        let lowers = stand.base.state().sockets.clone();
        stand.calls();
        let ((selected, written), read) = FdSetMut::with(&sockets, |read| {
            FdSetMut::with(&sockets[2..4], |write| stand.next.select(0, Some(read), Some(write), None, None))
        });
        assert_eq!(selected, Ok(2));
        assert_eq!((&*read, &*written), (&sockets[..1], &sockets[2..3]));
        let call = format!("select(Some({:x?}) Some({:x?}) None)", lowers, &lowers[2..4]);
        assert_eq!(stand.calls(), [call]);
    }
}

#[test]
fn d_21_a_failure_leaves_the_sets_and_unknown_sockets_are_refused() {
    let _shows = wpu_evidence::tested(["WSPSelect.one-bad-member-fails-all", "WSPSelect.WSAENOTSOCK"]);
    let stand = Stand::new(Class::NonIfs);
    let socket = stand.socket();
    let select = |sockets: &[usize]| {
        FdSetMut::with(sockets, |set| stand.next.select(0, Some(set), None, Some(set), None))
    };
    stand.base.state().failures.insert("select", WsaError::WSAENETDOWN);
    assert_eq!(select(&[socket]), (Err(WsaError::WSAENETDOWN), vec![socket]));
    stand.base.state().failures.clear();
    stand.calls();
    assert_eq!(select(&[socket, 0x8888]).0, Err(WsaError::WSAENOTSOCK));
    let (written, _) = FdSetMut::with(&[0x8888], |set| stand.next.select(0, None, Some(set), None, None));
    assert_eq!(written, Err(WsaError::WSAENOTSOCK));
    assert!(stand.calls().is_empty(), "nobody waits");
}

#[test]
fn d_23_the_base_answers_base_handle_queries_and_the_layer_its_own() {
    let _shows = wpu_evidence::tested([
        "control-codes.base-handle-goes-down",
        "control-codes.seeing-layers-answer-their-handle",
        "WSPIoctl.WSAEFAULT",
    ]);
    let stand = Stand::new(Class::NonIfs);
    let socket = stand.socket();
    let lower = stand.lower();
    stand.calls();
    let mut handle = [0; size_of::<usize>()];
    let answer = stand.next.ioctl(socket, SIO_BSP_HANDLE, into(OutBuf::new(&mut handle)));
    assert_eq!(answer.expect("it is open").done(), Some(&(usize::BITS / 8)));
    assert_eq!(usize::from_ne_bytes(handle), socket);
    let short = stand.next.ioctl(socket, SIO_BSP_HANDLE, into(OutBuf::new(&mut handle[1..])));
    assert_eq!(short.err(), Some(WsaError::WSAEFAULT));
    assert!(stand.calls().is_empty());
    stand.next.ioctl(socket, SIO_BASE_HANDLE, Request::lending(RequestBuffers::NOTHING)).expect("it is open");
    assert_eq!(stand.calls(), [format!("ioctl({lower:#x}, {SIO_BASE_HANDLE:#x})")]);
}

#[test]
fn d_22_select_and_poll_receive_the_handle_of_a_layer_with_its_own_handles() {
    let _shows = wpu_evidence::tested(["control-codes.seeing-layers-answer-their-handle"]);
    let ask = |class, code| {
        let stand = Stand::new(class);
        let socket = stand.socket();
        stand.calls();
        let mut handle = [0; size_of::<usize>()];
        let answer = stand.next.ioctl(socket, code, into(OutBuf::new(&mut handle)));
        assert!(answer.is_ok(), "it is open");
        (usize::from_ne_bytes(handle) == socket, stand.calls().len())
    };
    for code in [SIO_BSP_HANDLE_SELECT, SIO_BSP_HANDLE_POLL] {
        assert_eq!(ask(Class::NonIfs, code), (true, 0), "the layer answers");
        assert_eq!(ask(Class::Ifs, code), (false, 1), "the system's handle is for the base to name");
    }
}

#[test]
fn d_24_functions_that_would_bypass_the_layer_are_refused() {
    let _shows = wpu_evidence::tested(["extension-functions.layer-hides-lower-functions"]);
    let ask = |class, code| {
        let stand = Stand::new(class);
        let socket = stand.socket();
        stand.next.ioctl(socket, code, Request::lending(RequestBuffers::NOTHING)).err()
    };
    for code in [SIO_GET_EXTENSION_FUNCTION_POINTER, SIO_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER] {
        assert_eq!(ask(Class::NonIfs, code), Some(WsaError::WSAEOPNOTSUPP), "{code:#x}");
        assert_eq!(ask(Class::Ifs, code), None, "with the system's handles they work");
    }
}

#[test]
fn d_28_the_entry_of_a_socket_is_the_clients() {
    let _shows = wpu_evidence::tested(["layering.layer-answers-chain-entry", "WSPGetSockOpt.WSAEFAULT"]);
    let stand = Stand::new(Class::NonIfs);
    let socket = stand.socket();
    let mut value = [0; 640];
    let (mut used, room) = (0, value.len());
    let whole = OutBuf::with_used(&mut value, &mut used);
    stand.next.get_sock_opt(socket, SOL_SOCKET, SO_PROTOCOL_INFOW, whole).expect("there is room");
    assert_eq!(used as usize, size_of::<WSAPROTOCOL_INFOW>());
    assert!(room > used as usize);
    // The id follows five numbers and a GUID.
    assert_eq!(value[36..40], stand.chain.id().to_ne_bytes());
    let short = stand.next.get_sock_opt(socket, SOL_SOCKET, SO_PROTOCOL_INFOW, OutBuf::new(&mut [0; 8]));
    assert_eq!(short, Err(WsaError::WSAEFAULT));
}

#[test]
fn an_option_that_names_a_socket_is_translated() {
    let stand = Stand::new(Class::NonIfs);
    let (socket, other) = (stand.socket(), stand.socket());
    let lower = stand.lower();
    stand.calls();
    let value = other.to_ne_bytes();
    stand
        .next
        .set_sock_opt(socket, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, Bytes::new(&value))
        .expect("both are open");
    assert!(stand.calls()[0].ends_with(&format!("{:?})", lower.to_ne_bytes())));
}

#[test]
fn d_36_a_duplicate_names_the_clients_entry_and_opens_below() {
    let _shows = wpu_evidence::tested([
        "layering.duplicates-go-through-the-chain",
        "WSPDuplicateSocket.information-recognised",
    ]);
    let stand = Stand::new(Class::NonIfs);
    let socket = stand.socket();
    let info = stand.next.duplicate_socket(socket, 42).expect("it is open");
    assert_eq!(info, WSAPROTOCOL_INFOW { dwProviderReserved: 0xd0b1e, ..stand.chain.info });
    stand.next.socket(SocketParams::new(-1, -1, -1).info(ClientRef::new(&info))).expect("it opens");
    let below = WSAPROTOCOL_INFOW { dwProviderReserved: 0xd0b1e, ..stand.base_entry.info };
    assert_eq!(stand.base.state().opened.last(), Some(&below));
}

#[test]
fn a_cancelled_call_is_found_in_any_provider_below() {
    let stand = Stand::new(Class::Ifs);
    assert_eq!(stand.next.cancel_blocking_call(), Err(WsaError::WSAEINVAL));
    stand.socket();
    assert_eq!(stand.next.cancel_blocking_call(), Ok(()));
}

#[test]
fn a_layers_own_input_is_passed_down_only_if_it_has_no_pointers() {
    /// `SIO_SET_QOS`: its input ends with a pointer.
    const QUALITY: u32 = 0x8800_000B;
    let stand = Stand::new(Class::NonIfs);
    let socket = stand.socket();
    stand.calls();
    let bytes = [1; 64];
    let own =
        || Request::lending(RequestBuffers { input: Some(Bytes::new(&bytes)), ..RequestBuffers::NOTHING });
    // SAFETY: no code in this test dereferences a pointer of the input.
    let came = |code| unsafe { own().tagged(code) };
    let seen = |code, request| (stand.next.ioctl(socket, code, request).err(), stand.calls().len());
    let (refused, passed) = ((Some(WsaError::WSAEINVAL), 0), (None, 1));
    // Refused by the layer itself.
    let answered = (Some(WsaError::WSAEOPNOTSUPP), 0);
    assert_eq!(seen(QUALITY, own()), refused);
    assert_eq!(seen(QUALITY, came(FIONBIO)), refused, "input of another code is not input of this one");
    assert_eq!(seen(QUALITY, came(QUALITY).with_input(vec![1; 64])), refused);
    assert_eq!(seen(QUALITY, came(QUALITY)), passed);
    assert_eq!(seen(QUALITY, Request::lending(RequestBuffers::NOTHING)), passed);
    assert_eq!(seen(FIONBIO, own()), passed);
    assert_eq!(seen(SIO_KEEPALIVE_VALS, own()), passed);
    assert_eq!(seen(SIO_GET_EXTENSION_FUNCTION_POINTER, own()), answered);
    assert_eq!(seen(SIO_FLUSH, own()), passed, "its number says that it has no input");
}

/// A client may lend the same memory as input and as output.
#[test]
fn memory_of_input_with_pointers_cannot_be_filled() {
    let mut memory = [0; 64];
    let at = memory.as_mut_ptr();
    // SAFETY: the memory is readable, and is only copied.
    let input = unsafe { Bytes::from_raw(at, 32) };
    // SAFETY: this number of bytes is writable, and no location for the used length is passed.
    let room = |from: usize| unsafe { OutBuf::from_raw(at.wrapping_add(from), 32, std::ptr::null_mut()) };
    let lent = RequestBuffers { input, room: room(16), ..RequestBuffers::NOTHING };
    let has_room = |request: Request<'_>| {
        (request.room().is_some(), request.blocking().is_some_and(|lent| lent.room.is_some()))
    };
    assert_eq!(has_room(Request::lending(lent)), (true, true));
    // SAFETY: no code in this test dereferences a pointer of the input.
    let came = |lent| unsafe { Request::lending(lent).tagged(FIONBIO) };
    assert_eq!(has_room(came(lent)), (false, false));
    assert_eq!(has_room(came(RequestBuffers { room: room(32), ..lent })), (true, true));
}

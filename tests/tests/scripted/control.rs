//! Control codes: what the kit answers itself, what a transport answers, and the errors of the others.

use super::*;
use std::ptr;

/// What a call of `WSPIoctl` answers: its result, its error and its count, which is `UNTOUCHED` before.
pub fn raw(world: &World, socket: SOCKET, code: u32, input: &[u8], output: &mut [u8]) -> (i32, i32, u32) {
    let ioctl = world.client.procs(socket).expect("a provider").lpWSPIoctl.expect("a function");
    let (mut count, mut errno) = (UNTOUCHED, 0);
    let from = if input.is_empty() { ptr::null_mut() } else { input.as_ptr().cast_mut().cast() };
    let into = if output.is_empty() { ptr::null_mut() } else { output.as_mut_ptr().cast() };
    let lengths = [input.len(), output.len()].map(|length| u32::try_from(length).expect("small"));
    let (count_at, none) = (&raw mut count, ptr::null_mut());
    // SAFETY: the provider is started, and the pointers are null or point to values that outlive the call.
    let answer = unsafe {
        ioctl(
            socket,
            code,
            from,
            lengths[0],
            into,
            lengths[1],
            count_at,
            none,
            None,
            ptr::null(),
            &raw mut errno,
        )
    };
    (answer, errno, count)
}

/// A code of `AF_ATM`, and one of `AF_INET`, with output.
const ATM: u32 = 0x5016_0001;
const INET: u32 = 0x5002_0001;

/// The byte count before a call.
const UNTOUCHED: u32 = 0x5a5a_5a5a;

fn failed(error: WsaError) -> (i32, i32) {
    (SOCKET_ERROR, error.code())
}

/// How many bytes wait, as `FIONREAD` says.
fn waiting(world: &World, socket: SOCKET) -> u32 {
    let mut number = [0xff; 4];
    assert_eq!(raw(world, socket, FIONREAD, &[], &mut number), (0, 0, 4));
    u32::from_le_bytes(number)
}

#[test]
fn the_mode_is_any_number_but_zero() {
    let _shows =
        wpu_evidence::tested(["control-codes.fionbio-sets-the-mode", "WSPIoctl.no-output-counts-zero"]);
    let world = World::new();
    let (socket, end) = world.connected();
    for mode in [1_u32, 0x100, 0x1_0000, 0x8000_0000, u32::MAX] {
        assert_eq!(raw(&world, socket, FIONBIO, &mode.to_le_bytes(), &mut []), (0, 0, 0));
        assert_eq!(world.client.recv(socket, &mut [0]), Err(WsaError::WSAEWOULDBLOCK), "{mode:#x}");
        assert_eq!(raw(&world, socket, FIONBIO, &[0; 4], &mut []), (0, 0, 0));
        let later = end.clone();
        world.host.set_blocking_hook(move || {
            later.arrive(b"a");
            true
        });
        let received = world.client.recv(socket, &mut [0; 9]);
        world.host.clear_blocking_hook();
        assert!(received.is_ok(), "the socket waits: {received:?}");
        end.part().arrived.clear();
    }
    assert_eq!(raw(&world, socket, FIONBIO, &[], &mut []).1, WsaError::WSAEFAULT.code());
    world.end([socket], []);
}

#[test]
fn the_bytes_that_wait_are_counted() {
    let _shows =
        wpu_evidence::tested(["control-codes.fionread-of-streams", "control-codes.fionread-of-messages"]);
    let world = World::new();
    let (stream, end) = world.connected();
    assert_eq!(waiting(&world, stream), 0);
    for count in [5, 600, 70_000] {
        // Beyond some size only the transport can count.
        end.part().counts = count > 600;
        end.arrive(&vec![7; count]);
        assert_eq!(waiting(&world, stream) as usize, count);
        assert_eq!(world.client.recv(stream, &mut vec![0; count]), Ok(count), "one receive gets them");
        assert_eq!(waiting(&world, stream), 0);
    }
    let (messages, far) = world.datagram();
    world.client.bind(messages, somewhere()).expect("an address");
    far.part().counts = true;
    for (message, sum) in [(&b"one"[..], 3), (b"", 3), (b"three", 8)] {
        far.arrive(message);
        assert_eq!(waiting(&world, messages), sum, "all messages count");
    }
    assert_eq!(world.client.recv(messages, &mut [0; 9]), Ok(3));
    assert_eq!(waiting(&world, messages), 5);
    world.end([stream, messages], []);
}

#[test]
fn a_code_that_nobody_handles_has_the_error_of_its_text() {
    let _shows = wpu_evidence::tested([
        "control-codes.which-refusal",
        "control-codes.optional-codes-refused",
        "control-codes.siocatmark-needs-a-stream",
        "control-codes.keepalive-of-datagrams",
        "control-codes.backlog-needs-a-connection",
        "control-codes.family-codes-for-their-family",
    ]);
    let world = World::new();
    let ((stream, end), (datagram, far)) = (world.stream(), world.datagram());
    let (atm, _) = world.open(AF_ATM, SOCK_RAW);
    let ask = |socket, code| {
        let (answer, errno, count) = raw(&world, socket, code, &[0; 12], &mut [0; 12]);
        assert_eq!(count, UNTOUCHED);
        (answer, errno)
    };
    let optional = [
        SIO_ASSOCIATE_HANDLE,
        SIO_TRANSLATE_HANDLE,
        SIO_ENABLE_CIRCULAR_QUEUEING,
        SIO_GET_QOS,
        SIO_SET_QOS,
        SIO_GET_GROUP_QOS,
    ];
    for socket in [stream, datagram] {
        for code in optional {
            assert_eq!(ask(socket, code), failed(WsaError::WSAENOPROTOOPT), "{code:#x}");
        }
        for code in [0x1234, SIO_ADDRESS_LIST_QUERY, SIO_GET_EXTENSION_FUNCTION_POINTER, 0x5800_0001, INET] {
            assert_eq!(ask(socket, code), failed(WsaError::WSAEOPNOTSUPP), "{code:#x}");
        }
        assert_eq!(ask(socket, ATM), failed(WsaError::WSAEINVAL), "it is for another family");
    }
    assert_eq!(ask(atm, ATM), failed(WsaError::WSAEOPNOTSUPP));
    assert_eq!(ask(atm, INET), failed(WsaError::WSAEINVAL));
    // These depend on the kind of the socket and on its state, even if the transport knows them.
    for end in [&end, &far] {
        for code in
            [SIO_KEEPALIVE_VALS, SIO_IDEAL_SEND_BACKLOG_QUERY, SIO_IDEAL_SEND_BACKLOG_CHANGE, SIOCATMARK]
        {
            end.part().codes.insert(code, vec![]);
        }
    }
    assert_eq!(ask(datagram, SIOCATMARK), failed(WsaError::WSAEINVAL));
    assert_eq!(ask(datagram, SIO_KEEPALIVE_VALS), failed(WsaError::WSAENOPROTOOPT));
    for code in [SIO_IDEAL_SEND_BACKLOG_QUERY, SIO_IDEAL_SEND_BACKLOG_CHANGE] {
        assert_eq!(ask(datagram, code), failed(WsaError::WSAEOPNOTSUPP));
        assert_eq!(ask(stream, code), failed(WsaError::WSAENOTCONN));
    }
    world.client.connect(stream, somewhere()).expect("a connection");
    for code in [SIO_KEEPALIVE_VALS, SIO_IDEAL_SEND_BACKLOG_QUERY, SIO_IDEAL_SEND_BACKLOG_CHANGE, SIOCATMARK]
    {
        assert_eq!(raw(&world, stream, code, &[0; 12], &mut []), (0, 0, 0), "{code:#x}");
    }
    world.end([stream, datagram, atm], []);
}

#[test]
fn codes_of_the_transport_get_their_input_and_give_their_output() {
    let _shows = wpu_evidence::tested([
        "control-codes.void-codes-without-buffers",
        "control-codes.needed-size-in-the-count",
        "WSPIoctl.lpvInBuffer.within-length",
        "WSPIoctl.lpvOutBuffer.within-length",
        "WSPIoctl.lpvOutBuffer.written-on-success",
    ]);
    let world = World::new();
    let (socket, end) = world.stream();
    assert_eq!(raw(&world, socket, SIO_FLUSH, &[], &mut []), (0, 0, 0));
    end.part().codes.insert(SIO_ENABLE_CIRCULAR_QUEUEING, vec![]);
    assert_eq!(raw(&world, socket, SIO_ENABLE_CIRCULAR_QUEUEING, &[], &mut []), (0, 0, 0));
    assert_eq!(end.part().asked.pop(), Some((SIO_ENABLE_CIRCULAR_QUEUEING, vec![])));
    for code in [SIO_ADDRESS_LIST_QUERY, SIO_ROUTING_INTERFACE_QUERY] {
        end.part().codes.insert(code, vec![3; 16]);
        let (mut output, input) = ([0x5a; 24], [1, 2, 3, 4, 5, 6]);
        for room in [0, 1, 15] {
            let short = raw(&world, socket, code, &input[..4], &mut output[..room]);
            assert_eq!(short, (SOCKET_ERROR, WsaError::WSAEFAULT.code(), 16), "{room}");
            assert_eq!(output, [0x5a; 24]);
        }
        // Nothing behind the input is read, and nothing behind the output written.
        assert_eq!(raw(&world, socket, code, &input[..4], &mut output[..20]), (0, 0, 16));
        assert_eq!(end.part().asked.pop(), Some((code, vec![1, 2, 3, 4])));
        assert_eq!((&output[..16], &output[16..]), (&[3; 16][..], &[0x5a; 8][..]));
    }
    let (failing, mut output) = (0x5800_0001, [0x5a; 8]);
    assert_eq!(raw(&world, socket, failing, &[], &mut output).0, SOCKET_ERROR);
    assert_eq!(output, [0x5a; 8]);
    world.end([socket], []);
}

#[test]
fn routes_and_the_quality_of_service_are_the_transports_to_answer() {
    let _shows =
        wpu_evidence::tested(["control-codes.no-route-code", "control-codes.qos-query-without-input"]);
    let world = World::new();
    let (socket, end) = world.datagram();
    for error in [WsaError::WSAENETUNREACH, WsaError::WSAENETDOWN] {
        end.part().refusals.insert(SIO_ROUTING_INTERFACE_QUERY, error);
        let answer = raw(&world, socket, SIO_ROUTING_INTERFACE_QUERY, &[0; 16], &mut [0; 16]);
        assert_eq!((answer.0, answer.1), failed(error));
    }
    end.part().codes.insert(SIO_GET_QOS, vec![7; 24]);
    let mut output = [0; 24];
    assert_eq!(raw(&world, socket, SIO_GET_QOS, &[], &mut output), (0, 0, 24));
    assert_eq!(output, [7; 24]);
    assert_eq!(end.part().asked.pop(), Some((SIO_GET_QOS, vec![])));
    world.end([socket], []);
}

#[test]
fn the_handle_for_polling_is_asked_without_a_structure() {
    let _shows = wpu_evidence::tested(["control-codes.poll-handle-without-structure"]);
    let world = World::new();
    let (socket, _) = world.stream();
    let ask = |code| {
        let answer =
            world.client.ioctl_overlapped(socket, code, &[], size_of::<SOCKET>(), wpu_host::Tell::Nobody);
        answer.map(|request| request.outcome().map(|outcome| outcome.error))
    };
    assert_eq!(ask(SIO_BSP_HANDLE_POLL).err(), Some(WsaError::WSAEFAULT));
    assert!(ask(SIO_BSP_HANDLE_SELECT).is_ok());
    world.end([socket], []);
}

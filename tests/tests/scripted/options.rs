//! Options: their defaults, their lengths, their states, and the errors of those that do not exist.

use super::*;
use std::ptr;

const NO_OPTION: Result<i32, WsaError> = Err(WsaError::WSAENOPROTOOPT);
/// The numbers of `IP_OPTIONS` and `IP_TTL`.
const OPTIONS_AND_TTL: [i32; 2] = [1, 4];
const ON: [u8; 4] = [1, 0, 0, 0];

/// The boolean options of every socket that are false at first.
const FALSE: [i32; 6] =
    [SO_BROADCAST, SO_DEBUG, SO_DONTROUTE, SO_OOBINLINE, SO_REUSEADDR, SO_CONDITIONAL_ACCEPT];

/// The common options, without that for the keep-alive of streams, and that for the catalog entry.
const COMMON: [i32; 18] = [
    SO_ACCEPTCONN,
    SO_BROADCAST,
    SO_DEBUG,
    SO_DONTLINGER,
    SO_DONTROUTE,
    SO_ERROR,
    SO_EXCLUSIVEADDRUSE,
    SO_GROUP_ID,
    SO_GROUP_PRIORITY,
    SO_LINGER,
    SO_MAX_MSG_SIZE,
    SO_OOBINLINE,
    SO_RCVBUF,
    SO_RCVTIMEO,
    SO_REUSEADDR,
    SO_SNDBUF,
    SO_SNDTIMEO,
    SO_TYPE,
];

fn get(world: &World, socket: SOCKET, name: i32) -> Result<i32, WsaError> {
    world.client.number_option(socket, SOL_SOCKET, name)
}

fn set(world: &World, socket: SOCKET, name: i32, value: &[u8]) -> Result<(), WsaError> {
    world.client.set_option(socket, SOL_SOCKET, name, value)
}

/// A stream in each of its states, with its name.
fn states(world: &World) -> Vec<(SOCKET, &'static str)> {
    let (fresh, _) = world.stream();
    let (bound, _) = world.stream();
    world.client.bind(bound, somewhere()).expect("an address");
    let (listening, door) = world.listening();
    door.call();
    let (accepted, _) = world.client.accept(listening).expect("a connection");
    let (shut, _) = world.connected();
    world.client.shutdown(shut, SD_BOTH).expect("a connection");
    let (ended, end) = world.connected();
    end.break_off(WsaError::WSAECONNRESET);
    vec![
        (fresh, "fresh"),
        (bound, "bound"),
        (listening, "listening"),
        (accepted, "accepted"),
        (shut, "shut down"),
        (ended, "reset"),
    ]
}

fn close(world: &World, sockets: &[(SOCKET, &str)]) {
    for (socket, _) in sockets {
        world.client.close(*socket).expect("a socket to close");
    }
}

#[test]
fn options_that_nobody_has_set_have_their_defaults() {
    let _shows = wpu_evidence::tested([
        "socket-options.false-by-default",
        "socket-options.zero-by-default",
        "socket-options.linger-off-by-default",
        "socket-options.nagle-is-on",
        "WSPGetSockOpt.unset-option-has-default",
    ]);
    let world = World::new();
    let (stream, _) = world.stream();
    let (datagram, _) = world.datagram();
    for socket in [stream, datagram] {
        for name in FALSE {
            assert_eq!(get(&world, socket, name), Ok(0), "{name:#x}");
        }
        for name in [SO_ERROR, SO_GROUP_ID, SO_GROUP_PRIORITY, SO_RCVTIMEO, SO_SNDTIMEO] {
            assert_eq!(get(&world, socket, name), Ok(0), "{name:#x}");
        }
        assert_eq!(get(&world, socket, SO_DONTLINGER), Ok(1));
        assert_eq!(get(&world, socket, SO_LINGER).map(|linger| linger & 0xffff), Ok(0));
    }
    assert_eq!(get(&world, stream, SO_KEEPALIVE), Ok(0));
    assert_eq!(world.client.number_option(stream, IPPROTO_TCP, TCP_NODELAY), Ok(0));
    world.client.set_option(stream, IPPROTO_TCP, TCP_NODELAY, &ON).expect("an option");
    assert_eq!(world.client.number_option(stream, IPPROTO_TCP, TCP_NODELAY), Ok(1));
    world.end([stream, datagram], []);
}

#[test]
fn every_common_option_is_known_in_every_state() {
    let _shows = wpu_evidence::tested([
        "socket-options.common-options-are-known",
        "WSPGetSockOpt.read-in-any-state",
        "WSPSetSockOpt.set-in-any-state",
        "WSPSetSockOpt.set-value-is-answered",
    ]);
    let world = World::new();
    let sockets = states(&world);
    let read_only = [SO_ACCEPTCONN, SO_ERROR, SO_GROUP_ID, SO_MAX_MSG_SIZE, SO_TYPE];
    for (socket, state) in &sockets {
        for name in COMMON.into_iter().chain([SO_KEEPALIVE]) {
            assert!(get(&world, *socket, name).is_ok(), "{name:#x}, {state}");
            let listens = *state == "listening" && name == SO_CONDITIONAL_ACCEPT;
            if read_only.contains(&name) || listens {
                continue;
            }
            set(&world, *socket, name, &ON).unwrap_or_else(|error| panic!("{error}: {name:#x}, {state}"));
            assert_eq!(get(&world, *socket, name), Ok(1), "{name:#x}, {state}");
        }
        assert_eq!(get(&world, *socket, SO_TYPE), Ok(SOCK_STREAM));
        assert_eq!(get(&world, *socket, SO_ACCEPTCONN), Ok((*state == "listening").into()));
        world.client.set_option(*socket, IPPROTO_TCP, TCP_NODELAY, &ON).expect("an option");
        assert_eq!(world.client.number_option(*socket, IPPROTO_TCP, TCP_NODELAY), Ok(1));
        let mut entry = [0; size_of::<WSAPROTOCOL_INFOW>()];
        let whole = world.client.option(*socket, SOL_SOCKET, SO_PROTOCOL_INFOW, &mut entry);
        assert_eq!(whole, Ok(entry.len()));
        // There are no settings of the vendor: nothing can be read, and nothing but nothing can be set.
        assert_eq!(world.client.option(*socket, SOL_SOCKET, PVD_CONFIG, &mut [0; 8]), Ok(0));
        let config = world.client.procs(*socket).expect("a provider").lpWSPSetSockOpt.expect("a function");
        for (length, code) in [(0, 0), (4, WsaError::WSAEINVAL.code())] {
            let mut errno = 0;
            // SAFETY: the provider is started, and the pointers point to values that outlive the call.
            unsafe { config(*socket, SOL_SOCKET, PVD_CONFIG, ON.as_ptr(), length, &raw mut errno) };
            assert_eq!(errno, code);
        }
    }
    close(&world, &sockets);
    world.end([], []);
}

#[test]
fn an_answer_has_the_length_of_its_value() {
    let _shows =
        wpu_evidence::tested(["WSPGetSockOpt.length-of-the-value", "WSPGetSockOpt.optval.within-length"]);
    let world = World::new();
    let (socket, _) = world.stream();
    for name in COMMON {
        let mut large = [0x5a; 16];
        assert_eq!(world.client.option(socket, SOL_SOCKET, name, &mut large), Ok(4), "{name:#x}");
        assert_eq!(large[4..], [0x5a; 12], "{name:#x}: nothing is written beyond the value");
        // Behind the length that the client gives, nothing is written either.
        let get = world.client.procs(socket).expect("a provider").lpWSPGetSockOpt.expect("a function");
        for given in 0..4 {
            let (mut bytes, mut length, mut errno) = ([0x5a_u8; 8], given, 0);
            let at = bytes.as_mut_ptr();
            // SAFETY: the provider is started, and the pointers point to locals.
            let answer = unsafe { get(socket, SOL_SOCKET, name, at, &raw mut length, &raw mut errno) };
            let written = if answer == 0 { usize::try_from(given).expect("small") } else { 0 };
            assert_eq!(bytes[written..], [0x5a; 8][written..], "{name:#x}, {given}: {errno}");
        }
    }
    assert_eq!(world.client.option(socket, SOL_SOCKET, SO_LINGER, &mut [0; 8]), Ok(size_of::<Linger>()));
    world.end([socket], []);
}

/// The structure `linger`.
type Linger = [u16; 2];

#[test]
fn a_failed_reading_writes_no_value() {
    let _shows = wpu_evidence::tested(["WSPGetSockOpt.optval.written-on-success"]);
    let world = World::new();
    let (socket, _) = world.stream();
    let mut value = [0x5a; 8];
    for (level, name) in [(SOL_SOCKET, 0x7777), (0x77, 1), (SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT)] {
        assert!(world.client.option(socket, level, name, &mut value).is_err());
    }
    assert_eq!(
        world.client.option(socket, SOL_SOCKET, SO_PROTOCOL_INFOW, &mut value),
        Err(WsaError::WSAEFAULT)
    );
    assert_eq!(value, [0x5a; 8]);
    world.end([socket], []);
}

#[test]
fn unknown_options_and_unknown_levels_have_an_error_each() {
    let _shows = wpu_evidence::tested([
        "WSPGetSockOpt.unsupported-option-code",
        "socket-options.read-only-options",
        "socket-options.write-only-options",
        "socket-options.bsd-options-refused",
        "socket-options.optional-ip-options-fail-reads",
    ]);
    let world = World::new();
    let client = &world.client;
    for (socket, _) in [world.stream(), world.datagram()] {
        for name in [0x7777, SO_RCVLOWAT, SO_SNDLOWAT, SO_USELOOPBACK] {
            assert_eq!(get(&world, socket, name), NO_OPTION, "{name:#x}");
            assert_eq!(set(&world, socket, name, &ON), NO_OPTION.map(drop), "{name:#x}");
        }
        for name in [SO_UPDATE_ACCEPT_CONTEXT, SO_UPDATE_CONNECT_CONTEXT] {
            assert_eq!(get(&world, socket, name), NO_OPTION, "{name:#x}");
        }
        let read_only = [
            SO_ACCEPTCONN,
            SO_BSP_STATE,
            SO_CONNECT_TIME,
            SO_ERROR,
            SO_GROUP_ID,
            SO_MAX_MSG_SIZE,
            SO_PROTOCOL_INFOW,
            SO_TYPE,
        ];
        for name in read_only {
            assert_eq!(set(&world, socket, name, &[0; 628]), NO_OPTION.map(drop), "{name:#x}");
        }
        for level in [IPPROTO_IP, 0x77, -1] {
            for name in [0, SO_TYPE, TCP_NODELAY].into_iter().chain(OPTIONS_AND_TTL) {
                assert_eq!(client.number_option(socket, level, name), Err(WsaError::WSAEINVAL));
                assert_eq!(client.set_option(socket, level, name, &ON), Err(WsaError::WSAEINVAL));
            }
        }
        client.close(socket).expect("a socket to close");
    }
    let ((stream, _), (datagram, _)) = (world.stream(), world.datagram());
    assert_eq!(client.number_option(stream, IPPROTO_TCP, 0x7777), NO_OPTION);
    assert_eq!(client.number_option(datagram, IPPROTO_TCP, TCP_NODELAY), Err(WsaError::WSAEINVAL));
    world.end([stream, datagram], []);
}

#[test]
fn options_without_a_use_are_kept_where_they_exist() {
    let _shows = wpu_evidence::tested([
        "socket-options.idle-options-are-accepted",
        "socket-options.routing-cannot-be-switched-off",
        "socket-options.keepalive-needs-a-stream",
        "socket-options.atm-refuses-options",
        "socket-options.condition-before-listen",
        "WSPSetSockOpt.nonzero-switches-on",
    ]);
    let world = World::new();
    let (stream, _) = world.connected();
    for name in [SO_DEBUG, SO_DONTROUTE, SO_KEEPALIVE, SO_RCVBUF, SO_SNDBUF] {
        for value in [1_i32, 0, -1, 0x100, 0x100_0000, i32::MIN] {
            set(&world, stream, name, &value.to_le_bytes()).expect("an option");
            assert_eq!(get(&world, stream, name).map(|now| now != 0), Ok(value != 0), "{name:#x}");
        }
    }
    assert_eq!(world.client.send(stream, b"ab"), Ok(2), "data still goes its way");
    for value in [0x100_i32, -1, 0x100_0000] {
        set(&world, stream, SO_DONTLINGER, &[0; 4]).expect("an option");
        assert_eq!(get(&world, stream, SO_DONTLINGER), Ok(0));
        set(&world, stream, SO_DONTLINGER, &value.to_le_bytes()).expect("an option");
        assert_eq!(get(&world, stream, SO_DONTLINGER), Ok(1), "{value:#x} is on");
    }
    let refused = |socket, names: &[i32]| {
        for name in names {
            assert_eq!(get(&world, socket, *name), NO_OPTION, "{name:#x}");
            assert_eq!(set(&world, socket, *name, &ON), NO_OPTION.map(drop), "{name:#x}");
        }
        world.client.close(socket).expect("a socket to close");
    };
    refused(world.datagram().0, &[SO_KEEPALIVE]);
    refused(world.open(AF_INET6, SOCK_STREAM).0, &[SO_DONTROUTE]);
    refused(world.open(AF_ATM, SOCK_RAW).0, &[SO_DONTROUTE, SO_KEEPALIVE]);
    let (listener, _) = world.stream();
    set(&world, listener, SO_CONDITIONAL_ACCEPT, &ON).expect("it does not listen yet");
    world.client.bind(listener, somewhere()).expect("an address");
    world.client.listen(listener, 1).expect("a listener");
    assert_eq!(set(&world, listener, SO_CONDITIONAL_ACCEPT, &ON), Err(WsaError::WSAEINVAL));
    world.end([stream, listener], []);
}

#[test]
fn a_value_is_copied_and_a_refused_one_changes_nothing() {
    let _shows = wpu_evidence::tested([
        "WSPSetSockOpt.optval.within-length",
        "WSPSetSockOpt.refusal-changes-nothing",
        "WSPSetSockOpt.value-is-copied",
    ]);
    let world = World::new();
    let (socket, end) = world.stream();
    // The bytes behind the length do not belong to the value.
    end.part().options.insert((0x77, 1), vec![]);
    world.client.set_option(socket, 0x77, 1, &[1, 2, 3, 4, 5][..3]).expect("an option");
    assert_eq!(end.part().options[&(0x77, 1)], [1, 2, 3]);
    for name in [SO_LINGER, SO_RCVTIMEO, SO_REUSEADDR, SO_SNDBUF] {
        let mut value = [5, 0, 7, 0];
        set(&world, socket, name, &value).expect("an option");
        value.fill(9);
        assert_eq!(get(&world, socket, name), Ok(0x7_0005), "{name:#x}");
        for short in [&[][..], &[1, 2], &[1, 2, 3]] {
            assert_eq!(set(&world, socket, name, short), Err(WsaError::WSAEFAULT), "{name:#x}");
            assert_eq!(get(&world, socket, name), Ok(0x7_0005), "{name:#x}");
        }
    }
    let set = world.client.procs(socket).expect("a provider").lpWSPSetSockOpt.expect("a function");
    let mut errno = 0;
    // SAFETY: the provider is started, and a null pointer is refused.
    let answer = unsafe { set(socket, SOL_SOCKET, SO_LINGER, ptr::null(), 4, &raw mut errno) };
    assert_eq!((answer, errno), (SOCKET_ERROR, WsaError::WSAEFAULT.code()));
    assert_eq!(get(&world, socket, SO_LINGER), Ok(0x7_0005));
    world.end([socket], []);
}

#[test]
fn a_transport_says_which_buffer_size_holds() {
    let _shows = wpu_evidence::tested(["socket-options.buffer-size-that-holds"]);
    let world = World::new();
    let (socket, end) = world.stream();
    for name in [SO_RCVBUF, SO_SNDBUF] {
        end.part().options.insert((SOL_SOCKET, name), 800_u32.to_le_bytes().to_vec());
        assert_eq!(get(&world, socket, name), Ok(800));
        set(&world, socket, name, &1001_u32.to_le_bytes()).expect("an option");
        assert_eq!(get(&world, socket, name), Ok(1100), "the transport rounds it up");
    }
    world.end([socket], []);
}

#[test]
fn the_kind_of_a_socket_and_its_whole_entry_are_answered() {
    let _shows = wpu_evidence::tested([
        "socket-options.type-as-created",
        "socket-options.entry-of-the-socket",
        "socket-options.longest-message",
        "socket-options.no-connect-time-yet",
    ]);
    let world = World::new();
    let client = &world.client;
    for (family, kind) in
        [(AF_INET, SOCK_STREAM), (AF_INET, SOCK_DGRAM), (AF_INET6, SOCK_STREAM), (AF_ATM, SOCK_RAW)]
    {
        let (asked, _) = world.open(family, kind);
        let entry = world.host.owner(asked).expect("an entry");
        let taken = client.socket_in(entry).expect("a socket");
        for socket in [asked, taken] {
            assert_eq!(get(&world, socket, SO_TYPE), Ok(kind), "{family}");
            let mut info = [0; size_of::<WSAPROTOCOL_INFOW>()];
            assert_eq!(client.option(socket, SOL_SOCKET, SO_PROTOCOL_INFOW, &mut info), Ok(info.len()));
            // SAFETY: the type consists of numbers and arrays of numbers, for which all bytes are valid.
            let info = unsafe { info.as_ptr().cast::<WSAPROTOCOL_INFOW>().read_unaligned() };
            let size = if kind == SOCK_DGRAM { LONGEST } else { 0 };
            assert_eq!((info.dwCatalogEntryId, info.iAddressFamily, info.iSocketType), (entry, family, kind));
            assert_eq!((info.dwMessageSize, info.iVersion), (size, 2));
            assert_eq!(info.ProviderId.Data1 >> 16, 0x7363);
            assert_eq!(get(&world, socket, SO_MAX_MSG_SIZE), Ok(size.cast_signed()));
            assert_eq!(get(&world, socket, SO_CONNECT_TIME), Ok(SOCKET_ERROR), "it is not connected");
            client.close(socket).expect("a socket to close");
        }
    }
    let (socket, end) = world.datagram();
    let longest = LONGEST as usize;
    assert_eq!(client.send_to(socket, &vec![0; longest], somewhere()), Ok(longest));
    assert_eq!(client.send_to(socket, &vec![0; longest + 1], somewhere()), Err(WsaError::WSAEMSGSIZE));
    // A transport that knows the size better, as once the socket is bound, says so.
    end.part().options.insert((SOL_SOCKET, SO_MAX_MSG_SIZE), 0xffff_0000_u32.to_le_bytes().to_vec());
    assert_eq!(get(&world, socket, SO_MAX_MSG_SIZE), Ok(0xffff_0000_u32.cast_signed()));
    let (stream, _) = world.connected();
    assert!(get(&world, stream, SO_CONNECT_TIME).is_ok_and(|seconds| (0..3600).contains(&seconds)));
    world.end([socket, stream], []);
}

/// The entry of a structure with addresses: where its address lies in the structure at `base`, and the address.
fn entry(bytes: &[u8], base: usize, at: usize) -> Option<SocketAddr> {
    let pointer_size = size_of::<usize>();
    let pointer = usize::from_ne_bytes(bytes[at..at + pointer_size].try_into().expect("a pointer"));
    let length =
        i32::from_ne_bytes(bytes[at + pointer_size..at + pointer_size + 4].try_into().expect("a length"));
    if (pointer, length) == (0, 0) {
        return None;
    }
    let place = pointer.checked_sub(base).expect("it points into the buffer");
    let address = &bytes[place..place + usize::try_from(length).expect("a length")];
    Some(Address::new(address).and_then(|address| address.to_inet()).expect("an address"))
}

#[test]
fn addresses_lie_in_the_buffer_of_their_structure() {
    let _shows = wpu_evidence::tested([
        "socket-options.addresses-in-one-answer",
        "control-codes.address-list-form",
        "control-codes.needed-size-in-the-count",
    ]);
    let world = World::new();
    let pointer_size = size_of::<usize>();
    let (fresh, _) = world.stream();
    let (bound, _) = world.datagram();
    world.client.bind(bound, somewhere()).expect("an address");
    let (connected, end) = world.connected();
    let here = Some(somewhere());
    for (socket, kind, addresses) in [
        (fresh, (SOCK_STREAM, IPPROTO_TCP), [None, None]),
        (bound, (SOCK_DGRAM, IPPROTO_UDP), [here, None]),
        (connected, (SOCK_STREAM, IPPROTO_TCP), [here, here]),
    ] {
        let mut bytes = [0; 128];
        let used = world.client.option(socket, SOL_SOCKET, SO_BSP_STATE, &mut bytes).expect("a state");
        let base = bytes.as_ptr().addr();
        assert_eq!([0, 2 * pointer_size].map(|at| entry(&bytes[..used], base, at)), addresses);
        let number = |at: usize| i32::from_ne_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        assert_eq!((number(4 * pointer_size), number(4 * pointer_size + 4)), kind);
        let short = world.client.option(socket, SOL_SOCKET, SO_BSP_STATE, &mut bytes[..used - 1]);
        assert_eq!(short, Err(WsaError::WSAEFAULT));
    }
    let all: Vec<SocketAddr> = vec![somewhere(), (Ipv4Addr::new(10, 1, 2, 3), 0).into()];
    end.part().addresses = Some(all.clone());
    let mut bytes = [0; 128];
    let used = world.client.ioctl(connected, SIO_ADDRESS_LIST_QUERY, &[], &mut bytes).expect("a list");
    let base = bytes.as_ptr().addr();
    assert_eq!(bytes[..4], 2_i32.to_ne_bytes());
    let listed: Vec<_> = [pointer_size, 3 * pointer_size]
        .map(|at| entry(&bytes[..used], base, at))
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(listed, all);
    let mut room = [0; 128];
    for length in [0, 4, used - 1] {
        let short = control::raw(&world, connected, SIO_ADDRESS_LIST_QUERY, &[], &mut room[..length]);
        assert_eq!(short, (SOCKET_ERROR, WsaError::WSAEFAULT.code(), u32::try_from(used).expect("small")));
        assert_eq!(room, [0; 128]);
    }
    world.end([fresh, bound, connected], []);
}

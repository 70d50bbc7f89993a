//! The memory of a client at the border: pointers that are null or misaligned reach no provider, and no function reads
//! or writes beyond the length that the client gives.

use crate::client::{self, CALLS, Client, Wrong};
use std::cell::{Cell, RefCell};
use wpu::facts::DOWNCALLS;
use wpu::ffi::{SOCKET, WSAPROTOCOL_INFOW, WSPPROC_TABLE, sockaddr};
use wpu::raw::{CompletionVtable, Serve};
use wpu::{
    Bytes, ClientRef, Condition, ConnectParams, OutBuf, Progress, Request, ServiceProvider, Text, WsaError,
};
use wpu_sys::obligations::OBLIGATIONS;
use wpu_sys::rt::obligation::Party;

const COMPLETION: CompletionVtable = CompletionVtable {
    begin: |_| {},
    tell: |_, _| unreachable!("nothing is pending"),
    keep: |_, _| unreachable!("nothing is passed down"),
    release: |_, _| unreachable!("nothing is passed down"),
    end: || {},
};

thread_local! {
    /// The number of calls that have reached the provider.
    static REACHED: Cell<usize> = const { Cell::new(0) };
}

/// A provider whose functions all fail.
struct Reached;

macro_rules! failure_values {
    ($($(#[request($($lent:ident),*)])? fn $function:ident($($name:ident: $type:ty),* $(,)?) -> $answer:ty;)*) => {
        impl ServiceProvider for Reached {
            $(fn $function(&self, $($name: $type),*) -> Result<$answer, WsaError> {
                $(let _ = $name;)*
                REACHED.set(REACHED.get() + 1);
                Err(WsaError::WSAENETDOWN)
            })*
        }
    };
}

wpu_sys::for_each_downcall!(failure_values);

macro_rules! serve {
    ($($provider:ident),*) => {
        $(
            // SAFETY: nothing is passed down, so there is no memory to keep.
            unsafe impl Serve for $provider {
                type Provider = Self;
                const COMPLETION: CompletionVtable = COMPLETION;
                const COMPLETES: bool = true;

                fn with<R>(body: impl FnOnce(&Self) -> Result<R, WsaError>) -> Result<R, WsaError> {
                    body(&Self)
                }
            }
        )*
    };
}

serve!(Reached, Measuring);

/// The place of a parameter of a downcall.
fn place(function: &str, parameter: &str) -> (usize, usize) {
    let slot = DOWNCALLS.iter().position(|downcall| downcall.name == function).expect("a downcall");
    let (_, parameters) = DOWNCALLS[slot].signature.split_once('(').expect("parameters");
    let name =
        |declared: &str| declared.trim_end_matches(");").trim().rsplit([' ', '*']).next() == Some(parameter);
    (slot, parameters.split(',').position(name).unwrap_or_else(|| panic!("{function} has no {parameter}")))
}

/// Parameters whose absence has a meaning: only a misaligned pointer is wrong.
const MAY_BE_ABSENT: [&str; 7] = [
    "WSPAccept.addrlen",
    "WSPIoctl.lpOverlapped",
    "WSPRecv.lpOverlapped",
    "WSPRecvFrom.lpFromlen",
    "WSPRecvFrom.lpOverlapped",
    "WSPSend.lpOverlapped",
    "WSPSendTo.lpOverlapped",
];

/// Parameters that are copied byte by byte, so that they may lie anywhere.
const BYTES: [&str; 9] = [
    "WSPAddressToString.lpsaAddress",
    "WSPBind.name",
    "WSPConnect.name",
    "WSPGetPeerName.name",
    "WSPGetSockName.name",
    "WSPGetSockOpt.optval",
    "WSPJoinLeaf.name",
    "WSPSetSockOpt.optval",
    "WSPStringToAddress.lpAddress",
];

#[test]
fn pointers_that_are_not_valid_reach_no_provider() {
    let of_clients =
        OBLIGATIONS.iter().filter(|rule| rule.rule == Some("not-null") && rule.binds == Party::Client);
    let ids: Vec<_> = of_clients.map(|obligation| obligation.id).collect();
    assert!(ids.len() > 25, "{ids:?}");
    let _shows = wpu_evidence::checked(ids.iter().copied());
    let table = WSPPROC_TABLE::serving::<Reached>();
    for id in ids {
        let parameter = id.strip_suffix(".not-null").expect("the rule");
        let (function, name) = parameter.split_once('.').expect("a function and a parameter");
        let (slot, at) = place(function, name);
        let call = |wrong| {
            let mut client = if name == "lpOverlapped" || name == "lpThreadId" {
                Client::overlapped(true)
            } else {
                Client::new()
            };
            client.wrong = wrong;
            let before = client.memory();
            REACHED.set(0);
            assert!(CALLS[slot].1(&table, &mut client), "{id}");
            let after = client.memory();
            assert!(after == before.with_errno(after.errno), "{id}: something is written");
            (WsaError::new(after.errno), REACHED.get())
        };
        let (reported, silent) = ((WsaError::WSAEFAULT, 0), (WsaError::WSAENETDOWN, 1));
        assert_eq!(call(None), silent, "{id}: nothing is wrong");
        let absent = if MAY_BE_ABSENT.contains(&parameter) { silent } else { reported };
        assert_eq!(call(Some((at, Wrong::Null))), absent, "{id}: null");
        let anywhere = if BYTES.contains(&parameter) { silent } else { reported };
        assert_eq!(call(Some((at, Wrong::Misaligned))), anywhere, "{id}: misaligned");
    }
}

thread_local! {
    /// What the provider has read.
    static READ: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    /// The number of items that the provider writes.
    static WRITES: Cell<usize> = const { Cell::new(0) };
}

/// A provider that reads all that there is, and writes as much as it is told.
struct Measuring;

fn read(bytes: Bytes<'_>) {
    READ.set(bytes.to_vec());
}

fn write(room: OutBuf<'_>) -> Result<(), WsaError> {
    Ok(room.fill(&vec![0xee; WRITES.get()])?)
}

impl ServiceProvider for Measuring {
    fn accept(
        &self,
        _: SOCKET,
        address: Option<OutBuf<'_>>,
        _: Option<Condition<'_>>,
    ) -> Result<SOCKET, WsaError> {
        write(address.expect("there is one")).map(|()| 5)
    }

    fn address_to_string(
        &self,
        address: Bytes<'_>,
        _: Option<ClientRef<'_, WSAPROTOCOL_INFOW>>,
        text: OutBuf<'_, u16>,
    ) -> Result<(), WsaError> {
        read(address);
        Ok(text.fill(&vec![0xeeee; WRITES.get()])?)
    }

    fn bind(&self, _: SOCKET, address: Bytes<'_>) -> Result<(), WsaError> {
        read(address);
        Ok(())
    }

    fn connect(&self, _: SOCKET, address: Bytes<'_>, _: ConnectParams<'_>) -> Result<(), WsaError> {
        read(address);
        Ok(())
    }

    fn get_peer_name(&self, _: SOCKET, address: OutBuf<'_>) -> Result<(), WsaError> {
        write(address)
    }

    fn get_sock_name(&self, _: SOCKET, address: OutBuf<'_>) -> Result<(), WsaError> {
        write(address)
    }

    fn get_sock_opt(&self, _: SOCKET, _: i32, _: i32, value: OutBuf<'_>) -> Result<(), WsaError> {
        write(value)
    }

    fn ioctl(&self, _: SOCKET, _: u32, request: Request<'_>) -> Result<Progress<u32>, WsaError> {
        request.input().into_iter().for_each(read);
        request.room().map_or(Ok(()), write)?;
        Ok(Progress::Done(WRITES.get().try_into().expect("few")))
    }

    fn join_leaf(
        &self,
        _: SOCKET,
        address: Bytes<'_>,
        _: ConnectParams<'_>,
        _: u32,
    ) -> Result<SOCKET, WsaError> {
        read(address);
        Ok(5)
    }

    fn set_sock_opt(&self, _: SOCKET, _: i32, _: i32, value: Bytes<'_>) -> Result<(), WsaError> {
        read(value);
        Ok(())
    }

    fn string_to_address(
        &self,
        _: Text<'_>,
        _: i32,
        _: Option<ClientRef<'_, WSAPROTOCOL_INFOW>>,
        address: OutBuf<'_>,
    ) -> Result<(), WsaError> {
        write(address)
    }
}

#[test]
fn no_more_is_read_than_the_client_gives() {
    let _shows = wpu_evidence::tested([
        "WSPAddressToString.lpsaAddress.within-length",
        "WSPBind.name.within-length",
        "WSPConnect.name.within-length",
        "WSPIoctl.lpvInBuffer.within-length",
        "WSPJoinLeaf.name.within-length",
        "WSPSetSockOpt.optval.within-length",
    ]);
    let table = WSPPROC_TABLE::serving::<Measuring>();
    // Of an address of 16 bytes, and of eight bytes.
    let (address, data) = ([2, 0, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7], [9; 8]);
    for (name, whole) in [
        ("WSPAddressToString", &address[..]),
        ("WSPBind", &address),
        ("WSPConnect", &address),
        ("WSPIoctl", &data),
        ("WSPJoinLeaf", &address),
        ("WSPSetSockOpt", &data),
    ] {
        for length in [1_i32, 3, 8] {
            let mut client = Client::new();
            client.given = length;
            WRITES.set(0);
            assert!(!client::call(name, &table, &mut client), "{name}");
            assert_eq!(READ.take(), whole[..length.unsigned_abs() as usize], "{name}");
        }
    }
}

/// A client's address of which this number of bytes was written.
fn address(writes: usize) -> sockaddr {
    let mut bytes = [2_u8, 0, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7];
    bytes[..writes].fill(0xee);
    let mut sa_data = [0; 14];
    sa_data.copy_from_slice(&bytes[2..]);
    sockaddr { sa_family: u16::from_le_bytes([bytes[0], bytes[1]]), sa_data }
}

#[test]
fn no_more_is_written_than_the_client_has_room_for() {
    let _shows = wpu_evidence::tested([
        "WSPAccept.addr.within-length",
        "WSPAddressToString.lpszAddressString.within-length",
        "WSPGetPeerName.name.within-length",
        "WSPGetSockName.name.within-length",
        "WSPGetSockOpt.optval.within-length",
        "WSPIoctl.lpvOutBuffer.within-length",
        "WSPIoctl.lpvOutBuffer.written-on-success",
        "WSPStringToAddress.lpAddress.within-length",
    ]);
    let table = WSPPROC_TABLE::serving::<Measuring>();
    let names = [
        "WSPAccept",
        "WSPAddressToString",
        "WSPGetPeerName",
        "WSPGetSockName",
        "WSPGetSockOpt",
        "WSPIoctl",
        "WSPStringToAddress",
    ];
    for name in names {
        for (room, writes) in [(3_i32, 3), (3, 4), (2, 3), (1, 1), (1, 2), (3, 1 << 16)] {
            let mut client = Client::new();
            (client.memory.length, client.memory.units, client.given) = (room, room.unsigned_abs(), room);
            WRITES.set(writes);
            let fits = writes <= room.unsigned_abs() as usize;
            let mut expected = client.memory();
            let failed = client::call(name, &table, &mut client);
            assert_eq!(failed, !fits, "{name}: {writes} of {room}");
            if failed {
                assert_eq!(client.memory().errno, WsaError::WSAEFAULT.code());
            } else {
                match name {
                    "WSPAddressToString" => expected.text[..writes].fill(0xeeee),
                    "WSPGetSockOpt" | "WSPIoctl" => expected.data[..writes].fill(0xee),
                    _ => expected.address = address(writes),
                }
            }
            let after = client.memory();
            assert!(after.same_buffers(&expected), "{name}: {writes} of {room}");
        }
    }
}

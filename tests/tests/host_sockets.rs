//! What the host passes to a provider that creates sockets and converts addresses, and hands up from it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use wpu::prelude::*;
use wpu::{ClientRef, OutBuf};
use wpu_host::{Client, Entry, Host, Leftovers, Module};
use wpu_sys::ffi::*;

/// Records what it is given.
#[wpu_provider(
    class = non_ifs,
    uses(WPUCreateSocketHandle),
    waives(
        WPUGetProviderPath,
        WPUPostMessage,
        WPUQueryBlockingCallback,
        WPUQuerySocketHandleContext = "not what is tested"
    ),
)]
struct Recorder {
    sockets: Mutex<Vec<SocketHandle>>,
}

wpu::export!(Recorder; any());

/// The numbers of the latest call.
static GIVEN: Mutex<Vec<u32>> = Mutex::new(Vec::new());

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn given() -> Vec<u32> {
    std::mem::take(&mut locked(&GIVEN))
}

impl Lifecycle for Recorder {
    fn start(_: &Start<'_>) -> Result<Self, WsaError> {
        Ok(Self { sockets: Mutex::default() })
    }
}

impl ServiceProvider for Recorder {
    fn socket(&self, params: SocketParams<'_>) -> Result<SOCKET, WsaError> {
        let info = params.info.ok_or(WsaError::WSAEINVAL)?.get();
        let handle = Self::upcalls().create_socket_handle(info.dwCatalogEntryId, 1)?;
        let (kind, raw) = ([params.family, params.kind, params.protocol], handle.raw());
        locked(&self.sockets).push(handle);
        *locked(&GIVEN) = kind.map(i32::cast_unsigned).to_vec();
        locked(&GIVEN).extend([params.flags, info.dwProviderReserved, u32::try_from(raw).unwrap_or(0)]);
        Ok(raw)
    }

    fn close_socket(&self, socket: SOCKET) -> Result<(), WsaError> {
        locked(&self.sockets).retain(|handle| handle.raw() != socket);
        Ok(())
    }

    fn cleanup(&self) -> Result<(), WsaError> {
        locked(&self.sockets).clear();
        Ok(())
    }

    fn duplicate_socket(&self, _: SOCKET, process: u32) -> Result<WSAPROTOCOL_INFOW, WsaError> {
        Ok(WSAPROTOCOL_INFOW { dwProviderReserved: !process, ..*locked(&INFO) })
    }

    fn address_to_string(
        &self,
        _: Bytes<'_>,
        info: Option<ClientRef<'_, WSAPROTOCOL_INFOW>>,
        text: OutBuf<'_, u16>,
    ) -> Result<(), WsaError> {
        *locked(&GIVEN) = info.map(|info| info.get().dwCatalogEntryId).into_iter().collect();
        Ok(text.fill(&[0])?)
    }

    fn string_to_address(
        &self,
        _: Text<'_>,
        _: i32,
        info: Option<ClientRef<'_, WSAPROTOCOL_INFOW>>,
        _: OutBuf<'_>,
    ) -> Result<(), WsaError> {
        *locked(&GIVEN) = info.map(|info| info.get().dwCatalogEntryId).into_iter().collect();
        Err(WsaError::WSAEINVAL)
    }
}

/// The catalog entry that duplicates name.
static INFO: Mutex<WSAPROTOCOL_INFOW> = Mutex::new(WSAPROTOCOL_INFOW::ZERO);

/// A host with entries of these families, and a client.
fn world<const N: usize>(families: [i32; N]) -> (Host, [Entry; N], Client, MutexGuard<'static, ()>) {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = locked(&ALONE);
    let host = Host::new().expect("a free slot");
    let module = Module::linked::<Recorder, _>();
    let mut number = 0;
    let entries = families.map(|family| {
        number += 1;
        let entry = Entry::new(GUID { Data1: 0x7265_0000 + number, ..GUID::ZERO }, "recorder.dll");
        host.install(entry.sockets(family, SOCK_STREAM, IPPROTO_TCP), &module)
    });
    let client = host.client();
    (host, entries, client, alone)
}

fn end(host: &Host, client: Client) {
    assert_eq!(client.finish(), Leftovers::default());
    assert_eq!(host.faults(), []);
}

#[test]
fn the_values_of_a_new_socket_come_down_and_its_descriptor_goes_up_unchanged() {
    let _shows =
        wpu_evidence::tested(["WSPSocket.values-passed-unmodified", "socket-handles.descriptor-handed-up"]);
    let (host, _, client, _alone) = world([AF_INET]);
    for asked in
        [[0, SOCK_STREAM, 0], [AF_INET, 0, IPPROTO_TCP], [AF_INET, SOCK_STREAM, 0], [0, 0, IPPROTO_TCP]]
    {
        let [family, kind, protocol] = asked;
        let socket = client.socket(family, kind, protocol).expect("a socket");
        let given = given();
        assert_eq!(given[..3], asked.map(i32::cast_unsigned));
        assert_eq!((given[3], given[5] as usize), (WSA_FLAG_OVERLAPPED, socket));
        client.close(socket).expect("a socket to close");
    }
    end(&host, client);
}

#[test]
fn what_a_provider_says_of_a_duplicate_reaches_it_again() {
    let _shows = wpu_evidence::tested(["WSPDuplicateSocket.reserved-value-travels"]);
    let (host, [entry], client, _alone) = world([AF_INET]);
    *locked(&INFO) = entry.info;
    let socket = client.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP).expect("a socket");
    for process in [0, 42, u32::MAX] {
        let info = client.duplicate(socket, process).expect("information");
        let other = client.socket_from(&info).expect("a socket");
        assert_eq!(given()[4], !process);
        client.close(other).expect("a socket to close");
    }
    client.close(socket).expect("a socket to close");
    end(&host, client);
}

#[test]
fn without_an_entry_the_first_provider_of_the_family_converts() {
    let _shows = wpu_evidence::tested(["address-conversion.host-chooses-provider"]);
    let (host, [six, four, other], client, _alone) = world([AF_INET6, AF_INET, AF_INET]);
    let (v4, v6) = (([1, 2, 3, 4], 5).into(), ([1; 8], 5).into());
    for (address, entry, expected) in [(v4, None, &four), (v6, None, &six), (v4, Some(other.id()), &other)] {
        client.address_to_string(address, entry).expect("a text");
        assert_eq!(given(), [expected.id()]);
    }
    for (family, entry, expected) in
        [(AF_INET, None, &four), (AF_INET6, None, &six), (AF_INET, Some(other.id()), &other)]
    {
        assert_eq!(client.string_to_address("x", family, entry), Err(WsaError::WSAEINVAL));
        assert_eq!(given(), [expected.id()]);
    }
    end(&host, client);
}

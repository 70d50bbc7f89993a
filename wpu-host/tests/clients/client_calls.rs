//! What the host's client passes to providers, and what it does with their answers.

use crate::pipes::{self, fault, install, starts};
use std::net::SocketAddr;
use wpu_host::{Client, Entry, Host, Leftovers};
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

fn address() -> SocketAddr {
    ([127, 0, 0, 1], 4711).into()
}

fn world(broken: u32) -> (Host, Entry, Client) {
    let host = Host::new().expect("a free slot");
    let entry = install(&host, broken);
    let client = host.client();
    (host, entry, client)
}

fn end(host: &Host, client: Client) {
    assert_eq!(client.finish(), Leftovers::default());
    assert_eq!(host.faults(), []);
}

#[test]
fn a_provider_gets_what_the_application_has_given() {
    let _shows = wpu_evidence::tested([
        "WSPDuplicateSocket.reserved-value-travels",
        "WSPIoctl.ioctlsocket-arrives-here",
        "WSPSocket.values-passed-unmodified",
        "socket-handles.descriptor-handed-up",
    ]);
    let (host, entry, client) = world(fault::NONE);
    let wanted = [(AF_INET, SOCK_STREAM, 0), (AF_INET, 0, IPPROTO_TCP), (0, SOCK_STREAM, IPPROTO_TCP)];
    for (family, kind, protocol) in wanted {
        let socket = client.socket(family, kind, protocol).expect("a socket");
        assert_eq!(pipes::asked(&entry), (family, kind, protocol, WSA_FLAG_OVERLAPPED, 0));
        assert!(pipes::has(socket), "it is the provider's own value");
        client.set_nonblocking(socket, true).expect("a mode");
        let info = client.duplicate(socket, 77).expect("an answer");
        let twin = client.socket_from(&info).expect("a socket");
        let given = (FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, WSA_FLAG_OVERLAPPED);
        assert_eq!(pipes::asked(&entry), (given.0, given.1, given.2, given.3, 1));
        for socket in [socket, twin] {
            client.close(socket).expect("it is open");
        }
    }
    end(&host, client);
}

#[test]
fn the_first_protocol_of_a_family_converts_its_addresses() {
    let _shows = wpu_evidence::tested(["address-conversion.host-chooses-provider"]);
    let host = Host::new().expect("a free slot");
    let of =
        |family, protocol| Entry::new(pipes::fresh_id(), "pipes.dll").sockets(family, SOCK_STREAM, protocol);
    let mut first = of(AF_INET, 99);
    first.info.dwProviderFlags = 0;
    let entries = [of(AF_INET6, IPPROTO_TCP), first, of(AF_INET, IPPROTO_TCP)];
    let entries = entries.map(|entry| host.install(entry, &pipes::module()));
    let client = host.client();
    assert_eq!(client.address_to_string(address(), None).as_deref(), Ok("127.0.0.1:4711"));
    assert_eq!(client.string_to_address("127.0.0.1:4711", AF_INET, None), Ok(address()));
    assert_eq!(entries.each_ref().map(|entry| starts(entry).0), [0, 1, 0]);
    end(&host, client);
}

#[test]
fn a_client_names_the_handle_that_was_created() {
    let _shows = wpu_evidence::checked(["socket-handles.created-handles-used"]);
    let (host, _, client) = world(fault::NONE);
    let socket = client.socket(AF_INET, SOCK_STREAM, 0).expect("a socket");
    for other in [socket + 1, socket + 2, socket + 4, !socket] {
        assert_eq!(client.listen(other, 1), Err(WsaError::WSAENOTSOCK));
        assert_eq!(client.close(other), Err(WsaError::WSAENOTSOCK));
    }
    client.close(socket).expect("it is open");
    end(&host, client);
}

#[test]
fn the_client_goes_on_where_the_provider_has_moved_a_part() {
    let _shows = wpu_evidence::tested([
        "data-transfer.client-sends-the-rest",
        "message-orientation.client-expects-short-reads",
    ]);
    let (host, _, client) = world(fault::PARTIAL_TRANSFERS);
    let [listener, near] = [(); 2].map(|()| client.socket(AF_INET, SOCK_STREAM, 0).expect("a socket"));
    client.bind(listener, address()).expect("a free address");
    client.listen(listener, 1).expect("a listener");
    client.connect(near, address()).expect("a connection");
    client.set_nonblocking(near, true).expect("a mode");
    let (far, _) = client.accept(listener).expect("a caller");
    assert_eq!(client.send(near, b"first"), Ok(1));
    client.send_all(near, b"second").expect("a peer");
    let mut bytes = [0; 7];
    client.recv_all(far, &mut bytes).expect("all bytes");
    assert_eq!(&bytes, b"fsecond");
    client.send_all(near, b"xy").expect("a peer");
    assert_eq!(client.recv(far, &mut bytes), Ok(1), "a receive gives one byte");
    end(&host, client);
}

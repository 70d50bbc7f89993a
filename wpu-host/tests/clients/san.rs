//! Providers for system area networks, which the host starts and calls as the switch does.

use crate::pipes::{self, asked, fault};
use wpu_host::{Client, Entry, Host};
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

fn san(broken: u32) -> (Host, Entry, Client) {
    let host = Host::new().expect("a free slot");
    let mut entry = Entry::new(pipes::fresh_id(), "san.dll").sockets(AF_INET, SOCK_STREAM, 0);
    entry.info.dwServiceFlags4 = broken;
    let entry = host.install(entry, &pipes::full_extended_module());
    let client = host.client();
    (host, entry, client)
}

#[test]
fn functions_that_such_a_provider_need_not_have_are_not_called() {
    let _shows = wpu_evidence::tested(["WSPStartupEx.thirteen-never-called"]);
    let (host, entry, client) = san(fault::NONE);
    let socket = client.socket_in(entry.id()).expect("a socket");
    let procs = client.procs(socket).expect("it is started");
    // SAFETY: a table is a `repr(C)` struct of thirty nullable function pointers.
    let slots = unsafe { std::mem::transmute::<WSPPROC_TABLE, [usize; 30]>(procs) };
    assert_eq!(slots.iter().filter(|slot| **slot == 0).count(), 13);
    assert!(procs.lpWSPSend.is_some() && procs.lpWSPCloseSocket.is_some());
    assert_eq!(client.shutdown(socket, 1), Err(WsaError::WSAEOPNOTSUPP));
    assert_eq!(client.cancel_blocking_call(socket), Err(WsaError::WSAEOPNOTSUPP));
    client.close(socket).expect("it is open");
    assert!(client.finish().is_empty());
    assert_eq!(host.faults(), []);
}

#[test]
fn a_socket_is_named_by_the_value_that_the_provider_has_returned() {
    let _shows = wpu_evidence::tested(["socket-handles.descriptor-of-the-provider"]);
    // It returns a value of its own, which no upcall made.
    let (host, entry, client) = san(fault::UNKNOWN_HANDLE);
    let socket = client.socket_in(entry.id()).expect("a socket");
    assert_eq!((socket, host.owner(socket)), (0x1234, Some(entry.id())));
    assert_eq!(asked(&entry).3, WSA_FLAG_OVERLAPPED);
    // Options are set without a look at the socket: the call reaches the provider.
    assert_eq!(client.set_option(socket, SOL_SOCKET, SO_DEBUG, &[0; 4]), Err(WsaError::WSAENOPROTOOPT));
    let other = client.set_option(socket + 4, SOL_SOCKET, SO_DEBUG, &[0; 4]);
    assert_eq!((other, host.owner(socket + 4)), (Err(WsaError::WSAENOTSOCK), None));
    assert!(client.finish().is_empty());
    assert_eq!((host.faults(), host.owner(socket)), (vec![], None));
}

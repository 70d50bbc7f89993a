//! Messages for a client's sockets, posted where the base cannot: it knows another handle.

use super::stand::{PATIENCE, Stand};
use crate::layer::sys::ffi::{FD_ACCEPT, FD_READ, FD_WRITE, WSANETWORKEVENTS};
use crate::layer::sys::{Class, ServiceProvider, Window, WsaError};
use std::time::{Duration, Instant};

/// All messages, once the host has posted this number.
fn messages(stand: &Stand, count: usize) -> Vec<(usize, isize)> {
    let late = Instant::now() + PATIENCE;
    loop {
        let messages = stand.host.messages();
        let messages: Vec<_> = messages.into_iter().map(|posted| (posted.wparam, posted.lparam)).collect();
        if messages.len() >= count {
            return messages;
        }
        assert!(Instant::now() < late, "only these messages came: {messages:?}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Makes the base record an event and set the event object.
fn happens(stand: &Stand, events: i32, error: i32) {
    let happened = WSANETWORKEVENTS { lNetworkEvents: events, iErrorCode: [error; 10] };
    stand.base.state().events.push_back(happened);
    let event = stand.base.state().selected.expect("the base was asked for events").1;
    let event = crate::EventRef::from_raw(std::ptr::with_exposed_provenance_mut(event));
    stand.upcalls.set_event(event.expect("an event")).expect("it is open");
}

#[test]
fn d_19_messages_carry_the_clients_handle_and_stop_with_the_close() {
    let _shows = wpu_evidence::tested([
        "WSPAsyncSelect.event-and-error-packed",
        "WSPAsyncSelect.one-message-per-event",
    ]);
    let stand = Stand::new(Class::NonIfs);
    let (socket, window) = (stand.socket(), stand.host.window());
    let lower = stand.lower();
    stand.next.async_select(socket, Window::from_raw(window), 0x401, FD_READ | FD_WRITE).expect("it is open");
    assert_eq!(
        stand.base.state().selected.map(|selected| (selected.0, selected.2)),
        Some((lower, FD_READ | FD_WRITE))
    );
    happens(&stand, FD_READ | FD_ACCEPT, 0);
    assert_eq!(messages(&stand, 1), [(socket, FD_READ as isize)], "the other event was not selected");
    happens(&stand, FD_READ | FD_WRITE, 10054);
    let failed = |event: i32| (socket, ((10054 << 16) | event) as isize);
    assert_eq!(messages(&stand, 3)[1..], [failed(FD_READ), failed(FD_WRITE)]);
    stand.calls();
    stand.next.close_socket(socket).expect("it is open");
    happens(&stand, FD_READ, 0);
    stand.next.cleanup().expect("it cleans up");
    assert_eq!(messages(&stand, 0).len(), 3, "the socket was closed");
}

#[test]
fn d_19_an_event_selection_ends_the_messages() {
    let stand = Stand::new(Class::NonIfs);
    let (socket, window) = (stand.socket(), stand.host.window());
    stand.next.async_select(socket, Window::from_raw(window), 0x401, FD_READ).expect("it is open");
    stand.base.state().failures.insert("event_select", WsaError::WSAEINVAL);
    assert_eq!(
        stand.next.async_select(socket, Window::from_raw(window), 0x402, FD_WRITE),
        Err(WsaError::WSAEINVAL)
    );
    stand.base.state().failures.clear();
    happens(&stand, FD_READ, 0);
    assert_eq!(messages(&stand, 1), [(socket, FD_READ as isize)], "what failed has changed nothing");
    stand.next.async_select(socket, Window::from_raw(window), 0, 0).expect("it is open");
    assert_eq!(stand.base.state().selected, None);
    stand.next.async_select(socket, Window::from_raw(window), 0x401, FD_READ).expect("it is open");
    let (_, event, _) = stand.base.state().selected.expect("an event");
    stand.next.event_select(socket, None, 0).expect("it is open");
    let event = crate::EventRef::from_raw(std::ptr::with_exposed_provenance_mut(event)).expect("an event");
    stand.upcalls.set_event(event).expect("it is open");
    stand.next.cleanup().expect("it cleans up");
    assert_eq!(messages(&stand, 0).len(), 1);
}

#[test]
fn d_19_where_both_know_the_same_handle_the_base_posts() {
    let stand = Stand::new(Class::Ifs);
    let socket = stand.socket();
    stand.calls();
    stand.next.async_select(socket, Window::from_raw(stand.host.window()), 7, FD_READ).expect("it is open");
    assert_eq!(stand.calls(), [format!("async_select({socket:#x}, 7, {FD_READ:#x})")]);
}

#[test]
fn d_27_an_accepted_socket_inherits_the_messages_but_not_that_of_connections() {
    let stand = Stand::new(Class::NonIfs);
    let (listening, window) = (stand.socket(), stand.host.window());
    stand
        .next
        .async_select(listening, Window::from_raw(window), 0x401, FD_ACCEPT | FD_READ)
        .expect("it is open");
    let accepted = stand.next.accept(listening, None, None).expect("a connection");
    let none = WSANETWORKEVENTS { lNetworkEvents: 0, iErrorCode: [0; 10] };
    let both = WSANETWORKEVENTS { lNetworkEvents: FD_READ | FD_ACCEPT, ..none };
    stand.base.state().events.clear();
    stand.base.state().events.extend([none, both]);
    let (_, event, _) = stand.base.state().selected.expect("an event");
    let event = crate::EventRef::from_raw(std::ptr::with_exposed_provenance_mut(event)).expect("an event");
    stand.upcalls.set_event(event).expect("it is open");
    let posted = messages(&stand, 1);
    // The worker may have queried the listening socket once more in between.
    assert!(
        posted.contains(&(accepted, FD_READ as isize)) || posted.contains(&(listening, FD_READ as isize))
    );
    assert!(!posted.contains(&(accepted, FD_ACCEPT as isize)));
}

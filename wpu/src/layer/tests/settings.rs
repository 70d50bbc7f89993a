//! Control codes that a layer answers, options that it passes on, and records of events that it keeps from clients.

use super::ask::Ask;
use super::stand::Stand;
use crate::EventRef;
use crate::layer::sys::ffi::{
    FD_READ, FD_WRITE, SIO_BSP_HANDLE_POLL, SIO_QUERY_TARGET_PNP_HANDLE, WSANETWORKEVENTS,
};
use crate::layer::sys::{
    Class, ClientMut, OutBuf, Request, RequestBuffers, ServiceProvider, Window, WsaError,
};

/// A request that receives into `room`.
fn into(room: OutBuf<'_>) -> Request<'_> {
    Request::lending(RequestBuffers { room: Some(room), ..RequestBuffers::NOTHING })
}

#[test]
fn the_handle_that_ends_with_a_device_is_the_lower_one() {
    let _shows = wpu_evidence::tested(["control-codes.pnp-target-next-handle"]);
    let stand = Stand::new(Class::NonIfs);
    let (first, lower) = (stand.socket(), stand.lower());
    let second = stand.socket();
    stand.calls();
    for (socket, lower) in [(first, lower), (second, stand.lower())] {
        let mut handle = [0; size_of::<usize>()];
        let answer = stand.next.ioctl(socket, SIO_QUERY_TARGET_PNP_HANDLE, into(OutBuf::new(&mut handle)));
        assert_eq!(answer.expect("it is open").done(), Some(&(usize::BITS / 8)));
        assert_eq!(usize::from_ne_bytes(handle), lower);
        let short =
            stand.next.ioctl(socket, SIO_QUERY_TARGET_PNP_HANDLE, into(OutBuf::new(&mut handle[1..])));
        assert_eq!(short.err(), Some(WsaError::WSAEFAULT));
    }
    assert!(stand.calls().is_empty(), "the provider below is not asked");
}

#[test]
fn the_handle_for_polling_is_asked_without_a_structure() {
    let _shows = wpu_evidence::tested(["control-codes.poll-handle-without-structure"]);
    let stand = Stand::new(Class::NonIfs);
    let (socket, mut ask, mut handle) = (stand.socket(), Ask::new(), [0; size_of::<usize>()]);
    let lent = RequestBuffers { room: Some(OutBuf::new(&mut handle)), ..RequestBuffers::NOTHING };
    let given = ask.given(socket, &lent);
    // SAFETY: the structure and the buffer live as long as the test, and the request is refused.
    let request = unsafe { Request::new(&given, lent) };
    let answer = stand.next.ioctl(socket, SIO_BSP_HANDLE_POLL, request);
    assert_eq!(answer.err(), Some(WsaError::WSAEFAULT));
    assert_eq!(handle, [0; size_of::<usize>()]);
}

/// The record that a client gets.
fn record(stand: &Stand, socket: usize, event: Option<EventRef<'_>>) -> WSANETWORKEVENTS {
    let mut events = WSANETWORKEVENTS { lNetworkEvents: -1, iErrorCode: [0x5a5a; 10] };
    stand.next.enum_network_events(socket, event, ClientMut::new(&mut events)).expect("it is open");
    events
}

#[test]
fn what_is_posted_as_messages_is_in_no_record() {
    let stand = Stand::new(Class::NonIfs);
    let (socket, window) = (stand.socket(), Window::from_raw(stand.host.window()));
    let event = stand.host.client_event();
    let given = || EventRef::from_raw(event).expect("an event");
    let happened = WSANETWORKEVENTS { lNetworkEvents: FD_READ | FD_WRITE, iErrorCode: [0; 10] };
    stand.next.async_select(socket, window, 0x401, FD_READ).expect("it is open");
    stand.base.state().events.push_back(happened);
    stand.upcalls.set_event(given()).expect("it is open");
    assert_eq!(
        record(&stand, socket, None),
        WSANETWORKEVENTS { lNetworkEvents: 0, iErrorCode: [0x5a5a; 10] }
    );
    assert_eq!(stand.host.wait(event, std::time::Duration::ZERO), Ok(true), "it was not passed");
    assert_eq!(record(&stand, socket, Some(given())).lNetworkEvents, 0);
    assert_eq!(stand.host.wait(event, std::time::Duration::ZERO), Ok(false));
    assert_eq!(stand.base.state().events.len(), 1, "the layer's own record is as it was");
    stand.next.event_select(socket, Some(given()), FD_READ).expect("it is open");
    assert_eq!(
        record(&stand, socket, Some(given())),
        happened,
        "the record of the provider below is the client's"
    );
    stand.host.close_client_event(event).expect("an event");
}

//! Values beside errors of the provider below, which a layer passes on.

use super::super::Moved;
use super::ask::Ask;
use super::stand::Stand;
use crate::layer::sys::ffi::{SOCKET, WSABUF};
use crate::layer::sys::{
    Class, Outcome, Progress, Received, Request, RequestBuffers, Scatter, ServiceProvider, Transfer, WsaError,
};

const LONG: WsaError = WsaError::WSAEMSGSIZE;

/// Receives with a request into eight bytes, or without one.
fn recv(stand: &Stand, ask: Option<&mut Ask>, socket: SOCKET) -> Result<Progress<Received>, WsaError> {
    let mut bytes = [0_u8; 8];
    let buffer = [WSABUF { len: 8, buf: bytes.as_mut_ptr() }];
    // SAFETY: the bytes outlive the call, and the provider of these tests does not write to a pending request.
    let scatter = unsafe { Scatter::from_raw(buffer.as_ptr(), 1) }.expect("valid pointers");
    let lent = RequestBuffers { scatter: Some(scatter), ..RequestBuffers::NOTHING };
    let Some(ask) = ask else { return stand.next.recv(socket, 0, Request::lending(lent)) };
    let mut given = ask.given(socket, &lent);
    given.partial = &[LONG];
    // SAFETY: the test keeps the structure until the end.
    let request = unsafe { Request::new(&given, lent) };
    stand.next.recv(socket, 0, request)
}

/// What a call gave beside an error.
fn partial(answer: &Result<Progress<Received>, WsaError>) -> Option<(u32, u32, WsaError)> {
    match answer {
        Ok(Progress::Partial(received, error)) => Some((received.bytes, received.flags, *error)),
        _ => None,
    }
}

#[test]
fn values_beside_an_error_pass_through_a_call() {
    for class in [Class::NonIfs, Class::Ifs] {
        let stand = Stand::new(class);
        let socket = stand.socket();
        stand.base.state().partial = Some(LONG);
        assert_eq!(partial(&recv(&stand, None, socket)), Some((4, 0, LONG)), "{class:?}");
        stand.base.state().at_once = Some(8);
        let mut ask = Ask::new();
        assert_eq!(partial(&recv(&stand, Some(&mut ask), socket)), Some((8, 0, LONG)), "{class:?}");
        assert!(!ask.has_ended(), "no completion follows an error");
    }
}

#[test]
fn values_beside_an_error_pass_through_a_completion() {
    let stand = Stand::new(Class::NonIfs);
    let socket = stand.socket();
    let transfer = Transfer { bytes: 8, flags: 2 };
    let ends = [
        (Ok(Outcome::Partial(transfer, LONG)), Ok(Outcome::Partial(transfer, LONG))),
        // No values are defined beside this error.
        (Ok(Outcome::Partial(transfer, WsaError::WSAENETDOWN)), Err(WsaError::WSAENETDOWN)),
        (Err(LONG), Err(LONG)),
    ];
    for (below, above) in ends {
        let mut ask = Ask::new();
        assert!(matches!(recv(&stand, Some(&mut ask), socket), Ok(Progress::Pending(_))));
        stand.base.pended().complete(below);
        assert_eq!(ask.end(), above);
        assert_eq!(stand.told.lock().expect("no panic").pop(), Some((socket, Moved::Received, above)));
    }
}

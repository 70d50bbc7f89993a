//! The client's condition function, called from safe code: its arguments and the meaning of its result.

#![cfg(feature = "provider")]

use std::net::SocketAddr;
use wpu::ffi::{DWORD_PTR, GROUP, LPQOS, LPWSABUF};
use wpu::prelude::*;
use wpu::{Decision, decide};

/// The arguments of the function: the addresses, and whether the rest was empty.
#[derive(Debug, Default)]
struct Heard {
    answer: i32,
    peer: Vec<u8>,
    local: Vec<u8>,
    nothing_else: bool,
}

unsafe extern "system" fn condition(
    caller: LPWSABUF,
    data: LPWSABUF,
    quality: LPQOS,
    group_quality: LPQOS,
    own: LPWSABUF,
    answer: LPWSABUF,
    group: *mut GROUP,
    context: DWORD_PTR,
) -> i32 {
    let bytes = |buffer: LPWSABUF| {
        // SAFETY: the documentation specifies a buffer, and the library passes a readable one.
        let buffer = unsafe { *buffer };
        if buffer.buf.is_null() {
            assert_eq!(buffer.len, 0);
            return Vec::new();
        }
        // SAFETY: the buffer has the length that it states.
        unsafe { std::slice::from_raw_parts(buffer.buf.cast::<u8>(), buffer.len as usize) }.to_vec()
    };
    // SAFETY: the test passed a pointer to its own value as the context.
    let heard = unsafe { &mut *std::ptr::with_exposed_provenance_mut::<Heard>(context) };
    (heard.peer, heard.local) = (bytes(caller), bytes(own));
    // SAFETY: the library passes a readable and writable group.
    let group = unsafe { *group };
    heard.nothing_else = data.is_null()
        && bytes(answer).is_empty()
        && quality.is_null()
        && group_quality.is_null()
        && group == 0;
    heard.answer
}

#[test]
fn the_result_of_the_condition_function_is_returned_or_refused() {
    let _shows = wpu_evidence::tested([
        "WSPAccept.absent-caller-is-null",
        "WSPAccept.absent-qos-is-null",
        "WSPAccept.addresses-for-condition",
        "WSPAccept.callee-data-room",
        "WSPAccept.context-passed-unchanged",
        "WSPAccept.given-qos-is-served",
    ]);
    let peer = Address::from("1.2.3.4:5".parse::<SocketAddr>().expect("an address"));
    let local = Address::from("[::1]:6".parse::<SocketAddr>().expect("an address"));
    let answers = [
        (0, Ok(Decision::Accept)),
        (1, Ok(Decision::Reject)),
        (2, Ok(Decision::Defer)),
        (3, Err(WsaError::WSAEINVAL)),
        (-1, Err(WsaError::WSAEINVAL)),
    ];
    for (answer, decision) in answers {
        let mut heard = Heard { answer, ..Heard::default() };
        let context = (&raw mut heard).expose_provenance();
        // SAFETY: the function can be called with this context as long as `heard` lives.
        let condition = unsafe { Condition::from_parts(condition, context) };
        assert_eq!(decide(condition, &peer, &local), decision);
        assert_eq!((&*heard.peer, &*heard.local), (peer.as_bytes(), local.as_bytes()));
        assert!(heard.nothing_else);
    }
}

#[test]
fn an_address_of_a_family_without_a_text_has_none() {
    let strange = Address::new(&[40, 0, 1, 2]).expect("long enough");
    assert_eq!(strange.to_text(), Err(WsaError::WSAEINVAL));
    assert_eq!(Address::from_text(40, "1"), Err(WsaError::WSAEINVAL));
}

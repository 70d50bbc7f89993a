//! Each upcall in safe form, against a host in the same process and against faulty hosts.

use crate::common::calls::{CALLS, Call, Failure, Outcome, SOCKET};
use crate::common::host::{self, Seen};
use crate::common::stubs::{self, NoisySuccess, SilentFailure, SilentSuccess};
use std::ptr::NonNull;
use wpu_sys::ffi::{
    BOOL, DWORD_PTR, WPUCompleteOverlappedRequestFn, WSAEVENT, WSAOVERLAPPED, WSAPROTOCOL_INFOW, WSPDATA,
    WSPPROC_TABLE, WSPStartupFn, WSPUPCALLTABLE, WSPUPCALLTABLEEX, fd_set,
};
use wpu_sys::host::Locate;
use wpu_sys::{Cell, FdSet, Operation, UPCALLS, Upcall, WsaError};

/// The facts of the upcall in the spec.
fn fact(name: &str) -> &'static Upcall {
    UPCALLS.iter().find(|upcall| upcall.name == name).expect("an upcall")
}

#[test]
fn every_upcall_is_covered() {
    let covered = CALLS.each_ref().map(|call| call.upcall);
    assert_eq!(covered, UPCALLS.each_ref().map(|upcall| upcall.name));
}

#[test]
fn values_arrive_unchanged_both_ways() {
    let _shows = wpu_evidence::tested([
        "WPUCloseEvent.failure-returned",
        "WPUPostMessage.failure-returned",
        "WPUResetEvent.failure-returned",
        "WPUSetEvent.failure-returned",
        "WPUQueryBlockingCallback.context-handed-back",
    ]);
    let upcalls = host::upcalls();
    for call in &CALLS {
        host::answer(Ok(call.answer.to_vec()));
        assert_eq!((call.make)(upcalls), Ok(call.answer.to_vec()), "{}", call.upcall);
        let expected = Seen { host: 0, upcall: call.upcall, arguments: call.sent.to_vec() };
        assert_eq!(host::seen(), [expected]);
        assert_eq!(host::told(), [call.upcall]);
    }
}

#[test]
fn documented_errors_arrive() {
    for call in &CALLS {
        for error in fact(call.upcall).errors {
            assert_fails(call, WsaError::new(error.code.value));
        }
    }
}

#[test]
fn only_two_upcalls_document_no_error() {
    let silent = CALLS.iter().filter(|call| fact(call.upcall).errors.is_empty());
    let silent: Vec<_> = silent.map(|call| call.upcall).collect();
    assert_eq!(silent, ["WPUFDIsSet", "WPUPostMessage"]);
}

#[test]
fn undocumented_errors_arrive_too() {
    let _shows = wpu_evidence::tested([
        "WPUCloseEvent.failure-returned",
        "WPUPostMessage.failure-returned",
        "WPUResetEvent.failure-returned",
        "WPUSetEvent.failure-returned",
    ]);
    for call in &CALLS {
        for code in [1, 12345, -1, i32::MAX, i32::MIN] {
            assert_fails(call, WsaError::new(code));
        }
    }
}

/// Checks that the caller receives the error code of a failing host.
fn assert_fails(call: &Call, error: WsaError) {
    host::answer_always(Err(error));
    assert_eq!((call.make)(host::upcalls()), (call.failed)(error), "{}: {error}", call.upcall);
    let seen = host::seen_names();
    // A path is queried again with a larger buffer if the code can mean that the buffer is too small.
    assert!(!seen.is_empty() && seen.iter().all(|name| *name == call.upcall), "{seen:?}");
}

#[test]
fn a_failure_with_code_zero_is_a_system_failure() {
    for call in &CALLS {
        host::answer(Err(WsaError::new(0)));
        let outcome = (call.make)(host::upcalls());
        assert_eq!(outcome, (call.failed)(WsaError::WSASYSCALLFAILURE), "{}", call.upcall);
    }
}

#[test]
fn a_failure_without_a_code_is_a_system_failure() {
    static CELL: Cell = Cell::new();
    let upcalls = host::open_raw(&CELL, stubs::table::<SilentFailure>());
    for call in &CALLS {
        assert_eq!((call.make)(upcalls), (call.failed)(WsaError::WSASYSCALLFAILURE), "{}", call.upcall);
    }
}

/// Under Miri this also shows that no uninitialised memory is read.
#[test]
fn success_without_a_written_value_has_a_defined_result() {
    static CELL: Cell = Cell::new();
    let upcalls = host::open_raw(&CELL, stubs::table::<SilentSuccess>());
    for call in &CALLS {
        assert_eq!((call.make)(upcalls), unwritten(call), "{}", call.upcall);
    }
}

#[test]
fn an_error_code_beside_success_is_ignored() {
    static CELL: Cell = Cell::new();
    let upcalls = host::open_raw(&CELL, stubs::table::<NoisySuccess>());
    for call in &CALLS {
        let outcome = (call.make)(upcalls);
        match unwritten(call) {
            Ok(words) => assert_eq!(outcome, Ok(words), "{}", call.upcall),
            // An empty result is a failure, and the code may state the reason.
            Err(_) => assert!(outcome.is_err(), "{}", call.upcall),
        }
    }
}

fn unwritten(call: &Call) -> Outcome {
    call.unwritten.map(<[usize]>::to_vec).map_err(Failure::Code)
}

/// A host that no longer exists.
struct Gone;

impl Locate for Gone {
    type Host = host::Scripted;

    fn with<R>(_: impl FnOnce(&host::Scripted) -> R) -> Result<R, WsaError> {
        Err(WsaError::WSAENETDOWN)
    }
}

#[test]
fn each_upcall_fails_without_a_host() {
    static CELL: Cell = Cell::new();
    let upcalls = host::open::<Gone>(&CELL);
    for call in &CALLS {
        assert_eq!((call.make)(upcalls), (call.failed)(WsaError::WSAENETDOWN), "{}", call.upcall);
    }
    assert_eq!(host::seen(), []);
}

#[test]
fn every_nonzero_truth_value_is_true() {
    unsafe extern "system" fn two(_: WSAEVENT, _: *mut i32) -> BOOL {
        2
    }
    unsafe extern "system" fn minus_one(_: usize, _: *const fd_set) -> i32 {
        -1
    }
    static CELL: Cell = Cell::new();
    let table = stubs::table::<SilentFailure>();
    let table = WSPUPCALLTABLEEX { lpWPUSetEvent: Some(two), lpWPUFDIsSet: Some(minus_one), ..table };
    let upcalls = host::open_raw(&CELL, table);
    let call = |name| CALLS.iter().find(|call| call.upcall == name).expect("a call");
    assert_eq!((call("WPUSetEvent").make)(upcalls), Ok(vec![]));
    assert_eq!((call("WPUFDIsSet").make)(upcalls), Ok(vec![1]));
}

#[test]
fn only_zero_is_success_of_a_status_result() {
    unsafe extern "system" fn one(_: usize, errno: *mut i32) -> i32 {
        // SAFETY: the wrapper passes a valid pointer.
        unsafe { errno.write(12345) };
        1
    }
    static CELL: Cell = Cell::new();
    let table = stubs::table::<SilentSuccess>();
    let upcalls = host::open_raw(&CELL, WSPUPCALLTABLEEX { lpWPUCloseSocketHandle: Some(one), ..table });
    assert_eq!(upcalls.close_socket_handle(SOCKET), Err(WsaError::new(12345)));
}

#[test]
fn an_out_value_is_ignored_after_a_failure() {
    unsafe extern "system" fn writes_and_fails(_: usize, context: *mut DWORD_PTR, errno: *mut i32) -> i32 {
        // SAFETY: the wrapper passes a valid pointer.
        unsafe { context.write(7) };
        // SAFETY: as above.
        unsafe { errno.write(10038) };
        -1
    }
    static CELL: Cell = Cell::new();
    let table = WSPUPCALLTABLEEX {
        lpWPUQuerySocketHandleContext: Some(writes_and_fails),
        ..stubs::table::<SilentSuccess>()
    };
    let upcalls = host::open_raw(&CELL, table);
    assert_eq!(upcalls.query_socket_handle_context(SOCKET), Err(WsaError::WSAENOTSOCK));
}

#[test]
fn a_socket_outside_the_set_is_not_found() {
    host::answer(Ok(vec![0]));
    let empty = FdSet::new(&fd_set::ZERO).expect("none");
    assert!(!host::upcalls().fd_is_set(SOCKET, empty));
    assert_eq!(host::seen()[0].arguments, [SOCKET]);
}

#[test]
fn a_hook_returns_whether_to_continue() {
    let _shows = wpu_evidence::tested(["WPUQueryBlockingCallback.context-handed-back"]);
    for (context, goes_on) in [(2, true), (0, false)] {
        host::answer(Ok(vec![context]));
        let said =
            host::upcalls().query_blocking_callback(1, |hook| hook.map(|hook| (hook.call(), hook.call())));
        assert_eq!(said, Ok(Some((goes_on, goes_on))));
        assert_eq!(host::hooked(), [context, context]);
    }
}

#[test]
fn no_hook_is_the_normal_answer() {
    assert_eq!(host::upcalls().query_blocking_callback(1, |hook| hook.is_none()), Ok(true));
}

#[test]
fn a_refused_operation_is_returned_and_can_be_retried() {
    let mut structure = WSAOVERLAPPED { Offset: 5, ..WSAOVERLAPPED::ZERO };
    let pointer = NonNull::from(&mut structure);
    // SAFETY: the structure outlives the calls, and no other code completes it.
    let operation = unsafe { Operation::from_raw(pointer) };
    host::answer(Err(WsaError::WSAEINVAL));
    let refused = host::upcalls().complete_overlapped_request(SOCKET, operation, 0, 0).expect_err("refused");
    assert_eq!(refused.error, WsaError::WSAEINVAL);
    assert_eq!(refused.rest.as_ptr(), pointer.as_ptr());
    host::upcalls().complete_overlapped_request(SOCKET, refused.rest, 0, 0).expect("completed");
    assert_eq!(host::seen_names(), ["WPUCompleteOverlappedRequest"; 2]);
}

/// Older documentation gives the completion another result type than the headers: an event, for which null is
/// a failure. And some bindings declare `lpWSPData` as an input.
#[test]
fn d_38_a_completion_returns_a_number_and_the_providers_data_is_an_output() {
    type StartUp = unsafe extern "system" fn(
        u16,
        *mut WSPDATA,
        *const WSAPROTOCOL_INFOW,
        WSPUPCALLTABLE,
        *mut WSPPROC_TABLE,
    ) -> i32;
    unsafe extern "system" fn zero(_: usize, _: *mut WSAOVERLAPPED, _: u32, _: u32, _: *mut i32) -> i32 {
        0
    }
    unsafe extern "system" fn four(_: usize, _: *mut WSAOVERLAPPED, _: u32, _: u32, errno: *mut i32) -> i32 {
        // SAFETY: the wrapper passes a valid pointer.
        unsafe { errno.write(10022) };
        4
    }
    static CELL: Cell = Cell::new();
    let mut structure = WSAOVERLAPPED::ZERO;
    for (complete, answer) in [
        (zero as WPUCompleteOverlappedRequestFn, Ok(())),
        (four as WPUCompleteOverlappedRequestFn, Err(WsaError::WSAEINVAL)),
    ] {
        let table = WSPUPCALLTABLEEX {
            lpWPUCompleteOverlappedRequest: Some(complete),
            ..stubs::table::<SilentSuccess>()
        };
        // SAFETY: the structure outlives the call, and no other code completes it.
        let operation = unsafe { Operation::from_raw(NonNull::from(&mut structure)) };
        let upcalls = host::open_raw(&CELL, table);
        let told = upcalls.complete_overlapped_request(SOCKET, operation, 0, 0);
        assert_eq!(told.map_err(|refused| refused.error), answer);
    }
    let _: fn(StartUp) -> WSPStartupFn = |start_up| start_up;
}

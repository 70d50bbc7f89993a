//! A method of a provider that panics: the client receives only an error, the process survives, and the next
//! call works. For each of the thirty functions, for start-up and clean-up, and for pending requests.

mod trap;

use crate::client::{self, CALLS, Client, REQUESTS, THREAD};
use crate::common::host::{self, Scripted, queued, seen_names, wait_alertably};
use std::sync::{Mutex, MutexGuard, PoisonError};
use trap::{Mode, Trap, parked};
use wpu::facts::DOWNCALLS;
use wpu::ffi::{WSAPROTOCOL_INFOW, WSPDATA, WSPPROC_TABLE, WSPUPCALLTABLEEX};
use wpu::{Provider, WsaError};

wpu::export!(Trap; san; any());

static TABLE: WSPUPCALLTABLEEX = WSPUPCALLTABLEEX::of::<Scripted>();
const VERSION: u16 = 0x0202;
const BROKEN: i32 = WsaError::WSASYSCALLFAILURE.code();
const PENDING: i32 = WsaError::WSA_IO_PENDING.code();

/// Calls `WSPStartup` as a host does. Returns the functions, or the error code.
fn start() -> Result<WSPPROC_TABLE, i32> {
    let entry = WSAPROTOCOL_INFOW { dwCatalogEntryId: 1001, ..WSAPROTOCOL_INFOW::ZERO };
    let blank = WSPDATA { wVersion: 1, wHighVersion: 2, ..WSPDATA::ZERO };
    let (mut data, mut functions) = (blank, WSPPROC_TABLE::ZERO);
    let (to_data, to_functions) = (&raw mut data, &raw mut functions);
    // SAFETY: all pointers point to locals, and the table is callable for the lifetime of the process.
    let code = unsafe { WSPStartupEx(VERSION, to_data, &raw const entry, &raw const TABLE, to_functions) };
    if code == 0 {
        return Ok(functions);
    }
    assert_eq!(data, blank, "written despite the failure");
    assert!(functions.missing().count() == DOWNCALLS.len(), "written despite the failure");
    Err(code)
}

/// The result of `WSPCleanup`: 0 or the error code.
fn clean_up(functions: &WSPPROC_TABLE) -> i32 {
    let mut errno = 0;
    // SAFETY: the pointer points to a local.
    let answer = unsafe { functions.lpWSPCleanup.expect("a full table")(&raw mut errno) };
    assert_eq!(answer != 0, errno != 0);
    errno
}

/// Serializes the tests, since all use one provider.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    let guard = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    trap::set(Mode::Work);
    drop((seen_names(), queued()));
    guard
}

fn is_allowed(slot: usize, errno: i32) -> bool {
    errno == BROKEN || DOWNCALLS[slot].errors.iter().any(|error| error.code.value == errno)
}

#[test]
fn each_function_is_called_here() {
    let names: Vec<_> = CALLS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, DOWNCALLS.each_ref().map(|downcall| downcall.name));
    for (slot, name) in names.iter().enumerate() {
        let takes_a_request = DOWNCALLS[slot].signature.contains("lpCompletionRoutine");
        assert_eq!(REQUESTS.contains(name), takes_a_request, "{name}");
    }
}

/// What a panic of each function shows: its error, what it returns, and what it writes.
const SHOWN: [&str; 63] = [
    "WSPAccept.lpErrno.error-written",
    "WSPAddressToString.lpErrno.error-written",
    "WSPAsyncSelect.lpErrno.error-written",
    "WSPBind.lpErrno.error-written",
    "WSPCancelBlockingCall.lpErrno.error-written",
    "WSPCleanup.lpErrno.error-written",
    "WSPCloseSocket.lpErrno.error-written",
    "WSPConnect.lpErrno.error-written",
    "WSPDuplicateSocket.lpErrno.error-written",
    "WSPEnumNetworkEvents.lpErrno.error-written",
    "WSPEventSelect.lpErrno.error-written",
    "WSPGetOverlappedResult.lpErrno.error-written",
    "WSPGetPeerName.lpErrno.error-written",
    "WSPGetSockName.lpErrno.error-written",
    "WSPGetSockOpt.lpErrno.error-written",
    "WSPGetQOSByName.lpErrno.error-written",
    "WSPIoctl.lpErrno.error-written",
    "WSPJoinLeaf.lpErrno.error-written",
    "WSPListen.lpErrno.error-written",
    "WSPRecv.lpErrno.error-written",
    "WSPRecvDisconnect.lpErrno.error-written",
    "WSPRecvFrom.lpErrno.error-written",
    "WSPSelect.lpErrno.error-written",
    "WSPSend.lpErrno.error-written",
    "WSPSendDisconnect.lpErrno.error-written",
    "WSPSendTo.lpErrno.error-written",
    "WSPSetSockOpt.lpErrno.error-written",
    "WSPShutdown.lpErrno.error-written",
    "WSPStringToAddress.lpErrno.error-written",
    "WSPAddressToString.failure-returned",
    "WSPAsyncSelect.failure-returned",
    "WSPBind.failure-returned",
    "WSPCancelBlockingCall.failure-returned",
    "WSPCleanup.failure-returned",
    "WSPCloseSocket.failure-returned",
    "WSPConnect.failure-returned",
    "WSPDuplicateSocket.failure-returned",
    "WSPEnumNetworkEvents.failure-returned",
    "WSPEventSelect.failure-returned",
    "WSPGetOverlappedResult.failure-returned",
    "WSPGetPeerName.failure-returned",
    "WSPGetSockName.failure-returned",
    "WSPGetSockOpt.failure-returned",
    "WSPGetQOSByName.failure-returned",
    "WSPIoctl.failure-returned",
    "WSPListen.failure-returned",
    "WSPRecv.failure-returned",
    "WSPRecvDisconnect.failure-returned",
    "WSPRecvFrom.failure-returned",
    "WSPSend.failure-returned",
    "WSPSendDisconnect.failure-returned",
    "WSPSendTo.failure-returned",
    "WSPSetSockOpt.failure-returned",
    "WSPShutdown.failure-returned",
    "WSPStringToAddress.failure-returned",
    "WSPDuplicateSocket.lpProtocolInfo.written-on-success",
    "WSPGetOverlappedResult.lpcbTransfer.written-on-success",
    "WSPGetOverlappedResult.lpdwFlags.written-on-success",
    "WSPIoctl.lpcbBytesReturned.written-on-success",
    "WSPRecv.lpNumberOfBytesRecvd.written-on-success",
    "WSPRecvFrom.lpNumberOfBytesRecvd.written-on-success",
    "WSPSend.lpNumberOfBytesSent.written-on-success",
    "WSPSendTo.lpNumberOfBytesSent.written-on-success",
];

#[test]
fn a_method_that_panics_fails_and_the_next_call_works() {
    let _shows = wpu_evidence::tested(SHOWN);
    let _alone = alone();
    let mut functions = start().expect("it starts");
    for (slot, (name, call)) in CALLS.iter().enumerate() {
        for mode in [Mode::Panic, Mode::PanicWithBomb] {
            let mut client = Client::new();
            let before = client.memory();
            trap::set(mode);
            let failed = call(&functions, &mut client);
            trap::set(Mode::Work);
            let after = client.memory();
            assert!(failed, "{name} tells the client of the panic");
            assert!(is_allowed(slot, after.errno), "{name} fails with {:?}", WsaError::new(after.errno));
            assert_eq!(after, before.with_errno(after.errno), "{name} wrote something");
            if *name == "WSPCleanup" {
                // It was the last clean-up, and is complete: the provider can be started again.
                assert_eq!(Trap::__RUN.starts(), 0);
                functions = start().expect("it starts again");
            }
        }
        let mut client = Client::new();
        assert!(!call(&functions, &mut client), "{name} works after a panic");
        assert_eq!(client.memory().errno, client::UNTOUCHED, "{name} leaves the errno alone");
        if *name == "WSPCleanup" {
            functions = start().expect("it starts again");
        }
    }
    assert_eq!(clean_up(&functions), 0);
}

#[test]
fn a_request_whose_method_panics_has_no_completion() {
    let _alone = alone();
    let functions = start().expect("it starts");
    for name in REQUESTS {
        for routine in [false, true] {
            let mut client = Client::overlapped(routine);
            trap::set(Mode::Panic);
            assert!(client::call(name, &functions, &mut client));
            assert_eq!(client.memory().errno, BROKEN, "{name}");
            assert_eq!(seen_names(), Vec::<&str>::new(), "{name}: the client has its answer");
        }
    }
    trap::set(Mode::Work);
    assert_eq!(clean_up(&functions), 0);
}

#[test]
fn a_pending_request_whose_method_panics_completes_once() {
    let _shows = wpu_evidence::tested(["*.completed-once"]);
    let _alone = alone();
    let functions = start().expect("it starts");
    for name in REQUESTS {
        for routine in [false, true] {
            let told = if routine { "WPUQueueApc" } else { "WPUCompleteOverlappedRequest" };

            // The token is on the stack that unwinds.
            let mut client = Client::overlapped(routine);
            trap::set(Mode::PendThenPanic);
            assert!(client::call(name, &functions, &mut client));
            assert_eq!(client.memory().errno, PENDING, "{name}");
            assert_eq!(seen_names(), [told], "{name}");
            ends(routine, WsaError::WSA_OPERATION_ABORTED.code(), &client);

            // The token was stored elsewhere.
            let mut client = Client::overlapped(routine);
            trap::set(Mode::ParkThenPanic);
            assert!(client::call(name, &functions, &mut client));
            assert_eq!(client.memory().errno, PENDING, "{name}");
            assert_eq!(seen_names(), Vec::<&str>::new(), "{name}: not yet");
            parked().pop().expect("it was pended").complete(Ok(0.into()));
            assert_eq!(seen_names(), [told], "{name}");
            ends(routine, 0, &client);
        }
    }
    trap::set(Mode::Work);
    assert_eq!(clean_up(&functions), 0);
}

/// Checks that the client's structure or its routine receives this error.
fn ends(routine: bool, error: i32, client: &Client) {
    if routine {
        wait_alertably();
        assert_eq!(client::ended(), [error]);
    }
    assert_eq!(i64::from(client.memory().overlapped.OffsetHigh), i64::from(error));
}

#[test]
fn a_panic_in_start_up_is_a_refusal_and_the_next_one_works() {
    let _shows = wpu_evidence::tested([
        "start-up.failed-start-leaves-nothing",
        "WSPStartupEx.lpProcTable.written-on-success",
        "WSPStartupEx.lpWSPData.written-on-success",
    ]);
    let _alone = alone();
    for mode in [Mode::PanicInServes, Mode::PanicInStart] {
        trap::set(mode);
        assert_eq!(start().err(), Some(BROKEN), "{mode:?}");
        assert_eq!((Trap::__RUN.starts(), trap::instances()), (0, 0));
    }
    trap::set(Mode::Work);

    let functions = start().expect("it starts");
    trap::set(Mode::PanicInStartAgain);
    assert_eq!(start().err(), Some(BROKEN));
    trap::set(Mode::Work);
    assert_eq!(Trap::__RUN.starts(), 1, "the first one holds");
    let mut client = Client::new();
    assert!(!client::call("WSPSocket", &functions, &mut client));
    assert!(start().is_ok());
    assert_eq!([clean_up(&functions), clean_up(&functions)], [0, 0]);
}

#[test]
fn a_panic_in_clean_up_does_not_stop_it() {
    let _shows = wpu_evidence::tested(["WSPCleanup.can-start-again"]);
    let _alone = alone();
    for (mode, answer) in [(Mode::Panic, BROKEN), (Mode::PanicWithBomb, BROKEN), (Mode::PanicInDrop, 0)] {
        let functions = start().expect("it starts");
        trap::set(mode);
        assert_eq!(clean_up(&functions), answer, "{mode:?}");
        trap::set(Mode::Work);
        assert_eq!(Trap::__RUN.starts(), 0);
        assert_eq!(trap::instances(), 0, "the instance is gone");
        let mut client = Client::new();
        assert!(client::call("WSPSocket", &functions, &mut client));
        assert_eq!(client.memory().errno, WsaError::WSANOTINITIALISED.code());
        let functions = start().expect("it starts again");
        assert!(!client::call("WSPSocket", &functions, &mut Client::new()), "it works again");
        assert_eq!(clean_up(&functions), 0);
    }
}

#[test]
fn a_routine_runs_on_the_thread_that_the_client_named() {
    let _alone = alone();
    let functions = start().expect("it starts");
    let mut client = Client::overlapped(true);
    trap::set(Mode::PendThenPanic);
    assert!(client::call("WSPRecv", &functions, &mut client));
    let call = host::seen().pop().expect("it was told");
    assert_eq!(call.arguments[..2], THREAD);
    wait_alertably();
    assert_eq!(client::ended().len(), 1);
    trap::set(Mode::Work);
    assert_eq!(clean_up(&functions), 0);
}

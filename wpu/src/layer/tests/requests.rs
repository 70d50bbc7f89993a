//! Overlapped requests: passed down with the layer's own structure, and completed exactly once.

use super::super::Moved;
use super::ask::{Ask, meanwhile};
use super::stand::{PATIENCE, Stand};
use crate::layer::sys::ffi::{
    BOOL, FALSE, SOCKET_ERROR, WPUSetEventFn, WSA_INVALID_EVENT, WSABUF, WSAEVENT, WSATHREADID,
    WSPUPCALLTABLEEX,
};
use crate::layer::sys::{
    Class, ClientMut, Gather, Outcome, Progress, Request, RequestBuffers, ServiceProvider, Transferred,
    WsaError,
};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{OnceLock, mpsc};
use std::thread;
use std::time::Duration;

const EIGHT: [u8; 8] = *b"abcdefgh";

fn send(stand: &Stand, ask: &mut Ask, socket: usize) -> Result<Progress<u32>, WsaError> {
    let buffers = [WSABUF { len: 8, buf: EIGHT.as_ptr().cast_mut().cast() }];
    // SAFETY: the bytes live forever, and are only read.
    let buffers = unsafe { Gather::from_raw(buffers.as_ptr(), 1) }.expect("valid pointers");
    let lent = RequestBuffers { gather: Some(buffers), ..RequestBuffers::NOTHING };
    let given = ask.given(socket, &lent);
    // SAFETY: the test keeps the structure and the bytes until the end.
    let request = unsafe { Request::new(&given, lent) };
    stand.next.send(socket, 0, request)
}

#[test]
fn d_15_a_pending_request_completes_exactly_once() {
    let _shows = wpu_evidence::tested(["layering.own-request-below"]);
    let stand = Stand::new(Class::NonIfs);
    let (socket, mut ask) = (stand.socket(), Ask::new());
    assert!(matches!(send(&stand, &mut ask, socket), Ok(Progress::Pending(_))));
    assert!(!ask.has_ended(), "nothing has happened yet");
    let pended = stand.base.pended();
    let clients = std::ptr::from_ref(&*ask.overlapped).addr();
    assert_ne!(pended.parts().overlapped.as_ptr().addr(), clients, "the layer's own structure went down");
    pended.complete(Ok(8.into()));
    assert_eq!(ask.end(), Ok(8.into()));
    assert!(!ask.has_ended(), "its completion is reported once");
    assert_eq!(*stand.told.lock().expect("no panic"), [(socket, Moved::Sent, Ok(8.into()))]);
    assert_eq!(stand.base.state().routines, 1, "the layer's own routine went down");
}

#[test]
fn each_request_has_its_own_end_in_whatever_order_they_are_told() {
    let _shows = wpu_evidence::tested(["overlapped.indications-in-any-order"]);
    let stand = Stand::new(Class::NonIfs);
    let (socket, mut first, mut second) = (stand.socket(), Ask::new(), Ask::new());
    for ask in [&mut first, &mut second] {
        assert!(matches!(send(&stand, ask, socket), Ok(Progress::Pending(_))));
    }
    let (early, late) = (stand.base.pended(), stand.base.pended());
    late.complete(Ok(2.into()));
    assert_eq!(second.end(), Ok(2.into()));
    assert!(!first.has_ended(), "the other request is still pending");
    early.complete(Ok(1.into()));
    assert_eq!(first.end(), Ok(1.into()));
}

#[test]
fn d_15_a_request_that_fails_immediately_has_no_completion() {
    let stand = Stand::new(Class::NonIfs);
    let (socket, mut ask) = (stand.socket(), Ask::new());
    stand.base.state().failures.insert("send", WsaError::WSAENETDOWN);
    assert_eq!(send(&stand, &mut ask, socket).err(), Some(WsaError::WSAENETDOWN));
    stand.base.state().failures.clear();
    stand.next.cleanup().expect("it cleans up");
    assert!(!ask.has_ended());
    assert!(stand.told.lock().expect("no panic").is_empty());
}

#[test]
fn d_15_a_request_that_completes_immediately_returns_its_result() {
    let stand = Stand::new(Class::NonIfs);
    let (socket, mut ask) = (stand.socket(), Ask::new());
    stand.base.state().at_once = Some(5);
    let sent = send(&stand, &mut ask, socket).expect("it is open");
    assert_eq!(sent.done(), Some(&5));
    assert!(!ask.has_ended(), "the caller of the layer reports the completion");
    assert!(stand.told.lock().expect("no panic").is_empty(), "the layer has seen the answer");
}

#[test]
fn d_13_requests_start_on_the_layers_own_thread() {
    let stand = Stand::new(Class::NonIfs);
    let socket = stand.socket();
    stand.base.state().at_once = Some(0);
    for _ in 0..3 {
        send(&stand, &mut Ask::new(), socket).expect("it is open");
    }
    let threads = stand.base.state().threads.clone();
    assert_ne!(threads[0], 0);
    assert!(threads.iter().all(|thread| *thread == threads[0]), "{threads:?}");
    assert_eq!(stand.host.left_open().threads, 1);
    stand.next.cleanup().expect("it cleans up");
    assert_eq!(stand.host.left_open().threads, 0, "the thread's id is given back");
}

#[test]
fn d_14_many_requests_from_many_threads_all_end() {
    let stand = Stand::new(Class::NonIfs);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        // The base completes them as they arrive.
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let next = stand.base.state().pended.pop_front();
                next.map_or_else(thread::yield_now, |pended| pended.complete(Ok(8.into())));
            }
        });
        let clients: Vec<_> = (0..8)
            .map(|_| {
                let socket = stand.socket();
                let stand = &stand;
                scope.spawn(move || {
                    for _ in 0..50 {
                        let mut ask = Ask::new();
                        assert!(matches!(send(stand, &mut ask, socket), Ok(Progress::Pending(_))));
                        assert_eq!(ask.end(), Ok(8.into()));
                    }
                })
            })
            .collect();
        for client in clients {
            client.join().expect("no panic");
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(stand.told.lock().expect("no panic").len(), 400);
}

#[test]
fn d_01_a_handle_lives_until_its_last_request_has_ended() {
    let stand = Stand::new(Class::NonIfs);
    let (socket, mut ask) = (stand.socket(), Ask::new());
    assert!(matches!(send(&stand, &mut ask, socket), Ok(Progress::Pending(_))));
    stand.next.close_socket(socket).expect("it is open");
    assert_eq!(stand.host.left_open().socket_handles, 1, "the completion is reported on it");
    drop(stand.base.pended());
    assert_eq!(ask.end(), Err(WsaError::WSA_OPERATION_ABORTED));
    stand.next.cleanup().expect("it cleans up");
}

#[test]
fn d_10_the_last_clean_up_aborts_requests_that_the_base_never_completes() {
    let stand = Stand::new(Class::NonIfs);
    let (socket, mut ask) = (stand.socket(), Ask::new());
    assert!(matches!(send(&stand, &mut ask, socket), Ok(Progress::Pending(_))));
    stand.next.cleanup().expect("it cleans up");
    assert_eq!(ask.end(), Err(WsaError::WSA_OPERATION_ABORTED));
    assert!(
        stand.told.lock().expect("no panic").is_empty(),
        "no completion is reported to the layer any more"
    );
    // The base may still write to the structure, and completes too late.
    drop(stand.base.pended());
    assert!(!ask.has_ended());
    assert!(matches!(send(&stand, &mut Ask::new(), socket), Err(WsaError::WSAENOTSOCK)));
}

#[test]
fn a_clean_up_aborts_no_request_of_another_layer_while_a_completion_is_reported() {
    let (stand, other) = (Stand::new(Class::NonIfs), Stand::new(Class::NonIfs));
    let (mut ask, mut next) = (Ask::new(), Ask::new());
    assert!(matches!(send(&stand, &mut ask, stand.socket()), Ok(Progress::Pending(_))));
    let pended = stand.base.pended();
    // The report waits for this lock.
    let told = stand.told.lock().expect("no panic");
    let reporting = thread::spawn(move || pended.complete(Ok(8.into())));
    thread::sleep(Duration::from_millis(50));
    assert!(matches!(send(&other, &mut next, other.socket()), Ok(Progress::Pending(_))));
    stand.next.moves.abandon();
    assert!(!next.has_ended());
    drop(told);
    reporting.join().expect("no panic");
    assert_eq!(ask.end(), Ok(8.into()));
    other.base.pended().complete(Ok(8.into()));
    assert_eq!(next.end(), Ok(8.into()));
}

#[test]
fn d_16_a_layer_over_the_systems_handles_passes_requests_on() {
    let stand = Stand::new(Class::Ifs);
    let (socket, mut ask) = (stand.socket(), Ask::new());
    assert!(matches!(send(&stand, &mut ask, socket), Ok(Progress::Pending(_))));
    let pended = stand.base.pended();
    assert_eq!(pended.parts().overlapped.as_ptr(), &raw mut *ask.overlapped, "the client's own structure");
    pended.complete(Ok(3.into()));
    assert_eq!(ask.end(), Ok(3.into()));
    assert_eq!(stand.host.left_open().threads, 0, "there is no worker");
}

#[test]
fn d_17_a_layer_over_the_systems_handles_observes_no_completion() {
    let _shows = wpu_evidence::tested(["layering.pass-through-needs-no-completion"]);
    let seen = |class| {
        let stand = Stand::new(class);
        let (socket, mut ask) = (stand.socket(), Ask::new());
        assert!(matches!(send(&stand, &mut ask, socket), Ok(Progress::Pending(_))));
        stand.base.pended().complete(Ok(8.into()));
        assert_eq!(ask.end(), Ok(8.into()));
        stand.told.lock().expect("no panic").len()
    };
    assert_eq!((seen(Class::Ifs), seen(Class::NonIfs)), (0, 1));
}

#[test]
fn d_26_an_excessive_count_of_the_base_is_an_error() {
    let stand = Stand::new(Class::NonIfs);
    let socket = stand.socket();
    for (count, end) in [(8, Ok(8.into())), (9, Err(WsaError::WSASYSCALLFAILURE))] {
        let mut ask = Ask::new();
        assert!(matches!(send(&stand, &mut ask, socket), Ok(Progress::Pending(_))));
        stand.base.pended().complete(Ok(count.into()));
        assert_eq!(ask.end(), end);
        assert_eq!(stand.told.lock().expect("no panic").pop(), Some((socket, Moved::Sent, end)));
    }
}

unsafe extern "system" fn no_event(_: WSAEVENT, errno: *mut i32) -> BOOL {
    // SAFETY: the caller of an upcall passes a valid error location.
    unsafe { errno.write(WsaError::WSAEOPNOTSUPP.code()) };
    FALSE
}

unsafe extern "system" fn no_thread(_: *mut WSATHREADID, errno: *mut i32) -> i32 {
    // SAFETY: as above.
    unsafe { errno.write(WsaError::WSAEOPNOTSUPP.code()) };
    SOCKET_ERROR
}

unsafe extern "system" fn no_new_event(errno: *mut i32) -> WSAEVENT {
    // SAFETY: as above.
    unsafe { errno.write(WsaError::WSAEOPNOTSUPP.code()) };
    WSA_INVALID_EVENT
}

/// With such a host no request can be passed down, and no thread may wait forever.
#[test]
fn d_39_what_needs_a_dead_function_fails_at_once() {
    let dead: [fn(&mut WSPUPCALLTABLEEX); 4] = [
        |table| table.lpWPUCreateEvent = Some(no_new_event),
        |table| table.lpWPUOpenCurrentThread = Some(no_thread),
        |table| table.lpWPUSetEvent = Some(no_event),
        |table| table.lpWPUResetEvent = Some(no_event),
    ];
    for (index, change) in dead.into_iter().enumerate() {
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            let stand = Stand::under(Class::NonIfs, change);
            let (socket, mut ask) = (stand.socket(), Ask::new());
            let sent = send(&stand, &mut ask, socket).map(|_| ());
            let without = stand.next.send(socket, 0, Request::sending(Gather::nothing())).map(|_| ());
            let closed = stand.next.close_socket(socket);
            stand.next.cleanup().expect("it cleans up");
            let calls = stand.calls();
            let begun = calls.iter().filter(|call| call.starts_with("send")).count();
            drop(stand);
            let _ = tell.send((sent, without, closed, begun, ask.has_ended()));
        });
        let answers = told.recv_timeout(PATIENCE).expect("a call waits for ever");
        assert_eq!(answers, (Err(WsaError::WSAEOPNOTSUPP), Ok(()), Ok(()), 1, false), "{index}");
    }
}

static MORTAL: OnceLock<WPUSetEventFn> = OnceLock::new();
static DEAD: AtomicBool = AtomicBool::new(false);

unsafe extern "system" fn mortal(event: WSAEVENT, errno: *mut i32) -> BOOL {
    let function = if DEAD.load(Ordering::SeqCst) { no_event } else { *MORTAL.get().expect("it is set") };
    // SAFETY: the contract of the function that this one replaces.
    unsafe { function(event, errno) }
}

#[test]
fn d_39_a_function_that_dies_later_fails_the_call_that_needs_it() {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let stand = Stand::under(Class::NonIfs, |table| {
            let real = table.lpWPUSetEvent.replace(mortal).expect("a full table");
            MORTAL.get_or_init(|| real);
        });
        let (socket, mut asks) = (stand.socket(), vec![]);
        let mut sends = || {
            let mut ask = Ask::new();
            let sent = send(&stand, &mut ask, socket).map(|_| ());
            asks.push(ask);
            sent
        };
        sends().expect("it is pending");
        DEAD.store(true, Ordering::SeqCst);
        // A worker that is still awake finds its work all the same.
        let sent = (0..100).map(|_| sends()).find(Result::is_err);
        DEAD.store(false, Ordering::SeqCst);
        stand.next.cleanup().expect("it cleans up");
        drop(stand);
        let _ = tell.send(sent);
    });
    let sent = told.recv_timeout(PATIENCE).expect("a call waits for ever");
    assert_eq!(sent, Some(Err(WsaError::WSAEOPNOTSUPP)));
}

/// The call with the request may not have returned when the last clean-up begins.
#[test]
fn a_request_whose_call_is_running_during_the_clean_up_ends_with_its_call() {
    let stand = Rc::new(Stand::new(Class::NonIfs));
    let (socket, mut ask, other) = (stand.socket(), Ask::new(), Rc::clone(&stand));
    meanwhile(move || other.next.cleanup().expect("it cleans up"));
    assert!(matches!(send(&stand, &mut ask, socket), Ok(Progress::Pending(_))));
    assert!(ask.has_ended(), "nobody else ends it any more");
    assert_eq!(ask.end(), Err(WsaError::WSA_OPERATION_ABORTED));
}

/// A client that does this breaks the contract. It must not prevent the provider from ending.
#[test]
fn two_requests_with_one_structure_both_end() {
    let stand = Stand::new(Class::NonIfs);
    let (socket, mut ask) = (stand.socket(), Ask::new());
    for _ in 0..2 {
        assert!(matches!(send(&stand, &mut ask, socket), Ok(Progress::Pending(_))));
    }
    stand.next.cleanup().expect("it cleans up");
    assert_eq!([ask.end(), ask.end()], [Err(WsaError::WSA_OPERATION_ABORTED); 2]);
}

#[test]
fn results_are_the_layers_own() {
    let _shows = wpu_evidence::tested(["WSPGetOverlappedResult.WSA_IO_INCOMPLETE"]);
    let stand = Stand::new(Class::NonIfs);
    let (socket, mut ask) = (stand.socket(), Ask::new());
    assert!(matches!(send(&stand, &mut ask, socket), Ok(Progress::Pending(_))));
    let at = ask.overlapped.as_mut();
    // SAFETY: the structure does not move while the view is used.
    let view = unsafe { ClientMut::from_raw(at) }.expect("a good pointer");
    let result = stand.next.get_overlapped_result(socket, view, false);
    assert_eq!(result, Err(WsaError::WSA_IO_INCOMPLETE));
    at.InternalHigh = 8;
    thread::scope(|scope| {
        let at = std::ptr::from_mut(at).expose_provenance();
        let stand = &stand;
        let waiting = scope.spawn(move || {
            // SAFETY: the structure is lent to this thread until the thread has ended.
            let at = unsafe { ClientMut::from_raw(std::ptr::with_exposed_provenance_mut(at)) };
            stand.next.get_overlapped_result(socket, at.expect("a good pointer"), true)
        });
        stand.base.pended().complete(Ok(8.into()));
        assert_eq!(waiting.join().expect("no panic"), Ok(Outcome::Done(Transferred { bytes: 8, flags: 0 })));
    });
}

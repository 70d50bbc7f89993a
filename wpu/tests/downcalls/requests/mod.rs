//! Requests through a provider's table: each completion is reported once, in the client's way, and no memory
//! is accessed too late.

mod client;
mod keeper;

use crate::common;
use crate::common::host::{self, Seen, wait_alertably};
use crate::common::provider::clean_up;
use client::{Answer, CallOf, Client};
use keeper::*;
use std::cell::Cell;
use std::ptr::{null, null_mut, without_provenance_mut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;
use wpu::{ServiceProvider, WsaError};
use wpu_sys::ffi::{WSABUF, WSAOVERLAPPED, WSATHREADID, WSS_OPERATION_IN_PROGRESS};

const PENDING: Answer = (-1, 77, 0, 997);

#[test]
fn an_immediate_success_is_reported_before_the_call_returns() {
    let (functions, _) = started();
    let client = Client::new();
    assert_eq!(client.send(&functions, AT_ONCE, None), (0, 7, 0, 77));
    assert_eq!(host::seen_names(), ["WPUCompleteOverlappedRequest"]);
    assert_eq!(client.recv(&functions, AT_ONCE, None), (0, 7, 0x8000, 77));
    assert_eq!(client.bytes(), *b"abcdefg");
    assert_eq!(host::seen_names(), ["WPUCompleteOverlappedRequest"]);
    clean_up(&functions).expect("started");
}

#[test]
fn an_immediate_failure_has_no_completion() {
    let _shows = wpu_evidence::tested(["WSPSend.lpNumberOfBytesSent.written-on-success"]);
    let (functions, _) = started();
    let client = Client::new();
    for (socket, error) in [(NEVER, WsaError::WSAENOTCONN), (GREEDY, WsaError::WSASYSCALLFAILURE)] {
        assert_eq!(client.send(&functions, socket, None), (-1, 77, 0, error.code()));
        assert_eq!(host::seen(), []);
    }
    clean_up(&functions).expect("started");
}

#[test]
fn a_pending_request_completes_once_whoever_completes_it() {
    let _shows = wpu_evidence::tested([
        "overlapped.internal-marks-pending",
        "overlapped.pending-error-comes-with-completion",
        "overlapped.system-chooses-event-or-port",
        "WPUCompleteOverlappedRequest.end-and-count-passed",
        "WSPSend.WSA_IO_PENDING",
    ]);
    let (functions, procs) = started();
    let ends = [(LATER, (0, 7)), (NEVER, (995, 0)), (GREEDY, (10107, 0))];
    for (end, (error, count)) in ends {
        let client = Client::new();
        assert_eq!(client.send(&functions, LATER, None), PENDING);
        let reset = Seen { host: 0, upcall: "WPUResetEvent", arguments: vec![0x44] };
        assert_eq!((client.result(), host::seen()), (None, vec![reset]));
        procs.close_socket(end).expect("all are completed");
        let seen = host::seen();
        assert_eq!(seen.len(), 1);
        assert_eq!(
            (seen[0].upcall, &seen[0].arguments[2..]),
            ("WPUCompleteOverlappedRequest", &[error, count][..])
        );
    }
    clean_up(&functions).expect("started");
}

#[test]
fn the_buffers_of_a_pending_request_are_filled_in_place() {
    let _shows = wpu_evidence::tested(["data-transfer.buffers-filled-in-order", "WSPRecv.WSA_IO_PENDING"]);
    let (functions, procs) = started();
    let client = Client::new();
    assert_eq!(client.recv(&functions, LATER, None), PENDING);
    procs.close_socket(LATER).expect("all are completed");
    assert_eq!(client.bytes(), *b"later, ");
    clean_up(&functions).expect("started");
}

#[test]
fn long_arrays_of_buffers_are_supported() {
    let (functions, _) = started();
    let (mut bytes, mut count, mut errno) = (*b"abcde", 77, 77);
    let buffers: Vec<_> = bytes.iter_mut().map(|byte| WSABUF { len: 1, buf: byte }).collect();
    let (send, at) = (functions.lpWSPSend.expect("a full table"), buffers.as_ptr());
    // SAFETY: each pointer is valid or null.
    let answer = unsafe { send(AT_ONCE, at, 5, &raw mut count, 0, null_mut(), None, null(), &raw mut errno) };
    assert_eq!((answer, count, errno), (0, 5, 77));
    clean_up(&functions).expect("started");
}

/// A client may lend the memory that contains its array of buffers.
#[test]
fn bytes_received_over_the_array_of_buffers_do_not_redirect_the_others() {
    let (functions, _) = started();
    let mut second = [0; 4];
    let mut array = [WSABUF { len: 4, buf: null_mut() }, WSABUF { len: 4, buf: second.as_mut_ptr() }];
    array[0].buf = (&raw mut array[1].buf).cast();
    let at = array.as_mut_ptr();
    let (mut count, mut flags, mut errno) = (77, 0, 77);
    let recv = functions.lpWSPRecv.expect("a full table");
    // SAFETY: each pointer is valid or null.
    let answer = unsafe {
        recv(AT_ONCE, at, 2, &raw mut count, &raw mut flags, null_mut(), None, null(), &raw mut errno)
    };
    assert_eq!((answer, count, &second), (0, 8, b"efgh"));
    clean_up(&functions).expect("started");
}

unsafe extern "system" fn routine(error: u32, count: u32, overlapped: *mut WSAOVERLAPPED, flags: u32) {
    // SAFETY: the structure is the client's, and the client stored the address of its cell in it.
    let at = unsafe { overlapped.read() }.hEvent.cast::<Cell<Option<(u32, u32, u32)>>>();
    // SAFETY: with a routine the member belongs to the client, and the cell lives as long as the client.
    let told = unsafe { &*at };
    assert_eq!(told.replace(Some((error, count, flags))), None, "told once");
}

#[test]
fn a_routine_gets_values_beside_an_error() {
    let (functions, procs) = started();
    let told = Cell::new(None);
    let client = Client::with_event((&raw const told).cast_mut().cast());
    assert_eq!(client.recv(&functions, LATER, Some(routine)), PENDING);
    procs.close_socket(LONG).expect("all are completed");
    let error = WsaError::WSAEMSGSIZE;
    assert_eq!((told.get(), client.result()), (None, Some(Err(error))));
    wait_alertably();
    assert_eq!(told.get(), Some((error.code().cast_unsigned(), 7, 2)));
    clean_up(&functions).expect("started");
}

#[test]
fn a_routine_runs_in_the_next_alertable_wait() {
    let _shows =
        wpu_evidence::tested(["overlapped.function-of-the-provider", "overlapped.routine-excludes-event"]);
    let (functions, procs) = started();
    let told = Cell::new(None);
    let client = Client::with_event((&raw const told).cast_mut().cast());
    assert_eq!(client.send(&functions, LATER, Some(routine)), PENDING);
    procs.close_socket(LATER).expect("all are completed");
    assert_eq!((told.get(), client.result()), (None, Some(Ok((7, 0)))));
    wait_alertably();
    assert_eq!(told.get(), Some((0, 7, 0)));
    wait_alertably();
    assert_eq!(host::seen_names(), ["WPUQueueApc"]);
    clean_up(&functions).expect("started");
}

#[test]
fn only_what_was_received_has_flags() {
    let _shows = wpu_evidence::tested(["overlapped.other-routines-get-no-flags"]);
    let (functions, procs) = started();
    let calls = [(Client::recv as CallOf, (0, 7, 2)), (Client::send, (0, 7, 0)), (Client::ioctl, (0, 0, 0))];
    for (call, expected) in calls {
        let told = Cell::new(None);
        let client = Client::with_event((&raw const told).cast_mut().cast());
        assert_eq!(call(&client, &functions, LATER, Some(routine)), PENDING);
        procs.close_socket(LATER).expect("all are completed");
        wait_alertably();
        assert_eq!(told.get(), Some(expected));
    }
    clean_up(&functions).expect("started");
}

#[test]
fn the_providers_members_are_stored_before_the_upcall() {
    let _shows = wpu_evidence::tested(["overlapped.own-members-before-upcall"]);
    let (functions, procs) = started();
    for (end, flags, error) in [(LATER, 2, 0), (LONG, 2, WsaError::WSAEMSGSIZE.code()), (NEVER, 0, 995)] {
        let client = Client::new();
        assert_eq!(client.recv(&functions, LATER, None), PENDING);
        procs.close_socket(end).expect("all are completed");
        let seen = host::seen();
        assert_eq!((seen[1].upcall, seen[1].arguments[1]), ("WPUCompleteOverlappedRequest", flags));
        assert_eq!(host::offset_high(), error.cast_unsigned());
    }
    clean_up(&functions).expect("started");
}

/// Other code than the provider reads `Internal`: 0 is success, and one value means that the request is
/// pending.
#[test]
fn a_routine_and_the_structure_report_every_error() {
    const FAILED: usize = 0xe000_0000;
    let _shows = wpu_evidence::tested([
        "overlapped.failed-routine-gets-no-count",
        "overlapped.pending-error-comes-with-completion",
        "WSPGetOverlappedResult.reads-the-four-members",
    ]);
    let (functions, procs) = started();
    let ends = [
        (LATER, (0_u32, 7, 0), 0),
        (NEVER, (995, 0, 0), FAILED + 995),
        // Without an error code it would be read as success.
        (CODELESS, (10107, 0, 0), FAILED + 10107),
        // Unmodified, or with those bits flipped, these two would mean that the request is pending.
        (STRANGE, (0x103, 0, 0), FAILED + 0x103),
        (FAILED + STRANGE, (0xe000_0103, 0, 0), FAILED + 0x103),
    ];
    for (end, (error, count, flags), internal) in ends {
        let told = Cell::new(None);
        let client = Client::with_event((&raw const told).cast_mut().cast());
        assert_eq!(client.send(&functions, LATER, Some(routine)), PENDING);
        procs.close_socket(end).expect("all are completed");
        wait_alertably();
        assert_eq!(told.get(), Some((error, count, flags)));
        // SAFETY: the request is complete.
        let structure = unsafe { client.overlapped.get().read() };
        assert_eq!((structure.Internal, structure.InternalHigh), (internal, count as usize));
        let code = WsaError::new(i32::from_ne_bytes(error.to_ne_bytes()));
        assert_eq!(client.result(), Some(if error == 0 { Ok((count, flags)) } else { Err(code) }));
    }
    clean_up(&functions).expect("started");
}

#[test]
fn a_request_with_a_routine_and_no_thread_is_refused() {
    let _shows =
        wpu_evidence::checked(["overlapped.routine-comes-with-thread", "WSPSend.lpThreadId.not-null"]);
    let (functions, _) = started();
    let client = Client::new();
    let buffers = client.buffers();
    let (at, overlapped) = (buffers.as_ptr(), client.overlapped.get());
    let send = functions.lpWSPSend.expect("a full table");
    let nobody = WSATHREADID::ZERO;
    for thread in [null(), &raw const nobody] {
        let (mut count, mut errno) = (77, 77);
        // SAFETY: each pointer is valid or null.
        let answer = unsafe {
            send(LATER, at, 2, &raw mut count, 0, overlapped, Some(routine), thread, &raw mut errno)
        };
        assert_eq!((answer, errno, host::seen()), (-1, WsaError::WSAEFAULT.code(), vec![]));
    }
    clean_up(&functions).expect("started");
}

#[test]
fn requests_that_the_last_clean_up_aborts_have_no_completion() {
    let (functions, _) = started();
    let client = Client::new();
    assert_eq!(client.send(&functions, LATER, None), PENDING);
    host::seen();
    clean_up(&functions).expect("started");
    assert_eq!(host::seen(), []);
    assert_eq!(client.result(), Some(Err(WsaError::WSA_OPERATION_ABORTED)));
}

/// After the clean-up a client may free what it lent.
#[test]
fn the_last_clean_up_waits_for_requests_outside_the_instance() {
    let (functions, _) = started();
    let client = Client::new();
    assert_eq!(client.recv(&functions, OUTSIDE, None), PENDING);
    let kept = KEPT.take();
    let ((over, seen), (cleaning, begun)) = (channel(), channel());
    CLEANING.set(Some(cleaning));
    let holder = std::thread::spawn(move || {
        begun.recv().expect("the clean-up begins");
        let early = seen.recv_timeout(Duration::from_millis(200));
        for pended in kept {
            let count = pended.scatter().write_at(0, b"outside");
            pended.complete(Ok(u32::try_from(count).expect("short").into()));
        }
        (early, host::seen())
    });
    clean_up(&functions).expect("started");
    // The holder may have ended by now.
    let _ = over.send(());
    assert_eq!((client.bytes(), client.result()), (*b"outside", Some(Ok((7, 0)))));
    let (early, told) = holder.join().expect("no panic");
    assert_eq!(early, Err(RecvTimeoutError::Timeout), "the clean-up did not wait");
    assert_eq!(told, [], "no completion is reported");
}

#[test]
fn the_event_is_set_if_the_completing_upcall_fails() {
    let (functions, procs) = started();
    let client = Client::new();
    assert_eq!(client.send(&functions, LATER, None), PENDING);
    host::answer(Err(WsaError::WSAEINVAL));
    procs.close_socket(LATER).expect("all are completed");
    assert_eq!(host::seen_names(), ["WPUResetEvent", "WPUCompleteOverlappedRequest", "WPUSetEvent"]);
    assert_eq!(client.result(), Some(Ok((7, 0))));
    clean_up(&functions).expect("started");
}

/// There is no other way to report it.
#[cfg(not(miri))]
#[test]
fn a_failed_completion_upcall_is_logged() {
    let said = common::said_in("requests::the_event_is_set_if_the_completing_upcall_fails");
    let expected = "wpu: the completion of a client's request could not be reported: WPUCompleteOverlappedRequest failed: \
                    WSAEINVAL (10022)";
    assert!(said.starts_with(expected), "{said}");
    assert_eq!(common::said_in("requests::a_pending_request_completes_once_whoever_completes_it"), "");
}

/// A client that sees that its request is complete may reuse the structure, or free it, immediately.
#[test]
fn the_structure_is_not_read_after_it_shows_the_completion() {
    /// The client's structure, which another thread watches.
    struct Watched(*mut WSAOVERLAPPED);
    // SAFETY: the client outlives the thread.
    unsafe impl Send for Watched {}

    impl Watched {
        fn use_again(self) {
            // SAFETY: the result points to a member of the structure.
            let internal = unsafe { &raw mut (*self.0).Internal };
            // SAFETY: the member is aligned, and lives longer than this thread.
            let internal = unsafe { AtomicUsize::from_ptr(internal) };
            while internal.load(Ordering::Acquire) == WSS_OPERATION_IN_PROGRESS {
                std::hint::spin_loop();
            }
            // SAFETY: the request is complete, so the structure belongs to the client again.
            unsafe { (*self.0).hEvent = without_provenance_mut(0x48) };
        }
    }

    let (functions, procs) = started();
    for _ in 0..3 {
        let client = Client::new();
        assert_eq!(client.send(&functions, LATER, None), PENDING);
        let watched = Watched(client.overlapped.get());
        std::thread::scope(|scope| {
            scope.spawn(|| watched.use_again());
            host::answer(Err(WsaError::WSAEINVAL));
            procs.close_socket(LATER).expect("all are completed");
        });
        let seen = host::seen();
        assert_eq!((seen[2].upcall, &seen[2].arguments[..]), ("WPUSetEvent", &[0x44][..]));
    }
    clean_up(&functions).expect("started");
}

/// Hosts write the member too, and the count in C is narrower.
#[test]
fn a_count_that_does_not_fit_is_reported_as_the_maximum() {
    let _shows = wpu_evidence::tested(["WSPGetOverlappedResult.reads-the-four-members"]);
    let client = Client::new();
    // SAFETY: no request is pending.
    unsafe { (*client.overlapped.get()).InternalHigh = usize::MAX };
    assert_eq!(client.result(), Some(Ok((u32::MAX, 0))));
}

/// The completing thread may be writing the rest until the mark is gone.
#[test]
fn the_result_is_read_after_the_mark_of_a_pending_operation() {
    /// The client's structure, which a provider completes on another thread.
    struct SendPointer(*mut WSAOVERLAPPED);
    // SAFETY: the client outlives the thread.
    unsafe impl Send for SendPointer {}

    impl SendPointer {
        fn complete(self, count: u32) {
            let at = self.0;
            // SAFETY: the operation is pending, so these members belong to the provider.
            unsafe { (*at).Offset = count + 1 };
            // SAFETY: as above.
            unsafe { (*at).InternalHigh = count as usize };
            // SAFETY: the result points to a member of the structure.
            let internal = unsafe { &raw mut (*at).Internal };
            // SAFETY: the member is aligned, and lives longer than this thread.
            unsafe { AtomicUsize::from_ptr(internal) }.store(0, Ordering::Release);
        }
    }

    let _shows = wpu_evidence::tested(["WSPGetOverlappedResult.pending-mark-is-read-first"]);
    for count in 1..if cfg!(miri) { 5 } else { 500 } {
        let client = Client::new();
        // Other values than the final ones, so that one that is read early is seen.
        let pending = WSAOVERLAPPED { Internal: WSS_OPERATION_IN_PROGRESS, ..WSAOVERLAPPED::ZERO };
        // SAFETY: no request is pending.
        unsafe { client.overlapped.get().write(pending) };
        let pointer = SendPointer(client.overlapped.get());
        std::thread::scope(|scope| {
            scope.spawn(move || pointer.complete(count));
            let result = loop {
                if let Some(result) = client.result() {
                    break result;
                }
            };
            assert_eq!(result, Ok((count, count + 1)));
        });
    }
}

#[test]
fn invalid_pointers_are_refused_and_nothing_is_written() {
    let _shows =
        wpu_evidence::tested(["WSPSend.WSAEFAULT", "WSPSend.lpNumberOfBytesSent.written-on-success"]);
    let _checks = wpu_evidence::checked(["WSPSend.lpBuffers.not-null", "WSPSend.lpOverlapped.aligned"]);
    let (functions, _) = started();
    let send = functions.lpWSPSend.expect("a full table");
    let client = Client::new();
    let buffers = client.buffers();
    let nowhere = [WSABUF { len: 1, buf: null_mut() }];
    // More buffers than a few take another path.
    let [one, _] = buffers;
    let among_many = [one, one, one, one, nowhere[0]];
    let misaligned = client.overlapped.get().wrapping_byte_add(1);
    let cases = [
        (null(), 2, null_mut()),
        (nowhere.as_ptr(), 1, null_mut()),
        (among_many.as_ptr(), 5, null_mut()),
        (buffers.as_ptr(), 2, misaligned),
    ];
    for (at, many, overlapped) in cases {
        let (mut count, mut errno) = (77, 77);
        // SAFETY: each pointer is valid, null or misaligned.
        let answer =
            unsafe { send(AT_ONCE, at, many, &raw mut count, 0, overlapped, None, null(), &raw mut errno) };
        assert_eq!((answer, count, errno), (-1, 77, WsaError::WSAEFAULT.code()));
    }
    clean_up(&functions).expect("started");
}

//! Thread ids, queued functions, and blocking hooks.

use crate::common::{Provider, host};
use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;
use wpu_host::{HookResult, Host, Wake};
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

thread_local! {
    static RAN: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

extern "system" fn note(context: usize) {
    RAN.with_borrow_mut(|ran| ran.push(context));
}

fn ran() -> Vec<usize> {
    RAN.take()
}

#[test]
fn a_queued_function_runs_only_in_an_alertable_wait() {
    let _shows = wpu_evidence::tested(["WPUQueueApc.runs-in-alertable-wait"]);
    let (host, provider, _) = host();
    let (me, event) = (host.current_thread(), host.client_event());
    assert_eq!(host.sleep_alertable(Duration::ZERO), 0);
    assert_eq!(provider.queue_apc(&me, note, 1), Ok(()));
    assert_eq!(provider.queue_apc(&me, note, 2), Ok(()));
    assert_eq!(host.wait(event, Duration::from_millis(2)), Ok(false));
    assert_eq!(ran(), []);
    assert_eq!(host.sleep_alertable(Duration::MAX), 2);
    assert_eq!(ran(), [1, 2]);
    assert_eq!(host.sleep_alertable(Duration::from_millis(2)), 0);
    // It runs before a set event ends the wait.
    assert_eq!(provider.set_event(event), Ok(()));
    assert_eq!(provider.queue_apc(&me, note, 3), Ok(()));
    assert_eq!(host.wait_alertable(event, Duration::MAX), Ok(Wake::Apcs(1)));
    assert_eq!(host.wait_alertable(event, Duration::MAX), Ok(Wake::Set));
    assert_eq!(ran(), [3]);
    assert_eq!(host.reset_event(event), Ok(()));
    assert_eq!(host.wait_alertable(event, Duration::ZERO), Ok(Wake::TimedOut));
    assert_eq!(host.close_client_event(event), Ok(()));
    let closed = host.wait_alertable(event, Duration::MAX);
    assert_eq!(closed, Err(WsaError::WSA_INVALID_HANDLE));
}

#[test]
fn a_function_runs_on_the_thread_it_was_queued_to() {
    let _shows = wpu_evidence::tested([
        "WPUQueueApc.WSAEFAULT",
        "WPUQueueApc.called-on-any-thread",
        "WPUQueueApc.failure-returned",
        "WPUQueueApc.lpErrno.error-written",
        "WPUQueueApc.runs-in-alertable-wait",
    ]);
    let (host, provider, _) = host();
    let host = Arc::new(host);
    let (send, receive) = mpsc::channel();
    let sleeping = Arc::clone(&host);
    let thread = thread::spawn(move || {
        let me = sleeping.current_thread();
        send.send((me.ThreadHandle.addr(), me.Reserved)).expect("a receiver");
        let count = sleeping.sleep_alertable(Duration::MAX);
        (count, ran())
    });
    let (handle, reserved) = receive.recv().expect("the thread's id");
    let id = WSATHREADID { ThreadHandle: std::ptr::without_provenance_mut(handle), Reserved: reserved };
    assert_ne!(id, host.current_thread());
    thread::sleep(Duration::from_millis(5));
    assert_eq!(provider.queue_apc(&id, note, 7), Ok(()));
    assert_eq!(thread.join().expect("the thread ran"), (1, vec![7]));
    assert_eq!((host.sleep_alertable(Duration::ZERO), ran()), (0, vec![]));
    assert_eq!(provider.queue_apc(&id, note, 8), Err(WsaError::WSAEFAULT));
}

/// The values with which a queued function makes upcalls.
static AGAIN: std::sync::Mutex<Option<(Provider, usize, usize)>> = std::sync::Mutex::new(None);

extern "system" fn queue_again(left: usize) {
    note(left);
    let (provider, handle, reserved) = AGAIN.lock().expect("a lock").expect("a provider");
    let id = WSATHREADID { ThreadHandle: std::ptr::without_provenance_mut(handle), Reserved: reserved };
    if left > 0 {
        assert_eq!(provider.queue_apc(&id, queue_again, left - 1), Ok(()));
    }
}

#[test]
fn a_queued_function_makes_upcalls_and_what_it_queues_runs_too() {
    let (host, provider, _) = host();
    let me = host.current_thread();
    *AGAIN.lock().expect("a lock") = Some((provider, me.ThreadHandle.addr(), me.Reserved));
    assert_eq!(provider.queue_apc(&me, queue_again, 2), Ok(()));
    assert_eq!(host.sleep_alertable(Duration::MAX), 3);
    assert_eq!(ran(), [2, 1, 0]);
}

#[test]
fn each_opened_thread_id_is_closed_once() {
    let _shows = wpu_evidence::tested([
        "WPUCloseThread.failure-returned",
        "WPUCloseThread.lpErrno.error-written",
        "WPUCloseThread.resources-freed",
        "WPUOpenCurrentThread.failure-returned",
        "WPUOpenCurrentThread.lpErrno.error-written",
        "WPUQueueApc.WSAEFAULT",
    ]);
    let (host, provider, _) = host();
    let client = host.current_thread();
    assert_eq!(client, host.current_thread());
    let one = provider.open_current_thread().expect("a thread id");
    let two = provider.open_current_thread().expect("a thread id");
    assert!(one != two && one != client && two != client);
    assert_eq!(host.left_open().threads, 2);
    assert_eq!(provider.queue_apc(&one, note, 1), Ok(()));
    assert_eq!(provider.close_thread(&one), Ok(()));
    // A queued function belongs to the thread, not to the id.
    assert_eq!((host.sleep_alertable(Duration::MAX), ran()), (1, vec![1]));
    for id in [one, client, WSATHREADID::ZERO] {
        assert_eq!(provider.close_thread(&id), Err(WsaError::WSAEFAULT));
    }
    for id in [one, WSATHREADID::ZERO, WSATHREADID { Reserved: two.Reserved ^ 1, ..two }] {
        assert_eq!(provider.queue_apc(&id, note, 1), Err(WsaError::WSAEFAULT));
    }
    assert_eq!(provider.close_thread(&two), Ok(()));
    host.exhaust_handles(true);
    assert_eq!(provider.open_current_thread(), Err(WsaError::WSAENOBUFS));
    assert!(host.left_open().is_empty());
}

#[test]
fn an_id_outlives_its_thread_and_accepts_no_more_functions() {
    let (host, provider, _) = host();
    let opening = move || {
        let id = provider.open_current_thread().expect("a thread id");
        assert_eq!(provider.queue_apc(&id, note, 1), Ok(()));
        (id.ThreadHandle.addr(), id.Reserved)
    };
    let (handle, reserved) = thread::spawn(opening).join().expect("the thread ran");
    let id = WSATHREADID { ThreadHandle: std::ptr::without_provenance_mut(handle), Reserved: reserved };
    assert_eq!(provider.queue_apc(&id, note, 1), Err(WsaError::WSAEFAULT));
    assert_eq!(host.left_open().threads, 1);
    assert_eq!(provider.close_thread(&id), Ok(()));
    assert!(host.left_open().is_empty());
}

/// Queries the calling thread's hook and calls it.
fn call_hook(provider: &Provider, entry: u32) -> Option<bool> {
    let (callback, context) = provider.query_blocking_callback(entry).expect("an answer");
    // SAFETY: the host returned the callback together with this context.
    callback.map(|callback| unsafe { callback(context) } != FALSE)
}

#[test]
fn a_blocking_hook_belongs_to_its_thread() {
    let _shows = wpu_evidence::tested([
        "WPUQueryBlockingCallback.WSAEINVAL",
        "WPUQueryBlockingCallback.failure-returned",
        "WPUQueryBlockingCallback.false-means-cancelled",
        "WPUQueryBlockingCallback.hook-of-calling-thread",
        "WPUQueryBlockingCallback.idle-hook-cancels-nothing",
        "WPUQueryBlockingCallback.lpErrno.error-written",
        "WPUQueryBlockingCallback.null-without-a-hook",
    ]);
    let (host, provider, entry) = host();
    assert_eq!(provider.query_blocking_callback(entry), Ok((None, 0)));
    let (calls, cancelled) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let (counter, flag) = (Arc::clone(&calls), Arc::clone(&cancelled));
    host.set_blocking_hook(move || match counter.fetch_add(1, Ordering::Relaxed) {
        _ if flag.load(Ordering::Relaxed) => HookResult::Cancelled,
        0 => HookResult::Processed,
        _ => HookResult::Idle,
    });
    assert_eq!([(); 2].map(|()| call_hook(&provider, entry)), [Some(true); 2]);
    cancelled.store(true, Ordering::Relaxed);
    assert_eq!(call_hook(&provider, entry), Some(false));
    cancelled.store(false, Ordering::Relaxed);
    assert_eq!(call_hook(&provider, entry), Some(false), "it stays cancelled");
    assert_eq!(calls.load(Ordering::Relaxed), 4);
    let elsewhere = thread::spawn(move || call_hook(&provider, entry)).join();
    assert_eq!(elsewhere.expect("the thread ran"), None);
    assert_eq!(provider.query_blocking_callback(entry + 1), Err(WsaError::WSAEINVAL));
    assert!(host.clear_blocking_hook() && !host.clear_blocking_hook());
    assert_eq!(call_hook(&provider, entry), None);
    assert_eq!(Arc::strong_count(&calls), 1);
}

#[test]
fn a_panicking_hook_cancels_the_call_and_a_removed_one_does_not() {
    let (host, provider, entry) = host();
    host.set_blocking_hook(|| HookResult::Processed);
    let (callback, stale) = provider.query_blocking_callback(entry).expect("an answer");
    let callback = callback.expect("a hook");
    host.set_blocking_hook(|| -> HookResult { panic!("a hook of the client") });
    // SAFETY: the host returned the callback together with this context.
    assert_eq!(unsafe { callback(stale) }, TRUE);
    assert_eq!(call_hook(&provider, entry), Some(false));
    let (_, current) = provider.query_blocking_callback(entry).expect("an answer");
    drop(host);
    // SAFETY: as above.
    assert_eq!(unsafe { callback(current) }, FALSE);
}

#[test]
fn a_hook_uses_the_host_it_is_installed_in() {
    let (host, provider, entry) = host();
    let host: Arc<Host> = Arc::new(host);
    let inner = Arc::downgrade(&host);
    host.set_blocking_hook(move || {
        let host = inner.upgrade().expect("the host lives");
        assert!(provider.create_event().is_ok() && host.clear_blocking_hook());
        HookResult::Idle
    });
    assert_eq!(call_hook(&provider, entry), Some(true));
    assert_eq!(call_hook(&provider, entry), None);
    assert_eq!(host.left_open().events, 1);
}

#[test]
fn an_opened_id_names_the_calling_thread_and_is_not_kept() {
    let _shows =
        wpu_evidence::tested(["WPUOpenCurrentThread.names-calling-thread", "WPUQueueApc.thread-id-not-kept"]);
    let (host, provider, _) = host();
    let host = Arc::new(host);
    let (send, receive) = mpsc::channel();
    let opening = Arc::clone(&host);
    let thread = thread::spawn(move || {
        let id = provider.open_current_thread().expect("a thread id");
        send.send((id.ThreadHandle.addr(), id.Reserved)).expect("a receiver");
        let count = opening.sleep_alertable(Duration::MAX);
        (count, ran(), provider.close_thread(&id))
    });
    let (handle, reserved) = receive.recv().expect("the thread's id");
    let mut id = WSATHREADID { ThreadHandle: std::ptr::without_provenance_mut(handle), Reserved: reserved };
    let mut errno = 0;
    // SAFETY: the host lives, and the pointers point to locals.
    let queued = unsafe { provider.0.lpWPUQueueApc.unwrap()(&raw mut id, Some(note), 9, &raw mut errno) };
    // The function may run before or after this.
    id = host.current_thread();
    assert_eq!((queued, thread.join().expect("the thread ran")), (0, (1, vec![9], Ok(()))));
    assert_eq!((id, host.sleep_alertable(Duration::ZERO), ran()), (host.current_thread(), 0, vec![]));
    // It is in the queue of a thread that does not wait while the id is overwritten.
    let mut id = provider.open_current_thread().expect("a thread id");
    let opened = id;
    // SAFETY: as above.
    unsafe { provider.0.lpWPUQueueApc.unwrap()(&raw mut id, Some(note), 10, &raw mut errno) };
    id = WSATHREADID::ZERO;
    assert_eq!((id, host.sleep_alertable(Duration::MAX), ran()), (WSATHREADID::ZERO, 1, vec![10]));
    assert_eq!(provider.close_thread(&opened), Ok(()));
}

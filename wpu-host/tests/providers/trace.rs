//! The trace: one line for each upcall, whatever its result.

use crate::common::host;
use std::ptr;
use std::thread;

#[test]
fn lines_read_like_calls() {
    let (host, provider, entry) = host();
    let socket = provider.create_socket_handle(entry, 0x2a).expect("a socket");
    assert!(provider.query_socket_handle_context(0x54).is_err());
    assert!(!provider.post_message(ptr::null_mut(), 1, 2, 3));
    let trace: Vec<_> = host.trace().iter().map(ToString::to_string).collect();
    assert_eq!(trace.len(), 3);
    assert_eq!(trace[0], format!("WPUCreateSocketHandle(entry {entry}, context 0x2a) = {socket:#x}"));
    assert!(trace[1].starts_with("WPUQuerySocketHandleContext("), "{}", trace[1]);
    assert!(trace[1].contains("WSAENOTSOCK"), "{}", trace[1]);
    assert!(trace[2].starts_with("WPUPostMessage("), "{}", trace[2]);
    host.clear_trace();
    assert!(host.trace().is_empty());
}

#[test]
fn threads_have_numbers() {
    let (host, provider, _) = host();
    provider.create_event().expect("an event");
    let other = thread::spawn(move || provider.create_event().is_ok());
    assert!(other.join().expect("the thread ran"));
    provider.create_event().expect("an event");
    let trace = host.trace();
    assert_eq!(trace.iter().map(|line| line.thread).collect::<Vec<_>>(), [1, 2, 1]);
    assert!(trace.iter().all(|line| line.upcall.name == "WPUCreateEvent"));
}

#[test]
fn refused_calls_are_in_the_trace() {
    let (host, provider, _) = host();
    let mut errno = 0;
    // SAFETY: the null pointer is refused.
    unsafe { provider.0.lpWPUOpenCurrentThread.unwrap()(ptr::null_mut(), &raw mut errno) };
    let trace = host.trace();
    assert_eq!(trace.len(), 1);
    assert!(trace[0].outcome.contains("WSAEFAULT"), "{}", trace[0]);
}

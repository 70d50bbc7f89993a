//! The rules for upcalls: each broken by an upcall that a provider may not make, and kept by one that it may.

use crate::common::{Provider, host};
use std::ptr;
use std::sync::atomic::AtomicUsize;
use std::thread;
use std::time::Duration;
use wpu_host::{Entry, HookResult, Host, Rule};
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

/// The rules that were broken since the last look.
fn found(host: &Host) -> Vec<Rule> {
    let rules = host.faults().iter().map(|fault| fault.rule).collect();
    host.clear_faults();
    rules
}

fn wait(event: WSAEVENT) -> u32 {
    // SAFETY: one handle, in a local.
    unsafe { wpu_host::WaitForMultipleObjectsEx(1, &raw const event, 0, 0, 0) }
}

#[test]
fn an_event_that_was_closed_is_not_used() {
    let _shows = wpu_evidence::checked(["WPUCloseEvent.unused-after-close"]);
    let (host, provider, _) = host();
    let event = provider.create_event().expect("an event");
    assert_eq!((provider.set_event(event), wait(event)), (Ok(()), WAIT_OBJECT_0));
    assert_eq!((provider.reset_event(event), provider.close_event(event)), (Ok(()), Ok(())));
    assert_eq!(found(&host), []);
    for upcall in [Provider::set_event, Provider::reset_event, Provider::close_event] {
        assert_eq!(upcall(&provider, event), Err(WsaError::WSA_INVALID_HANDLE));
        assert_eq!(found(&host), [Rule::ClosedEvent]);
    }
    assert_eq!((wait(event), found(&host)), (WAIT_FAILED, vec![Rule::ClosedEvent]));
    // A client may close its own event at any time.
    let of_client = host.client_event();
    assert_eq!(host.close_client_event(of_client), Ok(()));
    assert!(provider.set_event(of_client).is_err());
    assert_eq!(found(&host), []);
}

#[test]
fn a_handle_belongs_to_one_process() {
    let _shows = wpu_evidence::checked(["WPUCreateEvent.this-process-only"]);
    let (one, two) = (host(), host());
    let event = one.1.create_event().expect("an event");
    for upcall in [Provider::set_event, Provider::reset_event] {
        assert_eq!(upcall(&one.1, event), Ok(()));
    }
    for upcall in [Provider::set_event, Provider::reset_event, Provider::close_event] {
        assert_eq!(upcall(&two.1, event), Err(WsaError::WSA_INVALID_HANDLE));
        assert_eq!(found(&two.0), [Rule::OtherProcess]);
    }
    let (socket, id) = (one.1.create_socket_handle(one.2, 0), one.1.open_current_thread());
    assert!(two.1.close_socket_handle(socket.expect("a socket")).is_err());
    assert!(two.1.close_thread(&id.expect("a thread id")).is_err());
    assert!(two.1.close_socket_handle(0x54).is_err());
    assert_eq!(found(&two.0), [Rule::OtherProcess, Rule::OtherProcess, Rule::NotASocket]);
    assert_eq!(found(&one.0), []);
}

#[test]
fn only_file_handles_are_registered() {
    let _shows = wpu_evidence::checked(["WPUModifyIFSHandle.only-file-handles"]);
    let (host, provider, entry) = host();
    let files = host.add_entry(Entry::new(GUID::ZERO, "files.dll").flags(XP1_IFS_HANDLES)).id();
    assert_eq!((provider.modify_ifs_handle(files, 0x54), found(&host)), (Ok(0x54), vec![]));
    // A layer may propose again what the provider below has registered or made.
    let made = provider.create_socket_handle(entry, 0).expect("a socket");
    for lower in [0x54, made] {
        assert_eq!((provider.modify_ifs_handle(files, lower), found(&host)), (Ok(lower), vec![]));
    }
    let event = provider.create_event().expect("an event").addr();
    for (entry, proposed) in [(entry, 0x58), (files, event), (files, 0), (files, INVALID_SOCKET), (7, 0x58)] {
        let _ = provider.modify_ifs_handle(entry, proposed);
        assert_eq!(found(&host), [Rule::NotAFileHandle], "{proposed:#x} for {entry}");
    }
}

#[test]
fn a_path_is_that_of_an_installed_provider() {
    let _shows = wpu_evidence::checked(["WPUGetProviderPath.id-from-the-catalog"]);
    let (host, provider, _) = host();
    assert_eq!(provider.get_provider_path(GUID { Data1: 1, ..GUID::ZERO }, 260).0, Ok(()));
    assert_eq!(found(&host), []);
    let unknown = GUID { Data1: 2, ..GUID::ZERO };
    assert_eq!(provider.get_provider_path(unknown, 260).0, Err(WsaError::WSAEINVAL));
    assert_eq!(found(&host), [Rule::UnknownProvider]);
}

#[test]
fn the_host_alone_writes_the_result_of_what_it_completes() {
    let _shows = wpu_evidence::checked(["WPUCompleteOverlappedRequest.internals-left-alone"]);
    let (host, provider, entry) = host();
    let socket = provider.create_socket_handle(entry, 0).expect("a socket");
    let complete = |internal, high| {
        let request = host.request(ptr::null_mut());
        let structure = request.as_ptr();
        // SAFETY: the structure lives as long as `request`.
        let internal_at = unsafe { &raw mut (*structure).Internal };
        // SAFETY: as above.
        let high_at = unsafe { &raw mut (*structure).InternalHigh };
        for (member, value) in [(internal_at, internal), (high_at, high)] {
            // SAFETY: the member lives as long as `request`, and is accessed only through atomics.
            unsafe { AtomicUsize::from_ptr(member) }.store(value, std::sync::atomic::Ordering::Relaxed);
        }
        assert_eq!(provider.complete(socket, structure, 0, 3), Ok(()));
        found(&host)
    };
    assert_eq!(complete(WSS_OPERATION_IN_PROGRESS, 0), []);
    assert_eq!(complete(0, 0), [Rule::ResultWritten]);
    assert_eq!(complete(WSS_OPERATION_IN_PROGRESS, 3), [Rule::ResultWritten]);
}

extern "system" fn nothing(_: usize) {}

#[test]
fn a_thread_id_that_was_closed_is_not_used() {
    let (host, provider, _) = host();
    let id = provider.open_current_thread().expect("a thread id");
    assert_eq!((provider.queue_apc(&id, nothing, 0), provider.close_thread(&id)), (Ok(()), Ok(())));
    assert_eq!(found(&host), []);
    assert_eq!(provider.queue_apc(&id, nothing, 0), Err(WsaError::WSAEFAULT));
    assert_eq!(provider.close_thread(&id), Err(WsaError::WSAEFAULT));
    assert_eq!(found(&host), [Rule::ClosedThreadId; 2]);
    assert_eq!(host.sleep_alertable(Duration::ZERO), 1);
}

#[test]
fn a_blocking_callback_is_called_in_the_thread_that_it_belongs_to() {
    let (host, provider, entry) = host();
    host.set_blocking_hook(|| HookResult::Idle);
    let (callback, context) = provider.query_blocking_callback(entry).expect("an answer");
    let callback = callback.expect("a hook");
    // SAFETY: the host returned the callback together with this context.
    let call = move || unsafe { callback(context) };
    assert_eq!((call(), found(&host)), (TRUE, vec![]));
    assert_eq!(thread::spawn(call).join().expect("it ends"), TRUE);
    assert_eq!(found(&host), [Rule::CallbackElsewhere]);
}

//! Invalid arguments of upcalls: null and misaligned pointers, wrong lengths.

// Each block below is one row of calls that are refused for the same reason.
#![allow(clippy::multiple_unsafe_ops_per_block)]

use crate::common::host;
use std::ptr;
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

/// A pointer that is not null and not aligned, and must not be dereferenced.
fn misaligned<T>() -> *mut T {
    ptr::without_provenance_mut(align_of::<T>() * 64 + 1)
}

#[test]
fn without_an_error_location_a_call_fails_and_does_nothing() {
    let _shows = wpu_evidence::tested(["WPUQuerySocketHandleContext.lpContext.written-on-success"]);
    let (host, provider, entry) = host();
    let table = provider.0;
    let socket = provider.create_socket_handle(entry, 3).expect("a socket");
    let event = host.client_event();
    for errno in [ptr::null_mut(), misaligned()] {
        let mut context = 0x77;
        // SAFETY: the host checks each argument before it uses it, which is what this test shows.
        unsafe {
            assert_eq!(table.lpWPUCreateEvent.unwrap()(errno), WSA_INVALID_EVENT);
            assert_eq!(table.lpWPUSetEvent.unwrap()(event, errno), FALSE);
            assert_eq!(table.lpWPUCreateSocketHandle.unwrap()(entry, 0, errno), INVALID_SOCKET);
            assert_eq!(table.lpWPUModifyIFSHandle.unwrap()(entry, 0x54, errno), INVALID_SOCKET);
            assert_eq!(table.lpWPUCloseSocketHandle.unwrap()(socket, errno), SOCKET_ERROR);
            let query = table.lpWPUQuerySocketHandleContext.unwrap();
            assert_eq!(query(socket, &raw mut context, errno), SOCKET_ERROR);
            let path = table.lpWPUGetProviderPath.unwrap();
            let nothing = ptr::null_mut();
            assert_eq!(path(ptr::null_mut(), nothing, ptr::null_mut(), errno), SOCKET_ERROR);
        }
        assert_eq!(context, 0x77);
    }
    assert_eq!(host.wait(event, std::time::Duration::ZERO), Ok(false));
    assert_eq!((host.left_open().events, host.left_open().socket_handles), (0, 1));
    assert_eq!((host.owner(0x54), host.trace().len()), (None, 15));
}

/// A null pointer or a misaligned one.
fn pointer<T>(bad: bool) -> *mut T {
    if bad { misaligned() } else { ptr::null_mut() }
}

extern "system" fn nothing(_: usize) {}

#[test]
fn null_and_misaligned_pointers_fail_with_wsaefault() {
    let _shows = wpu_evidence::checked([
        "WPUCloseThread.lpThreadId.not-null",
        "WPUCompleteOverlappedRequest.lpOverlapped.not-null",
        "WPUOpenCurrentThread.lpThreadId.not-null",
        "WPUQueryBlockingCallback.lpdwContext.not-null",
        "WPUQueryBlockingCallback.lplpfnCallback.not-null",
        "WPUQuerySocketHandleContext.lpContext.not-null",
        "WPUQueueApc.lpThreadId.not-null",
    ]);
    let _keeps = wpu_evidence::tested(["WPUQueryBlockingCallback.WSAEFAULT"]);
    let (host, provider, entry) = host();
    let table = provider.0;
    let socket = provider.create_socket_handle(entry, 3).expect("a socket");
    let mut errno = 0;
    let mut faults = 0;
    let mut fault = |answer: i32, errno: i32| {
        assert_eq!((answer, WsaError::new(errno)), (SOCKET_ERROR, WsaError::WSAEFAULT));
        faults += 1;
    };
    for bad in [false, true] {
        let (mut callback, mut context) = (None, 0);
        let at = &raw mut errno;
        // SAFETY: the host checks each argument before it uses it, which is what this test shows.
        unsafe {
            let open = table.lpWPUOpenCurrentThread.unwrap();
            fault(open(pointer(bad), at), at.replace(0));
            fault(table.lpWPUCloseThread.unwrap()(pointer(bad), at), at.replace(0));
            let queue = table.lpWPUQueueApc.unwrap();
            fault(queue(pointer(bad), Some(nothing), 0, at), at.replace(0));
            let mut me = host.current_thread();
            fault(queue(&raw mut me, None, 0, at), at.replace(0));
            let query = table.lpWPUQuerySocketHandleContext.unwrap();
            fault(query(socket, pointer(bad), at), at.replace(0));
            let hook = table.lpWPUQueryBlockingCallback.unwrap();
            fault(hook(entry, pointer(bad), &raw mut context, at), at.replace(0));
            fault(hook(entry, &raw mut callback, pointer(bad), at), at.replace(0));
            let complete = table.lpWPUCompleteOverlappedRequest.unwrap();
            fault(complete(socket, pointer(bad), 0, 0, at), at.replace(0));
            assert_eq!(table.lpWPUFDIsSet.unwrap()(socket, pointer(bad)), 0);
        }
        assert_eq!((callback, context), (None, 0));
    }
    assert_eq!(faults, 16);
    assert_eq!(host.left_open().threads, 0);
    assert_eq!(host.sleep_alertable(std::time::Duration::ZERO), 0);
}

#[test]
fn a_path_is_written_only_if_the_buffer_is_large_enough() {
    let _shows = wpu_evidence::checked([
        "WPUGetProviderPath.lpProviderDllPathLen.not-null",
        "WPUGetProviderPath.lpProviderId.not-null",
        "WPUGetProviderPath.lpszProviderDllPath.not-null",
    ]);
    let _keeps = wpu_evidence::tested([
        "WPUGetProviderPath.WSAEFAULT",
        "WPUGetProviderPath.lpszProviderDllPath.within-length",
        "WPUGetProviderPath.lpszProviderDllPath.written-on-success",
    ]);
    let (_host, provider, _) = host();
    let table = provider.0;
    let id = GUID { Data1: 1, ..GUID::ZERO };
    let path = |buffer: *mut u16, length: *mut i32| {
        let mut errno = 0;
        // SAFETY: the host checks each argument before it uses it, which is what this test shows.
        let answer =
            unsafe { table.lpWPUGetProviderPath.unwrap()(&raw const id, buffer, length, &raw mut errno) };
        (answer, WsaError::new(errno))
    };
    let mut buffer = [0xFFFF_u16; 64];
    let fault = (SOCKET_ERROR, WsaError::WSAEFAULT);
    for length in [0, -1, i32::MIN, 1, 12] {
        let mut length = length;
        assert_eq!(path(buffer.as_mut_ptr(), &raw mut length), fault);
    }
    for nobody in [ptr::null(), misaligned()] {
        let (mut length, mut errno) = (64, 0);
        let (text, length, errno) = (buffer.as_mut_ptr(), &raw mut length, &raw mut errno);
        // SAFETY: the host checks each argument before it uses it, which is what this test shows.
        let answer = unsafe { table.lpWPUGetProviderPath.unwrap()(nobody, text, length, errno) };
        // SAFETY: it points to a local.
        assert_eq!((answer, WsaError::new(unsafe { *errno })), fault);
    }
    let mut length = 64;
    assert_eq!(path(ptr::null_mut(), &raw mut length), fault);
    assert_eq!(path(misaligned(), &raw mut length), fault);
    assert_eq!(path(buffer.as_mut_ptr(), ptr::null_mut()), fault);
    assert_eq!(path(buffer.as_mut_ptr(), misaligned()), fault);
    assert!(buffer.iter().all(|unit| *unit == 0xFFFF));
    length = 13; // "provider.dll" and the zero.
    assert_eq!(path(buffer.as_mut_ptr(), &raw mut length).0, 0);
    assert_eq!(String::from_utf16_lossy(&buffer[..13]), "provider.dll\0");
    assert_eq!(buffer[13], 0xFFFF);
}

/// What the out value for a callback holds before the call.
unsafe extern "system" fn before(_: usize) -> BOOL {
    FALSE
}

#[test]
fn a_failed_upcall_writes_no_out_value() {
    let _shows = wpu_evidence::tested([
        "WPUOpenCurrentThread.lpThreadId.written-on-success",
        "WPUQueryBlockingCallback.lpdwContext.written-on-success",
        "WPUQueryBlockingCallback.lplpfnCallback.written-on-success",
        "WPUQuerySocketHandleContext.lpContext.written-on-success",
    ]);
    let (host, provider, entry) = host();
    host.set_blocking_hook(|| wpu_host::HookResult::Idle);
    // One value, since a function may have several addresses.
    let first: unsafe extern "system" fn(usize) -> BOOL = before;
    let is_before =
        |callback: LPBLOCKINGCALLBACK| callback.is_some_and(|callback| std::ptr::fn_addr_eq(callback, first));
    let ask = |entry| {
        let (mut callback, mut context, mut errno): (LPBLOCKINGCALLBACK, _, _) = (Some(first), 0x77, 0);
        let query = provider.0.lpWPUQueryBlockingCallback.unwrap();
        // SAFETY: each pointer points to a local.
        let answer = unsafe { query(entry, &raw mut callback, &raw mut context, &raw mut errno) };
        (answer, is_before(callback), context == 0x77)
    };
    assert_eq!(ask(entry), (0, false, false));
    assert_eq!(ask(entry + 1), (SOCKET_ERROR, true, true));
    let query = |socket| {
        let (mut context, mut errno) = (0x77, 0);
        let query = provider.0.lpWPUQuerySocketHandleContext.unwrap();
        // SAFETY: each pointer points to a local.
        let answer = unsafe { query(socket, &raw mut context, &raw mut errno) };
        (answer, context)
    };
    let socket = provider.create_socket_handle(entry, 3).expect("a socket");
    assert_eq!((query(socket), query(socket + 4)), ((0, 3), (SOCKET_ERROR, 0x77)));
    let open = || {
        let id = WSATHREADID { Reserved: 0x77, ..WSATHREADID::ZERO };
        let (mut opened, mut errno) = (id, 0);
        // SAFETY: each pointer points to a local.
        let answer = unsafe { provider.0.lpWPUOpenCurrentThread.unwrap()(&raw mut opened, &raw mut errno) };
        (answer, opened == id)
    };
    assert_eq!(open(), (0, false));
    host.exhaust_handles(true);
    assert_eq!(open(), (SOCKET_ERROR, true));
}

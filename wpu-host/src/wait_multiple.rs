//! `WaitForMultipleObjectsEx` over the events of a host, for providers that import it by name.

use crate::handles::slot_of;
use crate::host_slots::occupant;
use crate::panic::contain;
use crate::ws2::{Parts, Waited};
use std::time::Duration;
use wpu_sys::WsaError;
use wpu_sys::ffi::{BOOL, DWORD, HANDLE, INFINITE, MAXIMUM_WAIT_OBJECTS};
use wpu_sys::ffi::{WAIT_FAILED, WAIT_IO_COMPLETION, WAIT_OBJECT_0, WAIT_TIMEOUT};

/// Waits for one or all of the given events of one host, which the handle values identify. An alertable wait
/// also ends when APCs are queued to the calling thread, which then runs them.
///
/// In a program that is linked with `-rdynamic`, libraries of providers that are loaded later resolve this
/// symbol, as they resolve the function of kernel32 on Windows.
///
/// # Safety
///
/// `handles` is null, or misaligned, or points to `count` values, which do not change during the call.
#[cfg_attr(not(windows), unsafe(no_mangle))]
#[allow(non_snake_case)] // The name is that of the system's function.
pub unsafe extern "system" fn WaitForMultipleObjectsEx(
    count: DWORD,
    handles: *const HANDLE,
    all: BOOL,
    milliseconds: DWORD,
    alertable: BOOL,
) -> DWORD {
    if count == 0 || count > MAXIMUM_WAIT_OBJECTS || handles.is_null() || !handles.is_aligned() {
        return WAIT_FAILED;
    }
    // SAFETY: the pointer is neither null nor misaligned, so the caller guarantees `count` values.
    let handles = unsafe { std::slice::from_raw_parts(handles, count as usize) };
    let events: Vec<usize> = handles.iter().map(|handle| handle.addr()).collect();
    contain(|| wait(&events, all != 0, milliseconds, alertable != 0)).unwrap_or(WAIT_FAILED)
}

fn wait(events: &[usize], all: bool, milliseconds: u32, alertable: bool) -> u32 {
    let slot = slot_of(events[0]);
    let Some(ws2) = occupant(slot).filter(|_| events.iter().all(|event| slot_of(*event) == slot)) else {
        return WAIT_FAILED;
    };
    {
        let parts = &mut *ws2.lock();
        for event in events {
            if parts.events.is_set(*event).is_err() {
                parts.unknown_event("WaitForMultipleObjectsEx", *event);
            }
        }
    }
    let timeout = match milliseconds {
        INFINITE => Duration::MAX,
        some => Duration::from_millis(some.into()),
    };
    let ended = ws2.wait(timeout, alertable, |parts| match first_set(parts, events, all) {
        Ok(index) => index.map(Ok),
        Err(error) => Some(Err(error)),
    });
    match ended {
        Waited::Done(Ok(index)) => WAIT_OBJECT_0 + u32::try_from(index).unwrap_or(0),
        Waited::Done(Err(_)) => WAIT_FAILED,
        Waited::Apcs(_) => WAIT_IO_COMPLETION,
        Waited::TimedOut => WAIT_TIMEOUT,
    }
}

/// The index of the first event that is set. If `all` is true, `None` unless all events are set.
fn first_set(parts: &Parts, events: &[usize], all: bool) -> Result<Option<usize>, WsaError> {
    let mut first = None;
    let mut every = true;
    for (index, event) in events.iter().enumerate() {
        if parts.events.is_set(*event)? {
            first = first.or(Some(index));
        } else {
            every = false;
        }
    }
    Ok(first.filter(|_| every || !all))
}

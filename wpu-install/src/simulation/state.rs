//! What the functions work on, and the frame of their calls.

use super::condition::{Failing, Function};
use crate::application::MemoryApplications;
use crate::memory::Memory;
use std::sync::{Mutex, MutexGuard, PoisonError};
use wpu_sys::WsaError;

/// What the functions work on.
#[derive(Debug)]
pub(super) struct State {
    pub memory: Memory,
    pub applications: MemoryApplications,
    pub failing: Option<Failing>,
    pub last_error: Option<WsaError>,
}

static STATE: Mutex<Option<State>> = Mutex::new(None);

pub(super) fn state() -> MutexGuard<'static, Option<State>> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes a call of a function, after the check of its arguments. Without a simulation, every call fails.
pub(super) fn call<A, R>(
    function: Function,
    arguments: Result<A, WsaError>,
    deed: impl FnOnce(&mut State, A) -> Result<R, WsaError>,
) -> Result<R, WsaError> {
    let mut state = state();
    let state = state.as_mut().ok_or(WsaError::WSANOTINITIALISED)?;
    let result = arguments.and_then(|arguments| {
        state.failing.as_mut().map_or(Ok(()), |failing| failing.call(function))?;
        deed(state, arguments)
    });
    if let Err(error) = &result {
        state.last_error = Some(*error);
    }
    result
}

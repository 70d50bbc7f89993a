//! The types of a provider's start-ups and clean-ups, and what a host is told of their errors.

use wpu_sys::rt::startup;
use wpu_sys::{Interface, WsaError, facts};

/// The start-ups and clean-ups of a provider. `#[wpu_provider]` creates one for each provider.
pub type Run = startup::Run<Interface>;

/// The error of a start-up.
pub type StartError = startup::StartError<Interface>;

/// The error of a clean-up.
pub type CleanUpError = startup::CleanUpError<Interface>;

/// The error code that `WSPStartup` returns.
#[must_use]
#[inline]
pub fn start_error(error: &StartError) -> WsaError {
    match error {
        StartError::Missing(_) | StartError::Shared => null_slot_error(),
        StartError::Busy => WsaError::WSAEINPROGRESS,
        StartError::Refused(error) => *error,
    }
}

/// The error code that `WSPCleanup` reports.
#[must_use]
#[inline]
pub fn clean_up_error(error: CleanUpError) -> WsaError {
    match error {
        CleanUpError::NotStarted => WsaError::WSANOTINITIALISED,
        CleanUpError::Busy => WsaError::WSAEINPROGRESS,
        CleanUpError::Failed(error) => error,
    }
}

/// The error code for a table that lacks a declared upcall.
#[inline]
fn null_slot_error() -> WsaError {
    let entry = facts::ENTRIES.iter().find(|entry| entry.name == "WSPStartup");
    entry.map_or(WsaError::WSASYSCALLFAILURE, |entry| WsaError::new(entry.hole.value))
}

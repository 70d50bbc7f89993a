//! Registers the functions of this process that providers linked into this program import by name.

/// Registers the functions for providers that are linked into this program, so that these need no linker
/// flag.
#[cfg(not(windows))]
pub(crate) fn provide() {
    use crate::enumerate::WSCEnumProtocols;
    use crate::export::WPUCompleteOverlappedRequest;
    use crate::wait_multiple::WaitForMultipleObjectsEx;
    use wpu_sys::import;

    // SAFETY: the function has the contract of its name, and is callable for the lifetime of the program.
    unsafe { import::provide_complete_overlapped_request(WPUCompleteOverlappedRequest) };
    // SAFETY: as above.
    unsafe { import::provide_wsc_enum_protocols(WSCEnumProtocols) };
    // SAFETY: as above.
    unsafe { import::provide_wait_for_multiple_objects_ex(WaitForMultipleObjectsEx) };
}

/// Replaces the system's functions in the import table of this program.
#[cfg(windows)]
pub(crate) fn provide() {
    crate::redirect::in_program();
}

//! Offers the functions of the whole process to providers that are part of this program.

/// Offers the functions to providers that are part of this program, which need no linker flag then.
#[cfg(not(windows))]
pub(crate) fn provide() {
    use crate::enumerate::WSCEnumProtocols;
    use crate::export::WPUCompleteOverlappedRequest;
    use crate::wait_multiple::WaitForMultipleObjectsEx;
    use wpu_sys::import;

    // SAFETY: it is what its name says, for as long as the program runs.
    unsafe { import::provide_complete_overlapped_request(WPUCompleteOverlappedRequest) };
    // SAFETY: as above.
    unsafe { import::provide_wsc_enum_protocols(WSCEnumProtocols) };
    // SAFETY: as above.
    unsafe { import::provide_wait_for_multiple_objects_ex(WaitForMultipleObjectsEx) };
}

/// There they take the place of the system's functions in this program.
#[cfg(windows)]
pub(crate) fn provide() {
    crate::redirect::in_program();
}

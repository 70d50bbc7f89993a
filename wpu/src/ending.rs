//! Whether the process is ending: then no other thread may be waited for.
//!
//! Windows ends all threads but one before it tells libraries that the process ends, wherever these threads are: inside a
//! call, with a lock held, with a request pending. Elsewhere they go on until the process is gone, but a thread that is
//! blocked may be blocked for ever.
//!
//! A thread that waits when the process begins to end is ended itself, or the system ends the wait with the process. So
//! a wait looks once, before it begins.

#[cfg(any(feature = "base", feature = "layer"))]
use wpu_sys::WsaError;

/// Makes the end of the process known. It is called at each start-up.
#[inline]
pub(crate) fn watch() {
    system::watch();
}

/// Whether the process is ending.
#[inline]
pub(crate) fn is_ending() -> bool {
    system::is_ending()
}

/// Fails if the process is ending, before a wait for another thread.
#[cfg(any(feature = "base", feature = "layer"))]
#[inline]
pub(crate) fn check_others_live() -> Result<(), WsaError> {
    if is_ending() { Err(WsaError::WSAENETDOWN) } else { Ok(()) }
}

#[cfg(windows)]
mod system {
    use wpu_sys::import;

    /// The system knows it.
    pub(super) fn watch() {}

    pub(super) fn is_ending() -> bool {
        let Some(ends) = import::find_rtl_dll_shutdown_in_progress() else { return false };
        // SAFETY: the function takes nothing, and can be called at any time.
        unsafe { ends() != 0 }
    }
}

#[cfg(all(unix, not(miri)))]
mod system {
    use std::ffi::c_int;
    use std::sync::atomic::{AtomicBool, Ordering};

    unsafe extern "C" {
        fn atexit(function: extern "C" fn()) -> c_int;
    }

    static WATCHES: AtomicBool = AtomicBool::new(false);
    static ENDING: AtomicBool = AtomicBool::new(false);

    /// Handlers run in the reverse order: those that were there before the first start-up, as those of a program's
    /// statics are, find that the process ends, and the later ones find all threads at work. If the library is unloaded,
    /// the handler runs then, and the next start-up finds new statics.
    pub(super) fn watch() {
        if !WATCHES.swap(true, Ordering::Relaxed) {
            // SAFETY: the function can be called at any time: it only writes to a static. A library that is unloaded
            // takes its handlers along.
            let _ = unsafe { atexit(ends) };
        }
    }

    extern "C" fn ends() {
        ENDING.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_ending() -> bool {
        ENDING.load(Ordering::SeqCst)
    }
}

#[cfg(not(any(windows, all(unix, not(miri)))))]
mod system {
    pub(super) fn watch() {}

    /// There is nobody who says so.
    pub(super) fn is_ending() -> bool {
        false
    }
}

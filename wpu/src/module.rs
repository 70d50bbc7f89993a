//! Keeps the library that this code is part of in memory.

use std::sync::atomic::{AtomicBool, Ordering};

/// From now on this library stays loaded, until the process ends: somebody else has a pointer to its code, and
/// follows it at a time that the library cannot wait for. A client runs what was queued to its thread in its next
/// alertable wait, which may come after the last clean-up, and the host unloads the library in between.
#[inline]
pub(crate) fn stay() {
    if !STAYS.load(Ordering::Acquire) {
        pin();
    }
}

/// Part of this library, as all statics are, so that its address says which one is meant.
static STAYS: AtomicBool = AtomicBool::new(false);

/// Threads that come here at once each do it; it can be done any number of times.
#[cold]
#[inline(never)]
fn pin() {
    system::pin((&raw const STAYS).cast());
    STAYS.store(true, Ordering::Release);
}

#[cfg(windows)]
mod system {
    use std::ffi::c_void;
    use wpu_sys::ffi::{GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_PIN};
    use wpu_sys::import;

    pub(super) fn pin(address: *const c_void) {
        let Some(get) = import::find_get_module_handle_ex_w() else { return };
        let flags = GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS;
        let mut module = std::ptr::null_mut();
        // SAFETY: with these flags the function takes any address of a module in place of a name, and only
        // looks up which module that is; the place for the handle is a local.
        let _it_is_loaded = unsafe { get(flags, address.cast(), &raw mut module) };
    }
}

#[cfg(all(unix, not(miri)))]
mod system {
    use std::ffi::{c_char, c_int, c_void};
    use std::mem::MaybeUninit;

    /// `Dl_info`, the same on all systems that have it.
    #[repr(C)]
    struct Info {
        path: *const c_char,
        base: *mut c_void,
        symbol: *const c_char,
        symbol_address: *mut c_void,
    }

    unsafe extern "C" {
        fn dladdr(address: *const c_void, info: *mut Info) -> c_int;
        fn dlopen(path: *const c_char, flags: c_int) -> *mut c_void;
    }

    const RTLD_LAZY: c_int = 1;
    /// Where it is known: opens only what is there. Elsewhere the library is found by its path as well.
    const RTLD_NOLOAD: c_int = if cfg!(all(target_os = "linux", not(target_arch = "mips"))) {
        4
    } else if cfg!(target_vendor = "apple") {
        0x10
    } else {
        0
    };

    /// One reference more, which nobody gives back. Programs themselves cannot be opened, nor unloaded.
    pub(super) fn pin(address: *const c_void) {
        let mut info = MaybeUninit::<Info>::uninit();
        // SAFETY: `dladdr` takes any address, and the other pointer is to a local with room for its answer.
        if unsafe { dladdr(address, info.as_mut_ptr()) } == 0 {
            return;
        }
        // SAFETY: `dladdr` has succeeded, so it has filled this in.
        let path = unsafe { info.assume_init() }.path;
        if !path.is_null() {
            // SAFETY: the path is a text of the dynamic linker's, about a library that is loaded, since this
            // code is part of it. So nothing is initialised again.
            unsafe { dlopen(path, RTLD_LAZY | RTLD_NOLOAD) };
        }
    }
}

#[cfg(not(any(windows, all(unix, not(miri)))))]
mod system {
    /// Nothing is ever unloaded here.
    pub(super) fn pin(_address: *const std::ffi::c_void) {}
}

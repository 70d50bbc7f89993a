//! Keeps the library that contains this code loaded.

use std::sync::atomic::{AtomicBool, Ordering};

/// Keeps this library loaded until the process ends, because a pointer to its code was passed out and may be
/// called at a time for which the library cannot wait. A client runs the APCs of its thread in its next
/// alertable wait, which may come after the last clean-up, and the host may unload the library in between.
#[inline]
pub(crate) fn stay() {
    if !STAYS.load(Ordering::Acquire) {
        pin();
    }
}

/// A static of this library, so that its address identifies the library.
static STAYS: AtomicBool = AtomicBool::new(false);

/// Several threads may run this at once; it can be repeated any number of times.
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
        // looks up its module; the location for the handle is a local.
        let _it_is_loaded = unsafe { get(flags, address.cast(), &raw mut module) };
    }
}

#[cfg(all(unix, not(miri)))]
mod system {
    use std::ffi::{c_char, c_int, c_void};
    use std::mem::MaybeUninit;

    /// `Dl_info`, which is the same on all systems that have it.
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
    /// Where this flag is known, `dlopen` opens only libraries that are loaded. On other systems the library
    /// is found by its path as well.
    const RTLD_NOLOAD: c_int = if cfg!(all(target_os = "linux", not(target_arch = "mips"))) {
        4
    } else if cfg!(target_vendor = "apple") {
        0x10
    } else {
        0
    };

    /// Adds one reference, which is never released. For a program `dlopen` fails, but a program is never
    /// unloaded.
    pub(super) fn pin(address: *const c_void) {
        let mut info = MaybeUninit::<Info>::uninit();
        // SAFETY: `dladdr` takes any address, and the other pointer points to a local with space for the
        // result.
        if unsafe { dladdr(address, info.as_mut_ptr()) } == 0 {
            return;
        }
        // SAFETY: `dladdr` has succeeded, so it has initialised the structure.
        let path = unsafe { info.assume_init() }.path;
        if !path.is_null() {
            // SAFETY: the path is a string of the dynamic linker for a library that is loaded, since this
            // code is part of it. So no initialiser runs again.
            unsafe { dlopen(path, RTLD_LAZY | RTLD_NOLOAD) };
        }
    }
}

#[cfg(not(any(windows, all(unix, not(miri)))))]
mod system {
    /// Libraries are never unloaded here.
    pub(super) fn pin(_address: *const std::ffi::c_void) {}
}

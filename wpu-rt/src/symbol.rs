//! Finds a function by the name under which the running program exports it.

/// The address of `name` in the program or in a library that it has loaded globally; null if there is none.
///
/// The name must end with a zero.
#[cfg(all(unix, not(miri)))]
#[must_use]
#[inline]
pub fn find(name: &[u8]) -> *mut () {
    use core::ffi::{CStr, c_char, c_void};
    unsafe extern "C" {
        fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
    }
    let Ok(name) = CStr::from_bytes_with_nul(name) else { return core::ptr::null_mut() };
    // RTLD_DEFAULT: the global scope, which has one of two values.
    let minus_two = cfg!(any(
        target_vendor = "apple",
        target_os = "freebsd",
        target_os = "netbsd",
        target_os = "openbsd",
        target_os = "dragonfly"
    ));
    let everywhere =
        if minus_two { core::ptr::without_provenance_mut(usize::MAX - 1) } else { core::ptr::null_mut() };
    // SAFETY: `dlsym` takes this handle and a zero-terminated name, and has no other requirement.
    unsafe { dlsym(everywhere, name.as_ptr()) }.cast()
}

/// The address of `name`: always null, since these systems have no lookup by name.
#[cfg(not(all(unix, not(miri))))]
#[must_use]
#[inline]
pub fn find(_name: &[u8]) -> *mut () {
    core::ptr::null_mut()
}

//! On Windows, replaces the system's functions in the import tables of modules by those of this crate.
//!
//! Only this program and the libraries that it loads as providers are changed; other modules keep the
//! system's functions.

use crate::enumerate::WSCEnumProtocols;
use crate::export::WPUCompleteOverlappedRequest;
use crate::wait_multiple::WaitForMultipleObjectsEx;
use std::ffi::{CStr, c_char, c_void};
use std::ptr;
use std::sync::{LazyLock, Once};
use wpu_sys::ffi::{
    BOOL, DWORD, GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
    HANDLE, WAIT_FAILED, WaitForMultipleObjectsExFn,
};

#[link(name = "kernel32")]
unsafe extern "system" {
    fn GetModuleHandleExW(flags: u32, address: *const c_void, module: *mut *mut c_void) -> i32;
    fn GetModuleHandleW(name: *const u16) -> *mut c_void;
    fn GetProcAddress(module: *mut c_void, name: *const c_char) -> *const c_void;
    fn VirtualProtect(address: *mut c_void, bytes: usize, protection: u32, old: *mut u32) -> i32;
}

/// Finds the module by an address in it, and does not change its reference count.
const BY_ADDRESS: u32 = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
const READ_AND_WRITE: u32 = 4;

/// Replaces the functions for providers that are linked into this program.
pub(crate) fn in_program() {
    static DONE: Once = Once::new();
    DONE.call_once(|| {
        // SAFETY: a null name denotes the module of the program.
        let module = unsafe { GetModuleHandleW(ptr::null()) };
        // SAFETY: the module of the program is never unloaded.
        unsafe { in_module(module.expose_provenance()) };
    });
}

/// Replaces the functions in the import table of the module that contains `function`.
///
/// # Safety
///
/// `function` is in a module that stays loaded during the call.
pub(crate) unsafe fn in_module_of(function: *const c_void) {
    let mut module = ptr::null_mut();
    // SAFETY: the flags say that `function` is an address in the module, and `module` is writable.
    let found = unsafe { GetModuleHandleExW(BY_ADDRESS, function, &raw mut module) };
    if found != 0 {
        // SAFETY: the caller guarantees that the module stays loaded.
        unsafe { in_module(module.expose_provenance()) };
    }
}

/// The replacement for the function with this name.
fn ours(name: &CStr) -> Option<usize> {
    match name.to_bytes() {
        b"WPUCompleteOverlappedRequest" => Some(WPUCompleteOverlappedRequest as *const () as usize),
        b"WSCEnumProtocols" => Some(WSCEnumProtocols as *const () as usize),
        b"WaitForMultipleObjectsEx" => Some(wait as *const () as usize),
        _ => None,
    }
}

/// Waits for events of a host. Handles that no host knows are passed to the system's function.
unsafe extern "system" fn wait(
    count: DWORD,
    handles: *const HANDLE,
    all: BOOL,
    milliseconds: DWORD,
    alertable: BOOL,
) -> DWORD {
    // SAFETY: the contract of this function is the same, and its caller guarantees it.
    let answer = unsafe { WaitForMultipleObjectsEx(count, handles, all, milliseconds, alertable) };
    match *SYSTEM_WAIT {
        // SAFETY: the contract of the system's function is the same, and the caller guarantees it.
        Some(system) if answer == WAIT_FAILED => unsafe {
            system(count, handles, all, milliseconds, alertable)
        },
        _ => answer,
    }
}

/// The system's function, to which no changed import table points any more.
static SYSTEM_WAIT: LazyLock<Option<WaitForMultipleObjectsExFn>> = LazyLock::new(|| {
    let name: Vec<u16> = "kernel32.dll\0".encode_utf16().collect();
    // SAFETY: the name is zero-terminated.
    let module = unsafe { GetModuleHandleW(name.as_ptr()) };
    // SAFETY: the name is zero-terminated, and kernel32 is never unloaded.
    let found = unsafe { GetProcAddress(module, c"WaitForMultipleObjectsEx".as_ptr()) };
    // SAFETY: the pointer is null, or the function of that name, which has this type.
    unsafe { std::mem::transmute::<*const c_void, Option<WaitForMultipleObjectsExFn>>(found) }
});

/// # Safety
///
/// A module is loaded at `base` and stays loaded during the call, so that the loader has validated its
/// headers and import table.
unsafe fn in_module(base: usize) {
    // SAFETY (all reads below): the offsets are those of the file format, within a loaded module.
    let read = |offset: u32| {
        // SAFETY: as stated above.
        unsafe { word::<u32>(base + offset as usize) }
    };
    let headers = read(0x3c);
    // SAFETY: as above. The first field of the optional header distinguishes 64-bit modules.
    let wide = unsafe { word::<u16>(base + headers as usize + 24) } == 0x20b;
    let directories = headers + 24 + if wide { 112 } else { 96 };
    let mut library = read(directories + 8);
    // The last descriptor is all zero, and there may be no import table.
    while library != 0 && read(library + 12) != 0 {
        let (names, slots) = (read(library) as usize, read(library + 16) as usize);
        // Some old linkers write no list of names.
        if names != 0 {
            // SAFETY: both lists are in the loaded module, and the loader has filled the slots.
            unsafe { in_list(base, base + names, base + slots) };
        }
        library += 20;
    }
}

/// # Safety
///
/// A module is loaded at `base`. `names` is the address of its zero-terminated list of imported names, and
/// `slots` that of as many slots, which the loader has filled.
unsafe fn in_list(base: usize, mut names: usize, mut slots: usize) {
    loop {
        // SAFETY: the list ends with a zero, which has not been reached yet.
        let name = unsafe { word::<usize>(names) };
        if name == 0 {
            break;
        }
        // Entries with the highest bit set are imported by ordinal.
        if name.leading_zeros() > 0 {
            let text = ptr::with_exposed_provenance::<i8>(base + name + 2);
            // SAFETY: a hint of two bytes precedes the zero-terminated name.
            let text = unsafe { CStr::from_ptr(text.cast()) };
            if let Some(ours) = ours(text) {
                // SAFETY: it is the slot of the function with that name, and the replacement has the same
                // type.
                unsafe { put(slots, ours) };
            }
        }
        names += size_of::<usize>();
        slots += size_of::<usize>();
    }
}

/// # Safety
///
/// A `T`, aligned or not, is readable at `address`.
unsafe fn word<T: Copy>(address: usize) -> T {
    // SAFETY: the caller guarantees it.
    unsafe { ptr::with_exposed_provenance::<T>(address).read_unaligned() }
}

/// # Safety
///
/// `slot` is the address of an import table slot for a function of the type of `function`.
unsafe fn put(slot: usize, function: usize) {
    let slot = ptr::with_exposed_provenance_mut::<usize>(slot);
    let mut old = 0;
    // SAFETY: the slot is part of a loaded module, only its protection changes, and `old` is writable.
    let open = unsafe { VirtualProtect(slot.cast(), size_of::<usize>(), READ_AND_WRITE, &raw mut old) };
    if open != 0 {
        // SAFETY: the slot is writable now. Other code only reads it to call the function, and sees the old
        // or the new pointer, since an aligned word is written as a whole.
        unsafe { slot.write_volatile(function) };
        // SAFETY: as above; this restores the protection.
        unsafe { VirtualProtect(slot.cast(), size_of::<usize>(), old, &raw mut old) };
    }
}

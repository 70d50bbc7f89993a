//! On Windows, a module finds exported functions in its import table: there ours take the place of the system's.
//!
//! Only this program and the libraries that it loads as providers are changed; others keep the system's functions.

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

/// Find the module by an address in it, and do not count that.
const BY_ADDRESS: u32 = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
const READ_AND_WRITE: u32 = 4;

/// Does so for providers that are part of this program.
pub(crate) fn in_program() {
    static DONE: Once = Once::new();
    DONE.call_once(|| {
        // SAFETY: without a name it is the module of the program.
        let module = unsafe { GetModuleHandleW(ptr::null()) };
        // SAFETY: the program stays loaded.
        unsafe { in_module(module.expose_provenance()) };
    });
}

/// Does so for the module that holds a function.
///
/// # Safety
///
/// `function` is one of a module that stays loaded during the call.
pub(crate) unsafe fn in_module_of(function: *const c_void) {
    let mut module = ptr::null_mut();
    // SAFETY: the flags say that it is an address; `module` can be written.
    let found = unsafe { GetModuleHandleExW(BY_ADDRESS, function, &raw mut module) };
    if found != 0 {
        // SAFETY: the caller says that it stays loaded.
        unsafe { in_module(module.expose_provenance()) };
    }
}

/// What takes the place of the function with this name.
fn ours(name: &CStr) -> Option<usize> {
    match name.to_bytes() {
        b"WPUCompleteOverlappedRequest" => Some(WPUCompleteOverlappedRequest as *const () as usize),
        b"WSCEnumProtocols" => Some(WSCEnumProtocols as *const () as usize),
        b"WaitForMultipleObjectsEx" => Some(wait as *const () as usize),
        _ => None,
    }
}

/// Waits for events of a host; what no host knows is the system's.
unsafe extern "system" fn wait(
    count: DWORD,
    handles: *const HANDLE,
    all: BOOL,
    milliseconds: DWORD,
    alertable: BOOL,
) -> DWORD {
    // SAFETY: as its caller promises.
    let answer = unsafe { WaitForMultipleObjectsEx(count, handles, all, milliseconds, alertable) };
    match *SYSTEM_WAIT {
        // SAFETY: as its caller promises.
        Some(system) if answer == WAIT_FAILED => unsafe {
            system(count, handles, all, milliseconds, alertable)
        },
        _ => answer,
    }
}

/// The system's own, which no import table leads to any more.
static SYSTEM_WAIT: LazyLock<Option<WaitForMultipleObjectsExFn>> = LazyLock::new(|| {
    let name: Vec<u16> = "kernel32.dll\0".encode_utf16().collect();
    // SAFETY: the name ends with a zero.
    let module = unsafe { GetModuleHandleW(name.as_ptr()) };
    // SAFETY: the name ends with a zero, and this library is never unloaded.
    let found = unsafe { GetProcAddress(module, c"WaitForMultipleObjectsEx".as_ptr()) };
    // SAFETY: it is null, or the function of that name, which has this type.
    unsafe { std::mem::transmute::<*const c_void, Option<WaitForMultipleObjectsExFn>>(found) }
});

/// # Safety
///
/// A module is loaded at `base`, and stays so during the call: the loader has found its headers and import table to be good.
unsafe fn in_module(base: usize) {
    // SAFETY (all reads below): the offsets are those of the file format, in a module that is loaded.
    let read = |offset: u32| {
        // SAFETY: as said above.
        unsafe { word::<u32>(base + offset as usize) }
    };
    let headers = read(0x3c);
    // SAFETY: as above; the first number of the optional header says how wide it is.
    let wide = unsafe { word::<u16>(base + headers as usize + 24) } == 0x20b;
    let directories = headers + 24 + if wide { 112 } else { 96 };
    let mut library = read(directories + 8);
    // The last one is all zero, and there may be none.
    while library != 0 && read(library + 12) != 0 {
        let (names, slots) = (read(library) as usize, read(library + 16) as usize);
        // Some old linkers keep no list of names.
        if names != 0 {
            // SAFETY: both stand in the module, whose import table the loader has filled.
            unsafe { in_list(base, base + names, base + slots) };
        }
        library += 20;
    }
}

/// # Safety
///
/// A module is loaded at `base`. At `names` is a list of what it imports, which ends with a zero, and at `slots` as many
/// places, into which the loader has put that.
unsafe fn in_list(base: usize, mut names: usize, mut slots: usize) {
    loop {
        // SAFETY: the list ends with a zero, which was not reached yet.
        let name = unsafe { word::<usize>(names) };
        if name == 0 {
            break;
        }
        // Those with the highest bit are imported by number.
        if name.leading_zeros() > 0 {
            let text = ptr::with_exposed_provenance::<i8>(base + name + 2);
            // SAFETY: behind a hint of two bytes stands the name, with a final zero.
            let text = unsafe { CStr::from_ptr(text.cast()) };
            if let Some(ours) = ours(text) {
                // SAFETY: it is the slot of that function, and ours has the same type.
                unsafe { put(slots, ours) };
            }
        }
        names += size_of::<usize>();
        slots += size_of::<usize>();
    }
}

/// # Safety
///
/// There is a `T` at `address`, aligned or not, which can be read.
unsafe fn word<T: Copy>(address: usize) -> T {
    // SAFETY: the caller says so.
    unsafe { ptr::with_exposed_provenance::<T>(address).read_unaligned() }
}

/// # Safety
///
/// There is a slot of an import table at `slot`, for a function of the type of `function`.
unsafe fn put(slot: usize, function: usize) {
    let slot = ptr::with_exposed_provenance_mut::<usize>(slot);
    let mut old = 0;
    // SAFETY: it is a part of a loaded module, and only its protection changes; `old` can be written.
    let open = unsafe { VirtualProtect(slot.cast(), size_of::<usize>(), READ_AND_WRITE, &raw mut old) };
    if open != 0 {
        // SAFETY: it can be written now. Other code reads it only to call what is there, and finds the old or the new
        // function: a word that is aligned is written as a whole.
        unsafe { slot.write_volatile(function) };
        // SAFETY: as above; the protection is what it was.
        unsafe { VirtualProtect(slot.cast(), size_of::<usize>(), old, &raw mut old) };
    }
}

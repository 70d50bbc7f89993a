//! Calls of the functions that Ws2_32 exports, as `wpu_sys::import` finds them.

use wpu_install::WsaError;
use wpu_sys::ffi::{GUID, SOCKET_ERROR, WSAPROTOCOL_INFOW};
use wpu_sys::import;

/// What a function answered, or its error code.
pub type Answer = Result<i32, WsaError>;

/// The functions of one catalog, with what is wrong with the pointers that they get.
#[derive(Clone, Copy, Default)]
pub struct Ws2 {
    /// Whether they are those for the other catalog, whose names end in `32`.
    pub is_32: bool,
    /// The place of a pointer among those of a function, and whether it is null instead of misaligned.
    pub spoiled: Option<(usize, bool)>,
}

/// The spoiled ways to call a function with so many pointers.
pub fn spoiled(is_32: bool, pointers: usize) -> impl Iterator<Item = Ws2> {
    let all = (0..pointers).flat_map(|at| [(at, true), (at, false)]);
    all.map(move |spoiled| Ws2 { is_32, spoiled: Some(spoiled) })
}

fn answer(result: i32, code: i32) -> Answer {
    if result == SOCKET_ERROR { Err(WsaError::new(code)) } else { Ok(result) }
}

/// A place for an error code, and for another value that only misaligned pointers need.
type Errno = [i32; 2];

impl Ws2 {
    fn input<T>(self, at: usize, pointer: *const T) -> *const T {
        match self.spoiled {
            Some((spoiled, true)) if spoiled == at => std::ptr::null(),
            Some((spoiled, false)) if spoiled == at => pointer.wrapping_byte_add(1),
            _ => pointer,
        }
    }

    fn output<T>(self, at: usize, pointer: *mut T) -> *mut T {
        self.input(at, pointer).cast_mut()
    }

    /// Returns the answer, the entries, and the length after the call.
    pub fn list(
        self,
        protocols: Option<&[i32]>,
        room: usize,
        bytes: u32,
    ) -> (Answer, Vec<WSAPROTOCOL_INFOW>, u32) {
        let mut entries = vec![WSAPROTOCOL_INFOW::ZERO; room.max(1)];
        let (mut bytes, mut errno): (_, Errno) = (bytes, [0; 2]);
        let functions = (import::find_wsc_enum_protocols(), import::find_wsc_enum_protocols32());
        let function = if self.is_32 { functions.1 } else { functions.0 }.expect("it is offered");
        let protocols = protocols.map_or(std::ptr::null(), <[i32]>::as_ptr);
        let (buffer, length) = (self.output(0, entries.as_mut_ptr()), self.output(1, &raw mut bytes));
        // SAFETY: the pointers are valid, or the function has to refuse them.
        let result = unsafe { function(protocols, buffer, length, self.output(2, errno.as_mut_ptr())) };
        entries.truncate(usize::try_from(result).unwrap_or(0));
        (answer(result, errno[0]), entries, bytes)
    }

    /// Returns the answer, the characters that were written, and the length after the call.
    pub fn path(self, provider: &GUID, room: i32) -> (Answer, Vec<u16>, i32) {
        let mut units = vec![0xFFFF; usize::try_from(room).unwrap_or(0).max(1)];
        let (mut length, mut errno): (_, Errno) = (room, [0; 2]);
        let functions = (import::find_wsc_get_provider_path(), import::find_wsc_get_provider_path32());
        let function = if self.is_32 { functions.1 } else { functions.0 }.expect("it is offered");
        let (buffer, size) = (self.output(1, units.as_mut_ptr()), self.output(2, &raw mut length));
        // SAFETY: as above.
        let result =
            unsafe { function(self.input(0, provider), buffer, size, self.output(3, errno.as_mut_ptr())) };
        (answer(result, errno[0]), units, length)
    }

    /// Adds to one catalog; the function that ends in `32` adds to both.
    pub fn install(self, provider: &GUID, path: &str, entries: &[WSAPROTOCOL_INFOW]) -> Answer {
        let path: Vec<u16> = path.encode_utf16().chain([0, 0]).collect();
        let (count, mut errno): (_, Errno) = (u32::try_from(entries.len()).unwrap(), [0; 2]);
        let functions = (import::find_wsc_install_provider(), import::find_wsc_install_provider64_32());
        let function = if self.is_32 { functions.1 } else { functions.0 }.expect("it is offered");
        let (provider, path) = (self.input(0, provider), self.input(1, path.as_ptr()));
        let entries = self.input(2, entries.as_ptr());
        // SAFETY: as above.
        let result = unsafe { function(provider, path, entries, count, self.output(3, errno.as_mut_ptr())) };
        answer(result, errno[0])
    }

    pub fn remove(self, provider: &GUID) -> Answer {
        let mut errno: Errno = [0; 2];
        let functions = (import::find_wsc_deinstall_provider(), import::find_wsc_deinstall_provider32());
        let function = if self.is_32 { functions.1 } else { functions.0 }.expect("it is offered");
        // SAFETY: as above.
        let result = unsafe { function(self.input(0, provider), self.output(1, errno.as_mut_ptr())) };
        answer(result, errno[0])
    }

    /// Returns what the function answers, which is the code itself.
    pub fn order(self, ids: &[u32]) -> i32 {
        let functions = (import::find_wsc_write_provider_order(), import::find_wsc_write_provider_order32());
        let function = if self.is_32 { functions.1 } else { functions.0 }.expect("it is offered");
        // SAFETY: as above.
        unsafe { function(self.input(0, ids.as_ptr()), u32::try_from(ids.len()).unwrap()) }
    }

    /// Returns the answer, the value, and the size after the call.
    pub fn info(self, provider: &GUID, kind: i32, size: usize, flags: u32) -> (Answer, u32, usize) {
        let (mut value, mut size, mut errno): (_, _, Errno) = ([0_u32; 2], size, [0; 2]);
        let functions = (import::find_wsc_get_provider_info(), import::find_wsc_get_provider_info32());
        let function = if self.is_32 { functions.1 } else { functions.0 }.expect("it is offered");
        let (provider, length) = (self.input(0, provider), self.output(1, &raw mut size));
        let (info, errno_at) =
            (self.output(3, value.as_mut_ptr().cast()), self.output(2, errno.as_mut_ptr()));
        // SAFETY: as above.
        let result = unsafe { function(provider, kind, info, length, flags, errno_at) };
        (answer(result, errno[0]), value[0], size)
    }

    pub fn set_info(self, provider: &GUID, kind: i32, value: u32, size: usize, flags: u32) -> Answer {
        let mut errno: Errno = [0; 2];
        let functions = (import::find_wsc_set_provider_info(), import::find_wsc_set_provider_info32());
        let function = if self.is_32 { functions.1 } else { functions.0 }.expect("it is offered");
        let (provider, info) = (self.input(0, provider), self.input(2, (&raw const value).cast()));
        // SAFETY: as above.
        let result =
            unsafe { function(provider, kind, info, size, flags, self.output(1, errno.as_mut_ptr())) };
        answer(result, errno[0])
    }

    /// Returns the answer and the permitted categories.
    pub fn permitted(self, path: &str, extra: Option<&str>) -> (Answer, u32) {
        let (mut categories, mut errno): (_, Errno) = ([0; 2], [0; 2]);
        let (path, extra) = (units(path), extra.map(units));
        let function = import::find_wsc_get_application_category().expect("it is offered");
        let (path, length) = (self.input(0, path.as_ptr()), u32::try_from(path.len()).unwrap() - 1);
        let (extra, extra_length) = text(extra.as_deref());
        let extra = self.input(3, extra);
        let (to, errno_at) = (self.output(1, categories.as_mut_ptr()), self.output(2, errno.as_mut_ptr()));
        // SAFETY: as above.
        let result = unsafe { function(path, length, extra, extra_length, to, errno_at) };
        (answer(result, errno[0]), categories[0])
    }

    /// Returns the answer and the categories from before the call, which the function does not tell if the
    /// pointer is null.
    pub fn permit(self, path: &str, extra: Option<&str>, categories: u32) -> (Answer, u32) {
        let (mut previous, mut errno): (_, Errno) = ([u32::MAX; 2], [0; 2]);
        let (path, extra) = (units(path), extra.map(units));
        let function = import::find_wsc_set_application_category().expect("it is offered");
        let (path, length) = (self.input(0, path.as_ptr()), u32::try_from(path.len()).unwrap() - 1);
        let (extra, extra_length) = text(extra.as_deref());
        let extra = self.input(3, extra);
        let (to, errno_at) = (self.output(2, previous.as_mut_ptr()), self.output(1, errno.as_mut_ptr()));
        // SAFETY: as above.
        let result = unsafe { function(path, length, extra, extra_length, categories, to, errno_at) };
        (answer(result, errno[0]), previous[0])
    }
}

/// Text with a zero that its length does not count.
fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

fn text(units: Option<&[u16]>) -> (*const u16, u32) {
    units.map_or((std::ptr::null(), 0), |units| (units.as_ptr(), u32::try_from(units.len()).unwrap() - 1))
}

//! One call with hostile arguments, and the checks of its result.

use crate::errors::is_documented;
use crate::host::{self, Answer, Asked};
use crate::input::Input;
use crate::memory::{Arena, Arguments, is_good};
use std::ptr::{null_mut, without_provenance_mut};
use std::sync::atomic::{AtomicU64, Ordering};
use wpu::WsaError;
use wpu::ffi::{
    DWORD, FALSE, INVALID_SOCKET, LPCONDITIONPROC, LPWSAOVERLAPPED_COMPLETION_ROUTINE, QOS, SOCKET,
    SOCKET_ERROR, WSABUF, WSAOVERLAPPED, WSAPROTOCOL_INFOW, WSATHREADID, WSPPROC_TABLE,
};

/// The content of the errno variable before a call.
pub(crate) const UNTOUCHED: i32 = 0x5eed_5eed;

/// A thread of the client.
pub(crate) struct Client {
    pub(crate) arena: Arena,
    pub(crate) number: usize,
    pub(crate) by_event: bool,
    pub(crate) functions: WSPPROC_TABLE,
}

/// A call whose arguments are being built.
pub(crate) struct Call<'a, 'b> {
    pub(crate) input: &'a mut Input<'b>,
    pub(crate) args: Arguments<'a>,
    pub(crate) client: &'a Client,
    /// The slot of the function, and its name.
    pub(crate) slot: usize,
    pub(crate) name: &'static str,
    pub(crate) errno: *mut i32,
    pub(crate) request: Option<Asked>,
    /// The maximum number of bytes that it requests.
    pub(crate) most: usize,
    pub(crate) before: Vec<u8>,
    pub(crate) id: Option<usize>,
}

/// The result of a function.
pub(crate) enum Returned {
    /// 0, or a failure.
    Status(i32),
    /// A truth value: false is a failure.
    Truth(i32),
    Socket(SOCKET),
    /// A number of sockets.
    Number(i32),
    /// Nothing was called, since the contract does not allow the arguments.
    Nothing,
}

pub(crate) type Function = fn(&mut Call<'_, '_>) -> Returned;

/// How often each function has succeeded, was pending, or has failed.
pub(crate) static SEEN: [[AtomicU64; 3]; 30] = [const { [const { AtomicU64::new(0) }; 3] }; 30];

pub(crate) const REQUESTS: [&str; 5] = ["WSPIoctl", "WSPRecv", "WSPRecvFrom", "WSPSend", "WSPSendTo"];

impl Call<'_, '_> {
    pub(crate) fn socket(&mut self) -> SOCKET {
        match self.input.below(12) {
            0 => INVALID_SOCKET,
            1 => usize::MAX >> 1,
            socket => socket,
        }
    }

    pub(crate) fn number(&mut self) -> i32 {
        match self.input.below(4) {
            0 => i32::MIN,
            1 => -1,
            2 => i32::MAX,
            _ => i32::from(self.input.byte()),
        }
    }

    pub(crate) fn word(&mut self) -> u32 {
        self.number().cast_unsigned()
    }

    pub(crate) fn handle<T>(&mut self) -> *mut T {
        without_provenance_mut([0, 1, 4, usize::MAX][self.input.below(4)])
    }

    pub(crate) fn info(&mut self) -> *mut WSAPROTOCOL_INFOW {
        self.args.optional(self.input)
    }

    pub(crate) fn qos(&mut self) -> *mut QOS {
        self.args.optional(self.input)
    }

    pub(crate) fn condition(&mut self) -> LPCONDITIONPROC {
        unsafe extern "system" fn condition(
            _: *mut WSABUF,
            _: *mut WSABUF,
            _: *mut QOS,
            _: *mut QOS,
            _: *mut WSABUF,
            _: *mut WSABUF,
            _: *mut u32,
            _: usize,
        ) -> i32 {
            0
        }
        (self.input.below(2) == 0).then_some(condition as _)
    }

    pub(crate) fn errno(&mut self) -> *mut i32 {
        self.errno = self.args.value(self.input, UNTOUCHED);
        self.errno
    }

    /// The overlapped structure, the routine and the thread.
    pub(crate) fn request(
        &mut self,
    ) -> (*mut WSAOVERLAPPED, LPWSAOVERLAPPED_COMPLETION_ROUTINE, *mut WSATHREADID) {
        let routine = self.input.below(2) == 0;
        let thread = [8 * (1 + self.client.number), self.input.below(3)];
        let handle = if self.input.below(16) == 0 { 0 } else { thread[0] };
        let thread = WSATHREADID { ThreadHandle: without_provenance_mut(handle), Reserved: thread[1] };
        let at_thread = if routine || self.input.below(4) == 0 {
            self.args.value(self.input, thread)
        } else {
            null_mut()
        };
        let given = routine.then_some(host::routine as _);
        let Some(block) = &self.args.block else { return (null_mut(), given, at_thread) };
        let at = block.base().cast::<WSAOVERLAPPED>();
        let kept = self.input.below(3) == 0;
        let event = if self.input.below(3) == 0 { 0 } else { host::new_event() };
        let structure = WSAOVERLAPPED { hEvent: without_provenance_mut(event), ..WSAOVERLAPPED::ZERO };
        // SAFETY: the pointer points to the start of a block that is larger than the structure.
        unsafe { at.write(structure) };
        let by_event = self.client.by_event;
        // The thread is read when all arguments have their final content.
        let thread = [0, 0];
        self.request = Some(Asked { name: self.name, most: 0, routine, thread, event, kept, by_event });
        if self.input.below(24) == 0 {
            return (at.wrapping_byte_add(1), given, at_thread);
        }
        (at, given, at_thread)
    }

    /// The number of bytes that a call requests.
    pub(crate) fn asks(&mut self, buffers: *mut WSABUF, count: u32) {
        let count = if is_good(buffers) { count as usize } else { 0 };
        // SAFETY: `settle` has made sure that this number of buffers is readable.
        let lengths = (0..count).map(|index| unsafe { buffers.wrapping_add(index).read() }.len as usize);
        self.most = lengths.sum();
    }

    /// Makes all claims of the arguments true, and copies the memory for comparison. Returns `false` if the
    /// call cannot be made.
    pub(crate) fn ready(&mut self, thread: *mut WSATHREADID) -> bool {
        if !self.args.settle() {
            return false;
        }
        self.before = self.args.arena.copy();
        true_thread(&mut self.request, thread);
        true
    }

    /// Registers the request, which now belongs to the client.
    pub(crate) fn ask(&mut self) {
        if let (Some(asked), Some(block)) = (self.request.take(), self.args.block.take()) {
            self.id = Some(host::ask(Asked { most: self.most, ..asked }, block));
        }
    }

    /// Checks the properties that must hold of every result.
    pub(crate) fn judge(&mut self, returned: &Returned) {
        let name = self.name;
        let failed = match *returned {
            Returned::Status(0) => false,
            Returned::Status(code) => {
                assert_eq!(code, SOCKET_ERROR, "{name} must return 0 or fail");
                true
            }
            Returned::Truth(truth) => truth == FALSE,
            Returned::Socket(socket) => socket == INVALID_SOCKET,
            Returned::Number(number) => {
                assert!(number >= SOCKET_ERROR);
                number == SOCKET_ERROR
            }
            Returned::Nothing => return,
        };
        // SAFETY: the pointer points into the memory of this thread.
        let code = is_good(self.errno).then(|| unsafe { self.errno.read() });
        if code.is_none() && name != "WSPCleanup" {
            assert!(failed, "{name} succeeded without a location for an error");
        }
        let pending = failed && code == Some(WsaError::WSA_IO_PENDING.code());
        assert!(!pending || self.id.is_some(), "{name} is pending without a request");
        if let Some(code) = code.filter(|_| failed) {
            assert!(is_documented(name, code), "{name} fails with {:?}", WsaError::new(code));
        }
        let has_values = !failed || code.is_some_and(|code| defines_values(name, WsaError::new(code)));
        if let Some(offset) = self.args.trespass(&self.before, self.errno, failed, has_values) {
            panic!("{name} (failed: {failed}) wrote to byte {offset}, which it must not modify");
        }
        let answer = match (failed, pending) {
            (_, true) => Answer::Pending,
            (true, false) => Answer::Failed,
            (false, false) => Answer::Done,
        };
        SEEN[self.slot][answer as usize].fetch_add(1, Ordering::Relaxed);
        if let Some(id) = self.id {
            host::answered(id, answer);
        }
    }

    /// Checks the number of bytes that a call reports as transferred.
    pub(crate) fn moved(&self, answer: i32, count: *mut DWORD, returned: Returned) -> Returned {
        if (answer == 0 || self.is_partial(count)) && is_good(count) && self.alone(count) {
            // SAFETY: the pointer points into the memory of this thread.
            let moved = unsafe { count.read() } as usize;
            assert!(moved <= self.most, "{} moved {moved} bytes of {}", self.name, self.most);
        }
        returned
    }

    /// Whether a call that failed has written this count.
    fn is_partial(&self, count: *mut DWORD) -> bool {
        let error = WsaError::WSAEMSGSIZE;
        if !is_good(self.errno)
            || self.errno.addr().abs_diff(count.addr()) < 4
            || !defines_values(self.name, error)
        {
            return false;
        }
        // SAFETY: the pointer points into the memory of this thread.
        let code = unsafe { self.errno.read() };
        let changed = self.args.arena.offset(count.addr(), 4).is_some_and(|at| {
            // SAFETY: as above.
            self.before[at..at + 4] != unsafe { count.read_unaligned() }.to_ne_bytes()
        });
        code == error.code() && changed
    }

    /// Whether no other out value overlaps the count.
    pub(crate) fn alone(&self, count: *mut DWORD) -> bool {
        self.args.writers(count.addr(), 4) == 1
    }
}

/// Whether the documentation defines values beside an error of a function.
fn defines_values(name: &str, error: WsaError) -> bool {
    match name {
        "WSPRecv" | "WSPRecvFrom" | "WSPGetOverlappedResult" => error == WsaError::WSAEMSGSIZE,
        "WSPIoctl" => error == WsaError::WSAEFAULT,
        _ => false,
    }
}

/// The thread that the client names, as stored in its memory.
pub(crate) fn true_thread(request: &mut Option<Asked>, thread: *mut WSATHREADID) {
    if let Some(asked) = request.as_mut().filter(|_| is_good(thread)) {
        // SAFETY: the pointer points into the memory of this thread.
        let thread = unsafe { thread.read() };
        asked.thread = [thread.ThreadHandle.addr(), thread.Reserved];
    }
}

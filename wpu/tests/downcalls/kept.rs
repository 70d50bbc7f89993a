//! Memory with which layers replace a client's bytes lives as long as a provider below may use it: with
//! several layers of one library, other threads, a clean-up, and reuse of the structure.

use crate::common;
use crate::common::host::Scripted;
use crate::common::provider::{IFS_ENTRY, VERSION, clean_up, start_any};
use std::cell::UnsafeCell;
use std::ptr::{null, null_mut};
use std::sync::Mutex;
use wpu::__private::{Fixed, Import, Run, Starter};
use wpu::ffi::{
    LPWSAOVERLAPPED_COMPLETION_ROUTINE, SOCKET, SOCKET_ERROR, WSABUF, WSAOVERLAPPED, WSATHREADID,
    WSPPROC_TABLE, WSPUPCALLTABLEEX, sockaddr,
};
use wpu::raw::Procs;
use wpu::{
    Class, Declaration, Lifecycle, Platform, Progress, Provider, Request, ServiceProvider, Start, Upcalls,
    WsaError,
};
use wpu_sys::facts::Completes;

static TABLE: WSPUPCALLTABLEEX = WSPUPCALLTABLEEX::of::<Scripted>();

/// Defines a layer that calls `below` with memory of its own in place of the client's.
macro_rules! layer {
    ($name:ident, $below:expr, $send:expr) => {
        struct $name;

        impl Completes for $name {}

        impl Provider for $name {
            type Upcalls = Upcalls;
            const DECLARATION: Declaration = Declaration {
                facts: &wpu::facts::FACTS,
                provider: stringify!($name),
                class: Class::NonIfs.id(),
                platform: Platform::DEFAULT.id(),
                kit: None,
                uses: &[10, 11, 12, 15],
                waives: &[],
            };
            fn upcalls() -> Upcalls {
                static NONE: wpu::raw::Cell = wpu::raw::Cell::new();
                Upcalls::new(&NONE)
            }
            const __RUN: Fixed<Run> = {
                static RUN: Run = Run::new();
                Fixed::new(&RUN)
            };
            const __IMPORTS: &'static [Import] = &[];
        }

        common::provider::exported!($name);

        impl Lifecycle for $name {
            fn start(_: &Start<'_>) -> Result<Self, WsaError> {
                Ok(Self)
            }
        }

        impl ServiceProvider for $name {
            fn send_to(
                &self,
                socket: SOCKET,
                flags: u32,
                request: Request<'_>,
            ) -> Result<Progress<u32>, WsaError> {
                // SAFETY: the functions are part of this program, and keep their contracts.
                let below = unsafe { Procs::new(&$below) }.expect("a full table");
                let mut input = request.input().expect("an address").to_vec();
                input.extend(request.gather().to_vec());
                $send(&below, socket, flags, request, input)
            }
        }

        impl $name {
            fn started() -> WSPPROC_TABLE {
                start_any(VERSION, &IFS_ENTRY, &raw const TABLE, &[Starter::of::<Self>()]).expect("started").1
            }
        }
    };
}

layer!(Upper, *LOWER.lock().expect("no panic"), |below: &Procs, socket, flags, request: Request<'_>, _| {
    below.send_to(socket, flags, request.with_gather(b"upper".to_vec()))
});
// Passes the upper layer's bytes on, to an address of its own.
layer!(Chain, base(), |below: &Procs, socket, flags, request: Request<'_>, address| {
    below.send_to(socket, flags, request.with_input(address))
});

/// The functions of the lower layer, as the upper layer received them.
static LOWER: Mutex<WSPPROC_TABLE> = Mutex::new(WSPPROC_TABLE::ZERO);
/// Serializes the tests, since the layers have one run each.
static ALONE: Mutex<()> = Mutex::new(());

/// The arguments of a request that the base provider has left pending.
#[derive(Clone, Copy)]
struct Late {
    buffer: WSABUF,
    address: (*const u8, usize),
    count: *mut u32,
}

// SAFETY: the caller that passed the request down keeps all of its memory, for any thread.
unsafe impl Send for Late {}

static LATE: Mutex<Vec<Late>> = Mutex::new(Vec::new());

impl Late {
    /// The latest pending request.
    fn last() -> Self {
        LATE.lock().expect("no panic").pop().expect("it came down")
    }

    /// Reads the bytes to send and their address, and writes the count.
    fn finish(self) -> (String, String) {
        let text = |at: *const u8, len: usize| {
            // SAFETY: the caller that passed the request down keeps all of its memory.
            String::from_utf8_lossy(unsafe { std::slice::from_raw_parts(at, len) }).into_owned()
        };
        // SAFETY: as above.
        unsafe { self.count.write(self.buffer.len) };
        (text(self.buffer.buf, self.buffer.len as usize), text(self.address.0, self.address.1))
    }
}

unsafe extern "system" fn send_to(
    _: SOCKET,
    buffers: *const WSABUF,
    _: u32,
    count: *mut u32,
    _: u32,
    to: *const sockaddr,
    len: i32,
    _: *mut WSAOVERLAPPED,
    _: LPWSAOVERLAPPED_COMPLETION_ROUTINE,
    _: *const WSATHREADID,
    errno: *mut i32,
) -> i32 {
    // SAFETY: the array of buffers is readable during the call.
    let buffer = unsafe { buffers.read() };
    let address = (to.cast(), len.unsigned_abs() as usize);
    LATE.lock().expect("no panic").push(Late { buffer, address, count });
    // SAFETY: the caller passes a valid pointer.
    unsafe { errno.write(WsaError::WSA_IO_PENDING.code()) };
    SOCKET_ERROR
}

fn base() -> WSPPROC_TABLE {
    WSPPROC_TABLE { lpWSPSendTo: Some(send_to), ..*LOWER.lock().expect("no panic") }
}

/// Sends `c` to `at` with this structure, and frees everything that the contract allows a client to free.
fn send(functions: &WSPPROC_TABLE, overlapped: &UnsafeCell<WSAOVERLAPPED>) {
    let (mut data, to, mut errno, mut count) = (*b"c", *b"at", 0, 0);
    let buffer = WSABUF { len: 1, buf: data.as_mut_ptr() };
    let (send_to, at) = (functions.lpWSPSendTo.expect("it is there"), to.as_ptr().cast());
    let (buffers, to_count, to_errno) = (&raw const buffer, &raw mut count, &raw mut errno);
    // SAFETY: all pointers are valid, and the layers replace the memory that would have to live longer.
    let answer =
        unsafe { send_to(5, buffers, 1, to_count, 0, at, 2, overlapped.get(), None, null(), to_errno) };
    assert_eq!((answer, errno, count), (SOCKET_ERROR, WsaError::WSA_IO_PENDING.code(), 0));
}

fn structure() -> UnsafeCell<WSAOVERLAPPED> {
    UnsafeCell::new(WSAOVERLAPPED { hEvent: null_mut(), ..WSAOVERLAPPED::ZERO })
}

/// Runs a test with the upper layer over the lower layer, both of this library, and cleans up.
fn layered(body: impl FnOnce(&WSPPROC_TABLE)) {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let lower = Chain::started();
    *LOWER.lock().expect("no panic") = lower;
    let upper = Upper::started();
    body(&upper);
    clean_up(&upper).expect("started");
    clean_up(&lower).expect("started");
}

/// What is sent: the upper layer's bytes, to the lower layer's address.
fn sent() -> (String, String) {
    ("upper".to_owned(), "atupper".to_owned())
}

#[test]
fn two_layers_of_a_library_each_keep_memory_for_the_same_request() {
    let _shows = wpu_evidence::tested(["overlapped.buffers-stay-valid"]);
    layered(|upper| {
        let overlapped = structure();
        send(upper, &overlapped);
        assert_eq!(Late::last().finish(), sent());
    });
}

#[test]
fn a_request_can_end_on_another_thread_and_after_the_clean_up() {
    let _shows = wpu_evidence::tested(["overlapped.buffers-stay-valid"]);
    let mut late = None;
    layered(|upper| {
        let overlapped = structure();
        send(upper, &overlapped);
        late = Some(Late::last());
    });
    let late = late.expect("it came down");
    assert_eq!(std::thread::spawn(move || late.finish()).join().expect("no panic"), sent());
}

#[test]
fn memory_kept_for_one_structure_is_independent_of_others() {
    let _shows = wpu_evidence::tested(["overlapped.buffers-stay-valid"]);
    layered(|upper| {
        let (first, second) = (structure(), structure());
        send(upper, &first);
        let early = Late::last();
        for _ in 0..3 {
            send(upper, &second);
            assert_eq!(Late::last().finish(), sent());
        }
        assert_eq!(early.finish(), sent());
    });
}

//! Calls that a layer passes to the provider below: overlapping sets, and requests whose completion is
//! reported once, whatever result the layer returns.

use crate::over::Over;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::{null, null_mut};
use std::sync::Arc;
use wpu::facts::completes;
use wpu::ffi::{
    LPWSAOVERLAPPED_COMPLETION_ROUTINE, NO_ERROR, SOCKET, SOCKET_ERROR, WSABUF, WSAOVERLAPPED, WSATHREADID,
    WSPPROC_TABLE, sockaddr, timeval,
};
use wpu::raw::{CompletionVtable, Kept, Procs, Serve};
use wpu::{
    Class, ClientRef, CompletionResult, Declaration, FdSetMut, Layer, Platform, Progress, Received, Request,
    ServiceProvider, WsaError,
};

thread_local! {
    /// The completions that were reported to the clients of this thread.
    static TOLD: RefCell<Vec<CompletionResult>> = const { RefCell::new(Vec::new()) };
    /// The lengths of the sets that reached the base provider.
    static SEEN: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
    /// The memory that is kept for the provider below.
    static KEPT: RefCell<Vec<Kept>> = const { RefCell::new(Vec::new()) };
    static BELOW: Cell<Result<u32, WsaError>> = const { Cell::new(Ok(0)) };
    static ABOVE: Cell<After> = const { Cell::new(After::Answer) };
}

/// The layer's behaviour after the call below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    Answer,
    Fail,
    Panic,
    Succeed,
}

const COMPLETION: CompletionVtable = CompletionVtable {
    begin: |_| {},
    tell: |_, outcome| TOLD.with_borrow_mut(|told| told.push(outcome)),
    keep: |_, kept| KEPT.with_borrow_mut(|all| all.push(kept)),
    release: |_, kept| KEPT.with_borrow_mut(|all| all.retain(|other| !Arc::ptr_eq(other, kept))),
    end: || {},
};

fn contained<R>(body: impl FnOnce() -> Result<R, WsaError>) -> Result<R, WsaError> {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(Err(WsaError::WSASYSCALLFAILURE))
}

struct Base;

impl ServiceProvider for Base {
    fn select(
        &self,
        _: i32,
        read: Option<FdSetMut<'_>>,
        write: Option<FdSetMut<'_>>,
        except: Option<FdSetMut<'_>>,
        _: Option<ClientRef<'_, timeval>>,
    ) -> Result<i32, WsaError> {
        let lens = [read, write, except].into_iter().flatten().map(FdSetMut::len);
        SEEN.set(lens.collect());
        Ok(0)
    }

    fn send(&self, _: SOCKET, _: u32, _: Request<'_>) -> Result<Progress<u32>, WsaError> {
        BELOW.get().map(Progress::Done)
    }
}

// SAFETY: kept memory is kept until it is released, or a test has ended.
unsafe impl Serve for Base {
    type Provider = Self;
    const COMPLETION: CompletionVtable = COMPLETION;
    const COMPLETES: bool = true;

    fn with<R>(body: impl FnOnce(&Self) -> Result<R, WsaError>) -> Result<R, WsaError> {
        contained(|| body(&Self))
    }
}

struct Meddler;

impl Layer for Meddler {
    fn select(
        &self,
        next: &impl ServiceProvider,
        count: i32,
        read: Option<FdSetMut<'_>>,
        write: Option<FdSetMut<'_>>,
        except: Option<FdSetMut<'_>>,
        timeout: Option<ClientRef<'_, timeval>>,
    ) -> Result<i32, WsaError> {
        read.expect("there is one").set(0, 1000);
        next.select(count, read, write, except, timeout)
    }

    fn send(
        &self,
        next: &impl ServiceProvider,
        socket: SOCKET,
        flags: u32,
        request: Request<'_>,
    ) -> Result<Progress<u32>, WsaError> {
        let answer = next.send(socket, flags, request);
        match ABOVE.get() {
            After::Answer => answer,
            After::Fail => Err(WsaError::WSAENETDOWN),
            After::Panic => resume_unwind(Box::new(())),
            After::Succeed => Ok(Progress::Done(2)),
        }
    }
}

// SAFETY: as for `Base`.
unsafe impl Serve for Meddler {
    type Provider = Over<Self>;
    const COMPLETION: CompletionVtable = COMPLETION;
    const COMPLETES: bool = true;

    fn with<R>(body: impl FnOnce(&Self::Provider) -> Result<R, WsaError>) -> Result<R, WsaError> {
        // SAFETY: the functions are part of this program, and keep their contracts.
        let next = unsafe { Procs::new(&WSPPROC_TABLE::serving::<Base>()) }.expect("a full table");
        contained(|| body(&Over { layer: Self, next }))
    }
}

const FUNCTIONS: WSPPROC_TABLE = WSPPROC_TABLE::serving::<Meddler>();

#[test]
fn a_set_is_passed_on_with_its_original_capacity() {
    // Two sets, one word apart: the first socket of the first set is the count of the second.
    let mut memory: [usize; 4] = [3, 2, 5, 6];
    let first = memory.as_mut_ptr();
    let second = first.wrapping_add(1);
    let (mut errno, time) = (0, timeval { tv_sec: 0, tv_usec: 0 });
    let select = FUNCTIONS.lpWSPSelect.expect("it is there");
    // SAFETY: each set has the number of sockets that it states.
    let answer =
        unsafe { select(0, first.cast(), second.cast(), null_mut(), &raw const time, &raw mut errno) };
    assert_eq!((answer, errno), (0, 0));
    assert_eq!(SEEN.take(), [3, 2], "the layer wrote 1000 over the count of the second set");
}

/// Sends two bytes through the layer. Returns the client's result and the reported completions.
fn send(below: Result<u32, WsaError>, above: After) -> (Result<u32, WsaError>, Vec<CompletionResult>) {
    BELOW.set(below);
    ABOVE.set(above);
    let (mut data, mut overlapped) = ([1, 2], WSAOVERLAPPED::ZERO);
    let buffer = WSABUF { len: 2, buf: data.as_mut_ptr() };
    let (mut errno, mut count) = (0, 0);
    let send = FUNCTIONS.lpWSPSend.expect("it is there");
    let (to_count, to_overlapped, to_errno) = (&raw mut count, &raw mut overlapped, &raw mut errno);
    // SAFETY: all pointers point to locals, and nothing stays pending.
    let answer = unsafe { send(5, &raw const buffer, 1, to_count, 0, to_overlapped, None, null(), to_errno) };
    assert!(answer == NO_ERROR || answer == SOCKET_ERROR);
    let answer = if answer == NO_ERROR { Ok(count) } else { Err(WsaError::new(errno)) };
    assert!(KEPT.take().is_empty(), "nothing is pending");
    (answer, TOLD.take())
}

#[test]
fn a_completion_is_reported_once_whatever_result_the_layer_returns() {
    const DOWN: WsaError = WsaError::WSAENETDOWN;
    assert_eq!(send(Ok(1), After::Answer), (Ok(1), vec![Ok(1.into())]));
    // The provider below has reported the completion, so the call must not fail.
    assert_eq!(send(Ok(1), After::Fail), (Err(WsaError::WSA_IO_PENDING), vec![Ok(1.into())]));
    assert_eq!(send(Ok(1), After::Panic), (Err(WsaError::WSA_IO_PENDING), vec![Ok(1.into())]));
    assert_eq!(send(Ok(1), After::Succeed), (Ok(2), vec![Ok(1.into())]));
    // The provider below reports no completion for a request that it refuses.
    assert_eq!(send(Err(DOWN), After::Answer), (Err(DOWN), vec![]));
    assert_eq!(send(Err(DOWN), After::Fail), (Err(DOWN), vec![]));
    assert_eq!(send(Err(DOWN), After::Panic), (Err(WsaError::WSASYSCALLFAILURE), vec![]));
    assert_eq!(send(Err(DOWN), After::Succeed), (Ok(2), vec![Ok(2.into())]));
}

/// The arguments of a request that a provider in C has left pending.
#[derive(Clone, Copy)]
struct Late {
    buffer: WSABUF,
    outs: [*mut u32; 2],
    address: (*const u8, usize),
}

impl Late {
    /// Reads the bytes to send, and writes the results, at any later time.
    fn finish(self) -> (Vec<u8>, Vec<u8>) {
        let bytes = |at: *const u8, len: usize| {
            // SAFETY: the caller that passed the request down keeps all of its memory.
            if at.is_null() { Vec::new() } else { unsafe { std::slice::from_raw_parts(at, len) }.to_vec() }
        };
        for out in self.outs.into_iter().filter(|out| !out.is_null()) {
            // SAFETY: as above.
            unsafe { out.write(self.buffer.len) };
        }
        (bytes(self.buffer.buf, self.buffer.len as usize), bytes(self.address.0, self.address.1))
    }
}

thread_local! {
    static LATE: RefCell<Vec<Late>> = const { RefCell::new(Vec::new()) };
    /// The error that the provider in C returns, or 0.
    static ERRNO: Cell<i32> = const { Cell::new(0) };
}

fn begun(late: Late, errno: *mut i32) -> i32 {
    LATE.with_borrow_mut(|all| all.push(late));
    if ERRNO.get() == 0 {
        // SAFETY: the caller passes valid pointers.
        unsafe { late.outs[0].write(late.buffer.len) };
        return NO_ERROR;
    }
    // SAFETY: as above.
    unsafe { errno.write(ERRNO.get()) };
    SOCKET_ERROR
}

unsafe extern "system" fn late_send_to(
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
    let address = (to.cast(), len.unsigned_abs() as usize);
    // SAFETY: the array of buffers is readable during the call.
    let buffer = unsafe { buffers.read() };
    begun(Late { buffer, outs: [count, null_mut()], address }, errno)
}

unsafe extern "system" fn late_recv(
    _: SOCKET,
    buffers: *mut WSABUF,
    _: u32,
    count: *mut u32,
    flags: *mut u32,
    _: *mut WSAOVERLAPPED,
    _: LPWSAOVERLAPPED_COMPLETION_ROUTINE,
    _: *const WSATHREADID,
    errno: *mut i32,
) -> i32 {
    // SAFETY: the array of buffers is readable during the call.
    let buffer = unsafe { buffers.read() };
    begun(Late { buffer, outs: [count, flags], address: (null(), 0) }, errno)
}

/// Sends other bytes to another address, and receives with other flags than the client's.
struct Changer;

impl Layer for Changer {
    fn send_to(
        &self,
        next: &impl ServiceProvider,
        socket: SOCKET,
        flags: u32,
        request: Request<'_>,
    ) -> Result<Progress<u32>, WsaError> {
        let (before, lent) = (request.gather().to_vec(), request.blocking());
        let request = request.with_gather(b"first".to_vec()).with_input(b"elsewhere".to_vec());
        let answer = next.send_to(socket, flags, request.with_gather(b"other".to_vec()));
        // If the call is not overlapped, the memory is lent during the call.
        let lent = lent.and_then(|lent| lent.gather);
        assert!(lent.is_none_or(|gather| gather.to_vec() == before));
        answer
    }

    fn recv(
        &self,
        next: &impl ServiceProvider,
        socket: SOCKET,
        flags: u32,
        request: Request<'_>,
    ) -> Result<Progress<Received>, WsaError> {
        next.recv(socket, flags | 4, request)
    }
}

// SAFETY: as for `Base`.
unsafe impl Serve for Changer {
    type Provider = Over<Self>;
    const COMPLETION: CompletionVtable = COMPLETION;
    const COMPLETES: bool = true;

    fn with<R>(body: impl FnOnce(&Self::Provider) -> Result<R, WsaError>) -> Result<R, WsaError> {
        let base = WSPPROC_TABLE::serving::<Base>();
        let table = WSPPROC_TABLE { lpWSPSendTo: Some(late_send_to), lpWSPRecv: Some(late_recv), ..base };
        // SAFETY: the functions are part of this program, and keep their contracts.
        let next = unsafe { Procs::new(&table) }.expect("a full table");
        contained(|| body(&Over { layer: Self, next }))
    }
}

const CHANGED: WSPPROC_TABLE = WSPPROC_TABLE::serving::<Changer>();

/// Sends through the layer, and frees everything that the contract allows a client to free. Returns the
/// number of kept parcels.
fn send_changed(errno: i32, overlapped: *mut WSAOVERLAPPED) -> usize {
    ERRNO.set(errno);
    let (mut data, to, mut error, mut count) = (*b"plain", [7_u8; 16], 0, 0);
    let buffer = WSABUF { len: 5, buf: data.as_mut_ptr() };
    let (send_to, at) = (CHANGED.lpWSPSendTo.expect("it is there"), to.as_ptr().cast());
    let (buffers, to_count, to_error) = (&raw const buffer, &raw mut count, &raw mut error);
    // SAFETY: all pointers are valid, and memory that the layer replaces is not accessed.
    let answer = unsafe { send_to(5, buffers, 1, to_count, 0, at, 16, overlapped, None, null(), to_error) };
    assert_eq!((answer, error), if errno == 0 { (NO_ERROR, 0) } else { (SOCKET_ERROR, errno) });
    KEPT.with_borrow(Vec::len)
}

#[test]
fn replaced_memory_is_kept_while_the_provider_below_may_use_it() {
    let _shows = wpu_evidence::tested(["overlapped.buffers-stay-valid"]);
    let mut overlapped = WSAOVERLAPPED::ZERO;
    let overlapped = &raw mut overlapped;
    assert_eq!(send_changed(WsaError::WSA_IO_PENDING.code(), overlapped), 1, "one parcel for one request");
    let late = LATE.take().pop().expect("it came down");
    assert_eq!(late.finish(), (b"other".to_vec(), b"elsewhere".to_vec()));
    KEPT.take();
    // Immediate completion, refusal, or not overlapped: the memory is no longer used.
    for errno in [0, WsaError::WSAENETDOWN.code()] {
        assert_eq!((send_changed(errno, overlapped), send_changed(errno, null_mut())), (0, 0));
    }
}

#[test]
fn flags_and_counts_of_a_pending_request_can_be_written_after_the_call() {
    ERRNO.set(WsaError::WSA_IO_PENDING.code());
    let (mut data, mut overlapped, mut error) = ([0_u8; 3], WSAOVERLAPPED::ZERO, 0);
    let mut buffer = WSABUF { len: 3, buf: data.as_mut_ptr() };
    let (recv, buffers, overlapped) =
        (CHANGED.lpWSPRecv.expect("it is there"), &raw mut buffer, &raw mut overlapped);
    let (mut count, mut flags) = (0, 1);
    let (to_count, to_flags, to_error) = (&raw mut count, &raw mut flags, &raw mut error);
    // SAFETY: all pointers are valid for as long as the contract requires.
    let answer = unsafe { recv(5, buffers, 1, to_count, to_flags, overlapped, None, null(), to_error) };
    assert_eq!((answer, error), (SOCKET_ERROR, WsaError::WSA_IO_PENDING.code()));
    let late = LATE.take().pop().expect("it came down");
    // SAFETY: the memory is kept.
    assert_eq!(unsafe { late.outs[1].read() }, 5, "the layer's flags went down");
    late.finish();
    assert_eq!((count, flags), (0, 1), "nothing is answered yet");
    KEPT.take();
}

/// Like [`Base`], for a provider that has not declared the completing upcalls.
struct Undeclared;

// SAFETY: as for `Base`.
unsafe impl Serve for Undeclared {
    type Provider = Base;
    const COMPLETION: CompletionVtable = COMPLETION;
    const COMPLETES: bool = completes(&Declaration {
        facts: &wpu::facts::FACTS,
        provider: "Undeclared",
        class: Class::NonIfs.id(),
        platform: Platform::DEFAULT.id(),
        kit: None,
        uses: &[10, 11, 12],
        waives: &[],
    });

    fn with<R>(body: impl FnOnce(&Base) -> Result<R, WsaError>) -> Result<R, WsaError> {
        contained(|| body(&Base))
    }
}

#[test]
fn a_provider_without_the_completing_upcalls_receives_no_overlapped_requests() {
    let send = WSPPROC_TABLE::serving::<Undeclared>().lpWSPSend.expect("it is there");
    BELOW.set(Ok(2));
    let (mut data, mut overlapped) = ([1, 2], WSAOVERLAPPED::ZERO);
    let buffer = WSABUF { len: 2, buf: data.as_mut_ptr() };
    let (buffers, overlapped) = (&raw const buffer, &raw mut overlapped);
    let refused = WsaError::WSAEOPNOTSUPP.code();
    for (overlapped, expected) in [(null_mut(), (NO_ERROR, 2, 0)), (overlapped, (SOCKET_ERROR, 0, refused))] {
        let (mut count, mut errno) = (0, 0);
        let (to_count, to_errno) = (&raw mut count, &raw mut errno);
        // SAFETY: each pointer is valid or null.
        let answer = unsafe { send(5, buffers, 1, to_count, 0, overlapped, None, null(), to_errno) };
        assert_eq!((answer, count, errno), expected);
    }
    assert_eq!(TOLD.take(), [], "no completion was reported");
}

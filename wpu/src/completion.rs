//! Reports the completion of overlapped requests to clients: by routine, event or port.

use crate::provider::run_of;
use crate::report::{failure, log};
use crate::{Provider, apc};
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};
use wpu_sys::ffi::{SOCKET, WSAEVENT, WSAOVERLAPPED, WSS_OPERATION_IN_PROGRESS};
use wpu_sys::{
    Class, ClientMut, CompletionResult, EventRef, Operation, Outcome, RequestParts, ThreadId, Transfer,
    Transferred, Upcalls, WsaError,
};
#[cfg(any(feature = "base", feature = "layer"))]
use wpu_sys::{PendingRequest, PendingToken, Request};

/// A function that makes requests pending for a provider that has declared the completing upcalls: its
/// [`pend`](Request::pend).
#[cfg(any(feature = "base", feature = "layer"))]
pub(crate) type Pend = for<'a> fn(Request<'a>) -> Result<(PendingToken, PendingRequest), Request<'a>>;

/// Marks the client's structure as in use, and counts the pending request. Without a routine, resets the client's
/// event, so that only the completion sets it.
///
/// # Safety
///
/// As for [`Structure::new`], during the call.
pub(crate) unsafe fn begin<P: Provider>(parts: &RequestParts) {
    run_of::<P>().calls().add_request();
    // SAFETY: the contract of this function.
    let structure = unsafe { Structure::new(parts.overlapped) };
    structure.internal().store(WSS_OPERATION_IN_PROGRESS, Ordering::Release);
    let event = if parts.routine.is_none() { EventRef::from_raw(structure.event()) } else { None };
    if let Some(event) = event {
        // A host without this function, or that does not know the event, still gets the completion.
        let _ = Upcalls::new(run_of::<P>().cell()).reset_event(event);
    }
}

/// Counts the completion of the request.
///
/// # Safety
///
/// [`begin`] has counted the request, and nothing has ended it. Its memory is not used any more.
pub(crate) unsafe fn end<P: Provider>() {
    // SAFETY: the contract of this function.
    unsafe { run_of::<P>().calls().remove_request() };
}

/// Reports the result of an operation to the client, once. After the last clean-up has begun, the result is
/// only stored in the client's structure.
///
/// # Safety
///
/// As for [`Structure::new`], until the client sees the completion, and no completion was reported yet. The
/// routine of `parts` may be called with the structure once, on its thread.
pub(crate) unsafe fn tell<P: Provider>(parts: &RequestParts, completion: CompletionResult) {
    let end = End::of(completion);
    // SAFETY: the contract of this function.
    let mut structure = unsafe { Structure::new(parts.overlapped) };
    structure.note(end);
    let run = run_of::<P>();
    if run.is_quiet() {
        structure.mark(end);
        return;
    }
    let upcalls = Upcalls::new(run.cell());
    if let Some(routine) = parts.routine {
        structure.mark(end);
        queue(upcalls, parts, routine, end);
    } else if P::DECLARATION.class == Class::Ifs.id() {
        // The handle is the system's: only the system knows the port.
        mark_and_signal(upcalls, structure, end);
    } else {
        complete(upcalls, parts.socket, structure, end);
    }
}

/// The result of an overlapped operation, which [`PendingRequest::complete`](wpu_sys::PendingRequest) has
/// stored in the client's structure: bytes and flags, and the error of an operation that failed. `None` while the
/// operation is pending.
///
/// `WSPGetOverlappedResult` returns this. Its client gets the bytes and flags of a success, and those beside the
/// errors for which the documentation defines them.
#[must_use]
#[inline]
pub fn overlapped_result(overlapped: ClientMut<'_, WSAOVERLAPPED>) -> Option<Outcome<Transferred>> {
    // SAFETY: the view is one of a structure that a client lends, and of which nothing is written here.
    let structure = unsafe { Structure::new(overlapped.as_non_null()) };
    if structure.internal().load(Ordering::Acquire) == WSS_OPERATION_IN_PROGRESS {
        return None;
    }
    let structure = overlapped.get();
    let bytes = u32::try_from(structure.InternalHigh).unwrap_or(u32::MAX);
    let transferred = Transferred { bytes, flags: structure.Offset };
    Some(match structure.OffsetHigh {
        0 => Outcome::Done(transferred),
        error => Outcome::Partial(transferred, WsaError::new(i32::from_ne_bytes(error.to_ne_bytes()))),
    })
}

/// The answer of `WSPGetOverlappedResult` for an operation that ended so.
#[cfg(feature = "base")]
#[inline]
pub(crate) fn transferred(completion: CompletionResult) -> Result<Outcome<Transferred>, WsaError> {
    completion.map(|outcome| outcome.map(|Transfer { bytes, flags }| Transferred { bytes, flags }))
}

/// The result of an operation in the form of C.
#[derive(Clone, Copy)]
struct End {
    error: u32,
    count: u32,
    flags: u32,
}

impl End {
    #[inline]
    fn of(completion: CompletionResult) -> Self {
        let (Transfer { bytes, flags }, error) = match completion {
            Ok(Outcome::Done(transfer)) => (transfer, None),
            Ok(Outcome::Partial(transfer, error)) => (transfer, Some(error)),
            Err(error) => (Transfer::default(), Some(error)),
        };
        let error = error.map_or(0, |error| u32::from_ne_bytes(failure(error).to_ne_bytes()));
        Self { error, count: bytes, flags }
    }

    /// The value of `Internal` for a completed operation: an `NTSTATUS` with the bit for application-defined
    /// codes, so that no error equals the value of a pending operation.
    #[inline]
    fn status(self) -> usize {
        const FAILURE: u32 = 0xE000_0000;
        if self.error == 0 { 0 } else { (FAILURE | self.error) as usize }
    }
}

/// The structure of a request.
struct Structure<'a> {
    at: NonNull<WSAOVERLAPPED>,
    life: PhantomData<&'a WSAOVERLAPPED>,
}

impl Structure<'_> {
    /// The structure at this address.
    ///
    /// # Safety
    ///
    /// For the lifetime of the result, or until it is marked as complete, the structure lives and is aligned,
    /// and other code accesses `Internal` and `InternalHigh` only through atomics, or reads them whole. While the
    /// result writes the other members, no other code accesses them.
    #[inline]
    const unsafe fn new(at: NonNull<WSAOVERLAPPED>) -> Self {
        Self { at, life: PhantomData }
    }

    #[inline]
    fn internal(&self) -> &AtomicUsize {
        // SAFETY: the creator guarantees that the structure lives, so the address of a member is in bounds.
        let internal = unsafe { &raw mut (*self.at.as_ptr()).Internal };
        // SAFETY: as above, and that it is aligned, and that other code accesses the member as a whole.
        unsafe { AtomicUsize::from_ptr(internal) }
    }

    #[inline]
    fn event(&self) -> WSAEVENT {
        // SAFETY: the creator guarantees that the structure lives and is aligned. Only the client writes this
        // member, and it does so before it lends the structure.
        unsafe { (*self.at.as_ptr()).hEvent }
    }

    /// Stores the flags and the error in the members that belong to the provider.
    #[inline]
    fn note(&mut self, end: End) {
        let at = self.at.as_ptr();
        // SAFETY: the creator guarantees that the structure lives and is aligned, and that no other code accesses
        // this member meanwhile.
        unsafe { (*at).Offset = end.flags };
        // SAFETY: as above.
        unsafe { (*at).OffsetHigh = end.error };
    }

    /// Stores the count and then the status, which shows that the operation is complete. From then on the client
    /// may free the structure.
    #[inline]
    fn mark(self, end: End) {
        // SAFETY: as in `internal`.
        let high = unsafe { &raw mut (*self.at.as_ptr()).InternalHigh };
        // SAFETY: as in `internal`.
        unsafe { AtomicUsize::from_ptr(high) }.store(end.count as usize, Ordering::Release);
        self.internal().store(end.status(), Ordering::Release);
    }
}

/// A client's structure that is moved to another thread.
struct RequestBuffers(NonNull<WSAOVERLAPPED>);

// SAFETY: the client lends the structure to the thread that reports the completion, whichever that is.
unsafe impl Send for RequestBuffers {}

impl RequestBuffers {
    #[inline]
    fn as_ptr(&self) -> *mut WSAOVERLAPPED {
        self.0.as_ptr()
    }
}

type Routine = unsafe extern "system" fn(u32, u32, *mut WSAOVERLAPPED, u32);

/// Queues the client's routine to the client's thread.
#[inline]
fn queue(upcalls: Upcalls, parts: &RequestParts, routine: Routine, end: End) {
    // SAFETY: it is a copy of the client's id, which names a thread until the client's routine is queued.
    let thread = parts.thread.and_then(|thread| unsafe { ThreadId::from_raw(thread) });
    let Some(thread) = thread else { return };
    let lent = RequestBuffers(parts.overlapped);
    let call = apc(move || {
        // SAFETY: the client asked for one call of its routine, on this thread, with this structure.
        unsafe { routine(end.error, end.count, lent.as_ptr(), end.flags) };
    });
    if let Err(refused) = upcalls.queue_apc(thread, call) {
        report("WPUQueueApc", refused.error);
    }
}

/// Completes the request through Ws2_32, since only it knows the ports. If that fails, the client can still
/// read the result, and its event is set.
#[inline]
fn complete(upcalls: Upcalls, socket: SOCKET, structure: Structure<'_>, end: End) {
    // SAFETY: the creator of the structure guarantees that it stays valid until it is marked as complete. This
    // call does that, or gives it back: it is marked below only in the second case.
    let operation = unsafe { Operation::from_raw(structure.at) };
    let told = upcalls.complete_overlapped_request(socket, operation, end.error, end.count);
    if let Err(refused) = told {
        let _ = refused.rest.into_raw();
        mark_and_signal(upcalls, structure, end);
        report("WPUCompleteOverlappedRequest", refused.error);
    }
}

/// Marks the operation as complete, and sets the client's event, if there is one.
#[inline]
fn mark_and_signal(upcalls: Upcalls, structure: Structure<'_>, end: End) {
    // The event is read first: a client that sees that the operation is complete may free the structure.
    let event = structure.event();
    structure.mark(end);
    if let Some(event) = EventRef::from_raw(event) {
        if let Err(error) = upcalls.set_event(event) {
            report("WPUSetEvent", error);
        }
    }
}

/// Logs a failed notification: the client may wait forever.
#[cold]
#[inline]
fn report(upcall: &str, error: WsaError) {
    log(format_args!("the completion of a client's request could not be reported: {upcall} failed: {error}"));
}

//! The frame of tests of what a client finds: a provider whose functions answer what the test has set, and the client.

use super::host::Scripted;
use std::ptr::null_mut;
use std::sync::{Mutex, MutexGuard, PoisonError};
use wpu::facts::Completes;
use wpu::ffi::{
    SOCKET_ERROR, WSABUF, WSAOVERLAPPED, WSAPROTOCOL_INFOW, WSPDATA, WSPPROC_TABLE, WSPStartupExFn,
    WSPUPCALLTABLEEX,
};
use wpu::prelude::*;

static TABLE: WSPUPCALLTABLEEX = WSPUPCALLTABLEEX::of::<Scripted>();

/// What the functions of a provider answer.
pub(crate) struct Report<T>(Mutex<State<T>>);

struct State<T> {
    answer: T,
    /// Whether the requests that can be pending are completed later.
    later: bool,
    pended: Option<PendingRequest>,
}

impl<T: Copy> Report<T> {
    pub(crate) const fn new(answer: T) -> Self {
        Self(Mutex::new(State { answer, later: false, pended: None }))
    }

    pub(crate) fn set(&self, answer: T, later: bool) {
        let mut state = self.lock();
        (state.answer, state.later) = (answer, later);
    }

    pub(crate) fn get(&self) -> T {
        self.lock().answer
    }

    /// The progress of a request: it is pending, or `done`.
    pub(crate) fn progress<P: Completes, A>(&self, request: Request<'_>, done: Progress<A>) -> Progress<A> {
        let mut state = self.lock();
        if !state.later {
            return done;
        }
        let (pending, pended) = request.pend::<P>().expect("it is overlapped");
        state.pended = Some(pended);
        Progress::Pending(pending)
    }

    /// The request that is pending.
    pub(crate) fn pended(&self) -> PendingRequest {
        self.lock().pended.take().expect("it was taken on")
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the provider of a test.
pub(crate) fn start(startup: WSPStartupExFn) -> WSPPROC_TABLE {
    let entry = WSAPROTOCOL_INFOW { dwCatalogEntryId: 1001, ..WSAPROTOCOL_INFOW::ZERO };
    let (mut data, mut functions) = (WSPDATA::ZERO, WSPPROC_TABLE::ZERO);
    let (to_data, to_functions) = (&raw mut data, &raw mut functions);
    // SAFETY: all pointers point to locals, and the table is callable for the lifetime of the process.
    let code = unsafe { startup(0x0202, to_data, &raw const entry, &raw const TABLE, to_functions) };
    assert_eq!(code, 0);
    functions
}

/// Cleans it up.
pub(crate) fn clean_up(functions: &WSPPROC_TABLE) {
    let mut errno = 0;
    // SAFETY: the pointer points to a local.
    assert_eq!(unsafe { functions.lpWSPCleanup.expect("a full table")(&raw mut errno) }, 0);
}

/// The functions that report a count of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Recv,
    RecvFrom,
    Send,
    SendTo,
    Ioctl,
}

/// The bytes and the flags of a client before a call.
pub(crate) const UNTOUCHED: [u32; 2] = [77, 0x8000];

/// The lengths of the client's two buffers. `WSPIoctl` has one buffer of their total length.
pub(crate) const ASKED: [u32; 2] = [3, 4];

impl Call {
    /// Makes the call. Returns the bytes and the flags that the client finds, and the error if it fails.
    pub(crate) fn make(
        self,
        functions: &WSPPROC_TABLE,
        overlapped: *mut WSAOVERLAPPED,
    ) -> ([u32; 2], Result<(), WsaError>) {
        let mut bytes = [0_u8; 7];
        let at = bytes.as_mut_ptr();
        let mut buffers =
            [WSABUF { len: ASKED[0], buf: at }, WSABUF { len: ASKED[1], buf: at.wrapping_add(3) }];
        let buffers = buffers.as_mut_ptr();
        let ([mut count, mut flags], mut errno) = (UNTOUCHED, 0);
        let (to_count, to_flags, to_errno) = (&raw mut count, &raw mut flags, &raw mut errno);
        let (there, thread, len) = ("a full table", null_mut(), null_mut());
        let answer = match self {
            Self::Recv => {
                let recv = functions.lpWSPRecv.expect(there);
                // SAFETY: all pointers point to locals, which a request outlives only unread.
                unsafe { recv(5, buffers, 2, to_count, to_flags, overlapped, None, thread, to_errno) }
            }
            Self::RecvFrom => {
                let recv = functions.lpWSPRecvFrom.expect(there);
                let from = null_mut();
                // SAFETY: as above.
                unsafe {
                    recv(5, buffers, 2, to_count, to_flags, from, len, overlapped, None, thread, to_errno)
                }
            }
            Self::Send => {
                let send = functions.lpWSPSend.expect(there);
                // SAFETY: as above.
                unsafe { send(5, buffers, 2, to_count, 0, overlapped, None, thread, to_errno) }
            }
            Self::SendTo => {
                let send = functions.lpWSPSendTo.expect(there);
                let to = null_mut();
                // SAFETY: as above.
                unsafe { send(5, buffers, 2, to_count, 0, to, 0, overlapped, None, thread, to_errno) }
            }
            Self::Ioctl => {
                let ioctl = functions.lpWSPIoctl.expect(there);
                let (input, room) = (null_mut(), at.cast());
                // SAFETY: as above.
                unsafe { ioctl(5, 9, input, 0, room, 7, to_count, overlapped, None, thread, to_errno) }
            }
        };
        let failed = answer == SOCKET_ERROR;
        ([count, flags], if failed { Err(WsaError::new(errno)) } else { Ok(()) })
    }
}

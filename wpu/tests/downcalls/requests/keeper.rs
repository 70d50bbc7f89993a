//! A provider that keeps requests, refuses them, or completes them immediately.

use crate::common;
use crate::common::host::Scripted;
use crate::common::provider::{ENTRY, VERSION};
use std::cell::RefCell;
use std::sync::mpsc::Sender;
use std::sync::{Mutex, MutexGuard, PoisonError};
use wpu::__private::{Fixed, Import, Run, Starter, start_up};
use wpu::raw::Procs;
use wpu::{
    Class, Declaration, Lifecycle, Outcome, PendingRequest, Platform, Progress, Provider, Received, Request,
    ServiceProvider, Start, Transfer, Upcalls, WsaError,
};
use wpu_sys::facts::Completes;
use wpu_sys::ffi::{SOCKET, WSPDATA, WSPPROC_TABLE, WSPUPCALLTABLEEX, WSS_OPERATION_IN_PROGRESS};

static TABLE: WSPUPCALLTABLEEX = WSPUPCALLTABLEEX::of::<Scripted>();

/// Keeps requests of the socket [`LATER`], refuses those of [`NEVER`], and completes all others immediately.
pub(crate) struct Keeper(Mutex<Vec<PendingRequest>>);

pub(crate) const AT_ONCE: SOCKET = 4;
pub(crate) const LATER: SOCKET = 8;
pub(crate) const NEVER: SOCKET = 12;
pub(crate) const GREEDY: SOCKET = 16;
pub(crate) const OUTSIDE: SOCKET = 20;
pub(crate) const CODELESS: SOCKET = 24;
/// Closing this socket completes the requests with an error beside what they transferred.
pub(crate) const LONG: SOCKET = 28;
/// From this value on, a socket is the error code with which its requests complete.
pub(crate) const STRANGE: SOCKET = WSS_OPERATION_IN_PROGRESS;

static ALONE: Mutex<()> = Mutex::new(());

thread_local! {
    /// Serializes the tests, since the provider has one run: held until the thread ends.
    static TURN: RefCell<Option<MutexGuard<'static, ()>>> = const { RefCell::new(None) };
    /// The requests of the socket [`OUTSIDE`], which the instance does not keep.
    pub(crate) static KEPT: RefCell<Vec<PendingRequest>> = const { RefCell::new(Vec::new()) };
    /// Notified when the last clean-up begins.
    pub(crate) static CLEANING: RefCell<Option<Sender<()>>> = const { RefCell::new(None) };
}

static RUN: Run = Run::new();

impl Completes for Keeper {}

impl Provider for Keeper {
    type Upcalls = Upcalls;
    const DECLARATION: Declaration = Declaration {
        facts: &wpu::facts::FACTS,
        provider: "Keeper",
        class: Class::NonIfs.id(),
        platform: Platform::DEFAULT.id(),
        kit: None,
        uses: &[10, 11, 12, 15],
        waives: &[],
    };
    fn upcalls() -> Upcalls {
        Upcalls::new(RUN.cell())
    }
    const __RUN: Fixed<Run> = Fixed::new(&RUN);
    const __IMPORTS: &'static [Import] = &[];
}

common::provider::exported!(Keeper);

impl Lifecycle for Keeper {
    fn start(_: &Start<'_>) -> Result<Self, WsaError> {
        Ok(Self(Mutex::default()))
    }
}

impl ServiceProvider for Keeper {
    fn send(&self, socket: SOCKET, _flags: u32, request: Request<'_>) -> Result<Progress<u32>, WsaError> {
        let count = u32::try_from(request.gather().total()).expect("short");
        match socket {
            LATER => {
                let (pending, pended) = request.pend::<Self>().expect("it is overlapped");
                self.0.lock().expect("no panic").push(pended);
                Ok(Progress::Pending(pending))
            }
            NEVER => Err(WsaError::WSAENOTCONN),
            GREEDY => Ok(Progress::Done(count + 1)),
            _ => Ok(Progress::Done(count)),
        }
    }

    fn recv(&self, socket: SOCKET, flags: u32, request: Request<'_>) -> Result<Progress<Received>, WsaError> {
        if let LATER | OUTSIDE = socket {
            let (pending, pended) = request.pend::<Self>().expect("it is overlapped");
            match socket {
                OUTSIDE => KEPT.with_borrow_mut(|kept| kept.push(pended)),
                _ => self.0.lock().expect("no panic").push(pended),
            }
            return Ok(Progress::Pending(pending));
        }
        let count = request.scatter().write_at(0, b"abcdefgh");
        Ok(Progress::Done(Received { bytes: u32::try_from(count).expect("short"), flags: flags | 0x8000 }))
    }

    fn ioctl(&self, _: SOCKET, _: u32, request: Request<'_>) -> Result<Progress<u32>, WsaError> {
        let (pending, pended) = request.pend::<Self>().expect("it is overlapped");
        self.0.lock().expect("no panic").push(pended);
        Ok(Progress::Pending(pending))
    }

    fn cleanup(&self) -> Result<(), WsaError> {
        if let Some(cleaning) = CLEANING.take() {
            cleaning.send(()).expect("somebody listens");
        }
        Ok(())
    }

    fn close_socket(&self, socket: SOCKET) -> Result<(), WsaError> {
        for pended in std::mem::take(&mut *self.0.lock().expect("no panic")) {
            match socket {
                // Dropping it aborts it.
                NEVER => drop(pended),
                GREEDY => pended.complete(Ok(1000.into())),
                CODELESS => pended.complete(Err(WsaError::new(0))),
                LONG => {
                    let transfer = Transfer { bytes: 7, flags: 2 };
                    pended.complete(Ok(Outcome::Partial(transfer, WsaError::WSAEMSGSIZE)));
                }
                code if code >= STRANGE => {
                    let code = u32::try_from(code).expect("a code");
                    pended.complete(Err(WsaError::new(i32::from_ne_bytes(code.to_ne_bytes()))));
                }
                _ => {
                    let room = pended.scatter().write_at(0, b"later, on");
                    let sent = pended.gather().to_vec().len();
                    let bytes = u32::try_from(room + sent).expect("short");
                    pended.complete(Ok(Transfer { bytes, flags: 2 }.into()));
                }
            }
        }
        Ok(())
    }
}

pub(crate) fn started() -> (WSPPROC_TABLE, Procs) {
    TURN.take();
    TURN.set(Some(ALONE.lock().unwrap_or_else(PoisonError::into_inner)));
    let (mut data, mut functions) = (WSPDATA::ZERO, WSPPROC_TABLE::ZERO);
    let providers = [Starter::of::<Keeper>()];
    // SAFETY: the pointers point to locals, and the tables of the tests are callable for the lifetime of the
    // process.
    let code = unsafe {
        start_up(VERSION, &raw mut data, &raw const ENTRY, &raw const TABLE, &raw mut functions, &providers)
    };
    assert_eq!(code, 0);
    // SAFETY: the functions can be called forever.
    let procs = unsafe { Procs::new(&functions) }.expect("a full table");
    (functions, procs)
}

//! The behaviour of a provider after it has used its arguments, as the case determines it for each thread.

use crate::input::Input;
use crate::touch::finish;
use std::cell::{Cell, RefCell};
use std::panic::resume_unwind;
use wpu::facts::Completes;
use wpu::raw::PendingToken;
use wpu::{PendingRequest, Progress, Request, WsaError};

/// The behaviour of a provider after it has used its arguments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Behavior {
    #[default]
    Succeed,
    /// Fails with a documented error.
    Fail(u8),
    /// Fails with a documented error, and has values beside it.
    Partial(u8),
    /// Fails with no error code, or with one that providers must not use.
    FailOddly(bool),
    Panic,
    /// Makes the request pending, to complete it later.
    Pend,
    PendAndFail(u8),
    PendAndPanic,
    PendAndDrop,
    PendAndComplete,
    /// Reports a greater count than was requested, or the value of a failure.
    TooMuch(bool),
    /// Returns the proof of another request.
    StolenProof,
}

impl Behavior {
    pub(crate) fn new(input: &mut Input<'_>) -> Self {
        match input.below(26) {
            0..8 => Self::Succeed,
            8..11 => Self::Fail(input.byte()),
            11 => Self::FailOddly(input.below(2) == 0),
            12..14 => Self::Panic,
            14..17 => Self::Pend,
            17 => Self::PendAndFail(input.byte()),
            18 => Self::PendAndPanic,
            19 => Self::PendAndDrop,
            20 => Self::PendAndComplete,
            21 | 22 => Self::TooMuch(input.below(2) == 0),
            23 | 24 => Self::Partial(input.byte()),
            _ => Self::StolenProof,
        }
    }
}

thread_local! {
    /// The behaviour of the base provider and of the layer on this thread.
    static BEHAVIORS: Cell<[Behavior; 2]> = const { Cell::new([Behavior::Succeed; 2]) };
    /// The slot of the function that is being called.
    static SLOT: Cell<usize> = const { Cell::new(0) };
    static PROOFS: RefCell<Vec<PendingToken>> = const { RefCell::new(Vec::new()) };
}

pub(crate) fn set_behaviors(slot: usize, behaviors: [Behavior; 2]) {
    BEHAVIORS.set(behaviors);
    SLOT.set(slot);
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            resume_unwind(Box::new(()));
        }
    }
}

pub(crate) fn throw() -> ! {
    resume_unwind(Box::new(Bomb))
}

pub(crate) fn documented(choice: u8) -> WsaError {
    let errors = wpu::facts::DOWNCALLS[SLOT.get()].errors;
    let code = errors.get(usize::from(choice) % errors.len().max(1)).map_or(0, |error| error.code.value);
    if code == WsaError::WSA_IO_PENDING.code() { WsaError::WSASYSCALLFAILURE } else { WsaError::new(code) }
}

/// The result of a method without a request, for the behaviour of this level.
pub(crate) fn answer<T>(level: usize, good: T, too_much: T) -> Result<T, WsaError> {
    match BEHAVIORS.get()[level] {
        Behavior::Fail(choice) | Behavior::Partial(choice) | Behavior::PendAndFail(choice) => {
            Err(documented(choice))
        }
        Behavior::FailOddly(true) => Err(WsaError::new(0)),
        Behavior::Panic | Behavior::PendAndPanic => throw(),
        Behavior::TooMuch(_) => Ok(too_much),
        _ => Ok(good),
    }
}

/// The result of a method with a request, for the behaviour of this level. The provider is `P`; `keep`
/// receives a pending request.
pub(crate) fn progress<P: Completes, T>(
    level: usize,
    request: Request<'_>,
    (good, too_much): (T, T),
    keep: impl FnOnce(PendingRequest),
) -> Result<Progress<T>, WsaError> {
    let behavior = BEHAVIORS.get()[level];
    match behavior {
        Behavior::StolenProof => {
            let stolen = PROOFS.with_borrow_mut(Vec::pop);
            return Ok(stolen.map_or(Progress::Done(good), Progress::Pending));
        }
        Behavior::FailOddly(false) => return Err(WsaError::WSA_IO_PENDING),
        Behavior::Partial(choice) => {
            let value = if choice % 8 == 0 { too_much } else { good };
            return Ok(Progress::Partial(value, documented(choice)));
        }
        Behavior::Pend
        | Behavior::PendAndFail(_)
        | Behavior::PendAndPanic
        | Behavior::PendAndDrop
        | Behavior::PendAndComplete => {}
        _ => return answer(level, Progress::Done(good), Progress::Done(too_much)),
    }
    let Ok((pending, pended)) = request.pend::<P>() else {
        return answer(level, Progress::Done(good), Progress::Done(too_much));
    };
    match behavior {
        Behavior::PendAndFail(choice) => {
            PROOFS.with_borrow_mut(|proofs| proofs.push(pending));
            keep(pended);
            Err(documented(choice))
        }
        Behavior::PendAndPanic => {
            drop(pended);
            throw();
        }
        Behavior::PendAndDrop => {
            drop(pended);
            Ok(Progress::Pending(pending))
        }
        Behavior::PendAndComplete => {
            finish(pended, Ok(0.into()));
            // The request is pending in any case.
            Ok(Progress::Done(good))
        }
        _ => {
            keep(pended);
            Ok(Progress::Pending(pending))
        }
    }
}

pub(crate) fn total(buffers: usize, too_many: bool) -> (u32, u32) {
    let asked = u32::try_from(buffers).unwrap_or(u32::MAX);
    (asked, if too_many { u32::MAX } else { asked.saturating_add(1) })
}

pub(crate) fn too_much() -> bool {
    BEHAVIORS.get()[0] == Behavior::TooMuch(true)
}

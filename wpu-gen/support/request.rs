//! Overlapped requests: what a client asks for now, and is told of later, exactly once.

use crate::support::buffers::{Gather, Scatter, Slice};
use crate::support::memory::{Bytes, Items, Room};
use alloc::vec::Vec;
use core::cell::Cell;
use core::ptr::{self, NonNull};

/// The C types that requests are made of.
pub trait Wire: Sized + 'static {
    /// A socket, as the client knows it.
    type Socket: Copy + core::fmt::Debug;
    /// The client's structure that stands for the operation.
    type Overlapped: core::fmt::Debug;
    /// The client's completion routine.
    type Routine: Copy + core::fmt::Debug;
    /// The thread that the routine is to run on.
    type Thread: Copy + core::fmt::Debug;
    /// A buffer, in an array of them.
    type Slice: Slice + core::fmt::Debug;
    /// An error code.
    type Error: Copy + PartialEq + core::fmt::Debug;
    /// What a client gets when the provider breaks the contract.
    const BROKEN: Self::Error;
    /// What a client gets for an operation that will be completed later.
    const PENDING: Self::Error;
    /// What a client gets for an operation that nobody completed.
    const ABORTED: Self::Error;
}

/// What identifies a request and says whom to tell. The thread is a copy.
#[derive(Debug)]
pub struct Parts<W: Wire> {
    /// The socket, as the client knows it.
    pub socket: W::Socket,
    /// The client's structure.
    pub overlapped: NonNull<W::Overlapped>,
    /// The client's routine, if it wants one to be run.
    pub routine: Option<W::Routine>,
    /// The thread for the routine, if the client says which.
    pub thread: Option<W::Thread>,
}

impl<W: Wire> Clone for Parts<W> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<W: Wire> Copy for Parts<W> {}

/// How an operation ended: bytes and flags, or an error.
pub type Outcome<W> = Result<(u32, u32), <W as Wire>::Error>;

/// How a request is begun and told of. Functions, because C carries no context.
#[derive(Debug)]
pub struct Teller<W: Wire> {
    /// A request is taken on: marks the client's structure as in use.
    pub begin: fn(&Parts<W>),
    /// Tells the client how the operation ended.
    pub tell: fn(&Parts<W>, Outcome<W>),
    /// Nothing of a request that was taken on is used any more.
    pub end: fn(),
}

impl<W: Wire> Clone for Teller<W> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<W: Wire> Copy for Teller<W> {}

/// What a client lends along with a request, until that is completed.
#[derive(Debug)]
pub struct Lent<'a, S> {
    /// Buffers to read from.
    pub gather: Option<Gather<'a, S>>,
    /// Buffers to fill.
    pub scatter: Option<Scatter<'a, S>>,
    /// Bytes to read.
    pub input: Option<Bytes<'a>>,
    /// Room to fill.
    pub room: Option<Room<'a>>,
}

impl<S> Clone for Lent<'_, S> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Lent<'_, S> {}

impl<S> Lent<'_, S> {
    /// Nothing.
    pub const NOTHING: Self = Self { gather: None, scatter: None, input: None, room: None };
}

/// What became of a request in the call that brought it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Nothing yet: whoever called tells the client, if the call succeeds.
    #[default]
    Fresh,
    /// Somebody holds the [`Pended`], and will complete it.
    Pended,
    /// The provider below has it, or has done it and told the client.
    Forwarded,
    /// The same, and the provider below has promised to complete it later.
    ForwardedPending,
}

/// How far a request has come when the call returns.
#[derive(Debug)]
pub enum Progress<T> {
    /// It is done.
    Done(T),
    /// It will be completed later.
    Pending(Pending),
}

/// Proof that a request will be completed later: from [`Request::pend`], or from the provider below.
#[derive(Debug)]
#[must_use = "the client must be told that its request is pending"]
pub struct Pending(());

impl<T> Progress<T> {
    /// The answer, if it is done.
    #[must_use]
    #[inline]
    pub fn done(&self) -> Option<&T> {
        match self {
            Self::Done(answer) => Some(answer),
            Self::Pending(_) => None,
        }
    }

    /// The same progress with another answer.
    #[inline]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Progress<U> {
        match self {
            Self::Done(answer) => Progress::Done(change(answer)),
            Self::Pending(pending) => Progress::Pending(pending),
        }
    }
}

/// What a request is made of. It stays where it is, so that requests are passed on cheaply.
#[derive(Debug)]
pub struct Given<'a, W: Wire> {
    /// What identifies the request.
    pub parts: Parts<W>,
    /// What was lent along.
    pub lent: Lent<'a, W::Slice>,
    /// How it is told of.
    pub teller: Teller<W>,
    /// What becomes of it.
    pub state: &'a Cell<State>,
}

/// A client's overlapped request, in the call that brings it.
///
/// A provider that finishes the work within the call just answers [`Progress::Done`]: the client is
/// told. One that cannot [pends](Self::pend) the request.
#[derive(Debug)]
pub struct Request<'a, W: Wire>(&'a Given<'a, W>);

impl<'a, W: Wire> Request<'a, W> {
    /// The request that is made of `given`.
    ///
    /// # Safety
    ///
    /// It is made once. The client's structure, and the bytes behind everything that was lent, stay
    /// valid until the request is completed; so does the thread, and the routine can be called once on it.
    #[inline]
    #[must_use]
    pub const unsafe fn new(given: &'a Given<'a, W>) -> Self {
        Self(given)
    }

    /// Takes the request on: from here on it is owed exactly one completion, which must not wait for
    /// this call to return. Answer the call with the [`Pending`].
    ///
    /// # Panics
    ///
    /// If there is no memory for a copy of the array of buffers. Nothing was taken on then.
    #[inline]
    pub fn pend(self) -> (Pending, Pended<W>) {
        let given = self.0;
        let scatter = given.lent.scatter.map(|lent| (lent.as_ptr(), lent.count()));
        let slices = given.lent.gather.map(|lent| (lent.as_ptr(), lent.count())).or(scatter);
        let slices = slices.map_or_else(Vec::new, |(at, len)| {
            // SAFETY: whoever made the array's view vouched for so many, which are checked already.
            unsafe { Items::from_raw(at, len) }.map_or_else(Vec::new, Items::to_vec)
        });
        let total = given.lent.gather.map(Gather::total).or(given.lent.scatter.map(Scatter::total));
        let asked = total.or(given.lent.room.map(Room::capacity)).unwrap_or(0);
        // Only now: what is above may panic, and then nothing was taken on.
        given.state.set(State::Pended);
        (given.teller.begin)(&given.parts);
        let pended = Pended {
            parts: given.parts,
            asked,
            fill: given.lent.scatter.is_some(),
            slices,
            input: given.lent.input.map_or((ptr::null(), 0), |input| (input.as_ptr(), input.len())),
            room: given.lent.room.map(|room| (room.as_ptr(), room.capacity(), room.used_ptr())),
            teller: given.teller,
        };
        (Pending(()), pended)
    }

    /// The socket, as the client knows it.
    #[must_use]
    #[inline]
    pub const fn socket(&self) -> W::Socket {
        self.0.parts.socket
    }

    /// What identifies it.
    #[must_use]
    #[inline]
    pub const fn parts(&self) -> &Parts<W> {
        &self.0.parts
    }

    /// What was lent along with it.
    #[must_use]
    #[inline]
    pub const fn lent(&self) -> Lent<'a, W::Slice> {
        self.0.lent
    }

    /// Whether the client wants a routine to be run, rather than an event or a port to tell it.
    #[must_use]
    #[inline]
    pub const fn has_routine(&self) -> bool {
        self.0.parts.routine.is_some()
    }

    /// Hands it to another provider, with the place to note what that says.
    #[inline]
    pub(crate) fn forward(self) -> (Parts<W>, &'a Cell<State>) {
        self.0.state.set(State::Forwarded);
        (self.0.parts, self.0.state)
    }
}

/// Notes that the provider below has taken a request on; or that it refused it, and tells nobody.
#[inline]
pub(crate) fn promised(state: Option<&Cell<State>>, pending: bool) -> Option<Pending> {
    state?.set(if pending { State::ForwardedPending } else { State::Fresh });
    pending.then_some(Pending(()))
}

/// What the client is told of the request once the provider's method has answered.
#[inline]
pub(crate) fn settle<T, W: Wire>(
    state: State,
    answer: Result<Progress<T>, W::Error>,
) -> Result<Progress<T>, W::Error> {
    if state != State::Fresh {
        return Ok(settle_elsewhere(state, answer));
    }
    match answer {
        Ok(Progress::Pending(_)) => Err(W::BROKEN),
        Err(error) if error == W::PENDING => Err(W::BROKEN),
        answer => answer,
    }
}

/// The same where somebody else has the request, or has had it.
#[cold]
fn settle_elsewhere<T, E>(state: State, answer: Result<Progress<T>, E>) -> Progress<T> {
    match (state, answer) {
        // The provider below has done it, and told the client if that was to be told.
        (State::Forwarded, Ok(Progress::Done(answer))) => Progress::Done(answer),
        // A failure would say that nobody tells.
        _ => Progress::Pending(Pending(())),
    }
}

/// A request that was taken on. It is completed once: by [`complete`](Self::complete), or as aborted
/// when it is dropped. The provider's last clean-up waits for that.
#[derive(Debug)]
#[must_use = "dropping it aborts the client's operation"]
pub struct Pended<W: Wire> {
    parts: Parts<W>,
    /// How many bytes can be moved at most.
    asked: usize,
    fill: bool,
    slices: Vec<W::Slice>,
    input: (*const u8, usize),
    room: Option<(*mut u8, usize, *mut u32)>,
    teller: Teller<W>,
}

// SAFETY: a client lends what the pointers lead to until the request is completed, to whichever
// thread completes it, and does not touch it meanwhile.
unsafe impl<W: Wire> Send for Pended<W> {}
// SAFETY: as above; what leads to the bytes borrows from `self`, and copies only.
unsafe impl<W: Wire> Sync for Pended<W> {}

impl<W: Wire> Pended<W> {
    /// The socket, as the client knows it.
    #[must_use]
    #[inline]
    pub const fn socket(&self) -> W::Socket {
        self.parts.socket
    }

    /// What identifies it.
    #[must_use]
    #[inline]
    pub const fn parts(&self) -> &Parts<W> {
        &self.parts
    }

    /// Whether the client wants a routine to be run.
    #[must_use]
    #[inline]
    pub const fn has_routine(&self) -> bool {
        self.parts.routine.is_some()
    }

    /// The buffers to read from; none if the request brought none.
    #[must_use]
    #[inline]
    pub fn gather(&self) -> Gather<'_, W::Slice> {
        let slices: &[_] = if self.fill { &[] } else { &self.slices };
        // SAFETY: they were checked when the request came, and are lent until it is completed.
        unsafe { Gather::from_raw(slices.as_ptr(), slices.len()) }.unwrap_or_else(Gather::nothing)
    }

    /// The buffers to fill; none if the request brought none.
    #[must_use]
    #[inline]
    pub fn scatter(&self) -> Scatter<'_, W::Slice> {
        let slices: &[_] = if self.fill { &self.slices } else { &[] };
        // SAFETY: they were checked when the request came, and are lent until it is completed.
        unsafe { Scatter::from_raw(slices.as_ptr(), slices.len()) }.unwrap_or_else(Scatter::nothing)
    }

    /// The bytes to read that are not in buffers, such as an address; none if there are none.
    #[must_use]
    #[inline]
    pub fn input(&self) -> Bytes<'_> {
        // SAFETY: checked when the request came, and lent until it is completed.
        unsafe { Items::from_raw(self.input.0, self.input.1) }.unwrap_or_else(|| Items::new(&[]))
    }

    /// The room to fill that is not in buffers, such as that for an address.
    #[must_use]
    #[inline]
    pub fn room(&self) -> Option<Room<'_>> {
        let (at, len, used) = self.room?;
        // SAFETY: checked when the request came, and lent until it is completed.
        unsafe { Room::from_raw(at, len, used) }
    }

    /// Tells the client how its operation ended: bytes moved and flags, or the error.
    ///
    /// More bytes than the client asked for are a fault of the provider, which the client is told.
    #[inline]
    pub fn complete(self, outcome: Outcome<W>) {
        let this = core::mem::ManuallyDrop::new(self);
        // SAFETY: they are not used again, and `this` is never dropped.
        let owned = unsafe { ptr::read(&raw const this.slices) };
        let outcome = match outcome {
            Ok((count, _)) if count as usize > this.asked => Err(W::BROKEN),
            outcome => outcome,
        };
        drop(owned);
        (this.teller.tell)(&this.parts, outcome);
        (this.teller.end)();
    }
}

impl<W: Wire> Drop for Pended<W> {
    #[inline]
    fn drop(&mut self) {
        (self.teller.tell)(&self.parts, Err(W::ABORTED));
        (self.teller.end)();
    }
}

//! What a layer hands on to the provider below: sets that lie over each other, and requests, of which the
//! client is told once whatever the layer makes of the answer.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::{null, null_mut};
use std::sync::Arc;
use wpu::ffi::{NO_ERROR, SOCKET, SOCKET_ERROR, WSABUF, WSAOVERLAPPED, WSPPROC_TABLE, timeval};
use wpu::{
    FdSetMut, Kept, Layer, Outcome, Over, Procs, Progress, Request, Serve, ServiceProvider, Teller, View,
    WsaError,
};

thread_local! {
    /// How the clients of this thread were told.
    static TOLD: RefCell<Vec<Outcome>> = const { RefCell::new(Vec::new()) };
    /// How many sockets each set had that reached the base provider.
    static SEEN: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
    /// What is kept for the provider below.
    static KEPT: RefCell<Vec<Kept>> = const { RefCell::new(Vec::new()) };
    static BELOW: Cell<Result<u32, WsaError>> = const { Cell::new(Ok(0)) };
    static ABOVE: Cell<After> = const { Cell::new(After::Answer) };
}

/// What the layer does when the provider below has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    Answer,
    Fail,
    Panic,
    Succeed,
}

const TELLER: Teller = Teller {
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
        _: Option<View<'_, timeval>>,
    ) -> Result<i32, WsaError> {
        let lens = [read, write, except].into_iter().flatten().map(FdSetMut::len);
        SEEN.set(lens.collect());
        Ok(0)
    }

    fn send(&self, _: SOCKET, _: u32, _: Request<'_>) -> Result<Progress<u32>, WsaError> {
        BELOW.get().map(Progress::Done)
    }
}

impl Serve for Base {
    type Provider = Self;
    const TELLER: Teller = TELLER;

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
        timeout: Option<View<'_, timeval>>,
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

impl Serve for Meddler {
    type Provider = Over<Self, Procs>;
    const TELLER: Teller = TELLER;

    fn with<R>(body: impl FnOnce(&Self::Provider) -> Result<R, WsaError>) -> Result<R, WsaError> {
        // SAFETY: the functions are this program's.
        let next = unsafe { Procs::new(&WSPPROC_TABLE::serving::<Base>()) }.expect("it has all functions");
        contained(|| body(&Over { layer: Self, next }))
    }
}

const FUNCTIONS: WSPPROC_TABLE = WSPPROC_TABLE::serving::<Meddler>();

#[test]
fn a_set_is_handed_on_no_longer_than_it_came() {
    // Two sets, a word apart: the first socket of the one is the count of the other.
    let mut memory: [usize; 4] = [3, 2, 5, 6];
    let first = memory.as_mut_ptr();
    let second = first.wrapping_add(1);
    let (mut errno, time) = (0, timeval { tv_sec: 0, tv_usec: 0 });
    let select = FUNCTIONS.lpWSPSelect.expect("it is there");
    // SAFETY: each set has as many sockets as it says.
    let answer =
        unsafe { select(0, first.cast(), second.cast(), null_mut(), &raw const time, &raw mut errno) };
    assert_eq!((answer, errno), (0, 0));
    assert_eq!(SEEN.take(), [3, 2], "the layer wrote 1000 over the count of the second set");
}

/// Sends two bytes through the layer: what the client sees, and how it is told.
fn send(below: Result<u32, WsaError>, above: After) -> (Result<u32, WsaError>, Vec<Outcome>) {
    BELOW.set(below);
    ABOVE.set(above);
    let (mut data, mut overlapped) = ([1, 2], WSAOVERLAPPED::ZERO);
    let buffer = WSABUF { len: 2, buf: data.as_mut_ptr() };
    let (mut errno, mut count) = (0, 0);
    let send = FUNCTIONS.lpWSPSend.expect("it is there");
    let (to_count, to_overlapped, to_errno) = (&raw mut count, &raw mut overlapped, &raw mut errno);
    // SAFETY: all pointers are to locals, and nothing stays pending.
    let answer = unsafe { send(5, &raw const buffer, 1, to_count, 0, to_overlapped, None, null(), to_errno) };
    assert!(answer == NO_ERROR || answer == SOCKET_ERROR);
    let answer = if answer == NO_ERROR { Ok(count) } else { Err(WsaError::new(errno)) };
    assert!(KEPT.take().is_empty(), "nothing is pending");
    (answer, TOLD.take())
}

#[test]
fn a_client_is_told_once_whatever_the_layer_makes_of_the_answer() {
    const DOWN: WsaError = WsaError::WSAENETDOWN;
    assert_eq!(send(Ok(1), After::Answer), (Ok(1), vec![Ok((1, 0))]));
    // The provider below has told it: that it failed would say that nobody has.
    assert_eq!(send(Ok(1), After::Fail), (Err(WsaError::WSA_IO_PENDING), vec![Ok((1, 0))]));
    assert_eq!(send(Ok(1), After::Panic), (Err(WsaError::WSA_IO_PENDING), vec![Ok((1, 0))]));
    assert_eq!(send(Ok(1), After::Succeed), (Ok(2), vec![Ok((1, 0))]));
    // The provider below tells nobody of what it refuses.
    assert_eq!(send(Err(DOWN), After::Answer), (Err(DOWN), vec![]));
    assert_eq!(send(Err(DOWN), After::Fail), (Err(DOWN), vec![]));
    assert_eq!(send(Err(DOWN), After::Panic), (Err(WsaError::WSASYSCALLFAILURE), vec![]));
    assert_eq!(send(Err(DOWN), After::Succeed), (Ok(2), vec![Ok((2, 0))]));
}

//! A provider whose methods panic on request.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use wpu::ffi::{QOS, SOCKET, WSANETWORKEVENTS, WSAOVERLAPPED, WSAPROTOCOL_INFOW, timeval};
use wpu::{
    Bytes, ClientMut, ClientRef, Condition, ConnectParams, EventRef, FdSetMut, Lifecycle, OutBuf, Outcome,
    PendingRequest, Progress, Received, Request, ServiceProvider, SocketParams, Start, Text, Transferred,
    WsaError, wpu_provider,
};

/// The behaviour of the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Every method succeeds.
    Work,
    /// Every method panics.
    Panic,
    /// Every method panics, and the payload panics again when it is dropped.
    PanicWithBomb,
    /// A method makes its request pending and panics, which drops the token.
    PendThenPanic,
    /// A method makes its request pending, stores the token elsewhere and panics.
    ParkThenPanic,
    PanicInServes,
    PanicInStart,
    PanicInStartAgain,
    PanicInDrop,
}

static MODE: Mutex<Mode> = Mutex::new(Mode::Work);
static PARKED: Mutex<Vec<PendingRequest>> = Mutex::new(Vec::new());
static INSTANCES: AtomicUsize = AtomicUsize::new(0);

pub(crate) fn set(mode: Mode) {
    *lock(&MODE) = mode;
}

/// The stored requests.
pub(crate) fn parked() -> MutexGuard<'static, Vec<PendingRequest>> {
    lock(&PARKED)
}

/// The number of instances.
pub(crate) fn instances() -> usize {
    INSTANCES.load(Ordering::SeqCst)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A payload for which no text is printed.
struct Thrown;

/// A value that panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        throw();
    }
}

fn throw() -> ! {
    resume_unwind(Box::new(Thrown))
}

fn trap_in(mode: Mode) {
    let now = *lock(&MODE);
    if now == mode {
        throw();
    }
}

fn trap() {
    let mode = *lock(&MODE);
    match mode {
        Mode::Panic => throw(),
        Mode::PanicWithBomb => resume_unwind(Box::new(Bomb)),
        _ => {}
    }
}

/// The common part of all methods with a request.
fn trap_with<T>(request: Request<'_>, answer: T) -> Progress<T> {
    trap();
    let mode = *lock(&MODE);
    if !matches!(mode, Mode::PendThenPanic | Mode::ParkThenPanic) {
        return Progress::Done(answer);
    }
    let Ok((_pending, pended)) = request.pend::<Trap>() else { return Progress::Done(answer) };
    if mode == Mode::ParkThenPanic {
        parked().push(pended);
    }
    throw()
}

#[wpu_provider(
    class = non_ifs,
    kit = requests,
    waives(
        WPUCloseSocketHandle, WPUCreateSocketHandle, WPUQuerySocketHandleContext, WPUPostMessage, WPUQueryBlockingCallback,
        WPUGetProviderPath = "its sockets are numbers without meaning",
    ),
)]
pub(crate) struct Trap {}

impl Drop for Trap {
    fn drop(&mut self) {
        INSTANCES.fetch_sub(1, Ordering::SeqCst);
        trap_in(Mode::PanicInDrop);
    }
}

impl Lifecycle for Trap {
    fn serves(_: &WSAPROTOCOL_INFOW) -> bool {
        trap_in(Mode::PanicInServes);
        true
    }

    fn start(_: &Start<'_>) -> Result<Self, WsaError> {
        trap_in(Mode::PanicInStart);
        INSTANCES.fetch_add(1, Ordering::SeqCst);
        Ok(Self {})
    }

    fn start_again(&self, _: &Start<'_>) -> Result<(), WsaError> {
        trap_in(Mode::PanicInStartAgain);
        Ok(())
    }
}

/// The methods without a request, which only panic or succeed.
macro_rules! traps {
    ($($method:ident($($type:ty),*) -> $answer:ty { $value:expr })*) => {
        impl ServiceProvider for Trap {
            $(traps!(@ $method ($($type),*) $answer, $value);)*

            fn ioctl(
                &self, _: SOCKET, _: u32, request: Request<'_>,
            ) -> Result<Progress<u32>, WsaError> {
                Ok(trap_with(request, 0))
            }

            fn recv(
                &self, _: SOCKET, _: u32, request: Request<'_>,
            ) -> Result<Progress<Received>, WsaError> {
                Ok(trap_with(request, Received { bytes: 0, flags: 0 }))
            }

            fn recv_from(
                &self, _: SOCKET, _: u32, request: Request<'_>,
            ) -> Result<Progress<Received>, WsaError> {
                Ok(trap_with(request, Received { bytes: 0, flags: 0 }))
            }

            fn send(
                &self, _: SOCKET, _: u32, request: Request<'_>,
            ) -> Result<Progress<u32>, WsaError> {
                Ok(trap_with(request, 0))
            }

            fn send_to(
                &self, _: SOCKET, _: u32, request: Request<'_>,
            ) -> Result<Progress<u32>, WsaError> {
                Ok(trap_with(request, 0))
            }
        }
    };
    (@ $method:ident ($($type:ty),*) $answer:ty, $value:expr) => {
        fn $method(&self, $(_: $type),*) -> Result<$answer, WsaError> {
            trap();
            Ok($value)
        }
    };
}

traps! {
    accept(SOCKET, Option<OutBuf<'_>>, Option<Condition<'_>>) -> SOCKET { 5 }
    address_to_string(Bytes<'_>, Option<ClientRef<'_, WSAPROTOCOL_INFOW>>, OutBuf<'_, u16>) -> () { () }
    async_select(SOCKET, wpu::Window, u32, i32) -> () { () }
    bind(SOCKET, Bytes<'_>) -> () { () }
    cancel_blocking_call() -> () { () }
    cleanup() -> () { () }
    close_socket(SOCKET) -> () { () }
    connect(SOCKET, Bytes<'_>, ConnectParams<'_>) -> () { () }
    duplicate_socket(SOCKET, u32) -> WSAPROTOCOL_INFOW { WSAPROTOCOL_INFOW::ZERO }
    enum_network_events(SOCKET, Option<EventRef<'_>>, ClientMut<'_, WSANETWORKEVENTS>) -> () { () }
    event_select(SOCKET, Option<EventRef<'_>>, i32) -> () { () }
    get_overlapped_result(SOCKET, ClientMut<'_, WSAOVERLAPPED>, bool) -> Outcome<Transferred> { Outcome::Done(Transferred { bytes: 0, flags: 0 }) }
    get_peer_name(SOCKET, OutBuf<'_>) -> () { () }
    get_sock_name(SOCKET, OutBuf<'_>) -> () { () }
    get_sock_opt(SOCKET, i32, i32, OutBuf<'_>) -> () { () }
    get_qos_by_name(SOCKET, Option<Bytes<'_>>, ClientMut<'_, QOS>) -> () { () }
    join_leaf(SOCKET, Bytes<'_>, ConnectParams<'_>, u32) -> SOCKET { 5 }
    listen(SOCKET, i32) -> () { () }
    recv_disconnect(SOCKET, Option<OutBuf<'_>>) -> () { () }
    select(
        i32, Option<FdSetMut<'_>>, Option<FdSetMut<'_>>, Option<FdSetMut<'_>>, Option<ClientRef<'_, timeval>>
    ) -> i32 { 0 }
    send_disconnect(SOCKET, Option<Bytes<'_>>) -> () { () }
    set_sock_opt(SOCKET, i32, i32, Bytes<'_>) -> () { () }
    shutdown(SOCKET, i32) -> () { () }
    socket(SocketParams<'_>) -> SOCKET { 5 }
    string_to_address(Text<'_>, i32, Option<ClientRef<'_, WSAPROTOCOL_INFOW>>, OutBuf<'_>) -> () { () }
}

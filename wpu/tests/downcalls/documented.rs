//! The documented errors of the thirty functions, as the provider below answers them, reach the client of a layer: the
//! code, the failure value of the function, and nothing else.

use crate::client::{self, CALLS, Client, REQUESTS};
use crate::over::Over;
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use wpu::facts::DOWNCALLS;
use wpu::ffi::{INVALID_SOCKET, SOCKET, SOCKET_ERROR, WSPPROC_TABLE, timeval};
use wpu::raw::{CompletionVtable, Kept, Procs, Serve};
use wpu::{
    Bytes, ClientRef, Condition, ConnectParams, FdSetMut, Layer, OutBuf, ServiceProvider, SocketParams,
    WsaError,
};

thread_local! {
    /// The answer of the provider below.
    static ANSWER: Cell<WsaError> = const { Cell::new(WsaError::WSASYSCALLFAILURE) };
    /// The memory that is kept for the provider below.
    static KEPT: RefCell<Vec<Kept>> = const { RefCell::new(Vec::new()) };
    /// The number of completions that were reported.
    static TOLD: Cell<usize> = const { Cell::new(0) };
}

const COMPLETION: CompletionVtable = CompletionVtable {
    begin: |_| {},
    tell: |_, _| TOLD.set(TOLD.get() + 1),
    keep: |_, kept| KEPT.with_borrow_mut(|all| all.push(kept)),
    release: |_, kept| KEPT.with_borrow_mut(|all| all.retain(|other| !Arc::ptr_eq(other, kept))),
    end: || {},
};

/// A provider whose functions all fail with [`ANSWER`].
struct Below;

macro_rules! failure_values {
    ($($(#[request($($lent:ident),*)])? fn $function:ident($($name:ident: $type:ty),* $(,)?) -> $answer:ty;)*) => {
        impl ServiceProvider for Below {
            $(fn $function(&self, $($name: $type),*) -> Result<$answer, WsaError> {
                $(let _ = $name;)*
                Err(ANSWER.get())
            })*
        }
    };
}

wpu_sys::for_each_downcall!(failure_values);

// SAFETY: no memory is kept: no request becomes pending.
unsafe impl Serve for Below {
    type Provider = Self;
    const COMPLETION: CompletionVtable = COMPLETION;
    const COMPLETES: bool = true;

    fn with<R>(body: impl FnOnce(&Self) -> Result<R, WsaError>) -> Result<R, WsaError> {
        body(&Self)
    }
}

/// A layer that passes everything on.
struct Plain;

impl Layer for Plain {}

// SAFETY: kept memory is kept until it is released.
unsafe impl Serve for Plain {
    type Provider = Over<Self>;
    const COMPLETION: CompletionVtable = COMPLETION;
    const COMPLETES: bool = true;

    fn with<R>(body: impl FnOnce(&Self::Provider) -> Result<R, WsaError>) -> Result<R, WsaError> {
        // SAFETY: the functions are part of this program, and keep their contracts.
        let next = unsafe { Procs::new(&WSPPROC_TABLE::serving::<Below>()) }.expect("a full table");
        body(&Over { layer: Self, next })
    }
}

/// The errors that only a provider which has a network, a protocol or a session can know.
const OF_THE_NETWORK: [(&str, &[&str]); 27] = [
    ("WSPAccept", &["WSAEACCES", "WSAECONNRESET", "WSAEMFILE", "WSAENETDOWN", "WSAENOBUFS"]),
    ("WSPAsyncSelect", &["WSAENETDOWN"]),
    ("WSPBind", &["WSAEADDRNOTAVAIL", "WSAENETDOWN", "WSAENOBUFS"]),
    ("WSPCancelBlockingCall", &["WSAENETDOWN"]),
    ("WSPCloseSocket", &["WSAENETDOWN"]),
    (
        "WSPConnect",
        &[
            "WSAEACCES",
            "WSAEADDRINUSE",
            "WSAEAFNOSUPPORT",
            "WSAENETDOWN",
            "WSAENETUNREACH",
            "WSAENOBUFS",
            "WSAETIMEDOUT",
        ],
    ),
    ("WSPDuplicateSocket", &["WSAEINVAL", "WSAEMFILE", "WSAENETDOWN", "WSAENOBUFS"]),
    ("WSPEnumNetworkEvents", &["WSAENETDOWN"]),
    ("WSPEventSelect", &["WSAENETDOWN"]),
    ("WSPGetOverlappedResult", &["WSAENETDOWN"]),
    ("WSPGetPeerName", &["WSAENETDOWN"]),
    ("WSPGetQOSByName", &["WSAEINVAL", "WSAENETDOWN"]),
    ("WSPGetSockName", &["WSAENETDOWN"]),
    ("WSPGetSockOpt", &["WSAENETDOWN"]),
    ("WSPIoctl", &["WSAENETDOWN"]),
    (
        "WSPJoinLeaf",
        &[
            "WSAEADDRINUSE",
            "WSAEADDRNOTAVAIL",
            "WSAEAFNOSUPPORT",
            "WSAEALREADY",
            "WSAECONNREFUSED",
            "WSAEINTR",
            "WSAEISCONN",
            "WSAENETDOWN",
            "WSAENETUNREACH",
            "WSAENOBUFS",
            "WSAEOPNOTSUPP",
            "WSAEPROTONOSUPPORT",
            "WSAETIMEDOUT",
        ],
    ),
    ("WSPListen", &["WSAEADDRINUSE", "WSAEMFILE", "WSAENETDOWN", "WSAENOBUFS"]),
    ("WSPRecv", &["WSAECONNABORTED", "WSAEDISCON", "WSAENETDOWN", "WSAENETRESET"]),
    ("WSPRecvDisconnect", &["WSAEFAULT", "WSAENETDOWN"]),
    ("WSPRecvFrom", &["WSAECONNRESET", "WSAEDISCON", "WSAENETDOWN", "WSAENETRESET"]),
    ("WSPSelect", &["WSAENETDOWN"]),
    (
        "WSPSend",
        &["WSAEACCES", "WSAECONNABORTED", "WSAECONNRESET", "WSAENETDOWN", "WSAENETRESET", "WSAENOBUFS"],
    ),
    ("WSPSendDisconnect", &["WSAENETDOWN"]),
    (
        "WSPSendTo",
        &[
            "WSAEACCES",
            "WSAEADDRNOTAVAIL",
            "WSAEAFNOSUPPORT",
            "WSAECONNABORTED",
            "WSAECONNRESET",
            "WSAENETDOWN",
            "WSAENETRESET",
            "WSAENETUNREACH",
            "WSAENOBUFS",
        ],
    ),
    ("WSPSetSockOpt", &["WSAENETDOWN", "WSAENETRESET", "WSAENOTCONN"]),
    ("WSPShutdown", &["WSAENETDOWN"]),
    (
        "WSPSocket",
        &[
            "WSAEAFNOSUPPORT",
            "WSAEMFILE",
            "WSAENETDOWN",
            "WSAENOBUFS",
            "WSAEPROTONOSUPPORT",
            "WSAEPROTOTYPE",
            "WSAESOCKTNOSUPPORT",
        ],
    ),
];

#[test]
fn each_documented_error_of_the_provider_below_reaches_the_client() {
    let of_function = |(name, codes): &(&str, &'static [&'static str])| {
        let name = (*name).to_owned();
        codes.iter().map(move |code| format!("{name}.{code}"))
    };
    let ids: Vec<String> = OF_THE_NETWORK.iter().flat_map(of_function).collect();
    let _shows = wpu_evidence::tested(ids.iter().map(String::as_str));
    let table = WSPPROC_TABLE::serving::<Plain>();
    for (slot, (name, call)) in CALLS.iter().enumerate() {
        assert_eq!(DOWNCALLS[slot].name, *name);
        let mut clients: Vec<fn() -> Client> = vec![Client::new];
        if REQUESTS.contains(name) {
            clients.extend([(|| Client::overlapped(false)) as fn() -> Client, || Client::overlapped(true)]);
        }
        // A request that is pending has not failed.
        let pending = WsaError::WSA_IO_PENDING.code();
        for error in DOWNCALLS[slot].errors.iter().filter(|error| error.code.value != pending) {
            ANSWER.set(WsaError::new(error.code.value));
            for client in &clients {
                let mut client = client();
                let before = client.memory();
                assert!(call(&table, &mut client), "{name} does not fail with {}", error.code.name);
                let after = client.memory();
                assert_eq!(after.errno, error.code.value, "{name}");
                // Beside some errors values are defined, which the provider below has written.
                let silent = !DOWNCALLS[slot].partial.contains(&error.code.value);
                assert!(!silent || after == before.with_errno(after.errno), "{name} wrote something");
                assert_eq!(TOLD.get(), 0, "{name}: the call has failed, and no completion follows");
                assert!(KEPT.with_borrow(Vec::is_empty), "{name}: nothing is pending");
            }
        }
    }
}

/// A provider that calls failures successes.
struct Confused;

impl ServiceProvider for Confused {
    fn accept(&self, _: SOCKET, _: Option<OutBuf<'_>>, _: Option<Condition<'_>>) -> Result<SOCKET, WsaError> {
        Ok(INVALID_SOCKET)
    }

    fn join_leaf(&self, _: SOCKET, _: Bytes<'_>, _: ConnectParams<'_>, _: u32) -> Result<SOCKET, WsaError> {
        Ok(INVALID_SOCKET)
    }

    fn select(
        &self,
        _: i32,
        _: Option<FdSetMut<'_>>,
        _: Option<FdSetMut<'_>>,
        _: Option<FdSetMut<'_>>,
        _: Option<ClientRef<'_, timeval>>,
    ) -> Result<i32, WsaError> {
        Ok(SOCKET_ERROR)
    }

    fn socket(&self, _: SocketParams<'_>) -> Result<SOCKET, WsaError> {
        Ok(INVALID_SOCKET)
    }
}

// SAFETY: no memory is kept: no request becomes pending.
unsafe impl Serve for Confused {
    type Provider = Self;
    const COMPLETION: CompletionVtable = COMPLETION;
    const COMPLETES: bool = true;

    fn with<R>(body: impl FnOnce(&Self) -> Result<R, WsaError>) -> Result<R, WsaError> {
        body(&Self)
    }
}

#[test]
fn a_failure_value_always_comes_with_a_code() {
    let _shows = wpu_evidence::tested([
        "WSPAccept.failure-returned",
        "WSPJoinLeaf.failure-returned",
        "WSPSelect.failure-returned",
        "WSPSocket.failure-returned",
    ]);
    let (failing, confused) = (WSPPROC_TABLE::serving::<Below>(), WSPPROC_TABLE::serving::<Confused>());
    let broken = WsaError::WSASYSCALLFAILURE;
    for name in ["WSPAccept", "WSPJoinLeaf", "WSPSelect", "WSPSocket"] {
        for (answer, table, code) in [
            (WsaError::WSAENETDOWN, &failing, WsaError::WSAENETDOWN),
            // 0 is not the code of an error.
            (WsaError::new(0), &failing, broken),
            (WsaError::WSAENETDOWN, &confused, broken),
        ] {
            ANSWER.set(answer);
            let mut client = Client::new();
            assert!(client::call(name, table, &mut client), "{name}");
            assert_eq!(client.memory().errno, code.code(), "{name}");
        }
    }
}

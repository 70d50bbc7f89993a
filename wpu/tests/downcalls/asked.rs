//! The data that a provider can read of a request, during the call and later, and the reporting of its
//! completion.

use crate::over::Over;
use std::cell::{Cell, RefCell};
use std::ptr::{null, null_mut, without_provenance_mut};
use wpu::facts::Completes;
use wpu::ffi::{
    LPWSAOVERLAPPED_COMPLETION_ROUTINE, NO_ERROR, SOCKET, SOCKET_ERROR, WSABUF, WSAOVERLAPPED, WSATHREADID,
    WSPPROC_TABLE, sockaddr,
};
use wpu::raw::{CompletionVtable, Kept, Procs, Serve};
use wpu::{
    CompletionResult, Layer, PendingRequest, Progress, Received, Request, ServiceProvider, Transfer, WsaError,
};
use wpu_sys::{ClientSlice, Gather, OutBuf, RequestBuffers, Scatter};

thread_local! {
    /// The memory that is kept for the provider below.
    static KEPT: RefCell<Vec<Kept>> = const { RefCell::new(Vec::new()) };
    /// The completions that were reported to the clients of this thread.
    static TOLD: RefCell<Vec<CompletionResult>> = const { RefCell::new(Vec::new()) };
    /// The numbers of requests that became pending and that have ended.
    static COUNTS: Cell<(u32, u32)> = const { Cell::new((0, 0)) };
    static SEEN: RefCell<Option<Seen>> = const { RefCell::new(None) };
    static PENDED: RefCell<Option<PendingRequest>> = const { RefCell::new(None) };
    /// Whether a layer replaces the bytes to send.
    static REPLACED: Cell<bool> = const { Cell::new(false) };
}

/// The data that a provider reads in the call.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    asked: usize,
    /// For an overlapped request: the socket, twice.
    socket: Option<(SOCKET, SOCKET)>,
    has_routine: bool,
    gather: Vec<u8>,
    /// The number of bytes that fit into the buffers.
    scatter: usize,
    input: Option<Vec<u8>>,
    room: Option<usize>,
    blocking: bool,
}

fn seen(request: &Request<'_>) -> Seen {
    let parts = request.parts().map(|parts| parts.socket);
    assert_eq!(request.is_overlapped(), parts.is_some());
    Seen {
        asked: request.asked(),
        socket: request.socket().zip(parts),
        has_routine: request.has_routine(),
        gather: request.gather().to_vec(),
        scatter: request.scatter().total(),
        input: request.input().map(ClientSlice::to_vec),
        room: request.room().map(OutBuf::capacity),
        blocking: request.blocking().is_some(),
    }
}

/// Makes each overlapped request pending, and completes others with the number of bytes that they ask for.
struct Reader;

impl Completes for Reader {}

fn read(mut request: Request<'_>) -> Progress<u32> {
    if REPLACED.get() {
        request = request.with_gather(b"longer".to_vec());
    }
    let asked = u32::try_from(request.asked()).expect("short");
    SEEN.set(Some(seen(&request)));
    match request.pend::<Reader>() {
        Ok((pending, pended)) => {
            PENDED.set(Some(pended));
            Progress::Pending(pending)
        }
        Err(request) => {
            assert_eq!(SEEN.take(), Some(seen(&request)), "the request is returned unmodified");
            SEEN.set(Some(seen(&request)));
            Progress::Done(asked)
        }
    }
}

impl ServiceProvider for Reader {
    fn send_to(&self, _: SOCKET, _: u32, request: Request<'_>) -> Result<Progress<u32>, WsaError> {
        Ok(read(request))
    }

    fn recv_from(&self, _: SOCKET, flags: u32, request: Request<'_>) -> Result<Progress<Received>, WsaError> {
        Ok(read(request).map(|bytes| Received { bytes, flags }))
    }
}

fn count(begun: u32, ended: u32) {
    let before = COUNTS.get();
    COUNTS.set((before.0 + begun, before.1 + ended));
}

// SAFETY: it passes no request down, so it has no memory to keep.
unsafe impl Serve for Reader {
    type Provider = Self;
    const COMPLETION: CompletionVtable = CompletionVtable {
        begin: |_| count(1, 0),
        tell: |_, outcome| TOLD.with_borrow_mut(|told| told.push(outcome)),
        keep: |_, _| unreachable!("nothing is passed down"),
        release: |_, _| unreachable!("nothing is passed down"),
        end: || count(0, 1),
    };
    const COMPLETES: bool = true;

    fn with<R>(body: impl FnOnce(&Self) -> Result<R, WsaError>) -> Result<R, WsaError> {
        body(&Self)
    }
}

const FUNCTIONS: WSPPROC_TABLE = WSPPROC_TABLE::serving::<Reader>();
const PENDING: (i32, i32) = (SOCKET_ERROR, WsaError::WSA_IO_PENDING.code());

unsafe extern "system" fn routine(_: u32, _: u32, _: *mut WSAOVERLAPPED, _: u32) {}

/// Bytes with the alignment of an address.
#[repr(align(4))]
struct Address([u8; 16]);

/// The memory that a client lends.
struct Client {
    functions: WSPPROC_TABLE,
    bytes: [u8; 5],
    address: Address,
    len: i32,
    overlapped: WSAOVERLAPPED,
}

impl Client {
    fn new() -> Self {
        Self {
            functions: FUNCTIONS,
            bytes: *b"plain",
            address: Address([7; 16]),
            len: 16,
            overlapped: WSAOVERLAPPED::ZERO,
        }
    }

    /// Calls with one buffer and an address. Returns the result and the error.
    fn call(
        &mut self,
        receives: bool,
        overlapped: bool,
        routine: LPWSAOVERLAPPED_COMPLETION_ROUTINE,
    ) -> (i32, i32) {
        let mut buffer = WSABUF { len: 5, buf: self.bytes.as_mut_ptr() };
        let address = (&raw mut self.address).cast::<sockaddr>();
        let overlapped = if overlapped { &raw mut self.overlapped } else { null_mut() };
        let thread = WSATHREADID { ThreadHandle: without_provenance_mut(8), Reserved: 1 };
        let thread = if routine.is_some() { &raw const thread } else { null() };
        let (mut count, mut flags, mut errno) = (0, 0, 0);
        let (count, flags, to) = (&raw mut count, &raw mut flags, &raw mut errno);
        let len = &raw mut self.len;
        let (recv, send) = (
            self.functions.lpWSPRecvFrom.expect("it is there"),
            self.functions.lpWSPSendTo.expect("it is there"),
        );
        let buffers = &raw mut buffer;
        let answer = if receives {
            // SAFETY: all pointers are valid for as long as the contract requires, or null.
            unsafe { recv(5, buffers, 1, count, flags, address, len, overlapped, routine, thread, to) }
        } else {
            // SAFETY: as above.
            unsafe { send(5, buffers, 1, count, 0, address, 16, overlapped, routine, thread, to) }
        };
        (answer, errno)
    }
}

fn pended() -> PendingRequest {
    PENDED.take().expect("it was pended")
}

#[test]
fn a_request_shows_the_clients_arguments_during_the_call() {
    let _shows = wpu_evidence::tested(["WSPRecvFrom.lpFrom.within-length", "WSPSendTo.lpTo.within-length"]);
    let mut client = Client::new();
    let sent = |socket, has_routine| Seen {
        asked: 5,
        socket,
        has_routine,
        gather: b"plain".to_vec(),
        scatter: 0,
        input: Some(vec![7; 16]),
        room: None,
        blocking: socket.is_none(),
    };
    let received =
        |socket| Seen { gather: vec![], scatter: 5, input: None, room: Some(16), ..sent(socket, false) };
    assert_eq!(client.call(false, false, None), (NO_ERROR, 0));
    assert_eq!(SEEN.take(), Some(sent(None, false)));
    assert_eq!(client.call(true, false, None), (NO_ERROR, 0));
    assert_eq!(SEEN.take(), Some(received(None)));
    assert_eq!(client.call(false, true, Some(routine)), PENDING);
    assert_eq!(SEEN.take(), Some(sent(Some((5, 5)), true)));
    pended().complete(Ok(5.into()));
    assert_eq!(client.call(true, true, None), PENDING);
    assert_eq!(SEEN.take(), Some(received(Some((5, 5)))));
    pended().complete(Ok(5.into()));
}

#[test]
fn a_pending_request_shows_the_same_on_another_thread() {
    let _shows = wpu_evidence::tested(["WSPRecvFrom.lpFrom.within-length", "WSPSendTo.lpTo.within-length"]);
    let (mut sender, mut client) = (Client::new(), Client::new());
    assert_eq!(sender.call(false, true, Some(routine)), PENDING);
    let sent = pended();
    assert_eq!(client.call(true, true, None), PENDING);
    let received = pended();
    let look = move || {
        assert_eq!((sent.socket(), sent.parts().socket), (5, 5));
        assert_eq!((sent.has_routine(), received.has_routine()), (true, false));
        assert_eq!((sent.gather().to_vec(), sent.scatter().count()), (b"plain".to_vec(), 0));
        assert_eq!((received.gather().count(), received.scatter().total()), (0, 5));
        assert_eq!(sent.input().map(ClientSlice::to_vec), Some(vec![7; 16]));
        assert!(sent.room().is_none() && received.input().is_none());
        assert_eq!(received.room().map(OutBuf::capacity), Some(16));
        received.room().expect("there is one").fill(b"address").expect("it fits");
        (sent, received)
    };
    let (sent, received) = std::thread::spawn(look).join().expect("no panic");
    sent.complete(Ok(5.into()));
    received.complete(Ok(0.into()));
    assert_eq!((client.len, &client.address.0[..8]), (7, &b"address\x07"[..]));
}

/// Makes a request for five bytes pending. Returns the completions that are reported if it ends with `end`.
fn told(replaced: bool, end: impl FnOnce(PendingRequest)) -> Vec<CompletionResult> {
    REPLACED.set(replaced);
    COUNTS.set((0, 0));
    assert_eq!(Client::new().call(false, true, None), PENDING);
    REPLACED.set(false);
    assert_eq!((COUNTS.get(), TOLD.take()), ((1, 0), vec![]));
    // The completion functions of this test do not access the structure.
    end(pended());
    assert_eq!(COUNTS.get(), (1, 1), "it is owed and paid once");
    TOLD.take()
}

#[test]
fn a_completion_is_reported_once_with_at_most_the_requested_count() {
    // What was sent has no flags.
    let sent = |bytes| Ok(Transfer { bytes, flags: 0 }.into());
    let complete = |replaced, bytes| {
        told(replaced, move |pended| pended.complete(Ok(Transfer { bytes, flags: 3 }.into())))
    };
    assert_eq!([0, 4, 5].map(|bytes| complete(false, bytes)), [0, 4, 5].map(|bytes| vec![sent(bytes)]));
    assert_eq!(complete(false, 6), [Err(WsaError::WSASYSCALLFAILURE)]);
    // Other bytes were sent in place of the client's, of whose five bytes at most all can be reported.
    assert_eq!([4, 5, 6].map(|bytes| complete(true, bytes)), [4, 5, 5].map(|bytes| vec![sent(bytes)]));
    let failed = WsaError::WSAENETDOWN;
    assert_eq!(told(false, |pended| pended.complete(Err(failed))), [Err(failed)]);
    assert_eq!(told(false, drop), [Err(WsaError::WSA_OPERATION_ABORTED)]);
}

/// A provider creates a request of its own to send or receive through the provider below.
#[test]
fn a_providers_own_request_is_lent_until_the_call_returns_and_cannot_be_pended() {
    let mut bytes = *b"own";
    let buffer = [WSABUF { len: 3, buf: bytes.as_mut_ptr() }];
    // SAFETY: the array and the bytes live as long as the test.
    let gather = unsafe { Gather::from_raw(buffer.as_ptr(), 1) }.expect("valid pointers");
    // SAFETY: as above.
    let scatter = unsafe { Scatter::from_raw(buffer.as_ptr(), 1) }.expect("valid pointers");
    let nothing = || Seen {
        asked: 0,
        socket: None,
        has_routine: false,
        gather: vec![],
        scatter: 0,
        input: None,
        room: None,
        blocking: true,
    };
    assert_eq!(seen(&Request::lending(RequestBuffers::NOTHING)), nothing());
    let sent = Seen { asked: 3, gather: b"own".to_vec(), ..nothing() };
    assert_eq!(seen(&Request::sending(gather)), sent);
    let received = Seen { asked: 3, scatter: 3, ..nothing() };
    assert_eq!(seen(&Request::receiving(scatter)), received);
    // There are no buffers to replace.
    assert_eq!(seen(&Request::receiving(scatter).with_gather(b"other".to_vec())), received);
    let mut room = [0; 3];
    let lent = RequestBuffers { room: Some(OutBuf::new(&mut room)), ..RequestBuffers::NOTHING };
    assert_eq!(seen(&Request::lending(lent)), Seen { asked: 3, room: Some(3), ..nothing() });
    let other = Seen { asked: 5, gather: b"other".to_vec(), blocking: false, ..nothing() };
    assert_eq!(seen(&Request::sending(gather).with_gather(b"other".to_vec())), other);
    let elsewhere = Seen { input: Some(b"elsewhere".to_vec()), blocking: false, ..sent };
    assert_eq!(seen(&Request::sending(gather).with_input(b"elsewhere".to_vec())), elsewhere);
    let back = Request::sending(gather).pend::<Reader>().expect_err("no completion could be reported");
    assert_eq!(back.gather().to_vec(), b"own");
    // SAFETY: the functions are part of this program, and keep their contracts.
    let below = unsafe { Procs::new(&FUNCTIONS) }.expect("a full table");
    let answer = below.send_to(5, 0, Request::sending(gather)).expect("it is answered");
    assert_eq!((answer.done(), SEEN.take().map(|seen| seen.gather)), (Some(&3), Some(b"own".to_vec())));
}

#[test]
fn a_layer_sends_and_receives_below_with_bytes_of_its_own() {
    struct Echo;

    impl ServiceProvider for Echo {
        fn send(&self, _: SOCKET, _: u32, request: Request<'_>) -> Result<Progress<u32>, WsaError> {
            SENT.set(request.gather().to_vec());
            let request = request.pend::<Reader>().expect_err("no completion could be reported later");
            Ok(Progress::Done(u32::try_from(request.asked()).expect("short")))
        }

        fn recv(&self, _: SOCKET, flags: u32, request: Request<'_>) -> Result<Progress<Received>, WsaError> {
            let count = request.scatter().write_at(0, &SENT.take());
            Ok(Progress::Done(Received { bytes: u32::try_from(count).expect("short"), flags }))
        }
    }

    // SAFETY: as for `Reader`.
    unsafe impl Serve for Echo {
        type Provider = Self;
        const COMPLETION: CompletionVtable = Reader::COMPLETION;
        const COMPLETES: bool = true;

        fn with<R>(body: impl FnOnce(&Self) -> Result<R, WsaError>) -> Result<R, WsaError> {
            body(&Self)
        }
    }

    thread_local! {
        static SENT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }

    // SAFETY: the functions are part of this program, and keep their contracts.
    let below = unsafe { Procs::new(&WSPPROC_TABLE::serving::<Echo>()) }.expect("it has all functions");
    let sent = Gather::with(&[b"head", b"body"], |gather| below.send(5, 0, Request::sending(gather)));
    assert_eq!(sent.expect("it is answered").done(), Some(&8));
    let (mut head, mut body) = ([0; 4], [0; 5]);
    let received =
        Scatter::with(&mut [&mut head, &mut body], |scatter| below.recv(5, 0, Request::receiving(scatter)));
    assert_eq!(received.expect("it is answered").done(), Some(&Received { bytes: 8, flags: 0 }));
    assert_eq!((&head, &body), (b"head", b"body\0"));
}

#[test]
fn a_buffer_that_is_passed_down_has_its_full_capacity_again() {
    let (mut address, mut used) = ([0; 16], 0);
    let room = OutBuf::with_used(&mut address, &mut used);
    // As in a layer that has used the buffer itself.
    room.fill(b"old").expect("it fits");
    let lent =
        RequestBuffers { scatter: Some(Scatter::nothing()), room: Some(room), ..RequestBuffers::NOTHING };
    // SAFETY: the functions are part of this program, and keep their contracts.
    let below = unsafe { Procs::new(&FUNCTIONS) }.expect("a full table");
    below.recv_from(5, 0, Request::lending(lent)).expect("it is answered");
    assert_eq!(SEEN.take().map(|seen| seen.room), Some(Some(16)));
    assert_eq!(room.used(), 16, "the client reads what the provider below has said");
}

/// No completion would be reported to the client, which waits for one.
#[test]
fn a_provider_cannot_report_as_pending_what_it_has_not_pended() {
    struct Liar;

    impl ServiceProvider for Liar {
        fn send_to(&self, _: SOCKET, _: u32, _: Request<'_>) -> Result<Progress<u32>, WsaError> {
            Err(WsaError::WSA_IO_PENDING)
        }
    }

    // SAFETY: as for `Reader`.
    unsafe impl Serve for Liar {
        type Provider = Self;
        const COMPLETION: CompletionVtable = Reader::COMPLETION;
        const COMPLETES: bool = true;

        fn with<R>(body: impl FnOnce(&Self) -> Result<R, WsaError>) -> Result<R, WsaError> {
            body(&Self)
        }
    }

    let mut client = Client::new();
    client.functions = WSPPROC_TABLE::serving::<Liar>();
    let broken = (SOCKET_ERROR, WsaError::WSASYSCALLFAILURE.code());
    assert_eq!([true, false].map(|overlapped| client.call(false, overlapped, None)), [broken; 2]);
    assert_eq!((COUNTS.get(), TOLD.take()), ((0, 0), vec![]));
}

/// The location of a request's count beside the client's structure: both may be freed once the completion is
/// reported.
#[repr(C)]
struct Block {
    overlapped: WSAOVERLAPPED,
    count: u32,
}

#[test]
fn the_count_is_written_before_the_completion_is_reported() {
    thread_local! {
        static COUNT: Cell<u32> = const { Cell::new(0) };
    }
    struct Prompt;

    impl ServiceProvider for Prompt {
        fn send(&self, _: SOCKET, _: u32, request: Request<'_>) -> Result<Progress<u32>, WsaError> {
            Ok(Progress::Done(u32::try_from(request.gather().total()).expect("few bytes")))
        }
    }

    // SAFETY: as for `Reader`.
    unsafe impl Serve for Prompt {
        type Provider = Self;
        const COMPLETION: CompletionVtable = CompletionVtable {
            tell: |parts, _| {
                // SAFETY: the test passes a structure that is the first field of a block.
                COUNT.set(unsafe { (*parts.overlapped.as_ptr().cast::<Block>()).count });
            },
            ..Reader::COMPLETION
        };
        const COMPLETES: bool = true;

        fn with<R>(body: impl FnOnce(&Self) -> Result<R, WsaError>) -> Result<R, WsaError> {
            body(&Self)
        }
    }

    let functions = WSPPROC_TABLE::serving::<Prompt>();
    let send = functions.lpWSPSend.expect("a full table");
    let block = Box::into_raw(Box::new(Block { overlapped: WSAOVERLAPPED::ZERO, count: 0 }));
    let mut bytes = *b"own";
    let buffer = WSABUF { len: 3, buf: bytes.as_mut_ptr().cast() };
    let mut errno = 0;
    // SAFETY: the block is allocated.
    let count = unsafe { &raw mut (*block).count };
    // SAFETY: the pointers point into the block and to locals.
    let answer =
        unsafe { send(5, &raw const buffer, 1, count, 0, block.cast(), None, null(), &raw mut errno) };
    assert_eq!((answer, errno, COUNT.get()), (NO_ERROR, 0, 3));
    // SAFETY: the pointer came from a box, and no other code uses it any more.
    drop(unsafe { Box::from_raw(block) });
}

/// A layer that passes every request on unmodified.
struct Passer;

impl Layer for Passer {}

// SAFETY: kept memory is kept until the thread ends.
unsafe impl Serve for Passer {
    type Provider = Over<Self>;
    const COMPLETION: CompletionVtable = CompletionVtable {
        keep: |_, kept| KEPT.with_borrow_mut(|all| all.push(kept)),
        release: |_, _| {},
        ..Reader::COMPLETION
    };
    const COMPLETES: bool = true;

    fn with<R>(body: impl FnOnce(&Self::Provider) -> Result<R, WsaError>) -> Result<R, WsaError> {
        // SAFETY: the functions are part of this program, and keep their contracts.
        let next = unsafe { Procs::new(&FUNCTIONS) }.expect("a full table");
        body(&Over { layer: Self, next })
    }
}

#[test]
fn the_routine_and_its_thread_reach_the_provider_below() {
    let mut client = Client::new();
    client.functions = WSPPROC_TABLE::serving::<Passer>();
    assert_eq!(client.call(false, true, Some(routine)), PENDING);
    let pended = pended();
    let thread = pended.parts().thread.map(|thread| (thread.ThreadHandle.addr(), thread.Reserved));
    assert_eq!((pended.has_routine(), thread), (true, Some((8, 1))));
    pended.complete(Ok(5.into()));
}

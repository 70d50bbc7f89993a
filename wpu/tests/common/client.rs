//! A client that calls each function of a provider with valid arguments.

use std::cell::RefCell;
use std::ptr::{null, null_mut, without_provenance_mut};
use wpu::ffi::{
    FALSE, INVALID_SOCKET, QOS, SOCKET, WSABUF, WSANETWORKEVENTS, WSAOVERLAPPED, WSAPROTOCOL_INFOW,
    WSATHREADID, WSPPROC_TABLE, fd_set, sockaddr, timeval,
};

/// The content of the errno variable before a call.
pub(crate) const UNTOUCHED: i32 = -77;
/// The client's thread: its handle and its reserved word.
pub(crate) const THREAD: [usize; 2] = [0x80, 0x7];

/// The memory to which a provider can write.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Memory {
    pub(crate) errno: i32,
    pub(crate) overlapped: WSAOVERLAPPED,
    count: u32,
    pub(crate) flags: u32,
    pub(crate) address: sockaddr,
    pub(crate) length: i32,
    pub(crate) units: u32,
    pub(crate) text: [u16; 4],
    pub(crate) data: [u8; 8],
    /// The length of the buffer that has the data.
    pub(crate) buffer: u32,
    info: WSAPROTOCOL_INFOW,
    events: WSANETWORKEVENTS,
    pub(crate) qos: QOS,
    sets: [fd_set; 3],
}

impl Memory {
    /// Whether the buffers have the same content: the address, the text and the data.
    pub(crate) fn same_buffers(&self, other: &Self) -> bool {
        (self.address, self.text, self.data) == (other.address, other.text, other.data)
    }

    /// The same with another error code.
    pub(crate) fn with_errno(self, errno: i32) -> Self {
        Self { errno, ..self }
    }
}

/// What is wrong with a pointer that a client passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    Null,
    Misaligned,
}

/// A client, and the kind of its calls.
pub(crate) struct Client {
    pub(crate) memory: Box<Memory>,
    overlapped: bool,
    routine: bool,
    /// The argument that is wrong, counted from 0.
    pub(crate) wrong: Option<(usize, Wrong)>,
    socket: SOCKET,
    /// The flags with which it sends.
    pub(crate) sending: u32,
    /// The number of bytes that it gives or has room for, where the number is not in its memory.
    pub(crate) given: i32,
}

impl Client {
    /// A client that waits for its calls.
    pub(crate) fn new() -> Self {
        let address = sockaddr { sa_family: 2, sa_data: [7; 14] };
        let memory = Memory {
            errno: UNTOUCHED,
            overlapped: WSAOVERLAPPED::ZERO,
            count: 0x1111,
            flags: 0x2222,
            address,
            length: 16,
            units: 4,
            text: [u16::from(b'a'), u16::from(b'b'), 0, 0],
            data: [9; 8],
            buffer: 8,
            info: WSAPROTOCOL_INFOW { dwCatalogEntryId: 3, ..WSAPROTOCOL_INFOW::ZERO },
            events: WSANETWORKEVENTS { lNetworkEvents: 4, ..WSANETWORKEVENTS::ZERO },
            qos: QOS::ZERO,
            sets: [fd_set { fd_count: 1, ..fd_set::ZERO }; 3],
        };
        Self {
            memory: Box::new(memory),
            overlapped: false,
            routine: false,
            wrong: None,
            socket: 5,
            sending: 0,
            given: 8,
        }
    }

    /// The same with this socket.
    pub(crate) fn on(mut self, socket: SOCKET) -> Self {
        self.socket = socket;
        for set in &mut self.memory.sets {
            set.fd_array[0] = socket;
        }
        self
    }

    /// A client with overlapped requests, notified by routine or by port.
    pub(crate) fn overlapped(routine: bool) -> Self {
        Self { overlapped: true, routine, ..Self::new() }
    }

    pub(crate) fn memory(&self) -> Memory {
        *self.memory
    }
}

thread_local! {
    /// A routine runs on the thread of its request, so that each test has its own.
    static ENDED: RefCell<Vec<i32>> = const { RefCell::new(Vec::new()) };
}

/// The errors that the routine received on this thread since the previous query.
pub(crate) fn ended() -> Vec<i32> {
    ENDED.take()
}

unsafe extern "system" fn routine(error: u32, _: u32, _: *mut WSAOVERLAPPED, _: u32) {
    ENDED.with_borrow_mut(|ended| ended.push(i32::from_ne_bytes(error.to_ne_bytes())));
}

/// An argument that can be wrong, if it is a pointer.
trait Argument: Sized {
    fn spoilt(self, wrong: Wrong) -> Self;
}

impl<T> Argument for *mut T {
    fn spoilt(self, wrong: Wrong) -> Self {
        match wrong {
            Wrong::Null => null_mut(),
            Wrong::Misaligned => self.wrapping_byte_add(1),
        }
    }
}

impl<T> Argument for *const T {
    fn spoilt(self, wrong: Wrong) -> Self {
        match wrong {
            Wrong::Null => null(),
            Wrong::Misaligned => self.wrapping_byte_add(1),
        }
    }
}

macro_rules! values {
    ($($type:ty),*) => {
        $(impl Argument for $type {
            fn spoilt(self, _: Wrong) -> Self {
                self
            }
        })*
    };
}

values!(i32, u32, usize);

impl<F> Argument for Option<F> {
    fn spoilt(self, _: Wrong) -> Self {
        self
    }
}

/// The arguments of a call so far, and the one that is wrong.
struct Arguments {
    count: usize,
    wrong: Option<(usize, Wrong)>,
}

impl Arguments {
    fn next<A: Argument>(&mut self, argument: A) -> A {
        self.count += 1;
        match self.wrong {
            Some((at, wrong)) if at + 1 == self.count => argument.spoilt(wrong),
            _ => argument,
        }
    }
}

/// A call, which returns whether it failed.
type Call = fn(&WSPPROC_TABLE, &mut Client) -> bool;

/// Calls the function of this name.
pub(crate) fn call(name: &str, functions: &WSPPROC_TABLE, client: &mut Client) -> bool {
    let (_, call) = CALLS.iter().find(|(known, _)| *known == name).expect("it is one of the thirty");
    call(functions, client)
}

/// The functions that take a request.
pub(crate) const REQUESTS: [&str; 5] = ["WSPIoctl", "WSPRecv", "WSPRecvFrom", "WSPSend", "WSPSendTo"];

/// Defines an entry of the list: how a function is called, and which result is a failure.
macro_rules! calls {
    ($($name:ident $slot:ident ($($argument:ident),*) fails with $failure:expr;)*) => {
        /// A call of each function, in the order of the table.
        pub(crate) static CALLS: [(&str, Call); 30] = [$((stringify!($name), |functions, client| {
            let (m, overlapped, routed) = (&mut *client.memory, client.overlapped, client.routine);
            let thread = WSATHREADID { ThreadHandle: without_provenance_mut(THREAD[0]), Reserved: THREAD[1] };
            let mut buffer = WSABUF { len: 8, buf: (&raw mut m.data).cast() };
            let time = timeval { tv_sec: 0, tv_usec: 0 };
            let _ = (&thread, &mut buffer, &time, overlapped, routed);
            let (socket, sending, given) = (client.socket, client.sending, client.given);
            let _ = (socket, sending, given);
            let mut arguments = Arguments { count: 0, wrong: client.wrong };
            let function = functions.$slot.expect("a full table");
            // SAFETY: every pointer is valid for what the function does with it.
            let answer = unsafe { function($(arguments.next(calls!(@ $argument m overlapped routed thread buffer time socket sending given))),*) };
            m.buffer = buffer.len;
            answer == $failure
        })),*];
    };
    (@ socket $m:ident $overlapped:ident $routed:ident $thread:ident $buffer:ident $time:ident $socket:ident $($_:ident)*) => { $socket };
    (@ sending $m:ident $overlapped:ident $routed:ident $thread:ident $buffer:ident $time:ident $socket:ident $sending:ident $($_:ident)*) => { $sending };
    (@ number $($_:ident)*) => { 0 };
    (@ one $($_:ident)*) => { 1 };
    (@ length $m:ident $overlapped:ident $routed:ident $thread:ident $buffer:ident $time:ident $socket:ident $sending:ident $given:ident) => {
        i64::from($given).try_into().expect("a small number")
    };
    (@ nobody $($_:ident)*) => { null_mut() };
    (@ none $($_:ident)*) => { None };
    (@ errno $m:ident $($_:ident)*) => { &raw mut $m.errno };
    (@ address $m:ident $($_:ident)*) => { &raw mut $m.address };
    (@ address_length $m:ident $($_:ident)*) => { &raw mut $m.length };
    (@ text $m:ident $($_:ident)*) => { (&raw mut $m.text).cast() };
    (@ text_length $m:ident $($_:ident)*) => { &raw mut $m.units };
    (@ data $m:ident $($_:ident)*) => { (&raw mut $m.data).cast() };
    (@ data_length $m:ident $($_:ident)*) => { (&raw mut $m.units).cast() };
    (@ void $m:ident $($_:ident)*) => { (&raw mut $m.data).cast() };
    (@ info $m:ident $($_:ident)*) => { &raw mut $m.info };
    (@ events $m:ident $($_:ident)*) => { &raw mut $m.events };
    (@ qos $m:ident $($_:ident)*) => { &raw mut $m.qos };
    (@ count $m:ident $($_:ident)*) => { &raw mut $m.count };
    (@ flags $m:ident $($_:ident)*) => { &raw mut $m.flags };
    (@ read $m:ident $($_:ident)*) => { &raw mut $m.sets[0] };
    (@ write $m:ident $($_:ident)*) => { &raw mut $m.sets[1] };
    (@ except $m:ident $($_:ident)*) => { &raw mut $m.sets[2] };
    (@ structure $m:ident $($_:ident)*) => { &raw mut $m.overlapped };
    (@ overlapped $m:ident $overlapped:ident $($_:ident)*) => {
        if $overlapped { &raw mut $m.overlapped } else { null_mut() }
    };
    (@ routine $m:ident $overlapped:ident $routed:ident $($_:ident)*) => {
        $routed.then_some(routine as unsafe extern "system" fn(u32, u32, *mut WSAOVERLAPPED, u32))
    };
    (@ thread $m:ident $overlapped:ident $routed:ident $thread:ident $($_:ident)*) => { &raw const $thread };
    (@ buffer $m:ident $overlapped:ident $routed:ident $thread:ident $buffer:ident $($_:ident)*) => { &raw mut $buffer };
    (@ time $m:ident $overlapped:ident $routed:ident $thread:ident $buffer:ident $time:ident $($_:ident)*) => { &raw const $time };
}

calls! {
    WSPAccept lpWSPAccept(socket, address, address_length, none, number, errno) fails with INVALID_SOCKET;
    WSPAddressToString lpWSPAddressToString(address, length, info, text, text_length, errno) fails with -1;
    WSPAsyncSelect lpWSPAsyncSelect(socket, nobody, number, number, errno) fails with -1;
    WSPBind lpWSPBind(socket, address, length, errno) fails with -1;
    WSPCancelBlockingCall lpWSPCancelBlockingCall(errno) fails with -1;
    WSPCleanup lpWSPCleanup(errno) fails with -1;
    WSPCloseSocket lpWSPCloseSocket(socket, errno) fails with -1;
    WSPConnect lpWSPConnect(socket, address, length, buffer, buffer, qos, qos, errno) fails with -1;
    WSPDuplicateSocket lpWSPDuplicateSocket(socket, number, info, errno) fails with -1;
    WSPEnumNetworkEvents lpWSPEnumNetworkEvents(socket, nobody, events, errno) fails with -1;
    WSPEventSelect lpWSPEventSelect(socket, nobody, number, errno) fails with -1;
    WSPGetOverlappedResult lpWSPGetOverlappedResult(socket, structure, count, one, flags, errno) fails with FALSE;
    WSPGetPeerName lpWSPGetPeerName(socket, address, address_length, errno) fails with -1;
    WSPGetSockName lpWSPGetSockName(socket, address, address_length, errno) fails with -1;
    WSPGetSockOpt lpWSPGetSockOpt(socket, number, number, data, data_length, errno) fails with -1;
    WSPGetQOSByName lpWSPGetQOSByName(socket, buffer, qos, errno) fails with FALSE;
    WSPIoctl lpWSPIoctl(
        socket, number, void, length, void, length, count, overlapped, routine, thread, errno
    ) fails with -1;
    WSPJoinLeaf lpWSPJoinLeaf(
        socket, address, length, buffer, buffer, qos, qos, number, errno
    ) fails with INVALID_SOCKET;
    WSPListen lpWSPListen(socket, number, errno) fails with -1;
    WSPRecv lpWSPRecv(socket, buffer, one, count, flags, overlapped, routine, thread, errno) fails with -1;
    WSPRecvDisconnect lpWSPRecvDisconnect(socket, buffer, errno) fails with -1;
    WSPRecvFrom lpWSPRecvFrom(
        socket, buffer, one, count, flags, address, address_length, overlapped, routine, thread, errno
    ) fails with -1;
    WSPSelect lpWSPSelect(number, read, write, except, time, errno) fails with -1;
    WSPSend lpWSPSend(socket, buffer, one, count, sending, overlapped, routine, thread, errno) fails with -1;
    WSPSendDisconnect lpWSPSendDisconnect(socket, buffer, errno) fails with -1;
    WSPSendTo lpWSPSendTo(
        socket, buffer, one, count, sending, address, length, overlapped, routine, thread, errno
    ) fails with -1;
    WSPSetSockOpt lpWSPSetSockOpt(socket, number, number, data, length, errno) fails with -1;
    WSPShutdown lpWSPShutdown(socket, number, errno) fails with -1;
    WSPSocket lpWSPSocket(number, number, number, info, number, number, errno) fails with INVALID_SOCKET;
    WSPStringToAddress lpWSPStringToAddress(text, number, info, address, address_length, errno) fails with -1;
}

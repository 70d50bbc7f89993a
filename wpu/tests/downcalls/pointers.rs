//! Pointers that a client passes: those that are null or misaligned are refused by every function of a provider that
//! was written with the bindings alone, before its code runs.

use std::ptr::{null, null_mut};
use wpu::ffi::*;
use wpu::raw::{CompletionVtable, Serve};
use wpu::{ServiceProvider, WsaError};

/// A provider that implements nothing: each function fails, with another error than `WSAEFAULT`.
struct Nothing;

impl ServiceProvider for Nothing {}

// SAFETY: it passes no request down, so it has no memory to keep.
unsafe impl Serve for Nothing {
    type Provider = Self;
    const COMPLETION: CompletionVtable = CompletionVtable {
        begin: |_| (),
        tell: |_, _| (),
        keep: |_, _| unreachable!("nothing is passed down"),
        release: |_, _| unreachable!("nothing is passed down"),
        end: || (),
    };
    const COMPLETES: bool = true;

    fn with<R>(body: impl FnOnce(&Self) -> Result<R, WsaError>) -> Result<R, WsaError> {
        body(&Self)
    }
}

const FUNCTIONS: WSPPROC_TABLE = WSPPROC_TABLE::serving::<Nothing>();

unsafe extern "system" fn routine(_: u32, _: u32, _: *mut WSAOVERLAPPED, _: u32) {}

/// The pointer that a call passes in one place.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Passed {
    Valid,
    Null,
    Misaligned,
}

impl Passed {
    fn out<T>(self, valid: *mut T) -> *mut T {
        match self {
            Self::Valid => valid,
            Self::Null => null_mut(),
            Self::Misaligned => valid.wrapping_byte_add(1),
        }
    }

    fn read<T>(self, valid: *const T) -> *const T {
        self.out(valid.cast_mut())
    }
}

/// What valid pointers point at.
struct Memory {
    address: [u64; 16],
    length: i32,
    size: u32,
    text: [u16; 64],
    count: u32,
    flags: u32,
    bytes: [u8; 8],
    buffer: WSABUF,
    overlapped: WSAOVERLAPPED,
    thread: WSATHREADID,
    info: WSAPROTOCOL_INFOW,
    events: WSANETWORKEVENTS,
    quality: QOS,
}

impl Memory {
    fn new() -> Box<Self> {
        let mut memory = Box::new(Self {
            address: [2; 16],
            length: 128,
            size: 64,
            text: [0; 64],
            count: 0,
            flags: 0,
            bytes: [0; 8],
            buffer: WSABUF { len: 8, buf: null_mut() },
            overlapped: WSAOVERLAPPED::ZERO,
            thread: WSATHREADID { Reserved: 7, ..WSATHREADID::ZERO },
            info: WSAPROTOCOL_INFOW::ZERO,
            events: WSANETWORKEVENTS::ZERO,
            quality: QOS::ZERO,
        });
        memory.buffer.buf = memory.bytes.as_mut_ptr();
        memory
    }
}

/// A call of a function in which one pointer, that of the obligation, is chosen.
type Case = (&'static str, fn(Passed, &mut Memory, *mut i32));

macro_rules! call {
    ($slot:ident($($argument:expr),* $(,)?)) => {
        // SAFETY: each pointer is valid, null or misaligned, and nothing outlives the call.
        let _ = unsafe { (FUNCTIONS.$slot.expect("a full table"))($($argument),*) };
    };
}

/// The functions of which a pointer may be null only if it is the structure of a request.
const CASES: &[Case] = &[
    ("WSPAddressToString.lpsaAddress.not-null", |p, m, e| {
        let address = p.read(m.address.as_ptr().cast());
        call!(lpWSPAddressToString(address, 16, null(), m.text.as_mut_ptr(), &raw mut m.size, e));
    }),
    ("WSPAddressToString.lpszAddressString.not-null", |p, m, e| {
        let text = p.out(m.text.as_mut_ptr());
        call!(lpWSPAddressToString(m.address.as_ptr().cast(), 16, null(), text, &raw mut m.size, e));
    }),
    ("WSPAddressToString.lpdwAddressStringLength.not-null", |p, m, e| {
        let (address, text) = (m.address.as_ptr().cast(), m.text.as_mut_ptr());
        call!(lpWSPAddressToString(address, 16, null(), text, p.out(&raw mut m.size), e));
    }),
    ("WSPBind.name.not-null", |p, m, e| {
        call!(lpWSPBind(4, p.read(m.address.as_ptr().cast()), 16, e));
    }),
    ("WSPConnect.name.not-null", |p, m, e| {
        let name = p.read(m.address.as_ptr().cast());
        call!(lpWSPConnect(4, name, 16, null(), null_mut(), null(), null(), e));
    }),
    ("WSPDuplicateSocket.lpProtocolInfo.not-null", |p, m, e| {
        call!(lpWSPDuplicateSocket(4, 1, p.out(&raw mut m.info), e));
    }),
    ("WSPEnumNetworkEvents.lpNetworkEvents.not-null", |p, m, e| {
        call!(lpWSPEnumNetworkEvents(4, null_mut(), p.out(&raw mut m.events), e));
    }),
    ("WSPGetOverlappedResult.lpOverlapped.not-null", |p, m, e| {
        let overlapped = p.out(&raw mut m.overlapped);
        call!(lpWSPGetOverlappedResult(4, overlapped, &raw mut m.count, 0, &raw mut m.flags, e));
    }),
    ("WSPGetOverlappedResult.lpcbTransfer.not-null", |p, m, e| {
        let (overlapped, count) = (&raw mut m.overlapped, p.out(&raw mut m.count));
        call!(lpWSPGetOverlappedResult(4, overlapped, count, 0, &raw mut m.flags, e));
    }),
    ("WSPGetOverlappedResult.lpdwFlags.not-null", |p, m, e| {
        let (overlapped, flags) = (&raw mut m.overlapped, p.out(&raw mut m.flags));
        call!(lpWSPGetOverlappedResult(4, overlapped, &raw mut m.count, 0, flags, e));
    }),
    ("WSPGetPeerName.name.not-null", |p, m, e| {
        call!(lpWSPGetPeerName(4, p.out(m.address.as_mut_ptr().cast()), &raw mut m.length, e));
    }),
    ("WSPGetPeerName.namelen.not-null", |p, m, e| {
        call!(lpWSPGetPeerName(4, m.address.as_mut_ptr().cast(), p.out(&raw mut m.length), e));
    }),
    ("WSPGetSockName.name.not-null", |p, m, e| {
        call!(lpWSPGetSockName(4, p.out(m.address.as_mut_ptr().cast()), &raw mut m.length, e));
    }),
    ("WSPGetSockName.namelen.not-null", |p, m, e| {
        call!(lpWSPGetSockName(4, m.address.as_mut_ptr().cast(), p.out(&raw mut m.length), e));
    }),
    ("WSPGetSockOpt.optval.not-null", |p, m, e| {
        call!(lpWSPGetSockOpt(4, 0xFFFF, 4, p.out(m.bytes.as_mut_ptr()), &raw mut m.length, e));
    }),
    ("WSPGetSockOpt.optlen.not-null", |p, m, e| {
        call!(lpWSPGetSockOpt(4, 0xFFFF, 4, m.address.as_mut_ptr().cast(), p.out(&raw mut m.length), e));
    }),
    ("WSPGetQOSByName.lpQOS.not-null", |p, m, e| {
        call!(lpWSPGetQOSByName(4, &raw const m.buffer, p.out(&raw mut m.quality), e));
    }),
    ("WSPIoctl.lpOverlapped.aligned", |p, m, e| {
        let (count, overlapped) = (&raw mut m.count, p.out(&raw mut m.overlapped));
        let none = null_mut();
        call!(lpWSPIoctl(4, SIO_FLUSH, none, 0, none, 0, count, overlapped, None, null(), e));
    }),
    ("WSPIoctl.lpThreadId.not-null", |p, m, e| {
        let (none, count, thread) = (null_mut(), &raw mut m.count, p.read(&raw const m.thread));
        let overlapped = &raw mut m.overlapped;
        call!(lpWSPIoctl(4, SIO_FLUSH, none, 0, none, 0, count, overlapped, Some(routine), thread, e));
    }),
    ("WSPJoinLeaf.name.not-null", |p, m, e| {
        let name = p.read(m.address.as_ptr().cast());
        call!(lpWSPJoinLeaf(4, name, 16, null(), null_mut(), null(), null(), JL_BOTH, e));
    }),
    ("WSPRecv.lpBuffers.not-null", |p, m, e| {
        let (buffers, count, flags) = (p.out(&raw mut m.buffer), &raw mut m.count, &raw mut m.flags);
        call!(lpWSPRecv(4, buffers, 1, count, flags, null_mut(), None, null(), e));
    }),
    ("WSPRecv.lpFlags.not-null", |p, m, e| {
        let (buffers, count, flags) = (&raw mut m.buffer, &raw mut m.count, p.out(&raw mut m.flags));
        call!(lpWSPRecv(4, buffers, 1, count, flags, null_mut(), None, null(), e));
    }),
    ("WSPRecv.lpOverlapped.aligned", |p, m, e| {
        let (buffers, count, flags) = (&raw mut m.buffer, &raw mut m.count, &raw mut m.flags);
        call!(lpWSPRecv(4, buffers, 1, count, flags, p.out(&raw mut m.overlapped), None, null(), e));
    }),
    ("WSPRecv.lpThreadId.not-null", |p, m, e| {
        let (buffers, count, flags) = (&raw mut m.buffer, &raw mut m.count, &raw mut m.flags);
        let (overlapped, thread) = (&raw mut m.overlapped, p.read(&raw const m.thread));
        call!(lpWSPRecv(4, buffers, 1, count, flags, overlapped, Some(routine), thread, e));
    }),
    ("WSPRecvFrom.lpBuffers.not-null", |p, m, e| {
        let (buffers, count, flags) = (p.out(&raw mut m.buffer), &raw mut m.count, &raw mut m.flags);
        let (from, length) = (m.address.as_mut_ptr().cast(), &raw mut m.length);
        call!(lpWSPRecvFrom(4, buffers, 1, count, flags, from, length, null_mut(), None, null(), e));
    }),
    ("WSPRecvFrom.lpFlags.not-null", |p, m, e| {
        let (buffers, count, flags) = (&raw mut m.buffer, &raw mut m.count, p.out(&raw mut m.flags));
        let (from, length) = (m.address.as_mut_ptr().cast(), &raw mut m.length);
        call!(lpWSPRecvFrom(4, buffers, 1, count, flags, from, length, null_mut(), None, null(), e));
    }),
    ("WSPRecvFrom.lpOverlapped.aligned", |p, m, e| {
        let (buffers, count, flags) = (&raw mut m.buffer, &raw mut m.count, &raw mut m.flags);
        let (from, length) = (m.address.as_mut_ptr().cast(), &raw mut m.length);
        let overlapped = p.out(&raw mut m.overlapped);
        call!(lpWSPRecvFrom(4, buffers, 1, count, flags, from, length, overlapped, None, null(), e));
    }),
    ("WSPRecvFrom.lpThreadId.not-null", |p, m, e| {
        let (buffers, count, flags) = (&raw mut m.buffer, &raw mut m.count, &raw mut m.flags);
        let (overlapped, thread) = (&raw mut m.overlapped, p.read(&raw const m.thread));
        let (from, length) = (m.address.as_mut_ptr().cast(), &raw mut m.length);
        call!(lpWSPRecvFrom(4, buffers, 1, count, flags, from, length, overlapped, Some(routine), thread, e));
    }),
    ("WSPSendTo.lpBuffers.not-null", |p, m, e| {
        let (buffers, count) = (p.read(&raw const m.buffer), &raw mut m.count);
        let to = m.address.as_ptr().cast();
        call!(lpWSPSendTo(4, buffers.cast_mut(), 1, count, 0, to, 16, null_mut(), None, null(), e));
    }),
    ("WSPSendTo.lpOverlapped.aligned", |p, m, e| {
        let (buffers, count, to) = (&raw mut m.buffer, &raw mut m.count, m.address.as_ptr().cast());
        call!(lpWSPSendTo(4, buffers, 1, count, 0, to, 16, p.out(&raw mut m.overlapped), None, null(), e));
    }),
    ("WSPSendTo.lpThreadId.not-null", |p, m, e| {
        let (buffers, count, to) = (&raw mut m.buffer, &raw mut m.count, m.address.as_ptr().cast());
        let (overlapped, thread) = (&raw mut m.overlapped, p.read(&raw const m.thread));
        call!(lpWSPSendTo(4, buffers, 1, count, 0, to, 16, overlapped, Some(routine), thread, e));
    }),
    ("WSPSetSockOpt.optval.not-null", |p, m, e| {
        call!(lpWSPSetSockOpt(4, 0xFFFF, 4, p.read(m.bytes.as_ptr()), 4, e));
    }),
    ("WSPStringToAddress.AddressString.not-null", |p, m, e| {
        let (address, length) = (m.address.as_mut_ptr().cast(), &raw mut m.length);
        call!(lpWSPStringToAddress(p.read(m.text.as_ptr()).cast_mut(), 2, null_mut(), address, length, e));
    }),
    ("WSPStringToAddress.lpAddress.not-null", |p, m, e| {
        let (address, length) = (p.out(m.address.as_mut_ptr().cast()), &raw mut m.length);
        call!(lpWSPStringToAddress(m.text.as_mut_ptr(), 2, null_mut(), address, length, e));
    }),
    ("WSPStringToAddress.lpAddressLength.not-null", |p, m, e| {
        let (address, length) = (m.address.as_mut_ptr().cast(), p.out(&raw mut m.length));
        call!(lpWSPStringToAddress(m.text.as_mut_ptr(), 2, null_mut(), address, length, e));
    }),
];

/// Those whose bytes need no alignment: the obligation of these is that they are not null.
const BYTES: &[&str] = &[
    "WSPAddressToString.lpsaAddress.not-null",
    "WSPBind.name.not-null",
    "WSPConnect.name.not-null",
    "WSPGetPeerName.name.not-null",
    "WSPGetSockName.name.not-null",
    "WSPGetSockOpt.optval.not-null",
    "WSPJoinLeaf.name.not-null",
    "WSPSetSockOpt.optval.not-null",
    "WSPStringToAddress.lpAddress.not-null",
];

#[test]
fn a_bad_pointer_of_a_client_is_refused() {
    let _shows = wpu_evidence::checked([
        "WSPAddressToString.lpdwAddressStringLength.not-null",
        "WSPAddressToString.lpsaAddress.not-null",
        "WSPAddressToString.lpszAddressString.not-null",
        "WSPBind.name.not-null",
        "WSPConnect.name.not-null",
        "WSPDuplicateSocket.lpProtocolInfo.not-null",
        "WSPEnumNetworkEvents.lpNetworkEvents.not-null",
        "WSPGetOverlappedResult.lpOverlapped.not-null",
        "WSPGetOverlappedResult.lpcbTransfer.not-null",
        "WSPGetOverlappedResult.lpdwFlags.not-null",
        "WSPGetPeerName.name.not-null",
        "WSPGetPeerName.namelen.not-null",
        "WSPGetQOSByName.lpQOS.not-null",
        "WSPGetSockName.name.not-null",
        "WSPGetSockName.namelen.not-null",
        "WSPGetSockOpt.optlen.not-null",
        "WSPGetSockOpt.optval.not-null",
        "WSPIoctl.lpOverlapped.aligned",
        "WSPIoctl.lpThreadId.not-null",
        "WSPJoinLeaf.name.not-null",
        "WSPRecv.lpBuffers.not-null",
        "WSPRecv.lpFlags.not-null",
        "WSPRecv.lpOverlapped.aligned",
        "WSPRecv.lpThreadId.not-null",
        "WSPRecvFrom.lpBuffers.not-null",
        "WSPRecvFrom.lpFlags.not-null",
        "WSPRecvFrom.lpOverlapped.aligned",
        "WSPRecvFrom.lpThreadId.not-null",
        "WSPSendTo.lpBuffers.not-null",
        "WSPSendTo.lpOverlapped.aligned",
        "WSPSendTo.lpThreadId.not-null",
        "WSPSetSockOpt.optval.not-null",
        "WSPStringToAddress.AddressString.not-null",
        "WSPStringToAddress.lpAddress.not-null",
        "WSPStringToAddress.lpAddressLength.not-null",
    ]);
    for (id, call) in CASES {
        let error = |passed| {
            let mut errno = -1;
            call(passed, &mut Memory::new(), &raw mut errno);
            assert_ne!(errno, -1, "{id}: the provider implements nothing");
            WsaError::new(errno) == WsaError::WSAEFAULT
        };
        assert!(!error(Passed::Valid), "{id}");
        assert_eq!(error(Passed::Null), !id.ends_with(".aligned"), "{id}");
        assert_eq!(error(Passed::Misaligned), !BYTES.contains(id), "{id}");
    }
}

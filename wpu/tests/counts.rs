//! A provider that reports more bytes than were requested: its client gets an error instead.

#[path = "common/host.rs"]
#[allow(dead_code, reason = "the tests use the part that they need")]
mod host;

use host::{Scripted, seen};
use std::ptr::null_mut;
use std::sync::{Mutex, MutexGuard, PoisonError};
use wpu::ffi::{SOCKET_ERROR, WSABUF, WSAOVERLAPPED, WSAPROTOCOL_INFOW, WSPDATA, WSPPROC_TABLE};
use wpu::ffi::{WSPUPCALLTABLEEX, sockaddr};
use wpu::prelude::*;

static TABLE: WSPUPCALLTABLEEX = WSPUPCALLTABLEEX::of::<Scripted>();
const BROKEN: i32 = WsaError::WSASYSCALLFAILURE.code();
const PENDING: i32 = WsaError::WSA_IO_PENDING.code();

/// The lengths of the client's two buffers. `WSPIoctl` has one buffer of their total length.
const ASKED: [u32; 2] = [3, 4];

/// The count to report, and whether the request completes later.
static REPORT: Mutex<(u32, bool)> = Mutex::new((0, false));
static PENDED: Mutex<Option<PendingRequest>> = Mutex::new(None);

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn report(request: Request<'_>) -> Progress<u32> {
    let (count, later) = *locked(&REPORT);
    if !later {
        return Progress::Done(count);
    }
    match request.pend::<Boaster>() {
        Err(_) => Progress::Done(count),
        Ok((pending, pended)) => {
            *locked(&PENDED) = Some(pended);
            Progress::Pending(pending)
        }
    }
}

#[wpu_provider(
    class = non_ifs,
    kit = requests,
    waives(
        WPUCloseSocketHandle, WPUCreateSocketHandle, WPUQuerySocketHandleContext, WPUPostMessage,
        WPUQueryBlockingCallback, WPUGetProviderPath = "its sockets are numbers without meaning",
    ),
)]
struct Boaster {}

impl Lifecycle for Boaster {
    fn start(_: &Start<'_>) -> Result<Self, WsaError> {
        Ok(Self {})
    }
}

wpu::export!(Boaster; san; any());

impl ServiceProvider for Boaster {
    fn get_sock_opt(&self, _: SOCKET, _: i32, _: i32, value: OutBuf<'_>) -> Result<(), WsaError> {
        value.set_used(locked(&REPORT).0 as usize);
        Ok(())
    }

    fn ioctl(&self, _: SOCKET, _: u32, request: Request<'_>) -> Result<Progress<u32>, WsaError> {
        Ok(report(request))
    }

    fn recv(&self, _: SOCKET, flags: u32, request: Request<'_>) -> Result<Progress<Received>, WsaError> {
        Ok(report(request).map(|bytes| Received { bytes, flags }))
    }

    fn recv_from(&self, _: SOCKET, flags: u32, request: Request<'_>) -> Result<Progress<Received>, WsaError> {
        Ok(report(request).map(|bytes| Received { bytes, flags }))
    }

    fn send(&self, _: SOCKET, _: u32, request: Request<'_>) -> Result<Progress<u32>, WsaError> {
        Ok(report(request))
    }

    fn send_to(&self, _: SOCKET, _: u32, request: Request<'_>) -> Result<Progress<u32>, WsaError> {
        Ok(report(request))
    }
}

fn start() -> WSPPROC_TABLE {
    let entry = WSAPROTOCOL_INFOW { dwCatalogEntryId: 1001, ..WSAPROTOCOL_INFOW::ZERO };
    let (mut data, mut functions) = (WSPDATA::ZERO, WSPPROC_TABLE::ZERO);
    let (to_data, to_functions) = (&raw mut data, &raw mut functions);
    // SAFETY: all pointers point to locals, and the table is callable for the lifetime of the process.
    let code = unsafe { WSPStartupEx(0x0202, to_data, &raw const entry, &raw const TABLE, to_functions) };
    assert_eq!(code, 0);
    functions
}

/// The result of a call: its count, or its error.
type Said = Result<u32, i32>;

/// Calls one of the five functions that report a count.
fn call(functions: &WSPPROC_TABLE, which: usize, overlapped: *mut WSAOVERLAPPED) -> Said {
    let mut bytes = [0_u8; 7];
    let at = bytes.as_mut_ptr();
    let mut buffers = [WSABUF { len: ASKED[0], buf: at }, WSABUF { len: ASKED[1], buf: at.wrapping_add(3) }];
    let buffers = buffers.as_mut_ptr();
    let (mut count, mut flags, mut errno) = (77, 0, 0);
    let (to_count, to_flags, to_errno) = (&raw mut count, &raw mut flags, &raw mut errno);
    let nowhere = null_mut::<sockaddr>();
    let there = "a full table";
    let answer = match which {
        0 => {
            let recv = functions.lpWSPRecv.expect(there);
            // SAFETY: all pointers point to locals, which a request outlives only unread.
            unsafe { recv(5, buffers, 2, to_count, to_flags, overlapped, None, null_mut(), to_errno) }
        }
        1 => {
            let recv = functions.lpWSPRecvFrom.expect(there);
            let (from, len, thread) = (nowhere, null_mut(), null_mut());
            // SAFETY: as above.
            unsafe { recv(5, buffers, 2, to_count, to_flags, from, len, overlapped, None, thread, to_errno) }
        }
        2 => {
            let send = functions.lpWSPSend.expect(there);
            // SAFETY: as above.
            unsafe { send(5, buffers, 2, to_count, 0, overlapped, None, null_mut(), to_errno) }
        }
        3 => {
            let send = functions.lpWSPSendTo.expect(there);
            let (to, thread) = (nowhere, null_mut());
            // SAFETY: as above.
            unsafe { send(5, buffers, 2, to_count, 0, to, 0, overlapped, None, thread, to_errno) }
        }
        _ => {
            let ioctl = functions.lpWSPIoctl.expect(there);
            let (input, room, thread) = (null_mut(), at.cast(), null_mut());
            // SAFETY: as above.
            unsafe { ioctl(5, 9, input, 0, room, 7, to_count, overlapped, None, thread, to_errno) }
        }
    };
    if answer == SOCKET_ERROR { Err(errno) } else { Ok(count) }
}

#[test]
fn d_26_an_excessive_count_is_an_error() {
    let _shows = wpu_evidence::tested([
        "overlapped.neither-event-nor-routine",
        "WPUCompleteOverlappedRequest.end-and-count-passed",
        "WSPIoctl.WSA_IO_PENDING",
        "WSPRecv.WSA_IO_PENDING",
        "WSPRecvFrom.WSA_IO_PENDING",
        "WSPSend.WSA_IO_PENDING",
        "WSPSendTo.WSA_IO_PENDING",
    ]);
    let functions = start();
    let asked: u32 = ASKED.iter().sum();
    for which in 0..5 {
        for (count, good) in [(0, true), (asked, true), (asked + 1, false), (u32::MAX, false)] {
            let said = if good { Ok(count) } else { Err(BROKEN) };
            *locked(&REPORT) = (count, false);
            assert_eq!(call(&functions, which, null_mut()), said, "{which}, {count}");
            assert_eq!(seen(), []);
            // Immediate, with a request: only a success is reported to the client.
            let mut overlapped = WSAOVERLAPPED::ZERO;
            assert_eq!(call(&functions, which, &raw mut overlapped), said, "{which}, {count}");
            assert_eq!(seen().len(), usize::from(good), "{which}, {count}");
            // Later completion.
            *locked(&REPORT) = (count, true);
            let mut overlapped = WSAOVERLAPPED::ZERO;
            assert_eq!(call(&functions, which, &raw mut overlapped), Err(PENDING), "{which}, {count}");
            locked(&PENDED).take().expect("it was taken on").complete(Ok(count.into()));
            let told = seen().pop().expect("the client is told");
            assert_eq!(told.upcall, "WPUCompleteOverlappedRequest");
            let end = if good { [0, count] } else { [BROKEN.cast_unsigned(), 0] };
            assert_eq!(told.arguments[2..], end.map(|word| word as usize), "{which}, {count}");
        }
    }
    for (count, length) in [(0, 0), (7, 7), (8, 7), (u32::MAX, 7)] {
        *locked(&REPORT) = (count, false);
        let (mut bytes, mut len, mut errno) = ([0; 7], 7, 0);
        let option = functions.lpWSPGetSockOpt.expect("a full table");
        // SAFETY: all pointers point to locals.
        let answer = unsafe { option(5, 1, 2, bytes.as_mut_ptr(), &raw mut len, &raw mut errno) };
        assert_eq!((answer, len), (0, length), "{count}");
    }
    let mut errno = 0;
    // SAFETY: the pointer points to a local.
    assert_eq!(unsafe { functions.lpWSPCleanup.expect("a full table")(&raw mut errno) }, 0);
}

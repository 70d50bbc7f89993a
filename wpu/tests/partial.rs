//! Values beside errors, as a client finds them in its memory: written beside the errors for which the documentation
//! defines them, and beside no other.

#[path = "common/host.rs"]
#[allow(dead_code, reason = "the tests use the part that they need")]
mod host;

use host::{Scripted, seen};
use std::ptr::{null_mut, without_provenance_mut};
use std::sync::{Mutex, MutexGuard, PoisonError};
use wpu::ffi::{
    BOOL, FALSE, SOCKET_ERROR, WSABUF, WSAOVERLAPPED, WSAPROTOCOL_INFOW, WSPDATA, WSPPROC_TABLE,
    WSPUPCALLTABLEEX,
};
use wpu::prelude::*;

static TABLE: WSPUPCALLTABLEEX = WSPUPCALLTABLEEX::of::<Scripted>();
const BROKEN: WsaError = WsaError::WSASYSCALLFAILURE;
const PENDING: WsaError = WsaError::WSA_IO_PENDING;

/// The values of the client before a call.
const UNTOUCHED: [u32; 2] = [77, 0x8000];

/// The bytes, the flags and the error of the provider, and whether the request completes later.
static REPORT: Mutex<(u32, u32, WsaError, bool)> = Mutex::new((0, 0, BROKEN, false));
static PENDED: Mutex<Option<PendingRequest>> = Mutex::new(None);

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn report(request: Request<'_>) -> Progress<Received> {
    let (bytes, flags, error, later) = *locked(&REPORT);
    let partial = Progress::Partial(Received { bytes, flags }, error);
    if !later {
        return partial;
    }
    let (pending, pended) = request.pend::<Stingy>().expect("it is overlapped");
    *locked(&PENDED) = Some(pended);
    Progress::Pending(pending)
}

#[wpu_provider(
    class = non_ifs,
    kit = requests,
    waives(
        WPUCloseSocketHandle, WPUCreateSocketHandle, WPUQuerySocketHandleContext, WPUPostMessage,
        WPUQueryBlockingCallback, WPUGetProviderPath = "its sockets are numbers without meaning",
    ),
)]
struct Stingy {}

impl Lifecycle for Stingy {
    fn start(_: &Start<'_>) -> Result<Self, WsaError> {
        Ok(Self {})
    }
}

wpu::export!(Stingy; san; any());

impl ServiceProvider for Stingy {
    fn address_to_string(
        &self,
        _: Bytes<'_>,
        _: Option<ClientRef<'_, WSAPROTOCOL_INFOW>>,
        text: OutBuf<'_, u16>,
    ) -> Result<(), WsaError> {
        Ok(text.fill(&[0x31, 0x32, 0x33, 0])?)
    }

    fn get_overlapped_result(
        &self,
        _: SOCKET,
        overlapped: ClientMut<'_, WSAOVERLAPPED>,
        _: bool,
    ) -> Result<Outcome<Transferred>, WsaError> {
        wpu::overlapped_result(overlapped).ok_or(WsaError::WSA_IO_INCOMPLETE)
    }

    fn get_sock_name(&self, _: SOCKET, address: OutBuf<'_>) -> Result<(), WsaError> {
        Ok(address.fill(b"four")?)
    }

    fn ioctl(&self, _: SOCKET, _: u32, request: Request<'_>) -> Result<Progress<u32>, WsaError> {
        Ok(report(request).map(|received| received.bytes))
    }

    fn recv(&self, _: SOCKET, _: u32, request: Request<'_>) -> Result<Progress<Received>, WsaError> {
        Ok(report(request))
    }

    fn recv_from(&self, _: SOCKET, _: u32, request: Request<'_>) -> Result<Progress<Received>, WsaError> {
        Ok(report(request))
    }

    fn send(&self, _: SOCKET, _: u32, request: Request<'_>) -> Result<Progress<u32>, WsaError> {
        Ok(report(request).map(|received| received.bytes))
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    Recv,
    RecvFrom,
    Send,
    Ioctl,
}

/// Makes a call with two buffers of seven bytes in all, or one for the output of a control code. Returns the bytes
/// and flags that the client finds, and the error.
fn call(functions: &WSPPROC_TABLE, which: Call, overlapped: *mut WSAOVERLAPPED) -> ([u32; 2], WsaError) {
    let mut bytes = [0_u8; 7];
    let at = bytes.as_mut_ptr();
    let mut buffers = [WSABUF { len: 3, buf: at }, WSABUF { len: 4, buf: at.wrapping_add(3) }];
    let buffers = buffers.as_mut_ptr();
    let ([mut count, mut flags], mut errno) = (UNTOUCHED, 0);
    let (to_count, to_flags, to_errno) = (&raw mut count, &raw mut flags, &raw mut errno);
    let (there, thread) = ("a full table", null_mut());
    let answer = match which {
        Call::Recv => {
            let recv = functions.lpWSPRecv.expect(there);
            // SAFETY: all pointers point to locals, which a request outlives only unread.
            unsafe { recv(5, buffers, 2, to_count, to_flags, overlapped, None, thread, to_errno) }
        }
        Call::RecvFrom => {
            let recv = functions.lpWSPRecvFrom.expect(there);
            let (from, len) = (null_mut(), null_mut());
            // SAFETY: as above.
            unsafe { recv(5, buffers, 2, to_count, to_flags, from, len, overlapped, None, thread, to_errno) }
        }
        Call::Send => {
            let send = functions.lpWSPSend.expect(there);
            // SAFETY: as above.
            unsafe { send(5, buffers, 2, to_count, 0, overlapped, None, thread, to_errno) }
        }
        Call::Ioctl => {
            let ioctl = functions.lpWSPIoctl.expect(there);
            // SAFETY: as above.
            unsafe { ioctl(5, 9, null_mut(), 0, at.cast(), 7, to_count, overlapped, None, thread, to_errno) }
        }
    };
    assert_eq!(answer, SOCKET_ERROR);
    ([count, flags], WsaError::new(errno))
}

/// What `WSPGetOverlappedResult` leaves for a client.
fn result(functions: &WSPPROC_TABLE, overlapped: &mut WSAOVERLAPPED) -> (BOOL, [u32; 2], WsaError) {
    let ([mut count, mut flags], mut errno) = (UNTOUCHED, 0);
    let result = functions.lpWSPGetOverlappedResult.expect("a full table");
    let (to_count, to_flags) = (&raw mut count, &raw mut flags);
    // SAFETY: all pointers point to locals or to the client's structure.
    let answer = unsafe { result(5, overlapped, to_count, FALSE, to_flags, &raw mut errno) };
    (answer, [count, flags], WsaError::new(errno))
}

/// The calls, what the provider says, and what the client gets: the values, or nothing of them.
fn cases() -> Vec<(Call, u32, WsaError, Option<u32>, WsaError)> {
    let (long, small, down) = (WsaError::WSAEMSGSIZE, WsaError::WSAEFAULT, WsaError::WSAENETDOWN);
    let mut cases = Vec::new();
    for which in [Call::Recv, Call::RecvFrom] {
        cases.extend([
            (which, 7, long, Some(7), long),
            (which, 0, long, Some(0), long),
            // No more bytes came than there is room for.
            (which, 8, long, None, BROKEN),
            (which, 7, down, None, down),
            (which, 7, small, None, small),
        ]);
    }
    cases.extend([
        (Call::Send, 7, long, None, long),
        (Call::Send, 7, down, None, down),
        // So many bytes are needed.
        (Call::Ioctl, 100, small, Some(100), small),
        (Call::Ioctl, 7, down, None, down),
        (Call::Ioctl, 7, long, None, long),
    ]);
    cases
}

#[test]
fn values_are_written_beside_the_errors_that_define_them() {
    let functions = start();
    for (which, bytes, error, written, code) in cases() {
        let has_flags = matches!(which, Call::Recv | Call::RecvFrom);
        let flags = if has_flags { 0x9000 } else { 0 };
        let values = match written {
            Some(written) if has_flags => [written, flags],
            Some(written) => [written, UNTOUCHED[1]],
            None => UNTOUCHED,
        };
        *locked(&REPORT) = (bytes, flags, error, false);
        assert_eq!(call(&functions, which, null_mut()), (values, code), "{which:?}, {bytes}");
        // Immediate, with a request: no completion follows an error.
        let mut overlapped = WSAOVERLAPPED::ZERO;
        assert_eq!(call(&functions, which, &raw mut overlapped), (values, code), "{which:?}, {bytes}");
        assert_eq!(seen(), []);
        // Later, reported to a port, and found in the structure.
        *locked(&REPORT) = (bytes, flags, error, true);
        let mut overlapped = WSAOVERLAPPED { hEvent: without_provenance_mut(4), ..WSAOVERLAPPED::ZERO };
        assert_eq!(call(&functions, which, &raw mut overlapped), (UNTOUCHED, PENDING), "{which:?}, {bytes}");
        let outcome = Outcome::Partial(Transfer { bytes, flags }, error);
        locked(&PENDED).take().expect("it was taken on").complete(Ok(outcome));
        let told = seen().pop().expect("the client is told");
        assert_eq!(told.upcall, "WPUCompleteOverlappedRequest");
        let end = [code.code().cast_unsigned(), written.unwrap_or(0)].map(|word| word as usize);
        assert_eq!(told.arguments[2..], end, "{which:?}, {bytes}");
        // The host of this test stores nothing.
        (overlapped.Internal, overlapped.InternalHigh) = (1, end[1]);
        // This function does not know which operation failed: one without values has none to give.
        let values = match code {
            WsaError::WSAEMSGSIZE => written.map_or([0; 2], |written| [written, flags]),
            _ => UNTOUCHED,
        };
        assert_eq!(result(&functions, &mut overlapped), (FALSE, values, code), "{which:?}, {bytes}");
    }
    lengths(&functions);
    let mut errno = 0;
    // SAFETY: the pointer points to a local.
    assert_eq!(unsafe { functions.lpWSPCleanup.expect("a full table")(&raw mut errno) }, 0);
}

/// The needed length stands where the documentation defines it.
fn lengths(functions: &WSPPROC_TABLE) {
    let convert = functions.lpWSPAddressToString.expect("a full table");
    for (room, left, code) in [(3, 4, WsaError::WSAEFAULT.code()), (5, 4, 0)] {
        let (mut text, mut length, mut errno) = ([0; 8], room, 0);
        let (to_length, to_errno) = (&raw mut length, &raw mut errno);
        // SAFETY: all pointers point to locals, or are null.
        unsafe { convert(null_mut(), 0, null_mut(), text.as_mut_ptr(), to_length, to_errno) };
        assert_eq!((length, errno), (left, code));
        assert_eq!(text[0] == 0, code != 0, "no text is written that does not fit");
    }
    let name = functions.lpWSPGetSockName.expect("a full table");
    for (room, left, code) in [(3, 3, WsaError::WSAEFAULT.code()), (5, 4, 0)] {
        let (mut bytes, mut length, mut errno) = ([0_u8; 8], room, 0);
        // SAFETY: all pointers point to locals.
        unsafe { name(5, bytes.as_mut_ptr().cast(), &raw mut length, &raw mut errno) };
        assert_eq!((length, errno), (left, code));
    }
}

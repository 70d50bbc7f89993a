//! Values beside errors, as a client finds them in its memory: written beside the errors for which the documentation
//! defines them, and beside no other.

use crate::common::host::seen;
use crate::common::report::{Call, Report, UNTOUCHED, clean_up, start};
use std::ptr::{null_mut, without_provenance_mut};
use wpu::ffi::{BOOL, FALSE, WSAOVERLAPPED, WSAPROTOCOL_INFOW, WSPPROC_TABLE};
use wpu::prelude::*;

const BROKEN: WsaError = WsaError::WSASYSCALLFAILURE;

/// The bytes, the flags and the error.
static REPORT: Report<(u32, u32, WsaError)> = Report::new((0, 0, BROKEN));

fn report(request: Request<'_>) -> Progress<Received> {
    let (bytes, flags, error) = REPORT.get();
    REPORT.progress::<Stingy, _>(request, Progress::Partial(Received { bytes, flags }, error))
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
    let functions = start(WSPStartupEx);
    for (which, bytes, error, written, code) in cases() {
        let has_flags = matches!(which, Call::Recv | Call::RecvFrom);
        let flags = if has_flags { 0x9000 } else { 0 };
        let values = match written {
            Some(written) if has_flags => [written, flags],
            Some(written) => [written, UNTOUCHED[1]],
            None => UNTOUCHED,
        };
        REPORT.set((bytes, flags, error), false);
        assert_eq!(which.make(&functions, null_mut()), (values, Err(code)), "{which:?}, {bytes}");
        // Immediate, with a request: no completion follows an error.
        let mut overlapped = WSAOVERLAPPED::ZERO;
        assert_eq!(which.make(&functions, &raw mut overlapped), (values, Err(code)), "{which:?}, {bytes}");
        assert_eq!(seen(), []);
        // Later, reported to a port, and found in the structure.
        REPORT.set((bytes, flags, error), true);
        let mut overlapped = WSAOVERLAPPED { hEvent: without_provenance_mut(4), ..WSAOVERLAPPED::ZERO };
        let pending = Err(WsaError::WSA_IO_PENDING);
        assert_eq!(which.make(&functions, &raw mut overlapped), (UNTOUCHED, pending), "{which:?}, {bytes}");
        let outcome = Outcome::Partial(Transfer { bytes, flags }, error);
        REPORT.pended().complete(Ok(outcome));
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
    clean_up(&functions);
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

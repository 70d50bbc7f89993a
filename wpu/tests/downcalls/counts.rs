//! A provider that reports more bytes than were requested: its client gets an error instead.

use crate::common::host::seen;
use crate::common::report::{ASKED, Call, Report, clean_up, start};
use std::ptr::null_mut;
use wpu::ffi::{WSAOVERLAPPED, WSPPROC_TABLE};
use wpu::prelude::*;

const BROKEN: WsaError = WsaError::WSASYSCALLFAILURE;

/// The count.
static REPORT: Report<u32> = Report::new(0);

fn report(request: Request<'_>) -> Progress<u32> {
    REPORT.progress::<Boaster, _>(request, Progress::Done(REPORT.get()))
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
        value.set_used(REPORT.get() as usize);
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

/// Makes a call. Returns the count, or the error.
fn call(functions: &WSPPROC_TABLE, which: Call, overlapped: *mut WSAOVERLAPPED) -> Result<u32, WsaError> {
    let ([count, _], done) = which.make(functions, overlapped);
    done.map(|()| count)
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
    let functions = start(WSPStartupEx);
    let asked: u32 = ASKED.iter().sum();
    for which in [Call::Recv, Call::RecvFrom, Call::Send, Call::SendTo, Call::Ioctl] {
        for (count, good) in [(0, true), (asked, true), (asked + 1, false), (u32::MAX, false)] {
            let said = if good { Ok(count) } else { Err(BROKEN) };
            REPORT.set(count, false);
            assert_eq!(call(&functions, which, null_mut()), said, "{which:?}, {count}");
            assert_eq!(seen(), []);
            // Immediate, with a request: only a success is reported to the client.
            let mut overlapped = WSAOVERLAPPED::ZERO;
            assert_eq!(call(&functions, which, &raw mut overlapped), said, "{which:?}, {count}");
            assert_eq!(seen().len(), usize::from(good), "{which:?}, {count}");
            // Later completion.
            REPORT.set(count, true);
            let mut overlapped = WSAOVERLAPPED::ZERO;
            assert_eq!(
                call(&functions, which, &raw mut overlapped),
                Err(WsaError::WSA_IO_PENDING),
                "{which:?}, {count}"
            );
            REPORT.pended().complete(Ok(count.into()));
            let told = seen().pop().expect("the client is told");
            assert_eq!(told.upcall, "WPUCompleteOverlappedRequest");
            let end = if good { [0, count] } else { [BROKEN.code().cast_unsigned(), 0] };
            assert_eq!(told.arguments[2..], end.map(|word| word as usize), "{which:?}, {count}");
        }
    }
    for (count, length) in [(0, 0), (7, 7), (8, 7), (u32::MAX, 7)] {
        REPORT.set(count, false);
        let (mut bytes, mut len, mut errno) = ([0; 7], 7, 0);
        let option = functions.lpWSPGetSockOpt.expect("a full table");
        // SAFETY: all pointers point to locals.
        let answer = unsafe { option(5, 1, 2, bytes.as_mut_ptr(), &raw mut len, &raw mut errno) };
        assert_eq!((answer, len), (0, length), "{count}");
    }
    clean_up(&functions);
}

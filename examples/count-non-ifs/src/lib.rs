//! A layer that counts the bytes of its clients, with handles of its own, so that no transfer bypasses it.
//!
//! A client with a socket of the layer can query the counters with `WSPIoctl` and [`COUNTS`]: bytes sent and
//! bytes received, eight bytes each, in the byte order of the machine.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicU64, Ordering};
use wpu::layer::{LayerProvider, Layered, Moved};
use wpu::prelude::*;

/// The control code that queries the counters: an `_IOR` code of a vendor.
pub const COUNTS: u32 = 0x5800_0C01;

/// Its sockets have handles of their own, so that every request passes through it.
#[wpu_provider(class = non_ifs, kit = layer, waives(WPUQueryBlockingCallback = "only the base blocks"))]
#[derive(Debug, Default)]
pub struct CountNonIfs {
    sent: AtomicU64,
    received: AtomicU64,
}

impl Lifecycle for CountNonIfs {
    const DESCRIPTION: &'static str = "Counts bytes, with handles of its own";

    fn start(_: &Start<'_>) -> Result<Self, WsaError> {
        Ok(Self::default())
    }
}

impl LayerProvider for CountNonIfs {
    const ID: GUID = GUID { Data1: 0x6F1C_9A3F, Data2: 0x1D3B, Data3: 0x4C58, Data4: *b"\x9a\x77counts" };

    fn moved(&self, _: SOCKET, moved: Moved, count: u32) {
        match moved {
            Moved::Sent => self.sent.fetch_add(count.into(), Ordering::Relaxed),
            Moved::Received => self.received.fetch_add(count.into(), Ordering::Relaxed),
            _ => 0,
        };
    }
}

impl Layer for CountNonIfs {
    fn ioctl(
        &self,
        next: &impl ServiceProvider,
        socket: SOCKET,
        code: u32,
        request: Request<'_>,
    ) -> Result<Progress<u32>, WsaError> {
        if code != COUNTS {
            return next.ioctl(socket, code, request);
        }
        let counts = [&self.sent, &self.received].map(|count| count.load(Ordering::Relaxed).to_ne_bytes());
        request.room().ok_or(WsaError::WSAEFAULT)?.fill(counts.as_flattened())?;
        Ok(Progress::Done(16))
    }
}

wpu::export!(Layered<CountNonIfs>; feature = "export");

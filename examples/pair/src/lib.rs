//! Two layers in one library: one for sockets that are file handles, and one with handles of its own.
//!
//! The catalog entry for which `WSPStartup` is called decides which of them is started. They may be in the
//! same chain, the layer with handles of its own above the other. Both count transfers, and return their
//! number, eight bytes, for [`FILE_TRANSFERS`] and [`OWN_TRANSFERS`] through `WSPIoctl`.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicU64, Ordering};
use wpu::layer::{LayerProvider, Layered, Moved};
use wpu::prelude::*;

/// The control code of the layer whose sockets are file handles.
pub const FILE_TRANSFERS: u32 = 0x5800_0C02;
/// The control code of the layer with handles of its own.
pub const OWN_TRANSFERS: u32 = 0x5800_0C03;

/// Defines a layer that counts transfers. The two layers differ only in their class.
macro_rules! counter {
    ($(#[$doc:meta])* $name:ident: $class:ident, $number:literal, $code:ident, without $($waived:ident),+) => {
        $(#[$doc])*
        #[wpu_provider(class = $class, kit = layer, waives($($waived),+ = "left to the base"))]
        #[derive(Debug, Default)]
        pub struct $name {
            transfers: AtomicU64,
        }

        impl Lifecycle for $name {
            fn start(_: &Start<'_>) -> Result<Self, WsaError> {
                Ok(Self::default())
            }
        }

        impl LayerProvider for $name {
            const ID: GUID = GUID { Data1: $number, Data2: 0x51D3, Data3: 0x4A0E, Data4: *b"\x8ethepair" };

            fn moved(&self, _: SOCKET, moved: Moved, _: u32) {
                self.transfers.fetch_add(u64::from(moved != Moved::Controlled), Ordering::Relaxed);
            }
        }

        impl Layer for $name {
            fn ioctl(
                &self,
                next: &impl ServiceProvider,
                socket: SOCKET,
                code: u32,
                request: Request<'_>,
            ) -> Result<Progress<u32>, WsaError> {
                if code != $code {
                    return next.ioctl(socket, code, request);
                }
                let transfers = self.transfers.load(Ordering::Relaxed).to_ne_bytes();
                request.room().ok_or(WsaError::WSAEFAULT)?.fill(&transfers)?;
                Ok(Progress::Done(8))
            }
        }
    };
}

counter! {
    /// Its sockets are those of the provider below.
    PassesHandles: ifs, 0x2C0B_7A10, FILE_TRANSFERS, without WPUCloseSocketHandle, WPUQueryBlockingCallback
}

counter! {
    /// Its sockets have handles of their own.
    OwnsHandles: non_ifs, 0x2C0B_7A11, OWN_TRANSFERS, without WPUQueryBlockingCallback
}

wpu::export!(Layered<OwnsHandles>, Layered<PassesHandles>; feature = "export");

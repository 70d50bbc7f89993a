//! A provider makes requests pending, but has not declared the completing upcalls.
use wpu::prelude::*;
#[wpu_provider(class = non_ifs, waives(WPUCloseSocketHandle, WPUCreateSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback, WPUQuerySocketHandleContext = "not needed here"))]
pub struct Silent {}

impl ServiceProvider for Silent {
    fn send(&self, _socket: SOCKET, _flags: u32, request: Request<'_>) -> Result<Progress<u32>, WsaError> {
        let (pending, pended) = request.pend::<Self>().map_err(|_| WsaError::WSAEWOULDBLOCK)?;
        drop(pended);
        Ok(Progress::Pending(pending))
    }
}

fn main() {}

//! A provider with a method for each kind of upcall.

use wpu::prelude::*;

/// A provider.
#[wpu_provider(class = ifs,
    uses(WPUCreateEvent, WPUCloseEvent, WPUFDIsSet, WPUModifyIFSHandle, WPUPostMessage, WPUQueryBlockingCallback, WPUQueueApc),
    waives(WPUCloseSocketHandle, WPUGetProviderPath = "not needed here"))]
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
struct Strict;

#[expect(
    clippy::missing_trait_methods,
    clippy::implicit_return,
    reason = "that is how providers are written"
)]
impl Lifecycle for Strict {
    #[inline]
    fn start(_start: &Start<'_>) -> Result<Self, WsaError> {
        Ok(Self)
    }
}

#[expect(clippy::missing_trait_methods, reason = "a provider need not implement all")]
impl ServiceProvider for Strict {}

wpu::export!(Strict; any());

#[test]
#[allow(clippy::pedantic, clippy::restriction, reason = "the lints are for the provider")]
fn every_method_is_called() {
    let upcalls = Strict::upcalls();
    assert!(upcalls.create_event().is_err());
    assert!(upcalls.modify_ifs_handle(1, 2).is_err());
    assert!(upcalls.query_blocking_callback(1, |_| ()).is_err());
    assert_eq!(
        (format!("{:?}", Strict), format!("{:?}", upcalls)),
        ("Strict".to_owned(), "StrictUpcalls".to_owned())
    );
    _ = (StrictUpcalls::fd_is_set, StrictUpcalls::post_message, StrictUpcalls::queue_apc);
}

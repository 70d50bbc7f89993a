//! Who changes the catalogs.

use crate::catalog::{Catalog, Catalogs, Width};
use crate::plan::Place;
use wpu_sys::ffi::{GUID, WSAPROTOCOL_INFOW};
use wpu_sys::{WideString, WsaError};

/// Who changes the catalogs: [Ws2_32](crate::System), or a [copy in memory](crate::Memory).
pub trait Registrar {
    /// The catalogs that can be read.
    fn widths(&self) -> Vec<Width>;

    /// What a catalog holds, hidden entries too, in order.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    fn read(&mut self, width: Width) -> Result<Catalog, WsaError>;

    /// Why this program cannot add entries there, if it cannot.
    fn cannot_add(&self, place: Place) -> Option<&'static str>;

    /// Adds all entries of a provider, behind the others. They get numbers.
    ///
    /// # Errors
    ///
    /// Why they are not added. Some may be there nevertheless.
    fn add(
        &mut self,
        place: Place,
        provider: &GUID,
        path: &WideString,
        entries: &[WSAPROTOCOL_INFOW],
    ) -> Result<(), WsaError>;

    /// Removes all entries of a provider.
    ///
    /// # Errors
    ///
    /// Why they are not removed. Some may be gone nevertheless.
    fn remove(&mut self, width: Width, provider: &GUID) -> Result<(), WsaError>;

    /// Puts all entries in this order.
    ///
    /// # Errors
    ///
    /// Why they are not in order.
    fn reorder(&mut self, width: Width, ids: &[u32]) -> Result<(), WsaError>;

    /// Sets the categories of a layer; 0 is none.
    ///
    /// # Errors
    ///
    /// Why they are not set.
    fn categorise(&mut self, width: Width, provider: &GUID, categories: u32) -> Result<(), WsaError>;

    /// All catalogs that can be read.
    ///
    /// # Errors
    ///
    /// Why one of them cannot be.
    fn read_all(&mut self) -> Result<Catalogs, WsaError> {
        let mut all = Catalogs::default();
        for width in self.widths() {
            *all.slot(width) = Some(self.read(width)?);
        }
        Ok(all)
    }
}

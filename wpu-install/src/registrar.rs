//! The interface through which the catalogs are read and changed.

use crate::catalog::{Catalog, Catalogs, Width};
use crate::plan::Place;
use wpu_sys::ffi::{GUID, WSAPROTOCOL_INFOW};
use wpu_sys::{WideString, WsaError};

/// Reads and changes the catalogs: [Ws2_32](crate::System), or a [copy in memory](crate::Memory).
pub trait Registrar {
    /// The catalogs that can be read.
    fn widths(&self) -> Vec<Width>;

    /// The entries of a catalog in order, including hidden ones.
    ///
    /// # Errors
    ///
    /// The error of reading it.
    fn read(&mut self, width: Width) -> Result<Catalog, WsaError>;

    /// The reason why this program cannot add entries there, if there is one.
    fn cannot_add(&self, place: Place) -> Option<&'static str>;

    /// Adds all entries of a provider after the others, and assigns ids.
    ///
    /// # Errors
    ///
    /// The error of adding them. Some may have been added nevertheless.
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
    /// The error of removing them. Some may have been removed nevertheless.
    fn remove(&mut self, width: Width, provider: &GUID) -> Result<(), WsaError>;

    /// Puts all entries into this order.
    ///
    /// # Errors
    ///
    /// The error of reordering.
    fn reorder(&mut self, width: Width, ids: &[u32]) -> Result<(), WsaError>;

    /// Sets the categories of a layer; 0 is none.
    ///
    /// # Errors
    ///
    /// The error of setting them.
    fn categorise(&mut self, width: Width, provider: &GUID, categories: u32) -> Result<(), WsaError>;

    /// Reads all catalogs that this program can access.
    ///
    /// # Errors
    ///
    /// The error of reading one of them.
    fn read_all(&mut self) -> Result<Catalogs, WsaError> {
        let mut all = Catalogs::default();
        for width in self.widths() {
            *all.slot(width) = Some(self.read(width)?);
        }
        Ok(all)
    }
}

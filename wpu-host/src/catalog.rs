//! The catalog: which providers are installed, with the id, path and flags of each entry.

use wpu_sys::WideString;
use wpu_sys::ffi::{BASE_PROTOCOL, GUID, WSAPROTOCOL_INFOW, XP1_IFS_HANDLES};

/// An entry of the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What a provider gets to see of it. The host assigns `dwCatalogEntryId`.
    pub info: WSAPROTOCOL_INFOW,
    /// The provider's DLL. Variables such as `%SystemRoot%` stay as they are.
    pub path: WideString,
}

impl Entry {
    /// The entry of a base provider whose sockets are no file handles. Its id is 0 until it is
    /// added to a host.
    #[must_use]
    pub fn new(provider: GUID, path: &str) -> Self {
        let mut info = WSAPROTOCOL_INFOW { ProviderId: provider, iVersion: 2, ..WSAPROTOCOL_INFOW::ZERO };
        info.ProtocolChain.ChainLen = BASE_PROTOCOL;
        Self { info, path: path.into() }
    }

    /// The same with these service flags, such as `XP1_IFS_HANDLES`.
    #[must_use]
    pub fn flags(mut self, flags: u32) -> Self {
        self.info.dwServiceFlags1 = flags;
        self
    }

    /// The id by which a provider names the entry in its upcalls.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.info.dwCatalogEntryId
    }

    /// Whether the provider's sockets are file handles.
    #[must_use]
    pub fn is_ifs(&self) -> bool {
        self.info.dwServiceFlags1 & XP1_IFS_HANDLES != 0
    }
}

/// The installed entries.
#[derive(Default)]
pub(crate) struct Catalog(Vec<Entry>);

/// As on a new installation of Windows.
const FIRST_ID: u32 = 1001;

impl Catalog {
    /// Adds an entry and returns it with its id.
    pub(crate) fn add(&mut self, mut entry: Entry) -> Entry {
        let last = self.0.last().map_or(FIRST_ID - 1, Entry::id);
        entry.info.dwCatalogEntryId = last + 1;
        self.0.push(entry.clone());
        entry
    }

    pub(crate) fn contains(&self, id: u32) -> bool {
        self.0.iter().any(|entry| entry.id() == id)
    }

    /// The path of a provider, which may have many entries.
    pub(crate) fn path(&self, provider: &GUID) -> Option<&WideString> {
        self.0.iter().find(|entry| entry.info.ProviderId == *provider).map(|entry| &entry.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_get_ids_and_are_found() {
        let mut catalog = Catalog::default();
        let guid = |number| GUID { Data1: number, ..GUID::ZERO };
        let one = catalog.add(Entry::new(guid(1), r"%SystemRoot%\one.dll"));
        let two = catalog.add(Entry::new(guid(2), "two.dll").flags(XP1_IFS_HANDLES));
        assert_eq!((one.id(), two.id()), (1001, 1002));
        assert_eq!((one.is_ifs(), two.is_ifs()), (false, true));
        assert!(catalog.contains(1001) && catalog.contains(1002));
        assert!(!catalog.contains(0) && !catalog.contains(1003));
        assert_eq!(catalog.path(&guid(1)), Some(&one.path));
        assert_eq!(catalog.path(&guid(2)).map(ToString::to_string).as_deref(), Some("two.dll"));
        assert_eq!(catalog.path(&guid(3)), None);
    }
}

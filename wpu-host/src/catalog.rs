//! The catalog: the installed providers, with the id, path and flags of each entry.

use wpu_sys::ffi::{AF_INET, IPPROTO_TCP, SOCK_STREAM};
use wpu_sys::ffi::{
    BASE_PROTOCOL, GUID, LAYERED_PROTOCOL, MAX_PROTOCOL_CHAIN, WSAPROTOCOL_INFOW, XP1_IFS_HANDLES,
};
use wpu_sys::ffi::{PFL_HIDDEN, PFL_MATCHES_PROTOCOL_ZERO};
use wpu_sys::{WideString, WsaError};

/// A catalog entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The protocol information that is passed to the provider. The host assigns `dwCatalogEntryId`.
    pub info: WSAPROTOCOL_INFOW,
    /// The path of the provider's DLL. Environment variables such as `%SystemRoot%` are not expanded.
    pub path: WideString,
}

impl Entry {
    /// Creates the entry of a base provider whose sockets are not file handles. The entry's id is 0 until the
    /// entry is added to a host.
    #[must_use]
    pub fn new(provider: GUID, path: &str) -> Self {
        let mut info = WSAPROTOCOL_INFOW { ProviderId: provider, iVersion: 2, ..WSAPROTOCOL_INFOW::ZERO };
        info.ProtocolChain.ChainLen = BASE_PROTOCOL;
        Self { info, path: path.into() }
    }

    /// Creates the hidden entry that represents a layer in chains. No socket can be created from a hidden
    /// entry.
    #[must_use]
    pub fn layer(provider: GUID, path: &str) -> Self {
        let mut entry = Self::new(provider, path);
        entry.info.ProtocolChain.ChainLen = LAYERED_PROTOCOL;
        entry.info.dwProviderFlags = PFL_HIDDEN;
        entry
    }

    /// Creates the entry of a protocol chain: the top layer first, the base provider last. The entry offers
    /// what the base provider offers; only `XP1_IFS_HANDLES` comes from the top layer.
    ///
    /// `provider` is the id of the top layer, or another id under which the top layer is started. A host must
    /// have added every entry of `chain`; an entry that is a chain itself is used as a single entry.
    ///
    /// # Panics
    ///
    /// Panics if `chain` has fewer than two or more than seven entries.
    #[must_use]
    pub fn chain(provider: GUID, path: &str, chain: &[&Self]) -> Self {
        assert!((2..=MAX_PROTOCOL_CHAIN as usize).contains(&chain.len()), "a chain has 2 to 7 entries");
        let mut entry = Self::new(provider, path);
        let (top, base) = (&chain[0].info, &chain[chain.len() - 1].info);
        entry.info = WSAPROTOCOL_INFOW {
            ProviderId: provider,
            dwCatalogEntryId: 0,
            ProtocolChain: WSAPROTOCOL_INFOW::ZERO.ProtocolChain,
            dwServiceFlags1: base.dwServiceFlags1 & !XP1_IFS_HANDLES | top.dwServiceFlags1 & XP1_IFS_HANDLES,
            ..*base
        };
        entry.info.ProtocolChain.ChainLen = i32::try_from(chain.len()).unwrap_or(MAX_PROTOCOL_CHAIN);
        for (slot, link) in entry.info.ProtocolChain.ChainEntries.iter_mut().zip(chain) {
            *slot = link.id();
        }
        entry
    }

    /// Sets the service flags, such as `XP1_IFS_HANDLES`, instead of those that the entry has.
    #[must_use]
    pub fn flags(mut self, flags: u32) -> Self {
        self.info.dwServiceFlags1 = flags;
        self
    }

    /// Sets the address family, socket type and protocol of the entry, which also matches the protocol zero.
    #[must_use]
    pub fn sockets(mut self, family: i32, kind: i32, protocol: i32) -> Self {
        let info = &mut self.info;
        (info.iAddressFamily, info.iSocketType, info.iProtocol) = (family, kind, protocol);
        info.dwProviderFlags |= PFL_MATCHES_PROTOCOL_ZERO;
        (info.iMinSockAddr, info.iMaxSockAddr) = (16, if family == wpu_sys::ffi::AF_INET { 16 } else { 28 });
        self
    }

    /// Sets the entry's protocol name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        let room = self.info.szProtocol.len() - 1;
        self.info.szProtocol = [0; 256];
        for (unit, from) in self.info.szProtocol.iter_mut().zip(name.encode_utf16().take(room)) {
            *unit = from;
        }
        self
    }

    /// Panics if the protocol information is not well formed.
    fn check(&self) {
        assert!(
            is_well_formed(&self.info),
            "an entry has a chain of 0 to 7 entries and a zero-terminated name"
        );
    }

    /// The catalog id by which a provider names the entry in its upcalls.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.info.dwCatalogEntryId
    }

    /// Whether the provider's sockets are file handles.
    #[must_use]
    pub fn is_ifs(&self) -> bool {
        self.info.dwServiceFlags1 & XP1_IFS_HANDLES != 0
    }

    /// Whether the entry is the hidden entry of a layer, from which no socket is created.
    pub(crate) fn is_layer(&self) -> bool {
        self.info.ProtocolChain.ChainLen == LAYERED_PROTOCOL
    }

    /// Whether clients find the entry when they search the catalog.
    pub(crate) fn is_visible(&self) -> bool {
        self.info.dwProviderFlags & PFL_HIDDEN == 0 && !self.is_layer()
    }

    fn offers_family(&self, family: i32) -> bool {
        family == 0 || self.info.iAddressFamily == family
    }

    fn offers_kind(&self, kind: i32) -> bool {
        kind == 0 || self.info.iSocketType == kind
    }

    /// Whether the entry offers `protocol`. One entry can offer a range of protocol numbers. Zero matches another
    /// protocol only by the entry's flag.
    fn offers_protocol(&self, protocol: i32) -> bool {
        let first = i64::from(self.info.iProtocol);
        let last = first + i64::from(self.info.iProtocolMaxOffset.max(0));
        let any = protocol == 0 && self.info.dwProviderFlags & PFL_MATCHES_PROTOCOL_ZERO != 0;
        any || (first..=last).contains(&i64::from(protocol))
    }
}

/// Whether the chain ends within its array, and the protocol name ends with a zero. Providers in C rely on
/// both.
pub(crate) fn is_well_formed(info: &WSAPROTOCOL_INFOW) -> bool {
    (0..=MAX_PROTOCOL_CHAIN).contains(&info.ProtocolChain.ChainLen) && info.szProtocol.contains(&0)
}

/// The installed entries.
#[derive(Default)]
pub(crate) struct Catalog(Vec<Entry>);

/// The first catalog id on a new installation of Windows.
const FIRST_ID: u32 = 1001;

impl Catalog {
    /// Adds an entry at the end and returns it with its id.
    pub(crate) fn add(&mut self, mut entry: Entry) -> Entry {
        entry.check();
        entry.info.dwCatalogEntryId = self.next_id();
        self.0.push(entry.clone());
        entry
    }

    /// Adds an entry before all others, so that clients find it first, and returns it with its id.
    pub(crate) fn add_first(&mut self, mut entry: Entry) -> Entry {
        entry.check();
        entry.info.dwCatalogEntryId = self.next_id();
        self.0.insert(0, entry.clone());
        entry
    }

    fn next_id(&self) -> u32 {
        self.0.iter().map(Entry::id).max().map_or(FIRST_ID, |last| last + 1)
    }

    pub(crate) fn contains(&self, id: u32) -> bool {
        self.find(id).is_some()
    }

    pub(crate) fn find(&self, id: u32) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.id() == id)
    }

    /// The path of a provider's DLL. A provider may have many entries.
    pub(crate) fn path(&self, provider: &GUID) -> Option<&WideString> {
        self.0.iter().find(|entry| entry.info.ProviderId == *provider).map(|entry| &entry.path)
    }

    /// All entries in catalog order, including hidden ones.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// What the switch passes to a provider that it starts through `WSPStartupEx`: the protocol information of the
    /// TCP/IP provider; that of the provider itself if there is no other.
    pub(crate) fn for_san(&self, san: &Entry) -> WSAPROTOCOL_INFOW {
        let tcp_ip = (AF_INET, SOCK_STREAM, IPPROTO_TCP);
        let is_tcp_ip = |info: &WSAPROTOCOL_INFOW| {
            (info.iAddressFamily, info.iSocketType, info.iProtocol) == tcp_ip
                && info.ProtocolChain.ChainLen == BASE_PROTOCOL
                && info.ProviderId != san.info.ProviderId
        };
        self.0.iter().map(|entry| entry.info).find(is_tcp_ip).unwrap_or(san.info)
    }

    /// The first entry of an address family.
    pub(crate) fn of_family(&self, family: i32) -> Result<&Entry, WsaError> {
        let mut entries = self.0.iter().filter(|entry| entry.is_visible());
        entries.find(|entry| entry.offers_family(family)).ok_or(WsaError::WSAEAFNOSUPPORT)
    }

    /// The first entry that offers such sockets. A family or a type of zero matches any value.
    pub(crate) fn choose(&self, family: i32, kind: i32, protocol: i32) -> Result<&Entry, WsaError> {
        if (family, kind, protocol) == (0, 0, 0) {
            return Err(WsaError::WSAEINVAL);
        }
        let mut error = WsaError::WSAEAFNOSUPPORT;
        for entry in self.0.iter().filter(|entry| entry.is_visible() && entry.offers_family(family)) {
            if !entry.offers_kind(kind) {
                if error == WsaError::WSAEAFNOSUPPORT {
                    error = WsaError::WSAESOCKTNOSUPPORT;
                }
            } else if entry.offers_protocol(protocol) {
                return Ok(entry);
            } else {
                error = WsaError::WSAEPROTONOSUPPORT;
            }
        }
        Err(error)
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

    #[test]
    fn a_chain_offers_what_its_base_offers() {
        let _shows = wpu_evidence::tested([
            "catalog.chain-described-as-whole",
            "catalog.first-layer-first",
            "catalog.length-counts-entries",
        ]);
        let mut catalog = Catalog::default();
        let guid = |number| GUID { Data1: number, ..GUID::ZERO };
        let base = catalog.add(Entry::new(guid(1), "base").flags(XP1_IFS_HANDLES | 6).sockets(2, 1, 6));
        let layer = catalog.add(Entry::layer(guid(2), "layer"));
        let chain = catalog.add(Entry::chain(guid(3), "layer", &[&layer, &base]));
        assert_eq!((chain.info.ProtocolChain.ChainLen, chain.id()), (2, 1003));
        assert_eq!(chain.info.ProtocolChain.ChainEntries, [1002, 1001, 0, 0, 0, 0, 0]);
        assert_eq!((chain.info.dwServiceFlags1, chain.is_ifs()), (6, false));
        assert_eq!((chain.info.iAddressFamily, chain.info.iSocketType, chain.info.iProtocol), (2, 1, 6));
        assert_eq!(chain.info.ProviderId, guid(3));
    }

    #[test]
    fn a_client_gets_the_first_entry_that_offers_what_it_wants() {
        let _shows = wpu_evidence::tested([
            "WSPSocket.first-match-in-order",
            "WSPSocket.no-layer-by-itself",
            "WSPSocket.protocol-zero-by-flag",
        ]);
        let mut catalog = Catalog::default();
        let hidden = catalog.add(Entry::layer(GUID::ZERO, "").sockets(2, 1, 6));
        let tcp = catalog.add(Entry::new(GUID::ZERO, "").sockets(2, 1, 6));
        let mut raw = Entry::new(GUID::ZERO, "").sockets(2, 3, 10);
        raw.info.iProtocolMaxOffset = 5;
        let raw = catalog.add(raw);
        let choose = |family, kind, protocol| {
            catalog.choose(family, kind, protocol).map(Entry::id).map_err(WsaError::code)
        };
        assert!(hidden.id() < tcp.id());
        assert_eq!(choose(2, 1, 6), Ok(tcp.id()));
        assert_eq!(choose(2, 1, 0), Ok(tcp.id()));
        assert_eq!(choose(0, 3, 0), Ok(raw.id()));
        assert_eq!((choose(2, 3, 15), choose(2, 0, 10)), (Ok(raw.id()), Ok(raw.id())));
        assert_eq!((choose(2, 3, 16), choose(2, 3, 9)), (Err(10043), Err(10043)));
        assert_eq!((choose(2, 5, 0), choose(9, 1, 6)), (Err(10044), Err(10047)));
        assert_eq!(choose(0, 0, 0), Err(10022));
        let mut exact = Entry::new(GUID::ZERO, "").sockets(2, 4, 9);
        exact.info.dwProviderFlags &= !PFL_MATCHES_PROTOCOL_ZERO;
        let exact = catalog.add(exact);
        let mut zero = Entry::new(GUID::ZERO, "").sockets(2, 4, 0);
        zero.info.dwProviderFlags &= !PFL_MATCHES_PROTOCOL_ZERO;
        let choose = |catalog: &Catalog, protocol| {
            catalog.choose(2, 4, protocol).map(Entry::id).map_err(WsaError::code)
        };
        assert_eq!((choose(&catalog, 9), choose(&catalog, 0)), (Ok(exact.id()), Err(10043)));
        let zero = catalog.add(zero);
        assert_eq!(choose(&catalog, 0), Ok(zero.id()));
        let first = catalog.add_first(Entry::new(GUID::ZERO, "").sockets(2, 1, 6));
        assert_eq!((first.id(), catalog.choose(2, 1, 6).map(Entry::id)), (1006, Ok(1006)));
        assert_eq!(catalog.add(Entry::new(GUID::ZERO, "")).id(), 1007);
    }
}

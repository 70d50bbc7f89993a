//! The content of the catalogs: entries in order, with one catalog for each width of programs.

use crate::printable::printable;
use std::fmt;
use wpu_sys::WideString;
use wpu_sys::ffi::{GUID, LAYERED_PROTOCOL, PFL_HIDDEN, WSAPROTOCOL_INFOW, XP1_IFS_HANDLES};

/// The width of the programs that read a catalog. 64-bit Windows has two catalogs, each with its own ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Width {
    /// 64-bit programs.
    Bits64,
    /// 32-bit programs.
    Bits32,
}

impl Width {
    /// Both widths.
    pub const ALL: [Self; 2] = [Self::Bits64, Self::Bits32];

    /// The width of this program.
    pub const OWN: Self = if cfg!(target_pointer_width = "32") { Self::Bits32 } else { Self::Bits64 };
}

impl fmt::Display for Width {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Bits64 => "64-bit",
            Self::Bits32 => "32-bit",
        })
    }
}

/// An entry of a catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The protocol information that clients and providers receive.
    pub info: WSAPROTOCOL_INFOW,
    /// The path of the provider's DLL. Environment variables such as `%SystemRoot%` are not expanded.
    pub path: WideString,
    /// The categories of a layer, which belong to its provider; 0 is none.
    pub categories: u32,
}

impl Entry {
    /// The id that Ws2_32 assigned.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.info.dwCatalogEntryId
    }

    /// The protocol name.
    #[must_use]
    pub fn name(&self) -> String {
        name(&self.info)
    }

    /// Whether its sockets are file handles.
    #[must_use]
    pub fn is_ifs(&self) -> bool {
        self.info.dwServiceFlags1 & XP1_IFS_HANDLES != 0
    }

    /// Whether it is the hidden entry of a layer, from which no sockets are created.
    #[must_use]
    pub fn is_layer(&self) -> bool {
        self.info.ProtocolChain.ChainLen == LAYERED_PROTOCOL
    }

    /// Whether it is neither the hidden entry of a layer nor a chain.
    #[must_use]
    pub fn is_base(&self) -> bool {
        !self.is_layer() && self.links().is_empty()
    }

    /// Whether clients find it.
    #[must_use]
    pub fn is_visible(&self) -> bool {
        self.info.dwProviderFlags & PFL_HIDDEN == 0 && !self.is_layer()
    }

    /// The ids of a chain, the top layer first; empty for other entries.
    #[must_use]
    pub fn links(&self) -> &[u32] {
        links(&self.info)
    }

    /// The address family, socket type and protocol.
    #[must_use]
    pub fn sockets(&self) -> (i32, i32, i32) {
        (self.info.iAddressFamily, self.info.iSocketType, self.info.iProtocol)
    }

    /// The id and the name, as in messages.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("{} `{}`", self.id(), printable(&self.name()))
    }
}

pub(crate) fn links(info: &WSAPROTOCOL_INFOW) -> &[u32] {
    let chain = &info.ProtocolChain;
    match usize::try_from(chain.ChainLen) {
        Ok(count) if count > 1 => &chain.ChainEntries[..count.min(chain.ChainEntries.len())],
        _ => &[],
    }
}

pub(crate) fn name(info: &WSAPROTOCOL_INFOW) -> String {
    let end = info.szProtocol.iter().position(|unit| *unit == 0).unwrap_or(info.szProtocol.len());
    String::from_utf16_lossy(&info.szProtocol[..end])
}

/// As much of `text` as fits into a protocol name, in whole characters.
pub(crate) fn named(text: &str) -> [u16; 256] {
    let (mut units, mut at) = ([0; 256], 0);
    for letter in text.chars() {
        // One unit is reserved for the terminating zero.
        if at + letter.len_utf16() >= units.len() {
            break;
        }
        at += letter.encode_utf16(&mut units[at..]).len();
    }
    units
}

/// The entries of one catalog, in the order in which clients search them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Catalog {
    /// The entries, including hidden ones.
    pub entries: Vec<Entry>,
}

impl Catalog {
    /// The entry with this id.
    #[must_use]
    pub fn find(&self, id: u32) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id() == id)
    }

    /// The entries of a provider.
    pub fn of<'a>(&'a self, provider: &'a GUID) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(move |entry| entry.info.ProviderId == *provider)
    }

    /// Whether the provider has entries.
    #[must_use]
    pub fn has(&self, provider: &GUID) -> bool {
        self.of(provider).next().is_some()
    }

    /// The entries, including those of layers, that calls to `entry` can reach: those of its chain, those of
    /// chains in it, and so on. Links to entries that are not installed are omitted.
    #[must_use]
    pub fn below(&self, entry: &Entry) -> Vec<&Entry> {
        let mut found: Vec<&Entry> = Vec::new();
        let mut ids = entry.links().to_vec();
        while let Some(id) = ids.pop() {
            if let Some(link) = self.find(id).filter(|link| found.iter().all(|known| known.id() != link.id()))
            {
                ids.extend(link.links());
                found.push(link);
            }
        }
        found
    }

    /// The layer at the top of a chain: its hidden entry, if the chain starts with one.
    pub(crate) fn leader(&self, chain: &Entry) -> Option<&Entry> {
        self.find(*chain.links().first()?).filter(|top| top.is_layer())
    }

    /// The entries of a provider, and the chains of which it is the top layer.
    pub(crate) fn owned<'a>(&'a self, provider: &'a GUID) -> impl Iterator<Item = &'a Entry> {
        let led = |entry: &Entry| self.leader(entry).is_some_and(|top| top.info.ProviderId == *provider);
        self.entries.iter().filter(move |entry| entry.info.ProviderId == *provider || led(entry))
    }

    /// The entries that programs find before `entry` when they search for its sockets.
    pub(crate) fn found_before<'a>(&'a self, entry: &'a Entry) -> impl Iterator<Item = &'a Entry> {
        let before = self.entries.iter().take_while(|known| known.id() != entry.id());
        before.filter(|known| known.is_visible() && known.sockets() == entry.sockets())
    }

    /// All ids in order.
    pub(crate) fn ids(&self) -> Vec<u32> {
        self.entries.iter().map(Entry::id).collect()
    }
}

/// The catalogs of a system, or a selection of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Catalogs {
    /// The catalog for 64-bit programs.
    pub bits64: Option<Catalog>,
    /// The catalog for 32-bit programs.
    pub bits32: Option<Catalog>,
}

impl Catalogs {
    /// The catalog for programs of this width.
    #[must_use]
    pub fn get(&self, width: Width) -> Option<&Catalog> {
        match width {
            Width::Bits64 => self.bits64.as_ref(),
            Width::Bits32 => self.bits32.as_ref(),
        }
    }

    /// The field for the catalog of this width.
    pub fn slot(&mut self, width: Width) -> &mut Option<Catalog> {
        match width {
            Width::Bits64 => &mut self.bits64,
            Width::Bits32 => &mut self.bits32,
        }
    }

    /// The catalogs that are present, the 64-bit one first.
    pub fn all(&self) -> impl Iterator<Item = (Width, &Catalog)> {
        Width::ALL.into_iter().filter_map(|width| Some((width, self.get(width)?)))
    }

    /// Keeps only the catalog of this width.
    #[must_use]
    pub fn only(mut self, width: Width) -> Self {
        let kept = self.slot(width).take();
        let mut all = Self::default();
        *all.slot(width) = kept;
        all
    }
}

//! The protocol catalog, and finding a layer's position in its chains.

use super::sys::ffi::{GUID, LAYERED_PROTOCOL, MAX_PROTOCOL_CHAIN, WSAPROTOCOL_INFOW};
use super::sys::{WsaError, import};
use std::ptr;

/// The position of a layer in a chain, and the provider below it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    /// The chain, as clients know it.
    pub chain: WSAPROTOCOL_INFOW,
    /// The id of the layer's own entry, for upcalls.
    pub entry: u32,
    /// Whether the layer is the top of the chain, so that the flags of the chain are the layer's.
    pub top: bool,
    /// The protocol information for the provider below.
    pub below: WSAPROTOCOL_INFOW,
    /// Whether the provider below receives the chain's information unmodified, because it is another layer.
    pub unmodified: bool,
    /// The id by which the library of the provider below is found.
    pub provider: GUID,
}

impl Place {
    /// The information that the provider below receives in place of `info`: the chain for a layer, and its
    /// own entry for a base provider. Only the data of a duplicated socket is copied from `info`: safe code
    /// may have set the rest, for example to a chain length beyond the array.
    pub(super) fn hand_down(&self, info: &WSAPROTOCOL_INFOW) -> WSAPROTOCOL_INFOW {
        WSAPROTOCOL_INFOW { dwProviderReserved: info.dwProviderReserved, ..self.below }
    }

    /// The information that a client receives in place of `info` from the provider below.
    pub(super) fn hand_up(&self, info: &WSAPROTOCOL_INFOW) -> WSAPROTOCOL_INFOW {
        WSAPROTOCOL_INFOW { dwProviderReserved: info.dwProviderReserved, ..self.chain }
    }
}

/// The maximum number of entries that is accepted as a catalog.
const MOST: usize = 0x1_0000;

#[cfg(test)]
thread_local! {
    /// The catalog of a test.
    pub(super) static INSTALLED: std::cell::RefCell<Vec<WSAPROTOCOL_INFOW>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// All entries of the catalog, including hidden entries and chains.
pub(super) fn entries() -> Result<Vec<WSAPROTOCOL_INFOW>, WsaError> {
    #[cfg(test)]
    if let Some(installed) = Some(INSTALLED.with_borrow(Clone::clone)).filter(|entries| !entries.is_empty()) {
        return Ok(installed);
    }
    let enumerate = import::find_wsc_enum_protocols().ok_or(WsaError::WSASYSNOTREADY)?;
    let mut entries = vec![WSAPROTOCOL_INFOW::ZERO; 32];
    loop {
        let room = u32::try_from(size_of_val(&*entries)).unwrap_or(u32::MAX);
        let (mut bytes, mut errno) = (room, WsaError::WSASYSCALLFAILURE.code());
        // SAFETY: the function has this contract: without a list of protocols it lists all, and the buffer
        // has the stated number of bytes.
        let count =
            unsafe { enumerate(ptr::null_mut(), entries.as_mut_ptr(), &raw mut bytes, &raw mut errno) };
        match usize::try_from(count) {
            Ok(count) => {
                entries.truncate(count);
                return Ok(entries);
            }
            Err(_) if errno == WsaError::WSAENOBUFS.code() && entries.len() < MOST => {
                // The catalog may grow in between.
                let wanted = bytes as usize / size_of::<WSAPROTOCOL_INFOW>() + 1;
                entries.resize(wanted.max(entries.len() * 2).min(MOST), WSAPROTOCOL_INFOW::ZERO);
            }
            Err(_) => return Err(WsaError::new(errno)),
        }
    }
}

/// The catalog entry with the id of `info`; `None` if there is none.
pub(super) fn known<'a>(
    entries: &'a [WSAPROTOCOL_INFOW],
    info: &WSAPROTOCOL_INFOW,
) -> Option<&'a WSAPROTOCOL_INFOW> {
    find(entries, info.dwCatalogEntryId)
}

/// The position of layer `id` in the chain of `asked`; `None` if the layer is not in it.
pub(super) fn place(entries: &[WSAPROTOCOL_INFOW], id: &GUID, asked: &WSAPROTOCOL_INFOW) -> Option<Place> {
    let own = |entry: u32| {
        entries.iter().any(|known| {
            known.dwCatalogEntryId == entry
                && known.ProviderId == *id
                && known.ProtocolChain.ChainLen == LAYERED_PROTOCOL
        })
    };
    let (chain, at) = locate(entries, &own, asked, MAX_PROTOCOL_CHAIN)?;
    let ids = links(&chain)?;
    let next = find(entries, *ids.get(at + 1)?)?;
    let entry = match at {
        0 => chain.dwCatalogEntryId,
        _ => own_chain(entries, &chain, &ids[at..]).unwrap_or(ids[at]),
    };
    let top = at == 0 && chain.dwCatalogEntryId == asked.dwCatalogEntryId;
    let unmodified = next.ProtocolChain.ChainLen == LAYERED_PROTOCOL;
    let below = if unmodified { chain } else { *next };
    Some(Place { chain: *asked, entry, top, below, unmodified, provider: provider(entries, next)? })
}

/// Finds the chain that contains the layer, and the layer's index in it: `asked`, or a chain that is a link
/// of it.
fn locate(
    entries: &[WSAPROTOCOL_INFOW],
    own: &impl Fn(u32) -> bool,
    asked: &WSAPROTOCOL_INFOW,
    depth: i32,
) -> Option<(WSAPROTOCOL_INFOW, usize)> {
    let ids = links(asked)?;
    if let Some(at) = ids.iter().position(|id| own(*id)) {
        return Some((*asked, at));
    }
    // The depth limit ends a catalog with cyclic chains.
    let depth = depth.checked_sub(1).filter(|depth| *depth >= 0)?;
    ids.iter().find_map(|id| locate(entries, own, find(entries, *id)?, depth))
}

/// The ids of a chain, from the top; `None` if the entry is not a chain.
fn links(info: &WSAPROTOCOL_INFOW) -> Option<&[u32]> {
    let len = usize::try_from(info.ProtocolChain.ChainLen).ok().filter(|len| *len > 1)?;
    info.ProtocolChain.ChainEntries.get(..len)
}

fn find(entries: &[WSAPROTOCOL_INFOW], id: u32) -> Option<&WSAPROTOCOL_INFOW> {
    entries.iter().find(|entry| entry.dwCatalogEntryId == id)
}

/// Finds the entry for what is below a layer in the middle of a chain: the chain of exactly these links, or
/// one that starts with the same layer and has the same protocol.
fn own_chain(entries: &[WSAPROTOCOL_INFOW], chain: &WSAPROTOCOL_INFOW, ids: &[u32]) -> Option<u32> {
    let protocol = |info: &WSAPROTOCOL_INFOW| (info.iAddressFamily, info.iSocketType, info.iProtocol);
    let led = |info: &&WSAPROTOCOL_INFOW| links(info).is_some_and(|links| links[0] == ids[0]);
    let same = entries.iter().find(|info| links(info) == Some(ids));
    let alike = || entries.iter().filter(led).find(|info| protocol(info) == protocol(chain));
    same.or_else(alike).map(|info| info.dwCatalogEntryId)
}

/// The id of an entry's library; for a chain, that of its top layer.
fn provider(entries: &[WSAPROTOCOL_INFOW], entry: &WSAPROTOCOL_INFOW) -> Option<GUID> {
    match links(entry) {
        Some(ids) => find(entries, ids[0]).filter(|top| links(top).is_none()).map(|top| top.ProviderId),
        None => Some(entry.ProviderId),
    }
}

//! The catalog of protocols, and a layer's place in its chains.

use super::sys::ffi::{GUID, LAYERED_PROTOCOL, MAX_PROTOCOL_CHAIN, WSAPROTOCOL_INFOW};
use super::sys::{WsaError, import};
use std::ptr;

/// Where a layer stands in a chain, and what comes below.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    /// The chain, as clients know it.
    pub chain: WSAPROTOCOL_INFOW,
    /// The id of the layer's own entry, for upcalls.
    pub entry: u32,
    /// Whether no layer stands above, so that the chain's flags are the layer's.
    pub top: bool,
    /// What the provider below is given.
    pub below: WSAPROTOCOL_INFOW,
    /// Whether that is what the layer was given itself, since there is another layer below.
    pub unmodified: bool,
    /// Names the library of the provider below.
    pub provider: GUID,
}

impl Place {
    /// What the provider below is given where the layer is given `info`: the chain to a layer, and its
    /// own to a base provider. What a duplicated socket carries goes along, and nothing else: safe code may have made the
    /// rest up, such as a length of the chain that is longer than the array.
    pub(super) fn hand_down(&self, info: &WSAPROTOCOL_INFOW) -> WSAPROTOCOL_INFOW {
        WSAPROTOCOL_INFOW { dwProviderReserved: info.dwProviderReserved, ..self.below }
    }

    /// What a client is given where the provider below gives `info`.
    pub(super) fn hand_up(&self, info: &WSAPROTOCOL_INFOW) -> WSAPROTOCOL_INFOW {
        WSAPROTOCOL_INFOW { dwProviderReserved: info.dwProviderReserved, ..self.chain }
    }
}

/// More entries than this are not a catalog.
const MOST: usize = 0x1_0000;

#[cfg(test)]
thread_local! {
    /// A catalog of a test's own.
    pub(super) static INSTALLED: std::cell::RefCell<Vec<WSAPROTOCOL_INFOW>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// All entries of the catalog, hidden ones and chains too.
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
        // SAFETY: the function has this contract, without a list of protocols it tells of all, and the
        // buffer has as many bytes as it is told.
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

/// The entry that `info` names, as the catalog has it; none if it is not there.
pub(super) fn known<'a>(
    entries: &'a [WSAPROTOCOL_INFOW],
    info: &WSAPROTOCOL_INFOW,
) -> Option<&'a WSAPROTOCOL_INFOW> {
    find(entries, info.dwCatalogEntryId)
}

/// The place of layer `id` in the chain that `asked` stands for; `None` if it has none there.
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

/// The chain in which the layer finds itself, and where: `asked`, or a chain that is a link of it.
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
    // A catalog that leads in circles ends here.
    let depth = depth.checked_sub(1).filter(|depth| *depth >= 0)?;
    ids.iter().find_map(|id| locate(entries, own, find(entries, *id)?, depth))
}

/// The ids of a chain, from the top; `None` if the entry is no chain.
fn links(info: &WSAPROTOCOL_INFOW) -> Option<&[u32]> {
    let len = usize::try_from(info.ProtocolChain.ChainLen).ok().filter(|len| *len > 1)?;
    info.ProtocolChain.ChainEntries.get(..len)
}

fn find(entries: &[WSAPROTOCOL_INFOW], id: u32) -> Option<&WSAPROTOCOL_INFOW> {
    entries.iter().find(|entry| entry.dwCatalogEntryId == id)
}

/// A layer in the middle has an entry of its own for what is below it: the chain of just these links,
/// or one that it leads for the same protocol.
fn own_chain(entries: &[WSAPROTOCOL_INFOW], chain: &WSAPROTOCOL_INFOW, ids: &[u32]) -> Option<u32> {
    let protocol = |info: &WSAPROTOCOL_INFOW| (info.iAddressFamily, info.iSocketType, info.iProtocol);
    let led = |info: &&WSAPROTOCOL_INFOW| links(info).is_some_and(|links| links[0] == ids[0]);
    let same = entries.iter().find(|info| links(info) == Some(ids));
    let alike = || entries.iter().filter(led).find(|info| protocol(info) == protocol(chain));
    same.or_else(alike).map(|info| info.dwCatalogEntryId)
}

/// Names the library of an entry: of a chain, that of its top layer.
fn provider(entries: &[WSAPROTOCOL_INFOW], entry: &WSAPROTOCOL_INFOW) -> Option<GUID> {
    match links(entry) {
        Some(ids) => find(entries, ids[0]).filter(|top| links(top).is_none()).map(|top| top.ProviderId),
        None => Some(entry.ProviderId),
    }
}

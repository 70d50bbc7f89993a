//! The flags by which an entry describes itself: which are wrong, and which follow from other entries.

use crate::catalog::{Catalog, Entry};
use wpu_sys::ffi::{
    PFL_MULTIPLE_PROTO_ENTRIES, PFL_RECOMMENDED_PROTO_ENTRY, WSAPROTOCOL_INFOW, XP1_INTERRUPT, XP1_UNI_RECV,
    XP1_UNI_SEND,
};

/// Whether the sockets would only send and only receive.
pub(crate) fn has_both_directions(flags: u32) -> bool {
    flags & XP1_UNI_SEND != 0 && flags & XP1_UNI_RECV != 0
}

/// Whether a reserved flag is set.
pub(crate) fn has_reserved(info: &WSAPROTOCOL_INFOW) -> bool {
    let more = info.dwServiceFlags2 | info.dwServiceFlags3 | info.dwServiceFlags4;
    info.dwServiceFlags1 & XP1_INTERRUPT != 0 || more != 0
}

/// Whether an entry is one of several of its provider for the same sockets, and does not say so. The first of
/// them stands for the choice of the usual one.
pub(crate) fn is_unmarked(catalog: &Catalog, entry: &Entry) -> bool {
    let all: Vec<_> = catalog
        .of(&entry.info.ProviderId)
        .filter(|other| other.is_visible() && other.sockets() == entry.sockets())
        .collect();
    if !entry.is_visible() || all.len() < 2 {
        return false;
    }
    let has = |entry: &Entry, flag| entry.info.dwProviderFlags & flag != 0;
    let usual = all.iter().filter(|entry| has(entry, PFL_RECOMMENDED_PROTO_ENTRY)).count();
    !has(entry, PFL_MULTIPLE_PROTO_ENTRIES) || usual != 1 && all[0].id() == entry.id()
}

/// Marks the entries of one provider of which several are for the same sockets. The first of them is the
/// usual one, which programs find.
pub(crate) fn mark_several(infos: &mut [WSAPROTOCOL_INFOW]) {
    let sockets = |info: &WSAPROTOCOL_INFOW| (info.iAddressFamily, info.iSocketType, info.iProtocol);
    let all: Vec<_> = infos.iter().map(sockets).collect();
    for (at, info) in infos.iter_mut().enumerate() {
        let own = sockets(info);
        let mut same = (0..all.len()).filter(|other| all[*other] == own);
        let (first, more) = (same.next(), same.next().is_some());
        info.dwProviderFlags &= !(PFL_MULTIPLE_PROTO_ENTRIES | PFL_RECOMMENDED_PROTO_ENTRY);
        if more {
            let usual = if first == Some(at) { PFL_RECOMMENDED_PROTO_ENTRY } else { 0 };
            info.dwProviderFlags |= PFL_MULTIPLE_PROTO_ENTRIES | usual;
        }
    }
}

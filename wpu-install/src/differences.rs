//! Compares a catalog before and after a run, and ignores new ids and changes of others.

use crate::catalog::{Catalog, Entry, Width};
use crate::numbers::{Numbers, number};
use crate::plan::{Key, Planned};
use wpu_sys::ffi::{GUID, WSAPROTOCOL_INFOW};

/// The changes of a run to a catalog. Other differences come from another installer.
pub(crate) struct Ours<'a> {
    pub(crate) numbers: &'a Numbers,
    /// The ids of the added entries.
    pub(crate) added: Vec<u32>,
    /// The changed providers.
    pub(crate) providers: Vec<GUID>,
    /// Whether the run changed the order.
    pub(crate) moved: bool,
}

/// Describes the differences. Entries that were added again under another id count as unchanged, and so do
/// chains of them.
pub(crate) fn differences(width: Width, before: &Catalog, now: &Catalog, ours: &Ours<'_>) -> Vec<String> {
    let current = |id: u32| number(ours.numbers, width, Key::Known(id));
    let mut left = Vec::new();
    for was in before.entries.iter().filter(|was| ours.providers.contains(&was.info.ProviderId)) {
        match now.find(current(was.id())) {
            None => left.push(format!("missing in the {width} catalog: {}", was.shown())),
            Some(is) if !same(was, is, current) => {
                left.push(format!("changed in the {width} catalog: {}", was.shown()));
            }
            Some(_) => (),
        }
    }
    let known: Vec<u32> = before.ids().into_iter().map(current).collect();
    let over =
        now.entries.iter().filter(|entry| !known.contains(&entry.id()) && ours.added.contains(&entry.id()));
    left.extend(over.map(|entry| format!("not removed from the {width} catalog: {}", entry.shown())));
    let is: Vec<u32> = now.ids().into_iter().filter(|id| known.contains(id)).collect();
    let was: Vec<u32> = known.into_iter().filter(|id| is.contains(id)).collect();
    if left.is_empty() && ours.moved && is != was {
        left.push(format!("the order of the {width} catalog"));
    }
    left
}

fn same(was: &Entry, is: &Entry, current: impl Fn(u32) -> u32) -> bool {
    let expected = Planned::known(was).resolve(|key| match key {
        Key::Known(id) => current(id),
        Key::New(_) => 0,
    });
    let found = WSAPROTOCOL_INFOW { dwCatalogEntryId: 0, ..is.info };
    (expected, &was.path, was.categories) == (found, &is.path, is.categories)
}

//! What is different between a catalog as it was and as it is, but for new numbers.

use crate::apply::{Numbers, number};
use crate::catalog::{Catalog, Entry, Width};
use crate::plan::{Key, Planned};
use wpu_sys::ffi::WSAPROTOCOL_INFOW;

/// What is not as it was. Entries that came back under other numbers are the same, and so are chains of them.
pub(crate) fn differences(width: Width, before: &Catalog, now: &Catalog, numbers: &Numbers) -> Vec<String> {
    let current = |id: u32| number(numbers, width, Key::Known(id));
    let mut left = Vec::new();
    for was in &before.entries {
        match now.find(current(was.id())) {
            None => left.push(format!("missing in the {width} catalog: {}", was.shown())),
            Some(is) if !same(was, is, current) => {
                left.push(format!("changed in the {width} catalog: {}", was.shown()));
            }
            Some(_) => (),
        }
    }
    let known: Vec<u32> = before.ids().into_iter().map(current).collect();
    let added = now.entries.iter().filter(|entry| !known.contains(&entry.id()));
    left.extend(added.map(|entry| format!("left over in the {width} catalog: {}", entry.shown())));
    if left.is_empty() && now.ids() != known {
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

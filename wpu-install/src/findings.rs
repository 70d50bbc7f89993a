//! Detects faults in a catalog, and suggests commands.

use crate::catalog::{Catalog, Catalogs, Entry, Width};
use crate::command::{installation, removal};
use crate::flags::{has_both_directions, has_reserved, is_unmarked};
use crate::path::{is_of_windows, is_whole};
use crate::printable::printable;
use std::fmt;
use wpu_sys::WideString;
use wpu_sys::ffi::{CATALOG_RESET, MAX_PROTOCOL_CHAIN, PFL_HIDDEN};

/// A fault in a catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The catalog.
    pub width: Width,
    /// The id of the entry.
    pub entry: u32,
    /// The fault of the entry.
    pub fault: Fault,
    /// The command that removes the fault, if there is one.
    pub help: Option<String>,
}

/// The kinds of faults of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A chain names an entry that does not exist.
    LinkMissing {
        /// The id that no entry has.
        link: u32,
    },
    /// A chain does not start with the hidden entry of a layer: that was removed, or the id belongs to
    /// another entry.
    LayerMissing {
        /// The first id of the chain.
        link: u32,
    },
    /// A chain ends with the hidden entry of a layer, or has another kind of entry above its end: calls reach
    /// no base provider, or bypass a layer.
    LinkMisplaced {
        /// The misplaced link.
        link: u32,
    },
    /// A chain contains itself.
    Circle,
    /// A chain contains a layer twice, directly or through another chain.
    LayerTwice {
        /// The layer's hidden entry.
        link: u32,
    },
    /// The sockets of a chain are file handles, and those of a link, or of the layer's hidden entry, are not.
    IfsAboveNonIfs {
        /// The link.
        link: u32,
    },
    /// The length of a chain exceeds what an entry can hold.
    ChainLength {
        /// The length.
        length: i32,
    },
    /// A chain comes after an entry over which it is installed, so that programs do not find it.
    PassedBy {
        /// The entry that programs find.
        by: u32,
    },
    /// The hidden entry of a layer, from which no sockets are created, is visible to programs.
    LayerVisible,
    /// No chain contains the layer, so that no program loads it.
    LayerUnused,
    /// The file of the provider does not exist.
    FileMissing {
        /// The path in the catalog.
        path: WideString,
    },
    /// The path is not absolute.
    PathNotWhole {
        /// The path in the catalog.
        path: WideString,
    },
    /// The provider is in this catalog, but not in that of the other width.
    OneWidth {
        /// The width of the other catalog.
        not_in: Width,
    },
    /// The flags say that sockets only send, and that they only receive.
    BothDirections,
    /// A reserved flag is set.
    ReservedFlags,
    /// The provider has several entries for these sockets, and the flags do not say so, or do not say which of
    /// them is the usual one.
    SeveralUnmarked,
}

impl Fault {
    /// The identifier of the fault, for programs.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::LinkMissing { .. } => "link-missing",
            Self::LayerMissing { .. } => "layer-missing",
            Self::LinkMisplaced { .. } => "link-misplaced",
            Self::Circle => "circle",
            Self::LayerTwice { .. } => "layer-twice",
            Self::IfsAboveNonIfs { .. } => "ifs-above-non-ifs",
            Self::ChainLength { .. } => "chain-length",
            Self::PassedBy { .. } => "passed-by",
            Self::LayerVisible => "layer-visible",
            Self::LayerUnused => "layer-unused",
            Self::FileMissing { .. } => "file-missing",
            Self::PathNotWhole { .. } => "path-not-whole",
            Self::OneWidth { .. } => "one-width",
            Self::BothDirections => "both-directions",
            Self::ReservedFlags => "reserved-flags",
            Self::SeveralUnmarked => "several-unmarked",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LinkMissing { link } => write!(out, "its chain names entry {link}, which does not exist"),
            Self::LayerMissing { link } => {
                write!(
                    out,
                    "the hidden entry of its layer is missing: its chain starts with {link}, which is not one"
                )
            }
            Self::LinkMisplaced { link } => write!(out, "{link} is at a wrong position in its chain"),
            Self::Circle => out.write_str("its chain contains itself"),
            Self::LayerTwice { link } => write!(out, "its chain contains layer {link} twice"),
            Self::IfsAboveNonIfs { link } => {
                write!(out, "its sockets are file handles, and those of {link} below it are not")
            }
            Self::ChainLength { length } => write!(out, "its chain has the invalid length {length}"),
            Self::PassedBy { by } => write!(out, "programs find {by}, over which it is installed, before it"),
            Self::LayerVisible => out.write_str("it is the hidden entry of a layer, but is not hidden"),
            Self::LayerUnused => out.write_str("no chain contains this layer"),
            Self::FileMissing { path } => {
                write!(out, "the file `{}` does not exist", printable(&path.to_string()))
            }
            Self::PathNotWhole { path } => {
                write!(out, "the path `{}` is not absolute", printable(&path.to_string()))
            }
            Self::OneWidth { not_in } => write!(out, "it is not in the {not_in} catalog"),
            Self::BothDirections => out.write_str(
                "its flags have both XP1_UNI_SEND and XP1_UNI_RECV: sockets that only send need an entry of their own",
            ),
            Self::ReservedFlags => out.write_str("its flags have XP1_INTERRUPT, or dwServiceFlags2 to dwServiceFlags4 are not zero: these are reserved, and \
                a later Windows may give them a meaning"),
            Self::SeveralUnmarked => out.write_str(
                "its provider has several entries for these sockets: each needs PFL_MULTIPLE_PROTO_ENTRIES, and one of \
                them PFL_RECOMMENDED_PROTO_ENTRY",
            ),
        }
    }
}

/// Finds the faults in the catalogs. `exists` states whether the file of a path exists; `None` if that is
/// unknown.
///
/// # Examples
///
/// ```
/// use wpu_install::{Memory, Width, findings};
///
/// let catalogs = Memory::sample(&Width::ALL).catalogs().clone();
/// assert!(findings(&catalogs, |_, _| Some(true)).is_empty());
/// assert_eq!(findings(&catalogs, |_, _| Some(false)).len(), 8);
/// ```
pub fn findings(catalogs: &Catalogs, exists: impl Fn(Width, &WideString) -> Option<bool>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (width, catalog) in catalogs.all() {
        let other = catalogs.all().find(|(other, _)| *other != width);
        let broken = |entry: &Entry| {
            faults(catalog, entry)
                .into_iter()
                .chain(file(entry, exists(width, &entry.path)))
                .collect::<Vec<_>>()
        };
        let is_sound = |entry: &Entry| broken(entry).is_empty();
        for entry in &catalog.entries {
            let lonely = other.and_then(|(not_in, other)| one_width(catalog, other, not_in, entry));
            for fault in broken(entry).into_iter().chain(lonely).chain(description(catalog, entry)) {
                let help = help(width, catalog, entry, &fault, &is_sound);
                found.push(Finding { width, entry: entry.id(), fault, help });
            }
        }
    }
    found
}

/// The faults of an entry among the other entries of its catalog.
fn faults(catalog: &Catalog, entry: &Entry) -> Vec<Fault> {
    let length = entry.info.ProtocolChain.ChainLen;
    if !(0..=MAX_PROTOCOL_CHAIN).contains(&length) {
        return vec![Fault::ChainLength { length }];
    }
    if entry.is_layer() {
        let id = entry.id();
        let unused = !catalog.entries.iter().any(|chain| chain.links().contains(&id));
        let visible = entry.info.dwProviderFlags & PFL_HIDDEN == 0;
        let all = [(unused, Fault::LayerUnused), (visible, Fault::LayerVisible)];
        return all.into_iter().filter(|(is, _)| *is).map(|(_, fault)| fault).collect();
    }
    if entry.links().is_empty() { Vec::new() } else { chain(catalog, entry) }
}

/// The faults in what an entry says of itself. It works nevertheless, and is not removed for them.
fn description(catalog: &Catalog, entry: &Entry) -> impl Iterator<Item = Fault> {
    let all = [
        (has_both_directions(entry.info.dwServiceFlags1), Fault::BothDirections),
        (has_reserved(&entry.info), Fault::ReservedFlags),
        (is_unmarked(catalog, entry), Fault::SeveralUnmarked),
    ];
    all.into_iter().filter(|(is, _)| *is).map(|(_, fault)| fault)
}

/// The faults of a chain.
fn chain(catalog: &Catalog, entry: &Entry) -> Vec<Fault> {
    let links = entry.links();
    let (mut faults, last) = (Vec::new(), links.len() - 1);
    for (at, link) in links.iter().enumerate() {
        let found = catalog.find(*link);
        faults.extend(match (found, at) {
            (Some(found), 0) if found.is_layer() => None,
            (_, 0) => Some(Fault::LayerMissing { link: *link }),
            (None, _) => Some(Fault::LinkMissing { link: *link }),
            (Some(found), _) => {
                // A base provider ends a chain, and a layer does not; a chain may be at any position below
                // the top.
                let base = found.links().is_empty() && !found.is_layer();
                let wrong = if at == last { found.is_layer() } else { base };
                wrong.then_some(Fault::LinkMisplaced { link: *link })
            }
        });
    }
    let below = catalog.below(entry);
    if below.iter().any(|link| link.id() == entry.id()) {
        faults.push(Fault::Circle);
        return faults;
    }
    let layers = layers(catalog, entry, links.len());
    let twice = layers.iter().enumerate().find(|(at, layer)| layers[..*at].contains(layer));
    faults.extend(twice.map(|(_, layer)| Fault::LayerTwice { link: *layer }));
    let non_ifs = below.iter().find(|link| entry.is_ifs() && !link.is_ifs());
    faults.extend(non_ifs.map(|link| Fault::IfsAboveNonIfs { link: link.id() }));
    faults.extend(passed_by(catalog, entry, &below));
    faults
}

/// The layers that calls to a chain pass through. A chain within it is followed by its own lower links,
/// unless it is the last. `depth` limits the recursion in a cycle.
fn layers(catalog: &Catalog, entry: &Entry, depth: usize) -> Vec<u32> {
    let (links, mut layers) = (entry.links(), Vec::new());
    for (at, link) in links.iter().filter_map(|link| catalog.find(*link)).enumerate() {
        let last = at + 1 == links.len();
        match link.links().first() {
            None if link.is_layer() => layers.push(link.id()),
            None => (),
            Some(_) if last && depth > 0 => layers.extend(self::layers(catalog, link, depth - 1)),
            Some(top) => layers.push(*top),
        }
    }
    layers
}

/// The entry that programs find for the sockets of a chain before it, although the chain is installed over
/// it.
fn passed_by(catalog: &Catalog, entry: &Entry, below: &[&Entry]) -> Option<Fault> {
    if !entry.is_visible() {
        return None;
    }
    let by = catalog.found_before(entry).find(|known| below.iter().any(|link| link.id() == known.id()))?;
    Some(Fault::PassedBy { by: by.id() })
}

fn file(entry: &Entry, exists: Option<bool>) -> Option<Fault> {
    let path = entry.path.clone();
    // Some systems return an empty path, which does not show a fault.
    if !path.units().is_empty() && !is_whole(&path) {
        return Some(Fault::PathNotWhole { path });
    }
    (exists == Some(false)).then_some(Fault::FileMissing { path })
}

/// A program of the other width would bypass a layer, or not find a base provider.
fn one_width(catalog: &Catalog, other: &Catalog, not_in: Width, entry: &Entry) -> Option<Fault> {
    let provider = entry.info.ProviderId;
    // Of several entries the first one is reported; of a layer, its hidden entry.
    let first = catalog.of(&provider).next().is_some_and(|first| first.id() == entry.id());
    let lonely = entry.links().is_empty() && first && !other.has(&provider);
    lonely.then_some(Fault::OneWidth { not_in })
}

/// The suggested command. A command is suggested only if it can be carried out, and removes no intact base
/// provider.
fn help(
    width: Width,
    catalog: &Catalog,
    entry: &Entry,
    fault: &Fault,
    is_sound: &dyn Fn(&Entry) -> bool,
) -> Option<String> {
    if matches!(fault, Fault::BothDirections | Fault::ReservedFlags | Fault::SeveralUnmarked) {
        return None;
    }
    // The providers of Windows must not be removed.
    if entry.is_base() && is_of_windows(&entry.path) {
        return Some(CATALOG_RESET.to_owned());
    }
    if let Fault::OneWidth { not_in } = fault {
        return installation(catalog, entry, *not_in);
    }
    // A chain is removed together with its layer.
    let provider = catalog.leader(entry).unwrap_or(entry).info.ProviderId;
    removal(width, catalog, provider, |base| !is_sound(base))
}

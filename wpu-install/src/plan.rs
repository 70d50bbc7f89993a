//! Plans: the steps of a change in order, each with its inverse.

use crate::catalog::{Catalog, Catalogs, Entry, Width};
use wpu_sys::WideString;
use wpu_sys::ffi::{GUID, WSAPROTOCOL_INFOW};

/// The steps of a change, with notes for its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The catalogs for which it was made; it is not carried out on others.
    pub before: Catalogs,
    /// The steps in order.
    pub steps: Vec<Step>,
    /// Notes for the user.
    pub notes: Vec<Note>,
}

/// One change of a catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The catalogs that it changes.
    pub place: Place,
    /// The change.
    pub action: Action,
}

/// The catalogs that a step changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// One of them.
    In(Width),
    /// Both, with one call. Not used for chains, since their ids differ.
    Both,
}

impl Plan {
    /// The reason why an entry of the plan, or of its undo, cannot be added; `cannot_add` states it for a
    /// place.
    ///
    /// The last step is never undone: after it, the plan is complete.
    pub(crate) fn cannot_add(
        &self,
        cannot_add: impl Fn(Place) -> Option<&'static str>,
    ) -> Option<&'static str> {
        let back = self.steps.iter().take(self.steps.len().saturating_sub(1));
        let back = back.flat_map(|step| step.action.inverse().into_iter().map(|action| (step.place, action)));
        let all = self.steps.iter().map(|step| (step.place, step.action.clone())).chain(back);
        let mut adds = all.filter(|(_, action)| matches!(action, Action::Add(_)));
        adds.find_map(|(place, _)| cannot_add(place))
    }
}

impl Place {
    /// The widths of the catalogs.
    #[must_use]
    pub fn widths(self) -> &'static [Width] {
        match self {
            Self::In(Width::Bits64) => &[Width::Bits64],
            Self::In(Width::Bits32) => &[Width::Bits32],
            Self::Both => &Width::ALL,
        }
    }
}

/// The change of a step, which is one call of Ws2_32.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Adds all entries of a provider after the others.
    Add(Addition),
    /// Removes all entries of a provider.
    Remove {
        /// The removed entries.
        what: Addition,
        /// Their order among the others.
        order: Vec<Key>,
    },
    /// Puts the entries in order.
    Reorder {
        /// The order before.
        from: Vec<Key>,
        /// The new order.
        to: Vec<Key>,
    },
    /// Sets the categories of a layer.
    Categorise {
        /// The layer.
        provider: GUID,
        /// The categories before; 0 is none.
        from: u32,
        /// The new categories.
        to: u32,
    },
}

/// Identifies an entry before and after it has an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// The entry that had this id when the plan was made. If it is removed and added again, it gets another
    /// id, and the key refers to that.
    Known(u32),
    /// An entry that this plan adds, counted from 1.
    New(u32),
}

/// All entries of one provider, which Ws2_32 adds and removes together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addition {
    /// The provider's id.
    pub provider: GUID,
    /// The path of its DLL.
    pub path: WideString,
    /// Its categories; 0 is none.
    pub categories: u32,
    /// Its entries.
    pub entries: Vec<Planned>,
}

/// An entry whose id, or whose chain's ids, may not be known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The key of the entry.
    pub key: Key,
    /// Its protocol information, without its id and those of its chain.
    pub info: WSAPROTOCOL_INFOW,
    /// Its chain, the top layer first; empty for other entries.
    pub chain: Vec<Key>,
}

impl Planned {
    /// A new entry that is not a chain.
    pub(crate) fn single(number: u32, info: &WSAPROTOCOL_INFOW) -> Self {
        Self { key: Key::New(number), info: *info, chain: Vec::new() }
    }

    /// An existing entry.
    pub(crate) fn known(entry: &Entry) -> Self {
        let mut info = entry.info;
        info.dwCatalogEntryId = 0;
        let chain: Vec<_> = entry.links().iter().map(|id| Key::Known(*id)).collect();
        info.ProtocolChain.ChainEntries[..chain.len()].fill(0);
        Self { key: Key::Known(entry.id()), info, chain }
    }

    /// The protocol information for Ws2_32, when the ids are known.
    pub(crate) fn resolve(&self, number: impl Fn(Key) -> u32) -> WSAPROTOCOL_INFOW {
        let mut info = self.info;
        for (slot, key) in info.ProtocolChain.ChainEntries.iter_mut().zip(&self.chain) {
            *slot = number(*key);
        }
        info
    }
}

impl Addition {
    /// The existing entries of a provider for which `keep` returns true.
    pub(crate) fn known(catalog: &Catalog, provider: &GUID, keep: impl Fn(u32) -> bool) -> Option<Self> {
        let first = catalog.of(provider).next()?;
        let kept = catalog.of(provider).filter(|entry| keep(entry.id()));
        Some(Self {
            provider: *provider,
            path: first.path.clone(),
            categories: first.categories,
            entries: kept.map(Planned::known).collect(),
        })
    }
}

impl Action {
    /// The steps that undo it, in order.
    #[must_use]
    pub fn inverse(&self) -> Vec<Self> {
        match self {
            Self::Add(what) => vec![Self::Remove { what: what.clone(), order: Vec::new() }],
            Self::Remove { what, order } => {
                let mut back = vec![Self::Add(what.clone())];
                if what.categories != 0 {
                    back.push(Self::Categorise { provider: what.provider, from: 0, to: what.categories });
                }
                // Added entries are first placed after the others.
                back.push(Self::Reorder { from: Vec::new(), to: order.clone() });
                back
            }
            Self::Reorder { from, to } => vec![Self::Reorder { from: to.clone(), to: from.clone() }],
            Self::Categorise { provider, from, to } => {
                vec![Self::Categorise { provider: *provider, from: *to, to: *from }]
            }
        }
    }
}

/// A note for the user of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// Layers are deprecated.
    Deprecated,
    /// Services and system processes do not load a layer without a category.
    NoCategory,
    /// A layer that system processes load can end them all.
    SystemProcesses,
    /// Running programs keep the catalog that they read at their start.
    Restart,
    /// Another entry offers the same sockets, and programs find it first.
    FoundLater {
        /// The catalog.
        width: Width,
        /// The new entry.
        entry: String,
        /// The entry that programs find.
        before: String,
    },
    /// The layer is not installed over all entries, so that calls that take several sockets may fail.
    Uncovered {
        /// The catalog.
        width: Width,
        /// The entries over which it is not installed.
        entries: Vec<String>,
    },
    /// An entry was omitted that was not named.
    LeftOut {
        /// The catalog.
        width: Width,
        /// The entry.
        entry: String,
        /// The reason.
        why: &'static str,
    },
    /// One path is used by programs of both widths.
    OnePath,
    /// The provider is not in this catalog.
    NotIn(Width),
}

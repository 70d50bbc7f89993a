//! A plan: the steps of a change in order, each with its way back.

use crate::catalog::{Catalog, Catalogs, Entry, Width};
use wpu_sys::WideString;
use wpu_sys::ffi::{GUID, WSAPROTOCOL_INFOW};

/// The steps of a change, and what its user should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The catalogs that it was made for; in others it is not carried out.
    pub before: Catalogs,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// What its user should know.
    pub notes: Vec<Note>,
}

/// One change of a catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where it is made.
    pub place: Place,
    /// What is done.
    pub action: Action,
}

/// The catalogs that a step changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// One of them.
    In(Width),
    /// Both, with one call. Never for chains, since the ids in them differ.
    Both,
}

impl Plan {
    /// Why something on the way, or on the way back, cannot be added; `cannot_add` says so of a place.
    ///
    /// The way back of the last step is never taken: when that is done, all is.
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
    /// The widths that it stands for.
    #[must_use]
    pub fn widths(self) -> &'static [Width] {
        match self {
            Self::In(Width::Bits64) => &[Width::Bits64],
            Self::In(Width::Bits32) => &[Width::Bits32],
            Self::Both => &Width::ALL,
        }
    }
}

/// What a step does. Each is one call of Ws2_32.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Adds all entries of a provider, behind the others.
    Add(Addition),
    /// Removes all entries of a provider.
    Remove {
        /// What is removed.
        what: Addition,
        /// The order that they had among the others.
        order: Vec<Key>,
    },
    /// Puts the entries in order.
    Reorder {
        /// The order until now.
        from: Vec<Key>,
        /// The new one.
        to: Vec<Key>,
    },
    /// Sets the categories of a layer.
    Categorise {
        /// The layer.
        provider: GUID,
        /// Those until now; 0 is none.
        from: u32,
        /// The new ones.
        to: u32,
    },
}

/// An entry, before and after it has a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// The entry that had this number when the plan was made. If it is removed and comes back, Ws2_32 gives
    /// it another, and the key stands for that one.
    Known(u32),
    /// The entry that this plan adds, counted from 1.
    New(u32),
}

/// All entries of one provider, which Ws2_32 takes and removes together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addition {
    /// The provider.
    pub provider: GUID,
    /// Its DLL.
    pub path: WideString,
    /// Its categories; 0 is none.
    pub categories: u32,
    /// Its entries.
    pub entries: Vec<Planned>,
}

/// An entry whose number, and the numbers in whose chain, may not be known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// What the plan calls it.
    pub key: Key,
    /// All but its number and those of its chain.
    pub info: WSAPROTOCOL_INFOW,
    /// Its chain, the top layer first; nothing for other entries.
    pub chain: Vec<Key>,
}

impl Planned {
    /// A new entry that is no chain.
    pub(crate) fn single(number: u32, info: &WSAPROTOCOL_INFOW) -> Self {
        Self { key: Key::New(number), info: *info, chain: Vec::new() }
    }

    /// An entry that is there.
    pub(crate) fn known(entry: &Entry) -> Self {
        let mut info = entry.info;
        info.dwCatalogEntryId = 0;
        let chain: Vec<_> = entry.links().iter().map(|id| Key::Known(*id)).collect();
        info.ProtocolChain.ChainEntries[..chain.len()].fill(0);
        Self { key: Key::Known(entry.id()), info, chain }
    }

    /// What Ws2_32 is given, once the numbers are known.
    pub(crate) fn resolve(&self, number: impl Fn(Key) -> u32) -> WSAPROTOCOL_INFOW {
        let mut info = self.info;
        for (slot, key) in info.ProtocolChain.ChainEntries.iter_mut().zip(&self.chain) {
            *slot = number(*key);
        }
        info
    }
}

impl Addition {
    /// The entries of a provider as they are, or those of them that `keep` says.
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
    /// What takes it back, in order.
    #[must_use]
    pub fn inverse(&self) -> Vec<Self> {
        match self {
            Self::Add(what) => vec![Self::Remove { what: what.clone(), order: Vec::new() }],
            Self::Remove { what, order } => {
                let mut back = vec![Self::Add(what.clone())];
                if what.categories != 0 {
                    back.push(Self::Categorise { provider: what.provider, from: 0, to: what.categories });
                }
                // What is added stands behind the others at first.
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

/// What the user of a plan should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// Layers are deprecated.
    Deprecated,
    /// A layer without a category is kept out of services and system processes.
    NoCategory,
    /// A layer that may run in system processes can end them all.
    SystemProcesses,
    /// Programs that run keep the catalog that they started with.
    Restart,
    /// Something else offers the same sockets, and programs find it first.
    FoundLater {
        /// Where.
        width: Width,
        /// The new entry.
        entry: String,
        /// What programs find.
        before: String,
    },
    /// The layer is not over everything, which calls that take several sockets cannot cope with.
    Uncovered {
        /// Where.
        width: Width,
        /// What it is not over.
        entries: Vec<String>,
    },
    /// An entry that was not named was left out.
    LeftOut {
        /// Where.
        width: Width,
        /// The entry.
        entry: String,
        /// Why.
        why: &'static str,
    },
    /// One path serves programs of both widths.
    OnePath,
    /// The provider is not in this catalog.
    NotIn(Width),
}

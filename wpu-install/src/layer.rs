//! Plans the installation of a layer over chosen entries.

use crate::base::{check, check_name, check_path, one_path};
use crate::catalog::{Catalog, Catalogs, Entry, Width, named};
use crate::categories::CATEGORIES;
use crate::flags::mark_several;
use crate::guid::derive;
use crate::path::same_file;
use crate::plan::{Action, Addition, Key, Note, Place, Plan, Planned, Step};
use crate::problem::Problem;
use wpu_sys::ffi::{
    GUID, LAYERED_PROTOCOL, LSP_SYSTEM, MAX_PROTOCOL_CHAIN, PFL_HIDDEN, WSAPROTOCOL_INFOW, XP1_IFS_HANDLES,
};
use wpu_sys::{Class, WideString};

/// A layer to install.
#[derive(Debug, Clone)]
pub struct Layer {
    /// The id of its hidden entry. The ids of its chains are derived from it.
    pub provider: GUID,
    /// The protocol name of its hidden entry.
    pub name: String,
    /// The path of its DLL.
    pub path: WideString,
    /// Whether its sockets are file handles.
    pub class: Class,
    /// The entries over which it is installed.
    pub over: Over,
    /// Its categories, of [`CATEGORIES`]; 0 is none.
    pub categories: u32,
}

/// The entries over which a layer is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Over {
    /// For each kind of sockets that programs can request, the entry that they find.
    Every,
    /// For each of these address families, socket types and protocols, the entry that programs find.
    Sockets(Vec<(i32, i32, i32)>),
    /// Entries by their ids, in one catalog only.
    Entries(Vec<u32>),
}

impl Layer {
    /// The steps that install the layer in all of `catalogs`: its hidden entry, a chain before each entry
    /// over which it is installed, and its categories.
    ///
    /// # Errors
    ///
    /// The reason why there is no plan.
    pub fn plan(&self, catalogs: &Catalogs) -> Result<Plan, Problem> {
        check(catalogs, &self.provider)?;
        check_name(&self.name)?;
        check_path(&self.path)?;
        let unknown = CATEGORIES.iter().fold(self.categories, |rest, (_, known)| rest & !known);
        if unknown != 0 {
            return Err(Problem::UnknownCategories { unknown });
        }
        if matches!(self.over, Over::Entries(_)) && catalogs.all().count() > 1 {
            return Err(Problem::NumbersInBoth);
        }
        let (mut steps, mut notes) = (Vec::new(), self.notes(catalogs));
        for (width, catalog) in catalogs.all() {
            let chosen = self.chosen(width, catalog, &mut notes)?;
            self.covers_all(width, catalog, &chosen, &mut notes);
            let actions = self.actions(catalog, &chosen);
            steps.extend(actions.into_iter().map(|action| Step { place: Place::In(width), action }));
        }
        notes.push(Note::Restart);
        Ok(Plan { before: catalogs.clone(), steps, notes })
    }

    fn notes(&self, catalogs: &Catalogs) -> Vec<Note> {
        let mut notes = vec![Note::Deprecated];
        if self.categories == 0 {
            notes.push(Note::NoCategory);
        } else if self.categories & LSP_SYSTEM != 0 {
            notes.push(Note::SystemProcesses);
        }
        notes.extend(one_path(catalogs));
        notes
    }

    /// The entries over which the layer is installed, each of which can be layered.
    fn chosen<'a>(
        &self,
        width: Width,
        catalog: &'a Catalog,
        notes: &mut Vec<Note>,
    ) -> Result<Vec<&'a Entry>, Problem> {
        let mut chosen: Vec<&Entry> = Vec::new();
        match &self.over {
            Over::Every => {
                for entry in found_first(catalog) {
                    match self.non_ifs(catalog, entry) {
                        Some(_) => notes.push(Note::LeftOut {
                            width,
                            entry: entry.shown(),
                            why: "its sockets are not file handles, and an IFS layer must be below every non-IFS layer",
                        }),
                        None => chosen.push(entry),
                    }
                }
            }
            Over::Sockets(all) => {
                for wanted in all {
                    let found =
                        catalog.entries.iter().find(|entry| entry.is_visible() && entry.sockets() == *wanted);
                    chosen.push(found.ok_or(Problem::NoOffer { width, sockets: *wanted })?);
                }
            }
            Over::Entries(ids) => {
                for id in ids {
                    chosen.push(catalog.find(*id).ok_or(Problem::NoEntry { width, id: *id })?);
                }
            }
        }
        if chosen.is_empty() {
            return Err(Problem::NothingChosen { width });
        }
        for (at, entry) in chosen.iter().enumerate() {
            if chosen[..at].contains(entry) {
                return Err(Problem::ChosenTwice { width, entry: entry.shown() });
            }
            self.can_cover(width, catalog, entry)?;
        }
        Ok(chosen)
    }

    fn can_cover(&self, width: Width, catalog: &Catalog, entry: &Entry) -> Result<(), Problem> {
        let shown = || entry.shown();
        let not = |why| Err(Problem::NotToBeCovered { width, entry: shown(), why });
        if entry.is_layer() {
            return not("it is the hidden entry of a layer, which has no sockets");
        }
        if !entry.is_visible() {
            return not("it is hidden, so that no program finds it");
        }
        if entry.info.ProtocolChain.ChainLen >= MAX_PROTOCOL_CHAIN {
            return Err(Problem::ChainFull { width, entry: shown() });
        }
        let below = catalog.below(entry);
        if entry.links().iter().any(|id| catalog.find(*id).is_none()) {
            return not("its chain names an entry that does not exist");
        }
        if below.iter().any(|link| link.is_layer() && same_file(&link.path, &self.path)) {
            return Err(Problem::LayerTwice { width, entry: shown() });
        }
        if let Some(non_ifs) = self.non_ifs(catalog, entry) {
            return Err(Problem::IfsAboveNonIfs { width, entry: shown(), non_ifs: non_ifs.shown() });
        }
        // A chain after an existing chain over the same entry would receive no calls; before that chain, it
        // would make calls bypass the layer of that chain.
        match catalog.found_before(entry).find(|known| catalog.below(known).contains(&entry)) {
            Some(by) if self.class == Class::Ifs && !by.is_ifs() => {
                Err(Problem::IfsAboveNonIfs { width, entry: shown(), non_ifs: by.shown() })
            }
            Some(by) => Err(Problem::Covered { width, entry: shown(), by: by.shown() }),
            None => Ok(()),
        }
    }

    /// The entry that prevents an IFS layer over `entry`: one whose sockets are not file handles.
    fn non_ifs<'a>(&self, catalog: &'a Catalog, entry: &'a Entry) -> Option<&'a Entry> {
        let mut all = [entry].into_iter().chain(catalog.below(entry));
        all.find(|entry| self.class == Class::Ifs && !entry.is_ifs())
    }

    /// Checks that the layer covers all sockets, since `select` and `poll` take sockets of one provider only.
    fn covers_all(&self, width: Width, catalog: &Catalog, chosen: &[&Entry], notes: &mut Vec<Note>) {
        if self.class == Class::NonIfs {
            let rest = found_first(catalog).filter(|entry| !chosen.contains(entry));
            let entries: Vec<_> = rest.map(Entry::shown).collect();
            if !entries.is_empty() {
                notes.push(Note::Uncovered { width, entries });
            }
        }
    }

    fn actions(&self, catalog: &Catalog, chosen: &[&Entry]) -> Vec<Action> {
        let addition = |provider, categories, entries| {
            Action::Add(Addition { provider, path: self.path.clone(), categories, entries })
        };
        let mut actions =
            vec![addition(self.provider, self.categories, vec![Planned::single(1, &self.own(chosen[0]))])];
        if self.categories != 0 {
            // Set before chains exist, so that no program loads the layer without its categories.
            actions.push(Action::Categorise { provider: self.provider, from: 0, to: self.categories });
        }
        let mut ids = Ids { layer: &self.provider, catalog, given: Vec::new() };
        let mut chains: Vec<_> = (2..).zip(chosen).map(|(number, entry)| self.chain(number, entry)).collect();
        match self.class {
            // Ws2_32 starts an IFS provider once for each id, with the chain of that id.
            Class::Ifs => {
                for (mut chain, entry) in chains.into_iter().zip(chosen) {
                    chain.info.ProviderId = ids.next(entry.sockets());
                    actions.push(addition(chain.info.ProviderId, 0, vec![chain]));
                }
            }
            Class::NonIfs => {
                let provider = ids.next((0, 0, 0));
                let mut infos: Vec<_> = chains.iter().map(|chain| chain.info).collect();
                mark_several(&mut infos);
                for (chain, info) in chains.iter_mut().zip(infos) {
                    chain.info = WSAPROTOCOL_INFOW { ProviderId: provider, ..info };
                }
                actions.push(addition(provider, 0, chains));
            }
        }
        actions.push(order(catalog, chosen));
        actions
    }

    /// The hidden entry that represents the layer in chains.
    fn own(&self, first: &Entry) -> WSAPROTOCOL_INFOW {
        let mut info = WSAPROTOCOL_INFOW {
            ProviderId: self.provider,
            dwServiceFlags1: self.flags(first),
            dwProviderFlags: PFL_HIDDEN,
            dwCatalogEntryId: 0,
            iSocketType: 0,
            iProtocol: 0,
            iProtocolMaxOffset: 0,
            szProtocol: named(&self.name),
            ..first.info
        };
        info.ProtocolChain = WSAPROTOCOL_INFOW::ZERO.ProtocolChain;
        info.ProtocolChain.ChainLen = LAYERED_PROTOCOL;
        info
    }

    /// The chain of the layer over an entry: it offers the same, except that `XP1_IFS_HANDLES` is that of the
    /// layer.
    fn chain(&self, number: u32, over: &Entry) -> Planned {
        let mut info = WSAPROTOCOL_INFOW {
            dwServiceFlags1: self.flags(over),
            dwCatalogEntryId: 0,
            szProtocol: named(&format!("{} over [{}]", self.name, over.name())),
            ..over.info
        };
        // An existing chain is represented in the new one by its top entry; its lower links follow.
        let lower = over.links().iter().skip(1).map(|id| Key::Known(*id));
        let chain: Vec<_> = [Key::New(1), Key::Known(over.id())].into_iter().chain(lower).collect();
        info.ProtocolChain = WSAPROTOCOL_INFOW::ZERO.ProtocolChain;
        info.ProtocolChain.ChainLen = i32::try_from(chain.len()).unwrap_or(MAX_PROTOCOL_CHAIN);
        Planned { key: Key::New(number), info, chain }
    }

    fn flags(&self, over: &Entry) -> u32 {
        match self.class {
            Class::Ifs => over.info.dwServiceFlags1 | XP1_IFS_HANDLES,
            Class::NonIfs => over.info.dwServiceFlags1 & !XP1_IFS_HANDLES,
        }
    }
}

/// The entries that programs find: for each kind of sockets, the first visible entry.
fn found_first(catalog: &Catalog) -> impl Iterator<Item = &Entry> {
    let visible = || catalog.entries.iter().filter(|entry| entry.is_visible());
    visible().filter(move |entry| {
        visible()
            .find(|known| known.sockets() == entry.sockets())
            .is_some_and(|first| first.id() == entry.id())
    })
}

/// Places each chain directly before the entry over which it is installed, and the hidden entry last:
/// programs that found an entry then find its chain, and nothing else changes.
fn order(catalog: &Catalog, chosen: &[&Entry]) -> Action {
    let known = catalog.ids();
    let chain =
        |id: u32| (2..).zip(chosen).find(|(_, entry)| entry.id() == id).map(|(number, _)| Key::New(number));
    let new = (1..).map(Key::New).take(chosen.len() + 1);
    let from = known.iter().map(|id| Key::Known(*id)).chain(new).collect();
    let to = known.iter().flat_map(|id| chain(*id).into_iter().chain([Key::Known(*id)])).chain([Key::New(1)]);
    Action::Reorder { from, to: to.collect() }
}

/// Creates ids for chains that no other provider has.
struct Ids<'a> {
    layer: &'a GUID,
    catalog: &'a Catalog,
    given: Vec<GUID>,
}

impl Ids<'_> {
    fn next(&mut self, (family, kind, protocol): (i32, i32, i32)) -> GUID {
        let words = [family, kind, protocol].map(i32::cast_unsigned);
        let candidates = (0..).map(|turn| derive(self.layer, &[words[0], words[1], words[2], turn]));
        let free = |id: &GUID| !self.catalog.has(id) && !self.given.contains(id);
        let id = candidates.into_iter().find(free).unwrap_or(GUID::ZERO);
        self.given.push(id);
        id
    }
}

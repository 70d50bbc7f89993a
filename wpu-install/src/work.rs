//! Carries out a plan: its steps, reading them back, and undoing them.

use crate::catalog::{Catalog, Entry, Width, links, name};
use crate::differences::{Ours, differences};
use crate::failure::{Added, Failure};
use crate::guid::GuidText;
use crate::numbers::{Numbers, number};
use crate::plan::{Action, Addition, Key, Place, Plan, Step};
use crate::registrar::Registrar;
use wpu_sys::WsaError;
use wpu_sys::ffi::{GUID, PFL_HIDDEN, WSAPROTOCOL_INFOW, XP1_IFS_HANDLES};

/// The reason why a step was not made.
#[derive(Debug)]
pub(crate) enum Stop {
    Failed(WsaError),
    /// The change of another installer.
    Overtaken(String),
}

impl From<WsaError> for Stop {
    fn from(error: WsaError) -> Self {
        Self::Failed(error)
    }
}

/// The error that is assumed for a call that reports success without effect.
const NOT_DONE: Stop = Stop::Failed(WsaError::WSASYSCALLFAILURE);

pub(crate) struct Work<'a> {
    plan: &'a Plan,
    registrar: &'a mut dyn Registrar,
    numbers: Numbers,
    /// The entries that this run added. Ids are not reused: an entry that is not in this list and did not
    /// exist before belongs to another installer.
    added: Vec<(Width, u32)>,
    /// The requested entries that exist after a failed call. It is unknown whether that call or another
    /// installer added them, so they are not removed.
    unclear: Vec<(Width, u32)>,
    /// The entries that calls were asked to add, where the catalog could not be read afterwards, and whether
    /// the call succeeded.
    unread: Vec<(Width, Addition, Vec<WSAPROTOCOL_INFOW>, bool)>,
    /// The steps, counted from 0, for which a call was made.
    made: Vec<(usize, Width)>,
    /// The step that is being made or undone.
    at: usize,
    /// The problems of undoing.
    troubles: Vec<String>,
}

impl<'a> Work<'a> {
    pub(crate) fn new(plan: &'a Plan, registrar: &'a mut dyn Registrar) -> Self {
        Self {
            plan,
            registrar,
            numbers: Numbers::new(),
            added: Vec::new(),
            unclear: Vec::new(),
            unread: Vec::new(),
            made: Vec::new(),
            at: 0,
            troubles: Vec::new(),
        }
    }

    pub(crate) fn is_expected(&mut self) -> Result<(), Failure> {
        for (width, catalog) in self.plan.before.all() {
            let now = self.registrar.read(width).map_err(|error| Failure::Unreadable { width, error })?;
            if now != *catalog {
                return Err(Failure::Changed { width });
            }
        }
        Ok(())
    }

    pub(crate) fn is_in_reach(&self) -> Result<(), Failure> {
        match self.plan.out_of_reach(self.registrar) {
            Some(why) => Err(Failure::OutOfReach { why }),
            None => Ok(()),
        }
    }

    /// Makes all steps, or those before the first failure.
    pub(crate) fn run(&mut self) -> Result<(), (&'a Step, Stop)> {
        for (at, step) in self.plan.steps.iter().enumerate() {
            self.at = at;
            self.step(step).map_err(|stop| (step, stop))?;
        }
        // If such entries were removed meanwhile, chains would name entries that do not exist.
        let last = self.plan.steps.last();
        last.map_or(Ok(()), |step| self.are_there().map_err(|stop| (step, stop)))
    }

    fn are_there(&mut self) -> Result<(), Stop> {
        for width in self.plan.before.all().map(|(width, _)| width) {
            let now = self.registrar.read(width)?;
            let gone = |id: &u32| now.find(*id).is_none();
            for id in self.added.iter().filter(|(of, _)| *of == width).map(|(_, id)| *id) {
                let links = now.find(id).map(Entry::links).unwrap_or_default();
                // Links that were invalid from the start are ignored.
                let mut needed = links.iter().copied().filter(|link| self.is_known(width, *link));
                if let Some(id) = [id].into_iter().chain(&mut needed).find(gone) {
                    return Err(Stop::Overtaken(format!("removed {id}")));
                }
            }
        }
        Ok(())
    }

    fn step(&mut self, step: &Step) -> Result<(), Stop> {
        if let Action::Add(what) = &step.action {
            return self.add(step.place, what);
        }
        step.place.widths().iter().try_for_each(|width| self.change(*width, &step.action))
    }

    fn change(&mut self, width: Width, action: &Action) -> Result<(), Stop> {
        match action {
            Action::Add(what) => self.add(Place::In(width), what),
            Action::Remove { what, .. } => self.remove(width, &what.provider),
            Action::Categorise { provider, to, .. } => self.categorise(width, provider, *to),
            Action::Reorder { to, .. } => self.reorder(width, to),
        }
    }

    fn add(&mut self, place: Place, what: &Addition) -> Result<(), Stop> {
        // A call for both catalogs has no chain, and so no id.
        let first = place.widths()[0];
        let infos: Vec<_> =
            what.entries.iter().map(|entry| entry.resolve(|key| number(&self.numbers, first, key))).collect();
        for width in place.widths() {
            let there = shown(self.registrar.read(*width)?.of(&what.provider));
            if !there.is_empty() {
                return Err(Stop::Overtaken(format!("added {there}")));
            }
        }
        self.making(place.widths());
        let answer = self.registrar.add(place, &what.provider, &what.path, &infos);
        let mut complete = true;
        for (at, width) in place.widths().iter().enumerate() {
            let now = match self.registrar.read(*width) {
                Ok(now) => now,
                Err(error) => {
                    // Which entries the call added is found out before they are removed.
                    let rest = place.widths()[at..].iter().map(|width| (*width, answer.is_ok()));
                    self.unread
                        .extend(rest.map(|(width, is_ok)| (width, what.clone(), infos.clone(), is_ok)));
                    return Err(error.into());
                }
            };
            complete &= self.recognise(*width, &now, what, &infos, answer.is_ok())?;
        }
        answer?;
        if complete { Ok(()) } else { Err(NOT_DONE) }
    }

    /// Records the entries that a call added. Returns whether these are the requested ones.
    fn recognise(
        &mut self,
        width: Width,
        now: &Catalog,
        what: &Addition,
        infos: &[WSAPROTOCOL_INFOW],
        succeeded: bool,
    ) -> Result<bool, Stop> {
        let mut complete = true;
        let mut found: Vec<&Entry> = now.of(&what.provider).collect();
        for (planned, info) in what.entries.iter().zip(infos) {
            let asked = |entry: &&Entry| entry.path == what.path && same(&entry.info, info);
            match found.iter().position(asked) {
                Some(at) => {
                    let entry = found.remove(at);
                    self.found(width, planned.key, entry, succeeded);
                }
                None => complete = false,
            }
        }
        // After a success, an entry that the call created is recognised by its DLL.
        let (made, foreign): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|entry| succeeded && entry.path == what.path);
        self.added.extend(made.iter().map(|entry| (width, entry.id())));
        complete &= made.is_empty();
        if !foreign.is_empty() {
            return Err(Stop::Overtaken(format!("added {}", shown(foreign))));
        }
        Ok(complete)
    }

    /// Records a requested entry. A failed call may have added it nevertheless: that is certain for a chain
    /// that names another entry of this run, whose id no other installer knows.
    fn found(&mut self, width: Width, key: Key, entry: &Entry, succeeded: bool) {
        let of_this_run = |link: &u32| self.added.contains(&(width, *link));
        if succeeded || entry.links().iter().any(of_this_run) {
            self.added.push((width, entry.id()));
        } else if let Key::New(_) = key {
            self.unclear.push((width, entry.id()));
            return;
        }
        // An entry that existed before exists again, whoever added it.
        self.numbers.insert((width, key), entry.id());
    }

    fn remove(&mut self, width: Width, provider: &GUID) -> Result<(), Stop> {
        let now = self.registrar.read(width)?;
        self.owns(width, &now, provider)?;
        self.stands_below(width, &now, provider)?;
        if !now.has(provider) {
            return Err(Stop::Overtaken("removed them".to_owned()));
        }
        self.making(&[width]);
        self.registrar.remove(width, provider)?;
        // On some systems these functions report success and do nothing.
        let now = self.registrar.read(width)?;
        let gone = !now.of(provider).any(|entry| self.is_known(width, entry.id()));
        if gone { Ok(()) } else { Err(NOT_DONE) }
    }

    fn categorise(&mut self, width: Width, provider: &GUID, to: u32) -> Result<(), Stop> {
        let now = self.registrar.read(width)?;
        self.owns(width, &now, provider)?;
        self.making(&[width]);
        self.registrar.categorise(width, provider, to)?;
        let now = self.registrar.read(width)?;
        self.owns(width, &now, provider)?;
        if now.of(provider).all(|entry| entry.categories == to) { Ok(()) } else { Err(NOT_DONE) }
    }

    fn reorder(&mut self, width: Width, to: &[Key]) -> Result<(), Stop> {
        let now = self.registrar.read(width)?.ids();
        let order = self.order(width, &now, to);
        self.making(&[width]);
        self.registrar.reorder(width, &order)?;
        // Entries of others may have been added or removed.
        let now = self.registrar.read(width)?.ids();
        let (is, asked) = (both(&now, &order), both(&order, &now));
        if is == asked { Ok(()) } else { Err(NOT_DONE) }
    }

    /// The requested order of the existing entries. Entries that another installer added meanwhile stay after
    /// their predecessors.
    fn order(&self, width: Width, now: &[u32], to: &[Key]) -> Vec<u32> {
        let mut order: Vec<_> = to.iter().map(|key| number(&self.numbers, width, *key)).collect();
        order.retain(|id| now.contains(id));
        for (at, id) in now.iter().enumerate().filter(|(_, id)| !to_has(to, &self.numbers, width, **id)) {
            let before = now[..at].iter().rev().find(|before| !self.added.contains(&(width, **before)));
            let behind = before.and_then(|before| order.iter().position(|known| known == before));
            order.insert(behind.map_or(0, |behind| behind + 1), *id);
        }
        order
    }

    /// Records that a call is made: from now on there may be a change to undo.
    fn making(&mut self, widths: &[Width]) {
        self.made.extend(widths.iter().map(|width| (self.at, *width)));
    }

    /// Whether the entry existed before, or this run added it.
    fn is_known(&self, width: Width, id: u32) -> bool {
        let before = self.plan.before.get(width);
        self.added.contains(&(width, id)) || before.is_some_and(|before| before.find(id).is_some())
    }

    /// Checks that all existing entries of the provider are known.
    fn owns(&self, width: Width, now: &Catalog, provider: &GUID) -> Result<(), Stop> {
        let foreign = shown(now.of(provider).filter(|entry| !self.is_known(width, entry.id())));
        if foreign.is_empty() { Ok(()) } else { Err(Stop::Overtaken(format!("added {foreign}"))) }
    }

    /// Checks that no chain that another installer added contains an entry of the provider, since its removal
    /// would break the chain.
    fn stands_below(&self, width: Width, now: &Catalog, provider: &GUID) -> Result<(), Stop> {
        let names = |chain: &&Entry| {
            let mut links = chain.links().iter().filter_map(|link| now.find(*link));
            links.any(|link| link.info.ProviderId == *provider)
        };
        let foreign = now.entries.iter().filter(|entry| !self.is_known(width, entry.id()));
        let above = shown(foreign.filter(names));
        if above.is_empty() { Ok(()) } else { Err(Stop::Overtaken(format!("added {above}"))) }
    }

    /// Undoes the steps, the last first; the failed step may have been made in part.
    pub(crate) fn take_back(&mut self) {
        self.read_again();
        for (at, step) in self.plan.steps.iter().enumerate().rev() {
            for action in step.action.inverse() {
                for width in step.place.widths() {
                    if !self.made.contains(&(at, *width)) {
                        continue;
                    }
                    if let Err(stop) = self.restore(*width, &action) {
                        let step = Step { place: Place::In(*width), action: action.clone() };
                        self.troubles.push(match stop {
                            Stop::Failed(error) => format!("cannot {step}: {error}"),
                            Stop::Overtaken(by) => format!("cannot {step}: another installer {by}"),
                        });
                    }
                }
            }
        }
    }

    /// Finds out which entries a call added after which the catalog could not be read.
    fn read_again(&mut self) {
        for (width, what, infos, succeeded) in std::mem::take(&mut self.unread) {
            match self.registrar.read(width) {
                // A fault of the entries does not matter any more.
                Ok(now) => drop(self.recognise(width, &now, &what, &infos, succeeded)),
                Err(_) => self.unread.push((width, what, infos, succeeded)),
            }
        }
    }

    /// Restores the entries that existed at the start.
    fn restore(&mut self, width: Width, action: &Action) -> Result<(), Stop> {
        let now = self.registrar.read(width)?;
        let known = |provider| now.of(provider).any(|entry| self.is_known(width, entry.id()));
        let done = match action {
            Action::Add(what) => known(&what.provider),
            Action::Remove { what, .. } => !known(&what.provider),
            Action::Reorder { to, .. } => self.order(width, &now.ids(), to) == now.ids(),
            Action::Categorise { provider, to, .. } => now.of(provider).all(|entry| entry.categories == *to),
        };
        if done { Ok(()) } else { self.change(width, action) }
    }

    /// Describes the remaining differences.
    pub(crate) fn left(&mut self) -> Vec<String> {
        let unread = self.unread.iter().map(|(width, what, ..)| {
            let provider = GuidText(what.provider);
            format!("perhaps added to the {width} catalog, which could not be read: entries of {provider}")
        });
        let mut left: Vec<_> = unread.collect();
        for (width, catalog) in self.plan.before.all() {
            match self.registrar.read(width) {
                Ok(now) => {
                    left.extend(differences(width, catalog, &now, &self.ours(width)));
                    let unclear = self.unclear.iter().filter(|(of, _)| *of == width);
                    left.extend(unclear.filter_map(|(_, id)| now.find(*id)).map(|entry| {
                        let shown = entry.shown();
                        format!(
                            "new in the {width} catalog, by the call that failed or by another installer: {shown}"
                        )
                    }));
                }
                Err(error) => left.push(format!("the {width} catalog can no longer be read: {error}")),
            }
        }
        if !left.is_empty() {
            left.append(&mut self.troubles);
        }
        left
    }

    /// The changes of this run to a catalog.
    fn ours(&self, width: Width) -> Ours<'_> {
        let made = self.made.iter().filter(|(_, of)| *of == width);
        let actions: Vec<_> = made.map(|(at, _)| &self.plan.steps[*at].action).collect();
        let providers = actions.iter().filter_map(|action| match action {
            Action::Add(what) | Action::Remove { what, .. } => Some(what.provider),
            Action::Categorise { provider, .. } => Some(*provider),
            Action::Reorder { .. } => None,
        });
        Ours {
            numbers: &self.numbers,
            added: self.added.iter().filter(|(of, _)| *of == width).map(|(_, id)| *id).collect(),
            providers: providers.collect(),
            moved: actions
                .iter()
                .any(|action| matches!(action, Action::Remove { .. } | Action::Reorder { .. })),
        }
    }

    pub(crate) fn added(&self) -> Vec<Added> {
        let adds = self.plan.steps.iter().filter_map(|step| match &step.action {
            Action::Add(what) => Some((step.place, what)),
            _ => None,
        });
        let entries = adds.flat_map(|(place, what)| {
            place.widths().iter().flat_map(move |width| what.entries.iter().map(move |entry| (*width, entry)))
        });
        let added = entries.map(|(width, entry)| Added {
            width,
            id: number(&self.numbers, width, entry.key),
            name: name(&entry.info),
        });
        added.collect()
    }
}

fn to_has(to: &[Key], numbers: &Numbers, width: Width, id: u32) -> bool {
    to.iter().any(|key| number(numbers, width, *key) == id)
}

/// The elements of `all` that are also in `others`.
fn both(all: &[u32], others: &[u32]) -> Vec<u32> {
    all.iter().filter(|id| others.contains(id)).copied().collect()
}

fn shown<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> String {
    entries.into_iter().map(Entry::shown).collect::<Vec<_>>().join(", ")
}

/// Whether an entry is the requested one, whatever Ws2_32 changed in the rest.
fn same(is: &WSAPROTOCOL_INFOW, asked: &WSAPROTOCOL_INFOW) -> bool {
    let of = |info: &WSAPROTOCOL_INFOW| {
        let sockets = (info.iAddressFamily, info.iSocketType, info.iProtocol);
        let flags = (info.dwServiceFlags1 & XP1_IFS_HANDLES, info.dwProviderFlags & PFL_HIDDEN);
        (sockets, flags, info.ProtocolChain.ChainLen, name(info))
    };
    of(is) == of(asked) && links(is) == links(asked)
}

//! Carrying out a plan, and taking it back where a step fails.

use crate::catalog::{Catalog, Catalogs, Entry, Width, links, name};
use crate::differences::differences;
use crate::plan::{Action, Addition, Key, Place, Plan, Step};
use std::collections::BTreeMap;
use std::fmt;
use wpu_sys::ffi::{GUID, WSAPROTOCOL_INFOW};
use wpu_sys::{WideString, WsaError};

/// Who changes the catalogs: [Ws2_32](crate::System), or a [copy in memory](crate::Memory).
pub trait Registrar {
    /// The catalogs that can be read.
    fn widths(&self) -> Vec<Width>;

    /// What a catalog holds, hidden entries too, in order.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    fn read(&mut self, width: Width) -> Result<Catalog, WsaError>;

    /// Why this program cannot add entries there, if it cannot.
    fn cannot_add(&self, place: Place) -> Option<&'static str>;

    /// Adds all entries of a provider, behind the others. They get numbers.
    ///
    /// # Errors
    ///
    /// Why they are not added. Some may be there nevertheless.
    fn add(
        &mut self,
        place: Place,
        provider: &GUID,
        path: &WideString,
        entries: &[WSAPROTOCOL_INFOW],
    ) -> Result<(), WsaError>;

    /// Removes all entries of a provider.
    ///
    /// # Errors
    ///
    /// Why they are not removed. Some may be gone nevertheless.
    fn remove(&mut self, width: Width, provider: &GUID) -> Result<(), WsaError>;

    /// Puts all entries in this order.
    ///
    /// # Errors
    ///
    /// Why they are not in order.
    fn reorder(&mut self, width: Width, ids: &[u32]) -> Result<(), WsaError>;

    /// Sets the categories of a layer; 0 is none.
    ///
    /// # Errors
    ///
    /// Why they are not set.
    fn categorise(&mut self, width: Width, provider: &GUID, categories: u32) -> Result<(), WsaError>;

    /// All catalogs that can be read.
    ///
    /// # Errors
    ///
    /// Why one of them cannot be.
    fn read_all(&mut self) -> Result<Catalogs, WsaError> {
        let mut all = Catalogs::default();
        for width in self.widths() {
            *all.slot(width) = Some(self.read(width)?);
        }
        Ok(all)
    }
}

/// An entry that a plan added, and the number that it got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// Where.
    pub width: Width,
    /// Its number.
    pub id: u32,
    /// Its name.
    pub name: String,
}

/// Why a plan was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The catalog cannot be read. Nothing was changed.
    Unreadable {
        /// Which one.
        width: Width,
        /// Why.
        error: WsaError,
    },
    /// The catalog is not the one that the plan was made for. Nothing was changed.
    Changed {
        /// Which one.
        width: Width,
    },
    /// A step, or its way back, cannot be made from this program. Nothing was changed.
    OutOfReach {
        /// Why.
        why: &'static str,
    },
    /// A step failed, and those before it were taken back.
    TakenBack {
        /// The step.
        step: String,
        /// Why it failed.
        error: WsaError,
    },
    /// A step failed, and not all could be taken back.
    HalfWay {
        /// The step.
        step: String,
        /// Why it failed.
        error: WsaError,
        /// What is not as it was.
        left: Vec<String>,
    },
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { width, error } => {
                write!(out, "the {width} catalog cannot be read: {error}; nothing was changed")
            }
            Self::Changed { width } => {
                write!(out, "the {width} catalog has changed since the plan was made; nothing was changed")
            }
            Self::OutOfReach { why } => write!(out, "{why}; nothing was changed"),
            Self::TakenBack { step, error } => {
                write!(out, "cannot {step}: {error}; what had been done is taken back, and all is as it was")
            }
            Self::HalfWay { step, error, left } => {
                write!(out, "cannot {step}: {error}; not all could be taken back:")?;
                left.iter().try_for_each(|what| write!(out, "\n  {what}"))
            }
        }
    }
}

impl std::error::Error for Failure {}

/// Carries out a plan: all of it, or nothing.
///
/// # Errors
///
/// Why it was not carried out; unless it is [`Failure::HalfWay`], the catalogs are as they were.
pub fn apply(plan: &Plan, registrar: &mut dyn Registrar) -> Result<Vec<Added>, Failure> {
    let mut work = Work { registrar, numbers: BTreeMap::new(), troubles: Vec::new() };
    work.is_expected(&plan.before)?;
    work.is_in_reach(&plan.steps)?;
    for (at, step) in plan.steps.iter().enumerate() {
        if let Err(error) = work.run(step) {
            work.take_back(&plan.steps[..=at]);
            let (step, left) = (step.to_string(), work.left(&plan.before));
            return Err(if left.is_empty() {
                Failure::TakenBack { step, error }
            } else {
                Failure::HalfWay { step, error, left }
            });
        }
    }
    Ok(work.added(plan))
}

/// The numbers of entries that have got one since the plan was made.
pub(crate) type Numbers = BTreeMap<(Width, Key), u32>;

pub(crate) fn number(numbers: &Numbers, width: Width, key: Key) -> u32 {
    match (numbers.get(&(width, key)), key) {
        (Some(number), _) => *number,
        (None, Key::Known(id)) => id,
        // The plan names an entry before it adds it; no entry has this number.
        (None, Key::New(_)) => 0,
    }
}

/// A plan under way.
struct Work<'a> {
    registrar: &'a mut dyn Registrar,
    numbers: Numbers,
    /// What went wrong on the way back.
    troubles: Vec<String>,
}

impl Work<'_> {
    fn is_expected(&mut self, before: &Catalogs) -> Result<(), Failure> {
        for (width, catalog) in before.all() {
            let now = self.registrar.read(width).map_err(|error| Failure::Unreadable { width, error })?;
            if now != *catalog {
                return Err(Failure::Changed { width });
            }
        }
        Ok(())
    }

    /// Asks for the way back too, except that of the last step, which is never taken: when it is done, all is.
    fn is_in_reach(&self, steps: &[Step]) -> Result<(), Failure> {
        let back = steps.iter().take(steps.len().saturating_sub(1));
        let back = back.flat_map(|step| step.action.inverse().into_iter().map(|action| (step.place, action)));
        let all = steps.iter().map(|step| (step.place, step.action.clone())).chain(back);
        let mut adds = all.filter(|(_, action)| matches!(action, Action::Add(_)));
        match adds.find_map(|(place, _)| self.registrar.cannot_add(place)) {
            Some(why) => Err(Failure::OutOfReach { why }),
            None => Ok(()),
        }
    }

    fn run(&mut self, step: &Step) -> Result<(), WsaError> {
        if let Action::Add(what) = &step.action {
            return self.add(step.place, what);
        }
        step.place.widths().iter().try_for_each(|width| self.change(*width, &step.action))
    }

    fn add(&mut self, place: Place, what: &Addition) -> Result<(), WsaError> {
        // Where one call serves both catalogs, there is no chain, and so no number.
        let first = place.widths()[0];
        let infos: Vec<_> =
            what.entries.iter().map(|entry| entry.resolve(|key| number(&self.numbers, first, key))).collect();
        self.registrar.add(place, &what.provider, &what.path, &infos)?;
        for width in place.widths() {
            let now = self.registrar.read(*width)?;
            let mut found: Vec<&Entry> = now.of(&what.provider).collect();
            for (planned, info) in what.entries.iter().zip(&infos) {
                let same = |entry: &&Entry| same(&entry.info, info);
                // It is not there although it was added, or it is not what was asked for.
                let at = found.iter().position(same).ok_or(WsaError::WSASYSCALLFAILURE)?;
                self.numbers.insert((*width, planned.key), found.remove(at).id());
            }
        }
        Ok(())
    }

    fn change(&mut self, width: Width, action: &Action) -> Result<(), WsaError> {
        match action {
            Action::Add(what) => self.add(Place::In(width), what),
            Action::Remove { what, .. } => {
                self.registrar.remove(width, &what.provider)?;
                // Functions exist that report success and do nothing.
                let gone = !self.registrar.read(width)?.has(&what.provider);
                if gone { Ok(()) } else { Err(WsaError::WSASYSCALLFAILURE) }
            }
            Action::Categorise { provider, to, .. } => self.registrar.categorise(width, provider, *to),
            Action::Reorder { to, .. } => {
                let now = self.registrar.read(width)?.ids();
                let order = self.order(width, &now, to);
                self.registrar.reorder(width, &order)
            }
        }
    }

    /// The order that is asked for, of what is there. Others stay behind.
    fn order(&self, width: Width, now: &[u32], to: &[Key]) -> Vec<u32> {
        let mut order: Vec<_> = to.iter().map(|key| number(&self.numbers, width, *key)).collect();
        order.retain(|id| now.contains(id));
        order.extend(now.iter().filter(|id| !order.contains(id)).copied().collect::<Vec<_>>());
        order
    }

    /// Takes steps back, the last first; it is the one that failed, and may be done in part.
    fn take_back(&mut self, steps: &[Step]) {
        for step in steps.iter().rev() {
            for action in step.action.inverse() {
                for width in step.place.widths() {
                    if let Err(error) = self.restore(*width, &action) {
                        let step = Step { place: Place::In(*width), action: action.clone() };
                        self.troubles.push(format!("cannot {step}: {error}"));
                    }
                }
            }
        }
    }

    /// Takes back what has not been so from the start.
    fn restore(&mut self, width: Width, action: &Action) -> Result<(), WsaError> {
        let now = self.registrar.read(width)?;
        let done = match action {
            Action::Add(what) => now.has(&what.provider),
            Action::Remove { what, .. } => !now.has(&what.provider),
            Action::Reorder { to, .. } => self.order(width, &now.ids(), to) == now.ids(),
            Action::Categorise { provider, to, .. } => now.of(provider).all(|entry| entry.categories == *to),
        };
        if done { Ok(()) } else { self.change(width, action) }
    }

    /// What is not as it was, by name.
    fn left(&mut self, before: &Catalogs) -> Vec<String> {
        let mut left = Vec::new();
        for (width, catalog) in before.all() {
            match self.registrar.read(width) {
                Ok(now) => left.extend(differences(width, catalog, &now, &self.numbers)),
                Err(error) => left.push(format!("the {width} catalog cannot be read any more: {error}")),
            }
        }
        if !left.is_empty() {
            left.append(&mut self.troubles);
        }
        left
    }

    fn added(&self, plan: &Plan) -> Vec<Added> {
        let adds = plan.steps.iter().filter_map(|step| match &step.action {
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

/// Whether an entry is the one that was asked for, whatever Ws2_32 made of the rest.
fn same(is: &WSAPROTOCOL_INFOW, asked: &WSAPROTOCOL_INFOW) -> bool {
    let sockets = |info: &WSAPROTOCOL_INFOW| (info.iAddressFamily, info.iSocketType, info.iProtocol);
    (sockets(is), links(is), name(is)) == (sockets(asked), links(asked), name(asked))
}

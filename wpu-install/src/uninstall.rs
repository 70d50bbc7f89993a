//! Plans the removal of a provider, together with the entries that depend on it.

use crate::catalog::{Catalog, Catalogs, Entry, Width};
use crate::plan::{Action, Addition, Key, Note, Place, Plan, Step};
use crate::problem::Problem;
use wpu_sys::ffi::GUID;

/// A provider to remove.
#[derive(Debug, Clone)]
pub struct Uninstall {
    /// Its id; for a layer, that of its hidden entry.
    pub provider: GUID,
    /// Whether chains of other layers that contain it are removed too. If not, such chains prevent a plan.
    pub others: bool,
}

impl Uninstall {
    /// The steps that remove the provider from all of `catalogs`.
    ///
    /// # Errors
    ///
    /// The reason why there is no plan.
    pub fn plan(&self, catalogs: &Catalogs) -> Result<Plan, Problem> {
        if catalogs.all().next().is_none() {
            return Err(Problem::NoCatalog);
        }
        if catalogs.all().all(|(_, catalog)| !catalog.has(&self.provider)) {
            return Err(Problem::NotThere { provider: self.provider });
        }
        let (mut steps, mut notes) = (Vec::new(), Vec::new());
        for (width, catalog) in catalogs.all() {
            if catalog.has(&self.provider) {
                let actions = self.actions(width, catalog)?;
                steps.extend(actions.into_iter().map(|action| Step { place: Place::In(width), action }));
            } else {
                notes.push(Note::NotIn(width));
            }
        }
        notes.push(Note::Restart);
        Ok(Plan { before: catalogs.clone(), steps, notes })
    }

    /// The ids of the entries that it removes.
    pub(crate) fn gone(&self, width: Width, catalog: &Catalog) -> Result<Vec<u32>, Problem> {
        let mut gone = self.own(width, catalog)?;
        let others = dependents(catalog, &gone);
        if !self.others && !others.is_empty() {
            return Err(Problem::InUse { width, by: others.iter().map(|entry| entry.shown()).collect() });
        }
        gone.extend(others.iter().map(|entry| entry.id()));
        Ok(gone)
    }

    fn actions(&self, width: Width, catalog: &Catalog) -> Result<Vec<Action>, Problem> {
        let gone = self.gone(width, catalog)?;
        let touched = touched(catalog, &gone);
        let sorted = sort(catalog, &touched).map_err(|entries| Problem::Entangled { width, entries })?;
        Ok(actions(catalog, &gone, &sorted))
    }

    /// The ids of the provider's entries, and of the chains of which it is the top layer.
    fn own(&self, width: Width, catalog: &Catalog) -> Result<Vec<u32>, Problem> {
        // A layer is not removed in part by the id of its chains.
        let layers = catalog.of(&self.provider).filter_map(|entry| catalog.leader(entry));
        match layers.map(|layer| layer.info.ProviderId).find(|layer| *layer != self.provider) {
            Some(layer) => Err(Problem::ChainOf { width, provider: self.provider, layer }),
            None => Ok(catalog.owned(&self.provider).map(Entry::id).collect()),
        }
    }
}

/// The other entries whose calls reach one of `gone`.
fn dependents<'a>(catalog: &'a Catalog, gone: &[u32]) -> Vec<&'a Entry> {
    let through = |entry: &&Entry| {
        !gone.contains(&entry.id()) && catalog.below(entry).iter().any(|link| gone.contains(&link.id()))
    };
    catalog.entries.iter().filter(through).collect()
}

/// The providers that change: an entry is removed, or gets a new id since other entries of its provider are
/// removed, or is a chain that contains a new id.
fn touched(catalog: &Catalog, gone: &[u32]) -> Vec<GUID> {
    let mut touched: Vec<GUID> = Vec::new();
    let mut moved = gone.to_vec();
    loop {
        let next = catalog.entries.iter().find(|entry| {
            let changes = |id: &u32| moved.contains(id);
            !touched.contains(&entry.info.ProviderId)
                && (changes(&entry.id()) || entry.links().iter().any(changes))
        });
        let Some(next) = next else { return touched };
        touched.push(next.info.ProviderId);
        moved.extend(catalog.of(&next.info.ProviderId).map(Entry::id));
    }
}

/// Sorts the providers so that each is before those that its chains name; fails with the entries of a cycle.
fn sort(catalog: &Catalog, providers: &[GUID]) -> Result<Vec<GUID>, Vec<String>> {
    let needs = |provider: &GUID, other: &GUID| {
        let mut links = catalog.of(provider).flat_map(Entry::links);
        links.any(|id| catalog.find(*id).is_some_and(|link| link.info.ProviderId == *other))
    };
    let (mut rest, mut sorted) = (providers.to_vec(), Vec::new());
    while !rest.is_empty() {
        let free = rest.iter().position(|provider| !rest.iter().any(|other| needs(other, provider)));
        match free {
            Some(at) => sorted.push(rest.remove(at)),
            None => {
                return Err(rest
                    .iter()
                    .flat_map(|provider| catalog.of(provider))
                    .map(Entry::shown)
                    .collect());
            }
        }
    }
    Ok(sorted)
}

/// Removes the providers from the top down, adds their remaining entries from the bottom up, and restores the
/// order.
fn actions(catalog: &Catalog, gone: &[u32], providers: &[GUID]) -> Vec<Action> {
    let mut present = catalog.ids();
    let keys = |ids: &[u32]| ids.iter().map(|id| Key::Known(*id)).collect::<Vec<_>>();
    let mut actions = Vec::new();
    for provider in providers {
        let Some(what) = Addition::known(catalog, provider, |_| true) else { continue };
        actions.push(Action::Remove { what, order: keys(&present) });
        present.retain(|id| catalog.of(provider).all(|entry| entry.id() != *id));
    }
    let stays = |id: u32| !gone.contains(&id);
    let mut moved = false;
    for provider in providers.iter().rev() {
        let kept = Addition::known(catalog, provider, stays).filter(|kept| !kept.entries.is_empty());
        let Some(kept) = kept else { continue };
        moved = true;
        present.extend(catalog.of(provider).map(Entry::id).filter(|id| stays(*id)));
        let (categories, provider) = (kept.categories, kept.provider);
        actions.push(Action::Add(kept));
        if categories != 0 {
            actions.push(Action::Categorise { provider, from: 0, to: categories });
        }
    }
    if moved {
        let to: Vec<_> = catalog.ids().into_iter().filter(|id| stays(*id)).collect();
        actions.push(Action::Reorder { from: keys(&present), to: keys(&to) });
    }
    actions
}

//! Properties that hold in any catalog.

use crate::common::*;
use proptest::prelude::*;
use wpu_install::{
    Base, Catalogs, Class, Layer, Memory, Plan, Registrar, Uninstall, Width, WsaError, apply, read_snapshot,
    write_snapshot,
};
use wpu_sys::ffi::GUID;

/// An earlier change of a catalog.
#[derive(Debug, Clone)]
enum Past {
    Base(bool, i32),
    Layer(bool, Vec<usize>),
    Uninstall(u32),
}

fn class(ifs: bool) -> Class {
    if ifs { Class::Ifs } else { Class::NonIfs }
}

fn past() -> impl Strategy<Value = Vec<Past>> {
    let one = prop_oneof![
        (any::<bool>(), 1..4).prop_map(|(ifs, kind)| Past::Base(ifs, kind)),
        (any::<bool>(), prop::collection::vec(0..24_usize, 1..4))
            .prop_map(|(ifs, over)| Past::Layer(ifs, over)),
        (any::<bool>(), prop::collection::vec(0..24_usize, 1..4))
            .prop_map(|(ifs, over)| Past::Layer(ifs, over)),
        (0..10_u32).prop_map(Past::Uninstall),
    ];
    prop::collection::vec(one, 0..10)
}

/// The entries that `choice` selects, each once.
fn chosen(memory: &Memory, choice: &[usize]) -> Vec<u32> {
    let mut ids: Vec<_> =
        choice.iter().filter_map(|at| Some(catalog(memory).entries.get(*at)?.id())).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// A catalog after earlier changes, as far as these can be planned.
fn lived(past: &[Past]) -> Memory {
    let mut memory = Memory::sample(ONE);
    for (number, past) in (10..).zip(past) {
        let catalogs = memory.catalogs();
        let plan = match past {
            Past::Base(ifs, kind) => with_kind(number, class(*ifs), *kind).plan(catalogs),
            Past::Layer(ifs, over_) => over(number, class(*ifs), &chosen(&memory, over_)).plan(catalogs),
            Past::Uninstall(which) => uninstall(10 + which, true).plan(catalogs),
        };
        if let Ok(plan) = plan {
            run(&mut memory, &plan).expect("what can be planned can be done");
        }
    }
    memory
}

fn with_kind(number: u32, class: Class, kind: i32) -> Base {
    let mut base = base(number, class);
    base.sockets[0].kind = kind;
    base
}

/// Carries out a plan, and then the removal of what it installed.
fn there_and_back(memory: &Memory, plan: &Plan, provider: u32) -> (Memory, Memory) {
    let mut there = memory.clone();
    apply(plan, &mut there).expect("what can be planned can be done");
    let away =
        Uninstall { provider: id(provider), others: false }.plan(there.catalogs()).expect("it is there");
    let mut back = there.clone();
    apply(&away, &mut back).expect("it can be removed");
    (there, back)
}

/// Every chain names existing entries, at most seven, and no layer twice; and no IFS layer is above a non-IFS
/// layer.
fn is_sound(catalogs: &Catalogs) -> Result<(), TestCaseError> {
    for (_, catalog) in catalogs.all() {
        for chain in catalog.entries.iter().filter(|entry| !entry.links().is_empty()) {
            prop_assert!(chain.links().len() <= 7);
            let below = catalog.below(chain);
            prop_assert!(chain.links().iter().all(|id| catalog.find(*id).is_some()));
            prop_assert!(!chain.is_ifs() || below.iter().all(|link| link.is_ifs()));
            let mut layers: Vec<_> =
                below.iter().filter(|link| link.is_layer()).map(|link| link.id()).collect();
            layers.sort_unstable();
            prop_assert!(layers.windows(2).all(|pair| pair[0] != pair[1]));
            prop_assert_eq!(layers.len(), chain.links().len() - 1);
            // The chain is before the entry over which it is installed.
            let at = |id: u32| catalog.entries.iter().position(|entry| entry.id() == id);
            prop_assert!(at(chain.id()) < at(chain.links()[1]));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn install_then_uninstall_of_a_layer_changes_nothing(
        past in past(),
        ifs in any::<bool>(),
        choice in prop::option::of(prop::collection::vec(0..24_usize, 1..5)),
        categories in 0..256_u32,
    ) {
        let memory = lived(&past);
        is_sound(memory.catalogs())?;
        let every = layer(1, class(ifs));
        let mut wanted = choice.map_or(every, |choice| over(1, class(ifs), &chosen(&memory, &choice)));
        wanted.categories = categories;
        if let Ok(plan) = wanted.plan(memory.catalogs()) {
            let (there, back) = there_and_back(&memory, &plan, 1);
            prop_assert_eq!(back.catalogs(), memory.catalogs());
            prop_assert_ne!(there.catalogs(), memory.catalogs());
            is_sound(there.catalogs())?;
        }
    }

    #[test]
    fn install_then_uninstall_of_a_base_changes_nothing(past in past(), ifs in any::<bool>(), first in any::<bool>()) {
        let memory = lived(&past);
        let base = Base { first, ..base(1, class(ifs)) };
        let plan = base.plan(memory.catalogs()).expect("nothing is in its way");
        let (_, back) = there_and_back(&memory, &plan, 1);
        prop_assert_eq!(back.catalogs(), memory.catalogs());
    }

    #[test]
    fn a_removal_with_others_leaves_a_sound_catalog(past in past(), which in 0..10_u32) {
        let memory = lived(&past);
        let away = uninstall(10 + which, true);
        if let Ok(plan) = away.plan(memory.catalogs()) {
            let mut after = memory.clone();
            apply(&plan, &mut after).expect("what can be planned can be done");
            prop_assert!(!catalog(&after).has(&away.provider));
            is_sound(after.catalogs())?;
            // Entries that do not depend on it still exist, in the same order.
            let kept = names(&after);
            prop_assert_eq!(names(&memory).into_iter().filter(|name| kept.contains(name)).collect::<Vec<_>>(), kept);
        }
    }

    #[test]
    fn plans_are_the_same_each_time_and_change_nothing(past in past(), ifs in any::<bool>()) {
        let memory = lived(&past);
        let before = memory.catalogs().clone();
        let wanted: Layer = layer(1, class(ifs));
        let plan = wanted.plan(memory.catalogs());
        prop_assert_eq!(&plan, &wanted.plan(&before));
        if let Ok(plan) = plan {
            prop_assert_eq!(plan.to_string(), wanted.plan(&before).expect("there is a plan").to_string());
        }
        prop_assert_eq!(memory.catalogs(), &before);
    }

    #[test]
    fn a_catalog_survives_as_json(past in past()) {
        let memory = lived(&past);
        let text = write_snapshot(memory.catalogs());
        prop_assert_eq!(&read_snapshot(&text).expect("it was just written"), memory.catalogs());
    }
}

/// Looks at the catalog after each call.
struct Watched(Memory, usize);

impl Registrar for Watched {
    passes_on!(widths, read, cannot_add, add, reorder, categorise);

    fn remove(&mut self, width: Width, provider: &GUID) -> Result<(), WsaError> {
        self.0.remove(width, provider)?;
        self.1 += 1;
        let now = self.0.read(width)?;
        for chain in &now.entries {
            let gone = chain.links().iter().find(|link| now.find(**link).is_none());
            assert_eq!(gone, None, "{} is left without a component", chain.name());
        }
        Ok(())
    }
}

#[test]
fn chains_are_removed_before_their_components() {
    let _shows = wpu_evidence::tested(["provider-removal.chains-go-before-components"]);
    let mut memory = Memory::sample(ONE);
    for (number, class) in [(1, Class::Ifs), (2, Class::Ifs), (3, Class::NonIfs), (4, Class::NonIfs)] {
        install(&mut memory, &layer(number, class));
    }
    for (number, others) in [(1, true), (2, true), (3, true), (4, false)] {
        let mut watched = Watched(memory.clone(), 0);
        let plan = uninstall(number, others).plan(memory.catalogs()).unwrap();
        run(&mut watched, &plan).unwrap();
        assert!(watched.1 > 1 && !catalog(&watched.0).has(&id(number)), "{number}");
    }
}

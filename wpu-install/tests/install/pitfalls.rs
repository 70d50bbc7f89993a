//! Known mistakes of layer installers, each under its id in the project's list.

use crate::common::*;
use wpu_install::{
    Action, Addition, Base, Catalogs, Class, Failure, Key, Layer, Memory, Note, Over, Place, Problem,
    Registrar, Step, Width, apply,
};
use wpu_sys::ffi::{PFL_HIDDEN, PFL_MATCHES_PROTOCOL_ZERO, XP1_IFS_HANDLES};

/// The first id of a chain is that of the layer's hidden entry, and the chain has an id of its own.
#[test]
fn d_06_a_chain_has_a_number_of_its_own_and_names_the_hidden_entry() {
    let _shows = wpu_evidence::tested([
        "catalog.first-layer-first",
        "catalog.length-counts-entries",
        "catalog.length-tells-the-kind",
        "provider-installation.one-call-for-each-guid",
    ]);
    let mut memory = Memory::sample(ONE);
    install(&mut memory, &over(1, Class::Ifs, &[1001]));
    let (own, chain) = (entry(&memory, "Layer 1"), entry(&memory, "Layer 1 over [TCP over IP version 4]"));
    assert_eq!(chain.links(), [own.id(), 1001]);
    assert!(own.is_layer() && !own.is_visible() && chain.is_visible());
    assert!(own.id() != chain.id() && own.info.ProviderId == id(1) && chain.info.ProviderId != id(1));
    assert_eq!(own.info.dwProviderFlags & PFL_HIDDEN, PFL_HIDDEN);
}

/// Ws2_32 assigns ids to added entries. Programs find no sockets in the hidden entry, even if the layer
/// covers a range of protocols.
#[test]
fn d_06_an_added_entry_has_no_id_yet_and_the_hidden_entry_no_sockets() {
    let mut catalogs = Memory::sample(ONE).catalogs().clone();
    let catalog = catalogs.slot(Width::Bits64).as_mut().expect("it is there");
    catalog.entries[0].info.iProtocolMaxOffset = 255;
    for class in [Class::Ifs, Class::NonIfs] {
        let plan = over(1, class, &[1001]).plan(&catalogs).unwrap();
        let added = plan.steps.iter().filter_map(|step| match &step.action {
            Action::Add(what) => Some(what),
            _ => None,
        });
        let added: Vec<_> =
            added.flat_map(|what| what.entries.iter().map(|entry| (what.provider, entry.info))).collect();
        for (provider, info) in &added {
            assert_eq!((*provider, 0), (info.ProviderId, info.dwCatalogEntryId));
        }
        let sockets = |at: usize| {
            let info = &added[at].1;
            [info.iAddressFamily, info.iSocketType, info.iProtocol, info.iProtocolMaxOffset]
        };
        assert_eq!((added.len(), sockets(0), sockets(1)), (2, [2, 0, 0, 0], [2, 1, 6, 255]));
    }
}

/// The entry contains everything that the user specifies about the sockets.
#[test]
fn d_06_a_base_provider_offers_the_requested_sockets() {
    let _shows = wpu_evidence::tested([
        "catalog.length-tells-the-kind",
        "provider-installation.entries-are-made-by-caller",
    ]);
    let mut asked = base(1, Class::NonIfs);
    let sockets = &mut asked.sockets[0];
    (sockets.kind, sockets.protocol, sockets.addresses, sockets.message_size) = (2, 17, (8, 24), 512);
    let mut memory = Memory::sample(ONE);
    let plan = asked.plan(memory.catalogs()).unwrap();
    let Action::Add(what) = &plan.steps[0].action else { panic!("{plan}") };
    assert_eq!(what.entries[0].info.ProviderId, id(1));
    run(&mut memory, &plan).unwrap();
    let entry = entry(&memory, "Base 1");
    assert_eq!(entry.sockets(), (40, 2, 17));
    let info = entry.info;
    assert_eq!((info.iMinSockAddr, info.iMaxSockAddr, info.dwMessageSize), (8, 24, 512));
    assert_eq!((info.dwServiceFlags1, info.iVersion, info.ProtocolChain.ChainLen), (6, 2, 1));
    assert_eq!(info.dwProviderFlags, PFL_MATCHES_PROTOCOL_ZERO);
}

#[test]
fn d_18_the_flag_for_file_handles_follows_from_the_class() {
    let _shows = wpu_evidence::tested(["catalog.chain-described-as-whole"]);
    for (class, flag) in [(Class::Ifs, XP1_IFS_HANDLES), (Class::NonIfs, 0)] {
        let mut memory = Memory::sample(ONE);
        let plan = base(2, class).plan(memory.catalogs()).unwrap();
        run(&mut memory, &plan).unwrap();
        install(&mut memory, &over(1, class, &[1001]));
        for name in ["Base 2", "Layer 1", "Layer 1 over [TCP over IP version 4]"] {
            assert_eq!(entry(&memory, name).info.dwServiceFlags1 & XP1_IFS_HANDLES, flag, "{name}");
        }
        // The other fields are those of the base provider.
        let [chain, base] = ["Layer 1 over [TCP over IP version 4]", "TCP over IP version 4"]
            .map(|name| entry(&memory, name));
        assert_eq!(chain.info.dwServiceFlags1 | XP1_IFS_HANDLES, base.info.dwServiceFlags1);
        assert_eq!((chain.sockets(), chain.info.iMaxSockAddr), (base.sockets(), base.info.iMaxSockAddr));
    }
    let mut contradiction = base(2, Class::NonIfs);
    contradiction.sockets[0].service_flags |= XP1_IFS_HANDLES;
    let problem = contradiction.plan(Memory::sample(ONE).catalogs()).unwrap_err();
    assert_eq!(problem, Problem::ClassAndFlags { name: "Base 2".into() });
}

#[test]
fn d_29_a_call_for_both_catalogs_never_carries_a_chain() {
    let _shows = wpu_evidence::tested(["provider-installation.chains-catalog-by-catalog"]);
    let memory = Memory::sample(BOTH);
    let layer = layer(1, Class::Ifs);
    let plan = layer.plan(memory.catalogs()).unwrap();
    assert!(plan.steps.iter().all(|step| step.place != Place::Both));
    // The ids in the two catalogs differ, and each chain has ids of its own catalog.
    let chains = |width| -> Vec<Vec<Key>> {
        let adds = plan.steps.iter().filter(|step| step.place == Place::In(width));
        let entries = adds.flat_map(|step| match &step.action {
            Action::Add(what) => what.entries.clone(),
            _ => Vec::new(),
        });
        entries.map(|entry| entry.chain).filter(|chain| !chain.is_empty()).collect()
    };
    assert_eq!(chains(Width::Bits64)[0], [Key::New(1), Key::Known(1001)]);
    assert_eq!(chains(Width::Bits32)[0], [Key::New(1), Key::Known(2001)]);
    // One call serves both catalogs for a base provider with one path.
    let plan = base(2, Class::Ifs).plan(memory.catalogs()).unwrap();
    assert_eq!(plan.steps.iter().map(|step| step.place).collect::<Vec<_>>(), [Place::Both]);
    assert_eq!(over(1, Class::Ifs, &[1001]).plan(memory.catalogs()), Err(Problem::NumbersInBoth));
}

/// Both widths, each with a program that can change it: the catalogs get the same providers under different
/// ids.
#[test]
fn d_29_each_catalog_is_changed_by_a_program_of_its_width() {
    let _shows = wpu_evidence::tested([
        "provider-installation.chains-catalog-by-catalog",
        "provider-installation.once-for-each-width",
    ]);
    let both = Memory::sample(BOTH);
    let layer = layer(1, Class::NonIfs);
    let failure = apply(&layer.plan(both.catalogs()).unwrap(), &mut both.clone()).unwrap_err();
    assert!(matches!(failure, Failure::OutOfReach { .. }));
    let [ids64, ids32] = [(Width::Bits64, 1005), (Width::Bits32, 2005)].map(|(width, first)| {
        let mut memory = Memory::new(both.catalogs().clone().only(width));
        install(&mut memory, &layer);
        let entries = memory.catalogs().get(width).unwrap().entries.clone();
        assert_eq!(entries[0].links(), [first, first - 4]);
        entries.into_iter().map(|entry| entry.info.ProviderId).collect::<Vec<_>>()
    });
    assert_eq!(ids64, ids32);
}

#[test]
fn d_30_the_hidden_entry_is_added_first_and_each_chain_precedes_its_base() {
    let _shows = wpu_evidence::tested(["catalog.components-come-first", "provider-order.every-entry-once"]);
    let mut memory = Memory::sample(ONE);
    let plan = over(1, Class::NonIfs, &[1003, 1001]).plan(memory.catalogs()).unwrap();
    let Step { action: Action::Add(Addition { entries, .. }), .. } = &plan.steps[0] else { panic!("{plan}") };
    assert_eq!((entries.len(), entries[0].info.ProtocolChain.ChainLen), (1, 0));
    run(&mut memory, &plan).unwrap();
    let four = ["Layer 1 over [TCP over IP version 4]", "TCP over IP version 4", "UDP over IP version 4"];
    let six =
        ["Layer 1 over [TCP over IP version 6]", "TCP over IP version 6", "UDP over IP version 6", "Layer 1"];
    assert_eq!(names(&memory), [&four[..], &six[..]].concat());
}

#[test]
fn d_30_a_layer_over_a_chain_names_the_chain_and_what_is_below() {
    let _shows = wpu_evidence::tested(["catalog.first-layer-first", "catalog.length-counts-entries"]);
    let mut memory = Memory::sample(ONE);
    install(&mut memory, &over(1, Class::Ifs, &[1001]));
    let (low, lower) = (entry(&memory, "Layer 1 over [TCP over IP version 4]"), entry(&memory, "Layer 1"));
    install(&mut memory, &over(2, Class::NonIfs, &[low.id()]));
    let top = entry(&memory, "Layer 2 over [Layer 1 over [TCP over IP version 4]]");
    assert_eq!(top.links(), [entry(&memory, "Layer 2").id(), low.id(), 1001]);
    assert_eq!(names(&memory)[..3], [top.name(), low.name(), "TCP over IP version 4".into()]);
    let below: Vec<_> = catalog(&memory).below(&top).into_iter().map(wpu_install::Entry::id).collect();
    for id in [low.id(), lower.id(), 1001] {
        assert!(below.contains(&id), "{id}");
    }
}

#[test]
fn d_30_an_ifs_layer_stays_below_every_non_ifs_layer() {
    let mut memory = Memory::sample(ONE);
    install(&mut memory, &over(1, Class::NonIfs, &[1001]));
    let chain = entry(&memory, "Layer 1 over [TCP over IP version 4]");
    let non_ifs = format!("{} `{}`", chain.id(), chain.name());
    // Over its chain, and over the base that the chain covers.
    for (chosen, name) in [(chain.id(), non_ifs.clone()), (1001, "1001 `TCP over IP version 4`".into())] {
        let problem = over(2, Class::Ifs, &[chosen]).plan(memory.catalogs()).unwrap_err();
        assert_eq!(
            problem,
            Problem::IfsAboveNonIfs { width: Width::Bits64, entry: name, non_ifs: non_ifs.clone() }
        );
    }
    // If no entry is named, it is omitted with a note.
    let plan = layer(2, Class::Ifs).plan(memory.catalogs()).unwrap();
    assert!(plan.notes.iter().any(|note| matches!(note, Note::LeftOut { entry, .. } if *entry == non_ifs)));
    run(&mut memory, &plan).unwrap();
    assert!(names(&memory).iter().all(|name| !name.starts_with("Layer 2 over [Layer 1")));
    // An IFS layer cannot be installed over a non-IFS base provider either.
    let plan = base(3, Class::NonIfs).plan(memory.catalogs()).unwrap();
    run(&mut memory, &plan).unwrap();
    let problem = over(4, Class::Ifs, &[entry(&memory, "Base 3").id()]).plan(memory.catalogs()).unwrap_err();
    assert!(matches!(problem, Problem::IfsAboveNonIfs { .. }));
}

#[test]
fn d_30_a_layer_is_in_a_chain_once_and_a_chain_has_seven_links() {
    let mut memory = Memory::sample(ONE);
    install(&mut memory, &over(1, Class::Ifs, &[1001]));
    let chain = entry(&memory, "Layer 1 over [TCP over IP version 4]");
    assert!(matches!(
        over(1, Class::Ifs, &[chain.id()]).plan(memory.catalogs()),
        Err(Problem::AlreadyThere { .. })
    ));
    let same_dll = Layer { path: r"c:/Layers\1.DLL".into(), ..over(2, Class::Ifs, &[chain.id()]) };
    assert!(matches!(same_dll.plan(memory.catalogs()), Err(Problem::LayerTwice { .. })));
    // Programs find the chain before it: an entry below another layer cannot be covered unnoticed.
    assert!(matches!(over(2, Class::Ifs, &[1001]).plan(memory.catalogs()), Err(Problem::Covered { .. })));

    let mut top = chain;
    for number in 2..=6 {
        install(&mut memory, &over(number, Class::Ifs, &[top.id()]));
        top = catalog(&memory).entries[0].clone();
        assert_eq!(top.links().len(), number as usize + 1);
    }
    assert!(matches!(
        over(7, Class::Ifs, &[top.id()]).plan(memory.catalogs()),
        Err(Problem::ChainFull { .. })
    ));
}

/// Ws2_32 starts a provider once for each id, so chains of file handles need ids of their own.
#[test]
fn d_30_each_ifs_chain_has_an_id_of_its_own() {
    let _shows = wpu_evidence::tested(["provider-installation.one-call-for-each-guid"]);
    for (class, count) in [(Class::Ifs, 4), (Class::NonIfs, 1)] {
        let mut memory = Memory::sample(ONE);
        install(&mut memory, &layer(1, class));
        let mut ids: Vec<_> = Vec::new();
        for chain in catalog(&memory).entries.iter().filter(|entry| !entry.links().is_empty()) {
            assert_eq!(chain.path.to_string(), r"C:\layers\1.dll");
            if !ids.contains(&chain.info.ProviderId) {
                ids.push(chain.info.ProviderId);
            }
        }
        assert_eq!(ids.len(), count);
        assert!(!ids.contains(&id(1)));
    }
}

/// Ids are derived from the sockets, which two entries may have in common.
#[test]
fn d_30_chains_over_the_same_sockets_have_ids_of_their_own() {
    let mut memory = Memory::sample(ONE);
    for number in [2, 3] {
        let plan = base(number, Class::Ifs).plan(memory.catalogs()).unwrap();
        run(&mut memory, &plan).unwrap();
    }
    let bases = [2, 3].map(|number| entry(&memory, &format!("Base {number}")).id());
    install(&mut memory, &over(1, Class::Ifs, &bases));
    let [one, other] =
        [2, 3].map(|number| entry(&memory, &format!("Layer 1 over [Base {number}]")).info.ProviderId);
    assert_ne!(one, other);
}

/// A non-IFS layer over TCP alone breaks programs that select over TCP and other sockets together.
#[test]
fn d_30_a_non_ifs_layer_over_a_part_has_a_note() {
    let memory = Memory::sample(ONE);
    let notes = over(1, Class::NonIfs, &[1001]).plan(memory.catalogs()).unwrap().notes;
    let rest =
        ["1002 `UDP over IP version 4`", "1003 `TCP over IP version 6`", "1004 `UDP over IP version 6`"];
    assert!(
        notes.contains(&Note::Uncovered { width: Width::Bits64, entries: rest.map(String::from).to_vec() })
    );
    let uncovered = |layer: &Layer| {
        let notes = layer.plan(memory.catalogs()).unwrap().notes;
        notes.iter().any(|note| matches!(note, Note::Uncovered { .. }))
    };
    assert!(!uncovered(&layer(1, Class::NonIfs)) && !uncovered(&over(1, Class::Ifs, &[1001])));
}

#[test]
fn d_31_categories_are_set_before_chains_exist_and_missing_ones_are_noted() {
    let _shows = wpu_evidence::tested([
        "provider-categories.layer-named-by-hidden-entry",
        "provider-categories.several-categories-allowed",
    ]);
    let memory = Memory::sample(ONE);
    let with = |categories| Layer { categories, ..layer(1, Class::Ifs) }.plan(memory.catalogs());
    let notes = with(0).unwrap().notes;
    assert!(notes.contains(&Note::NoCategory) && !notes.contains(&Note::SystemProcesses));
    let plan = with(0x8000_0001).unwrap();
    assert!(plan.notes.contains(&Note::SystemProcesses) && !plan.notes.contains(&Note::NoCategory));
    // A layer with a category other than `system` needs no note about either.
    let notes = with(1).unwrap().notes;
    assert!(!notes.contains(&Note::SystemProcesses) && !notes.contains(&Note::NoCategory));
    let set = Action::Categorise { provider: id(1), from: 0, to: 0x8000_0001 };
    assert_eq!(plan.steps[1], Step { place: Place::In(Width::Bits64), action: set });
    assert_eq!(with(0x100), Err(Problem::UnknownCategories { unknown: 0x100 }));

    let mut memory = memory.clone();
    run(&mut memory, &plan).unwrap();
    assert_eq!(entry(&memory, "Layer 1").categories, 0x8000_0001);
}

#[test]
fn d_32_every_change_notes_that_running_programs_keep_the_old_catalog() {
    let mut memory = Memory::sample(ONE);
    let plans = [layer(1, Class::Ifs).plan(memory.catalogs()), base(2, Class::Ifs).plan(memory.catalogs())];
    assert!(plans.iter().flatten().all(|plan| plan.notes.contains(&Note::Restart)));
    install(&mut memory, &layer(1, Class::Ifs));
    assert!(uninstall(1, false).plan(memory.catalogs()).unwrap().notes.contains(&Note::Restart));
}

/// After another installation, a layer has new ids, and no old id remains.
#[test]
fn d_32_install_uninstall_and_install_again() {
    let _shows = wpu_evidence::tested(["provider-installation.id-given-by-the-host"]);
    let mut memory = Memory::sample(ONE);
    let before = memory.catalogs().clone();
    install(&mut memory, &layer(1, Class::Ifs));
    let first = entry(&memory, "Layer 1");
    remove(&mut memory, &uninstall(1, false));
    assert_eq!(memory.catalogs(), &before);
    install(&mut memory, &layer(1, Class::Ifs));
    let second = entry(&memory, "Layer 1");
    assert!(first.id() != second.id());
    let links: Vec<_> = catalog(&memory).entries.iter().flat_map(wpu_install::Entry::links).collect();
    assert!(links.contains(&&second.id()) && !links.contains(&&first.id()));
}

#[test]
fn d_32_a_layer_below_another_is_removed_only_on_request() {
    let mut memory = Memory::sample(ONE);
    install(&mut memory, &layer(1, Class::Ifs));
    let installed_one = memory.catalogs().clone();
    install(&mut memory, &layer(2, Class::Ifs));
    let problem = uninstall(1, false).plan(memory.catalogs()).unwrap_err();
    let Problem::InUse { by, .. } = problem else { panic!("{problem}") };
    assert_eq!(by.len(), 4);
    assert!(by[0].ends_with("`Layer 2 over [Layer 1 over [TCP over IP version 4]]`"), "{by:?}");
    // With that option the chains are removed too; the other layer's hidden entry stays.
    remove(&mut memory.clone(), &uninstall(2, false));
    remove(&mut memory, &uninstall(1, true));
    assert_eq!(names(&memory).len(), 5);
    assert_eq!(entry(&memory, "Layer 2").links(), [0_u32; 0]);
    remove(&mut memory, &uninstall(2, false));
    assert_eq!(memory.catalogs(), Memory::sample(ONE).catalogs());
    assert_ne!(memory.catalogs(), &installed_one);
}

/// If a provider loses some of its chains, the others are added again under new ids, and chains over them are
/// updated.
#[test]
fn d_32_remaining_entries_of_another_provider_keep_their_position() {
    let mut memory = Memory::sample(ONE);
    install(&mut memory, &over(1, Class::Ifs, &[1001]));
    // All chains of a non-IFS layer have one id.
    install(&mut memory, &layer(2, Class::NonIfs));
    let low = entry(&memory, "Layer 2 over [UDP over IP version 4]").id();
    install(&mut memory, &over(3, Class::NonIfs, &[low]));
    let mut expected = names(&memory);
    remove(&mut memory, &uninstall(1, true));
    expected.retain(|name| !name.contains("Layer 1"));
    assert_eq!(names(&memory), expected);
    let (top, low) =
        ("Layer 3 over [Layer 2 over [UDP over IP version 4]]", "Layer 2 over [UDP over IP version 4]");
    assert_eq!(entry(&memory, top).links(), [entry(&memory, "Layer 3").id(), entry(&memory, low).id(), 1002]);
}

/// The categories of removed entries are deleted, so entries that are added again get their categories again.
#[test]
fn d_32_remaining_entries_of_another_provider_keep_their_categories() {
    for categories in [0, 5] {
        let mut memory = Memory::sample(ONE);
        install(&mut memory, &over(1, Class::Ifs, &[1001]));
        install(&mut memory, &layer(2, Class::NonIfs));
        let chain = "Layer 2 over [UDP over IP version 4]";
        let provider = entry(&memory, chain).info.ProviderId;
        memory.categorise(Width::Bits64, &provider, categories).unwrap();
        let plan = uninstall(1, true).plan(memory.catalogs()).unwrap();
        let set = plan.steps.iter().filter(|step| matches!(step.action, Action::Categorise { .. }));
        assert_eq!(set.count(), usize::from(categories != 0));
        run(&mut memory, &plan).unwrap();
        assert_eq!(entry(&memory, chain).categories, categories);
    }
}

/// Each step records the order before it, by which its undo restores the position.
#[test]
fn d_32_each_step_of_a_removal_names_the_entries_before_it() {
    let mut memory = Memory::sample(ONE);
    install(&mut memory, &over(1, Class::Ifs, &[1001]));
    install(&mut memory, &layer(2, Class::NonIfs));
    let plan = uninstall(1, true).plan(memory.catalogs()).unwrap();
    let mut present: Vec<_> = catalog(&memory).entries.iter().map(|entry| Key::Known(entry.id())).collect();
    let mut met = [0; 3];
    for step in &plan.steps {
        match &step.action {
            Action::Remove { what, order } => {
                assert_eq!(*order, present, "{plan}");
                present.retain(|key| what.entries.iter().all(|entry| entry.key != *key));
                met[0] += 1;
            }
            Action::Add(what) => {
                present.extend(what.entries.iter().map(|entry| entry.key));
                // The numbers in its chain are those of keys.
                let chains = what.entries.iter().map(|entry| entry.info.ProtocolChain.ChainEntries);
                assert!(chains.into_iter().all(|chain| chain == [0; 7]), "{plan}");
                met[1] += 1;
            }
            Action::Reorder { from, to } => {
                assert_eq!(*from, present, "{plan}");
                assert_eq!(to.len(), present.len(), "{plan}");
                met[2] += 1;
            }
            Action::Categorise { .. } => {}
        }
    }
    assert!(met[0] > 1 && met[1] > 0 && met[2] == 1, "{met:?}\n{plan}");
}

#[test]
fn d_32_a_catalog_that_lacks_what_is_removed_is_named() {
    let mut catalogs = Memory::sample(BOTH).catalogs().clone();
    let mut one = Memory::sample(ONE);
    install(&mut one, &layer(1, Class::Ifs));
    catalogs.bits64 = one.catalogs().bits64.clone();
    let plan = uninstall(1, false).plan(&catalogs).unwrap();
    assert_eq!(plan.notes, [Note::NotIn(Width::Bits32), Note::Restart]);
}

#[test]
fn added_entries_are_reported_by_name_and_id() {
    let _shows = wpu_evidence::tested(["provider-installation.both-catalogs-get-entries"]);
    let mut memory = Memory::sample(BOTH);
    let plan = base(4, Class::NonIfs).plan(memory.catalogs()).unwrap();
    let told: Vec<_> = apply(&plan, &mut memory).unwrap();
    let told: Vec<_> = told.into_iter().map(|added| (added.width, added.id, added.name)).collect();
    let entries =
        memory.catalogs().all().flat_map(|(width, all)| all.entries.iter().map(move |of| (width, of)));
    let new = entries.filter(|(_, entry)| entry.info.ProviderId == id(4));
    let new: Vec<_> = new.map(|(width, entry)| (width, entry.id(), entry.name())).collect();
    assert_eq!((told.len(), told), (2, new));
}

#[test]
fn d_32_the_id_of_chains_does_not_remove_a_layer() {
    let mut memory = Memory::sample(ONE);
    install(&mut memory, &over(1, Class::Ifs, &[1001]));
    let chain = entry(&memory, "Layer 1 over [TCP over IP version 4]").info.ProviderId;
    let problem =
        wpu_install::Uninstall { provider: chain, others: true }.plan(memory.catalogs()).unwrap_err();
    assert_eq!(problem, Problem::ChainOf { width: Width::Bits64, provider: chain, layer: id(1) });
    assert_eq!(uninstall(9, true).plan(memory.catalogs()), Err(Problem::NotThere { provider: id(9) }));
}

#[test]
fn d_33_paths_are_counted_in_characters_and_variables_stay() {
    let memory = Memory::sample(ONE);
    let plan = |path: &str| Layer { path: path.into(), ..layer(1, Class::Ifs) }.plan(memory.catalogs());
    // Each of these characters is one unit of UTF-16, and two bytes or more.
    let long = |length: usize| format!(r"C:\{}", "ü".repeat(length - 3));
    assert!(plan(&long(259)).is_ok());
    assert!(matches!(plan(&long(260)), Err(Problem::BadPath { .. })));
    for bad in ["count.dll", r"layers\count.dll", "", "C:count.dll", "%SystemRoot", "C:\\a\0b"] {
        assert!(matches!(plan(bad), Err(Problem::BadPath { .. })), "{bad}");
    }
    let mut memory = memory.clone();
    for path in [r"%SystemRoot%\system32\count.dll", r"\\server\share\count.dll"] {
        run(&mut memory, &plan(path).unwrap()).unwrap();
        assert_eq!(entry(&memory, "Layer 1").path.to_string(), path);
        remove(&mut memory, &uninstall(1, false));
    }
}

#[test]
fn d_34_a_layer_is_noted_as_deprecated_and_a_base_provider_is_not() {
    let memory = Memory::sample(ONE);
    assert_eq!(layer(1, Class::Ifs).plan(memory.catalogs()).unwrap().notes[0], Note::Deprecated);
    assert!(!base(1, Class::Ifs).plan(memory.catalogs()).unwrap().notes.contains(&Note::Deprecated));
}

#[test]
fn d_37_sockets_that_another_entry_offers_first_are_noted() {
    let memory = Memory::sample(ONE);
    let mut tcp = base(1, Class::Ifs);
    (tcp.sockets[0].family, tcp.sockets[0].protocol) = (2, 6);
    let later = |note: &Note| matches!(note, Note::FoundLater { before, .. } if before == "1001 `TCP over IP version 4`");
    assert!(tcp.plan(memory.catalogs()).unwrap().notes.iter().any(later));
    tcp.first = true;
    let plan = tcp.plan(memory.catalogs()).unwrap();
    assert!(!plan.notes.iter().any(later));
    let mut memory = memory.clone();
    run(&mut memory, &plan).unwrap();
    assert_eq!(names(&memory)[0], "Base 1");
}

/// A name has at most 255 units and a zero. The name of a chain is cut between characters, which may have two
/// units.
#[test]
fn the_longest_name_is_kept_whole_and_that_of_its_chain_is_cut_between_letters() {
    let _shows = wpu_evidence::tested(["catalog.name-fits-the-array"]);
    let mut memory = Memory::sample(ONE);
    let whole = "x".repeat(255);
    install(&mut memory, &Layer { name: whole.clone(), ..over(1, Class::Ifs, &[1001]) });
    assert_eq!(names(&memory).iter().filter(|name| **name == whole).count(), 2, "the layer and its chain");
    let (cut, room) = ("\u{1f600}".repeat(124), " over [");
    install(&mut memory, &Layer { name: cut.clone(), ..over(2, Class::Ifs, &[1002]) });
    assert_eq!(entry(&memory, &format!("{cut}{room}")).links()[1], 1002);
    let odd = format!("{}y", "\u{1f600}".repeat(127));
    install(&mut memory, &Layer { name: odd.clone(), ..over(3, Class::Ifs, &[1003]) });
    assert_eq!(names(&memory).iter().filter(|name| **name == odd).count(), 2);
    let wide = Layer { name: "\u{1f600}".repeat(128), ..layer(4, Class::Ifs) };
    assert!(matches!(wide.plan(memory.catalogs()), Err(Problem::BadName { .. })));
}

#[test]
fn other_invalid_requests_are_refused() {
    let memory = Memory::sample(ONE);
    let refused = |layer: Layer| layer.plan(memory.catalogs()).unwrap_err();
    assert_eq!(layer(1, Class::Ifs).plan(&Catalogs::default()), Err(Problem::NoCatalog));
    assert_eq!(refused(Layer { provider: wpu_sys::ffi::GUID::ZERO, ..layer(1, Class::Ifs) }), Problem::NoId);
    for name in [String::new(), "x".repeat(256), "a\0b".into()] {
        assert!(matches!(refused(Layer { name, ..layer(1, Class::Ifs) }), Problem::BadName { .. }));
    }
    assert_eq!(refused(over(1, Class::Ifs, &[7])), Problem::NoEntry { width: Width::Bits64, id: 7 });
    assert_eq!(refused(over(1, Class::Ifs, &[])), Problem::NothingChosen { width: Width::Bits64 });
    assert!(matches!(refused(over(1, Class::Ifs, &[1001, 1001])), Problem::ChosenTwice { .. }));
    let nothing = Layer { over: Over::Sockets(vec![(2, 1, 7)]), ..layer(1, Class::Ifs) };
    assert_eq!(refused(nothing), Problem::NoOffer { width: Width::Bits64, sockets: (2, 1, 7) });
    let mut none = base(1, Class::Ifs);
    none.sockets.clear();
    assert_eq!(none.plan(memory.catalogs()), Err(Problem::NoSockets));
    assert_eq!(base(1, Class::Ifs).plan(&Catalogs::default()), Err(Problem::NoCatalog));
    let there = catalog(&memory).entries[0].info.ProviderId;
    let wrong = Base { provider: there, ..base(1, Class::Ifs) }.plan(memory.catalogs());
    assert!(matches!(wrong, Err(Problem::AlreadyThere { .. })), "{wrong:?}");
    let wrong = Base { path: "base.dll".into(), ..base(1, Class::Ifs) }.plan(memory.catalogs());
    assert!(matches!(wrong, Err(Problem::BadPath { of: "DLL", .. })), "{wrong:?}");
    let mut unnamed = base(1, Class::Ifs);
    unnamed.sockets[0].name.clear();
    assert!(matches!(unnamed.plan(memory.catalogs()), Err(Problem::BadName { .. })));
    let mut memory = memory.clone();
    install(&mut memory, &over(1, Class::Ifs, &[1001]));
    let own = entry(&memory, "Layer 1").id();
    assert!(matches!(
        over(2, Class::Ifs, &[own]).plan(memory.catalogs()),
        Err(Problem::NotToBeCovered { .. })
    ));
}

#[test]
fn a_plan_is_not_carried_out_in_another_catalog() {
    let mut memory = Memory::sample(ONE);
    let plan = layer(1, Class::Ifs).plan(memory.catalogs()).unwrap();
    install(&mut memory, &layer(2, Class::Ifs));
    let before = memory.catalogs().clone();
    assert_eq!(run(&mut memory, &plan), Err(Failure::Changed { width: Width::Bits64 }));
    assert_eq!(memory.read_all().as_ref(), Ok(&before));
}

//! What entries say of themselves: the installer describes what it adds, and faults in catalogs are found.

use crate::common::*;
use wpu_install::{
    Base, Catalogs, Class, Entry, Memory, Problem, Sockets, Width, findings, read_snapshot, write_snapshot,
};
use wpu_sys::ffi::{
    GUID, PFL_HIDDEN, PFL_MULTIPLE_PROTO_ENTRIES, PFL_RECOMMENDED_PROTO_ENTRY, XP1_INTERRUPT, XP1_UNI_RECV,
    XP1_UNI_SEND,
};

const SEVERAL: u32 = PFL_MULTIPLE_PROTO_ENTRIES;
const USUAL: u32 = PFL_RECOMMENDED_PROTO_ENTRY;

/// The entries with these faults; a file with the catalog gives the same.
fn words(catalogs: &Catalogs) -> Vec<(u32, &'static str)> {
    let found = findings(catalogs, |_, _| Some(true));
    assert!(found.iter().all(|finding| finding.help.is_none()), "nothing is removed for its description");
    let read = read_snapshot(&write_snapshot(catalogs)).expect("it was just written");
    assert_eq!(findings(&read, |_, _| Some(true)), found);
    found.into_iter().map(|finding| (finding.entry, finding.fault.word())).collect()
}

fn changed(memory: &Memory, change: impl Fn(&mut Entry)) -> Catalogs {
    let mut catalogs = memory.catalogs().clone();
    catalogs.slot(Width::Bits64).as_mut().expect("it is there").entries.iter_mut().for_each(change);
    catalogs
}

/// A base provider with several entries for the same sockets, and one for others.
fn several() -> Base {
    let mut several = base(1, Class::NonIfs);
    let sockets = several.sockets[0].clone();
    for (kind, name) in [(1, "Other"), (2, "Alone"), (1, "Third")] {
        several.sockets.push(Sockets { kind, name: name.into(), ..sockets.clone() });
    }
    several
}

fn with(base: &Base) -> Memory {
    let mut memory = Memory::sample(ONE);
    let plan = base.plan(memory.catalogs()).unwrap();
    run(&mut memory, &plan).unwrap();
    memory
}

#[test]
fn wrong_flags_are_found() {
    let _shows =
        wpu_evidence::checked(["catalog.one-direction-per-entry", "catalog.reserved-flags-are-zero"]);
    let memory = Memory::sample(ONE);
    let flagged = |id: u32, change: fn(&mut Entry)| {
        words(&changed(&memory, |entry| {
            if entry.id() == id {
                change(entry);
            }
        }))
    };
    assert_eq!(words(memory.catalogs()), []);
    assert_eq!(flagged(1001, |entry| entry.info.dwServiceFlags1 |= XP1_UNI_SEND), []);
    assert_eq!(flagged(1001, |entry| entry.info.dwServiceFlags1 |= XP1_UNI_RECV), []);
    let both = flagged(1001, |entry| entry.info.dwServiceFlags1 |= XP1_UNI_SEND | XP1_UNI_RECV);
    assert_eq!(both, [(1001, "both-directions")]);
    for reserved in [
        flagged(1002, |entry| entry.info.dwServiceFlags1 |= XP1_INTERRUPT),
        flagged(1002, |entry| entry.info.dwServiceFlags2 = 1),
        flagged(1002, |entry| entry.info.dwServiceFlags3 = 1),
        flagged(1002, |entry| entry.info.dwServiceFlags4 = 1),
    ] {
        assert_eq!(reserved, [(1002, "reserved-flags")]);
    }
    // The installer adds no such entry.
    for (flags, name) in
        [(XP1_UNI_SEND | XP1_UNI_RECV, "Base 2".to_owned()), (XP1_INTERRUPT, "Base 2".to_owned())]
    {
        let mut base = base(2, Class::NonIfs);
        base.sockets[0].service_flags |= flags;
        let problem = base.plan(memory.catalogs()).unwrap_err();
        let expected = if flags == XP1_INTERRUPT {
            Problem::ReservedFlags { name }
        } else {
            Problem::BothDirections { name }
        };
        assert_eq!(problem, expected);
    }
}

#[test]
fn several_entries_for_the_same_sockets_say_so() {
    let _shows = wpu_evidence::checked(["catalog.several-behaviours-marked"]);
    let memory = with(&several());
    let flags = |memory: &Memory, name| entry(memory, name).info.dwProviderFlags & (SEVERAL | USUAL);
    let names = ["Base 1", "Other", "Third", "Alone", "TCP over IP version 4"];
    assert_eq!(names.map(|name| flags(&memory, name)), [SEVERAL | USUAL, SEVERAL, SEVERAL, 0, 0]);
    assert_eq!(words(memory.catalogs()), []);
    let without = |flag: u32| words(&changed(&memory, |entry| entry.info.dwProviderFlags &= !flag));
    let [first, other, third] = ["Base 1", "Other", "Third"].map(|name| entry(&memory, name).id());
    let unmarked = "several-unmarked";
    assert_eq!(without(SEVERAL), [(first, unmarked), (other, unmarked), (third, unmarked)]);
    assert_eq!(without(USUAL), [(first, unmarked)]);
    let two = changed(&memory, |entry| {
        entry.info.dwProviderFlags |= if entry.id() == third { USUAL } else { 0 };
    });
    assert_eq!(words(&two), [(first, unmarked)]);
    // One that no program finds does not count.
    let hidden = changed(&memory, |entry| {
        let is_left = entry.id() == first || entry.info.ProviderId != id(1);
        entry.info.dwProviderFlags = if is_left { 0 } else { PFL_HIDDEN };
    });
    assert_eq!(words(&hidden), []);
    // Nor do chains of a layer that has one of them for each of its bases.
    let mut layered = with(&Base { provider: id(2), ..several() });
    let bases: Vec<_> = ["Base 1", "Other"].map(|name| entry(&layered, name).id()).to_vec();
    install(&mut layered, &over(3, Class::NonIfs, &bases));
    assert_eq!(words(layered.catalogs()), []);
    let third = entry(&layered, "Third").id();
    install(&mut layered, &over(4, Class::NonIfs, &[third]));
    assert_eq!(flags(&layered, "Layer 4 over [Third]"), 0);
    assert_eq!(words(layered.catalogs()), []);
}

#[test]
fn byte_order_and_security_are_those_of_the_base() {
    let _shows = wpu_evidence::tested(["catalog.order-and-security-values"]);
    let memory = with(&several());
    let values = |entry: &Entry| (entry.info.iNetworkByteOrder, entry.info.iSecurityScheme);
    assert!(catalog(&memory).entries.iter().all(|entry| values(entry) == (0, 0)));
    let other = changed(&memory, |entry| {
        (entry.info.iNetworkByteOrder, entry.info.iSecurityScheme) = (1, 5);
    });
    let mut memory = Memory::new(other);
    install(&mut memory, &over(3, Class::NonIfs, &[1001]));
    assert_eq!(values(&entry(&memory, "Layer 3 over [TCP over IP version 4]")), (1, 5));
}

#[test]
fn no_other_provider_has_the_id_of_a_new_one() {
    let _shows = wpu_evidence::tested(["catalog.guid-of-the-vendor"]);
    let mut memory = with(&base(1, Class::Ifs));
    let refused = |problem| matches!(problem, Problem::NoId | Problem::AlreadyThere { .. });
    for provider in [GUID::ZERO, id(1), catalog(&memory).entries[0].info.ProviderId] {
        let new = Base { provider, ..base(2, Class::Ifs) };
        assert!(refused(new.plan(memory.catalogs()).unwrap_err()));
        let new = wpu_install::Layer { provider, ..layer(2, Class::Ifs) };
        assert!(refused(new.plan(memory.catalogs()).unwrap_err()));
    }
    // The ids of chains are made by the installer: all differ, also from one that another provider has.
    install(&mut memory, &layer(3, Class::Ifs));
    let chains = |memory: &Memory| -> Vec<GUID> {
        let chains = catalog(memory).entries.iter().filter(|entry| entry.name().starts_with("Layer 3 over"));
        chains.map(|entry| entry.info.ProviderId).collect()
    };
    let all = chains(&memory);
    assert_eq!(all.len(), 5);
    remove(&mut memory, &uninstall(3, false));
    let thief = Base { provider: all[0], ..base(4, Class::Ifs) };
    let plan = thief.plan(memory.catalogs()).unwrap();
    run(&mut memory, &plan).unwrap();
    install(&mut memory, &layer(3, Class::Ifs));
    let mut again = chains(&memory);
    assert!(!again.contains(&all[0]) && again.len() >= 5);
    let count = again.len();
    again.sort_by_key(|id| format!("{id:?}"));
    again.dedup();
    assert_eq!(again.len(), count);
}

//! What the functions of a simulation do and answer when they succeed.
#![cfg(not(windows))] // On Windows the functions are those of Ws2_32.

use crate::common::ws2::Ws2;
use crate::common::*;
use wpu_install::{Catalog, Class, Condition, Layer, Memory, Simulation, Width, WsaError};
use wpu_sys::ffi::{PFL_HIDDEN, WSAPROTOCOL_INFOW};

const PATH: &str = r"%SystemRoot%\new.dll";
const ROOM: u32 = 100_000;

fn catalog_of(simulation: &Simulation, width: Width) -> Catalog {
    simulation.memory(|memory| memory.catalogs().get(width).expect("there is one").clone())
}

fn entries(count: i32) -> Vec<WSAPROTOCOL_INFOW> {
    let entry = |number| {
        let mut entry =
            WSAPROTOCOL_INFOW { iAddressFamily: 40, iProtocol: number, ..WSAPROTOCOL_INFOW::ZERO };
        (entry.ProtocolChain.ChainLen, entry.dwCatalogEntryId) = (1, 7);
        entry
    };
    (0..count).map(entry).collect()
}

/// Two catalogs with entries of other numbers, each with a layer.
fn layered() -> Simulation {
    let mut catalogs = Memory::sample(BOTH).catalogs().clone();
    for (width, number) in [(Width::Bits64, 1), (Width::Bits32, 2)] {
        let mut memory = Memory::new(catalogs.clone().only(width));
        install(&mut memory, &Layer { categories: number, ..layer(number, Class::Ifs) });
        *catalogs.slot(width) = memory.catalogs().get(width).cloned();
    }
    Simulation::start(Memory::new(catalogs))
}

const OWN: Ws2 = Ws2 { is_32: false, spoiled: None };
const OTHER: Ws2 = Ws2 { is_32: true, spoiled: None };

/// All functions of one catalog, one after the other, which has a layer of this number and not the other one.
fn each_function(simulation: &Simulation, ws2: Ws2, width: Width, has: u32, has_not: u32) {
    let before = catalog_of(simulation, width);
    let (listed, found, _) = ws2.list(None, 20, ROOM);
    assert_eq!(listed, Ok(9), "a count");
    assert_eq!(found, before.entries.iter().map(|entry| entry.info).collect::<Vec<_>>());
    assert_eq!((ws2.path(&id(has), 260).0, ws2.path(&id(has_not), 260).0), (Ok(0), Err(WsaError::WSAEINVAL)));
    assert_eq!(ws2.info(&id(has), 0, 4, 0), (Ok(0), has, 4));
    assert_eq!(ws2.info(&id(has_not), 0, 4, 0).0, Err(WsaError::WSAEINVALIDPROVIDER));
    assert_eq!(ws2.set_info(&id(has), 0, 9, 4, 0), Ok(0));
    assert_eq!(ws2.set_info(&id(has_not), 0, 9, 4, 0), Err(WsaError::WSAEINVAL));
    let ids: Vec<_> = found.iter().rev().map(|info| info.dwCatalogEntryId).collect();
    assert_eq!((ws2.order(&ids), ws2.order(&ids[1..])), (0, WsaError::WSAEINVAL.code()));
    let after = catalog_of(simulation, width);
    assert!(after.entries.iter().map(wpu_install::Entry::id).eq(ids));
    assert!(after.of(&id(has)).all(|entry| entry.categories == 9));
    assert_eq!(ws2.remove(&id(has_not)), Err(WsaError::WSAEINVAL));
    assert_eq!(ws2.remove(&id(has)), Ok(0));
    assert!(!catalog_of(simulation, width).has(&id(has)));
}

#[test]
fn each_function_works_on_the_catalog_that_its_name_tells() {
    let _shows = wpu_evidence::tested([
        "catalog.failure-and-code",
        "catalog.name-tells-the-catalog",
        "provider-order.code-is-the-result",
        "provider-removal.all-entries-are-removed",
    ]);
    for is_32 in [false, true] {
        let simulation = layered();
        let (ws2, width, other) =
            if is_32 { (OTHER, Width::Bits32, Width::Bits64) } else { (OWN, Width::Bits64, Width::Bits32) };
        let untouched = catalog_of(&simulation, other);
        let (has, has_not) = if is_32 { (2, 1) } else { (1, 2) };
        each_function(&simulation, ws2, width, has, has_not);
        assert_eq!(catalog_of(&simulation, other), untouched);
    }
    // New entries go to the catalog of the program, or to both.
    let simulation = layered();
    assert_eq!(OWN.install(&id(8), PATH, &entries(1)), Ok(0));
    let there =
        |number| [Width::Bits64, Width::Bits32].map(|width| catalog_of(&simulation, width).has(&id(number)));
    assert_eq!(there(8), [true, false]);
    assert_eq!(OTHER.install(&id(9), PATH, &entries(1)), Ok(0));
    assert_eq!(there(9), [true, true]);
    assert_eq!(OWN.install(&id(9), PATH, &entries(1)), Err(WsaError::WSANO_RECOVERY));
    // What a program permits has no width.
    assert_eq!(OWN.permit(r"C:\a.exe", None, 1).0, Ok(0));
    assert_eq!(OWN.permitted(r"C:\a.exe", None), (Ok(0), 1));
    assert_eq!(OWN.permitted(r"C:\b.exe", None).0, Err(WsaError::WSASERVICE_NOT_FOUND));
    drop(simulation);
    // A 32-bit program has no other catalog than that of its width.
    let mut memory = Memory::new(Memory::sample(BOTH).catalogs().clone().only(Width::Bits32));
    install(&mut memory, &Layer { categories: 2, ..layer(2, Class::Ifs) });
    let simulation = Simulation::start(memory);
    assert_eq!(OWN.install(&id(8), PATH, &entries(1)), Ok(0));
    assert_eq!(OWN.remove(&id(8)), Ok(0));
    each_function(&simulation, OWN, Width::Bits32, 2, 1);
}

#[test]
fn new_entries_go_last_and_have_numbers_of_their_own() {
    let _shows = wpu_evidence::tested([
        "provider-installation.both-catalogs-get-entries",
        "provider-installation.id-given-by-the-host",
        "provider-installation.new-entries-go-last",
    ]);
    let simulation = layered();
    for (ws2, number) in [(OWN, 8), (OTHER, 9)] {
        let before = BOTH.iter().map(|width| catalog_of(&simulation, *width).entries).collect::<Vec<_>>();
        assert_eq!(ws2.install(&id(number), PATH, &entries(3)), Ok(0));
        for (width, before) in BOTH.iter().zip(before) {
            let after = catalog_of(&simulation, *width).entries;
            let (old, new) = after.split_at(before.len());
            assert_eq!(old, before);
            if *width == Width::Bits32 && !ws2.is_32 {
                assert!(new.is_empty());
                continue;
            }
            assert!(new.iter().map(|entry| entry.info.iProtocol).eq(0..3));
            assert!(new.iter().all(|entry| old.iter().all(|known| known.id() != entry.id())));
            assert!(new.iter().all(|entry| entry.id() != 7 && entry.info.ProviderId == id(number)));
            let mut ids: Vec<_> = new.iter().map(wpu_install::Entry::id).collect();
            ids.dedup();
            assert_eq!(ids.len(), 3);
        }
    }
}

#[test]
fn a_path_ends_with_a_zero_and_keeps_its_variables() {
    let _shows = wpu_evidence::tested(["provider-path.path-ends-with-zero"]);
    let _simulation = layered();
    assert_eq!(OTHER.install(&id(9), PATH, &entries(1)), Ok(0));
    for ws2 in [OWN, OTHER] {
        let (answer, units, _) = ws2.path(&id(9), 260);
        let written: Vec<_> = PATH.encode_utf16().chain([0]).collect();
        assert_eq!((answer, &units[..written.len()]), (Ok(0), &written[..]));
        // Nothing is written behind the zero.
        assert!(units[written.len()..].iter().all(|unit| *unit == 0xFFFF));
    }
}

#[test]
fn all_entries_are_listed_or_those_of_the_wanted_protocols() {
    let _shows = wpu_evidence::tested([
        "protocol-enumeration.count-is-the-result",
        "protocol-enumeration.filter-by-protocol",
        "protocol-enumeration.hidden-entries-included",
        "protocol-enumeration.needed-size-comes-back",
        "protocol-enumeration.never-in-parts",
    ]);
    let simulation = layered();
    let size = u32::try_from(size_of::<WSAPROTOCOL_INFOW>()).unwrap();
    for (ws2, width) in [(OWN, Width::Bits64), (OTHER, Width::Bits32)] {
        let all: Vec<_> = catalog_of(&simulation, width).entries.iter().map(|entry| entry.info).collect();
        assert!(
            all.iter().any(|info| info.ProtocolChain.ChainLen == 0 && info.dwProviderFlags & PFL_HIDDEN != 0)
        );
        assert_eq!(ws2.list(None, 9, ROOM), (Ok(9), all.clone(), 9 * size));
        let tcp: Vec<_> = all.iter().filter(|info| info.iProtocol == 6).copied().collect();
        assert_eq!(ws2.list(Some(&[6, 99, 0, 17]), 9, ROOM), (Ok(4), tcp, 4 * size));
        assert_eq!(ws2.list(Some(&[0]), 9, ROOM), (Ok(0), Vec::new(), 0));
        let (answer, found, needed) = ws2.list(None, 9, 8 * size);
        assert_eq!((answer, found.len(), needed), (Err(WsaError::WSAENOBUFS), 0, 9 * size));
    }
}

#[test]
fn categories_are_answered_as_they_were_last_set() {
    let _shows = wpu_evidence::tested([
        "provider-categories.categories-come-back",
        "provider-categories.null-asks-for-the-size",
        "provider-categories.setting-replaces-categories",
        "provider-categories.several-categories-allowed",
    ]);
    let _simulation = layered();
    for (ws2, number) in [(OWN, 1), (OTHER, 2)] {
        for categories in [0x8000_0041, 6, 0, 8] {
            assert_eq!(ws2.set_info(&id(number), 0, categories, 4, 0), Ok(0));
            assert_eq!(ws2.info(&id(number), 0, 4, 0), (Ok(0), categories, 4));
        }
        let null = Ws2 { spoiled: Some((3, true)), ..ws2 };
        for size in [0, 100] {
            assert_eq!(null.info(&id(number), 0, size, 0), (Err(WsaError::WSAEFAULT), 0, 4));
        }
    }
}

#[test]
fn what_a_program_permits_is_answered_and_added_to() {
    let _shows = wpu_evidence::tested([
        "application-categories.categories-add-up",
        "application-categories.earlier-categories-answered",
        "application-categories.path-may-have-variables",
        "application-categories.path-with-arguments-identifies",
        "application-categories.permitted-categories-answered",
    ]);
    let _simulation = layered();
    let silent = Ws2 { spoiled: Some((2, true)), ..OWN };
    assert_eq!(OWN.permit(r"%SystemRoot%\a.exe", None, 1), (Ok(0), 0));
    assert_eq!(OWN.permit(r"%SystemRoot%\a.exe", None, 6), (Ok(0), 1));
    // The earlier categories are not told if there is no place for them.
    assert_eq!(silent.permit(r"%SystemRoot%\a.exe", None, 8), (Ok(0), u32::MAX));
    assert_eq!(OWN.permit(r"%SystemRoot%\a.exe", Some("-k"), 16), (Ok(0), 0));
    for path in [r"%SystemRoot%\a.exe", r"C:\Windows\a.exe", r"%systemroot%\A.exe"] {
        assert_eq!(OWN.permitted(path, None), (Ok(0), 15), "{path}");
        assert_eq!(OWN.permitted(path, Some("-k")), (Ok(0), 16), "{path}");
        assert_eq!(OWN.permitted(path, Some("-K")).0, Err(WsaError::WSASERVICE_NOT_FOUND), "{path}");
    }
}

#[test]
fn a_simulation_ends_when_it_is_dropped() {
    drop(layered());
    // Tests of this process take turns: the functions are without a catalog, or have that of another test.
    let simulation = Simulation::start(Memory::sample(ONE));
    simulation.fail(Condition::Ordering, 1..2);
    let ids = [1004, 1003, 1002, 1001];
    assert_eq!([(); 3].map(|()| OWN.order(&ids)), [0, WsaError::WSANO_RECOVERY.code(), 0]);
    assert_eq!(simulation.last_error(), Some(WsaError::WSANO_RECOVERY));
}

//! Each step of each kind of plan fails in turn: all is as it was, or what is not is told by name.

mod common;

use common::*;
use wpu_install::{
    Call, Catalog, Catalogs, Class, Failure, Layer, Memory, Place, Plan, Registrar, WideString, Width,
    WsaError, apply,
};
use wpu_sys::ffi::{GUID, WSAPROTOCOL_INFOW};

/// Plans that change a catalog with two layers in it, and the catalog.
fn plans() -> (Memory, Vec<(&'static str, Plan)>) {
    let mut memory = Memory::sample(ONE);
    install(&mut memory, &Layer { categories: 1, ..layer(1, Class::Ifs) });
    install(&mut memory, &Layer { categories: 2, ..layer(2, Class::NonIfs) });
    let catalogs = memory.catalogs();
    let plans = vec![
        ("a layer", Layer { categories: 4, ..layer(3, Class::NonIfs) }.plan(catalogs).unwrap()),
        ("a base", wpu_install::Base { first: true, ..base(4, Class::NonIfs) }.plan(catalogs).unwrap()),
        ("away with the upper", uninstall(2, false).plan(catalogs).unwrap()),
        ("away with the lower", uninstall(1, true).plan(catalogs).unwrap()),
    ];
    (memory, plans)
}

/// The catalogs with numbers in the order of the entries, so that new numbers make no difference.
fn renumbered(catalogs: &Catalogs) -> Vec<String> {
    let mut all = Vec::new();
    for (width, catalog) in catalogs.all() {
        let at = |id: u32| catalog.entries.iter().position(|entry| entry.id() == id);
        for entry in &catalog.entries {
            let mut info = entry.info;
            (info.dwCatalogEntryId, info.ProtocolChain.ChainEntries) = (0, [0; 7]);
            let links: Vec<_> = entry.links().iter().map(|id| at(*id)).collect();
            all.push(format!("{width} {info:?} {links:?} {} {}", entry.path, entry.categories));
        }
    }
    all
}

macro_rules! only {
    ($($at:literal)*) => { [$(|call| call == $at),*] };
}
const FIRST: [fn(usize) -> bool; 12] = only!(0 1 2 3 4 5 6 7 8 9 10 11);

#[test]
fn whatever_step_fails_all_is_as_it_was() {
    let (memory, plans) = plans();
    for (name, plan) in plans {
        let mut passed = 0;
        for in_part in [false, true] {
            for (at, fails) in FIRST.into_iter().enumerate() {
                let mut memory = memory.clone();
                memory.fail(fails, in_part);
                match run(&mut memory, &plan) {
                    Ok(()) => {
                        assert!(at >= plan.steps.len(), "{name}: step {at} did not fail");
                        passed += 1;
                    }
                    Err(Failure::TakenBack { error, .. }) => {
                        assert_eq!(error, WsaError::WSANO_RECOVERY);
                        assert_eq!(
                            renumbered(memory.catalogs()),
                            renumbered(&plan.before),
                            "{name}: step {at}"
                        );
                    }
                    Err(other) => panic!("{name}: step {at}: {other}"),
                }
            }
        }
        assert_eq!(passed, 2 * (FIRST.len() - plan.steps.len()), "{name}");
    }
}

#[test]
fn what_cannot_be_taken_back_is_told_by_name() {
    let (memory, plans) = plans();
    for (name, plan) in &plans {
        let mut memory = memory.clone();
        // The second step fails, and all that would take the first one back.
        memory.fail(|call| call >= 1, false);
        let failure = run(&mut memory, plan).unwrap_err();
        let Failure::HalfWay { left, step, .. } = &failure else { panic!("{name}: {failure}") };
        assert_eq!(*step, plan.steps[1].to_string());
        assert_ne!(memory.catalogs(), &plan.before);
        let known = match *name {
            "a layer" => "left over in the 64-bit catalog: 1015 `Layer 3`",
            "a base" => "left over in the 64-bit catalog: 1015 `Base 4`",
            _ => "missing in the 64-bit catalog: ",
        };
        assert!(left[0].starts_with(known), "{name}: {failure}");
        assert!(left.iter().any(|line| line.starts_with("cannot ")), "{name}: {failure}");
    }
}

/// The step in the middle fails, and one of the steps back.
const AND_ONE_BACK: [fn(usize) -> bool; 6] = [
    |call| call == 4 || call == 5,
    |call| call == 4 || call == 6,
    |call| call == 4 || call == 7,
    |call| call == 4 || call == 8,
    |call| call == 4 || call == 9,
    |call| call == 4 || call == 10,
];

#[test]
fn whatever_step_back_fails_the_rest_is_told_and_no_more() {
    let (memory, plans) = plans();
    let (name, plan) = &plans[3];
    for fails in AND_ONE_BACK {
        let mut memory = memory.clone();
        memory.fail(fails, false);
        match run(&mut memory, plan).unwrap_err() {
            // A later step back put in order what this one did not.
            Failure::TakenBack { .. } => assert_eq!(renumbered(memory.catalogs()), renumbered(&plan.before)),
            Failure::HalfWay { left, .. } => {
                assert!(!left.is_empty(), "{name}");
                assert_ne!(renumbered(memory.catalogs()), renumbered(&plan.before));
            }
            other => panic!("{other}"),
        }
    }
}

#[test]
fn both_catalogs_are_as_they_were() {
    let mut memory = Memory::sample(BOTH);
    let plan = wpu_install::Base { first: true, ..base(4, Class::NonIfs) }.plan(memory.catalogs()).unwrap();
    for in_part in [false, true] {
        for fails in &FIRST[..3] {
            let mut memory = memory.clone();
            memory.fail(*fails, in_part);
            assert!(matches!(run(&mut memory, &plan), Err(Failure::TakenBack { .. })));
            assert_eq!(memory.catalogs(), &plan.before);
        }
    }
    let before = memory.catalogs().clone();
    run(&mut memory, &plan).unwrap();
    let plan = uninstall(4, false).plan(memory.catalogs()).unwrap();
    for fails in &FIRST[..2] {
        let mut memory = memory.clone();
        memory.fail(*fails, false);
        assert!(matches!(run(&mut memory, &plan), Err(Failure::TakenBack { .. })));
        assert_eq!(renumbered(memory.catalogs()), renumbered(&plan.before));
    }
    run(&mut memory, &plan).unwrap();
    assert_eq!(memory.catalogs(), &before);
}

#[test]
fn what_a_program_cannot_take_back_it_does_not_begin() {
    let mut memory = Memory::sample(BOTH);
    let mut catalogs = Catalogs::default();
    for width in Width::ALL {
        let mut one = Memory::new(memory.catalogs().clone().only(width));
        install(&mut one, &layer(1, Class::Ifs));
        *catalogs.slot(width) = one.catalogs().get(width).cloned();
    }
    memory = Memory::new(catalogs);
    // A 64-bit program could remove the chains from the 32-bit catalog, but not add them again.
    let plan = uninstall(1, false).plan(memory.catalogs()).unwrap();
    let failure = apply(&plan, &mut memory).unwrap_err();
    assert!(matches!(failure, Failure::OutOfReach { .. }), "{failure}");
    assert_eq!(memory.read_all().as_ref(), Ok(&plan.before));
    assert!(memory.calls().is_empty());
}

/// Reports success and does nothing for one kind of calls, as some stand-ins for Ws2_32 do.
struct Stub(Memory, Call);

impl Registrar for Stub {
    fn widths(&self) -> Vec<Width> {
        self.0.widths()
    }

    fn read(&mut self, width: Width) -> Result<Catalog, WsaError> {
        self.0.read(width)
    }

    fn cannot_add(&self, place: Place) -> Option<&'static str> {
        self.0.cannot_add(place)
    }

    fn add(
        &mut self,
        place: Place,
        id: &GUID,
        path: &WideString,
        all: &[WSAPROTOCOL_INFOW],
    ) -> Result<(), WsaError> {
        if self.1 == Call::Add(place) { Ok(()) } else { self.0.add(place, id, path, all) }
    }

    fn remove(&mut self, width: Width, id: &GUID) -> Result<(), WsaError> {
        if self.1 == Call::Remove(width) { Ok(()) } else { self.0.remove(width, id) }
    }

    fn reorder(&mut self, width: Width, ids: &[u32]) -> Result<(), WsaError> {
        self.0.reorder(width, ids)
    }

    fn categorise(&mut self, width: Width, id: &GUID, categories: u32) -> Result<(), WsaError> {
        self.0.categorise(width, id, categories)
    }
}

#[test]
fn success_is_not_taken_on_trust() {
    let (memory, plans) = plans();
    let bits64 = Width::Bits64;
    for (name, plan) in plans {
        let call = if name.starts_with("away") { Call::Remove(bits64) } else { Call::Add(Place::In(bits64)) };
        let mut stub = Stub(memory.clone(), call);
        let failure = run(&mut stub, &plan).unwrap_err();
        let silent = WsaError::WSASYSCALLFAILURE;
        assert!(matches!(failure, Failure::TakenBack { error, .. } if error == silent), "{name}: {failure}");
        assert_eq!(stub.0.catalogs(), &plan.before);
    }
}

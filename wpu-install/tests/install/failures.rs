//! Each step of each kind of plan fails in turn: the catalog is as before, or the remaining differences are
//! reported.

use crate::common::*;
use wpu_install::{
    Action, Call, Catalog, Catalogs, Class, Failure, Key, Layer, Memory, Place, Plan, Registrar, WideString,
    Width, WsaError, apply,
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

/// A plan that removes one of two chains of another provider, which is removed and added again.
fn away_with_a_part() -> (Memory, Plan) {
    let mut memory = Memory::sample(ONE);
    install(&mut memory, &over(1, Class::NonIfs, &[1001]));
    let chain = entry(&memory, "Layer 1 over [TCP over IP version 4]").id();
    install(&mut memory, &Layer { categories: 2, ..over(2, Class::NonIfs, &[chain, 1002]) });
    let mut last = base(4, Class::NonIfs);
    last.sockets[0].kind = 7;
    let plan = last.plan(memory.catalogs()).unwrap();
    run(&mut memory, &plan).unwrap();
    let plan = uninstall(1, true).plan(memory.catalogs()).unwrap();
    (memory, plan)
}

/// The catalogs with ids in the order of the entries, so that new ids make no difference.
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

/// Whether the partial result of a step cannot be distinguished from that of another installer: no chain in
/// it names an entry of this plan.
fn is_unclear(plan: &Plan, at: usize) -> bool {
    let Action::Add(what) = &plan.steps[at].action else { return false };
    what.entries.iter().all(|entry| !entry.chain.iter().any(|link| matches!(link, Key::New(_))))
}

/// The catalogs without entries of providers that were not installed before.
fn without_new(catalogs: &Catalogs, plan: &Plan) -> Catalogs {
    let mut catalogs = catalogs.clone();
    for (width, before) in plan.before.all() {
        let entries = catalogs.slot(width).iter_mut().flat_map(|catalog| &mut catalog.entries);
        let kept: Vec<_> =
            entries.filter(|entry| before.has(&entry.info.ProviderId)).map(|entry| entry.clone()).collect();
        *catalogs.slot(width) = Some(Catalog { entries: kept });
    }
    catalogs
}

#[test]
fn a_failed_step_leaves_the_catalog_as_before() {
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
                    Err(Failure::HalfWay { left, .. }) if in_part && is_unclear(&plan, at) => {
                        assert_eq!(left.len(), 1, "{name}: step {at}: {left:?}");
                        assert!(left[0].starts_with("new in the 64-bit catalog, by "), "{left:?}");
                        let rest = without_new(memory.catalogs(), &plan);
                        assert_eq!(renumbered(&rest), renumbered(&plan.before), "{name}: step {at}");
                    }
                    Err(other) => panic!("{name}: step {at}: {other}"),
                }
            }
        }
        assert_eq!(passed, 2 * (FIRST.len() - plan.steps.len()), "{name}");
    }
}

#[test]
fn changes_that_cannot_be_undone_are_reported_by_name() {
    let (memory, plans) = plans();
    for (name, plan) in &plans {
        let mut memory = memory.clone();
        // The second step fails, and so do all steps that would undo the first one.
        memory.fail(|call| call >= 1, false);
        let failure = run(&mut memory, plan).unwrap_err();
        let Failure::HalfWay { left, step, .. } = &failure else { panic!("{name}: {failure}") };
        assert_eq!(*step, plan.steps[1].to_string());
        assert_ne!(memory.catalogs(), &plan.before);
        let known = match *name {
            "a layer" => "not removed from the 64-bit catalog: 1015 `Layer 3`",
            "a base" => "not removed from the 64-bit catalog: 1015 `Base 4`",
            _ => "missing in the 64-bit catalog: ",
        };
        assert!(left[0].starts_with(known), "{name}: {failure}");
        assert!(left.iter().any(|line| line.starts_with("cannot ")), "{name}: {failure}");
    }
}

/// The step in the middle fails, and so does one of the undo steps.
const AND_ONE_BACK: [fn(usize) -> bool; 6] = [
    |call| call == 4 || call == 5,
    |call| call == 4 || call == 6,
    |call| call == 4 || call == 7,
    |call| call == 4 || call == 8,
    |call| call == 4 || call == 9,
    |call| call == 4 || call == 10,
];

#[test]
fn a_failed_undo_step_reports_exactly_the_remaining_differences() {
    let (memory, plans) = plans();
    let (name, plan) = &plans[3];
    for fails in AND_ONE_BACK {
        let mut memory = memory.clone();
        memory.fail(fails, false);
        match run(&mut memory, plan).unwrap_err() {
            // A later undo step restored the order that this one did not.
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
fn both_catalogs_are_as_before() {
    let mut memory = Memory::sample(BOTH);
    let plan = wpu_install::Base { first: true, ..base(4, Class::NonIfs) }.plan(memory.catalogs()).unwrap();
    for in_part in [false, true] {
        for fails in &FIRST[..3] {
            let mut memory = memory.clone();
            memory.fail(*fails, in_part);
            let failure = run(&mut memory, &plan).unwrap_err();
            // The first call added to one of the catalogs, or another installer did.
            let is_unclear = in_part && memory.calls().len() == 1;
            match &failure {
                Failure::HalfWay { left, .. } if is_unclear => assert_eq!(left.len(), 1, "{failure}"),
                Failure::TakenBack { .. } if !is_unclear => (),
                other => panic!("{other}"),
            }
            assert_eq!(&without_new(memory.catalogs(), &plan), &plan.before);
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
fn a_plan_that_this_program_cannot_undo_is_not_started() {
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

/// Reports success and does nothing for one kind of calls, as some implementations of Ws2_32 do.
struct Stub(Memory, Call);

impl Registrar for Stub {
    passes_on!(widths, read, cannot_add);

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
        if self.1 == Call::Reorder(width) { Ok(()) } else { self.0.reorder(width, ids) }
    }

    fn categorise(&mut self, width: Width, id: &GUID, categories: u32) -> Result<(), WsaError> {
        if self.1 == Call::Categorise(width) { Ok(()) } else { self.0.categorise(width, id, categories) }
    }
}

#[test]
fn reported_success_is_verified() {
    let (memory, plans) = plans();
    let bits64 = Width::Bits64;
    let add = Call::Add(Place::In(bits64));
    let calls = [
        ("a layer", &[add, Call::Categorise(bits64), Call::Reorder(bits64)][..]),
        ("a base", &[add, Call::Reorder(bits64)]),
        ("away with the upper", &[Call::Remove(bits64)]),
        ("away with the lower", &[Call::Remove(bits64)]),
        ("away with a part", &[Call::Remove(bits64), add, Call::Reorder(bits64)]),
    ];
    let (part_memory, part) = away_with_a_part();
    let plans = plans.into_iter().map(|(name, plan)| (name, plan, memory.clone()));
    let plans: Vec<_> = plans.chain([("away with a part", part, part_memory)]).collect();
    for ((name, plan, memory), (same, calls)) in plans.iter().zip(calls) {
        assert_eq!(*name, same);
        for call in calls {
            let mut stub = Stub(memory.clone(), *call);
            let failure = run(&mut stub, plan).expect_err(&format!("{name}, {call:?}"));
            let (error, left) = match &failure {
                Failure::TakenBack { error, .. } => (*error, &Vec::new()),
                Failure::HalfWay { error, left, .. } => (*error, left),
                other => panic!("{name}, {call:?}: {other}"),
            };
            assert_eq!(error, WsaError::WSASYSCALLFAILURE, "{name}, {call:?}");
            // The calls that undo do nothing either, which is reported too.
            let is_as_it_was = renumbered(stub.0.catalogs()) == renumbered(&plan.before);
            assert_eq!(left.is_empty(), is_as_it_was, "{name}, {call:?}: {failure}");
        }
    }
}

/// Of a plan that somebody else made too, whose steps do not imply each other.
#[test]
fn an_order_is_taken_back_like_every_other_step() {
    let memory = Memory::sample(ONE);
    let ids = |ids: [u32; 4]| ids.map(Key::Known).to_vec();
    let (from, to) = (ids([1001, 1002, 1003, 1004]), ids([1004, 1003, 1002, 1001]));
    let mut plan = base(4, Class::NonIfs).plan(memory.catalogs()).unwrap();
    let place = Place::In(Width::Bits64);
    plan.steps.insert(0, wpu_install::Step { place, action: Action::Reorder { from, to } });
    let fails: [fn(usize) -> bool; 2] = [|call| call == 0, |call| call == 1];
    for fails in fails {
        for in_part in [false, true] {
            let mut changed = memory.clone();
            changed.fail(fails, in_part);
            run(&mut changed, &plan).unwrap_err();
            // What a call that failed added, or somebody else, stays.
            let ids = catalog(&changed).entries.iter().map(wpu_install::Entry::id);
            assert_eq!(
                ids.filter(|id| *id < 1005).collect::<Vec<_>>(),
                [1001, 1002, 1003, 1004],
                "{in_part}"
            );
        }
    }
}

#[test]
fn steps_without_a_change_are_not_undone() {
    let (mut memory, plans) = plans();
    let plan = &plans[0].1;
    let last = plan.steps.len() - 1;
    assert_eq!(last, 3);
    memory.fail(|call| call == 3, false);
    assert!(matches!(run(&mut memory, plan), Err(Failure::TakenBack { .. })));
    let orders = memory.calls().iter().filter(|call| matches!(call, Call::Reorder(_))).count();
    assert_eq!(orders, 1, "the order was not changed: {:?}", memory.calls());
}

/// Removes a layer's hidden entry and reports failure, and sets no categories.
struct Unlucky(Memory);

impl Registrar for Unlucky {
    passes_on!(widths, read, cannot_add, add, reorder);

    fn remove(&mut self, width: Width, provider: &GUID) -> Result<(), WsaError> {
        self.0.remove(width, provider)?;
        if *provider == id(1) { Err(WsaError::WSANO_RECOVERY) } else { Ok(()) }
    }

    fn categorise(&mut self, _: Width, _: &GUID, _: u32) -> Result<(), WsaError> {
        Err(WsaError::WSANO_RECOVERY)
    }
}

#[test]
fn an_entry_that_was_restored_differently_is_reported_as_changed() {
    let mut memory = Memory::sample(ONE);
    install(&mut memory, &Layer { categories: 1, ..over(1, Class::Ifs, &[1001]) });
    let plan = uninstall(1, false).plan(memory.catalogs()).unwrap();
    let failure = run(&mut Unlucky(memory), &plan).unwrap_err();
    let Failure::HalfWay { left, .. } = &failure else { panic!("{failure}") };
    assert_eq!(left[0], "changed in the 64-bit catalog: 1005 `Layer 1`", "{failure}");
}

/// Adds another entry than the requested one.
struct Other(Memory, fn(&mut WSAPROTOCOL_INFOW));

impl Registrar for Other {
    passes_on!(widths, read, cannot_add, remove, reorder, categorise);

    fn add(
        &mut self,
        place: Place,
        id: &GUID,
        path: &WideString,
        all: &[WSAPROTOCOL_INFOW],
    ) -> Result<(), WsaError> {
        let mut all = all.to_vec();
        if let Some(last) = all.last_mut() {
            self.1(last);
        }
        self.0.add(place, id, path, &all)
    }
}

/// The fields of an entry that programs or Ws2_32 use. Ws2_32 may change the other fields.
#[test]
fn an_entry_that_differs_from_the_request_is_detected() {
    let (memory, plans) = plans();
    let faults: [fn(&mut WSAPROTOCOL_INFOW); 7] = [
        |info| info.iAddressFamily += 1,
        |info| info.iSocketType += 1,
        |info| info.iProtocol += 1,
        |info| info.szProtocol[0] += 1,
        |info| info.dwServiceFlags1 ^= wpu_sys::ffi::XP1_IFS_HANDLES,
        |info| info.dwProviderFlags ^= wpu_sys::ffi::PFL_HIDDEN,
        |info| info.ProtocolChain.ChainLen ^= 1,
    ];
    for (at, fault) in faults.into_iter().enumerate() {
        for (name, plan) in &plans[..2] {
            let mut other = Other(memory.clone(), fault);
            let failure = run(&mut other, plan).unwrap_err();
            assert!(
                matches!(failure, Failure::TakenBack { error, .. } if error == WsaError::WSASYSCALLFAILURE)
            );
            assert_eq!(other.0.catalogs(), &plan.before, "{name}, fault {at}");
        }
    }
    let mut other = Other(memory.clone(), |info| {
        if info.ProtocolChain.ChainLen > 1 {
            info.ProtocolChain.ChainEntries[0] ^= 1;
        }
    });
    let failure = run(&mut other, &plans[0].1).unwrap_err();
    assert!(matches!(failure, Failure::TakenBack { .. }), "{failure}");
    assert_eq!(other.0.catalogs(), &plans[0].1.before);
    let mut other = Other(memory, |info| info.dwProviderFlags |= wpu_sys::ffi::PFL_RECOMMENDED_PROTO_ENTRY);
    run(&mut other, &plans[1].1).unwrap();
}

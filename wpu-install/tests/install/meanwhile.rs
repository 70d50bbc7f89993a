//! Another installer changes the same catalog, at each moment of each kind of plan: its changes stay, and an
//! incomplete plan is undone.

use crate::common::*;
use wpu_install::{
    Action, Base, Catalog, Catalogs, Class, Entry, Failure, Layer, Memory, Over, Place, Plan, Registrar,
    Uninstall, WideString, Width, WsaError, apply,
};
use wpu_sys::ffi::{GUID, WSAPROTOCOL_INFOW};

const HERE: Width = Width::Bits64;

/// Makes another installer run before one of the calls, whatever that call does.
struct Shared {
    memory: Memory,
    other: Other,
    /// The id that the other installer uses.
    id: GUID,
    /// The number of calls before it runs.
    until: usize,
    /// The entries that the other installer added.
    theirs: Vec<Entry>,
    calls: usize,
}

impl Shared {
    fn new(memory: &Memory, other: Other, id: GUID, until: usize) -> Self {
        Self { memory: memory.clone(), other, id, until, theirs: Vec::new(), calls: 0 }
    }

    fn call(&mut self) -> &mut Memory {
        if self.calls == self.until {
            let before = self.memory.catalogs().clone();
            (self.other)(&mut self.memory, self.id);
            let known = |entry: &&Entry| before.get(HERE).is_some_and(|all| all.find(entry.id()).is_none());
            self.theirs = catalog(&self.memory).entries.iter().filter(known).cloned().collect();
        }
        self.calls += 1;
        &mut self.memory
    }
}

impl Registrar for Shared {
    fn widths(&self) -> Vec<Width> {
        self.memory.widths()
    }

    fn read(&mut self, width: Width) -> Result<Catalog, WsaError> {
        self.call().read(width)
    }

    fn cannot_add(&self, place: Place) -> Option<&'static str> {
        self.memory.cannot_add(place)
    }

    fn add(
        &mut self,
        place: Place,
        id: &GUID,
        path: &WideString,
        all: &[WSAPROTOCOL_INFOW],
    ) -> Result<(), WsaError> {
        self.call().add(place, id, path, all)
    }

    fn remove(&mut self, width: Width, id: &GUID) -> Result<(), WsaError> {
        // A change between reading and removing cannot be detected.
        self.memory.remove(width, id)
    }

    fn reorder(&mut self, width: Width, ids: &[u32]) -> Result<(), WsaError> {
        self.call().reorder(width, ids)
    }

    fn categorise(&mut self, width: Width, id: &GUID, categories: u32) -> Result<(), WsaError> {
        // As for removing.
        self.memory.categorise(width, id, categories)
    }
}

/// Entries of another installer, over no entry of this run.
fn theirs(memory: &mut Memory, id: GUID) {
    let mut info =
        catalog(memory).entries.iter().find(|entry| entry.links().is_empty()).expect("a base").info;
    info.szProtocol[0] = u16::from(b'*');
    // If the id is in use, it cannot add them.
    let _ = memory.add(Place::In(HERE), &id, &r"C:\theirs.dll".into(), &[info, info]);
}

/// The action of another installer on an id in use.
type Other = fn(&mut Memory, GUID);

/// The actions of other installers.
const OTHERS: [(&str, Other); 4] = [
    ("adds the same id", theirs),
    ("adds another id", |memory, _| theirs(memory, id(99))),
    ("adds another id, before all others", |memory, _| {
        theirs(memory, id(99));
        let ids = catalog(memory).entries.iter().map(Entry::id);
        let (new, old): (Vec<_>, Vec<_>) = ids
            .partition(|at| catalog(memory).find(*at).is_some_and(|entry| entry.info.ProviderId == id(99)));
        let _ = memory.reorder(HERE, &[new, old].concat());
    }),
    ("removes the id and adds it again", |memory, id| {
        let _ = memory.remove(HERE, &id);
        theirs(memory, id);
        let _ = memory.categorise(HERE, &id, 7);
    }),
];

/// A plan with a name and the ids that it uses.
type Named = (&'static str, Plan, Vec<GUID>);

/// Plans of each kind, and their catalog.
fn plans() -> (Memory, Vec<Named>) {
    let mut memory = Memory::sample(ONE);
    install(&mut memory, &Layer { categories: 1, ..layer(1, Class::Ifs) });
    let udp = Over::Sockets(vec![(2, 2, 17)]);
    install(&mut memory, &Layer { categories: 2, over: udp, ..layer(2, Class::NonIfs) });
    let tcp = Over::Sockets(vec![(2, 1, 6), (23, 1, 6)]);
    let catalogs = memory.catalogs();
    let plans = vec![
        ("a layer", Layer { categories: 4, ..layer(3, Class::NonIfs) }.plan(catalogs).unwrap()),
        ("an IFS layer", Layer { categories: 4, over: tcp, ..layer(3, Class::Ifs) }.plan(catalogs).unwrap()),
        ("a base", Base { first: true, ..base(4, Class::NonIfs) }.plan(catalogs).unwrap()),
        ("away with the upper", uninstall(2, false).plan(catalogs).unwrap()),
        ("away with the lower", uninstall(1, true).plan(catalogs).unwrap()),
    ];
    let plans = plans.into_iter().map(|(name, plan)| {
        let ids = plan.steps.iter().filter_map(|step| match &step.action {
            wpu_install::Action::Add(what) | wpu_install::Action::Remove { what, .. } => Some(what.provider),
            _ => None,
        });
        let ids = ids.collect();
        (name, plan, ids)
    });
    let plans = plans.collect();
    (memory, plans)
}

/// The entries without those of the other installer, with ids in their order.
fn plain(catalogs: &Catalogs, theirs: &[Entry]) -> Vec<String> {
    let catalog = catalogs.get(HERE).expect("it is there");
    let ours: Vec<_> = catalog.entries.iter().filter(|entry| !theirs.contains(entry)).collect();
    let at = |id: u32| ours.iter().position(|entry| entry.id() == id);
    let shown = ours.iter().map(|entry| {
        let mut info = entry.info;
        (info.dwCatalogEntryId, info.ProtocolChain.ChainEntries) = (0, [0; 7]);
        let links: Vec<_> = entry.links().iter().map(|id| at(*id)).collect();
        format!("{info:?} {links:?} {} {}", entry.path, entry.categories)
    });
    shown.collect()
}

/// Checks that an entry that the other installer put first stays first, and that entries that it added at the
/// end stay there.
fn stands_where_it_stood(what: &str, shared: &Shared, plan: &Plan, doing: &str) {
    let entries = &catalog(&shared.memory).entries;
    let at = |entry: &Entry| entries.iter().position(|known| known == entry);
    let theirs: Vec<_> = shared.theirs.iter().filter_map(at).collect();
    if theirs.is_empty() {
        return;
    }
    match doing {
        "adds another id, before all others" => {
            assert_eq!(theirs, [0, 1], "{what}\n{}", shared.memory.catalogs());
        }
        "adds another id" => {
            let before = plan.before.get(HERE).expect("it is there");
            let last =
                before.entries.iter().filter_map(|entry| entries.iter().position(|is| is.id() == entry.id()));
            assert!(last.max() < theirs.first().copied(), "{what}\n{}", shared.memory.catalogs());
        }
        _ => (),
    }
}

/// Runs a plan beside another installer and checks the result.
fn check(what: &str, shared: &mut Shared, plan: &Plan, doing: &str) {
    let replaced = doing.starts_with("removes");
    // Changes after the last read are not detected by this run.
    let (result, looked) = (apply(plan, shared), shared.calls > shared.until);
    let now = shared.memory.catalogs();
    for entry in &shared.theirs {
        assert!(catalog(&shared.memory).entries.contains(entry), "{what}: {} is gone\n{now}", entry.name());
    }
    let left = match &result {
        Ok(added) => {
            let gone = added.iter().find(|added| catalog(&shared.memory).find(added.id).is_none());
            assert!(gone.is_none() || !looked, "{what}: {gone:?} is gone\n{now}");
            return;
        }
        Err(Failure::TakenBack { .. } | Failure::Changed { .. }) => &Vec::new(),
        Err(Failure::HalfWay { left, .. } | Failure::Overtaken { left, .. }) => left,
        Err(other) => panic!("{what}: {other}"),
    };
    // Entries that the other installer removed are not restored, and are reported as missing.
    if left.is_empty() && !replaced {
        let (is, was) = (plain(now, &shared.theirs), plain(&plan.before, &[]));
        assert_eq!(is, was, "{what}: {}\n{now}", result.unwrap_err());
    }
}

#[test]
fn changes_of_another_installer_stay() {
    let (memory, plans) = plans();
    let mut overtaken = 0;
    for (name, plan, ids) in &plans {
        for (doing, other) in OTHERS {
            for id in ids {
                for until in 0.. {
                    let mut shared = Shared::new(&memory, other, *id, until);
                    let what = format!("{name}; before call {until} another {doing}");
                    check(&what, &mut shared, plan, doing);
                    stands_where_it_stood(&what, &shared, plan, doing);
                    overtaken += usize::from(!shared.theirs.is_empty());
                    if shared.calls <= until {
                        break;
                    }
                }
            }
        }
    }
    assert!(overtaken > 300, "{overtaken}");
}

/// Entries that are unrelated to a run, including chains, stop none of its steps.
#[test]
fn unrelated_entries_of_another_installer_stop_nothing() {
    let elsewhere: Other = |memory, _| {
        theirs(memory, id(99));
        let (last, own) = (catalog(memory).entries.len() - 1, &catalog(memory).entries);
        let mut chain = own[last].info;
        chain.ProtocolChain.ChainLen = 2;
        chain.ProtocolChain.ChainEntries[..2].copy_from_slice(&[own[last - 1].id(), own[last].id()]);
        memory.add(Place::In(HERE), &id(98), &r"C:\theirs.dll".into(), &[chain]).unwrap();
    };
    let (memory, plans) = plans();
    for (name, plan, _) in &plans {
        let reorders = plan.steps.iter().filter(|step| matches!(step.action, Action::Reorder { .. })).count();
        let (mut made, mut between) = (0, 0);
        for until in 1.. {
            let mut shared = Shared::new(&memory, elsewhere, id(99), until);
            match apply(plan, &mut shared) {
                Ok(_) => made += 1,
                // Ws2_32 accepts an order of all entries only: an entry that was added between reading and
                // ordering is an error.
                Err(failure) => {
                    assert!(matches!(failure, Failure::TakenBack { .. }), "{name}, {until}: {failure}");
                    between += 1;
                }
            }
            if shared.calls <= until {
                break;
            }
        }
        assert!(made > 3 && between == reorders, "{name}: {made} made, {between} not");
    }
}

macro_rules! only {
    ($($at:literal)*) => { [$(|call| call == $at),*] };
}
const FAILS: [fn(usize) -> bool; 12] = only!(0 1 2 3 4 5 6 7 8 9 10 11);

#[test]
fn a_step_that_failed_meanwhile_is_undone() {
    let (memory, plans) = plans();
    for (name, plan, ids) in &plans {
        for (doing, other) in OTHERS {
            for (at, fails) in FAILS.iter().enumerate() {
                for until in 0..30 {
                    for in_part in [false, true] {
                        let mut shared = Shared::new(&memory, other, ids[0], until);
                        shared.memory.fail(*fails, in_part);
                        let what =
                            format!("{name}; call {at} fails ({in_part}); before {until} another {doing}");
                        check(&what, &mut shared, plan, doing);
                    }
                }
            }
        }
    }
}

#[test]
fn the_other_installers_change_is_reported() {
    let memory = Memory::sample(ONE);
    let plan = layer(1, Class::NonIfs).plan(memory.catalogs()).unwrap();
    // Three calls read the catalog before the layer's hidden entry is added.
    for (until, in_between) in [(1, "before it is looked for"), (2, "after that")] {
        let mut shared = Shared::new(&memory, theirs, id(1), until);
        let failure = run(&mut shared, &plan).unwrap_err();
        assert!(
            matches!(&failure, Failure::Overtaken { left, .. } if left.is_empty()),
            "{in_between}: {failure}"
        );
        let text = failure.to_string();
        let wanted = "cannot add `Layer 1` to the 64-bit catalog: {00000001-0001-0002-0303-030303030303}, \
            C:\\layers\\1.dll: meanwhile another installer added 1005 `*CP over IP version 4`, \
            1006 `*CP over IP version 4`, which was not touched; all steps were undone";
        assert_eq!(text, wanted);
        assert_eq!(catalog(&shared.memory).of(&id(1)).count(), 2);
    }
}

/// The catalog is read before and after each call: an entry under the id that appeared meanwhile is not ours.
#[test]
fn an_installer_that_replaces_a_layer_while_its_categories_are_set_is_reported() {
    let memory = Memory::sample(ONE);
    let plan = Layer { categories: 4, ..layer(1, Class::NonIfs) }.plan(memory.catalogs()).unwrap();
    assert!(matches!(plan.steps[1].action, Action::Categorise { .. }), "{plan}");
    let replaces: Other = |memory, id| {
        memory.remove(HERE, &id).unwrap();
        theirs(memory, id);
    };
    // Four calls until the entry is added and seen, one before its categories are set, and one after that.
    for until in [4, 5] {
        let mut shared = Shared::new(&memory, replaces, id(1), until);
        let failure = run(&mut shared, &plan).unwrap_err();
        let Failure::Overtaken { step, by, .. } = &failure else { panic!("{until}: {failure}") };
        assert!(step.contains("categories") && by.starts_with("added 1006 `*CP"), "{until}: {failure}");
        assert!(catalog(&shared.memory).of(&id(1)).all(|entry| entry.categories == 0), "{until}");
    }
}

/// The first entries of the plan of `layer(1)`, as another run of the same plan adds them.
fn the_same(memory: &mut Memory, id: GUID) {
    let other = Memory::sample(ONE);
    let plan = layer(1, Class::NonIfs).plan(other.catalogs()).unwrap();
    let wpu_install::Action::Add(what) = &plan.steps[0].action else { panic!("it adds") };
    memory.add(Place::In(HERE), &id, &what.path, &[what.entries[0].info]).unwrap();
}

/// Other entries of the same DLL.
fn the_same_file(memory: &mut Memory, id: GUID) {
    let info = catalog(memory).entries[0].info;
    memory.add(Place::In(HERE), &id, &r"C:\layers\1.dll".into(), &[info]).unwrap();
}

/// One call reads the catalog, one checks whether the id is free, and one adds.
#[test]
fn the_same_plan_that_another_run_carries_out_stays_that_runs() {
    let cases: [(Other, usize); 3] = [(the_same, 1), (the_same_file, 1), (the_same_file, 2)];
    for (other, until) in cases {
        let memory = Memory::sample(ONE);
        let plan = layer(1, Class::NonIfs).plan(memory.catalogs()).unwrap();
        let mut shared = Shared::new(&memory, other, id(1), until);
        let failure = run(&mut shared, &plan).unwrap_err();
        assert!(matches!(&failure, Failure::Overtaken { left, .. } if left.is_empty()), "{until}: {failure}");
        assert_eq!(catalog(&shared.memory).of(&id(1)).count(), 1, "{until}");
    }
}

/// The adding call fails, since the other run added the same entries, which cannot be distinguished from a
/// call that added them and failed.
#[test]
fn entries_after_a_failed_call_are_reported_and_not_removed() {
    let memory = Memory::sample(ONE);
    let plan = layer(1, Class::NonIfs).plan(memory.catalogs()).unwrap();
    let left = "new in the 64-bit catalog, by the call that failed or by another installer: 1005 `Layer 1`";
    let mut shared = Shared::new(&memory, the_same, id(1), 2);
    let failure = run(&mut shared, &plan).unwrap_err();
    assert!(matches!(&failure, Failure::HalfWay { left: all, .. } if *all == [left]), "{failure}");
    assert_eq!(catalog(&shared.memory).of(&id(1)).count(), 1);
    let mut memory = memory;
    memory.fail(|call| call == 0, true);
    let failure = run(&mut memory, &plan).unwrap_err();
    assert!(matches!(&failure, Failure::HalfWay { left: all, .. } if *all == [left]), "{failure}");
}

/// The other installer removes an entry over which a chain is to be added, or adds a chain over an entry to
/// be removed.
#[test]
fn no_chain_with_a_missing_link_remains() {
    let udp: Other = |memory, _| {
        let provider = catalog(memory).find(1003).unwrap().info.ProviderId;
        memory.remove(HERE, &provider).unwrap();
    };
    let memory = Memory::sample(ONE);
    let plan =
        Layer { over: Over::Sockets(vec![(23, 1, 6)]), ..layer(1, Class::Ifs) }.plan(memory.catalogs());
    let plan = plan.unwrap();
    let mut overtaken = 0;
    for until in 1.. {
        let mut shared = Shared::new(&memory, udp, id(1), until);
        let result = run(&mut shared, &plan);
        if shared.calls <= until {
            break;
        }
        let failure = result.expect_err(&format!("{until}"));
        // Between reading and ordering, the call itself fails.
        assert!(
            matches!(failure, Failure::Overtaken { .. } | Failure::TakenBack { .. }),
            "{until}: {failure}"
        );
        assert!(!catalog(&shared.memory).has(&id(1)), "{until}");
        overtaken += usize::from(failure.to_string().contains("removed 1003"));
    }
    assert!(overtaken > 5, "{overtaken}");

    let over: Other = |memory, _| {
        let mut chain = catalog(memory).find(1006).unwrap().clone();
        chain.info.ProtocolChain.ChainLen = 3;
        chain.info.ProtocolChain.ChainEntries[..3].copy_from_slice(&[1005, 1006, 1001]);
        memory.add(Place::In(HERE), &id(99), &r"C:\theirs.dll".into(), &[chain.info]).unwrap();
    };
    let mut memory = memory;
    install(&mut memory, &wpu_install::Layer { over: Over::Entries(vec![1001]), ..layer(1, Class::Ifs) });
    let plan = Uninstall { provider: id(1), others: false }.plan(memory.catalogs()).unwrap();
    let mut shared = Shared::new(&memory, over, id(1), 1);
    let failure = run(&mut shared, &plan).unwrap_err();
    assert!(matches!(&failure, Failure::Overtaken { left, .. } if left.is_empty()), "{failure}");
    let now = catalog(&shared.memory);
    assert!([1005, 1006, 1007].iter().all(|id| now.find(*id).is_some()), "{}", shared.memory.catalogs());
}

#[test]
fn entries_that_another_installer_removed_are_not_restored() {
    let mut memory = Memory::sample(ONE);
    let plan = base(4, Class::NonIfs).plan(memory.catalogs()).unwrap();
    run(&mut memory, &plan).unwrap();
    let plan = uninstall(4, false).plan(memory.catalogs()).unwrap();
    let mut shared = Shared::new(&memory, |memory, id| memory.remove(HERE, &id).unwrap(), id(4), 1);
    let failure = run(&mut shared, &plan).unwrap_err();
    assert!(matches!(&failure, Failure::Overtaken { left, .. } if left.is_empty()), "{failure}");
    assert!(!catalog(&shared.memory).has(&id(4)));
    // It is not reported as missing if this run does not use it.
    let plan = over(1, Class::Ifs, &[1001]).plan(memory.catalogs()).unwrap();
    let mut shared = Shared::new(&memory, |memory, id| memory.remove(HERE, &id).unwrap(), id(4), 3);
    shared.memory.fail(|call| call == 2, false);
    let failure = run(&mut shared, &plan).unwrap_err();
    assert!(matches!(failure, Failure::TakenBack { .. }), "{failure}");
}

#[test]
fn an_order_of_another_installer_is_not_reported() {
    let memory = Memory::sample(ONE);
    let plan = base(4, Class::NonIfs).plan(memory.catalogs()).unwrap();
    let turn: Other = |memory, _| memory.reorder(HERE, &[1004, 1003, 1002, 1001]).unwrap();
    let mut shared = Shared::new(&memory, turn, id(4), 1);
    shared.memory.fail(|call| call == 1, false);
    let failure = run(&mut shared, &plan).unwrap_err();
    assert!(matches!(failure, Failure::TakenBack { .. }), "{failure}");
    let ids: Vec<_> = catalog(&shared.memory).entries.iter().map(Entry::id).collect();
    assert_eq!(ids, [1004, 1003, 1002, 1001]);
}

/// Adds one entry more than requested, or another DLL.
struct More(Memory, bool);

impl Registrar for More {
    passes_on!(widths, read, cannot_add, remove, reorder, categorise);

    fn add(
        &mut self,
        place: Place,
        id: &GUID,
        path: &WideString,
        all: &[WSAPROTOCOL_INFOW],
    ) -> Result<(), WsaError> {
        if self.1 {
            self.0.add(place, id, path, &[all, all].concat())
        } else {
            self.0.add(place, id, &r"C:\other.dll".into(), all)
        }
    }
}

#[test]
fn a_surplus_entry_is_removed_but_not_one_of_another_dll() {
    let memory = Memory::sample(ONE);
    let plan = base(4, Class::NonIfs).plan(memory.catalogs()).unwrap();
    let mut more = More(memory.clone(), true);
    let failure = run(&mut more, &plan).unwrap_err();
    assert!(matches!(failure, Failure::TakenBack { error: WsaError::WSASYSCALLFAILURE, .. }), "{failure}");
    assert_eq!(more.0.catalogs(), &plan.before);
    let failure = run(&mut More(memory, false), &plan).unwrap_err();
    assert!(matches!(failure, Failure::Overtaken { .. }), "{failure}");
}

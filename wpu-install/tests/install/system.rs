//! The calls of Ws2_32, made to the functions of a simulation.
#![cfg(not(windows))] // On Windows the functions are those of Ws2_32.

use crate::common::*;
use std::sync::Mutex;
use wpu_install::{
    Application, Applications, Base, Catalogs, Class, Condition, Failure, Layer, Memory, Permission,
    PermissionError, PermissionFailure, Registrar, Simulation, Sockets, System, SystemApplications, Width,
    WsaError,
};
use wpu_sys::ffi::{GUID, WSAPROTOCOL_INFOW};
use wpu_sys::import;

fn now(simulation: &Simulation) -> Catalogs {
    simulation.memory(|memory| memory.catalogs().clone())
}

#[test]
fn permitted_categories_are_read_and_set() {
    let _shows = wpu_evidence::tested([
        "application-categories.lengths-without-final-zero",
        "application-categories.uncategorised-is-not-zero",
    ]);
    let simulation = Simulation::start(Memory::sample(ONE));
    let mut programs = SystemApplications::open().expect("the functions are there");
    for arguments in [None, Some("-k netsvcs".into())] {
        let application = Application { path: r"C:\ü.exe".into(), arguments };
        let change =
            |now, to| Permission { application: application.clone(), to: Some(to) }.plan(now).unwrap();
        assert_eq!(programs.permitted(&application), Ok(None));
        change(None, 4).apply(&mut programs).unwrap();
        assert_eq!(programs.permitted(&application), Ok(Some(4)));
        change(Some(4), 6).apply(&mut programs).unwrap();
        assert_eq!(programs.permitted(&application), Ok(Some(6)));
        simulation.fail(Condition::ReadOnly, 0..1);
        let failure = change(Some(6), 7).apply(&mut programs).unwrap_err();
        let error = PermissionError::Winsock(WsaError::WSANO_RECOVERY);
        let program = application.to_string();
        assert_eq!(failure, PermissionFailure::TakenBack { application: program, error });
        // Only Windows has a registry.
        assert!(matches!(programs.forget(&application), Err(PermissionError::NoTool { .. })));
    }
}

#[test]
fn the_catalogs_are_read_completely() {
    let mut memory = Memory::sample(BOTH);
    let mut many = base(1, Class::NonIfs);
    // More entries than the first buffer holds, and a path of the maximum length.
    many.sockets = (0..100).map(|kind| wpu_install::Sockets { kind, ..many.sockets[0].clone() }).collect();
    many.path = format!(r"C:\{}", "ü".repeat(256)).as_str().into();
    let plan = many.plan(memory.catalogs()).unwrap();
    run(&mut memory, &plan).unwrap();
    let simulation = Simulation::start(memory);
    let mut system = System::open(BOTH).expect("there are catalogs");
    assert_eq!((system.widths(), system.read_all()), (BOTH.to_vec(), Ok(now(&simulation))));
    assert_eq!(now(&simulation).get(Width::Bits64).unwrap().entries.len(), 104);
}

#[test]
fn a_layer_is_installed_and_removed() {
    let _shows = wpu_evidence::tested([
        "catalog.changed-through-functions-only",
        "provider-categories.categories-are-four-bytes",
        "provider-categories.flags-are-zero",
        "provider-order.every-entry-once",
        "provider-removal.all-entries-are-removed",
    ]);
    let simulation = Simulation::start(Memory::sample(BOTH));
    let before = now(&simulation);
    let mut system = System::open(ONE).expect("there are catalogs");
    for class in [Class::Ifs, Class::NonIfs] {
        let layer = Layer { categories: 5, ..layer(1, class) };
        let plan = layer.plan(&system.read_all().unwrap()).unwrap();
        run(&mut system, &plan).unwrap();
        let catalog = system.read(Width::Bits64).unwrap();
        assert_eq!((catalog.entries.len(), catalog.entries[8].categories), (9, 5));
        assert_eq!(now(&simulation).get(Width::Bits64), Some(&catalog));
        assert_eq!(now(&simulation).get(Width::Bits32), before.get(Width::Bits32));
        let plan = uninstall(1, false).plan(&system.read_all().unwrap()).unwrap();
        run(&mut system, &plan).unwrap();
        assert_eq!(now(&simulation), before);
    }
}

#[test]
fn a_base_is_installed_in_both_and_removed() {
    let _shows = wpu_evidence::tested([
        "provider-installation.both-catalogs-get-entries",
        "provider-removal.all-entries-are-removed",
    ]);
    let simulation = Simulation::start(Memory::sample(BOTH));
    let before = now(&simulation);
    let mut system = System::open(BOTH).expect("there are catalogs");
    let plan = Base { first: true, ..base(1, Class::Ifs) }.plan(&before).unwrap();
    run(&mut system, &plan).unwrap();
    assert!(now(&simulation).all().all(|(_, catalog)| catalog.entries[0].info.ProviderId == id(1)));
    let plan = uninstall(1, false).plan(&now(&simulation)).unwrap();
    run(&mut system, &plan).unwrap();
    assert_eq!(now(&simulation), before);
    // A program of the other width must install chains.
    let plan = layer(2, Class::Ifs).plan(&before).unwrap();
    assert!(matches!(run(&mut system, &plan), Err(Failure::OutOfReach { .. })));
    assert_eq!(now(&simulation), before);
}

#[test]
fn errors_of_ws2_32_are_reported() {
    let _shows = wpu_evidence::tested(["WSCDeinstallProvider.WSAEINVAL"]);
    let mut memory = Memory::sample(ONE);
    memory.fail(|call| call == 1, false);
    let simulation = Simulation::start(memory);
    let mut system = System::open(ONE).expect("there are catalogs");
    let before = now(&simulation);
    let failure = run(&mut system, &layer(1, Class::Ifs).plan(&before).unwrap()).unwrap_err();
    assert!(matches!(failure, Failure::TakenBack { error: WsaError::WSANO_RECOVERY, .. }), "{failure}");
    assert_eq!(now(&simulation), before);
    assert_eq!(system.remove(Width::Bits64, &id(9)), Err(WsaError::WSAEINVAL));
    assert_eq!(system.reorder(Width::Bits64, &[1, 2]), Err(WsaError::WSAEINVAL));
    assert_eq!(system.categorise(Width::Bits64, &id(9), 1), Err(WsaError::WSAEINVAL));
    assert_eq!(system.read(Width::Bits32), Err(WsaError::WSAEINVAL));
}

/// A failure of a call at any place: its code and its cause are told, and the catalogs are as before.
#[test]
fn each_failure_of_a_call_reaches_the_user_and_leaves_nothing() {
    use Condition::{BrokenEntry, NoAccess, NoBuffers, NoMemory, Ordering, ReadOnly, SystemFailure};
    let simulation = Simulation::start(Memory::sample(BOTH));
    let before = now(&simulation);
    let mut system = System::open(ONE).expect("there are catalogs");
    let plan = Layer { categories: 5, ..layer(1, Class::Ifs) }.plan(&system.read_all().unwrap()).unwrap();
    let refused = WsaError::WSANO_RECOVERY;
    for (condition, code) in [
        (ReadOnly, refused),
        (NoAccess, refused),
        (BrokenEntry, refused),
        (Ordering, refused),
        (NoMemory, WsaError::WSA_NOT_ENOUGH_MEMORY),
        (NoBuffers, WsaError::WSAENOBUFS),
        (SystemFailure, WsaError::WSASYSCALLFAILURE),
    ] {
        let mut failed = 0;
        for call in 0.. {
            simulation.fail(condition, call..call + 1);
            let Err(failure) = run(&mut system, &plan) else { break };
            let text = failure.to_string();
            assert!(text.contains(&code.to_string()), "{condition:?} {call}: {text}");
            assert!(text.contains(code.name().unwrap()), "{condition:?} {call}: {text}");
            match failure {
                Failure::TakenBack { error, .. } | Failure::Unreadable { error, .. } => {
                    assert_eq!(error, code);
                }
                other => panic!("{condition:?} {call}: {other}"),
            }
            assert!(now(&simulation) == before, "{condition:?} {call}: {}", now(&simulation));
            failed += 1;
        }
        assert!(failed > 0, "{condition:?}");
        simulation.fail(condition, 0..0);
        let plan = uninstall(1, false).plan(&system.read_all().unwrap()).unwrap();
        run(&mut system, &plan).unwrap();
        assert_eq!(now(&simulation), before);
    }
}

/// Only some systems know the categories of a layer that never got any; a lack of memory is a failure.
#[test]
fn categories_that_cannot_be_read_are_none_or_a_failure() {
    let mut memory = Memory::sample(ONE);
    install(&mut memory, &Layer { categories: 5, ..layer(1, Class::Ifs) });
    let simulation = Simulation::start(memory);
    let mut system = System::open(ONE).expect("there are catalogs");
    simulation.fail(Condition::NoMemory, 0..1);
    assert_eq!(system.read(Width::Bits64), Err(WsaError::WSA_NOT_ENOUGH_MEMORY));
    simulation.fail(Condition::NoAccess, 0..1);
    let read = system.read(Width::Bits64).unwrap();
    assert!(read.entries.len() == 9 && read.entries.iter().all(|entry| entry.categories == 0));
    assert_eq!(system.read(Width::Bits64).as_ref(), Ok(now(&simulation).get(Width::Bits64).unwrap()));
}

/// The lengths with which the catalog was listed, and the needed ones that were answered.
static LISTED: Mutex<Vec<(u32, u32)>> = Mutex::new(Vec::new());
/// The function of the simulation.
static LIST: Mutex<Option<wpu_sys::ffi::WSCEnumProtocolsFn>> = Mutex::new(None);

/// Lists a catalog that grows before the first calls.
unsafe extern "system" fn growing(
    protocols: *const i32,
    buffer: *mut WSAPROTOCOL_INFOW,
    length: *mut u32,
    errno: *mut i32,
) -> i32 {
    let mut listed = LISTED.lock().unwrap();
    if listed.len() < 3 {
        let number = 100 + u32::try_from(listed.len()).unwrap();
        let mut entry = WSAPROTOCOL_INFOW::ZERO;
        entry.ProtocolChain.ChainLen = 1;
        let entries = vec![entry; 70 * (listed.len() + 1)];
        assert_eq!(ws2::Ws2::default().install(&id(number), r"C:\a.dll", &entries), Ok(0));
    }
    // SAFETY: the client passes a readable length.
    let room = unsafe { length.read() };
    let list = LIST.lock().unwrap().expect("there is a simulation");
    // SAFETY: the arguments are those of the client.
    let result = unsafe { list(protocols, buffer, length, errno) };
    // SAFETY: as above.
    listed.push((room, unsafe { length.read() }));
    result
}

#[test]
fn a_catalog_that_grows_between_two_calls_is_listed() {
    let _shows = wpu_evidence::tested(["protocol-enumeration.larger-buffer-and-again"]);
    let simulation = Simulation::start(Memory::sample(ONE));
    *LIST.lock().unwrap() = import::find_wsc_enum_protocols();
    // SAFETY: the function keeps the contract of that of the simulation.
    unsafe { import::provide_wsc_enum_protocols(growing) };
    let mut system = System::open(ONE).expect("there are catalogs");
    assert_eq!(system.read(Width::Bits64).as_ref(), Ok(now(&simulation).get(Width::Bits64).unwrap()));
    let listed = std::mem::take(&mut *LISTED.lock().unwrap());
    assert!(listed.len() >= 3, "{listed:?}");
    for two in listed.windows(2) {
        let ((before, needed), (room, _)) = (two[0], two[1]);
        assert!(before < needed && room >= needed, "{listed:?}");
    }
}

/// The calls for paths: the id, and for how many characters there is room.
static PATHS: Mutex<Vec<(bool, GUID, i32)>> = Mutex::new(Vec::new());
/// The functions of the simulation.
static PATH: Mutex<[Option<wpu_sys::ffi::WSCGetProviderPathFn>; 2]> = Mutex::new([None; 2]);

/// Fills the whole buffer before it answers.
unsafe extern "system" fn watched<const IS_32: bool>(
    provider: *const GUID,
    buffer: *mut u16,
    length: *mut i32,
    errno: *mut i32,
) -> i32 {
    // SAFETY: the client passes an id.
    let id = unsafe { provider.read() };
    // SAFETY: the client passes a length.
    let room = unsafe { length.read() };
    PATHS.lock().unwrap().push((IS_32, id, room));
    for at in 0..usize::try_from(room).unwrap() {
        // SAFETY: the client states that there is room for so many characters.
        unsafe { buffer.wrapping_add(at).write(0xFFFF) };
    }
    let path = PATH.lock().unwrap()[usize::from(IS_32)].expect("there is a simulation");
    // SAFETY: the arguments are those of the client.
    unsafe { path(provider, buffer, length, errno) }
}

#[test]
fn paths_are_asked_by_ids_of_the_same_catalog_and_with_room_in_characters() {
    let _shows = wpu_evidence::tested([
        "provider-path.guid-from-same-catalog",
        "provider-path.length-counts-characters",
    ]);
    let mut memory = Memory::sample(BOTH);
    let long = format!(r"C:\{}", "ü".repeat(300));
    for (number, width, path) in [(1, Width::Bits64, &*long), (2, Width::Bits32, r"C:\short.dll")] {
        let catalogs = memory.catalogs().clone();
        let mut one = Memory::new(catalogs.clone().only(width));
        let info = catalogs.get(width).unwrap().entries[0].info;
        one.add(wpu_install::Place::In(width), &id(number), &path.into(), &[info]).unwrap();
        let mut all = catalogs;
        *all.slot(width) = one.catalogs().get(width).cloned();
        memory = Memory::new(all);
    }
    let simulation = Simulation::start(memory);
    *PATH.lock().unwrap() = [import::find_wsc_get_provider_path(), import::find_wsc_get_provider_path32()];
    // SAFETY: the functions keep the contract of those of the simulation.
    unsafe { import::provide_wsc_get_provider_path(watched::<false>) };
    // SAFETY: as above.
    unsafe { import::provide_wsc_get_provider_path32(watched::<true>) };
    let mut system = System::open(BOTH).expect("there are catalogs");
    let read = system.read_all().unwrap();
    assert_eq!(read, now(&simulation));
    let asked = std::mem::take(&mut *PATHS.lock().unwrap());
    for (is_32, provider, _) in &asked {
        let width = if *is_32 { Width::Bits32 } else { Width::Bits64 };
        assert!(read.get(width).unwrap().has(provider), "{asked:?}");
    }
    // A path of 303 characters and a zero needs a second call; 260 units are the first buffer.
    let rooms = |number| -> Vec<i32> {
        asked.iter().filter(|(_, provider, _)| *provider == id(number)).map(|(.., room)| *room).collect()
    };
    assert_eq!(rooms(2), [260]);
    assert!(rooms(1).len() == 2 && rooms(1)[1] >= 304, "{:?}", rooms(1));
}

/// How many entries each call added.
static ADDED: Mutex<Vec<u32>> = Mutex::new(Vec::new());
static ADD: Mutex<[Option<wpu_sys::ffi::WSCInstallProviderFn>; 2]> = Mutex::new([None; 2]);

unsafe extern "system" fn adding<const BOTH: bool>(
    provider: *const GUID,
    path: *const u16,
    entries: *const WSAPROTOCOL_INFOW,
    count: u32,
    errno: *mut i32,
) -> i32 {
    assert!(!entries.is_null() && count > 0);
    ADDED.lock().unwrap().push(count);
    let add = ADD.lock().unwrap()[usize::from(BOTH)].expect("there is a simulation");
    // SAFETY: the arguments are those of the client.
    unsafe { add(provider, path, entries, count, errno) }
}

#[test]
fn each_call_adds_a_list_of_entries() {
    let _shows = wpu_evidence::tested(["provider-installation.list-is-not-null"]);
    let _simulation = Simulation::start(Memory::sample(BOTH));
    *ADD.lock().unwrap() = [import::find_wsc_install_provider(), import::find_wsc_install_provider64_32()];
    // SAFETY: the functions keep the contract of those of the simulation.
    unsafe { import::provide_wsc_install_provider(adding::<false>) };
    // SAFETY: as above.
    unsafe { import::provide_wsc_install_provider64_32(adding::<true>) };
    let (mut both, mut one) = (System::open(BOTH).unwrap(), System::open(ONE).unwrap());
    let plan = base(1, Class::Ifs).plan(&both.read_all().unwrap()).unwrap();
    run(&mut both, &plan).unwrap();
    for class in [Class::Ifs, Class::NonIfs] {
        let plan = layer(2, class).plan(&one.read_all().unwrap()).unwrap();
        run(&mut one, &plan).unwrap();
        let plan = uninstall(2, true).plan(&one.read_all().unwrap()).unwrap();
        run(&mut one, &plan).unwrap();
    }
    let added = std::mem::take(&mut *ADDED.lock().unwrap());
    // The base; the layer and a chain in a call of its own for each of five kinds of sockets; the layer and
    // all its chains in one call.
    assert_eq!(added, [1, 1, 1, 1, 1, 1, 1, 1, 5]);
    // A provider without a kind of sockets is refused before there is a call.
    let none = Base { sockets: Vec::<Sockets>::new(), ..base(3, Class::Ifs) };
    assert!(none.plan(&one.read_all().unwrap()).is_err());
}

/// The arguments of programs: whether their pointer is null, and their length.
static EXTRA: Mutex<Vec<(bool, u32)>> = Mutex::new(Vec::new());
static PERMITTED: Mutex<Option<wpu_sys::ffi::WSCGetApplicationCategoryFn>> = Mutex::new(None);
static PERMIT: Mutex<Option<wpu_sys::ffi::WSCSetApplicationCategoryFn>> = Mutex::new(None);

unsafe extern "system" fn permitted(
    path: *const u16,
    length: u32,
    extra: *const u16,
    extra_length: u32,
    categories: *mut u32,
    errno: *mut i32,
) -> i32 {
    EXTRA.lock().unwrap().push((extra.is_null(), extra_length));
    let function = PERMITTED.lock().unwrap().expect("there is a simulation");
    // SAFETY: the arguments are those of the client.
    unsafe { function(path, length, extra, extra_length, categories, errno) }
}

unsafe extern "system" fn permit(
    path: *const u16,
    length: u32,
    extra: *const u16,
    extra_length: u32,
    categories: u32,
    previous: *mut u32,
    errno: *mut i32,
) -> i32 {
    EXTRA.lock().unwrap().push((extra.is_null(), extra_length));
    let function = PERMIT.lock().unwrap().expect("there is a simulation");
    // SAFETY: the arguments are those of the client.
    unsafe { function(path, length, extra, extra_length, categories, previous, errno) }
}

#[test]
fn arguments_are_passed_only_for_programs_that_have_some() {
    let _shows = wpu_evidence::tested(["application-categories.arguments-only-if-needed"]);
    let _simulation = Simulation::start(Memory::sample(ONE));
    *PERMITTED.lock().unwrap() = import::find_wsc_get_application_category();
    *PERMIT.lock().unwrap() = import::find_wsc_set_application_category();
    // SAFETY: the functions keep the contract of those of the simulation.
    unsafe { import::provide_wsc_get_application_category(permitted) };
    // SAFETY: as above.
    unsafe { import::provide_wsc_set_application_category(permit) };
    let mut programs = SystemApplications::open().expect("the functions are there");
    for (arguments, passed) in [(None, (true, 0)), (Some("-k".into()), (false, 2))] {
        let application = Application { path: r"C:\a.exe".into(), arguments };
        let plan = Permission { application, to: Some(4) }.plan(None).unwrap();
        plan.apply(&mut programs).unwrap();
        let all = std::mem::take(&mut *EXTRA.lock().unwrap());
        assert!(all.len() >= 3 && all.iter().all(|extra| *extra == passed), "{all:?}");
    }
}

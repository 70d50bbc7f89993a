//! The calls of Ws2_32, made to functions of a simulation.
#![cfg(not(windows))]

mod common;

use common::*;
use std::sync::{Mutex, MutexGuard, PoisonError};
use wpu_install::{
    Application, Applications, Base, Catalogs, Class, Failure, Layer, Memory, MemoryApplications, Permission,
    PermissionError, PermissionFailure, Registrar, System, SystemApplications, WideString, Width, WsaError,
};
use wpu_sys::ffi::{GUID, SOCKET_ERROR, WSAPROTOCOL_INFOW};
use wpu_sys::import;

/// The state of the functions.
static WINDOWS: Mutex<Option<Memory>> = Mutex::new(None);
/// Serializes the tests, which share the state.
static TURN: Mutex<()> = Mutex::new(());

fn windows() -> MutexGuard<'static, Option<Memory>> {
    WINDOWS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Changes the state, and reports the result as Ws2_32 does.
fn report(errno: *mut i32, deed: impl FnOnce(&mut Memory) -> Result<i32, WsaError>) -> i32 {
    match deed(windows().as_mut().expect("there is a catalog")) {
        Ok(answer) => answer,
        Err(error) => {
            // SAFETY: the caller passes a writable location for the code.
            unsafe { errno.write(error.code()) };
            SOCKET_ERROR
        }
    }
}

/// Reads a value that the caller passes.
fn read<T: Copy>(from: *const T) -> T {
    assert!(from.is_aligned() && !from.is_null());
    // SAFETY: the caller passes a readable value.
    unsafe { from.read() }
}

fn width(is_32: bool) -> Width {
    if is_32 { Width::Bits32 } else { Width::Bits64 }
}

unsafe extern "system" fn enumerate<const IS_32: bool>(
    protocols: *const i32,
    entries: *mut WSAPROTOCOL_INFOW,
    bytes: *mut u32,
    errno: *mut i32,
) -> i32 {
    assert!(protocols.is_null());
    report(errno, |memory| {
        let found: Vec<_> = memory.read(width(IS_32))?.entries.into_iter().map(|entry| entry.info).collect();
        let (needed, room) = (u32::try_from(size_of_val(&*found)).unwrap(), read(bytes));
        // SAFETY: the caller passes a writable location.
        unsafe { bytes.write(needed) };
        if room < needed {
            return Err(WsaError::WSAENOBUFS);
        }
        // SAFETY: the caller passes a buffer of at least this number of bytes.
        unsafe { entries.copy_from_nonoverlapping(found.as_ptr(), found.len()) };
        Ok(i32::try_from(found.len()).unwrap())
    })
}

unsafe extern "system" fn path<const IS_32: bool>(
    provider: *const GUID,
    into: *mut u16,
    length: *mut i32,
    errno: *mut i32,
) -> i32 {
    report(errno, |memory| {
        let catalog = memory.read(width(IS_32))?;
        let provider = read(provider);
        let units = catalog.of(&provider).next().ok_or(WsaError::WSAEINVAL)?.path.to_zero_ended();
        if usize::try_from(read(length)).unwrap() < units.len() {
            return Err(WsaError::WSAEFAULT);
        }
        // SAFETY: the caller passes a buffer of at least this number of characters.
        unsafe { into.copy_from_nonoverlapping(units.as_ptr(), units.len()) };
        Ok(0)
    })
}

unsafe extern "system" fn install<const BOTH: bool>(
    provider: *const GUID,
    path: *const u16,
    entries: *const WSAPROTOCOL_INFOW,
    count: u32,
    errno: *mut i32,
) -> i32 {
    let end = (0..0x8000_usize).find(|at| read(path.wrapping_add(*at)) == 0).unwrap();
    let units = (0..end).map(|at| read(path.wrapping_add(at))).collect();
    let entries: Vec<_> = (0..count as usize).map(|at| read(entries.wrapping_add(at))).collect();
    let place = if BOTH { wpu_install::Place::Both } else { wpu_install::Place::In(Width::Bits64) };
    let path = wpu_install::WideString::from_units(units);
    report(errno, |memory| memory.add(place, &read(provider), &path, &entries).map(|()| 0))
}

unsafe extern "system" fn remove<const IS_32: bool>(provider: *const GUID, errno: *mut i32) -> i32 {
    report(errno, |memory| memory.remove(width(IS_32), &read(provider)).map(|()| 0))
}

unsafe extern "system" fn order<const IS_32: bool>(ids: *const u32, count: u32) -> i32 {
    let ids: Vec<_> = (0..count as usize).map(|at| read(ids.wrapping_add(at))).collect();
    let mut errno = 0;
    report(&raw mut errno, |memory| memory.reorder(width(IS_32), &ids).map(|()| 0));
    errno
}

unsafe extern "system" fn get<const IS_32: bool>(
    provider: *const GUID,
    kind: i32,
    value: *mut u8,
    size: *mut usize,
    flags: u32,
    errno: *mut i32,
) -> i32 {
    assert_eq!((kind, read(size), flags), (0, 4, 0));
    report(errno, |memory| {
        let catalog = memory.read(width(IS_32))?;
        let provider = read(provider);
        match catalog.of(&provider).next().map(|entry| entry.categories) {
            // As if none were ever set.
            None | Some(0) => Err(WsaError::WSANO_RECOVERY),
            Some(categories) => {
                // SAFETY: the caller passes a buffer of four bytes.
                unsafe { value.cast::<u32>().write_unaligned(categories) };
                Ok(0)
            }
        }
    })
}

unsafe extern "system" fn set<const IS_32: bool>(
    provider: *const GUID,
    kind: i32,
    value: *const u8,
    size: usize,
    flags: u32,
    errno: *mut i32,
) -> i32 {
    assert_eq!((kind, size, flags), (0, 4, 0));
    // SAFETY: the caller passes four readable bytes.
    let categories = unsafe { value.cast::<u32>().read_unaligned() };
    report(errno, |memory| memory.categorise(width(IS_32), &read(provider), categories).map(|()| 0))
}

/// What programs permit in the simulation.
static PROGRAMS: Mutex<Option<MemoryApplications>> = Mutex::new(None);

fn application(path: *const u16, length: u32, extra: *const u16, extra_length: u32) -> Application {
    let text = |from: *const u16, length: u32| {
        let length = usize::try_from(length).unwrap();
        assert_eq!(read(from.wrapping_add(length)), 0);
        WideString::from_units((0..length).map(|at| read(from.wrapping_add(at))).collect())
    };
    assert!(!extra.is_null() || extra_length == 0);
    Application { path: text(path, length), arguments: (!extra.is_null()).then(|| text(extra, extra_length)) }
}

unsafe extern "system" fn permitted(
    path: *const u16,
    length: u32,
    extra: *const u16,
    extra_length: u32,
    categories: *mut u32,
    errno: *mut i32,
) -> i32 {
    let application = application(path, length, extra, extra_length);
    let mut programs = PROGRAMS.lock().unwrap_or_else(PoisonError::into_inner);
    let (answer, code) = match programs.get_or_insert_default().permitted(&application) {
        Ok(Some(found)) => {
            // SAFETY: the caller passes a writable location for the categories.
            unsafe { categories.write(found) };
            (0, 0)
        }
        _ => (SOCKET_ERROR, WsaError::WSASERVICE_NOT_FOUND.code()),
    };
    // SAFETY: the caller passes a writable location for the code.
    unsafe { errno.write(code) };
    answer
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
    let application = application(path, length, extra, extra_length);
    let mut programs = PROGRAMS.lock().unwrap_or_else(PoisonError::into_inner);
    let programs = programs.get_or_insert_default();
    let before = programs.permitted(&application).unwrap().unwrap_or(0);
    // SAFETY: the caller passes a writable location for the previous categories.
    unsafe { previous.write(before) };
    if categories & (1 << 30) != 0 {
        // SAFETY: the caller passes a writable location for the code.
        unsafe { errno.write(WsaError::WSANO_RECOVERY.code()) };
        return SOCKET_ERROR;
    }
    programs.permit(&application, categories).unwrap();
    0
}

#[test]
fn permitted_categories_are_read_and_set() {
    let _shows = wpu_evidence::tested([
        "application-categories.lengths-without-final-zero",
        "application-categories.uncategorised-is-not-zero",
    ]);
    let _turn = begin(Memory::sample(ONE));
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
        let failure = change(Some(6), 6 | 1 << 30).apply(&mut programs).unwrap_err();
        let error = PermissionError::Winsock(WsaError::WSANO_RECOVERY);
        let program = application.to_string();
        assert_eq!(failure, PermissionFailure::TakenBack { application: program, error });
        // Only Windows has a registry.
        assert!(matches!(programs.forget(&application), Err(PermissionError::NoTool { .. })));
    }
}

/// Starts a test with catalogs of these widths.
fn begin(memory: Memory) -> MutexGuard<'static, ()> {
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    *windows() = Some(memory);
    macro_rules! provide {
        ($($provide:ident = $function:expr;)*) => {
            $(
                // SAFETY: the function keeps the contract that this test needs, for the lifetime of the
                // process.
                unsafe { import::$provide($function) };
            )*
        };
    }
    provide! {
        provide_wsc_enum_protocols = enumerate::<false>;
        provide_wsc_enum_protocols32 = enumerate::<true>;
        provide_wsc_get_provider_path = path::<false>;
        provide_wsc_get_provider_path32 = path::<true>;
        provide_wsc_install_provider = install::<false>;
        provide_wsc_install_provider64_32 = install::<true>;
        provide_wsc_deinstall_provider = remove::<false>;
        provide_wsc_deinstall_provider32 = remove::<true>;
        provide_wsc_write_provider_order = order::<false>;
        provide_wsc_write_provider_order32 = order::<true>;
        provide_wsc_get_provider_info = get::<false>;
        provide_wsc_get_provider_info32 = get::<true>;
        provide_wsc_set_provider_info = set::<false>;
        provide_wsc_set_provider_info32 = set::<true>;
        provide_wsc_get_application_category = permitted;
        provide_wsc_set_application_category = permit;
    }
    turn
}

fn now() -> Catalogs {
    windows().as_ref().expect("there is a catalog").catalogs().clone()
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
    let _turn = begin(memory);
    let mut system = System::open(BOTH).expect("there are catalogs");
    assert_eq!((system.widths(), system.read_all()), (BOTH.to_vec(), Ok(now())));
    assert_eq!(now().get(Width::Bits64).unwrap().entries.len(), 104);
}

#[test]
fn a_layer_is_installed_and_removed() {
    let _shows = wpu_evidence::tested([
        "provider-categories.categories-are-four-bytes",
        "provider-categories.flags-are-zero",
        "provider-order.every-entry-once",
        "provider-removal.all-entries-are-removed",
    ]);
    let _turn = begin(Memory::sample(BOTH));
    let before = now();
    let mut system = System::open(ONE).expect("there are catalogs");
    for class in [Class::Ifs, Class::NonIfs] {
        let layer = Layer { categories: 5, ..layer(1, class) };
        let plan = layer.plan(&system.read_all().unwrap()).unwrap();
        run(&mut system, &plan).unwrap();
        let catalog = system.read(Width::Bits64).unwrap();
        assert_eq!((catalog.entries.len(), catalog.entries[8].categories), (9, 5));
        assert_eq!(now().get(Width::Bits64), Some(&catalog));
        assert_eq!(now().get(Width::Bits32), before.get(Width::Bits32));
        let plan = uninstall(1, false).plan(&system.read_all().unwrap()).unwrap();
        run(&mut system, &plan).unwrap();
        assert_eq!(now(), before);
    }
}

#[test]
fn a_base_is_installed_in_both_and_removed() {
    let _shows = wpu_evidence::tested([
        "provider-installation.both-catalogs-get-entries",
        "provider-removal.all-entries-are-removed",
    ]);
    let _turn = begin(Memory::sample(BOTH));
    let before = now();
    let mut system = System::open(BOTH).expect("there are catalogs");
    let plan = Base { first: true, ..base(1, Class::Ifs) }.plan(&before).unwrap();
    run(&mut system, &plan).unwrap();
    assert!(now().all().all(|(_, catalog)| catalog.entries[0].info.ProviderId == id(1)));
    let plan = uninstall(1, false).plan(&now()).unwrap();
    run(&mut system, &plan).unwrap();
    assert_eq!(now(), before);
    // A program of the other width must install chains.
    let plan = layer(2, Class::Ifs).plan(&before).unwrap();
    assert!(matches!(run(&mut system, &plan), Err(Failure::OutOfReach { .. })));
    assert_eq!(now(), before);
}

#[test]
fn errors_of_ws2_32_are_reported() {
    let _shows = wpu_evidence::tested(["WSCDeinstallProvider.WSAEINVAL"]);
    let mut memory = Memory::sample(ONE);
    memory.fail(|call| call == 1, false);
    let _turn = begin(memory);
    let mut system = System::open(ONE).expect("there are catalogs");
    let before = now();
    let failure = run(&mut system, &layer(1, Class::Ifs).plan(&before).unwrap()).unwrap_err();
    assert!(matches!(failure, Failure::TakenBack { error: WsaError::WSANO_RECOVERY, .. }), "{failure}");
    assert_eq!(now(), before);
    assert_eq!(system.remove(Width::Bits64, &id(9)), Err(WsaError::WSAEINVAL));
    assert_eq!(system.reorder(Width::Bits64, &[1, 2]), Err(WsaError::WSAEINVAL));
    assert_eq!(system.categorise(Width::Bits64, &id(9), 1), Err(WsaError::WSAEINVAL));
    assert_eq!(system.read(Width::Bits32), Err(WsaError::WSAEINVAL));
}

//! The functions of a simulation answer each documented error code for its condition, and change nothing then.
#![cfg(not(windows))] // On Windows the functions are those of Ws2_32.

use crate::common::ws2::{Answer, Ws2, spoiled};
use crate::common::*;
use std::collections::BTreeSet;
use wpu_install::{Catalogs, Condition, Layer, Memory, Simulation, WsaError};
use wpu_sys::ffi::{GUID, ProviderInfoAudit, WSAPROTOCOL_INFOW};
use wpu_sys::obligations::OBLIGATIONS;

use Condition::{BrokenEntry, NoAccess, NoBuffers, NoMemory, Ordering, ReadOnly, SystemFailure};

const PROGRAM: &str = r"C:\a.exe";
const PATH: &str = r"C:\new.dll";

/// A simulation with a layer of the same id in both catalogs, and the codes that functions have answered.
struct Trial {
    simulation: Simulation,
    before: Catalogs,
    seen: BTreeSet<String>,
}

impl Trial {
    fn new() -> Self {
        let with_layer = |width, memory: &Memory| {
            let mut memory = Memory::new(memory.catalogs().clone().only(width));
            install(&mut memory, &Layer { categories: 5, ..layer(1, wpu_install::Class::Ifs) });
            memory.catalogs().get(width).cloned()
        };
        let memory = Memory::sample(BOTH);
        let mut before = Catalogs::default();
        for width in BOTH {
            *before.slot(*width) = with_layer(*width, &memory);
        }
        let simulation = Simulation::start(Memory::new(before.clone()));
        Self { simulation, before, seen: BTreeSet::new() }
    }

    /// A call of a function has failed with this code, and nothing has changed.
    fn fails(&mut self, function: &str, code: WsaError, answer: Answer) {
        assert_eq!(answer, Err(code), "{function}");
        assert_eq!(self.simulation.last_error(), Some(code), "{function}");
        assert_eq!(self.simulation.memory(|memory| memory.catalogs().clone()), self.before, "{function}");
        self.seen.insert(format!("{function}.{}", code.name().expect("a documented code")));
    }

    /// A pointer is not valid memory. Only the simulation knows of a failure whose code cannot be written.
    fn faults(&mut self, function: &str, ws2: Ws2, errno: usize, answer: Answer) {
        let is_errno = ws2.spoiled.is_some_and(|(at, _)| at == errno);
        let answer = if is_errno { answer.map_err(|_| WsaError::WSAEFAULT) } else { answer };
        self.fails(function, WsaError::WSAEFAULT, answer);
    }

    /// Each of these conditions lets a function fail with this code, for one call.
    fn under(&mut self, function: &str, code: WsaError, all: &[Condition], call: impl Fn() -> Answer) {
        for condition in all {
            self.simulation.fail(*condition, 0..1);
            self.fails(function, code, call());
        }
        self.simulation.fail(NoMemory, 0..0);
    }
}

fn named(function: &str, is_32: bool) -> String {
    format!("{function}{}", if is_32 { "32" } else { "" })
}

fn new_entry() -> WSAPROTOCOL_INFOW {
    let mut entry = WSAPROTOCOL_INFOW::ZERO;
    entry.ProtocolChain.ChainLen = 1;
    entry
}

fn list(trial: &mut Trial, is_32: bool) {
    let function = &named("WSCEnumProtocols", is_32);
    let ws2 = Ws2 { is_32, spoiled: None };
    for ws2 in spoiled(is_32, 3) {
        trial.faults(function, ws2, 2, ws2.list(None, 9, 9 * 1000).0);
    }
    let endless = vec![6; 0x8000];
    trial.fails(function, WsaError::WSAEINVAL, ws2.list(Some(&endless), 9, 9 * 1000).0);
    let needed = 9 * u32::try_from(size_of::<WSAPROTOCOL_INFOW>()).unwrap();
    for bytes in [0, needed - 1] {
        let (answer, _, told) = ws2.list(None, 9, bytes);
        trial.fails(function, WsaError::WSAENOBUFS, answer);
        assert_eq!(told, needed, "{function}");
    }
    assert_eq!(ws2.list(None, 9, needed).0, Ok(9));
}

fn path(trial: &mut Trial, is_32: bool) {
    let function = &named("WSCGetProviderPath", is_32);
    let ws2 = Ws2 { is_32, spoiled: None };
    for ws2 in spoiled(is_32, 4) {
        trial.faults(function, ws2, 3, ws2.path(&id(1), 260).0);
    }
    let length = i32::try_from(r"C:\layers\1.dll".len()).unwrap();
    // The zero at the end needs room too.
    for room in [-1, 0, length] {
        trial.fails(function, WsaError::WSAEFAULT, ws2.path(&id(1), room).0);
    }
    trial.fails(function, WsaError::WSAEINVAL, ws2.path(&id(9), 260).0);
    assert_eq!(ws2.path(&id(1), length + 1).0, Ok(0));
}

fn add(trial: &mut Trial, is_both: bool) {
    let function = if is_both { "WSCInstallProvider64_32" } else { "WSCInstallProvider" };
    let ws2 = Ws2 { is_32: is_both, spoiled: None };
    let (good, add) = ([new_entry()], |entries: &[_]| ws2.install(&id(9), PATH, entries));
    for ws2 in spoiled(is_both, 4) {
        trial.faults(function, ws2, 3, ws2.install(&id(9), PATH, &good));
    }
    let (mut long, mut unnamed) = ([new_entry()], [new_entry()]);
    (long[0].ProtocolChain.ChainLen, unnamed[0].szProtocol) = (8, [65; 256]);
    for answer in [
        add(&[]),
        add(&long),
        add(&unnamed),
        ws2.install(&GUID::ZERO, PATH, &good),
        ws2.install(&id(9), "", &good),
        ws2.install(&id(9), &"a".repeat(260), &good),
    ] {
        trial.fails(function, WsaError::WSAEINVAL, answer);
    }
    trial.fails(function, WsaError::WSANO_RECOVERY, ws2.install(&id(1), PATH, &good));
    trial.under(function, WsaError::WSANO_RECOVERY, &[ReadOnly, NoAccess, BrokenEntry], || add(&good));
    trial.under(function, WsaError::WSAENOBUFS, &[NoBuffers], || add(&good));
    trial.under(function, WsaError::WSASYSCALLFAILURE, &[SystemFailure], || add(&good));
    trial.under(function, WsaError::WSA_NOT_ENOUGH_MEMORY, &[NoMemory], || add(&good));
}

fn remove(trial: &mut Trial, is_32: bool) {
    let function = &named("WSCDeinstallProvider", is_32);
    let ws2 = Ws2 { is_32, spoiled: None };
    for ws2 in spoiled(is_32, 2) {
        trial.faults(function, ws2, 1, ws2.remove(&id(1)));
    }
    trial.fails(function, WsaError::WSAEINVAL, ws2.remove(&id(9)));
    trial
        .under(function, WsaError::WSANO_RECOVERY, &[ReadOnly, NoAccess, BrokenEntry], || ws2.remove(&id(1)));
    trial.under(function, WsaError::WSA_NOT_ENOUGH_MEMORY, &[NoMemory], || ws2.remove(&id(1)));
}

fn order(trial: &mut Trial, is_32: bool) {
    let function = &named("WSCWriteProviderOrder", is_32);
    let ids: Vec<_> = {
        let catalog = trial.before.get(if is_32 { BOTH[1] } else { BOTH[0] }).unwrap();
        catalog.entries.iter().rev().map(wpu_install::Entry::id).collect()
    };
    let code = |ws2: Ws2, ids: &[u32]| match ws2.order(ids) {
        0 => Ok(0),
        code => Err(WsaError::new(code)),
    };
    for ws2 in spoiled(is_32, 1) {
        trial.fails(function, WsaError::WSAEINVAL, code(ws2, &ids));
    }
    let ws2 = Ws2 { is_32, spoiled: None };
    let (mut twice, mut unknown) = (ids.clone(), ids.clone());
    (twice[0], unknown[0]) = (ids[1], 99);
    for wrong in [&[], &ids[1..], &[&ids[..], &[99]].concat(), &twice, &unknown] {
        trial.fails(function, WsaError::WSAEINVAL, code(ws2, wrong));
    }
    trial.under(function, WsaError::WSANO_RECOVERY, &[ReadOnly, NoAccess, BrokenEntry, Ordering], || {
        code(ws2, &ids)
    });
    trial.under(function, WsaError::WSA_NOT_ENOUGH_MEMORY, &[NoMemory], || code(ws2, &ids));
}

fn info(trial: &mut Trial, is_32: bool) {
    let function = &named("WSCGetProviderInfo", is_32);
    let ws2 = Ws2 { is_32, spoiled: None };
    let get = || ws2.info(&id(1), 0, 4, 0).0;
    for ws2 in spoiled(is_32, 3) {
        trial.faults(function, ws2, 2, ws2.info(&id(1), 0, 4, 0).0);
    }
    trial.fails(function, WsaError::ERROR_CALL_NOT_IMPLEMENTED, ws2.info(&id(1), ProviderInfoAudit, 4, 0).0);
    trial.fails(function, WsaError::WSAEINVAL, ws2.info(&id(1), 2, 4, 0).0);
    trial.fails(function, WsaError::WSAEINVAL, ws2.info(&id(1), 0, 4, 1).0);
    trial.fails(function, WsaError::WSAEINVALIDPROVIDER, ws2.info(&id(9), 0, 4, 0).0);
    trial.under(function, WsaError::WSANO_RECOVERY, &[NoAccess, BrokenEntry], get);
    trial.under(function, WsaError::WSA_NOT_ENOUGH_MEMORY, &[NoMemory], get);
    trial.simulation.fail(ReadOnly, 0..9);
    assert_eq!(get(), Ok(0), "{function}");
    trial.simulation.fail(NoMemory, 0..0);
}

fn set_info(trial: &mut Trial, is_32: bool) {
    let function = &named("WSCSetProviderInfo", is_32);
    let ws2 = Ws2 { is_32, spoiled: None };
    let set = || ws2.set_info(&id(1), 0, 6, 4, 0);
    for ws2 in spoiled(is_32, 2).chain([Ws2 { is_32, spoiled: Some((2, true)) }]) {
        trial.faults(function, ws2, 1, ws2.set_info(&id(1), 0, 6, 4, 0));
    }
    let audit = ws2.set_info(&id(1), ProviderInfoAudit, 6, 4, 0);
    trial.fails(function, WsaError::ERROR_CALL_NOT_IMPLEMENTED, audit);
    for (provider, kind, size, flags) in [(1, 2, 4, 0), (1, 0, 4, 1), (1, 0, 3, 0), (9, 0, 4, 0)] {
        trial.fails(function, WsaError::WSAEINVAL, ws2.set_info(&id(provider), kind, 6, size, flags));
    }
    trial.under(function, WsaError::WSANO_RECOVERY, &[ReadOnly, NoAccess, BrokenEntry], set);
    trial.under(function, WsaError::WSA_NOT_ENOUGH_MEMORY, &[NoMemory], set);
}

fn programs(trial: &mut Trial) {
    let ws2 = Ws2::default();
    let (get, set) = ("WSCGetApplicationCategory", "WSCSetApplicationCategory");
    for ws2 in spoiled(false, 4) {
        trial.faults(get, ws2, 2, ws2.permitted(PROGRAM, Some("-k")).0);
        // The earlier categories are not told if their pointer is null.
        if ws2.spoiled != Some((2, true)) {
            trial.faults(set, ws2, 1, ws2.permit(PROGRAM, Some("-k"), 1).0);
        }
    }
    for invalid in ["", "a\0b"] {
        trial.fails(get, WsaError::WSAEINVAL, ws2.permitted(invalid, None).0);
        trial.fails(set, WsaError::WSAEINVAL, ws2.permit(invalid, None, 1).0);
    }
    trial.under(get, WsaError::WSANO_RECOVERY, &[NoAccess, BrokenEntry], || ws2.permitted(PROGRAM, None).0);
    trial.under(set, WsaError::WSANO_RECOVERY, &[ReadOnly, NoAccess, BrokenEntry], || {
        ws2.permit(PROGRAM, None, 1).0
    });
    // Nothing was permitted until now.
    trial.fails(get, WsaError::WSASERVICE_NOT_FOUND, ws2.permitted(PROGRAM, None).0);
    assert_eq!(ws2.permit(PROGRAM, None, 1).0, Ok(0));
    trial.fails(get, WsaError::WSASERVICE_NOT_FOUND, ws2.permitted(PROGRAM, Some("-k")).0);
    trial.fails(get, WsaError::WSASERVICE_NOT_FOUND, ws2.permitted(r"C:\b.exe", None).0);
    assert_eq!(ws2.permitted(PROGRAM, None), (Ok(0), 1));
}

#[test]
fn each_function_answers_each_documented_code() {
    let _shows = wpu_evidence::tested([
        "WSCGetApplicationCategory.WSAEFAULT",
        "WSCGetApplicationCategory.WSAEINVAL",
        "WSCGetApplicationCategory.WSASERVICE_NOT_FOUND",
        "WSCGetApplicationCategory.WSANO_RECOVERY",
        "WSCSetApplicationCategory.WSAEFAULT",
        "WSCSetApplicationCategory.WSAEINVAL",
        "WSCSetApplicationCategory.WSANO_RECOVERY",
        "WSCInstallProvider.WSAEFAULT",
        "WSCInstallProvider.WSAEINVAL",
        "WSCInstallProvider.WSAENOBUFS",
        "WSCInstallProvider.WSANO_RECOVERY",
        "WSCInstallProvider.WSASYSCALLFAILURE",
        "WSCInstallProvider.WSA_NOT_ENOUGH_MEMORY",
        "WSCInstallProvider64_32.WSAEFAULT",
        "WSCInstallProvider64_32.WSAEINVAL",
        "WSCInstallProvider64_32.WSAENOBUFS",
        "WSCInstallProvider64_32.WSANO_RECOVERY",
        "WSCInstallProvider64_32.WSASYSCALLFAILURE",
        "WSCInstallProvider64_32.WSA_NOT_ENOUGH_MEMORY",
        "WSCDeinstallProvider.WSAEINVAL",
        "WSCDeinstallProvider.WSAEFAULT",
        "WSCDeinstallProvider.WSANO_RECOVERY",
        "WSCDeinstallProvider.WSA_NOT_ENOUGH_MEMORY",
        "WSCDeinstallProvider32.WSAEINVAL",
        "WSCDeinstallProvider32.WSAEFAULT",
        "WSCDeinstallProvider32.WSANO_RECOVERY",
        "WSCDeinstallProvider32.WSA_NOT_ENOUGH_MEMORY",
        "WSCEnumProtocols32.WSAEFAULT",
        "WSCEnumProtocols32.WSAEINVAL",
        "WSCEnumProtocols32.WSAENOBUFS",
        "WSCGetProviderPath.WSAEINVAL",
        "WSCGetProviderPath.WSAEFAULT",
        "WSCGetProviderPath32.WSAEINVAL",
        "WSCGetProviderPath32.WSAEFAULT",
        "WSCWriteProviderOrder.WSAEINVAL",
        "WSCWriteProviderOrder.WSANO_RECOVERY",
        "WSCWriteProviderOrder.WSA_NOT_ENOUGH_MEMORY",
        "WSCWriteProviderOrder32.WSAEINVAL",
        "WSCWriteProviderOrder32.WSANO_RECOVERY",
        "WSCWriteProviderOrder32.WSA_NOT_ENOUGH_MEMORY",
        "WSCGetProviderInfo.ERROR_CALL_NOT_IMPLEMENTED",
        "WSCGetProviderInfo.WSAEFAULT",
        "WSCGetProviderInfo.WSAEINVAL",
        "WSCGetProviderInfo.WSAEINVALIDPROVIDER",
        "WSCGetProviderInfo.WSANO_RECOVERY",
        "WSCGetProviderInfo.WSA_NOT_ENOUGH_MEMORY",
        "WSCSetProviderInfo.ERROR_CALL_NOT_IMPLEMENTED",
        "WSCSetProviderInfo.WSAEFAULT",
        "WSCSetProviderInfo.WSAEINVAL",
        "WSCSetProviderInfo.WSANO_RECOVERY",
        "WSCSetProviderInfo.WSA_NOT_ENOUGH_MEMORY",
        "WSCGetProviderInfo32.ERROR_CALL_NOT_IMPLEMENTED",
        "WSCGetProviderInfo32.WSAEFAULT",
        "WSCGetProviderInfo32.WSAEINVAL",
        "WSCGetProviderInfo32.WSAEINVALIDPROVIDER",
        "WSCGetProviderInfo32.WSANO_RECOVERY",
        "WSCGetProviderInfo32.WSA_NOT_ENOUGH_MEMORY",
        "WSCSetProviderInfo32.ERROR_CALL_NOT_IMPLEMENTED",
        "WSCSetProviderInfo32.WSAEFAULT",
        "WSCSetProviderInfo32.WSAEINVAL",
        "WSCSetProviderInfo32.WSANO_RECOVERY",
        "WSCSetProviderInfo32.WSA_NOT_ENOUGH_MEMORY",
        "WSCEnumProtocols.WSAEFAULT",
        "WSCEnumProtocols.WSAEINVAL",
        "WSCEnumProtocols.WSAENOBUFS",
        "provider-order.one-caller-at-a-time",
        "provider-order.wrong-array-changes-nothing",
    ]);
    let mut trial = Trial::new();
    for is_32 in [false, true] {
        list(&mut trial, is_32);
        path(&mut trial, is_32);
        add(&mut trial, is_32);
        remove(&mut trial, is_32);
        order(&mut trial, is_32);
        info(&mut trial, is_32);
        set_info(&mut trial, is_32);
    }
    programs(&mut trial);
    let documented: BTreeSet<_> = OBLIGATIONS.iter().map(|obligation| obligation.id.to_owned()).collect();
    let documented: BTreeSet<_> = documented.into_iter().filter(|id| id.starts_with("WSC")).collect();
    assert_eq!(trial.seen, documented);
}

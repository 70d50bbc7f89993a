//! Chains: the position of the layer, and the provider below it.

use super::super::catalog::place;
use super::stand::{LAYER, Stand, guid, module, same_table};
use crate::layer::sys::ffi::{GUID, SOCK_STREAM, WSAPROTOCOL_INFOW};
use crate::layer::sys::{Class, ClientRef, ServiceProvider, SocketParams, WsaError};
use wpu_host::{Entry, Host};

fn entry(id: u32, provider: u32, chain: &[u32]) -> WSAPROTOCOL_INFOW {
    let mut info =
        WSAPROTOCOL_INFOW { dwCatalogEntryId: id, ProviderId: guid(provider), ..WSAPROTOCOL_INFOW::ZERO };
    info.ProtocolChain.ChainLen = i32::try_from(chain.len()).expect("short");
    info.ProtocolChain.ChainEntries[..chain.len()].copy_from_slice(chain);
    info
}

fn base(id: u32) -> WSAPROTOCOL_INFOW {
    let mut info = entry(id, 0xba5e, &[]);
    info.ProtocolChain.ChainLen = 1;
    info
}

const OTHER: GUID = guid(2);

#[test]
fn d_08_a_base_receives_its_own_information_and_a_layer_that_of_the_chain() {
    let _shows = wpu_evidence::tested([
        "layering.own-place-in-the-chain",
        "layering.layers-get-the-chain",
        "layering.base-gets-its-own-entry",
    ]);
    let chain = entry(10, 77, &[1, 2, 3]);
    let entries = [entry(1, LAYER.Data1, &[]), entry(2, OTHER.Data1, &[]), base(3), chain];
    let top = place(&entries, &LAYER, &chain).expect("it has a place");
    assert_eq!((top.below, top.unmodified, top.entry), (chain, true, 10));
    assert_eq!(top.provider, OTHER);
    let reserved = WSAPROTOCOL_INFOW { dwProviderReserved: 7, ..chain };
    assert_eq!(top.hand_down(&reserved), reserved, "a layer gets exactly what came");

    let middle = place(&entries, &OTHER, &chain).expect("it has a place");
    assert_eq!((middle.below, middle.unmodified), (base(3), false));
    assert_eq!(middle.hand_down(&reserved), WSAPROTOCOL_INFOW { dwProviderReserved: 7, ..base(3) });
    assert_eq!(middle.hand_up(&middle.hand_down(&reserved)), reserved);
}

#[test]
fn d_06_upcalls_name_the_layers_own_entry() {
    let whole = entry(10, 77, &[2, 1, 3]);
    let hidden = [entry(1, LAYER.Data1, &[]), entry(2, OTHER.Data1, &[]), base(3), whole];
    let own = entry(11, 78, &[1, 3]);
    let with_own = [&hidden[..], &[own]].concat();
    let id = |entries: &[_], asked| place(entries, &LAYER, asked).expect("it has a place").entry;
    assert_eq!(id(&with_own, &own), 11, "on top it is the chain that is asked for");
    assert_eq!(id(&with_own, &whole), 11, "in the middle it is the chain from there on");
    assert_eq!(id(&hidden, &whole), 1, "without one it is the hidden entry");
    let alike = [&hidden[..], &[entry(12, 79, &[1, 9])]].concat();
    assert_eq!(id(&alike, &whole), 12, "or a chain that it leads for the same protocol");
}

#[test]
fn d_30_chains_may_contain_chains_and_missing_entries() {
    let _shows = wpu_evidence::tested(["layering.own-place-in-the-chain"]);
    let inner = entry(11, 78, &[1, 3]);
    let outer = entry(10, 77, &[2, 11]);
    let entries = [entry(1, LAYER.Data1, &[]), entry(2, OTHER.Data1, &[]), base(3), inner, outer];
    let own = place(&entries, &LAYER, &outer).expect("it has a place");
    assert_eq!((own.below, own.entry), (base(3), 11));
    let above = place(&entries, &OTHER, &outer).expect("it has a place");
    assert_eq!((above.below, above.provider), (inner, LAYER));

    let circle = entry(20, 80, &[21, 21]);
    let back = entry(21, 81, &[20, 20]);
    let broken = [
        entry(1, LAYER.Data1, &[]),
        circle,
        back,
        entry(22, 82, &[1, 99]),
        entry(23, 83, &[3, 1]),
        WSAPROTOCOL_INFOW { dwCatalogEntryId: 24, ..entry(0, 84, &[1]) },
    ];
    for asked in &broken {
        assert_eq!(place(&broken, &LAYER, asked), None, "{}", asked.dwCatalogEntryId);
    }
    let mut long = entry(25, 85, &[1, 3]);
    long.ProtocolChain.ChainLen = 1000;
    assert_eq!(place(&[entry(1, LAYER.Data1, &[]), base(3), long], &LAYER, &long), None);
    long.ProtocolChain.ChainLen = i32::MIN;
    assert_eq!(place(&[entry(1, LAYER.Data1, &[]), base(3), long], &LAYER, &long), None);
}

#[test]
fn d_08_the_table_is_passed_down_unmodified() {
    let _shows =
        wpu_evidence::tested(["start-up.table-handed-down-unchanged", "layering.base-gets-its-own-entry"]);
    let stand = Stand::new(Class::NonIfs);
    stand.socket();
    let state = stand.base.state();
    let [(info, table)] = &*state.starts else { panic!("it is started once") };
    assert_eq!(*info, stand.base_entry.info);
    assert!(same_table(&stand.table, table));
    drop(state);
    assert_eq!(stand.base.state().opened, [stand.base_entry.info], "so is a socket");
}

#[test]
fn d_07_the_newest_table_is_passed_down() {
    let _shows = wpu_evidence::tested(["start-up.table-handed-down-unchanged"]);
    let stand = Stand::new(Class::NonIfs);
    stand.socket();
    stand.next.chains.renew(stand.table).expect("nothing has changed");
    assert_eq!(stand.base.state().starts.len(), 1);
    let other = Host::new().expect("a free slot");
    stand.next.chains.renew(other.table()).expect("the base starts again");
    assert!(same_table(&other.table(), &stand.base.state().starts[1].1));
}

#[test]
fn d_10_each_start_below_is_cleaned_up_once() {
    let _shows = wpu_evidence::tested(["start-up.layer-balances-starts"]);
    let stand = Stand::new(Class::Ifs);
    let second = module("d10-second.dll");
    let base = stand.install(Entry::new(guid(0xd10), "d10-second.dll").sockets(2, SOCK_STREAM, 17));
    let chain = stand.install(Entry::chain(guid(0xd11), "layer.dll", &[&stand.hidden, &base]));
    for _ in 0..3 {
        stand.socket();
        stand
            .next
            .socket(SocketParams::new(2, 2, 17).info(ClientRef::new(&chain.info)))
            .expect("the second chain opens");
    }
    assert_eq!((stand.base.state().starts.len(), second.state().starts.len()), (1, 1));
    stand.next.cleanup().expect("it cleans up");
    stand.next.cleanup().expect("and does no more");
    assert_eq!((stand.base.state().clean_ups, second.state().clean_ups), (1, 1));
}

#[test]
fn variables_in_the_path_of_a_base_are_replaced_before_it_is_loaded() {
    let _shows = wpu_evidence::tested(["WPUGetProviderPath.expanded-before-loading"]);
    // The name of an unknown variable remains.
    let folder = std::env::var("PATH").unwrap_or_else(|_| "%PATH%".to_owned());
    let stand = Stand::new(Class::NonIfs);
    let below = module(&format!("{folder}/expanded.dll"));
    let base = stand.install(Entry::new(guid(0xe0), "%PATH%/expanded.dll").sockets(2, SOCK_STREAM, 17));
    let chain = stand.install(Entry::chain(guid(0xe1), "layer.dll", &[&stand.hidden, &base]));
    stand.next.socket(SocketParams::new(2, 1, 17).info(ClientRef::new(&chain.info))).expect("it is found");
    assert_eq!(below.state().starts.len(), 1);
}

#[test]
fn a_chain_is_not_opened_if_its_base_does_not_start() {
    let stand = Stand::new(Class::NonIfs);
    stand.base.state().failures.insert("WSPStartup", WsaError::WSAEPROCLIM);
    assert_eq!(stand.try_socket(), Err(WsaError::WSAEPROCLIM));
    stand.base.state().failures.clear();
    stand.socket();
}

#[test]
fn a_chain_without_the_layer_is_refused() {
    let stand = Stand::new(Class::NonIfs);
    let refused = stand.next.socket(SocketParams::new(2, 1, 6).info(ClientRef::new(&stand.base_entry.info)));
    assert_eq!(refused, Err(WsaError::WSAEINVAL));
}

#[test]
fn protocol_information_made_by_safe_code_is_not_passed_down() {
    let _shows = wpu_evidence::tested(["layering.layers-get-the-chain"]);
    let stand = Stand::new(Class::NonIfs);
    let below = module("made-up.dll");
    let other = stand.install(Entry::layer(OTHER, "made-up.dll"));
    let links = [&stand.hidden, &other, &stand.base_entry];
    let chain = stand.install(Entry::chain(guid(0xc5), "layer.dll", &links)).info;
    let mut made_up = WSAPROTOCOL_INFOW { dwProviderReserved: 7, szProtocol: [1; 256], ..chain };
    for length in [3, 1000, -1] {
        made_up.ProtocolChain.ChainLen = length;
        stand
            .next
            .socket(SocketParams::new(2, SOCK_STREAM, 6).info(ClientRef::new(&made_up)))
            .expect("its id is good");
    }
    let state = below.state();
    assert_eq!(state.starts.iter().map(|start| start.0).collect::<Vec<_>>(), [chain]);
    assert_eq!(state.opened, [WSAPROTOCOL_INFOW { dwProviderReserved: 7, ..chain }; 3]);
    drop(state);
    let unknown = WSAPROTOCOL_INFOW { dwCatalogEntryId: 4711, ..chain };
    let opened = stand.next.socket(SocketParams::new(2, SOCK_STREAM, 6).info(ClientRef::new(&unknown)));
    assert_eq!(opened, Err(WsaError::WSAEINVAL));
}

//! What clients see of the catalog, and which of its entries their sockets are of.

use crate::pipes::{self, fault, install};
use wpu_host::{Entry, Host};
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

#[test]
fn clients_list_no_hidden_entries() {
    let _shows = wpu_evidence::tested(["catalog.hidden-from-applications"]);
    let host = Host::new().expect("a free slot");
    let sockets = |number: u32| Entry::new(GUID { Data1: number, ..GUID::ZERO }, "a.dll").sockets(2, 1, 6);
    let base = host.add_entry(sockets(1));
    let mut hidden = sockets(2);
    hidden.info.dwProviderFlags |= PFL_HIDDEN;
    let hidden = host.add_entry(hidden);
    let layer = host.add_entry(Entry::layer(pipes::fresh_id(), "layer.dll"));
    let mut shown = Entry::layer(pipes::fresh_id(), "layer.dll");
    shown.info.dwProviderFlags &= !PFL_HIDDEN;
    let shown = host.add_entry(shown);
    let chain = host.add_entry(Entry::chain(pipes::fresh_id(), "layer.dll", &[&layer, &base]));
    let client = host.client();
    let listed = |client: &wpu_host::Client| -> Vec<u32> {
        client.protocols().unwrap().iter().map(|info| info.dwCatalogEntryId).collect()
    };
    assert_eq!(listed(&client), [base.id(), chain.id()]);
    assert_eq!(client.protocols().unwrap()[0], base.info);
    for unseen in [&hidden, &layer, &shown] {
        assert!(!listed(&client).contains(&unseen.id()));
    }
    client.clean_up().unwrap();
    assert_eq!(client.protocols(), Err(WsaError::WSANOTINITIALISED));
}

/// The components of a base entry mean nothing, whatever numbers they are.
#[test]
fn the_entry_of_a_base_needs_no_components() {
    let _shows = wpu_evidence::tested(["catalog.base-needs-no-list"]);
    let host = Host::new().expect("a free slot");
    let other = install(&host, fault::NONE);
    let layer = host.add_entry(Entry::layer(pipes::fresh_id(), "layer.dll"));
    let own = other.id() + 2;
    for components in [[0; 7], [99; 7], [other.id(); 7], [layer.id(); 7], [own; 7]] {
        let mut entry = Entry::new(pipes::fresh_id(), "pipes.dll").sockets(40, 1, 0);
        entry.info.ProtocolChain.ChainEntries = components;
        let base = host.install(entry, &pipes::module());
        let client = host.client();
        let socket = client.socket_in(base.id()).expect("the provider of the entry itself");
        assert_eq!(host.owner(socket), Some(base.id()), "{components:?}");
        client.close(socket).unwrap();
        // A chain over it has it as its last component, and no other.
        let chain = host.add_entry(Entry::chain(pipes::fresh_id(), "layer.dll", &[&layer, &base]));
        assert_eq!(chain.info.ProtocolChain.ChainEntries, [layer.id(), base.id(), 0, 0, 0, 0, 0]);
    }
    assert_eq!(host.faults(), []);
}

/// The order that is written to the catalog is the one in which it is listed, and in which clients get their
/// sockets.
#[cfg(not(windows))] // On Windows the functions are those of Ws2_32.
#[test]
fn the_written_order_is_that_of_lists_and_of_new_sockets() {
    use wpu_install::{Catalogs, Memory, Place, Registrar, Simulation, System, Width};
    const WIDTH: Width = Width::Bits64;
    let _shows = wpu_evidence::tested(["provider-order.order-counts-everywhere"]);
    let mut memory = Memory::new(Catalogs { bits64: Some(wpu_install::Catalog::default()), bits32: None });
    let providers = [(); 3].map(|()| pipes::fresh_id());
    for provider in &providers {
        let info = Entry::new(*provider, "pipes.dll").sockets(40, 1, 0).info;
        memory.add(Place::In(WIDTH), provider, &"pipes.dll".into(), &[info]).unwrap();
    }
    let _simulation = Simulation::start(memory);
    let mut system = System::open(&[WIDTH]).expect("there is a catalog");
    let ids = system.read(WIDTH).unwrap().entries.iter().map(wpu_install::Entry::id).collect::<Vec<_>>();
    for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
        let written = order.map(|at| ids[at]);
        system.reorder(WIDTH, &written).unwrap();
        let listed = system.read(WIDTH).unwrap().entries;
        assert!(listed.iter().map(wpu_install::Entry::id).eq(written));
        let host = Host::new().expect("a free slot");
        let entries: Vec<_> = listed
            .into_iter()
            .map(|entry| host.install(Entry { info: entry.info, path: entry.path }, &pipes::module()))
            .collect();
        let client = host.client();
        let of = |infos: &[WSAPROTOCOL_INFOW]| infos.iter().map(|info| info.ProviderId).collect::<Vec<_>>();
        assert_eq!(of(&client.protocols().unwrap()), order.map(|at| providers[at]));
        let socket = client.socket(40, 1, 0).expect("three entries offer it");
        assert_eq!(host.owner(socket), Some(entries[0].id()), "{order:?}");
        client.close(socket).unwrap();
    }
}

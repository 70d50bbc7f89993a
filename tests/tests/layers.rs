//! The layers among the examples, loaded by path, in chains over a base that they load by path.

#[allow(dead_code, reason = "the base's tests use all of it")]
#[path = "base/world.rs"]
mod world;

use std::net::Ipv4Addr;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use world::{LONG, copy};
use wpu_host::{Entry, Host, Leftovers, Library, Module, Tell};
use wpu_sys::ffi::*;

/// A layer of an example: its library, how it is installed, and what asks it for its figures.
#[derive(Clone, Copy)]
struct Layer {
    example: &'static str,
    id: GUID,
    flags: u32,
    code: u32,
}

const fn counter(example: &'static str, number: u32, flags: u32) -> Layer {
    let id = GUID { Data1: number, Data2: 0x1D3B, Data3: 0x4C58, Data4: *b"\x9a\x77counts" };
    Layer { example, id, flags, code: 0x5800_0C01 }
}

const fn one_of_two(number: u32, flags: u32, code: u32) -> Layer {
    let id = GUID { Data1: number, Data2: 0x51D3, Data3: 0x4A0E, Data4: *b"\x8ethepair" };
    Layer { example: "pair", id, flags, code }
}

const COUNT: Layer = counter("count", 0x6F1C_9A3E, XP1_IFS_HANDLES);
const COUNT_NON_IFS: Layer = counter("count_non_ifs", 0x6F1C_9A3F, 0);
const PASSES_HANDLES: Layer = one_of_two(0x2C0B_7A10, XP1_IFS_HANDLES, 0x5800_0C02);
const OWNS_HANDLES: Layer = one_of_two(0x2C0B_7A11, 0, 0x5800_0C03);

/// Loads a copy of an example that nobody else uses.
fn load(example: &str) -> (Library, String) {
    let path = copy(example);
    // SAFETY: it is a provider written with this project, and nothing else runs when it is loaded.
    let library = unsafe { Library::load(&path) }.expect("a library of its own");
    // Threads of this program that have been in its code run some of it when they end.
    std::mem::forget(library.clone());
    (library, path.display().to_string())
}

/// Moves bytes through a chain, and says what each of its layers has counted.
fn figures(layers: &[Layer]) -> Vec<Vec<u64>> {
    let host = Host::new().expect("a place is free");
    let (library, path) = load("loopback");
    let base = GUID { Data1: 0x6261_7365, Data4: *b"examples", ..GUID::ZERO };
    let base = Entry::new(base, &path).sockets(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    let base = host.install(base, &Module::from(&library));
    let mut loaded: Vec<(&str, Module, String)> = Vec::new();
    for layer in layers {
        if loaded.iter().all(|known| known.0 != layer.example) {
            let (library, path) = load(layer.example);
            loaded.push((layer.example, Module::from(&library), path));
        }
    }
    let of = |layer: &Layer| loaded.iter().find(|known| known.0 == layer.example).expect("it is loaded");
    let hidden: Vec<_> = layers
        .iter()
        .map(|layer| host.install(Entry::layer(layer.id, &of(layer).2).flags(layer.flags), &of(layer).1))
        .collect();
    let links: Vec<_> = hidden.iter().chain([&base]).collect();
    let (_, module, path) = of(&layers[0]);
    let id = GUID { Data1: 0x6368_6169, ..GUID::ZERO };
    let chain = Entry::chain(id, path, &links).flags(layers[0].flags);
    let chain = host.install_first(chain.sockets(AF_INET, SOCK_STREAM, IPPROTO_TCP), module);

    let client = host.client();
    let listener = client.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP).expect("a socket");
    assert_eq!(host.owner(listener), Some(chain.id()));
    client.bind(listener, (Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
    client.listen(listener, 1).expect("a listener");
    let address = client.local_address(listener).expect("an address");
    let near = client.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP).expect("a socket");
    client.connect(near, address).expect("a connection");
    let (far, _) = client.accept(listener).expect("a caller");

    client.send_all(near, b"hello").expect("a peer");
    client.recv_all(far, &mut [0; 5]).expect("five bytes");
    let request = client.recv_overlapped(far, &[9], 0, Tell::Nobody).expect("a request");
    client.send_all(near, b"over").expect("a peer");
    assert_eq!(client.overlapped_result(&request, true), Ok((4, 0)));
    let (tell, told) = mpsc::channel();
    let routine = Tell::routine(move |outcome| tell.send(outcome.transferred).expect("somebody waits"));
    let request = client.recv_overlapped(far, &[9], 0, routine).expect("a request");
    client.send_all(near, b"apc").expect("a peer");
    let late = Instant::now() + LONG;
    while told.try_recv() != Ok(3) {
        assert!(Instant::now() < late, "the routine does not run");
        host.sleep_alertable(Duration::from_millis(5));
    }
    drop(request);

    let figures = layers.iter().map(|layer| {
        let mut room = [0; 16];
        let used = client.ioctl(near, layer.code, &[], &mut room).expect("its figures");
        let (numbers, _) = room[..used].as_chunks::<8>();
        numbers.iter().map(|number| u64::from_ne_bytes(*number)).collect()
    });
    let figures = figures.collect();
    for socket in [listener, near, far] {
        client.close(socket).expect("it is open");
    }
    assert_eq!(client.finish(), Leftovers::default());
    assert_eq!(host.faults(), []);
    figures
}

#[test]
fn a_layer_with_handles_of_its_own_counts_every_byte() {
    assert_eq!(figures(&[COUNT_NON_IFS]), [[12, 12]]);
}

#[test]
fn a_layer_over_the_systems_handles_counts_what_ends_at_once() {
    assert_eq!(figures(&[COUNT]), [[12, 5]]);
}

#[test]
fn two_libraries_in_one_chain() {
    // Both answer the same question, so the upper one does.
    assert_eq!(figures(&[COUNT_NON_IFS, COUNT]), [[12, 12], [12, 12]]);
}

#[test]
fn two_layers_of_one_library_in_one_chain() {
    assert_eq!(figures(&[OWNS_HANDLES, PASSES_HANDLES]), [[6], [4]]);
}

#[test]
fn three_layers() {
    assert_eq!(figures(&[OWNS_HANDLES, COUNT_NON_IFS, PASSES_HANDLES]), [vec![6], vec![12, 12], vec![4]]);
}

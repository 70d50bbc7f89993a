//! A client that talks to an echo server on this machine through a chain: the layer `count` over the base
//! provider `tcp`.
//!
//! `cargo xtask demo` builds the two examples and passes their paths.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;
use wpu_host::{Entry, Host, Library, Module};
use wpu_sys::ffi::{AF_INET, GUID, IPPROTO_TCP, SOCK_STREAM, XP1_IFS_HANDLES};

/// The id by which the layer finds its own entry in the catalog.
const COUNT: GUID = GUID { Data1: 0x6F1C_9A3E, Data2: 0x1D3B, Data3: 0x4C58, Data4: *b"\x9a\x77counts" };
/// The control code that queries the counters of the layer.
const COUNTS: u32 = 0x5800_0C01;
const TCP: GUID = GUID { Data1: 0x7C9, ..GUID::ZERO };

fn main() -> Result<(), Box<dyn Error>> {
    let paths: Vec<_> = std::env::args().skip(1).collect();
    let [tcp, count] = &*paths else {
        return Err("usage: echo <library of `tcp`> <library of `count`>".into());
    };
    let host = Host::new()?;
    let base = install(&host, Entry::new(TCP, tcp).sockets(AF_INET, SOCK_STREAM, IPPROTO_TCP), tcp)?;
    let hidden = install(&host, Entry::layer(COUNT, count), count)?;
    let chain = Entry::chain(COUNT, count, &[&hidden, &base]).flags(XP1_IFS_HANDLES);
    let chain = install(&host, chain, count)?;
    let server = echo_server()?;

    let client = host.client();
    let socket = client.socket_in(chain.id())?;
    client.connect(socket, server)?;
    let text = "These bytes cross a real TCP connection, and come back. ".repeat(1000);
    let mut back = vec![0; text.len()];
    client.send_all(socket, text.as_bytes())?;
    client.recv_all(socket, &mut back)?;
    assert_eq!(back, text.as_bytes());
    println!("sent {} bytes to {server}, and got the same back", text.len());
    let mut counts = [0; 16];
    client.ioctl(socket, COUNTS, &[], &mut counts)?;
    let figure = |at: usize| u64::from_ne_bytes(counts[at..at + 8].try_into().unwrap_or_default());
    println!("the layer has counted {} bytes sent and {} received", figure(0), figure(8));
    client.close(socket)?;
    println!("left open: {:?}; faults: {}", client.finish(), host.faults().len());
    Ok(())
}

fn install(host: &Host, entry: Entry, path: &str) -> Result<Entry, Box<dyn Error>> {
    // SAFETY: the user who names a library here guarantees that it is a provider that keeps Winsock's
    // contract.
    let library = unsafe { Library::load(path)? };
    Ok(host.install(entry, &Module::from(&library)))
}

/// An ordinary server that sends back what one client sends.
fn echo_server() -> Result<SocketAddr, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || -> std::io::Result<()> {
        let (mut stream, _) = listener.accept()?;
        let mut bytes = [0; 4096];
        loop {
            match stream.read(&mut bytes)? {
                0 => return Ok(()),
                count => stream.write_all(&bytes[..count])?,
            }
        }
    });
    Ok(address)
}

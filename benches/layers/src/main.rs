//! Sends or receives repeatedly through a base provider, alone or under a layer.
//!
//! Arguments: `send` or `recv`, the number of calls, the base's library, and optionally the layer's library
//! with its class and id. `renamed` is the class `ifs` on a system where `WPUModifyIFSHandle` returns other
//! handles.

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::ptr::null_mut;
use wpu_host::{Entry, Host, Library, Module};
use wpu_sys::ffi::{AF_INET, GUID, IPPROTO_TCP, SOCK_STREAM, SOCKET, WSABUF, WSPPROC_TABLE, XP1_IFS_HANDLES};

/// The id of the base provider. The layers of the benchmark and of the examples have other ids.
const BASE: GUID = GUID { Data1: 0xba5e, ..GUID::ZERO };

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [what, times, base, layer @ ..] = &*arguments else {
        return Err("what, how often, and the base's library".into());
    };
    let host = Host::new()?;
    let entry = chain(&host, base, layer)?;
    let client = host.client();
    client.start_up();
    let socket = client.socket_in(entry)?;
    let procs = client.procs(socket)?;
    let times: u32 = times.parse()?;
    match what.as_str() {
        "send" => send(&procs, socket, times),
        "recv" => recv(&procs, socket, times),
        _ => return Err("neither `send` nor `recv`".into()),
    }
    Ok(())
}

/// Installs the providers of the arguments, and returns the entry from which sockets are opened.
fn chain(host: &Host, base: &str, layer: &[String]) -> Result<u32, Box<dyn Error>> {
    let entry = Entry::new(BASE, base).sockets(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    let base = install(host, entry, base)?;
    let [path, class, id] = layer else { return Ok(base.id()) };
    let id = guid(id)?;
    let hidden = install(host, Entry::layer(id, path), path)?;
    host.rename_ifs_handles(class == "renamed");
    let flags = if class == "non_ifs" { 0 } else { XP1_IFS_HANDLES };
    let chain = Entry::chain(id, path, &[&hidden, &base]).flags(flags);
    Ok(install(host, chain, path)?.id())
}

fn install(host: &Host, entry: Entry, path: &str) -> Result<Entry, Box<dyn Error>> {
    // SAFETY: the benchmark tool has built the libraries, which are providers that keep the contract.
    let library = unsafe { Library::load(Path::new(path)) }?;
    Ok(host.install(entry, &Module::from(&library)))
}

/// Parses the id of a layer: its first and second member in hexadecimal.
fn guid(text: &str) -> Result<GUID, Box<dyn Error>> {
    let number = u128::from_str_radix(&text.replace('-', ""), 16)?;
    let bytes = number.to_be_bytes();
    let half = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
    let first = u32::from(half(0)) << 16 | u32::from(half(2));
    let last = bytes[8..].try_into()?;
    Ok(GUID { Data1: first, Data2: half(4), Data3: half(6), Data4: last })
}

fn send(procs: &WSPPROC_TABLE, socket: SOCKET, times: u32) {
    let send = procs.lpWSPSend.expect("every provider has one");
    let mut bytes = [0_u8; 64];
    let mut buffer = WSABUF { len: 64, buf: bytes.as_mut_ptr() };
    let (mut sent, mut errno) = (0, 0);
    for _ in 0..times {
        // SAFETY: every pointer is null, or points to a variable of this function.
        let answer = unsafe {
            send(socket, &raw mut buffer, 1, &raw mut sent, 0, null_mut(), None, null_mut(), &raw mut errno)
        };
        assert_eq!(black_box((answer, sent)), (0, 64), "errno {errno}");
    }
}

fn recv(procs: &WSPPROC_TABLE, socket: SOCKET, times: u32) {
    let recv = procs.lpWSPRecv.expect("every provider has one");
    let mut bytes = [0_u8; 64];
    let mut buffer = WSABUF { len: 64, buf: bytes.as_mut_ptr() };
    let (mut received, mut flags, mut errno) = (0, 0, 0);
    for _ in 0..times {
        // SAFETY: every pointer is null, or points to a variable of this function.
        let answer = unsafe {
            recv(
                socket,
                &raw mut buffer,
                1,
                &raw mut received,
                &raw mut flags,
                null_mut(),
                None,
                null_mut(),
                &raw mut errno,
            )
        };
        assert_eq!(black_box((answer, received)), (0, 64), "errno {errno}");
    }
}

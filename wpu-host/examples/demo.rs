//! Loads a provider through its entry point and prints the upcalls that it makes during its start-up.
//!
//! `cargo xtask demo` builds the examples `tour` and `tour-ifs` and passes their paths.

use std::error::Error;
use std::time::Duration;
use wpu_host::{Entry, Host, Library};
use wpu_sys::ffi::{GUID, XP1_IFS_HANDLES};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args_os().skip(1);
    let path = args.next().ok_or("usage: demo <library of a provider> [--ifs]")?;
    let flags = if args.next().is_some_and(|flag| flag == "--ifs") { XP1_IFS_HANDLES } else { 0 };
    let host = Host::new()?;
    let id = GUID { Data1: 1, ..GUID::ZERO };
    let entry = host.add_entry(Entry::new(id, r"%SystemRoot%\System32\below.dll").flags(flags));
    // SAFETY: the user who names a library here guarantees that it is a provider that keeps Winsock's
    // contract.
    let library = unsafe { Library::load(path)? };
    let started = host.start(&library, &entry)?;
    // Functions that the provider queued run now, as in an alertable wait of a client.
    host.sleep_alertable(Duration::ZERO);
    let left_open = started.clean_up()?;
    println!("upcalls that the host answered:");
    for line in host.trace() {
        println!("  {line}");
    }
    println!("left open: {left_open:?}");
    Ok(())
}

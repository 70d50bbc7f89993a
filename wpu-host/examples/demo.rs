//! Loads the two example providers through their real entry point, and shows what they did.
//!
//! `cargo xtask demo` builds the libraries and passes their paths.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;
use tour::Tour;
use tour_ifs::TourIfs;
use wpu::Provider;
use wpu_host::{Entry, Host, Library};
use wpu_sys::ffi::GUID;

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths = std::env::args_os().skip(1).map(PathBuf::from);
    let usage = "usage: demo <library of tour> <library of tour-ifs>";
    let (tour, tour_ifs) = (paths.next().ok_or(usage)?, paths.next().ok_or(usage)?);
    print!("{}", <Tour as Provider>::DECLARATION);
    trace(&tour, 0)?;
    print!("\n{}", <TourIfs as Provider>::DECLARATION);
    trace(&tour_ifs, wpu_sys::ffi::XP1_IFS_HANDLES)
}

/// Starts a provider in a host of its own, cleans it up, and prints the upcalls that it made.
fn trace(path: &std::path::Path, flags: u32) -> Result<(), Box<dyn Error>> {
    let host = Host::new()?;
    let id = GUID { Data1: 1, ..GUID::ZERO };
    let entry = host.add_entry(Entry::new(id, r"%SystemRoot%\System32\below.dll").flags(flags));
    // SAFETY: the library is one of the two examples, which keep the contract of `WSPStartup`.
    let library = unsafe { Library::load(path)? };
    let started = host.start(&library, &entry)?;
    host.sleep_alertable(Duration::ZERO);
    let left_open = started.clean_up()?;
    println!("upcalls that the host answered:");
    for line in host.trace() {
        println!("  {line}");
    }
    println!("left open: {left_open:?}");
    Ok(())
}

//! Ws2_32's side of the upcall contract, in memory, for testing Winsock service providers on any
//! system.
//!
//! A [`Host`] hands a provider a real table of upcalls and answers every call as the documentation
//! of Ws2_32 says: with its results, and with its errors. It also plays the client, who waits for
//! events, sleeps alertably, binds sockets to completion ports and opens windows.
//!
//! ```
//! # use wpu_sys::ffi::*;
//! # static TABLE: std::sync::OnceLock<WSPUPCALLTABLE> = std::sync::OnceLock::new();
//! # unsafe extern "system" fn cleanup(_: *mut i32) -> i32 { 0 }
//! # unsafe extern "system" fn startup(
//! #     _: u16, _: *mut WSPDATA, info: *const WSAPROTOCOL_INFOW, table: WSPUPCALLTABLE,
//! #     procs: *mut WSPPROC_TABLE,
//! # ) -> i32 {
//! #     let create = table.lpWPUCreateSocketHandle.unwrap();
//! #     let mut errno = 0;
//! #     unsafe {
//! #         (*procs).lpWSPCleanup = Some(cleanup);
//! #         create((*info).dwCatalogEntryId, 0x2a, &mut errno);
//! #     }
//! #     0
//! # }
//! use wpu_host::{Entry, Host};
//!
//! let host = Host::new()?;
//! let id = GUID { Data1: 0x5c1e_77a0, ..GUID::ZERO };
//! let entry = host.add_entry(Entry::new(id, r"%SystemRoot%\System32\mine.dll"));
//!
//! // `startup` is the provider's `WSPStartup`. This one makes a socket handle and forgets it.
//! // SAFETY: it is a `WSPStartup`, and keeps the contract of one.
//! let started = unsafe { host.start_with(startup, &entry)? };
//! let left_open = started.clean_up()?;
//! assert_eq!(left_open.socket_handles, 1);
//!
//! for line in host.trace() {
//!     println!("{line}"); // WPUCreateSocketHandle(entry 1001, context 0x2a) = 0x4000000
//! }
//! # assert_eq!(host.trace().len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Libraries
//!
//! [`Library::load`] loads a provider as Ws2_32 does, whatever language it is written in, and
//! [`Host::start`] starts it. A provider reaches all upcalls but one through the table;
//! `WPUCompleteOverlappedRequest` is found by its name. So on systems other than Windows a program
//! that loads providers must export its functions. For tests, put this into `build.rs`:
//!
//! ```
//! println!("cargo::rustc-link-arg=-rdynamic");
//! ```
//!
//! # Where the documentation is silent
//!
//! | matter | what a host does |
//! | --- | --- |
//! | an unknown catalog entry, in any upcall that takes one | `WSAEINVAL` |
//! | a socket handle that was closed, or is another host's | as one that never was |
//! | a proposed file handle that is null, `INVALID_SOCKET`, or a handle of the host that no provider registered | `WSAEINVAL` |
//! | a client's event, closed by a provider | `WSA_INVALID_HANDLE`, and it stays open |
//! | an event with its lowest bit set, set or reset by a provider | `WSA_INVALID_HANDLE`: the bit is no part of the handle |
//! | a thread id that is unknown, closed, damaged or a client's, in `WPUCloseThread` | `WSAEFAULT` |
//! | `Internal` of a completed operation | `0x20000000` for success, else the error with `0xE0000000` |
//! | a `Request` that is completed twice | `WSAEINVAL`, nothing is written or signalled, and the trace has a note |
//! | any other structure whose `Internal` is as its last completion left it | completed, and the trace has a note |
//! | the lowest bit of `hEvent` | the event is set, and no packet goes to the port |
//! | calls through a table whose host is gone | `WSANOTINITIALISED` |
//! | a panic inside the host | `WSASYSCALLFAILURE` |

#![allow(clippy::doc_markdown, reason = "Ws2_32 is a library's name, and no item's")]
#![allow(clippy::must_use_candidate, reason = "most methods change a host, which the lint cannot see")]

mod catalog;
mod client;
mod context;
mod enumerate;
mod events;
mod export;
mod faults;
mod handles;
mod hooks;
mod host;
mod ifs;
mod load;
mod messages;
mod module;
mod place;
mod ports;
mod records;
mod requests;
mod sockets;
mod threads;
mod trace;
mod upcalls;
mod wait;
mod waits;
mod winsock;

pub use catalog::Entry;
pub use client::*;
pub use enumerate::WSCEnumProtocols;
pub use export::WPUCompleteOverlappedRequest;
pub use faults::{Fault, Rule, Stop};
pub use host::{Host, Leftovers, Wake};
pub use load::{Library, LoadError, StartError, Started};
pub use messages::Message;
pub use module::Module;
pub use place::NoPlace;
pub use ports::{Packet, Port};
pub use requests::{Completion, Request};
pub use trace::TraceLine;
pub use waits::WaitForMultipleObjectsEx;

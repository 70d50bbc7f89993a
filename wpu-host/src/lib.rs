//! Ws2_32's side of the upcall contract, in memory, for testing Winsock service providers on any
//! system.
//!
//! A [`Host`] passes a provider a real table of upcalls and answers every call as the documentation of Ws2_32
//! specifies, with its results and its errors. It also acts as the client: it waits for events, sleeps
//! alertably, binds sockets to completion ports and opens windows.
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
//! # A client of providers
//!
//! [`Host::install`] connects a catalog entry with a provider's code. [`Host::client`] creates a [`Client`],
//! which starts providers when they are first needed, calls the provider that owns a socket, and receives the
//! completions of overlapped requests by events, completion routines and completion ports. [`Entry::layer`]
//! and [`Entry::chain`] describe layers over a base provider.
//!
//! Meanwhile the host checks the providers: [`Host::faults`] lists every fault with its [`Rule`] and the
//! corresponding stop code of Application Verifier. Arguments that are valid only during a call, such as
//! thread ids and buffer arrays, are overwritten when the call returns.
//!
//! ```no_run
//! use std::time::Duration;
//! use wpu_host::{Entry, Host, Library, Module, Tell};
//! use wpu_sys::ffi::{AF_INET, GUID, IPPROTO_TCP, SOCK_STREAM};
//!
//! let host = Host::new()?;
//! let path = "target/debug/libtcp.so";
//! // SAFETY: it is the library of a provider, which keeps the contract of one.
//! let library = unsafe { Library::load(path)? };
//! let id = GUID { Data1: 0x5c1e_77a0, ..GUID::ZERO };
//! let entry = Entry::new(id, path).sockets(AF_INET, SOCK_STREAM, IPPROTO_TCP);
//! host.install(entry, &Module::from(&library));
//!
//! let client = host.client();
//! let listener = client.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP)?;
//! client.bind(listener, ([127, 0, 0, 1], 0).into())?;
//! client.listen(listener, 5)?;
//! let near = client.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP)?;
//! client.connect(near, client.local_address(listener)?)?;
//! let (far, _) = client.accept(listener)?;
//!
//! let event = host.client_event();
//! let request = client.recv_overlapped(far, &[16], 0, Tell::Event(event))?;
//! client.send_all(near, b"hello")?;
//! assert!(host.wait(event, Duration::from_secs(5))?);
//! assert_eq!(request.data(), b"hello");
//!
//! for socket in [listener, near, far] {
//!     client.close(socket)?;
//! }
//! assert!(client.finish().is_empty());
//! assert_eq!(host.faults(), []);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Libraries
//!
//! [`Library::load`] loads a provider as Ws2_32 does, in whatever language it is written, and [`Host::start`]
//! starts it. A provider reaches all upcalls but one through the table. It imports
//! `WPUCompleteOverlappedRequest` by name, and also `WSCEnumProtocols` and `WaitForMultipleObjectsEx` if it
//! needs them. On systems other than Windows, a program that loads providers must therefore export its
//! functions. For tests, put this into `build.rs`:
//!
//! ```
//! println!("cargo::rustc-link-arg=-rdynamic");
//! ```
//!
//! # Where the documentation is silent
//!
//! | matter | behaviour of a host |
//! | --- | --- |
//! | an unknown catalog entry, in any upcall that takes one | `WSAEINVAL` |
//! | a socket handle that was closed, or belongs to another host | treated as a handle that never existed |
//! | a proposed file handle that is null, `INVALID_SOCKET`, or any handle of the host other than an open socket | `WSAEINVAL` |
//! | a handle from `WPUCreateSocketHandle`, proposed by a layer as a file handle | the client's calls go to the layer from then on; nothing changes for the provider that created it |
//! | a protocol of 0 for a new socket | the first entry of that family and type that matches the protocol zero, as those of `Entry::sockets` do |
//! | a call that succeeds and sets its error to 0 | accepted, as if it had not written the error |
//! | the host whose catalog `WSCEnumProtocols` lists | the one whose client is in a call on this thread, else the one to which this thread made its latest upcall |
//! | a provider closes an event of the client | `WSA_INVALID_HANDLE`, and the event stays open |
//! | a provider sets or resets an event with its lowest bit set | `WSA_INVALID_HANDLE`: the bit is not part of the handle |
//! | a thread id that is unknown, closed, damaged or a client's, in `WPUCloseThread` | `WSAEFAULT` |
//! | `Internal` of a completed operation | `0x20000000` for success, else the error with `0xE0000000` |
//! | a `HostRequest` that is completed twice | `WSAEINVAL`, nothing is written or signalled, and the trace has a note |
//! | another structure whose `Internal` is unchanged since its last completion | completed, and the trace has a note |
//! | the lowest bit of `hEvent` is set | the event is set, and no packet is posted to the port |
//! | calls through a table whose host no longer exists | `WSANOTINITIALISED` |
//! | a blocking hook that panics | the blocked call counts as cancelled |
//! | a panic inside the host | `WSASYSCALLFAILURE` |

#![allow(clippy::doc_markdown, reason = "Ws2_32 is the name of a library, not of an item")]
#![allow(clippy::must_use_candidate, reason = "most methods change the host, which the lint does not detect")]

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
mod host_slots;
mod ifs;
mod leftovers;
mod load;
mod messages;
mod module;
mod panic;
mod ports;
mod provide;
#[cfg(windows)]
mod redirect;
mod request_audit;
mod requests;
mod sockets;
mod start;
mod sync;
mod threads;
mod trace;
mod upcalls;
mod wait_multiple;
mod winsock;
mod ws2;

pub use catalog::Entry;
pub use client::*;
pub use enumerate::WSCEnumProtocols;
pub use export::WPUCompleteOverlappedRequest;
pub use faults::{Fault, Rule, Stop};
pub use hooks::HookResult;
pub use host::{Host, Wake};
pub use host_slots::NoFreeSlot;
pub use leftovers::Leftovers;
pub use load::{Library, LoadError};
pub use messages::Message;
pub use module::Module;
pub use ports::{Packet, Port};
pub use requests::{Completion, HostRequest};
pub use start::{StartFailure, Started};
pub use trace::TraceLine;
pub use wait_multiple::WaitForMultipleObjectsEx;

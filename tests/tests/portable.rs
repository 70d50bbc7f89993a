//! The tests that run on every target, under Wine too. They are one program, which is linked once, and whose
//! tests share the processors.

/// The renamed crate of `renamed_crate`: only the root of a crate can make the name known everywhere.
extern crate wpu as upcalls;

#[macro_use]
mod oracle;

mod attribute;
mod base_datagrams;
mod base_errors;
mod base_faulty;
mod base_kit;
mod base_races;
mod client;
mod common;
mod documented_errors;
mod ends;
mod host_sockets;
mod layout_oracle;
mod lent;
mod matrix;
mod out_folder;
mod renamed_crate;
mod schema;
mod scripted;
mod transfers;
mod unload;
mod winapi_oracle;

//! The host as clients see it: the catalog, sockets, chains, and what it finds wrong with providers. These tests are one
//! program, which is linked once; each has a host of its own, and each entry of `pipes` a number of its own.

#[path = "../common/mod.rs"]
mod common;
#[path = "../pipes/mod.rs"]
mod pipes;

mod catalog;
mod chains;
mod client;
mod client_calls;
mod faults;
mod imports;
mod load;
mod san;

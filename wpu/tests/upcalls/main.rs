//! Upcalls, their values, and the start-up that brings the table with them. These tests are one program, which is linked
//! once: each of its providers is a type with a run of its own, and none of them finds an upcall by its name.

#[path = "../common/mod.rs"]
mod common;

mod apc;
mod by_hand;
mod contracts;
mod entry;
mod errors;
mod handles;
mod instance;
mod overlapped;
mod paths;
mod run;
mod slots;
mod wrappers;

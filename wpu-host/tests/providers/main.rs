//! The host as providers see it: its upcalls, what it checks of them, and start-up. These tests are one program, which is
//! linked once; each has a host of its own.

#[path = "../common/mod.rs"]
mod common;

mod borders;
mod completion;
mod start;
mod threads;
mod trace;
mod upcall_rules;
mod upcalls;

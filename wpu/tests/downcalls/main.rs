//! The functions of providers and layers, and the memory of the clients that call them. These tests are one program, which is
//! linked once: each of its providers is a type with an instance of its own.

#[path = "../common/client.rs"]
#[allow(dead_code, reason = "other programs use the rest")]
mod client;
#[path = "../common/mod.rs"]
mod common;
#[path = "../common/over.rs"]
mod over;

mod asked;
mod borders;
mod condition;
mod counts;
mod data_pointers;
mod documented;
mod forwarding;
mod given;
mod kept;
mod memory;
mod panics;
mod partial;
mod pointers;
mod requests;

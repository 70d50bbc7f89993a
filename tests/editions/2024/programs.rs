//! The unusual places for the attribute, in edition 2024.
#![forbid(unsafe_code)]
#![deny(warnings)]
#![allow(missing_docs)]

#[path = "../programs.rs"]
pub mod programs;

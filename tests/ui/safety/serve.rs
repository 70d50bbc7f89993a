//! The completion functions of a `Serve` keep memory to which a provider below writes, so the trait is unsafe.
#![forbid(unsafe_code)]
use wpu::raw::{CompletionVtable, Serve};
use wpu::{ServiceProvider, WsaError};

pub struct Careless;
impl ServiceProvider for Careless {}

impl Serve for Careless {
    type Provider = Self;
    const COMPLETES: bool = true;
    const COMPLETION: CompletionVtable =
        CompletionVtable { begin: |_| {}, tell: |_, _| {}, keep: |_, _| {}, release: |_, _| {}, end: || {} };
    fn with<R>(body: impl FnOnce(&Self) -> Result<R, WsaError>) -> Result<R, WsaError> {
        body(&Self)
    }
}

fn main() {}

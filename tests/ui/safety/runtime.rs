//! What generated code alone may call of the runtime is unsafe, and so are the traits that memory is read by.
#![forbid(unsafe_code)]
use wpu::__private::rt::client::{Buildable, Member};
use wpu::__private::rt::request::RequestTypes;
use wpu::__private::{CompletionVtable, Request, Serve};
use wpu::ffi::WSABUF;
use wpu::{ServiceProvider, WsaError};

#[derive(Clone, Copy)]
pub struct Own(*mut u8);

impl Buildable for Own {
    const ZERO: Self = Self(std::ptr::without_provenance_mut(1));
}

pub const FAR: Member<Own, u8> = Member::new(1 << 20);

pub fn kept(request: Request<'_>) {
    let _ = request.lent();
    let _ = request.forward(&mut ());
}

/// Threads would share what no two of them may use at once.
#[derive(Debug)]
pub enum Shared {}

impl RequestTypes for Shared {
    type Socket = &'static std::cell::Cell<usize>;
    type Overlapped = u32;
    type Routine = fn();
    type Thread = u32;
    type Slice = WSABUF;
    type Error = u32;
    const BROKEN: u32 = 1;
    const PENDING: u32 = 2;
    const ABORTED: u32 = 3;
}

pub struct Careless;

impl ServiceProvider for Careless {}

/// The provider below would write to memory that is free.
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

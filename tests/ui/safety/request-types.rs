//! The values of a `RequestTypes` are moved to other threads, so the trait is unsafe.
#![forbid(unsafe_code)]
use wpu::__private::rt::request::RequestTypes;

#[derive(Debug)]
pub enum Shared {}

impl RequestTypes for Shared {
    type Socket = &'static std::cell::Cell<usize>;
    type Overlapped = u32;
    type Routine = fn();
    type Thread = u32;
    type Slice = wpu::ffi::WSABUF;
    type Error = u32;
    const BROKEN: u32 = 1;
    const PENDING: u32 = 2;
    const ABORTED: u32 = 3;
}

fn main() {}

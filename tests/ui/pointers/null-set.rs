//! A set of sockets is a value that comes from a client, and never a null pointer.
//! Shows: WPUFDIsSet.fdset.not-null
#![forbid(unsafe_code)]
use wpu::{Upcalls, ffi::SOCKET};

pub fn asks(upcalls: Upcalls, socket: SOCKET) -> bool {
    upcalls.fd_is_set(socket, std::ptr::null())
}

fn main() {}

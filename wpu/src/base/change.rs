//! What can change on a machine, apart from the sockets themselves.

use wpu_sys::ffi::{
    FD_ADDRESS_LIST_CHANGE, FD_ROUTING_INTERFACE_CHANGE, SIO_ADDRESS_LIST_CHANGE,
    SIO_ROUTING_INTERFACE_CHANGE,
};

/// What can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Addresses,
    Routes,
}

impl Change {
    pub const ALL: [Self; 2] = [Self::Addresses, Self::Routes];

    /// What a control code asks for.
    pub fn of(code: u32) -> Option<Self> {
        match code {
            SIO_ADDRESS_LIST_CHANGE => Some(Self::Addresses),
            SIO_ROUTING_INTERFACE_CHANGE => Some(Self::Routes),
            _ => None,
        }
    }

    pub const fn event(self) -> i32 {
        match self {
            Self::Addresses => FD_ADDRESS_LIST_CHANGE,
            Self::Routes => FD_ROUTING_INTERFACE_CHANGE,
        }
    }
}

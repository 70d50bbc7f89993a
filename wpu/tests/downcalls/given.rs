//! What a provider is given of a client's memory, and what it writes over.

use std::cell::RefCell;
use wpu::ffi::{SOCKET, WSAPROTOCOL_INFOW, WSPPROC_TABLE};
use wpu::raw::{CompletionVtable, Serve};
use wpu::{ServiceProvider, WsaError};
use wpu_sys::Bytes;

thread_local! {
    /// The address of the latest bind.
    static BOUND: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Given;

impl ServiceProvider for Given {
    fn bind(&self, _: SOCKET, address: Bytes<'_>) -> Result<(), WsaError> {
        BOUND.set(address.to_vec());
        Ok(())
    }

    fn duplicate_socket(&self, _: SOCKET, process: u32) -> Result<WSAPROTOCOL_INFOW, WsaError> {
        Ok(WSAPROTOCOL_INFOW { dwProviderReserved: process, ..WSAPROTOCOL_INFOW::ZERO })
    }
}

// SAFETY: it passes no request down, so it has no memory to keep.
unsafe impl Serve for Given {
    type Provider = Self;
    const COMPLETION: CompletionVtable = CompletionVtable {
        begin: |_| unreachable!("nothing becomes pending"),
        tell: |_, _| unreachable!("nothing becomes pending"),
        keep: |_, _| unreachable!("nothing is passed down"),
        release: |_, _| unreachable!("nothing is passed down"),
        end: || unreachable!("nothing becomes pending"),
    };
    const COMPLETES: bool = false;

    fn with<R>(body: impl FnOnce(&Self) -> Result<R, WsaError>) -> Result<R, WsaError> {
        body(&Self)
    }
}

const FUNCTIONS: WSPPROC_TABLE = WSPPROC_TABLE::serving::<Given>();

#[test]
fn an_address_is_as_long_as_the_client_says() {
    let _shows = wpu_evidence::tested(["WSPBind.no-more-than-the-length"]);
    let bind = FUNCTIONS.lpWSPBind.expect("a full table");
    for len in [2, 3, 16, 28, 110, 128] {
        // An allocation of its own, beyond which Miri and sanitizers let nobody read.
        let bytes: Box<[u8]> = (0..len).collect();
        let (name, mut errno) = (bytes.as_ptr().cast(), 0);
        // SAFETY: this number of bytes is readable, and the errno location is a local.
        assert_eq!(unsafe { bind(5, name, i32::from(len), &raw mut errno) }, 0);
        assert_eq!(BOUND.take(), bytes.to_vec());
    }
}

#[test]
fn what_a_duplicate_is_written_over_means_nothing() {
    let _shows = wpu_evidence::tested(["WSPDuplicateSocket.information-only-written"]);
    let duplicate = FUNCTIONS.lpWSPDuplicateSocket.expect("a full table");
    let expected = WSAPROTOCOL_INFOW { dwProviderReserved: 42, ..WSAPROTOCOL_INFOW::ZERO };
    for before in [0, u32::MAX] {
        let mut info =
            WSAPROTOCOL_INFOW { dwProviderReserved: before, iVersion: 2, ..WSAPROTOCOL_INFOW::ZERO };
        let mut errno = 0;
        // SAFETY: the pointers point to locals.
        assert_eq!(unsafe { duplicate(5, 42, &raw mut info, &raw mut errno) }, 0);
        assert_eq!(info, expected);
    }
}

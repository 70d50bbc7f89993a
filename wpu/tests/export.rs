//! `WPUCompleteOverlappedRequest`, which has a slot in one table only, and is an export otherwise.
//!
//! It is a program of its own, since an export is offered to the whole program.

#![cfg(all(feature = "macros", not(windows)))]

mod common;

use common::calls::SOCKET;
use common::host::{self, Scripted};
use common::provider::{clean_up, only_ex, start};
use wpu::prelude::*;
use wpu::raw::{self, StartError};
use wpu::{__private::import, UPCALLS, UpcallSet};
use wpu_sys::ffi::{WSPUPCALLTABLE, WSPUPCALLTABLEEX};
use wpu_sys::thunk;

/// Its slot in the longer table.
const SLOT: usize = 15;

const SHORT: WSPUPCALLTABLE = WSPUPCALLTABLE::of::<Scripted<1>>();
const LONG: WSPUPCALLTABLEEX = WSPUPCALLTABLEEX::of::<Scripted<2>>();

/// Completes its clients' requests, and does nothing else.
#[wpu_provider(
    class = non_ifs,
    uses(WPUCompleteOverlappedRequest),
    waives(
        WPUCloseSocketHandle, WPUCreateSocketHandle, WPUGetProviderPath, WPUPostMessage,
        WPUQueryBlockingCallback, WPUQuerySocketHandleContext = "a test",
    ),
)]
struct Completes;

impl ServiceProvider for Completes {}

impl Lifecycle for Completes {
    fn start(_: &Start<'_>) -> Result<Self, WsaError> {
        Ok(Self)
    }
}

/// The same without declaring that upcall.
#[wpu_provider(
    class = ifs,
    uses(),
    waives(
        WPUCloseSocketHandle, WPUModifyIFSHandle, WPUGetProviderPath, WPUPostMessage,
        WPUQueryBlockingCallback = "a test",
    ),
)]
struct Indifferent;

impl ServiceProvider for Indifferent {}

impl Lifecycle for Indifferent {
    fn start(_: &Start<'_>) -> Result<Self, WsaError> {
        Ok(Self)
    }
}

common::provider::exported!(Completes, Indifferent);

/// The number of the host that completes a request, if any.
fn completed_by() -> Result<usize, WsaError> {
    let request: &'static Overlapped = Box::leak(Box::new(Overlapped::new()));
    let operation = request.begin().expect("not in use");
    let completed = Completes::upcalls().complete_overlapped_request(SOCKET, operation, 0, 0);
    // SAFETY: the pointer came from a box; none of these hosts accesses it again.
    drop(unsafe { Box::from_raw(std::ptr::from_ref(request).cast_mut()) });
    completed.map(|()| host::seen()[0].host).map_err(|refused| refused.error)
}

/// A single test, since an offered export is offered to the whole program permanently.
#[test]
fn the_slot_is_preferred_to_the_export_and_one_of_them_is_required() {
    let _shows = wpu_evidence::tested(["start-up.upcalls-through-the-table"]);
    nobody_offers_it();
    the_slot_serves();
    offers::<3>();
    the_program_serves();
    the_slot_serves();
    an_empty_slot_is_filled();
    offers::<4>();
    the_last_offered_function_is_used();
}

/// Offers the function of a host that is part of the program.
fn offers<const NUMBER: usize>() {
    let own = thunk::complete_overlapped_request::<Scripted<NUMBER>>;
    // SAFETY: the thunk keeps the contract, for the lifetime of the program.
    unsafe { import::provide_complete_overlapped_request(own) };
}

fn nobody_offers_it() {
    assert_eq!(UPCALLS[SLOT].name, "WPUCompleteOverlappedRequest");
    assert_eq!(start::<Completes>(&SHORT).err(), Some(WsaError::WSASYSNOTREADY));
    // SAFETY: the functions of this table can be called for the lifetime of the process.
    let error = unsafe { raw::start::<Completes>(&only_ex(&LONG, |slot| slot != SLOT)) };
    assert_eq!(error, Err(StartError::Missing(UpcallSet::of(&[SLOT]))));
    assert_eq!(completed_by(), Err(WsaError::WSANOTINITIALISED));
    let functions = start::<Indifferent>(&SHORT).expect("it does not ask for it");
    clean_up(&functions).expect("started");
}

fn the_slot_serves() {
    // SAFETY: the functions of this table can be called for the lifetime of the process.
    unsafe { raw::start::<Completes>(&LONG) }.expect("all slots are full");
    assert_eq!(completed_by(), Ok(2));
    raw::clean_up::<Completes>(|| {}).expect("started");
}

fn the_program_serves() {
    let functions = start::<Completes>(&SHORT).expect("the program offers it");
    assert_eq!(completed_by(), Ok(3));
    clean_up(&functions).expect("started");
}

fn an_empty_slot_is_filled() {
    // SAFETY: the functions of this table can be called for the lifetime of the process.
    unsafe { raw::start::<Completes>(&only_ex(&LONG, |slot| slot != SLOT)) }.expect("offered");
    assert_eq!(completed_by(), Ok(3));
    raw::clean_up::<Completes>(|| {}).expect("started");
}

fn the_last_offered_function_is_used() {
    let functions = start::<Completes>(&SHORT).expect("the program offers it");
    assert_eq!(completed_by(), Ok(4));
    clean_up(&functions).expect("started");
}

//! Calls the functions of a provider with every argument that the contract allows a client to pass, in
//! any order, from several threads, between start-ups and clean-ups.
//!
//! What must hold, besides that no memory is touched that is nobody's: a function succeeds, or fails with
//! an error that its documentation names or that the library has for all; the errno variable is written
//! on failure and never on success; out values are written on success alone; nothing else is written; no
//! more bytes are counted than were asked for; and a client is told of each request once, or not at all
//! if the call failed.

mod behavior;
mod call;
mod calls;
mod errors;
mod host;
mod input;
mod layer;
mod memory;
#[path = "../../wpu/tests/common/over.rs"]
mod over;
mod provider;
mod touch;

use call::Client;
use host::{Ws2, lock};
use input::Input;
use layer::{Base, Files, Upper, base, files, upper};
use memory::Arena;
use std::sync::{Mutex, Once};
use wpu::Provider;
use wpu::ffi::{
    WSAPROTOCOL_INFOW, WSPDATA, WSPPROC_TABLE, WSPUPCALLTABLE, WSPUPCALLTABLEEX, XP1_IFS_HANDLES,
};

static TABLE: WSPUPCALLTABLE = WSPUPCALLTABLE::of::<Ws2>();

/// What is started: which of the three providers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Base,
    Files,
    Layer,
}

/// Where a client's memory ends.
const MEMORY: usize = if cfg!(miri) { 1024 } else { 2048 };

/// One case: all that follows from `data`.
///
/// # Panics
///
/// When something does not hold that must.
pub fn run(data: &[u8]) {
    static ONCE: Once = Once::new();
    static ALONE: Mutex<()> = Mutex::new(());
    ONCE.call_once(|| {
        calls::all_are_called();
        let table = WSPUPCALLTABLEEX::of::<Ws2>();
        let complete = table.lpWPUCompleteOverlappedRequest.expect("the table is full");
        // SAFETY: it can be called for ever.
        unsafe { wpu_sys::import::provide_complete_overlapped_request(complete) };
    });
    let _alone = lock(&ALONE);
    let mut input = Input::new(data);
    let stage = [Stage::Base, Stage::Files, Stage::Layer][input.below(3)];
    let threads = 1 + input.below(3);
    host::begin(input.below(64) == 1);
    let functions = start(stage).expect("it starts");
    let share = input.len() / threads;
    let parts: Vec<_> = (0..threads).map(|_| input.bytes(share)).collect();
    let client = |number, part| {
        let by_event = stage == Stage::Files;
        let client = Client { arena: Arena::new(MEMORY), number, by_event, functions };
        live(stage, &client, Input::new(part));
    };
    // The scope waits for what the threads do, and not for their end: what one still holds when the process ends would
    // be reported as a leak. So each is joined.
    std::thread::scope(|scope| {
        let others = parts.iter().enumerate().skip(1);
        let threads: Vec<_> =
            others.map(|(number, part)| scope.spawn(move || client(number, part))).collect();
        client(0, parts[0]);
        for thread in threads {
            thread.join().expect("no panic comes out of it");
        }
    });
    finish(stage, &functions);
}

/// How often each function was done, pending, or failed in all cases.
///
/// # Errors
///
/// A function that has not met all of that.
pub fn seen() -> Result<String, String> {
    calls::seen()
}

/// What one thread of the client does.
fn live(stage: Stage, client: &Client, mut input: Input<'_>) {
    client.arena.fill(input.bytes(16));
    while !input.is_empty() {
        match input.below(24) {
            0 => drop(start(stage)),
            1 | 2 => host::wait_alertably(2),
            _ => calls::call(&mut input, client),
        }
    }
}

/// Starts a provider once more.
fn start(stage: Stage) -> Result<WSPPROC_TABLE, i32> {
    let mut entry = WSAPROTOCOL_INFOW { dwCatalogEntryId: 1001, ..WSAPROTOCOL_INFOW::ZERO };
    if stage == Stage::Files {
        entry.dwServiceFlags1 = XP1_IFS_HANDLES;
    }
    let (mut data, mut functions) = (WSPDATA::ZERO, WSPPROC_TABLE::ZERO);
    let (to_data, to_functions) = (&raw mut data, &raw mut functions);
    let start = match stage {
        Stage::Base => base::WSPStartup,
        Stage::Files => files::WSPStartup,
        Stage::Layer => upper::WSPStartup,
    };
    // SAFETY: pointers to locals, and a table that is callable for ever.
    let code = unsafe { start(0x0202, to_data, &raw const entry, TABLE, to_functions) };
    if code == 0 { Ok(functions) } else { Err(code) }
}

/// Ends all that is under way, and cleans up as often as it was started.
fn finish(stage: Stage, functions: &WSPPROC_TABLE) {
    let run = match stage {
        Stage::Base => Base::__RUN,
        Stage::Files => Files::__RUN,
        Stage::Layer => Upper::__RUN,
    };
    if run.starts() > 0 {
        calls::close_all(functions);
        host::all_are_told();
    }
    while run.starts() > 0 {
        calls::clean_up(functions);
    }
    assert_eq!(Base::__RUN.starts(), 0, "a layer cleans up after what it starts");
    host::end();
}

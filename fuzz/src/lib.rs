//! Calls the functions of a provider with every argument that the contract allows a client to pass, in any
//! order, from several threads, between start-ups and clean-ups.
//!
//! Besides memory safety, it checks that a function succeeds, or fails with an error that its documentation
//! or the library defines; that the errno variable is written on failure and never on success; that out
//! values are written on success only; that nothing else is written; that no count exceeds what was
//! requested; and that the completion of each request is reported once, or not at all if the call failed.

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

/// The provider that is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Base,
    Files,
    Layer,
}

/// The size of a client's memory.
const MEMORY: usize = if cfg!(miri) { 1024 } else { 2048 };

/// Runs one case, which `data` determines.
///
/// # Panics
///
/// Panics if a property does not hold.
pub fn run(data: &[u8]) {
    static ONCE: Once = Once::new();
    static ALONE: Mutex<()> = Mutex::new(());
    ONCE.call_once(|| {
        calls::all_are_called();
        let table = WSPUPCALLTABLEEX::of::<Ws2>();
        let complete = table.lpWPUCompleteOverlappedRequest.expect("the table is full");
        // SAFETY: the function is callable for the lifetime of the process.
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
    // The scope waits for the closures of the threads, not for their end: memory that a thread still holds
    // when the process ends would be reported as a leak. So each thread is joined.
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

/// How often each function has succeeded, was pending, or has failed in all cases.
///
/// # Errors
///
/// A function for which one of these has not occurred.
pub fn seen() -> Result<String, String> {
    calls::seen()
}

/// The actions of one thread of the client.
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
    // SAFETY: the pointers point to locals, and the table is callable for the lifetime of the process.
    let code = unsafe { start(0x0202, to_data, &raw const entry, TABLE, to_functions) };
    if code == 0 { Ok(functions) } else { Err(code) }
}

/// Completes all pending requests, and cleans up as often as the provider was started.
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
    assert_eq!(Base::__RUN.starts(), 0, "a layer cleans up the providers that it starts");
    host::end();
}

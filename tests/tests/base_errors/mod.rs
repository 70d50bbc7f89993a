//! The errors of the base kit: those that it finds itself, and those of its transport, as clients see them.

#[path = "../../../wpu/tests/common/client.rs"]
#[allow(dead_code, reason = "the tests use the part that they need")]
mod calls;
mod hooks;
mod pointers;
mod states;
mod transport;
mod world;

use calls::Client;
use wpu::WsaError;
use wpu::facts::{DOWNCALLS, ERRORS};

/// The error of this name.
fn error(name: &str) -> WsaError {
    let found = ERRORS.iter().find(|error| error.name == name);
    WsaError::new(found.unwrap_or_else(|| panic!("no error is called {name}")).value)
}

/// Whether the documentation of a downcall names this error.
fn documents(downcall: &str, error: WsaError) -> bool {
    let found = DOWNCALLS.iter().find(|known| known.name == downcall);
    found.is_some_and(|found| found.errors.iter().any(|known| known.code.value == error.code()))
}

/// Calls a function, which must fail with this error and write nothing else.
fn fails(world: &world::World, name: &str, mut client: Client, error: WsaError) {
    let before = client.memory();
    assert!(calls::call(name, &world.procs, &mut client), "{name} succeeds");
    let after = client.memory();
    assert_eq!(WsaError::new(after.errno), error, "{name}");
    assert!(after == before.with_errno(after.errno), "{name} writes something");
}

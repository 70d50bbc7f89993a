//! The end of a run and of a process, while threads are in calls that nobody ends, or with requests pending.
//!
//! Each case runs in a process of its own, which is ended if it takes too long.

#![cfg(not(miri))]

#[cfg(unix)]
mod process;

use crate::matrix::cells::Cell;
use crate::matrix::world::{BASE, LONG, World};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};
#[cfg(unix)]
use wpu_host::Tell;
use wpu_sys::WsaError;
use wpu_sys::ffi::SOCKET;

/// The variable that names the case for its process.
const CASE: &str = "WPU_ENDS_CASE";

/// What a process says when it has done what it should.
const DONE: &str = "ends: done";

/// Runs a case in a process of its own, which must end in time.
fn alone(test: &str, case: impl FnOnce()) {
    if std::env::var_os(CASE).is_some_and(|name| *name == *test) {
        return case();
    }
    let mut program = Command::new(std::env::current_exe().expect("a path"));
    program.args(["--exact", &format!("ends::{test}"), "--nocapture", "--test-threads=1"]).env(CASE, test);
    let mut child = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a process");
    let late = Instant::now() + 2 * LONG;
    let ended = loop {
        if let Some(status) = child.try_wait().expect("a status") {
            break Some(status);
        }
        if Instant::now() > late {
            child.kill().expect("it runs");
            break None;
        }
        thread::sleep(Duration::from_millis(20));
    };
    let output = child.wait_with_output().expect("its output");
    let (said, beside) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(ended.is_some_and(|status| status.success()), "{ended:?}\n{said}\n{beside}");
    assert!(said.contains(DONE), "{said}\n{beside}");
}

/// A process in which a base provider is also started by the host, and sockets of a chain over it.
fn over_a_base_of_its_own(base: &str, chain: &str) -> (World, SOCKET) {
    let world = World::new(Cell::named(base, chain));
    let id = *world.providers.iter().find(|(_, provider)| **provider == BASE).expect("a base").0;
    let own = world.client.socket_in(id).expect("a socket of the base itself");
    (world, own)
}

/// The time after which a thread that has begun a call is blocked in it.
const SOON: Duration = Duration::from_millis(100);

fn a_layer_does_not_hang_the_clean_up(base: &str, chain: &str) {
    let (world, _own) = over_a_base_of_its_own(base, chain);
    let (_near, far) = world.pair();
    let (tell, told) = mpsc::channel();
    thread::scope(|scope| {
        let client = &world.client;
        scope.spawn(move || {
            // Blocks in the base, through all layers.
            let ended = client.recv(far, &mut [0; 8]);
            tell.send(ended).expect("the test waits");
        });
        thread::sleep(SOON);
        assert_eq!(client.clean_up(), Ok(()));
        let ended = told.recv_timeout(LONG).expect("the call has ended");
        // The layers may have closed the peer before.
        assert!(matches!(ended, Err(_) | Ok(0)), "{ended:?}");
    });
    assert_eq!(world.host.faults(), []);
    println!("{DONE}");
}

fn a_layer_can_be_used_again_after_it(base: &str, chain: &str) {
    let (world, _own) = over_a_base_of_its_own(base, chain);
    let (_near, far) = world.pair();
    thread::scope(|scope| {
        let client = &world.client;
        scope.spawn(move || client.recv(far, &mut [0; 8]).map(drop));
        thread::sleep(SOON);
        assert_eq!(client.clean_up(), Ok(()));
    });
    world.client.start_up();
    assert_eq!(world.client.send(far, b"x"), Err(WsaError::WSAENOTSOCK), "the handle is gone");
    let (near, far) = world.pair();
    world.client.send_all(near, b"again").expect("a peer");
    let mut bytes = [0; 5];
    assert_eq!(world.client.recv(far, &mut bytes), Ok(5));
    world.close([near, far]);
    assert_eq!(world.client.clean_up(), Ok(()));
    assert_eq!(world.host.faults(), []);
    println!("{DONE}");
}

/// The process ends while a thread is in a call of the provider that never returns, and a request is pending.
#[cfg(unix)]
fn a_process_ends(base: &str, chain: &str) {
    let world = World::new(Cell::named(base, chain));
    let (_near, far) = world.pair();
    let (_near, other) = world.pair();
    let _request = world.client.recv_overlapped(other, &[8], 0, Tell::Nobody).expect("a request");
    let clean_up = world.client.procs(far).expect("it is open").lpWSPCleanup.expect("a function");
    let world: &'static World = Box::leak(Box::new(world));
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        world.host.set_blocking_hook(move || -> bool {
            let _ = tell.send(());
            loop {
                thread::park();
            }
        });
        let _ = world.client.recv(far, &mut [0; 8]);
    });
    // A layer of its own passes blocking on to the base, so the hook runs in each chain.
    told.recv_timeout(LONG).expect("the hook runs");
    process::end(clean_up, DONE);
}

/// Tests of one kind, with the ids that they show.
macro_rules! cases {
    ($case:ident, $ids:expr; $($name:ident($base:literal, $chain:literal);)+) => {
        $(#[test] fn $name() {
            // The process of the case is not the test.
            let _shows = std::env::var_os(CASE).is_none().then(|| wpu_evidence::tested($ids));
            alone(stringify!($name), || $case($base, $chain));
        })+
    };
}

cases! {
    a_layer_does_not_hang_the_clean_up, [];
    clean_up_with_count("loopback", "count");
    clean_up_with_count_over_tcp("tcp", "count");
    clean_up_with_count_non_ifs("loopback", "count_non_ifs");
    clean_up_with_count_non_ifs_over_tcp("tcp", "count_non_ifs");
    clean_up_with_three_layers("loopback", "owns_handles_count_non_ifs_count");
}

cases! {
    a_layer_can_be_used_again_after_it, ["WSPCleanup.can-start-again"];
    again_with_count("loopback", "count");
    again_with_count_non_ifs("tcp", "count_non_ifs");
}

#[cfg(unix)]
cases! {
    a_process_ends, ["WSPCleanup.ending-process-waits-for-nobody"];
    a_process_ends_over_loopback("loopback", "alone");
    a_process_ends_over_tcp("tcp", "alone");
    a_process_ends_over_count("loopback", "count");
    a_process_ends_over_count_non_ifs("tcp", "count_non_ifs");
}

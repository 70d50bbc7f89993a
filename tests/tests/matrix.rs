//! All examples, loaded by path, do what Winsock guarantees to their clients: each base provider alone, and
//! under chains of up to three layers.
//!
//! Each cell of the matrix is a test, and runs all scenarios in a process of its own, since a provider has
//! one host in a process. Each scenario applies to every cell, and leaves nothing open.

mod blocking;
pub(crate) mod cells;
mod connections;
mod crowd;
mod events;
mod overlapped;
mod settings;
mod system;
mod tally;
pub(crate) mod world;

use cells::{BASES, CHAINS, Cell, ON_THE_SYSTEM};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, exit};
use std::sync::mpsc;
use std::time::Instant;
use system::Need;
use world::World;

/// A scenario: the client's actions and its checks.
struct Scenario {
    name: &'static str,
    run: fn(World),
}

/// The scenarios that depend on the system's TCP.
const NEEDS: [(&str, Need); 5] = [
    ("blocking::a_condition_judges_callers", Need::Resets),
    ("connections::each_way_to_shut_down_ends_its_directions", Need::Looks),
    ("events::d_27_accepted_sockets_inherit_events", Need::Looks),
    ("events::an_event_comes_again_only_after_its_call", Need::Looks),
    ("settings::d_28_options", Need::Resets),
];

macro_rules! scenarios {
    ($($module:ident::$name:ident),+ $(,)?) => {
        [$(Scenario { name: concat!(stringify!($module), "::", stringify!($name)), run: $module::$name }),+]
    };
}

static SCENARIOS: &[Scenario] = &scenarios![
    blocking::bytes_cross_both_ways,
    blocking::nothing_listens_there,
    blocking::a_receiver_waits_for_bytes,
    blocking::a_sender_waits_for_room,
    blocking::d_20_a_hook_runs_while_a_call_waits,
    blocking::d_20_a_hook_that_says_no_ends_the_call,
    blocking::d_20_a_hook_may_cancel_and_nothing_else,
    blocking::closing_ends_a_call_that_waits,
    blocking::a_time_limit_ends_a_call_that_waits,
    blocking::without_blocking_nothing_waits,
    blocking::shutting_down_ends_one_direction,
    blocking::a_condition_judges_callers,
    connections::addresses_come_from_the_client_or_the_provider,
    connections::a_listener_keeps_connections_and_can_change_its_backlog,
    connections::a_full_queue_refuses_and_a_smaller_one_drops,
    connections::each_way_to_shut_down_ends_its_directions,
    connections::a_close_in_peace_loses_nothing,
    connections::calls_on_a_closed_socket_end_without_a_message,
    connections::handles_name_entries_of_their_providers,
    crowd::sixty_four_sockets_and_eight_threads,
    crowd::d_10_clean_up_ends_what_a_crowd_has_pending,
    events::d_27_accepted_sockets_inherit_events,
    events::an_event_comes_again_only_after_its_call,
    events::there_is_room_again,
    events::connecting_is_told,
    events::d_19_messages_carry_the_handle_and_stop,
    events::d_19_no_message_comes_after_a_close,
    events::d_21_select_waits_and_clears,
    events::d_21_select_counts_with_no_time_and_for_ever,
    overlapped::d_15_by_event,
    overlapped::d_16_by_routine,
    overlapped::d_16_by_port,
    overlapped::in_order_and_all_bytes,
    overlapped::d_02_closing_aborts_what_is_pending,
    overlapped::shutting_down_ends_what_is_pending,
    overlapped::the_result_can_be_waited_for,
    overlapped::d_10_clean_up_tells_nobody_and_leaves_nothing,
    settings::d_28_options,
    settings::names_and_addresses,
    settings::d_25_strange_handles_and_values_are_refused,
    settings::d_05_a_handle_with_the_same_context_is_another,
    settings::d_22_select_poll_and_others_are_shown_the_clients_handle,
    settings::d_24_there_are_no_functions_beside_the_thirty,
    settings::d_36_what_lives_in_this_process_has_no_duplicates,
];

impl Cell {
    /// Runs all scenarios, each of which applies to every cell, and prints the results.
    fn run_all(self) -> bool {
        let (begin, watch) = (Instant::now(), watch());
        let (mut ran, mut failed) = (0, Vec::new());
        for scenario in SCENARIOS {
            if let Some(need) = self.lacks(scenario) {
                println!("\n{SUMMARY}not run: {}: {}", scenario.name, need.lacking());
                continue;
            }
            ran += 1;
            watch.send(scenario.name).expect("it watches");
            if catch_unwind(AssertUnwindSafe(|| (scenario.run)(World::new(self)))).is_err() {
                failed.push(scenario.name);
            }
        }
        let time = begin.elapsed();
        println!("\n{SUMMARY}{ran} scenarios in {time:.1?}, {} failed", failed.len());
        for name in &failed {
            println!("failed: {name}");
        }
        failed.is_empty()
    }

    /// The requirement of a scenario that the system does not meet in this cell.
    fn lacks(self, scenario: &Scenario) -> Option<Need> {
        let needs = NEEDS.iter().filter(|(name, _)| *name == scenario.name && self.base == ON_THE_SYSTEM);
        needs.map(|(_, need)| *need).find(|need| !need.is_met())
    }
}

/// Ends the process if a scenario hangs, and prints its name. Each scenario reports its start.
fn watch() -> mpsc::Sender<&'static str> {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let mut name = "the beginning";
        loop {
            match told.recv_timeout(2 * world::LONG) {
                Ok(next) => name = next,
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
                Err(mpsc::RecvTimeoutError::Timeout) => break,
            }
        }
        println!("{name} does not end");
        exit(1);
    });
    tell
}

/// The prefix of lines in a cell's output that its test always shows.
const SUMMARY: &str = "matrix: ";
/// The variable that names the cell for its process.
const CELL: &str = "WPU_MATRIX_CELL";

/// Runs a cell in a process of its own.
fn cell(base: &str, chain: &str) {
    let name = format!("{base}::{chain}");
    if std::env::var_os(CELL).is_some_and(|cell| *cell == *name) {
        assert!(Cell::named(base, chain).run_all(), "not everything went well");
        return;
    }
    let mut program = Command::new(std::env::current_exe().expect("a path"));
    let test = format!("matrix::{name}");
    program.args(["--exact", &test, "--nocapture", "--test-threads=1"]).env(CELL, &name);
    let output = program.output().expect("a process of its own");
    let said = String::from_utf8_lossy(&output.stdout);
    // Without the output of tests, which is shown for failures only.
    for line in said.lines().filter_map(|line| line.strip_prefix(SUMMARY)) {
        let _ = writeln!(std::io::stderr(), "{name}: {line}");
    }
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains(SUMMARY), "it ran nothing");
}

macro_rules! matrix {
    ($($base:ident),+ x $chains:tt) => {
        $(mod $base { matrix!(@ $base $chains); })+

        /// The tests, as they are listed here.
        const TESTS: &[(&str, &[&str])] = &[$((stringify!($base), matrix!(names $chains))),+];
    };
    (@ $base:ident [$($chain:ident),+ $(,)?]) => {
        $(#[test] fn $chain() { super::cell(stringify!($base), stringify!($chain)); })+
    };
    (names [$($chain:ident),+ $(,)?]) => { &[$(stringify!($chain)),+] };
}

matrix!(loopback, tcp x [
    alone,
    count,
    count_non_ifs,
    passes_handles,
    owns_handles,
    count_non_ifs_count,
    owns_handles_passes_handles,
    owns_handles_count_non_ifs_count,
    owns_handles_count_non_ifs_passes_handles,
]);

#[test]
fn every_need_is_that_of_a_scenario() {
    let names: Vec<_> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
    assert!(NEEDS.iter().all(|(name, _)| names.contains(name)));
    assert!(BASES.contains(&ON_THE_SYSTEM));
}

#[test]
fn every_cell_is_a_test() {
    let chains: Vec<_> = CHAINS.iter().map(|(name, _)| *name).collect();
    let expected: Vec<_> = BASES.iter().map(|base| (*base, &*chains)).collect();
    assert_eq!(TESTS, expected);
}

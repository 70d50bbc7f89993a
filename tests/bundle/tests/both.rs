//! One program with two providers, each with a `WSPStartup` of its own, and a third entry point for both.

use wpu::ffi::{GUID, WSPStartupFn, XP1_IFS_HANDLES};
use wpu_host::{Entry, Host};
use wpu_host::{StartFailure, Started};

fn start(host: &Host, startup: WSPStartupFn, entry: &Entry) -> Result<Started, StartFailure> {
    // SAFETY: `export!` defines the functions as the documentation describes them.
    unsafe { host.start_with(startup, entry) }
}

fn description(started: &Started) -> String {
    let text = started.data().szDescription;
    let end = text.iter().position(|unit| *unit == 0).expect("a zero ends it");
    String::from_utf16(&text[..end]).expect("UTF-16")
}

#[test]
fn two_provider_crates_in_one_program_are_started_side_by_side_and_through_one_entry() {
    let host = Host::new().expect("a free slot");
    let entry = |number| Entry::new(GUID { Data1: number, ..GUID::ZERO }, "bundle.dll");
    let memory = host.add_entry(entry(1));
    let files = host.add_entry(entry(2).flags(XP1_IFS_HANDLES));

    let first = start(&host, loopback::WSPStartup, &memory).expect("it is there");
    let second = start(&host, tour_ifs::WSPStartup, &files).expect("so is this");
    let both = [description(&first), description(&second)];
    assert_ne!(both[0], both[1]);
    // Each provider is started already, and the bundle would start it in a second form.
    assert!(start(&host, bundle::WSPStartup, &memory).is_err());
    first.clean_up().expect("started");
    second.clean_up().expect("started");

    let first = start(&host, bundle::WSPStartup, &memory).expect("the entry chooses");
    let second = start(&host, bundle::WSPStartup, &files).expect("the entry chooses");
    assert_eq!([description(&first), description(&second)], both);
    first.clean_up().expect("started");
    second.clean_up().expect("started");
    assert!(host.left_open().is_empty());
}

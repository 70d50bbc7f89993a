//! Tests leave records where they are told to, and only if they pass. Each test starts this program again, with one test.

use std::path::PathBuf;
use std::process::Command;
use wpu_evidence::{Claim, FOLDER, read, tested};

/// Makes [`fails_if_it_is_told_to`] fail.
const FAIL: &str = "WPU_EVIDENCE_TEST_FAILS";

const ID: &str = "WSPRecv.lpErrno.error-written";

#[test]
fn shows_an_obligation() {
    let _shows = tested([ID]);
}

#[test]
fn fails_if_it_is_told_to() {
    let _shows = tested([ID]);
    assert!(std::env::var_os(FAIL).is_none(), "it is told to");
}

#[test]
#[should_panic(expected = "cannot find an obligation `WSPRecv.nonsense`")]
fn an_unknown_id_fails_the_test_that_names_it() {
    drop(tested(["WSPRecv.nonsense"]));
}

/// The records of one test of this program.
fn records_of(test: &str, fail: bool) -> Vec<(String, Claim, String)> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("records-{test}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the target folder can be written to");
    let mut child = Command::new(std::env::current_exe().expect("it has a path"));
    child.args(["--exact", test]).env(FOLDER, &folder);
    if fail {
        child.env(FAIL, "1");
    }
    let output = child.output().expect("it can be started");
    assert_eq!(output.status.success(), !fail, "{}", String::from_utf8_lossy(&output.stdout));
    let records = read(&folder).expect("the records can be read");
    records.into_iter().map(|record| (record.id, record.claim, record.test)).collect()
}

#[test]
fn a_test_that_passes_leaves_a_record() {
    let test = "tests/evidence/tests/records.rs: shows_an_obligation".to_owned();
    assert_eq!(records_of("shows_an_obligation", false), [(ID.to_owned(), Claim::Tested, test)]);
}

#[test]
fn a_test_that_fails_leaves_none() {
    assert_eq!(records_of("fails_if_it_is_told_to", true), []);
}

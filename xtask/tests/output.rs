//! The command when its output cannot be written.
#![cfg(target_os = "linux")]

use std::fs::OpenOptions;
use std::process::{Command, Stdio};

fn full() -> Stdio {
    OpenOptions::new().write(true).open("/dev/full").expect("Linux has it").into()
}

#[test]
fn full_output_is_an_error_and_no_panic() {
    let xtask = || Command::new(env!("CARGO_BIN_EXE_xtask"));
    let output = xtask().stdout(full()).output().expect("it can be started");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let wanted = "error: cannot write to standard output: No space left on device (os error 28)\n";
    assert_eq!((output.status.code(), &*said), (Some(1), wanted));
    let status = xtask().arg("nonsense").stdout(full()).stderr(full()).status().expect("it can be started");
    assert_eq!(status.code(), Some(2));
}

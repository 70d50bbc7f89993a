//! `wpu` when its output cannot be written.
#![cfg(target_os = "linux")]

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use wpu_install::{Memory, Width, write_snapshot};

const ID: &str = "d3c21122-85e1-48f3-9ab6-23d90c73077e";

/// The words of every command that writes to standard output.
fn commands(catalog: &str) -> Vec<Vec<String>> {
    let all = [
        "--help",
        "--version",
        "help",
        "help install layer",
        "catalog --help",
        "install --help",
        "install base --help",
        "install layer --help",
        "uninstall --help",
        "catalog --catalog {file}",
        "catalog --json --catalog {file}",
        "install base --id {id} --path C:/a.dll --name A --class ifs --sockets 40/1/0 --catalog {file} --dry-run",
        "install layer --id {id} --path C:/a.dll --name A --class ifs --over every --catalog {file} --dry-run",
        "category --help",
        "category C:/a.exe --catalog {file}",
        "category C:/a.exe --json --catalog {file}",
        "category C:/a.exe --permit system --catalog {file} --dry-run",
        "uninstall --id bf1df716-73dc-86c6-adff-170b50fac591 --catalog {file} --dry-run",
    ];
    let words = |words: &str| {
        words.split(' ').map(|word| word.replace("{file}", catalog).replace("{id}", ID)).collect::<Vec<_>>()
    };
    all.map(words).to_vec()
}

/// The words of commands that write to standard error.
const WRONG: [&[&str]; 4] = [&[], &["catalgo"], &["catalog", "--catalog", "nothing.json"], &["install"]];

/// The catalogs of a new Windows, repeated until they exceed the size of a pipe. Written once, since tests run in parallel.
static CATALOG: LazyLock<String> = LazyLock::new(|| {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("output.json");
    let mut catalogs = Memory::sample(&Width::ALL).catalogs().clone();
    for width in Width::ALL {
        let catalog = catalogs.slot(width).get_or_insert_default();
        let numbered = (1..600).zip(catalog.entries.clone().into_iter().cycle());
        let numbered = numbered.map(|(id, entry)| {
            let mut entry = entry;
            entry.info.dwCatalogEntryId = id;
            entry
        });
        catalog.entries = numbered.collect();
    }
    std::fs::write(&path, write_snapshot(&catalogs)).expect("the folder for tests can be written to");
    path.display().to_string()
});

fn wpu<T: AsRef<str>>(words: &[T]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wpu"));
    command.args(words.iter().map(AsRef::as_ref));
    command
}

fn full() -> Stdio {
    OpenOptions::new().write(true).open("/dev/full").expect("Linux has it").into()
}

fn said(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn full_output_is_an_error_and_no_panic() {
    for words in commands(&CATALOG) {
        let output = wpu(&words).stdout(full()).output().expect("wpu can be started");
        let wanted = "error: cannot write to standard output: No space left on device (os error 28)\n";
        assert_eq!(said(&output), (Some(1), wanted.to_owned()), "{words:?}");
    }
}

#[test]
fn a_closed_pipe_ends_the_command_without_a_message() {
    for words in commands(&CATALOG) {
        let mut child =
            wpu(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("wpu can be started");
        let mut first = String::new();
        // As `head -1` does.
        BufReader::with_capacity(1, child.stdout.take().expect("it has a pipe"))
            .read_line(&mut first)
            .expect("it writes text");
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(said(&output), (Some(0), String::new()), "{words:?}");
        assert!(!first.is_empty());
    }
}

#[test]
fn closed_output_is_no_panic() {
    for words in commands(&CATALOG) {
        let line = format!("exec \"$0\" {} >&-", words.join(" "));
        let output = Command::new("sh")
            .args(["-c", &line, env!("CARGO_BIN_EXE_wpu")])
            .output()
            .expect("there is a shell");
        assert_eq!(said(&output), (Some(0), String::new()), "{words:?}");
    }
}

#[test]
fn messages_that_cannot_be_written_leave_the_exit_code() {
    for words in WRONG {
        let code = wpu(words).output().expect("wpu can be started").status.code();
        let output = wpu(words).stderr(full()).stdout(full()).output().expect("wpu can be started");
        assert_eq!(output.status.code(), code, "{words:?}");
        let line = format!("exec \"$0\" {} >&- 2>&-", words.join(" "));
        let closed = Command::new("sh").args(["-c", &line, env!("CARGO_BIN_EXE_wpu")]).status();
        assert_eq!(closed.expect("there is a shell").code(), code, "{words:?}");
    }
    let output = wpu(&["--help"]).stderr(full()).stdout(full()).output().expect("wpu can be started");
    assert_eq!(output.status.code(), Some(1));
}

//! The output of `wpu`: help, dry runs, each kind of error, what the guide shows, and output that cannot be written.
#![expect(clippy::needless_raw_string_hashes, reason = "as expect-test writes them")]

mod catalog;
mod category;
mod guide;
mod help;
mod install;
mod output;
mod show;
mod usage;

use expect_test::{Expect, expect};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::LazyLock;
use wpu_install::{Class, Layer, Memory, Over, Width, apply, parse_guid, write_snapshot};

const ID: &str = "{d3c21122-85e1-48f3-9ab6-23d90c73077e}";

const LAYER: &str = "install layer --id {id} --path C:\\count\\count.dll --name Count";
const BASE: &str = "install base --id {id} --path C:\\base.dll --name Pipes --class non-ifs";

/// Written once: tests run in parallel, and on Windows a file that is being read cannot be replaced.
static CATALOGS: LazyLock<[PathBuf; 2]> = LazyLock::new(|| {
    [("catalog.json", plain()), ("layered.json", with_layer())].map(|(name, text)| {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&path, text).expect("the folder for tests can be written to");
        path
    })
});

/// Runs `wpu` with these words; `{catalog}` is a file with the catalogs of a new Windows, `{layered}` one
/// with a layer over TCP.
fn wpu(words: &str) -> String {
    let [catalog, layered] = &*CATALOGS;
    let shown = |path: &PathBuf| path.display().to_string();
    let words = words.split(' ').filter(|word| !word.is_empty()).map(|word| {
        word.replace("{catalog}", &shown(catalog)).replace("{layered}", &shown(layered)).replace("{id}", ID)
    });
    run(&words.collect::<Vec<_>>())
}

/// Runs a program. Wine sometimes fails to start one while another starts or ends, and succeeds a moment
/// later: there is no process, or it ends before its first instruction.
fn output(command: &mut Command) -> Output {
    const INTERNAL_ERROR: i32 = 1359;
    const DLL_INIT_FAILED: i32 = 0xc000_0142_u32.cast_signed();
    for _ in 0..20 {
        let output = command.output();
        let not_started = match &output {
            Err(error) => error.raw_os_error() == Some(INTERNAL_ERROR),
            Ok(output) => output.status.code() == Some(DLL_INIT_FAILED),
        };
        if !(cfg!(windows) && not_started) {
            return output.expect("wpu can be started");
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("wpu cannot be started");
}

/// Runs `wpu` with these words, without replacements.
fn run<T: AsRef<OsStr>>(words: &[T]) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let output = output(Command::new(env!("CARGO_BIN_EXE_wpu")).args(words));
    let code = output.status.code().expect("wpu ends by itself");
    let text = |bytes: &[u8]| {
        String::from_utf8(bytes.to_vec())
            .expect("wpu writes UTF-8")
            .replace(&folder.display().to_string(), "…")
            .replace("…\\", "…/")
    };
    format!("{}{}exit code {code}\n", text(&output.stdout), text(&output.stderr))
}

fn plain() -> String {
    write_snapshot(Memory::sample(&Width::ALL).catalogs())
}

fn with_layer() -> String {
    let mut memory = Memory::sample(&[Width::Bits64]);
    let layer = Layer {
        provider: parse_guid(ID).expect("it is an id"),
        name: "Count".into(),
        path: r"C:\count\count.dll".into(),
        class: Class::NonIfs,
        over: Over::Entries(vec![1001]),
        categories: 1,
    };
    let plan = layer.plan(memory.catalogs()).expect("there is a plan");
    apply(&plan, &mut memory).expect("it can be carried out");
    write_snapshot(memory.catalogs())
}

#[expect(clippy::needless_pass_by_value, reason = "as the macro gives it")]
fn check(words: &str, expected: Expect) {
    expected.assert_eq(&wpu(words));
}

/// No colours are written, whatever the environment requests.
#[test]
fn there_are_no_colours() {
    for (name, value) in [("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1"), ("FORCE_COLOR", "3"), ("TERM", "xterm")]
    {
        for words in [&["--help"][..], &["catalgo"]] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_wpu"));
            let output = output(command.args(words).env(name, value));
            assert!(![output.stdout, output.stderr].concat().contains(&b'\x1b'), "{name}: {words:?}");
        }
    }
}

/// The first line of the output of each command.
fn answers(all: &[&str]) -> String {
    let said =
        all.iter().map(|words| format!("wpu {words}\n  {}\n", wpu(words).trim().replace('\n', "\n  ")));
    said.collect::<Vec<_>>().concat()
}

//! `cargo xtask windows`: everything that can be shown of Windows on a machine that is none.
//!
//! C checks against the headers, the Rust tests for both gnu targets, the host in C over each example, exports and
//! imports of each library, and layouts for the targets that can only be checked.

mod setup;

use crate::root;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A target whose programs can be run here.
struct Target {
    triple: &'static str,
    compiler: &'static str,
    short: &'static str,
}

const TARGETS: [Target; 2] = [
    Target { triple: "x86_64-pc-windows-gnu", compiler: "x86_64-w64-mingw32-gcc", short: "x86_64" },
    Target { triple: "i686-pc-windows-gnu", compiler: "i686-w64-mingw32-gcc", short: "i686" },
];

/// Targets that are checked, layouts included, but not built or run.
const CHECKED: [&str; 3] = ["x86_64-pc-windows-msvc", "i686-pc-windows-msvc", "aarch64-pc-windows-gnullvm"];

/// Packages whose programs belong to this machine: they read the sources, and start compilers.
const NOT_THERE: [(&str, &str); 4] = [
    ("xtask", "the project's commands"),
    ("wpu-gen", "the generator"),
    ("wpu-macros", "a part of the compiler"),
    ("wpu-tests", "starts compilers, or compares sources"),
];

/// Tests of other packages that start a compiler of this machine, which Wine cannot (`wpu-host/tests/load.rs`).
const NOT_UNDER_WINE: &[&str] = &[
    "a_loaded_provider_makes_upcalls",
    "what_is_left_open_is_counted",
    "a_function_of_an_unused_library_can_still_run",
    "a_provider_is_unloaded_only_if_it_was_cleaned_up",
    "a_library_without_the_second_entry_has_no_second_start",
    "a_clients_provider_can_be_a_library",
    "what_is_no_provider_is_not_loaded",
];

/// Each library, and how the host in C calls it.
const LIBRARIES: [(&str, &[&str]); 9] = [
    ("tour", &["WPUCreateSocketHandle", "WPUQueueApc", "WPUPostMessage", "WPUCompleteOverlappedRequest"]),
    ("tour-ifs", &["--ifs", "WPUModifyIFSHandle", "WPUGetProviderPath"]),
    ("san", &["--ex", "WPUCreateSocketHandle", "WPUCompleteOverlappedRequest"]),
    (
        "loopback",
        &[
            "--sockets",
            "WPUCreateSocketHandle",
            "WPUQuerySocketHandleContext",
            "WPUCompleteOverlappedRequest",
        ],
    ),
    (
        "tcp",
        &[
            "--sockets",
            "WPUCreateSocketHandle",
            "WPUQuerySocketHandleContext",
            "WPUCompleteOverlappedRequest",
        ],
    ),
    (
        "count",
        &[
            "--ifs",
            "--below",
            "tour_ifs.dll",
            "--layer",
            "6F1C9A3E-1D3B-4C58-9A77-636f756e7473",
            "WPUGetProviderPath",
        ],
    ),
    (
        "count-non-ifs",
        &[
            "--sockets",
            "--below",
            "tcp.dll",
            "--layer",
            "6F1C9A3F-1D3B-4C58-9A77-636f756e7473",
            "WPUGetProviderPath",
            "WPUCreateSocketHandle",
            "WPUQueueApc",
        ],
    ),
    (
        "pair",
        &[
            "--ifs",
            "--below",
            "tour_ifs.dll",
            "--layer",
            "2C0B7A10-51D3-4A0E-8E74-686570616972",
            "WPUGetProviderPath",
        ],
    ),
    (
        "pair",
        &[
            "--sockets",
            "--below",
            "loopback.dll",
            "--layer",
            "2C0B7A11-51D3-4A0E-8E74-686570616972",
            "WPUGetProviderPath",
            "WPUCreateSocketHandle",
        ],
    ),
];

/// Runs everything. With `set_up`, installs first what is missing.
pub fn run(set_up: bool) -> Result<()> {
    let tools = setup::find(set_up)?;
    let mut report = Vec::new();
    for target in &TARGETS {
        compare(target)?;
    }
    report.push("headers: the C checks hold for x86_64 and i686".to_owned());
    for target in &TARGETS {
        let runner = tools.runner(target.short)?;
        report.extend(tests(target, &runner)?);
        report.extend(host(target, &runner)?);
    }
    report.push(libraries()?);
    for triple in CHECKED {
        let packages = ["wpu", "wpu-host", "tour", "tour-ifs", "san"];
        let packages = packages.iter().flat_map(|package| ["--package", package]);
        run_cargo(
            Command::new("cargo").args(["check", "--quiet", "--lib", "--target", triple]).args(packages),
        )?;
        report.push(format!("{triple}: checked, layouts included; nothing was run"));
    }
    println!("\n── Windows ──");
    for line in &report {
        println!("{line}");
    }
    for (package, why) in NOT_THERE {
        println!("not run there: the tests of {package}, {why}");
    }
    println!(
        "not run there: {} tests that start a compiler: {}",
        NOT_UNDER_WINE.len(),
        NOT_UNDER_WINE.join(", ")
    );
    println!("Nothing of this ran on a real Windows: programs ran under Wine.");
    Ok(())
}

/// Has a compiler compare the spec with its headers.
fn compare(target: &Target) -> Result<()> {
    let folder = root().join("generated/c/check");
    for page in sorted(&folder)? {
        let mut command = Command::new(target.compiler);
        command.args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]).arg(&page);
        succeed(&mut command)?;
    }
    Ok(())
}

/// Runs the Rust tests of a target, and counts them.
fn tests(target: &Target, runner: &Path) -> Result<Vec<String>> {
    println!("\n── tests for {} ──", target.triple);
    let mut command = Command::new("cargo");
    command.args(["test", "--no-fail-fast", "--workspace", "--target", target.triple]);
    command.args(NOT_THERE.iter().flat_map(|(package, _)| ["--exclude", package]));
    command.args(["--", "--exact"]).args(NOT_UNDER_WINE.iter().flat_map(|name| ["--skip", name]));
    let variable = format!("CARGO_TARGET_{}_RUNNER", target.triple.to_uppercase().replace('-', "_"));
    let output = cargo(&mut command).env(variable, runner).stderr(Stdio::inherit()).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let (mut passed, mut failed) = (0, 0);
    for line in said.lines() {
        if let Some(counts) = line.strip_prefix("test result: ") {
            passed += number(counts, " passed");
            failed += number(counts, " failed");
        }
    }
    if !output.status.success() || failed > 0 || passed == 0 {
        print!("{said}");
        bail!("{}: {failed} tests failed, {passed} passed", target.triple);
    }
    Ok(vec![format!("{}: {passed} Rust tests ran under Wine and passed", target.triple)])
}

/// The number in front of a word.
fn number(counts: &str, word: &str) -> u32 {
    let before = counts.split(word).next().unwrap_or_default();
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Builds the libraries and the host in C, reads the libraries, and lets the host call them.
fn host(target: &Target, runner: &Path) -> Result<Vec<String>> {
    println!("\n── the host in C, {} ──", target.short);
    let packages: Vec<_> = LIBRARIES.iter().flat_map(|(package, _)| ["--package", package]).collect();
    run_cargo(Command::new("cargo").args(["build", "--quiet", "--target", target.triple]).args(packages))?;
    let (built, folder) = (target_folder().join(target.triple).join("debug"), bench().join(target.short));
    fs::create_dir_all(&folder)?;
    let source = root().join("tests/windows/host.c");
    let mut compile = Command::new(target.compiler);
    compile.args(["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-o"]).arg(folder.join("host.exe"));
    compile.arg(format!("-I{}", root().join("generated/c").display())).arg(source).arg("-lws2_32");
    succeed(&mut compile)?;
    for (package, _) in LIBRARIES {
        let name = format!("{}.dll", package.replace('-', "_"));
        fs::copy(built.join(&name), folder.join(&name)).with_context(|| format!("cannot copy {name}"))?;
    }
    let mut report = Vec::new();
    for (package, arguments) in LIBRARIES {
        let name = format!("{}.dll", package.replace('-', "_"));
        let output = Command::new(runner)
            .arg("./host.exe")
            .arg(&name)
            .args(arguments)
            .current_dir(&folder)
            .output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        println!("{} {name} {}\n{}", target.short, arguments.join(" "), said.trim_end());
        if !output.status.success() {
            print!("{}", String::from_utf8_lossy(&output.stderr));
            bail!("{}: the host in C found faults in {name}", target.short);
        }
    }
    report.push(format!(
        "{}: the host in C called {} libraries without a fault",
        target.triple,
        LIBRARIES.len()
    ));
    Ok(report)
}

/// Has the files of the libraries read.
fn libraries() -> Result<String> {
    let folders = std::env::join_paths(TARGETS.iter().map(|target| bench().join(target.short)))?;
    let mut command = Command::new("cargo");
    command.args([
        "test",
        "--quiet",
        "--package",
        "wpu-tests",
        "--test",
        "windows_libraries",
        "--",
        "--nocapture",
    ]);
    run_cargo(command.env("WPU_WINDOWS_LIBRARIES", folders))?;
    Ok("libraries: exports, imports and characteristics are as they should be for x86_64 and i686".to_owned())
}

/// Where what is made here goes.
fn bench() -> PathBuf {
    target_folder().join("windows")
}

fn target_folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |folder| root().join(folder))
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// A cargo that is free to choose its toolchain, in the root of the project.
fn cargo(command: &mut Command) -> &mut Command {
    command.current_dir(root()).env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO")
}

fn run_cargo(command: &mut Command) -> Result<()> {
    succeed(cargo(command))
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {command:?}"))?;
    if status.success() { Ok(()) } else { bail!("{command:?} fails") }
}

//! `cargo xtask ci`: everything that must pass before a change lands.

use crate::coverage;
use crate::project::root;
use crate::windows;
use anyhow::{Context, Result, bail};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The oldest compiler with which the published crates must build.
const OLDEST: &str = "1.85.0";

/// The host for which the address sanitizer is known to work.
const HOST: &str = "x86_64-unknown-linux-gnu";

/// Targets whose layout assertions are checked, which needs no linker.
const TARGETS: [&str; 5] = [
    "x86_64-pc-windows-gnu",
    "i686-pc-windows-gnu",
    "x86_64-pc-windows-msvc",
    "i686-pc-windows-msvc",
    "aarch64-pc-windows-gnullvm",
];

/// Runs every leg. Stops at the first failure, and lists at the end the legs that could not run. With
/// `set_up`, installs what the Windows legs need.
pub fn run(set_up: bool) -> Result<()> {
    let mut legs = Legs::default();
    let records = coverage::folder()?.display().to_string();
    legs.run_with("tests", "cargo test --quiet", (coverage::VARIABLE, &records))?;
    legs.run("obligations", "cargo xtask coverage --read --check")?;
    // More specs with unusual names than `cargo test` compiles and calls.
    legs.run_with(
        "names",
        "cargo test --quiet --package wpu-tests --test local names::",
        ("WPU_NAME_SPECS", "30"),
    )?;
    legs.run("formatting", "cargo fmt --all --check")?;
    for outside in ["benches", "fuzz", "tests/bundle"] {
        let command = format!("cargo fmt --manifest-path {outside}/Cargo.toml --check");
        legs.run(&format!("formatting of {outside}"), &command)?;
    }
    legs.run("lints", "cargo clippy --quiet --workspace --all-targets -- -D warnings")?;
    legs.run_with(
        "documentation",
        "cargo doc --quiet --workspace --no-deps",
        ("RUSTDOCFLAGS", "-D warnings"),
    )?;
    legs.run("freshness", "cargo xtask gen --check")?;
    legs.run("without the attribute", "cargo check --quiet --package wpu --no-default-features")?;
    legs.run("rules alone", "cargo check --quiet --package wpu-rt --no-default-features")?;
    // The runtime and the bindings alone, for plug-ins and for hosts.
    for features in ["", " --features wpu-sys/provider", " --features wpu-sys/mock"] {
        let command = format!("cargo check --quiet --package wpu-rt --package wpu-sys{features}");
        legs.run(&format!("without std{features}"), &command)?;
    }
    dependencies(&mut legs)?;
    for target in TARGETS {
        let name = format!("layouts for {target}");
        let packages =
            "--package tour --package tour-ifs --package wpu-host --package wpu-install --lib --examples";
        let command = format!("cargo check --quiet {packages} --target {target}");
        legs.run_if(&name, has_target(target), "rustup cannot add the target", &command)?;
    }
    // What could not be installed is missing, and is listed at the end.
    let missing = windows::set_up(set_up).or_else(|error| {
        println!("\n{error:#}");
        windows::set_up(false)
    });
    let missing = missing?.join(", ");
    let why_not = format!("{missing} missing; `cargo xtask windows --setup` installs that");
    legs.run_if("Windows, under Wine", missing.is_empty(), &why_not, "cargo xtask windows")?;
    let oldest = format!("cargo +{OLDEST} check --quiet --package wpu --package wpu-host");
    legs.run_if(
        "oldest compiler",
        has(&format!("cargo +{OLDEST} --version")),
        "rustup cannot add it",
        &oldest,
    )?;
    // With the kits, since they keep a client's memory beyond a call.
    miri(&mut legs)?;
    // Limited by cases and by time, with the same cases in every run.
    let fuzz =
        format!("cargo +nightly run --quiet --release --manifest-path fuzz/Cargo.toml --target {HOST}");
    legs.run_if_with(
        "hostile arguments under the address sanitizer",
        has("cargo +nightly --version") && has_target(HOST),
        "rustup cannot add a nightly for this host",
        &format!("{fuzz} -- --cases 20000 --seconds 60"),
        ("RUSTFLAGS", "-Zsanitizer=address"),
    )?;
    legs.run("demo", "cargo xtask demo")?;
    legs.run(
        "fuzzing lints",
        "cargo clippy --quiet --manifest-path fuzz/Cargo.toml --all-targets -- -D warnings",
    )?;
    legs.run("benchmarks", "cargo test --quiet --manifest-path benches/Cargo.toml")?;
    legs.report();
    Ok(())
}

/// Miri uses one processor, so the unit tests run beside the others.
fn miri(legs: &mut Legs) -> Result<()> {
    if !has("cargo +nightly miri --version") {
        legs.skip("Miri", "rustup cannot add it to a nightly");
        return Ok(());
    }
    let miri =
        "cargo +nightly miri test --quiet --package wpu --package wpu-rt --package wpu-host --all-features";
    let rest = [format!("{miri} --test *"), format!("{miri} --doc")];
    thread::scope(|scope| {
        let rest = scope.spawn(|| rest.iter().map(|command| captured(command)).collect::<Result<Vec<_>>>());
        let units = legs.run("Miri", &format!("{miri} --lib"));
        let rest = rest.join().expect("no panic");
        units.and(rest).map(|texts| texts.iter().for_each(|text| print!("{text}")))
    })
}

/// The output of a command that passed.
fn captured(command: &str) -> Result<String> {
    let output = parts(command).output().with_context(|| format!("cannot run `{command}`"))?;
    let text =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    if !output.status.success() {
        bail!("`{command}` failed:\n{text}");
    }
    Ok(format!("\n── beside it: {command} ──\n{text}"))
}

/// The legs that ran, with their times, and those that did not.
#[derive(Default)]
struct Legs {
    passed: Vec<(String, Duration)>,
    skipped: Vec<String>,
}

impl Legs {
    fn run(&mut self, name: &str, command: &str) -> Result<()> {
        self.run_with(name, command, ("WPU_CI", "1"))
    }

    fn run_if(&mut self, name: &str, possible: bool, why_not: &str, command: &str) -> Result<()> {
        self.run_if_with(name, possible, why_not, command, ("WPU_CI", "1"))
    }

    fn run_if_with(
        &mut self,
        name: &str,
        possible: bool,
        why_not: &str,
        command: &str,
        variable: (&str, &str),
    ) -> Result<()> {
        if possible {
            return self.run_with(name, command, variable);
        }
        self.skip(name, why_not);
        Ok(())
    }

    fn skip(&mut self, name: &str, why_not: &str) {
        self.skipped.push(format!("{name}: {why_not}"));
    }

    fn run_with(&mut self, name: &str, command: &str, variable: (&str, &str)) -> Result<()> {
        println!("\n── {name}: {command} ──");
        let start = Instant::now();
        let status = parts(command).env(variable.0, variable.1).status();
        if !status.with_context(|| format!("cannot run `{command}`"))?.success() {
            bail!("{name} failed: `{command}`");
        }
        self.passed.push((name.to_owned(), start.elapsed()));
        Ok(())
    }

    fn report(&self) {
        println!("\n── {} legs passed, {} skipped ──", self.passed.len(), self.skipped.len());
        for (name, time) in &self.passed {
            println!("{:5.0} s  {name}", time.as_secs_f32());
        }
        for skipped in &self.skipped {
            println!("skipped {skipped}");
        }
    }
}

/// Checks that a provider's author compiles only a few crates.
fn dependencies(legs: &mut Legs) -> Result<()> {
    let all = ["proc-macro2", "syn", "unicode-ident", "wpu", "wpu-macros", "wpu-rt", "wpu-sys"];
    for (features, expected) in
        [(&[][..], &all[..]), (&["--no-default-features"], &["wpu", "wpu-rt", "wpu-sys"])]
    {
        let start = Instant::now();
        let args = ["tree", "--edges", "normal", "--package", "wpu", "--prefix", "none", "--format", "{p}"];
        let tree = Command::new("cargo").args(args).args(features).current_dir(root()).output()?;
        let tree = String::from_utf8_lossy(&tree.stdout).into_owned();
        let mut names: Vec<_> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
        names.retain(|name| !name.is_empty());
        names.sort_unstable();
        names.dedup();
        println!("\n── dependencies {features:?}: {} ──", names.join(", "));
        if names != expected {
            bail!("a provider's author must compile only {}", expected.join(", "));
        }
        legs.passed.push((format!("dependencies {features:?}"), start.elapsed()));
    }
    Ok(())
}

fn has_target(target: &str) -> bool {
    let installed = parts("rustc --print target-libdir --target").arg(target).output();
    installed.is_ok_and(|output| {
        let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        output.status.success() && std::path::Path::new(&folder).exists()
    })
}

fn has(command: &str) -> bool {
    let status = parts(command).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// A command, split at spaces, in the root of the project.
fn parts(command: &str) -> Command {
    let mut words = command.split(' ');
    let mut process = Command::new(words.next().unwrap_or_default());
    process.args(words).current_dir(root());
    // The cargo that runs this has set these for itself; `cargo +toolchain` must be free to choose.
    process.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
    process
}

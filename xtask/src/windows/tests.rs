//! Runs the Rust tests of a target under Wine: selects them, counts them, and lists the tests of this machine
//! without a counterpart.

use super::shared::{Target, bench, cargo, sorted, succeed};
use crate::project::root;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Packages whose programs run only on this machine.
const PACKAGES: [(&str, &str); 4] = [
    ("xtask", "the project's commands"),
    ("wpu-gen", "the generator"),
    ("wpu-macros", "a part of the compiler"),
    ("wpu-tests-ui", "messages of the compiler of this machine"),
];

/// The program of `wpu-tests` that starts compilers of this machine, and reads its sources.
const LOCAL: &str = "local";

/// The program of `wpu-tests` that runs everywhere.
const PORTABLE: &str = "portable";

/// The prefix with which tests report a part that they do not run.
const NOT_RUN: &str = "not run: ";

/// The tests of this machine.
pub(super) struct Here {
    /// Those that should also run under Wine, by name, with the number of tests of that name.
    both: BTreeMap<String, usize>,
    /// For each package that is not run under Wine, the number of its tests, and the reason.
    apart: Vec<(&'static str, usize, &'static str)>,
}

/// Lists the tests of this machine.
pub(super) fn of_this_machine() -> Result<Here> {
    println!("\n── tests of this machine ──");
    let mut both = BTreeMap::new();
    for selection in selections() {
        count(&mut both, list(&selection)?);
    }
    let mut apart = Vec::new();
    for (package, why) in PACKAGES {
        apart.push((package, list(&words(&["--package", package]))?.len(), why));
    }
    let local = words(&["--package", "wpu-tests", "--test", LOCAL]);
    apart.push(("wpu-tests", list(&local)?.len(), "start compilers, or read sources"));
    Ok(Here { both, apart })
}

/// A line for each package whose tests are not run under Wine.
pub(super) fn elsewhere(here: &Here) -> Vec<String> {
    let lines = here.apart.iter().filter(|(_, count, _)| *count > 0);
    lines
        .map(|(package, count, why)| format!("on this machine alone: {count} tests of {package}, {why}"))
        .collect()
}

/// Runs the tests of a target, and reports their number.
pub(super) fn run(target: &Target, runner: &Path, here: &Here) -> Result<Vec<String>> {
    println!("\n── tests for {} ──", target.triple);
    let fixtures = fixtures(target)?;
    let (mut names, mut parts) = (BTreeMap::new(), Vec::new());
    for selection in selections() {
        let mut command = Command::new("cargo");
        command.args(["test", "--no-fail-fast", "--target", target.triple]).args(&selection);
        let variable = format!("CARGO_TARGET_{}_RUNNER", target.triple.to_uppercase().replace('-', "_"));
        command.env(variable, runner).env("WPU_HOST_FIXTURES", &fixtures);
        // Programs of documentation tests are built there, and must be visible to the runner.
        command.env("TMPDIR", &fixtures);
        // Wine sometimes fails to start two programs at once.
        command.env("RUST_TEST_THREADS", "1");
        let output = cargo(&mut command).output()?;
        let (said, beside) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        print!("{beside}");
        parts.extend(beside.lines().filter(|line| line.contains(NOT_RUN)).map(str::to_owned));
        let passed = said.lines().filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... ok"));
        let passed: Vec<_> = passed.map(|name| plain(name).to_owned()).collect();
        let counted: usize = said.lines().map(|line| number(line, " passed")).sum();
        if !output.status.success() || passed.is_empty() || passed.len() != counted {
            print!("{said}");
            bail!("{}: {}", target.triple, wrong(output.status.success(), passed.len(), counted));
        }
        count(&mut names, passed);
    }
    let ran: usize = names.values().sum();
    let mut report = vec![format!("{}: {ran} Rust tests ran under Wine and passed", target.triple)];
    let missing: Vec<_> = here.both.iter().filter(|(name, count)| names.get(*name) < Some(count)).collect();
    if !missing.is_empty() {
        let (all, list) =
            (missing.iter().map(|(name, count)| *count - names.get(*name).unwrap_or(&0)), missing.iter());
        let list: Vec<_> = list.map(|(name, _)| &***name).collect();
        report.push(format!(
            "{}: {} tests are not for Windows: {}",
            target.triple,
            all.sum::<usize>(),
            list.join(", ")
        ));
    }
    if !parts.is_empty() {
        report.push(format!(
            "{}: {} parts of tests did not run, each for a reason named above",
            target.triple,
            parts.len()
        ));
    }
    Ok(report)
}

/// The reason why the tests do not count as passed.
fn wrong(succeeded: bool, passed: usize, counted: usize) -> String {
    match (succeeded, passed) {
        (false, _) => "tests fail under Wine, or do not compile: see above for which".into(),
        (true, 0) => "no test ran".into(),
        (true, _) => format!(
            "{passed} lines say that a test passed, and {counted} tests are counted: `cargo xtask windows` reads them wrongly"
        ),
    }
}

/// The arguments of the calls of `cargo test`.
fn selections() -> [Vec<String>; 2] {
    let mut packages = words(&["--workspace", "--exclude", "wpu-tests"]);
    packages.extend(PACKAGES.iter().flat_map(|(package, _)| ["--exclude".to_owned(), (*package).to_owned()]));
    [packages, words(&["--package", "wpu-tests", "--test", PORTABLE])]
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn count(all: &mut BTreeMap<String, usize>, names: Vec<String>) {
    for name in names {
        *all.entry(name).or_default() += 1;
    }
}

/// The names of the tests on this machine.
fn list(selection: &[String]) -> Result<Vec<String>> {
    let mut command = Command::new("cargo");
    command.arg("test").args(selection).args(["--", "--list"]).stderr(Stdio::inherit());
    let output = cargo(&mut command).output()?;
    if !output.status.success() {
        bail!("this failed with the error above: {command:?}");
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let names = said.lines().filter_map(|line| line.strip_suffix(": test"));
    Ok(names.map(|name| plain(name).to_owned()).collect())
}

/// The name of a test, without the remarks on how a documentation test is compiled or that a test must panic.
fn plain(name: &str) -> &str {
    let name = name.strip_suffix(" - should panic").unwrap_or(name);
    let name = name.strip_suffix(" - compile fail").unwrap_or(name);
    name.strip_suffix(" - compile").unwrap_or(name)
}

/// The number before a word in a line of results.
fn number(line: &str, word: &str) -> usize {
    let before = line.strip_prefix("test result: ").and_then(|counts| counts.split(word).next());
    before.and_then(|before| before.rsplit(' ').next()?.parse().ok()).unwrap_or(0)
}

/// Builds the libraries that tests of `wpu-host` load, since these tests cannot start a compiler under Wine.
fn fixtures(target: &Target) -> Result<std::path::PathBuf> {
    let folder = bench().join(target.short).join("fixtures");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for source in sorted(&root().join("wpu-host/tests/fixtures"))? {
        let mut command = Command::new("rustc");
        command.args(["--edition=2024", "--crate-type", "cdylib", "--target", target.triple, "-o"]);
        command
            .arg(folder.join(source.with_extension("cdylib").file_name().unwrap_or_default()))
            .arg(&source);
        succeed(cargo(&mut command))?;
    }
    Ok(folder)
}

//! Counts the instructions of each safe upcall, and of the same call in C.

use crate::callgrind::Profile;
use crate::report::Report;
use crate::{measure, scratch};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The number of instructions by which a call may exceed C.
const MORE: f64 = 3.0;

/// The call that does more than C by design: it allocates a buffer for a path of any length.
const OWNS_A_BUFFER: &str = "get_provider_path";

/// The call without a counterpart in C.
const CLOSURE: &str = "queue_closure";

pub fn run() -> Result<Report> {
    let mut report = Report::new();
    for (program, argument) in [("valgrind", "--version"), ("cc", "--version")] {
        let found = Command::new(program).arg(argument).stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !found.is_ok_and(|status| status.success()) {
            report.left_out("instructions", format!("there is no `{program}`"));
            return Ok(report);
        }
    }
    let program = built()?;
    for (host, title) in [("served", "the host serves the call"), ("refused", "the host refuses the call")] {
        let mut lines = Vec::new();
        for what in ["calls", "closure"] {
            let profile = profile(&program, host, what)?;
            for name in profile.with_prefix("rust_") {
                lines.push(Line::new(&profile, name)?);
            }
        }
        report.table([title, "C", "wpu", "more", "other functions called"], lines.iter().map(Line::row));
        if host == "served" {
            bound(&mut report, &lines);
        }
        burdens(&mut report, host, &lines);
    }
    Ok(report)
}

/// Builds the program that makes the calls.
fn built() -> Result<PathBuf> {
    let folder = crate::project::root().join("benches");
    let target = scratch::kept()?.join("calls");
    let mut cargo = scratch::cargo("build", &folder);
    cargo.args(["--quiet", "--release", "--package", "wpu-bench-calls", "--target-dir"]).arg(&target);
    measure::once(&mut cargo).context("cannot build the calls")?;
    Ok(target.join("release/wpu-bench-calls"))
}

fn profile(program: &Path, host: &str, what: &str) -> Result<Profile> {
    let place = tempfile::tempdir()?;
    let out = place.path().join("profile");
    let mut valgrind = Command::new("valgrind");
    // Otherwise the lookup of a library function would count with its first call.
    valgrind.env("LD_BIND_NOW", "1");
    valgrind
        .arg("--tool=callgrind")
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(program)
        .args([host, what]);
    measure::once(&mut valgrind)?;
    Ok(Profile::read(&fs::read_to_string(&out).context("callgrind wrote nothing")?))
}

/// One upcall on both sides.
struct Line {
    name: String,
    c: Option<f64>,
    wpu: f64,
    /// The functions that it calls, except the host's.
    besides: Vec<String>,
}

impl Line {
    fn new(profile: &Profile, name: &str) -> Result<Self> {
        let ours = format!("rust_{name}");
        let wpu =
            profile.per_call(&ours, "host_").with_context(|| format!("callgrind saw no call of {ours}"))?;
        let besides = profile.reached_from(&ours, "host_").into_iter().map(str::to_owned).collect();
        Ok(Self { name: name.to_owned(), c: profile.per_call(&format!("c_{name}"), "host_"), wpu, besides })
    }

    fn more(&self) -> Option<f64> {
        Some(self.wpu - self.c?)
    }

    fn row(&self) -> [String; 5] {
        let number = |number: f64| format!("{number:.0}");
        let more = self.more().map_or("–".to_owned(), |more| format!("{more:+.0}"));
        [
            format!("`{}`", self.name),
            self.c.map_or("–".to_owned(), number),
            number(self.wpu),
            more,
            self.besides.len().to_string(),
        ]
    }

    /// Whether the bound applies to it.
    fn counts(&self) -> bool {
        self.name != OWNS_A_BUFFER && self.name != CLOSURE
    }
}

fn bound(report: &mut Report, lines: &[Line]) {
    let counted = || lines.iter().filter(|line| line.counts());
    let over = counted().filter(|line| line.more().is_none_or(|more| more > MORE));
    let over: Vec<_> =
        over.map(|line| format!("`{}` {:+.0}", line.name, line.more().unwrap_or(f64::NAN))).collect();
    let most = counted().filter_map(Line::more).fold(f64::MIN, f64::max);
    let found = if over.is_empty() { format!("at most {most:+.0}") } else { over.join(", ") };
    report.bound(format!("at most {MORE} instructions more than C, when served"), found, over.is_empty());
}

/// Checks that a safe upcall neither allocates nor takes a lock, whether the host succeeds or fails.
fn burdens(report: &mut Report, host: &str, lines: &[Line]) {
    let heavy = |name: &String| {
        ["alloc", "free", "mutex", "futex", "lock"].iter().any(|word| name.to_lowercase().contains(word))
    };
    let busy = lines.iter().filter(|line| line.counts() && line.besides.iter().any(heavy));
    let busy: Vec<_> = busy.map(|line| format!("`{}`", line.name)).collect();
    let found = if busy.is_empty() { "none".to_owned() } else { busy.join(", ") };
    report.bound(format!("no allocation and no lock, when {host}"), found, busy.is_empty());
}

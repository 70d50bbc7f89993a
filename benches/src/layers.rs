//! Measures what a byte-counting layer adds to each call, compared with the same layer in C.

use crate::report::Report;
use crate::{measure, scratch};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The numbers of calls in the short and the long run. Their difference is the cost of that number of calls.
const SHORT: u64 = 1_000;
const LONG: u64 = 11_000;

/// The compared examples: package, class, and the id by which each finds its entry in the catalog.
const EXAMPLES: &[(&str, &str, &str)] = &[
    ("count", "ifs", "6f1c9a3e-1d3b-4c58-9a77-636f756e7473"),
    ("count", "renamed", "6f1c9a3e-1d3b-4c58-9a77-636f756e7473"),
    ("count-non-ifs", "non_ifs", "6f1c9a3f-1d3b-4c58-9a77-636f756e7473"),
];

pub fn run() -> Result<Report> {
    let mut report = Report::new();
    for (program, argument) in [("valgrind", "--version"), ("cc", "--version")] {
        let found = Command::new(program).arg(argument).stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !found.is_ok_and(|status| status.success()) {
            report.left_out("layers", format!("there is no `{program}`"));
            return Ok(report);
        }
    }
    let bench = Bench::built()?;
    let mut rows = Vec::new();
    let mut calls = Vec::new();
    for what in ["send", "recv"] {
        let base = bench.per_call(what, None)?;
        let added = |layer: &Layer| Ok::<_, anyhow::Error>(bench.per_call(what, Some(layer))? - base);
        let (thin, by_hand) = (added(&bench.thin)?, added(&bench.by_hand)?);
        let ours = bench.examples.iter().map(added).collect::<Result<Vec<_>>>()?;
        let cells = [what.to_owned(), base.to_string(), format!("+{thin}"), format!("+{by_hand}")];
        rows.push([&cells[..], &ours.iter().map(|added| format!("+{added}")).collect::<Vec<_>>()].concat());
        calls.push((what, by_hand, [(ours[0], ""), (ours[1], ", where handles differ")]));
    }
    let rows = rows.into_iter().map(|row| <[String; 7]>::try_from(row).expect("seven columns"));
    let columns = [
        "call",
        "base alone",
        "C, no look-up",
        "C, as the sample",
        "count",
        "count, other handles",
        "count-non-ifs",
    ];
    report.table(columns, rows);
    for (what, by_hand, ours) in calls {
        for (ours, handles) in ours {
            let found = format!("+{ours} against +{by_hand}");
            let bound = format!("`{what}` through count adds no more than the layer in C{handles}");
            report.bound(bound, found, ours <= by_hand);
        }
    }
    Ok(report)
}

/// The program that makes the calls, and the libraries that it uses.
struct Bench {
    program: PathBuf,
    base: PathBuf,
    thin: Layer,
    by_hand: Layer,
    examples: Vec<Layer>,
}

struct Layer {
    library: PathBuf,
    class: &'static str,
    id: &'static str,
}

impl Bench {
    fn built() -> Result<Self> {
        let folder = scratch::kept()?.join("layers");
        fs::create_dir_all(&folder).context("cannot make a folder")?;
        let target = folder.join("target");
        let bench = crate::project::root().join("benches");
        cargo(&bench, &target, &["--package", "wpu-bench-layers"])?;
        let mut examples = Vec::new();
        for (name, class, id) in EXAMPLES {
            cargo(&crate::project::root(), &target, &["--package", name])?;
            let library = target.join("release").join(format!("lib{}.so", name.replace('-', "_")));
            examples.push(Layer { library, class, id });
        }
        let c = |name: &str, source: &str, flag: &str| -> Result<PathBuf> {
            let library = folder.join(format!("{name}.so"));
            let source = bench.join("layers/src").join(source);
            let mut cc = Command::new("cc");
            cc.args(["-O2", "-shared", "-fPIC", "-pthread", flag]).arg(source).arg("-o").arg(&library);
            measure::once(&mut cc).context("cannot compile the C side")?;
            Ok(library)
        };
        let layer = |library| Layer { library, class: "ifs", id: "c" };
        Ok(Self {
            program: target.join("release/wpu-bench-layers"),
            base: c("base", "base.c", "-DBASE")?,
            thin: layer(c("thin", "count.c", "-DTHIN")?),
            by_hand: layer(c("by_hand", "count.c", "-DBY_HAND")?),
            examples,
        })
    }

    /// The total number of instructions of one call.
    fn per_call(&self, what: &str, layer: Option<&Layer>) -> Result<u64> {
        let (short, long) = (self.count(what, SHORT, layer)?, self.count(what, LONG, layer)?);
        Ok((long.saturating_sub(short) + (LONG - SHORT) / 2) / (LONG - SHORT))
    }

    fn count(&self, what: &str, times: u64, layer: Option<&Layer>) -> Result<u64> {
        let place = tempfile::tempdir()?;
        let out = place.path().join("profile");
        let mut valgrind = Command::new("valgrind");
        // Otherwise the lookup of a library function would count with its first call.
        valgrind.env("LD_BIND_NOW", "1");
        valgrind.arg("--tool=callgrind").arg(format!("--callgrind-out-file={}", out.display()));
        valgrind.arg(&self.program).args([what, &times.to_string()]).arg(&self.base);
        if let Some(layer) = layer {
            valgrind.arg(&layer.library).args([layer.class, &layer.id]);
        }
        measure::once(&mut valgrind)?;
        total(&out)
    }
}

/// The total number of instructions that callgrind counted.
fn total(out: &Path) -> Result<u64> {
    let profile = fs::read_to_string(out).context("callgrind wrote nothing")?;
    let line =
        profile.lines().find_map(|line| line.strip_prefix("totals: ").or(line.strip_prefix("summary: ")));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).context("callgrind gave no total")
}

fn cargo(folder: &Path, target: &Path, arguments: &[&str]) -> Result<()> {
    let mut cargo = scratch::cargo("build", folder);
    cargo.args(["--quiet", "--release", "--target-dir"]).arg(target).args(arguments);
    measure::once(&mut cargo).with_context(|| format!("cannot build {arguments:?}"))?;
    Ok(())
}

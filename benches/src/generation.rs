//! Measures how long the generator takes for the whole spec, compared with others on the same tables.

use crate::measure::{self, Cost, megabytes, ratio, seconds};
use crate::peers::{self, Peer};
use crate::report::Report;
use anyhow::{Context, Result, anyhow};
use std::fs;
use std::path::Path;
use std::process::Command;
use wpu_gen::source::Sources;

/// The subjects of the measurement.
enum Subject {
    /// The generator alone, in a release build like its peers.
    Ours,
    /// The command as a user types it: cargo, and the generator in a debug build.
    Typed,
    Theirs(Peer),
}

pub fn run() -> Result<Report> {
    let mut report = Report::new();
    let mut subjects = vec![Subject::Ours, Subject::Typed];
    let place = tempfile::tempdir()?;
    let root = crate::project::root();
    // Run once before, so that the runs measure no build.
    measure::once(&mut typed(&root)).context("`cargo xtask gen --check` must pass")?;
    for (name, peer) in peers::all() {
        match peer.and_then(|peer| tried(peer, place.path())) {
            Ok(peer) => subjects.push(Subject::Theirs(peer)),
            Err(error) => report.left_out(name, format!("{error:#}")),
        }
    }
    let costs = measure::in_turn(&subjects, |subject| match subject {
        Subject::Typed => measure::once(&mut typed(&root)),
        Subject::Ours => measure::once(&mut ours(&root, &place.path().join("ours"))?),
        Subject::Theirs(peer) => measure::once(&mut peer.run(&out(place.path(), peer))),
    })?;
    let rows = subjects.iter().zip(&costs).map(|(subject, cost)| row(subject, cost, place.path()));
    report.table(
        ["generator", "wall s", "CPU s", "peak MB", "lines written"],
        rows.collect::<Result<Vec<_>>>()?,
    );
    for (subject, cost) in subjects.iter().zip(&costs) {
        let Subject::Theirs(peer) = subject else { continue };
        let bounds =
            [("wpu-gen", 0, 0.5, "at most 0.5 ×"), ("`cargo xtask gen --check`", 1, 1.0, "no slower than")];
        for (what, own, limit, words) in bounds {
            let found = ratio(costs[own].wall, cost.wall);
            report.bound(format!("{what}: {words} {}", peer.name), format!("{found:.2} ×"), found <= limit);
        }
    }
    Ok(report)
}

/// Runs a peer once. Returns it, or the end of its error output.
fn tried(peer: Peer, place: &Path) -> Result<Peer> {
    match measure::once(&mut peer.run(&out(place, &peer))) {
        Ok(_) => Ok(peer),
        Err(error) => {
            let text = error.to_string();
            let told = text.split(" failed: ").nth(1).unwrap_or(&text);
            let line = told
                .lines()
                .find(|line| !line.starts_with("thread") && !line.starts_with("note:"))
                .unwrap_or(told);
            Err(anyhow!("it fails: {}", line.trim().trim_end_matches('.')))
        }
    }
}

fn out(place: &Path, peer: &Peer) -> std::path::PathBuf {
    place.join(peer.name).with_extension("rs")
}

fn typed(root: &Path) -> Command {
    // The environment is that of a user: cargo uses its own target folder.
    let mut command = Command::new("cargo");
    command.args(["xtask", "gen", "--check"]).current_dir(root);
    command
}

fn ours(root: &Path, out: &Path) -> Result<Command> {
    // A new folder, so that every file is written: the generator does not write unchanged files.
    if out.exists() {
        fs::remove_dir_all(out)?;
    }
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["child", "generate"]).arg(root.join("spec")).arg(out);
    Ok(command)
}

/// Does what `cargo xtask gen` does.
pub fn child(spec: &Path, out: &Path) -> Result<()> {
    let spec = Sources::read(spec).and_then(wpu_gen::compile).map_err(|faults| anyhow!("{faults}"))?;
    spec.emit().write(out).context("cannot write")?;
    Ok(())
}

fn row(subject: &Subject, cost: &Cost, place: &Path) -> Result<[String; 5]> {
    let (name, lines) = match subject {
        Subject::Ours => ("wpu-gen, all files".to_owned(), lines(&place.join("ours"))?.to_string()),
        Subject::Typed => ("`cargo xtask gen --check`".to_owned(), "–".to_owned()),
        Subject::Theirs(peer) => (peer.name.to_owned(), lines(&out(place, peer))?.to_string()),
    };
    Ok([name, seconds(cost.wall), seconds(cost.user), megabytes(cost.peak), lines])
}

/// The number of lines of a file, or of all files of a folder.
fn lines(path: &Path) -> Result<usize> {
    if path.is_dir() {
        return fs::read_dir(path)?.map(|entry| lines(&entry?.path())).sum();
    }
    Ok(fs::read_to_string(path)?.lines().count())
}

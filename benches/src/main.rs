//! `cargo run --release --manifest-path benches/Cargo.toml -- all`: measures the budgets.

mod builds;
mod callgrind;
mod generation;
mod instructions;
mod kinds;
mod layers;
mod machine;
mod measure;
mod page;
mod peers;
mod project;
mod report;
mod scaling;
mod scratch;
mod synthetic;

use anyhow::{Result, bail};
use lexopt::Arg::{Long, Short, Value};
use report::Report;
use std::process::ExitCode;

const HELP: &str = "\
cargo run --release --manifest-path benches/Cargo.toml -- <command>

  instructions  of each safe upcall, against the same call in C
  layers        what a layer adds to a call, against the same layer in C
  builds        from nothing, against windows-sys, windows and winapi
  generation    against windows-bindgen and bindgen
  scaling       of the generator, for specs of 16 to 16,000 upcalls, and for each kind of item
  all           all five

  --write       also put the tables into docs/performance.md

Exit code 1 says that a bound is missed.
";

/// A part of the measurements: its command and its function.
type Leg = (&'static str, fn() -> Result<Report>);

const LEGS: &[Leg] = &[
    ("instructions", instructions::run),
    ("layers", layers::run),
    ("builds", builds::run),
    ("generation", generation::run),
    ("scaling", scaling::run),
];

fn main() -> ExitCode {
    match command() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn command() -> Result<ExitCode> {
    let mut args = lexopt::Parser::from_env();
    let (mut words, mut write) = (Vec::new(), false);
    while let Some(arg) = args.next()? {
        match arg {
            Long("help") | Short('h') => words.clear(),
            Long("write") => write = true,
            Value(value) => words.push(value.to_string_lossy().into_owned()),
            other => return Err(other.unexpected().into()),
        }
    }
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    match &*words {
        [] => print!("{HELP}"),
        ["all"] => return run(LEGS, write),
        // The code that is measured runs in a process of its own, which is another run of this program.
        ["child", "scale", groups] => scaling::child(groups.parse()?),
        ["child", "kind", kind, count] => scaling::child_of_kind(kind, count.parse()?)?,
        ["child", "generate", spec, out] => generation::child(spec.as_ref(), out.as_ref())?,
        [name] => match LEGS.iter().position(|(leg, _)| leg == name) {
            Some(at) => return run(&LEGS[at..=at], write),
            None => bail!("cannot find a command named `{name}`\n\n{HELP}"),
        },
        _ => bail!("too many commands\n\n{HELP}"),
    }
    Ok(ExitCode::SUCCESS)
}

fn run(legs: &[Leg], write: bool) -> Result<ExitCode> {
    let mut missed = Vec::new();
    for (name, leg) in legs {
        eprintln!("measuring {name} …");
        let report = leg()?;
        println!("## {name}\n\n{report}");
        missed.extend(report.missed().map(|bound| format!("{name}: {bound}")));
        if write {
            page::write(name, &report)?;
        }
    }
    if missed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    println!("missed:\n  {}", missed.join("\n  "));
    Ok(ExitCode::from(1))
}

//! `cargo xtask …`: the project's own commands.

mod ci;
mod demo;
mod generate;
mod windows;

use anyhow::{Result, bail};
use lexopt::Arg::{Long, Short, Value};
use std::path::PathBuf;
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <command>

  gen           write `generated/` from `spec/`
  gen --check   say whether `generated/` is what `spec/` gives
                (--spec <folder> and --out <folder> for others)
  demo          regenerate, build two providers, load them into a host, and make two mistakes
  windows       the headers of Windows, the tests and a host in C under Wine
  ci            everything that must pass before a change lands
                (--setup, for either: install what Windows needs)
";

fn main() -> ExitCode {
    match command().and_then(run) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Help => print!("{HELP}"),
        Command::Gen { check, spec, out } => return generate::run(&spec, &out, check),
        Command::Demo => return demo::run(),
        Command::Windows { setup } => windows::run(setup)?,
        Command::Ci { setup } => ci::run(setup)?,
    }
    Ok(ExitCode::SUCCESS)
}

enum Command {
    Help,
    Gen { check: bool, spec: PathBuf, out: PathBuf },
    Demo,
    Windows { setup: bool },
    Ci { setup: bool },
}

fn command() -> Result<Command> {
    let mut args = lexopt::Parser::from_env();
    let mut name = None;
    let (mut check, mut setup, mut spec, mut out) = (false, false, None, None);
    while let Some(arg) = args.next()? {
        match arg {
            Long("help") | Short('h') => return Ok(Command::Help),
            Long("check") if name.as_deref() == Some("gen") => check = true,
            Long("setup") if matches!(name.as_deref(), Some("windows" | "ci")) => setup = true,
            Long("spec") if name.as_deref() == Some("gen") => spec = Some(args.value()?.into()),
            Long("out") if name.as_deref() == Some("gen") => out = Some(args.value()?.into()),
            Value(value) if name.is_none() => name = Some(value.to_string_lossy().into_owned()),
            other => return Err(other.unexpected().into()),
        }
    }
    match name.as_deref() {
        None | Some("help") => Ok(Command::Help),
        Some("gen") => {
            let (spec, out) = (
                spec.unwrap_or_else(|| root().join("spec")),
                out.unwrap_or_else(|| root().join("generated")),
            );
            Ok(Command::Gen { check, spec, out })
        }
        Some("demo") => Ok(Command::Demo),
        Some("windows") => Ok(Command::Windows { setup }),
        Some("ci") => Ok(Command::Ci { setup }),
        Some(other) => bail!("cannot find a command named `{other}`\n\n{HELP}"),
    }
}

/// The root of the project.
fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map_or(here.clone(), PathBuf::from)
}

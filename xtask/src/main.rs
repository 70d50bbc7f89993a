//! `cargo xtask …`: the project's own commands.

#[macro_use]
mod say;

mod ci;
mod coverage;
mod demo;
mod generate;
mod project;
mod windows;

use anyhow::{Result, bail};
use lexopt::Arg::{Long, Short, Value};
use project::root;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <command>

  gen           write `generated/` from `spec/`, and the JSON schema of spec files
  gen --check   say whether both are fresh
                (--spec <folder> and --out <folder> for others, without the schema)
  coverage      run the tests, and write the page of obligations and of the tests that show them
                (--check: say whether it is fresh; --read: use the records of the last `coverage` or `ci`)
  demo          regenerate, build two providers, load them into a host, and make two mistakes
  windows       the headers of Windows, the tests and a host in C under Wine
  ci            everything that must pass before a change lands
                (--setup, for either: install what Windows needs)
";

fn main() -> ExitCode {
    match command(lexopt::Parser::from_env()).and_then(run) {
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
        Command::Gen { check, spec, out, schema } => {
            let code = generate::run(&spec, &out, check)?;
            if code != ExitCode::SUCCESS || !schema {
                return Ok(code);
            }
            return generate::schema(&root().join("docs/spec.schema.json"), check);
        }
        Command::Coverage { check, read } => coverage::run(check, read)?,
        Command::Demo => return demo::run(),
        Command::Windows { setup } => windows::run(setup)?,
        Command::Ci { setup } => ci::run(setup)?,
    }
    Ok(ExitCode::SUCCESS)
}

enum Command {
    Help,
    /// `schema`: also the schema of spec files.
    Gen {
        check: bool,
        spec: PathBuf,
        out: PathBuf,
        schema: bool,
    },
    Coverage {
        check: bool,
        read: bool,
    },
    Demo,
    Windows {
        setup: bool,
    },
    Ci {
        setup: bool,
    },
}

fn command(mut args: lexopt::Parser) -> Result<Command> {
    let (mut name, mut given) = (None, Vec::new());
    let (mut check, mut read, mut setup, mut spec, mut out) = (false, false, false, None, None);
    while let Some(arg) = args.next()? {
        if let Long(option) = arg {
            if given.iter().any(|known| known == option) {
                bail!("`--{option}` is given twice");
            }
            given.push(option.to_owned());
        }
        match arg {
            Long("help") | Short('h') => return Ok(Command::Help),
            Long("check") if matches!(name.as_deref(), Some("gen" | "coverage")) => check = true,
            Long("read") if name.as_deref() == Some("coverage") => read = true,
            Long("setup") if matches!(name.as_deref(), Some("windows" | "ci")) => setup = true,
            Long("spec") if name.as_deref() == Some("gen") => spec = Some(folder(args.value()?)?),
            Long("out") if name.as_deref() == Some("gen") => out = Some(folder(args.value()?)?),
            Value(value) if name.is_none() => name = Some(value.to_string_lossy().into_owned()),
            other => return Err(other.unexpected().into()),
        }
    }
    match name.as_deref() {
        None | Some("help") => Ok(Command::Help),
        Some("gen") => {
            let schema = spec.is_none() && out.is_none();
            let (spec, out) = (
                spec.unwrap_or_else(|| root().join("spec")),
                out.unwrap_or_else(|| root().join("generated")),
            );
            Ok(Command::Gen { check, spec, out, schema })
        }
        Some("coverage") => Ok(Command::Coverage { check, read }),
        Some("demo") => Ok(Command::Demo),
        Some("windows") => Ok(Command::Windows { setup }),
        Some("ci") => Ok(Command::Ci { setup }),
        Some(other) => bail!("cannot find a command named `{other}`\n\n{HELP}"),
    }
}

fn folder(value: OsString) -> Result<PathBuf> {
    if value.is_empty() {
        bail!("the name of a folder is empty");
    }
    Ok(value.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(words: &[&str]) -> String {
        match command(lexopt::Parser::from_args(words)) {
            Ok(_) => panic!("{words:?} is accepted"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn input_without_effect_is_refused() {
        assert_eq!(refused(&["gen", "--check", "--check"]), "`--check` is given twice");
        assert_eq!(refused(&["gen", "--spec", "a", "--spec", "b"]), "`--spec` is given twice");
        assert_eq!(refused(&["gen", "--out", ""]), "the name of a folder is empty");
        assert_eq!(refused(&["gen", "--read"]), "invalid option '--read'");
        assert_eq!(refused(&["ci", "--check"]), "invalid option '--check'");
        assert!(command(lexopt::Parser::from_args(["gen", "--spec", "a", "--out", "b"])).is_ok());
    }
}

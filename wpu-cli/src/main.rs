//! `wpu`: installs Winsock service providers, lists the catalog, and uninstalls.

mod args;
mod help;
mod hint;

use args::{Command, Source, Target, Usage};
use std::process::ExitCode;
use wpu_install::{
    Catalogs, Memory, Plan, Problem, Registrar, System, Width, apply, read_snapshot, write_snapshot,
};

/// The arguments make no sense.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let failed = match args::parse(lexopt::Parser::from_env()) {
        Ok(command) => match run(command) {
            Ok(()) => return ExitCode::SUCCESS,
            Err(message) => (message, ExitCode::FAILURE),
        },
        Err(Usage { message, help }) => (format!("{message}\n\n{help}"), ExitCode::from(USAGE)),
    };
    eprintln!("error: {}", failed.0.trim_end());
    failed.1
}

fn run(command: Command) -> Result<(), String> {
    match command {
        Command::Help(text) => print!("{text}"),
        Command::Catalog { source, json } => {
            let catalogs = open(&source)?.1;
            let text = if json { write_snapshot(&catalogs) } else { catalogs.to_string() };
            print!("{text}");
        }
        Command::Base(base, target) => change(&target, |catalogs| base.plan(catalogs))?,
        Command::Layer(layer, target) => change(&target, |catalogs| layer.plan(catalogs))?,
        Command::Uninstall(uninstall, target) => change(&target, |catalogs| uninstall.plan(catalogs))?,
    }
    Ok(())
}

/// Makes a plan and carries it out, or only shows it.
fn change(target: &Target, plan: impl Fn(&Catalogs) -> Result<Plan, Problem>) -> Result<(), String> {
    let is_file = matches!(target.source, Source::File(_));
    if is_file && !target.dry_run {
        return Err("a file of a catalog can be planned with, not changed: add --dry-run".to_owned());
    }
    let (mut registrar, catalogs) = open(&target.source)?;
    let plan = plan(&catalogs).map_err(|problem| match hint::after(&problem) {
        Some(hint) => format!("{problem}\nhelp: {hint}"),
        None => problem.to_string(),
    })?;
    if target.dry_run {
        print!("{plan}");
        println!("dry run: nothing was changed");
        return Ok(());
    }
    let added = apply(&plan, &mut *registrar).map_err(|failure| failure.to_string())?;
    for step in &plan.steps {
        println!("done: {step}");
    }
    for entry in added {
        println!("entry {} of the {} catalog: `{}`", entry.id, entry.width, entry.name);
    }
    for note in &plan.notes {
        println!("note: {note}");
    }
    Ok(())
}

/// The catalogs as they are, and who changes them.
fn open(source: &Source) -> Result<(Box<dyn Registrar>, Catalogs), String> {
    let mut registrar: Box<dyn Registrar> = match source {
        Source::System(widths) => Box::new(system(widths)?),
        Source::File(path) => {
            let shown = path.display();
            let text =
                std::fs::read_to_string(path).map_err(|error| format!("cannot read `{shown}`: {error}"))?;
            Box::new(Memory::new(read_snapshot(&text).map_err(|error| format!("`{shown}`: {error}"))?))
        }
    };
    let catalogs = registrar.read_all().map_err(|error| format!("cannot read the catalog: {error}"))?;
    Ok((registrar, catalogs))
}

fn system(widths: &[Width]) -> Result<System, String> {
    System::open(widths).ok_or_else(|| {
        let why = if cfg!(windows) {
            "a 32-bit program does not reach the 64-bit catalog: use the 64-bit build of wpu"
        } else {
            "only Windows has a catalog of providers; elsewhere, plan with one that `wpu catalog --json` wrote \
            there: --catalog <file> --dry-run"
        };
        why.to_owned()
    })
}

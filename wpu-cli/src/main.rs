//! `wpu`: installs Winsock service providers, lists the catalog, and uninstalls.

mod args;
mod category;
mod examples;
mod hint;
mod output;
mod usage;
mod value;

use args::{Command, Contradiction, Install, ProviderArgs, Target, Wpu};
use clap::Parser;
use output::{complain, print};
use std::path::Path;
use std::process::ExitCode;
use value::Source;
use wpu_install::{
    Catalogs, Finding, Listing, Memory, Plan, Problem, Registrar, System, WideString, Width, apply, findings,
    missing_files, read_snapshot, write_listing,
};

/// The arguments make no sense.
const USAGE: u8 = 2;

/// Why a command ends without having done what it should.
enum Trouble {
    Arguments(String),
    Problem(String),
}

impl From<String> for Trouble {
    fn from(message: String) -> Self {
        Self::Problem(message)
    }
}

impl From<Contradiction> for Trouble {
    fn from(Contradiction { message, help }: Contradiction) -> Self {
        Self::Arguments(format!("{message}\nhelp: {help}"))
    }
}

fn main() -> ExitCode {
    let result = match Wpu::try_parse() {
        Ok(wpu) => run(&wpu.command),
        Err(error) if !error.use_stderr() => print(&error.to_string()).map_err(Trouble::Problem),
        Err(error) => {
            return refuse(&error);
        }
    };
    let (message, code) = match result {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Trouble::Problem(message)) => (message, ExitCode::FAILURE),
        Err(Trouble::Arguments(message)) => (message, ExitCode::from(USAGE)),
    };
    complain(&format!("error: {message}"));
    code
}

/// A command that is not whole is answered by its help.
fn refuse(error: &clap::Error) -> ExitCode {
    use clap::error::ErrorKind::{DisplayHelpOnMissingArgumentOrSubcommand, MissingSubcommand};
    match error.kind() {
        DisplayHelpOnMissingArgumentOrSubcommand | MissingSubcommand => complain(&error.to_string()),
        _ => complain(&format!("error: {}", usage::message(error))),
    }
    ExitCode::from(USAGE)
}

fn run(command: &Command) -> Result<(), Trouble> {
    match command {
        Command::Catalog(args) => {
            let source = args.source.get();
            let catalogs = &open(&source)?.1;
            let findings = &find(&source, catalogs)?;
            let listing = Listing { catalogs, findings };
            let text = if args.format.is_json() { write_listing(&listing) } else { listing.to_string() };
            print(&text)?;
        }
        Command::Install(Install::Base(args)) => {
            let base = args.request();
            change(&args.target, Some(&args.provider), |catalogs| base.plan(catalogs))?;
        }
        Command::Install(Install::Layer(args)) => {
            let layer = args.request()?;
            change(&args.target, Some(&args.provider), |catalogs| layer.plan(catalogs))?;
        }
        Command::Uninstall(args) => {
            let uninstall = args.request();
            change(&args.target, None, |catalogs| uninstall.plan(catalogs))?;
        }
        Command::Category(args) => category::run(args)?,
    }
    Ok(())
}

/// Makes a plan and carries it out, or only shows it.
fn change(
    target: &Target,
    provider: Option<&ProviderArgs>,
    plan: impl Fn(&Catalogs) -> Result<Plan, Problem>,
) -> Result<(), Trouble> {
    let source = target.source.get();
    is_file_to_change(&source, target.dry_run)?;
    let (mut registrar, catalogs) = open(&source)?;
    provider.map_or(Ok(()), |provider| provider.check(&catalogs))?;
    let plan = plan(&catalogs).map_err(|problem| hint::with(&problem))?;
    if target.dry_run {
        return Ok(print(&format!("{plan}dry run: nothing was changed\n"))?);
    }
    let added = apply(&plan, &mut *registrar).map_err(|failure| failure.to_string())?;
    let done = plan.steps.iter().map(|step| format!("done: {step}\n"));
    let entries = added
        .iter()
        .map(|entry| format!("entry {} of the {} catalog: `{}`\n", entry.id, entry.width, entry.name));
    let notes = plan.notes.iter().map(|note| format!("note: {note}\n"));
    print(&done.chain(entries).chain(notes).collect::<String>())
        .map_err(|error| Trouble::Problem(format!("all steps are done, but {error}")))
}

/// A file is for looking and planning alone.
fn is_file_to_change(source: &Source, dry_run: bool) -> Result<(), String> {
    match source {
        Source::File(_) if !dry_run => {
            Err("a file of a catalog can be planned with, not changed: add --dry-run".to_owned())
        }
        _ => Ok(()),
    }
}

/// What is broken in the catalogs. Of files on another system only that is known which was when they were listed.
fn find(source: &Source, catalogs: &Catalogs) -> Result<Vec<Finding>, String> {
    let Source::File(path) = source else { return Ok(findings(catalogs, System::file_exists)) };
    let missing = missing_files(&read(path)?).map_err(|error| format!("`{}`: {error}", path.display()))?;
    let exists = |width, path: &WideString| missing.contains(&(width, path.clone())).then_some(false);
    Ok(findings(catalogs, exists))
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))
}

/// The catalogs as they are, and who changes them.
fn open(source: &Source) -> Result<(Box<dyn Registrar>, Catalogs), String> {
    let mut registrar: Box<dyn Registrar> = match source {
        Source::System(widths) => Box::new(system(widths)?),
        Source::File(path) => {
            let shown = path.display();
            Box::new(Memory::new(read_snapshot(&read(path)?).map_err(|error| format!("`{shown}`: {error}"))?))
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

//! `wpu`: installs and uninstalls Winsock service providers, lists the catalog, and shows what binds a provider.

mod args;
mod catalogs;
mod category;
mod examples;
mod hint;
mod output;
mod show;
mod text;
mod trouble;
mod usage;
mod value;

use args::{Command, Install, Target, Wpu};
use catalogs::{Opened, is_file_to_change, open};
use clap::Parser;
use output::{complain, print};
use std::process::ExitCode;
use trouble::Trouble;
use wpu_install::{
    Catalogs, Finding, Listing, Plan, System, WideString, Width, apply, findings, write_listing,
};

/// The exit code for invalid arguments.
const USAGE: u8 = 2;

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

/// Prints the help for an incomplete command, and the error otherwise.
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
            let Opened { catalogs, missing, .. } = &open(&args.source.get())?;
            let findings = &find(catalogs, missing.as_deref());
            let listing = Listing { catalogs, findings };
            let text = if args.format.is_json() { write_listing(&listing) } else { listing.to_string() };
            print(&text)?;
        }
        Command::Install(Install::Base(args)) => {
            let base = args.request();
            change(&args.target, |catalogs| {
                base.plan(catalogs).map_err(|problem| hint::with(&problem, catalogs).into())
            })?;
        }
        Command::Install(Install::Layer(args)) => {
            let layer = args.request()?;
            change(&args.target, |catalogs| {
                layer.plan(catalogs).map_err(|problem| hint::with(&problem, catalogs).into())
            })?;
        }
        Command::Uninstall(args) => {
            change(&args.target, |catalogs| args.plan(catalogs))?;
        }
        Command::Category(args) => category::run(args)?,
        Command::Show { name } => print(&show::text(name)?)?,
    }
    Ok(())
}

/// Makes a plan and carries it out, or only shows it.
fn change(target: &Target, plan: impl Fn(&Catalogs) -> Result<Plan, Trouble>) -> Result<(), Trouble> {
    let source = target.source.get();
    is_file_to_change(&source, target.dry_run)?;
    let Opened { mut registrar, catalogs, .. } = open(&source)?;
    let plan = plan(&catalogs)?;
    if target.dry_run {
        let reach =
            plan.out_of_reach(&*registrar).map(|why| format!("note: without --dry-run this fails: {why}\n"));
        return Ok(print(&format!("{plan}{}dry run: nothing was changed\n", reach.unwrap_or_default()))?);
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

/// The faults of the catalogs. For another system's file, the missing provider files are those when it was
/// written.
fn find(catalogs: &Catalogs, missing: Option<&[(Width, WideString)]>) -> Vec<Finding> {
    let Some(missing) = missing else { return findings(catalogs, System::file_exists) };
    let is_missing =
        |width, path: &WideString| missing.iter().any(|known| (known.0, &known.1) == (width, path));
    findings(catalogs, |width, path| is_missing(width, path).then_some(false))
}

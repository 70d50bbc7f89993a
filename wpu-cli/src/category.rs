//! `wpu category`: the categories that a program permits, and the layers that it loads.

use crate::args::{CategoryArgs, Wanted};
use crate::catalogs::{is_file_to_change, open};
use crate::output::print;
use crate::trouble::Trouble;
use crate::value::Source;
use wpu_install::{
    Application, Applications, CATEGORIES, Catalogs, MemoryApplications, Permission, SystemApplications,
    WideString, category_names, loaded, quoted,
};

/// Shows or changes the categories.
pub fn run(args: &CategoryArgs) -> Result<(), Trouble> {
    let (wanted, application, source) = (args.wanted()?, args.application(), args.target.source.get());
    application.check().map_err(|problem| problem.to_string())?;
    if matches!(wanted, Wanted::Permission(_)) {
        is_file_to_change(&source, args.target.dry_run)?;
    }
    let catalogs = open(&source)?.catalogs;
    let mut applications = applications(&source)?;
    let now = applications
        .permitted(&application)
        .map_err(|error| format!("cannot read what {application} permits: {error}"))?;
    let text = match wanted {
        Wanted::Show if args.format.is_json() => json(&application, &catalogs, now, note(&source)),
        Wanted::Show => format!("{}{}", permits(&application, &catalogs, now), noted(&source)),
        Wanted::Permission(permission) => {
            return change(args, &permission, &catalogs, now, &mut *applications, &source);
        }
    };
    Ok(print(&text)?)
}

fn change(
    args: &CategoryArgs,
    permission: &Permission,
    catalogs: &Catalogs,
    now: Option<u32>,
    applications: &mut dyn Applications,
    source: &Source,
) -> Result<(), Trouble> {
    let plan = permission.plan(now).map_err(|problem| problem.to_string())?;
    let after = permits(&plan.application, catalogs, plan.to);
    let restart = "note: running programs keep the categories that they read at their start: restart them\n";
    if args.target.dry_run {
        let text = format!("{plan}then {after}{}{restart}dry run: nothing was changed\n", noted(source));
        return Ok(print(&text)?);
    }
    plan.apply(applications).map_err(|failure| failure.to_string())?;
    let undo = undo(&plan.application, plan.from).map(|undo| format!("to undo it: {undo}\n"));
    print(&format!("done: {after}{restart}{}", undo.unwrap_or_default()))
        .map_err(|error| Trouble::Problem(format!("all steps are done, but {error}")))
}

/// The command that undoes a change. There is none for categories without a name.
fn undo(application: &Application, from: Option<u32>) -> Option<String> {
    let known = CATEGORIES.iter().fold(0, |known, (_, bit)| known | bit);
    if from.is_some_and(|from| from == 0 || from & !known != 0) {
        return None;
    }
    let quote = |text: &WideString| quoted(&text.to_string());
    let arguments =
        application.arguments.as_ref().map(|arguments| format!(" --arguments {}", quote(arguments)));
    let options = match from {
        None => " --forget".to_owned(),
        Some(from) => {
            category_names(from).iter().map(|name| format!(" --permit {name}")).collect::<Vec<_>>().concat()
        }
    };
    Some(format!("wpu category {}{}{options}", quote(&application.path), arguments.unwrap_or_default()))
}

fn applications(source: &Source) -> Result<Box<dyn Applications>, String> {
    match source {
        Source::File(_) => Ok(Box::new(MemoryApplications::default())),
        Source::System(_) => match SystemApplications::open() {
            Some(applications) => Ok(Box::new(applications)),
            None => Err("only Windows keeps what programs permit".to_owned()),
        },
    }
}

/// A catalog file lists layers but no programs.
fn note(source: &Source) -> Option<&'static str> {
    match source {
        Source::File(_) => Some(
            "a file of a catalog does not say what programs permit: the program is taken for one that is not \
            categorised",
        ),
        Source::System(_) => None,
    }
}

fn noted(source: &Source) -> String {
    note(source).map(|note| format!("note: {note}\n")).unwrap_or_default()
}

/// The categories that the program permits, and a line for each layer.
fn permits(application: &Application, catalogs: &Catalogs, permitted: Option<u32>) -> String {
    let mut text = match permitted {
        None => format!("{application} is not categorised, and loads every layer\n"),
        Some(permitted) => format!("{application} permits {}\n", listed(permitted)),
    };
    let layers = loaded(catalogs, permitted);
    if layers.is_empty() {
        text.push_str("  there are no layers\n");
    }
    for (width, entry, is_loaded) in layers {
        let (verb, of) = (if is_loaded { "loads" } else { "does not load" }, listed(entry.categories));
        text.push_str(&format!("  {verb} {} of the {width} catalog: {of}\n", entry.shown()));
    }
    text
}

fn listed(set: u32) -> String {
    if set == 0 { "no category".to_owned() } else { category_names(set).join(", ") }
}

fn json(
    application: &Application,
    catalogs: &Catalogs,
    permitted: Option<u32>,
    note: Option<&str>,
) -> String {
    let layers = loaded(catalogs, permitted).into_iter().map(|(width, entry, is_loaded)| {
        serde_json::json!({
            "catalog": width.word(),
            "entry": entry.id(),
            "name": entry.name(),
            "categories": category_names(entry.categories),
            "loaded": is_loaded,
        })
    });
    let all = serde_json::json!({
        "program": application.path.to_string(),
        "arguments": application.arguments.as_ref().map(ToString::to_string),
        "permitted": permitted.map(category_names),
        "notes": note.into_iter().collect::<Vec<_>>(),
        "layers": layers.collect::<Vec<_>>(),
    });
    format!("{all:#}\n")
}

//! `UPCALLS.md`: the facts as a page to read.

use super::markdown::{address, cell, code_of, inline, literal, markdown, title};
use super::obligations;
use super::view::View;
use super::{facts, kit, listings};
use crate::model::{DocumentedError, Function, FunctionId, Note, Param, Party, Status, Upcall};
use std::fmt::Write as _;

pub(super) fn emit(view: &View<'_>) -> String {
    let mut page = format!(
        "<!-- {} -->\n\n# {}\n\n",
        view.marker(),
        inline(view.model.head.title.trim_end_matches('.'))
    );
    overview(view, &mut page);
    for at in 0..view.model.upcalls.len() {
        section(view, at, &mut page);
    }
    entries(view, &mut page);
    downcalls(view, &mut page);
    kit::section(view, &mut page);
    imports(view, &mut page);
    listings::section(view, &mut page);
    topics(view, &mut page);
    errors(view, &mut page);
    texts(view, &mut page);
    notes(view, &mut page);
    sources(view, &mut page);
    page
}

/// The compliance table.
fn overview(view: &View<'_>, page: &mut String) {
    let model = view.model;
    *page += "What a provider must use, by class and platform. `—` means that it is for providers of another class.\n\n| upcall |";
    let cases = || {
        (0..model.classes.len())
            .flat_map(|class| (0..model.platforms.len()).map(move |platform| (class, platform)))
    };
    for (class, platform) in cases() {
        let _ = write!(page, " {}, {} |", model.classes[class].name, model.platforms[platform].name);
    }
    *page += " place |\n|---|";
    *page += &"---|".repeat(cases().count() + 1);
    page.push('\n');
    for upcall in view.upcalls() {
        let _ = write!(page, "| [{0}](#{1}) |", upcall.name, upcall.function.name.to_lowercase());
        for (class, platform) in cases() {
            let _ = write!(page, " {} |", word(model.upcalls[upcall.at].requirement.status[class][platform]));
        }
        let _ = writeln!(page, " {} |", place(view, &model.upcalls[upcall.at]));
    }
    page.push('\n');
    for (what, words) in [("classes", &model.classes), ("platforms", &model.platforms)] {
        let _ = writeln!(page, "The {what}:\n");
        for word in words {
            let _ = writeln!(page, "- `{}`: {}", word.name, inline(&word.doc));
        }
        page.push('\n');
    }
}

fn word(status: Option<Status>) -> &'static str {
    match status {
        Some(Status::Required) => "**required**",
        Some(Status::Optional) => "optional",
        Some(Status::Unspecified) => "unspecified",
        None => "—",
    }
}

fn place(view: &View<'_>, upcall: &Upcall) -> String {
    let slots = upcall.slots.iter();
    let slots = slots.map(|(table, slot)| format!("`{}` {slot}", view.model.tables[*table].name));
    let export = upcall.library.iter().map(|library| format!("export of `{library}`"));
    slots.chain(export).collect::<Vec<_>>().join(", ")
}

fn section(view: &View<'_>, at: usize, page: &mut String) {
    let upcall = &view.model.upcalls[at];
    heading(view, "##", upcall, page);
    let requirement = &upcall.requirement;
    let _ = writeln!(page, "- **Why:** {}", inline(&requirement.reason));
    for (head, text) in
        [("What may stand in", &requirement.substitute), ("Usual grounds for a waiver", &requirement.waiver)]
    {
        if let Some(text) = text {
            let _ = writeln!(page, "- **{head}:** {}", inline(text));
        }
    }
    let name = |upcall: usize| &view.model.upcalls[upcall].name;
    if let Some(handle) = view.model.acquired_by(at) {
        let _ = writeln!(page, "- **Released by:** `{}`", name(*view.handle(handle).release));
    }
    if let Some(handle) = view.model.released_by(at) {
        let _ = writeln!(page, "- **Releases what comes from:** `{}`", name(*view.handle(handle).acquire));
    }
    let _ = writeln!(page, "- **Declared in:** `{}`; {}", upcall.header, place(view, upcall));
    page.push('\n');
    rest(view, FunctionId::Upcall(at), view.model.notes_of_upcall(at), page);
}

/// What a function does, and its C declaration.
fn heading(view: &View<'_>, level: &str, of: &Function, page: &mut String) {
    let signature = facts::signature(view.model, &of.name, &of.returns, &of.params);
    let _ = write!(page, "{level} {}\n\n{}\n\n```c\n{signature}\n```\n\n", of.name, markdown(&of.doc));
    if !of.details.is_empty() {
        let _ = write!(page, "{}\n\n", markdown(&of.details));
    }
}

/// Its parameters, how it fails, and where that comes from.
fn rest(view: &View<'_>, id: FunctionId, notes: &[usize], page: &mut String) {
    let of = view.model.function(id);
    parameters(&of.params, page);
    if let Some(failure) = &of.failure {
        let _ = writeln!(page, "Fails with `{}`.\n", view.model.constants[**failure].name);
    }
    documented(view, &of.errors, page);
    bound(view, id, page);
    listings::named(view, id, page);
    for note in notes.iter().map(|note| &view.model.notes[*note]) {
        let _ = writeln!(page, "Note [{}](#{}).", title(&note.id), address(&note.id));
    }
    let _ = writeln!(page, "\nSources: {}.\n", view.cite(&of.sources));
}

fn entries(view: &View<'_>, page: &mut String) {
    if view.model.entry_points.is_empty() {
        return;
    }
    *page += "## Entries\n\nWhat a provider exports, and a host calls.\n\n";
    for (at, entry) in view.model.entry_points.iter().enumerate() {
        let _ = write!(
            page,
            "### {}\n\n{}\n\n| parameter | meaning |\n|---|---|\n",
            entry.name,
            markdown(&entry.doc)
        );
        for param in &entry.params {
            let _ = writeln!(page, "| `{} {}` | {} |", param.c_type, param.name, cell(&param.doc));
        }
        page.push('\n');
        for error in &entry.errors {
            let _ = writeln!(page, "- `{}`: {}", view.model.errors[error.code].name, inline(&error.when));
        }
        page.push('\n');
        bound(view, FunctionId::EntryPoint(at), page);
        let hole = &view.model.errors[entry.missing_error].name;
        let _ = writeln!(
            page,
            "A table that lacks a declared upcall is refused with `{hole}`. Sources: {}.\n",
            view.cite(&entry.sources)
        );
    }
}

fn downcalls(view: &View<'_>, page: &mut String) {
    let Some(table) = view.model.provider_table() else { return };
    let _ = write!(
        page,
        "## Downcalls\n\nWhat a provider answers, through its `{}`. The refusal is what one answers that does not implement it.\n\n| downcall | slot | refusal | may be null under |\n|---|---|---|---|\n",
        table.name
    );
    let model = view.model;
    for d in &model.downcalls {
        let refusal = d.unimplemented_error.as_ref().map(|error| format!("`{}`", model.errors[**error].name));
        let entries = d.nullable_in.iter().map(|entry| format!("`{}`", model.entry_points[*entry].name));
        let entries = entries.collect::<Vec<_>>().join(", ");
        let _ = writeln!(
            page,
            "| [{}](#{}) | {} | {} | {} |",
            d.name,
            d.name.to_lowercase(),
            d.slot,
            refusal.as_deref().unwrap_or("succeeds"),
            if entries.is_empty() { "—" } else { &entries }
        );
    }
    page.push('\n');
    for (at, downcall) in model.downcalls.iter().enumerate() {
        heading(view, "###", downcall, page);
        rest(view, FunctionId::Downcall(at), model.notes_of_downcall(at), page);
    }
}

fn imports(view: &View<'_>, page: &mut String) {
    if view.model.imports.is_empty() {
        return;
    }
    *page += "## Imports\n\nWhat kits take by name from a library.\n\n";
    for (at, import) in view.model.imports.iter().enumerate() {
        heading(view, "###", import, page);
        let only = if import.arch.is_some() { ", for 64-bit programs only" } else { "" };
        let (header, library) = (&import.header, &import.library);
        let _ = writeln!(page, "- **Declared in:** `{header}`; export of `{library}`{only}\n");
        parameters(&import.params, page);
        documented(view, &import.errors, page);
        bound(view, FunctionId::Import(at), page);
        if !import.sources.is_empty() {
            let _ = writeln!(page, "Sources: {}.\n", view.cite(&import.sources));
        }
    }
}

/// What binds those who meet in a function, a provider first.
fn bound(view: &View<'_>, id: FunctionId, page: &mut String) {
    let list = obligations::list(view.model, id, Party::Plugin, |topic| {
        format!("[{}](#{})", title(topic), address(topic))
    });
    if !list.is_empty() {
        let _ = write!(page, "Obligations:\n\n{list}\n");
    }
    let own = view.model.topics.iter().filter(|topic| topic.subject == Some(id));
    own.for_each(|topic| *page += &obligations::read(view, topic));
}

/// What binds those who meet in several functions.
fn topics(view: &View<'_>, page: &mut String) {
    let shared: Vec<_> = view.model.topics.iter().filter(|topic| topic.subject.is_none()).collect();
    if shared.is_empty() {
        return;
    }
    *page += "## Topics\n\nWhat several functions share.\n\n";
    for topic in shared {
        let doc = topic.doc.as_deref().map_or(String::new(), |doc| inline(doc));
        let _ = write!(page, "### {}\n\n{doc}", inline(&topic.name));
        if !topic.functions.is_empty() {
            let names = topic.functions.iter().map(|id| format!("`{}`", view.model.function(**id).name));
            let _ = write!(page, " About {}.", names.collect::<Vec<_>>().join(", "));
        }
        let list = obligations::of_topic(view.model, topic, Party::Plugin);
        let _ = write!(page, "\n\n{list}\n{}", obligations::read(view, topic));
    }
}

/// What the documentation says of how a function fails.
fn documented(view: &View<'_>, errors: &[DocumentedError], page: &mut String) {
    if errors.is_empty() {
        return;
    }
    *page += "| documented error | value | when |\n|---|---|---|\n";
    for error in errors {
        let code = &view.model.errors[error.code];
        let _ = writeln!(page, "| `{}` | {} | {} |", code.name, code.value, cell(&error.when));
    }
    page.push('\n');
}

fn parameters(params: &[Param], page: &mut String) {
    *page += "| parameter | direction | meaning |\n|---|---|---|\n";
    for param in params {
        let direction = format!("{:?}", *param.direction).to_lowercase();
        let _ = writeln!(page, "| `{}` | {direction} | {} |", facts::spelled(param), cell(&param.doc));
    }
    page.push('\n');
}

fn errors(view: &View<'_>, page: &mut String) {
    *page += "## Errors\n\n| name | value | meaning |\n|---|---|---|\n";
    for error in &view.model.errors {
        let _ = writeln!(page, "| `{}` | {} | {} |", error.name, error.value, cell(&error.message));
    }
    page.push('\n');
}

fn texts(view: &View<'_>, page: &mut String) {
    let texts = view.model.constants.iter().filter_map(|constant| Some((constant, constant.text()?)));
    let texts: Vec<_> = texts.collect();
    if texts.is_empty() {
        return;
    }
    *page += "## Texts\n\n";
    for (constant, text) in texts {
        let _ = write!(page, "- `{}` is {}: {}", constant.name, literal(text), inline(&constant.doc));
        let sources = view.cite(&constant.sources);
        if !sources.is_empty() {
            let _ = write!(page, " Sources: {sources}.");
        }
        page.push('\n');
    }
    page.push('\n');
}

fn notes(view: &View<'_>, page: &mut String) {
    if view.model.notes.is_empty() {
        return;
    }
    *page += "## Notes\n\nWhere sources contradict each other or are silent, and what was decided.\n\n";
    for note in &view.model.notes {
        note_section(view, note, page);
    }
}

fn note_section(view: &View<'_>, note: &Note, page: &mut String) {
    let about = note.about.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let _ = write!(
        page,
        "### {}\n\nAbout {about}.\n\n{}\n\n**Decision:** {}\n\n",
        inline(&note.id),
        markdown(&note.doc),
        markdown(&note.decision)
    );
    if !note.sources.is_empty() {
        let _ = write!(page, "Sources: {}.\n\n", view.cite(&note.sources));
    }
}

fn sources(view: &View<'_>, page: &mut String) {
    *page += "## Sources\n\n";
    for (at, source) in view.model.sources.iter().enumerate() {
        let _ = writeln!(page, "- {}: {}", code_of(&source.id), view.cite(&[at]));
    }
}

//! `c/….h`: the facts for programs in C, as macros and tables. It declares nothing that other headers have.

use super::c;
use super::view::View;
use crate::files::Files;
use crate::model::{Function, Model, Status, Word};
use std::fmt::Write as _;

pub(super) fn emit(view: &View<'_>, files: &mut Files) {
    let name = Name::of(view.model);
    files.add(&format!("c/{}.h", name.small), page(view, &name));
}

/// What everything in the header begins with.
struct Name {
    small: String,
    large: String,
}

impl Name {
    fn of(model: &Model) -> Self {
        let prefix = model.head.prefix.trim_matches('_');
        let name = if prefix.is_empty() { &model.head.package } else { prefix }.replace('-', "_");
        Self { small: name.to_lowercase(), large: name.to_uppercase() }
    }
}

fn page(view: &View<'_>, name: &Name) -> String {
    let (model, large) = (view.model, &name.large);
    let about = format!(
        "{} The facts for C and C++, as macros and tables.\n\nTypes, constants and functions are in the headers of the platform; none is declared here.",
        model.head.title
    );
    let mut page = c::top(view, &about);
    let revision = model.head.revision;
    let _ = write!(page, "\n#ifndef {large}_H\n#define {large}_H\n\n#define {large}_REVISION {revision}\n");
    words(&mut page, name, "CLASS", "CLASSES", "Classes of providers.", &model.classes);
    words(&mut page, name, "PLATFORM", "PLATFORMS", "Platforms.", &model.platforms);
    page += "\n";
    page += &c::comment("What the documentation says of using an upcall.");
    for (at, status) in STATUS.iter().enumerate() {
        let _ = writeln!(page, "#define {large}_{status} {at}");
    }
    tables(&mut page, name, model);
    upcalls(&mut page, name, model);
    downcalls(&mut page, name, model);
    errors(&mut page, name, model);
    texts(&mut page, name, model);
    page + "\n#endif\n"
}

/// Numbered from 0, the first for an upcall that belongs to another class.
const STATUS: [&str; 4] = ["NOT_APPLICABLE", "UNSPECIFIED", "OPTIONAL", "REQUIRED"];

fn status(status: Option<Status>) -> &'static str {
    match status {
        None => STATUS[0],
        Some(Status::Unspecified) => STATUS[1],
        Some(Status::Optional) => STATUS[2],
        Some(Status::Required) => STATUS[3],
    }
}

fn words(page: &mut String, name: &Name, one: &str, all: &str, about: &str, words: &[Word]) {
    let large = &name.large;
    page.push('\n');
    *page += &c::comment(about);
    for (at, word) in words.iter().enumerate() {
        let _ =
            write!(page, "#define {large}_{one}_{} {at} {}", word.name.to_uppercase(), c::comment(&word.doc));
    }
    let _ = writeln!(page, "#define {large}_{all} {}", words.len());
}

/// For each table: how many slots it has, the number of each, and a macro that goes over them.
fn tables(page: &mut String, name: &Name, model: &Model) {
    let large = &name.large;
    for table in &model.tables {
        let functions: Vec<_> = model.functions_of(table).collect();
        let tag = &table.name;
        page.push('\n');
        *page += &c::comment(&format!(
            "`{tag}`: {} `{large}_EACH_{tag}(X)` is X(slot, member, function, pointer type) for each slot.",
            table.doc
        ));
        let _ = writeln!(page, "#define {large}_SLOTS_{tag} {}", functions.len());
        for (slot, function) in functions.iter().enumerate() {
            let _ = writeln!(page, "#define {large}_SLOT_{tag}_{} {slot}", function.name);
        }
        let rows = functions.iter().enumerate().map(|(slot, Function { name, pointer_type, .. })| {
            format!("X({slot}, {}{name}, {name}, {pointer_type})", table.member_prefix)
        });
        each(page, &format!("{large}_EACH_{tag}"), rows);
    }
}

fn each(page: &mut String, name: &str, rows: impl Iterator<Item = String>) {
    let rows: Vec<_> = rows.collect();
    let _ = writeln!(page, "#define {name}(X) \\\n    {}", rows.join(" \\\n    "));
}

fn upcalls(page: &mut String, name: &Name, model: &Model) {
    let Name { small, large } = name;
    page.push('\n');
    *page += &c::comment("The upcalls, numbered in the order of their slots.");
    for (at, upcall) in model.upcalls.iter().enumerate() {
        let _ = writeln!(page, "#define {large}_NUMBER_{} {at}", upcall.name);
    }
    let _ = write!(page, "#define {large}_UPCALLS {}\n\n", model.upcalls.len());
    let _ = write!(
        page,
        "typedef struct {small}_upcall {{\n    const char *name;\n    const char *text;\n    \
         /* The library that exports it by name, or null. */\n    const char *library;\n    \
         /* By class and platform. */\n    unsigned char status[{large}_CLASSES][{large}_PLATFORMS];\n    \
         /* Why that is so, what may stand in, and the usual grounds for doing without: each may be null. */\n    \
         const char *reason;\n    const char *substitute;\n    const char *waiver;\n}} {small}_upcall;\n\n\
         static const {small}_upcall {small}_upcalls[{large}_UPCALLS] = {{\n"
    );
    for upcall in &model.upcalls {
        let requirement = &upcall.requirement;
        let rows = requirement.status.iter().map(|row| {
            let row: Vec<_> = row.iter().map(|found| format!("{large}_{}", status(*found))).collect();
            format!("{{{}}}", row.join(", "))
        });
        let rows = rows.collect::<Vec<_>>().join(", ");
        let texts = [Some(&requirement.reason), requirement.substitute.as_ref(), requirement.waiver.as_ref()];
        let texts = texts.map(|text| or_null(text.map(|text| text.as_str())));
        let _ = writeln!(
            page,
            "    {{{}, {}, {}, {{{rows}}}, {}}},",
            c::string(&upcall.name),
            c::string(&upcall.doc),
            or_null(upcall.library.as_ref().map(|name| name.as_str())),
            texts.join(", ")
        );
    }
    *page += "};\n";
}

fn downcalls(page: &mut String, name: &Name, model: &Model) {
    if model.downcalls.is_empty() {
        return;
    }
    let Name { small, large } = name;
    page.push('\n');
    *page += &c::comment("The downcalls, in the order of their slots.");
    let _ = write!(
        page,
        "#define {large}_DOWNCALLS {}\n\ntypedef struct {small}_downcall {{\n    const char *name;\n    \
         const char *text;\n    /* What a provider answers that does not implement it; 0 is success. */\n    \
         signed refusal;\n}} {small}_downcall;\n\n\
         static const {small}_downcall {small}_downcalls[{large}_DOWNCALLS] = {{\n",
        model.downcalls.len()
    );
    for downcall in &model.downcalls {
        let refusal = downcall.unimplemented_error.as_ref().map_or(0, |error| *model.errors[**error].value);
        let (name, text) = (c::string(&downcall.name), c::string(&downcall.doc));
        let _ = writeln!(page, "    {{{name}, {text}, {refusal}}},");
    }
    *page += "};\n";
}

fn errors(page: &mut String, name: &Name, model: &Model) {
    let Name { small, large } = name;
    page.push('\n');
    *page += &c::comment("The errors.");
    let _ = write!(
        page,
        "#define {large}_ERRORS {}\n\ntypedef struct {small}_error {{\n    signed code;\n    const char *name;\n    \
         const char *text;\n}} {small}_error;\n\nstatic const {small}_error {small}_errors[{large}_ERRORS] = {{\n",
        model.errors.len()
    );
    for error in &model.errors {
        let _ = writeln!(
            page,
            "    {{{}, {}, {}}},",
            error.value,
            c::string(&error.name),
            c::string(&error.message)
        );
    }
    *page += "};\n";
}

/// The constants that are texts: no header need have those.
fn texts(page: &mut String, name: &Name, model: &Model) {
    let large = &name.large;
    let texts: Vec<_> = model.constants.iter().filter(|constant| constant.text().is_some()).collect();
    if texts.is_empty() {
        return;
    }
    page.push('\n');
    *page += &c::comment("Texts. The units of a wide one have 16 bits; the others are in UTF-8.");
    let _ = writeln!(
        page,
        "#ifdef _WIN32\n#define {large}_WIDE(text) L##text\n#else\n#define {large}_WIDE(text) u##text\n#endif"
    );
    for text in texts {
        let literal = c::value(model, text);
        let literal = if c::is_wide(model, text) { format!("{large}_WIDE({literal})") } else { literal };
        let _ = write!(page, "#define {large}_TEXT_{} {literal} {}", text.name, c::comment(&text.doc));
    }
}

fn or_null(text: Option<&str>) -> String {
    text.map_or_else(|| "0".to_owned(), c::string)
}

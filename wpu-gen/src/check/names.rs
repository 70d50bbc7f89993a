//! Names can be written in Rust and in C, and no two items of the output share one.

use crate::code::Code;
use crate::diag::{Diagnostic, Place};
use crate::load::RawSpec;
use crate::model::{Model, PRIMS};
use crate::names::{camel, is_c_name, is_camel, is_name, is_snake};
use crate::source::FileId;
use crate::syntax::Text;
use std::collections::{BTreeMap, HashMap};

pub(super) fn check(raw: &RawSpec, model: &Model, faults: &mut Vec<Diagnostic>) {
    let mut c_items = Items::new(faults);
    for filed in &raw.typedefs {
        c_items.c(filed.file, &filed.entry.name);
    }
    for filed in &raw.structs {
        c_items.c(filed.file, &filed.entry.name);
        filed.entry.fields.iter().for_each(|field| c_items.name(filed.file, &field.name));
    }
    for filed in &raw.callbacks {
        c_items.c(filed.file, &filed.entry.name);
        filed.entry.params.iter().for_each(|param| c_items.param(filed.file, &param.name));
    }
    for filed in &raw.constants {
        c_items.c(filed.file, &filed.entry.name);
    }
    for filed in &raw.tables {
        c_items.c(filed.file, &filed.entry.name);
        if !filed.entry.member_prefix.get_ref().is_empty() {
            c_items.name(filed.file, &filed.entry.member_prefix);
        }
    }
    for filed in &raw.entry_points {
        c_items.function(filed.file, &filed.entry.name, &filed.entry.pointer_type);
        filed.entry.params.iter().for_each(|param| c_items.param(filed.file, &param.name));
    }
    for filed in &raw.upcalls {
        c_items.function(filed.file, &filed.entry.name, &filed.entry.pointer_type);
        filed.entry.params.iter().for_each(|param| c_items.param(filed.file, &param.name));
        filed.entry.library.iter().for_each(|library| c_items.library(filed.file, library));
    }
    for filed in &raw.downcalls {
        c_items.function(filed.file, &filed.entry.name, &filed.entry.pointer_type);
        filed.entry.params.iter().for_each(|param| c_items.param(filed.file, &param.name));
    }
    for filed in &raw.imports {
        c_items.function(filed.file, &filed.entry.name, &filed.entry.pointer_type);
        filed.entry.params.iter().for_each(|param| c_items.param(filed.file, &param.name));
        c_items.library(filed.file, &filed.entry.library);
    }
    head(raw, faults);
    sources(raw, faults);
    rust_items(raw, faults);
    words(raw, faults);
    errors(raw, faults);
    methods(raw, model, faults);
}

/// Names that must differ from each other.
pub(super) struct Items<'f> {
    seen: BTreeMap<String, Place>,
    faults: &'f mut Vec<Diagnostic>,
}

impl<'f> Items<'f> {
    pub(super) fn new(faults: &'f mut Vec<Diagnostic>) -> Self {
        Self { seen: BTreeMap::new(), faults }
    }

    /// A name that only has to be one.
    fn name(&mut self, file: FileId, name: &Text) {
        if !is_name(name.get_ref()) {
            self.bad(file, name);
        }
    }

    /// A name of a parameter, for which Rust may have another.
    fn param(&mut self, file: FileId, name: &Text) {
        if !is_c_name(name.get_ref()) {
            self.bad(file, name);
        }
    }

    fn bad(&mut self, file: FileId, name: &Text) {
        let message = format!("`{}` cannot be a name", name.get_ref());
        let fault = Diagnostic::at(Code::BadName, Place::new(file, name.span()), message);
        self.faults.push(fault.help("letters, digits and `_`, not beginning with a digit"));
    }

    /// A library, as a linker names it.
    fn library(&mut self, file: FileId, name: &Text) {
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if name.get_ref().is_empty() || !name.get_ref().chars().all(known) {
            let message = format!("`{}` cannot be the name of a library", name.get_ref());
            let fault = Diagnostic::at(Code::BadName, Place::new(file, name.span()), message);
            self.faults.push(fault.help("letters, digits, `_`, `-` and `.`"));
        }
    }

    /// A C item. The types that the spec language has keep their meaning.
    fn c(&mut self, file: FileId, name: &Text) {
        self.name(file, name);
        let known = &**name.get_ref() == "void";
        if known || PRIMS.iter().any(|prim| prim.name == name.get_ref()) {
            self.taken(Place::new(file, name.span()), name.get_ref());
        }
        self.unique(name.get_ref().clone(), Place::new(file, name.span()));
    }

    /// A C function, its pointer type, and the Rust type of that.
    fn function(&mut self, file: FileId, name: &Text, pointer: &Text) {
        self.c(file, name);
        self.c(file, pointer);
        self.unique(format!("{}Fn", name.get_ref()), Place::new(file, name.span()));
    }

    /// A Rust type.
    fn rust(&mut self, file: FileId, name: &Text) {
        let place = Place::new(file, name.span());
        if !is_camel(name.get_ref()) {
            let message = format!("`{}` cannot be the Rust name of a type", name.get_ref());
            self.faults
                .push(Diagnostic::at(Code::BadName, place.clone(), message).help("write it in camel case"));
        }
        self.unique(name.get_ref().clone(), place);
    }

    /// A Rust type, and its form that can be changed.
    fn view(&mut self, file: FileId, name: &Text) {
        self.rust(file, name);
        self.unique(format!("{}Mut", name.get_ref()), Place::new(file, name.span()));
    }

    /// A word that attributes take, and the Rust type of that.
    pub(super) fn word(&mut self, file: FileId, word: &Text, what: &str) {
        let place = Place::new(file, word.span());
        if is_snake(word.get_ref()) && is_camel(&camel(word.get_ref())) {
            self.unique(camel(word.get_ref()), place);
            return;
        }
        let message = format!("`{}` cannot be the name of a {what}", word.get_ref());
        let fault = Diagnostic::at(Code::BadName, place, message);
        self.faults
            .push(fault.help("write it in snake case, beginning with a letter, and not as a Rust keyword"));
    }

    fn taken(&mut self, place: Place, name: &str) {
        let message = format!("`{name}` is the name of something else in the output");
        self.faults.push(Diagnostic::at(Code::DuplicateName, place, message).help("choose another name"));
    }

    /// Reports a name that another place has; whether there was none.
    pub(super) fn unique(&mut self, name: String, place: Place) -> bool {
        if let Some(first) = self.seen.get(&name) {
            let message = format!("two items of the output are named `{name}`");
            let fault = Diagnostic::at(Code::DuplicateName, place, message);
            self.faults.push(fault.also(first.clone(), "the other one"));
            return false;
        }
        self.seen.insert(name, place).is_none()
    }
}

/// The package can be named in a manifest, and the title stand in one.
fn head(raw: &RawSpec, faults: &mut Vec<Diagnostic>) {
    for filed in &raw.heads {
        let package = &filed.entry.package;
        if !is_name(&package.get_ref().replace('-', "_")) {
            let message = format!("`{}` cannot be the name of a package", package.get_ref());
            let fault = Diagnostic::at(Code::BadName, filed.at(package), message);
            faults.push(fault.help("letters, digits, `-` and `_`, not beginning with a digit"));
        }
        title(filed.at(&filed.entry.title), filed.entry.title.get_ref(), faults);
    }
}

/// A source can be cited: its title is seen, and its address is a link. What is none would be taken for the name of
/// an item, or for code.
fn sources(raw: &RawSpec, faults: &mut Vec<Diagnostic>) {
    for filed in &raw.sources {
        title(filed.at(&filed.entry.title), filed.entry.title.get_ref(), faults);
        let Some(url) = &filed.entry.url else { continue };
        let rest = ["https://", "http://"].iter().find_map(|scheme| url.get_ref().strip_prefix(scheme));
        if rest.is_none_or(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '[')) {
            let fault = Diagnostic::at(Code::BadText, filed.at(url), "this text cannot be an address");
            faults.push(fault.help("begin it with `https://` or `http://`, or say where it is in `title`"));
        }
    }
}

fn title(place: Place, title: &str, faults: &mut Vec<Diagnostic>) {
    if title.trim().is_empty() || title.contains('\n') {
        let fault = Diagnostic::at(Code::BadText, place, "this text cannot be a title");
        faults.push(fault.help("one line that is not blank"));
    }
}

fn rust_items(raw: &RawSpec, faults: &mut Vec<Diagnostic>) {
    let mut items = Items::new(faults);
    for filed in &raw.heads {
        items.rust(filed.file, &filed.entry.error_type);
    }
    for filed in &raw.handles {
        items.rust(filed.file, &filed.entry.name);
        filed.entry.borrowed.iter().for_each(|name| items.rust(filed.file, name));
    }
    for filed in &raw.typedefs {
        filed.entry.opaque.iter().for_each(|name| items.rust(filed.file, name));
    }
    for filed in &raw.callbacks {
        filed.entry.rust_name.iter().for_each(|name| items.rust(filed.file, name));
    }
    for filed in &raw.tables {
        filed.entry.behind.iter().for_each(|name| items.rust(filed.file, name));
    }
    for filed in &raw.structs {
        let Some(name) = &filed.entry.rust_name else { continue };
        if filed.entry.request.is_some() {
            items.rust(filed.file, name);
        } else {
            items.view(filed.file, name);
        }
    }
}

/// Classes and platforms are snake-case words that differ in camel case too.
fn words(raw: &RawSpec, faults: &mut Vec<Diagnostic>) {
    let classes = raw.classes.iter().map(|filed| (filed.file, &filed.entry.name)).collect::<Vec<_>>();
    let platforms = raw.platforms.iter().map(|filed| (filed.file, &filed.entry.name)).collect::<Vec<_>>();
    for (what, words) in [("class", classes), ("platform", platforms)] {
        if words.is_empty() {
            faults.push(
                Diagnostic::bare(Code::NoWords, format!("the spec has no {what}"))
                    .help(format!("add a `[[{what}]]`")),
            );
        }
        let mut items = Items::new(faults);
        for (file, word) in words {
            items.word(file, word, what);
        }
    }
}

/// The variants of `std::io::ErrorKind` that every supported compiler has.
const IO_KINDS: &[&str] = &[
    "AddrInUse",
    "AddrNotAvailable",
    "AlreadyExists",
    "ArgumentListTooLong",
    "BrokenPipe",
    "ConnectionAborted",
    "ConnectionRefused",
    "ConnectionReset",
    "Deadlock",
    "DirectoryNotEmpty",
    "HostUnreachable",
    "Interrupted",
    "InvalidData",
    "InvalidInput",
    "IsADirectory",
    "NetworkDown",
    "NetworkUnreachable",
    "NotADirectory",
    "NotConnected",
    "NotFound",
    "NotSeekable",
    "OutOfMemory",
    "PermissionDenied",
    "ReadOnlyFilesystem",
    "ResourceBusy",
    "StaleNetworkFileHandle",
    "StorageFull",
    "TimedOut",
    "UnexpectedEof",
    "Unsupported",
    "WouldBlock",
    "WriteZero",
];

/// Error names are names, and two that share a value say so.
fn errors(raw: &RawSpec, faults: &mut Vec<Diagnostic>) {
    let mut first_of: BTreeMap<i32, Place> = BTreeMap::new();
    let mut becomes: BTreeMap<&String, Place> = BTreeMap::new();
    // The first of a name counts, as everywhere.
    let by_name: HashMap<_, _> =
        raw.errors.iter().rev().map(|filed| (filed.entry.name.get_ref(), &filed.entry)).collect();
    for filed in &raw.errors {
        let error = &filed.entry;
        let mut items = Items::new(faults);
        items.name(filed.file, &error.name);
        if let Some(same) = &error.alias_of {
            let other = by_name.get(same.get_ref());
            let equal = other.is_some_and(|other| {
                other.value.get_ref() == error.value.get_ref() && other.alias_of.is_none()
            });
            if !equal {
                let message =
                    format!("`{}` does not have the value of `{}`", error.name.get_ref(), same.get_ref());
                let fault = Diagnostic::at(Code::ErrorValue, filed.at(same), message);
                faults.push(
                    fault.help("`alias-of` names an error with the same value that has no `alias-of` itself"),
                );
            }
        } else if let Some(first) = first_of.insert(*error.value.get_ref(), filed.at(&error.value)) {
            let message = format!("two errors have the value {}", error.value.get_ref());
            let fault = Diagnostic::at(Code::ErrorValue, filed.at(&error.value), message)
                .also(first, "the other one");
            faults.push(
                fault.help("if both names are right, add `alias-of = \"…\"` to the one that is not reported"),
            );
        }
        let kinds = error.io_kind.iter().chain(&error.from_io_kinds);
        for kind in kinds.filter(|kind| !IO_KINDS.contains(&&**kind.get_ref())) {
            let message = format!("cannot find `{}` in `std::io::ErrorKind`", kind.get_ref());
            let fault = Diagnostic::at(Code::WrongValue, filed.at(kind), message);
            faults.push(fault.similar(kind.get_ref(), "a kind", IO_KINDS.iter().copied()));
        }
        for kind in &error.from_io_kinds {
            if let Some(first) = becomes.insert(kind.get_ref(), filed.at(kind)) {
                let message = format!("the kind `{}` is given twice", kind.get_ref());
                let fault = Diagnostic::at(Code::DuplicateName, filed.at(kind), message);
                faults.push(
                    fault
                        .also(first, "here too")
                        .help("each kind becomes one error; keep it with the most general one"),
                );
            }
        }
        if *error.value.get_ref() == 0 {
            faults.push(
                Diagnostic::at(Code::ErrorValue, filed.at(&error.value), "an error cannot have the value 0")
                    .note("0 says that there was none"),
            );
        }
    }
}

/// No two upcalls have one Rust name, and no two downcalls.
fn methods(raw: &RawSpec, model: &Model, faults: &mut Vec<Diagnostic>) {
    let mut items = Items::new(faults);
    for upcall in &model.upcalls {
        let filed = &raw.upcalls[upcall.origin];
        let place = filed.at(&filed.entry.name);
        if !is_name(&upcall.method) {
            let message =
                format!("`{}` gives the Rust name `{}`, which is taken", upcall.name, upcall.method);
            items.faults.push(Diagnostic::at(Code::DuplicateName, place.clone(), message));
        }
        items.unique(upcall.method.clone(), place);
    }
    let mut items = Items::new(faults);
    for downcall in &model.downcalls {
        let filed = &raw.downcalls[downcall.origin];
        let place = filed.at(&filed.entry.name);
        if !is_name(&downcall.method) {
            let message =
                format!("`{}` gives the Rust name `{}`, which is taken", downcall.name, downcall.method);
            items.faults.push(Diagnostic::at(Code::DuplicateName, place.clone(), message));
        }
        items.unique(downcall.method.clone(), place);
    }
}

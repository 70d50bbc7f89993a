//! Names can be written in Rust and in C, and no two items of the output share one.

use crate::code::Code;
use crate::diag::{Diagnostic, Place};
use crate::model::{Function, Model, PRIMS, Placed, TypeKind};
use crate::names::{camel, is_c_name, is_camel, is_name, is_snake};
use std::collections::{BTreeMap, HashSet};

pub(super) fn check(model: &Model, faults: &mut Vec<Diagnostic>) {
    c_items(model, faults);
    title(&model.head.title, faults);
    package(&model.head.package, faults);
    sources(model, faults);
    rust_items(model, faults);
    words(model, faults);
    errors(model, faults);
    methods(model.upcalls.iter().map(|upcall| &upcall.function), faults);
    methods(model.downcalls.iter().map(|downcall| &downcall.function), faults);
}

fn c_items(model: &Model, faults: &mut Vec<Diagnostic>) {
    let mut items = Items::new(faults);
    for ty in &model.types {
        items.c(&ty.name);
        match &ty.kind {
            TypeKind::Struct(of) => of.fields.iter().for_each(|field| items.name(&field.name)),
            TypeKind::Callback(of) => of.params.iter().for_each(|param| items.param(&param.name)),
            TypeKind::Typedef { .. } | TypeKind::Table(_) => {}
        }
    }
    model.constants.iter().for_each(|constant| items.c(&constant.name));
    for prefix in model.tables.iter().map(|table| &table.member_prefix) {
        if !prefix.is_empty() {
            items.name(prefix);
        }
    }
    for function in model.functions() {
        items.function(function);
        function.params.iter().for_each(|param| items.param(&param.name));
    }
    let exported = model.upcalls.iter().filter_map(|upcall| upcall.library.as_ref());
    exported.chain(model.imports.iter().map(|import| &import.library)).for_each(|name| items.library(name));
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
    fn name(&mut self, name: &Placed<String>) {
        if !is_name(name) {
            self.bad(name);
        }
    }

    /// A name of a parameter, for which Rust may have another.
    fn param(&mut self, name: &Placed<String>) {
        if !is_c_name(name) {
            self.bad(name);
        }
    }

    fn bad(&mut self, name: &Placed<String>) {
        let fault = Diagnostic::at(Code::BadName, name.place.clone(), format!("`{name}` cannot be a name"));
        self.faults.push(fault.help("letters, digits and `_`, not beginning with a digit"));
    }

    /// A library, as a linker names it.
    fn library(&mut self, name: &Placed<String>) {
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if name.is_empty() || !name.chars().all(known) {
            let message = format!("`{name}` cannot be the name of a library");
            let fault = Diagnostic::at(Code::BadName, name.place.clone(), message);
            self.faults.push(fault.help("letters, digits, `_`, `-` and `.`"));
        }
    }

    /// A C item. The types that the spec language has keep their meaning.
    fn c(&mut self, name: &Placed<String>) {
        self.name(name);
        if name.as_str() == "void" || PRIMS.iter().any(|prim| prim.name == name.as_str()) {
            let message = format!("`{name}` is the name of something else in the output");
            let fault = Diagnostic::at(Code::DuplicateName, name.place.clone(), message);
            self.faults.push(fault.help("choose another name"));
        }
        self.unique(name.value.clone(), name.place.clone());
    }

    /// A C function, its pointer type, and the Rust type of that.
    fn function(&mut self, function: &Function) {
        self.c(&function.name);
        self.c(&function.pointer_type);
        self.unique(function.rust_type(), function.name.place.clone());
    }

    /// A Rust type.
    fn rust(&mut self, name: &Placed<String>) {
        if !is_camel(name) {
            let message = format!("`{name}` cannot be the Rust name of a type");
            let fault = Diagnostic::at(Code::BadName, name.place.clone(), message);
            self.faults.push(fault.help("write it in camel case"));
        }
        self.unique(name.value.clone(), name.place.clone());
    }

    /// A word that attributes take, and the Rust type of that.
    pub(super) fn word(&mut self, word: &Placed<String>, what: &str) {
        if is_snake(word) && is_camel(&camel(word)) {
            self.unique(camel(word), word.place.clone());
            return;
        }
        let message = format!("`{word}` cannot be the name of a {what}");
        let fault = Diagnostic::at(Code::BadName, word.place.clone(), message);
        self.faults
            .push(fault.help("write it in snake case, beginning with a letter, and not as a Rust keyword"));
    }

    /// Reports a name that another place has, where it stands again; whether there was none.
    pub(super) fn unique(&mut self, name: String, place: Place) -> bool {
        if let Some(first) = self.seen.get(&name) {
            let message = format!("two items of the output are named `{name}`");
            let [first, again] =
                if *first <= place { [first.clone(), place] } else { [place, first.clone()] };
            let fault = Diagnostic::at(Code::DuplicateName, again, message);
            self.faults.push(fault.also(first, "the other one"));
            return false;
        }
        self.seen.insert(name, place).is_none()
    }
}

/// The package can be named in a manifest.
fn package(name: &Placed<String>, faults: &mut Vec<Diagnostic>) {
    if !is_name(&name.replace('-', "_")) {
        let message = format!("`{name}` cannot be the name of a package");
        let fault = Diagnostic::at(Code::BadName, name.place.clone(), message);
        faults.push(fault.help("letters, digits, `-` and `_`, not beginning with a digit"));
    }
}

/// A source can be cited: its title is seen, and its address is a link. What is none would be taken for the name of
/// an item, or for code.
fn sources(model: &Model, faults: &mut Vec<Diagnostic>) {
    for source in &model.sources {
        title(&source.title, faults);
        let Some(url) = &source.url else { continue };
        let rest = ["https://", "http://"].iter().find_map(|scheme| url.strip_prefix(scheme));
        if rest.is_none_or(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '[')) {
            let fault = Diagnostic::at(Code::BadText, url.place.clone(), "this text cannot be an address");
            faults.push(fault.help("begin it with `https://` or `http://`, or say where it is in `title`"));
        }
    }
}

fn title(title: &Placed<String>, faults: &mut Vec<Diagnostic>) {
    if title.trim().is_empty() || title.contains('\n') {
        let fault = Diagnostic::at(Code::BadText, title.place.clone(), "this text cannot be a title");
        faults.push(fault.help("one line that is not blank"));
    }
}

fn rust_items(model: &Model, faults: &mut Vec<Diagnostic>) {
    let mut items = Items::new(faults);
    items.rust(&model.head.error_type);
    for handle in &model.handles {
        items.rust(&handle.name);
        handle.borrowed.iter().for_each(|name| items.rust(name));
    }
    for ty in &model.types {
        match &ty.kind {
            TypeKind::Typedef { opaque: name, .. } => name.iter().for_each(|name| items.rust(name)),
            TypeKind::Callback(of) => of.rust_name.iter().for_each(|name| items.rust(name)),
            TypeKind::Table(at) => model.tables[*at].behind.iter().for_each(|name| items.rust(name)),
            TypeKind::Struct(of) => {
                let Some(name) = &of.rust_name else { continue };
                items.rust(name);
                // A counted structure has a form that can be changed.
                if of.request.is_none() {
                    items.unique(format!("{name}Mut"), name.place.clone());
                }
            }
        }
    }
    records(model, &mut items);
}

/// Structures of downcalls, which several of them may share.
fn records(model: &Model, items: &mut Items<'_>) {
    let mut seen = HashSet::new();
    let names =
        model.downcalls.iter().flat_map(|of| of.answer.iter().chain(of.group.iter().map(|group| &group.ty)));
    names.filter(|name| seen.insert(name.as_str())).for_each(|name| items.rust(name));
}

/// Classes and platforms are snake-case words that differ in camel case too.
fn words(model: &Model, faults: &mut Vec<Diagnostic>) {
    for (what, words) in [("class", &model.classes), ("platform", &model.platforms)] {
        if words.is_empty() {
            faults.push(
                Diagnostic::bare(Code::NoWords, format!("the spec has no {what}"))
                    .help(format!("add a `[[{what}]]`")),
            );
        }
        let mut items = Items::new(faults);
        for word in words {
            items.word(&word.name, what);
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
fn errors(model: &Model, faults: &mut Vec<Diagnostic>) {
    let mut first_of: BTreeMap<i32, Place> = BTreeMap::new();
    let mut becomes: BTreeMap<&str, Place> = BTreeMap::new();
    for error in &model.errors {
        let (name, value) = (&error.name, &error.value);
        Items::new(faults).name(name);
        if let Some(same) = &error.alias_of {
            let other = &model.errors[**same];
            if *other.value != **value || other.alias_of.is_some() {
                let message = format!("`{name}` does not have the value of `{}`", other.name);
                let fault = Diagnostic::at(Code::ErrorValue, same.place.clone(), message);
                faults.push(
                    fault.help("`alias-of` names an error with the same value that has no `alias-of` itself"),
                );
            }
        } else if let Some(first) = first_of.insert(**value, value.place.clone()) {
            let message = format!("two errors have the value {value}");
            let fault = Diagnostic::at(Code::ErrorValue, value.place.clone(), message);
            faults.push(
                fault
                    .also(first, "the other one")
                    .help("if both names are right, add `alias-of = \"…\"` to the one that is not reported"),
            );
        }
        let kinds = error.io_kind.iter().chain(&error.from_io_kinds);
        for kind in kinds.filter(|kind| !IO_KINDS.contains(&kind.as_str())) {
            let message = format!("cannot find `{kind}` in `std::io::ErrorKind`");
            let fault = Diagnostic::at(Code::WrongValue, kind.place.clone(), message);
            faults.push(fault.similar(kind, "a kind", IO_KINDS.iter().copied()));
        }
        for kind in &error.from_io_kinds {
            if let Some(first) = becomes.insert(kind, kind.place.clone()) {
                let message = format!("the kind `{kind}` is given twice");
                let fault = Diagnostic::at(Code::DuplicateName, kind.place.clone(), message);
                faults.push(
                    fault
                        .also(first, "here too")
                        .help("each kind maps to one error; keep it at the most general one"),
                );
            }
        }
        if **value == 0 {
            let message = "an error cannot have the value 0";
            let fault = Diagnostic::at(Code::ErrorValue, value.place.clone(), message);
            faults.push(fault.note("0 means success"));
        }
    }
}

/// No two upcalls have one Rust name, and no two downcalls.
fn methods<'m>(functions: impl Iterator<Item = &'m Function>, faults: &mut Vec<Diagnostic>) {
    let mut items = Items::new(faults);
    for function in functions {
        let (name, method) = (&function.name, &function.method);
        if !is_name(method) {
            let message = format!("`{name}` gives the Rust name `{method}`, which is taken");
            items.faults.push(Diagnostic::at(Code::DuplicateName, name.place.clone(), message));
        }
        items.unique(method.clone(), name.place.clone());
    }
}

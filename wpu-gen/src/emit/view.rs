//! What emitters ask of a spec, already as tokens.

use super::path::item;
use super::tokens::Tokens;
use crate::folder::{MARKER, OF};
use crate::model::{Function, TypeKind};
use crate::names::ident;
use crate::role::kind::{Call, Form};
use crate::spec::Spec;
use proc_macro2::Ident;
use std::collections::HashSet;
use std::ops::Deref;
use std::rc::Rc;

/// A spec, seen by an emitter.
pub(super) struct View<'a> {
    tokens: Tokens<'a>,
    forms: &'a [Form],
    down_forms: &'a [Form],
    /// Names of types that Rust knows too.
    types: HashSet<&'a str>,
    /// All names of the spec.
    names: Rc<HashSet<String>>,
}

impl<'a> Deref for View<'a> {
    type Target = Tokens<'a>;

    fn deref(&self) -> &Tokens<'a> {
        &self.tokens
    }
}

impl<'a> View<'a> {
    pub(super) fn new(spec: &'a Spec) -> Self {
        let model = &spec.model;
        let types = model.types.iter();
        let types = types.filter(|def| !matches!(def.kind, TypeKind::Typedef { c_only: true, .. }));
        Self {
            tokens: Tokens { model },
            forms: &spec.forms,
            down_forms: &spec.down_forms,
            types: types.map(|def| def.name.as_str()).collect(),
            names: Rc::new(model.names()),
        }
    }

    /// All names of the spec.
    pub(super) fn names(&self) -> Rc<HashSet<String>> {
        Rc::clone(&self.names)
    }

    /// The first line of every file.
    pub(super) fn marker(&self) -> String {
        let head = &self.model.head;
        format!("{MARKER}{OF}{}`, revision {}. Do not edit.", head.package, head.revision)
    }

    pub(super) fn upcalls(&self) -> impl Iterator<Item = Call<'_>> {
        (0..self.model.upcalls.len()).map(|at| self.upcall(at))
    }

    pub(super) fn upcall(&self, at: usize) -> Call<'_> {
        self.call(at, &self.model.upcalls[at], &self.forms[at])
    }

    /// The downcalls, where the spec has some.
    pub(super) fn downcalls(&self) -> impl Iterator<Item = Call<'_>> {
        let downcalls = self.model.downcalls.iter().zip(self.down_forms).enumerate();
        downcalls.map(|(at, (downcall, form))| self.call(at, downcall, form))
    }

    fn call<'c>(&'c self, at: usize, function: &'c Function, form: &'c Form) -> Call<'c> {
        Call {
            tokens: &self.tokens,
            at,
            function,
            form,
            name: ident(&function.name),
            method: ident(&function.method),
            pointer: item("ffi", &function.rust_type()),
        }
    }

    /// A downcall that can bring a request, if there is one: they all have the same types.
    pub(super) fn requesting(&self) -> Option<Call<'_>> {
        self.downcalls().find(|downcall| downcall.form.request.is_some())
    }

    /// Whether a downcall has values beside errors, or brings a request.
    pub(super) fn has_outcomes(&self) -> bool {
        self.downcalls().any(|downcall| downcall.form.request.is_some() || !downcall.partial().is_empty())
    }

    /// Whether a structure of the spec is a buffer.
    pub(super) fn has_buffers(&self) -> bool {
        self.model.types.iter().any(|def| matches!(&def.kind, TypeKind::Struct(of) if of.iovec.is_some()))
    }

    /// The Rust name of the trait behind a provider's table.
    pub(super) fn behind(&self) -> Option<Ident> {
        self.model
            .provider_table()
            .and_then(|table| table.behind.as_deref())
            .map(|name| item("provider", name))
    }

    /// A link in the rustdoc of a file to a type of this name that Rust knows too. `None` if there is none.
    pub(super) fn type_link(&self, file: &str, name: &str) -> Option<String> {
        // Where the name is in scope, rustdoc refuses a path.
        let path = if file == "ffi" { String::new() } else { format!("(crate::ffi::{name})") };
        self.types.contains(name).then(|| format!("[`{name}`]{path}"))
    }
}

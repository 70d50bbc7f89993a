//! Names in what is said about other entries: headers, their mismatches and notes.

use super::Resolver;
use crate::code::Code;
use crate::diag::{Diagnostic, Place};
use crate::load::Filed;
use crate::model;
use crate::names;
use crate::scope::Scope;
use crate::source::FileId;
use crate::syntax::{self, Text, text};
use crate::types::check_header;

impl Resolver<'_> {
    /// The header that an item names. It need not be declared.
    pub(super) fn header_of(&mut self, file: FileId, header: &Text) -> String {
        self.scopes.types.header_of(file, header, self.faults)
    }

    pub(super) fn header(&mut self, filed: &Filed<syntax::Header>) -> model::Header {
        let header = &filed.entry;
        for path in header.include.iter().chain(&header.fallback) {
            check_header(filed.file, path, self.faults);
        }
        for path in &header.include {
            self.scopes.types.headers.touch(path.get_ref());
        }
        let name = text(&header.name);
        let include = header.include.iter().map(text).collect();
        model::Header { name, include, fallback: header.fallback.as_ref().map(text) }
    }

    pub(super) fn header_mismatch(&mut self, filed: &Filed<syntax::HeaderMismatch>) -> model::HeaderMismatch {
        let header_mismatch = &filed.entry;
        if let Some(unless) =
            header_mismatch.unless.as_ref().filter(|unless| !names::is_name(unless.get_ref()))
        {
            let message = format!("`{}` cannot be the name of a macro", unless.get_ref());
            let fault = Diagnostic::at(Code::BadName, filed.at(unless), message);
            self.faults.push(fault.help("letters, digits and `_`, and no digit first, as in `__MINGW32__`"));
        }
        for name in &header_mismatch.about {
            self.about_compared(filed.file, name);
        }
        model::HeaderMismatch {
            about: header_mismatch.about.iter().map(text).collect(),
            unless: header_mismatch.unless.as_ref().map(text),
            reason: text(&header_mismatch.reason),
            sources: self.find_sources(filed.file, &header_mismatch.sources),
        }
    }

    /// Finds what a header mismatch is about among what is compared with headers.
    fn about_compared(&mut self, file: FileId, name: &Text) {
        let scopes = self.scopes;
        let all = [
            &scopes.upcalls,
            &scopes.downcalls,
            &scopes.types.scope,
            &scopes.types.constants,
            &scopes.errors,
            &scopes.entry_points,
            &scopes.imports,
        ];
        self.among(file, name, &all, Scope::has, "among what headers declare");
    }

    pub(super) fn note(&mut self, filed: &Filed<syntax::Note>) -> model::Note {
        let note = &filed.entry;
        let upcalls = note.about.iter().filter_map(|name| self.about(filed.file, name)).collect();
        let downcalls = note.about.iter().filter_map(|name| self.scopes.downcalls.get(name.get_ref()));
        let downcalls = downcalls.map(|raw| self.scopes.downcall_order[raw]).collect();
        model::Note {
            id: text(&note.id),
            upcalls,
            downcalls,
            about: note.about.iter().map(text).collect(),
            doc: text(&note.doc),
            decision: text(&note.decision),
            sources: self.find_sources(filed.file, &note.sources),
        }
    }

    /// Finds what a note is about, in any scope; an upcall is answered.
    fn about(&mut self, file: FileId, name: &Text) -> Option<usize> {
        let scopes = self.scopes;
        let all = [
            &scopes.upcalls,
            &scopes.downcalls,
            &scopes.types.scope,
            &scopes.types.headers,
            &scopes.types.constants,
            &scopes.errors,
            &scopes.tables,
            &scopes.entry_points,
            &scopes.imports,
            &scopes.kits,
            &scopes.handles,
            &scopes.classes,
            &scopes.platforms,
        ];
        self.among(file, name, &all, Scope::touch, "in the spec");
        let raw = scopes.upcalls.get(name.get_ref())?;
        Some(scopes.upcall_order[raw])
    }

    /// Reports a name that none of these scopes has.
    pub(super) fn among(
        &mut self,
        file: FileId,
        name: &Text,
        all: &[&Scope],
        is_in: fn(&Scope, &str) -> bool,
        place: &str,
    ) {
        if !all.iter().any(|scope| is_in(scope, name.get_ref())) {
            let message = format!("cannot find `{}` {place}", name.get_ref());
            let fault = Diagnostic::at(Code::UnknownName, Place::new(file, name.span()), message);
            if self.faults.are_many() {
                self.faults.push(fault);
                return;
            }
            let known = all.iter().flat_map(|scope| scope.names());
            self.faults.push(fault.similar(name.get_ref(), "something", known));
        }
    }
}

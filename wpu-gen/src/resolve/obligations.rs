//! Names in topics and their obligations: functions, sources, classes and platforms.

use super::Resolver;
use crate::code::Code;
use crate::diag::{Diagnostic, Place};
use crate::load::Filed;
use crate::model::{self, Cited, FunctionId, Placed};
use crate::names::is_slug;
use crate::source::FileId;
use crate::syntax::{self, Text};

impl Resolver<'_> {
    pub(super) fn topic(&mut self, filed: &Filed<syntax::Topic>) -> model::Topic {
        let (file, topic) = (filed.file, &filed.entry);
        let subject = self.find_function(topic.name.get_ref());
        if subject.is_none() && !is_slug(topic.name.get_ref()) {
            let note = "a topic has the name of a function, or a slug such as `start-up`";
            let fault = self.no_function(file, &topic.name).note(note);
            self.faults.push(fault);
        }
        let texts = |list: &[Text]| list.iter().map(|text| filed.text(text)).collect();
        model::Topic {
            name: filed.text(&topic.name),
            subject,
            doc: topic.doc.as_ref().map(|doc| filed.text(doc)),
            functions: self.functions(file, &topic.functions),
            read: filed.text(&topic.read),
            sources: self.find_sources(file, &topic.sources),
            retired: texts(&topic.retired),
            obligations: topic.obligations.iter().map(|entry| self.obligation(filed, entry)).collect(),
        }
    }

    fn obligation(&mut self, filed: &Filed<syntax::Topic>, entry: &syntax::Obligation) -> model::Obligation {
        let file = filed.file;
        let (classes, platforms) = (&self.scopes.classes, &self.scopes.platforms);
        let class = entry.class.as_ref().map(|name| classes.find(file, name, self.faults));
        let platform = entry.platform.as_ref().map(|name| platforms.find(file, name, self.faults));
        let functions = entry
            .functions
            .as_ref()
            .map(|list| Placed { value: self.functions(file, list.get_ref()), place: filed.at(list) });
        let optional = |text: &Option<Text>| text.as_ref().map(|text| filed.text(text));
        model::Obligation {
            slug: filed.text(&entry.id),
            binds: entry.binds,
            kind: entry.kind,
            doc: filed.text(&entry.doc),
            sources: entry.sources.iter().map(|source| self.cited(file, source)).collect(),
            certainty: entry.certainty.as_ref().map(|certainty| filed.placed(certainty)),
            decision: optional(&entry.decision),
            class,
            platform,
            functions,
            not_checkable: optional(&entry.not_checkable),
            replaces: entry.replaces.iter().map(|id| filed.text(id)).collect(),
        }
    }

    /// A source and its section, in one text.
    fn cited(&mut self, file: FileId, text: &Text) -> Cited {
        let (id, section) = text.get_ref().split_once(' ').unwrap_or((text.get_ref(), ""));
        let source = self.scopes.sources.find_at(Place::new(file, text.span()), id, self.faults);
        Cited { source, section: section.trim().to_owned() }
    }

    pub(super) fn functions(&mut self, file: FileId, names: &[Text]) -> Vec<Placed<FunctionId>> {
        let mut found: Vec<Placed<FunctionId>> = Vec::new();
        for name in names {
            let place = Place::new(file, name.span());
            let Some(value) = self.find_function(name.get_ref()) else {
                let fault = self.no_function(file, name);
                self.faults.push(fault);
                continue;
            };
            if found.iter().any(|before| before.value == value) {
                let message = format!("function `{}` is in this list twice", name.get_ref());
                self.faults.push(Diagnostic::at(Code::DuplicateName, place.clone(), message));
            }
            found.push(Placed { value, place });
        }
        found
    }

    /// The function of this name, of any kind.
    fn find_function(&self, name: &str) -> Option<FunctionId> {
        let scopes = self.scopes;
        let upcall = scopes.upcalls.get(name).map(|raw| FunctionId::Upcall(scopes.upcall_order[raw]));
        let downcall =
            || scopes.downcalls.get(name).map(|raw| FunctionId::Downcall(scopes.downcall_order[raw]));
        let entry = || scopes.entry_points.get(name).map(FunctionId::EntryPoint);
        let import = || scopes.imports.get(name).map(FunctionId::Import);
        upcall.or_else(downcall).or_else(entry).or_else(import)
    }

    fn no_function(&self, file: FileId, name: &Text) -> Diagnostic {
        let message = format!("cannot find function `{}`", name.get_ref());
        let fault = Diagnostic::at(Code::UnknownName, Place::new(file, name.span()), message);
        if self.faults.are_many() {
            return fault;
        }
        let scopes = self.scopes;
        let all = [&scopes.upcalls, &scopes.downcalls, &scopes.entry_points, &scopes.imports];
        fault.similar(name.get_ref(), "a function", all.iter().flat_map(|scope| scope.names()))
    }
}

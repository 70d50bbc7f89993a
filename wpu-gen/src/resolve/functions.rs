//! Names in what can be called: upcalls, downcalls and imports, with their parameters and errors.

use super::{NOWHERE, Resolver};
use crate::code::Code;
use crate::diag::{Diagnostic, Place};
use crate::load::Filed;
use crate::model;
use crate::names;
use crate::scope::Scope;
use crate::source::FileId;
use crate::syntax::{self, Text, text};
use std::collections::BTreeMap;

impl Resolver<'_> {
    pub(super) fn upcall(&mut self, origin: usize, filed: &Filed<syntax::Upcall>) -> model::Upcall {
        let upcall = &filed.entry;
        let file = filed.file;
        let prefix = self.raw.heads.first().map_or("", |head| head.entry.prefix.get_ref());
        let why = "`prefix` of `[spec]` says what every upcall's name begins with";
        let stem = self.stem(filed.at(&upcall.name), upcall.name.get_ref(), prefix, why);
        let mut slots: Vec<_> = upcall
            .slots
            .iter()
            .map(|(table, slot)| (self.scopes.tables.find(file, table, self.faults), *slot.get_ref()))
            .collect();
        slots.sort_unstable();
        model::Upcall {
            name: text(&upcall.name),
            method: names::snake(stem),
            pointer_type: text(&upcall.pointer_type),
            doc: summary(&upcall.doc),
            details: details(&upcall.doc),
            header: self.header_of(file, &upcall.header),
            slots,
            library: upcall.library.as_ref().map(text),
            returns: self.find_type(file, &upcall.returns.ty),
            result: *upcall.returns.role.get_ref(),
            failure: upcall.failure.as_ref().map(|name| self.scopes.constants.find(file, name, self.faults)),
            success: upcall.success.as_ref().map(|name| self.scopes.constants.find(file, name, self.faults)),
            must_use: upcall.must_use.as_ref().map(text),
            params: self.params(file, &upcall.params),
            errors: self.documented(file, &upcall.errors),
            requirement: self.requirement(file, &upcall.requirement),
            sources: self.find_sources(file, &upcall.sources),
            origin,
        }
    }

    /// What is left of a name without its prefix.
    fn stem<'n>(&mut self, place: Place, name: &'n str, prefix: &str, why: &str) -> &'n str {
        let stem = name.strip_prefix(prefix).filter(|stem| !stem.is_empty());
        if stem.is_none() {
            let message = format!("`{name}` does not begin with `{prefix}`");
            self.faults.push(Diagnostic::at(Code::WrongPrefix, place, message).note(why));
        }
        stem.unwrap_or_default()
    }

    pub(super) fn downcall(&mut self, origin: usize, filed: &Filed<syntax::Downcall>) -> model::Downcall {
        let downcall = &filed.entry;
        let file = filed.file;
        let head = self.raw.heads.first().and_then(|head| head.entry.downcall_prefix.as_ref());
        let prefix = head.map_or("", |prefix| prefix.get_ref());
        let why = "`downcall-prefix` of `[spec]` says what every downcall's name begins with";
        let stem = self.stem(filed.at(&downcall.name), downcall.name.get_ref(), prefix, why);
        model::Downcall {
            name: text(&downcall.name),
            method: names::snake(stem),
            pointer_type: text(&downcall.pointer_type),
            doc: summary(&downcall.doc),
            details: details(&downcall.doc),
            header: self.header_of(file, &downcall.header),
            slot: *downcall.slot.get_ref(),
            returns: self.find_type(file, &downcall.returns.ty),
            result: *downcall.returns.role.get_ref(),
            failure: self.scopes.constants.find(file, &downcall.failure, self.faults),
            success: downcall
                .success
                .as_ref()
                .map(|name| self.scopes.constants.find(file, name, self.faults)),
            params: self.params(file, &downcall.params),
            errors: self.documented(file, &downcall.errors),
            unimplemented_error: downcall
                .unimplemented_error
                .as_ref()
                .map(|error| self.find_error(file, error)),
            nullable_in: self.scopes.entry_points.find_all(file, &downcall.nullable_in, self.faults),
            sources: self.find_sources(file, &downcall.sources),
            origin,
        }
    }

    pub(super) fn params(&mut self, file: FileId, params: &[syntax::Param]) -> Vec<model::Param> {
        let mut scope = Scope::new("parameter", Code::UnknownParameter);
        for param in params {
            scope.declare(file, &param.name, self.faults);
        }
        let mut params: Vec<_> = params.iter().map(|param| self.param(file, &scope, param)).collect();
        let mut owners = vec![model::Owners::default(); params.len()];
        for (at, param) in params.iter().enumerate() {
            let mut own = |named: Option<usize>, key: fn(&mut model::Owners) -> &mut Option<usize>| {
                if let Some(owners) = named.and_then(|named| owners.get_mut(named)) {
                    key(owners).get_or_insert(at);
                }
            };
            own(param.length, |owners| &mut owners.length);
            own(param.written, |owners| &mut owners.written);
            own(param.context, |owners| &mut owners.context);
            own(param.completion, |owners| &mut owners.completion);
            own(param.completion_thread, |owners| &mut owners.completion_thread);
        }
        for (param, owners) in params.iter_mut().zip(owners) {
            param.owners = owners;
        }
        params
    }

    fn param(&mut self, file: FileId, siblings: &Scope, param: &syntax::Param) -> model::Param {
        let mut sibling =
            |name: &Option<Text>| name.as_ref().map(|name| siblings.find(file, name, self.faults));
        let (length, context) = (sibling(&param.length), sibling(&param.context));
        let (written, completion, completion_thread) =
            (sibling(&param.written), sibling(&param.completion), sibling(&param.completion_thread));
        model::Param {
            name: text(&param.name),
            ty: self.find_param_type(file, &param.ty, *param.direction.get_ref()),
            c_type: param.ty.get_ref().split_whitespace().collect::<Vec<_>>().join(" "),
            direction: *param.direction.get_ref(),
            role: param.role.as_ref().map(|role| *role.get_ref()),
            rust_name: param.rust_name.as_ref().map(text),
            length,
            owners: model::Owners::default(),
            context,
            written,
            encoding: param.encoding.as_ref().map(|encoding| *encoding.get_ref()),
            unit: param.unit.as_ref().map(|unit| *unit.get_ref()),
            completion,
            completion_thread,
            optional: [&param.nullable, &param.optional].into_iter().flatten().any(|null| *null.get_ref()),
            buffer_too_small: param.buffer_too_small.as_ref().map(|error| self.find_error(file, error)),
            null_error: match (&param.null_error, self.raw.heads.first()) {
                (Some(error), _) => self.find_error(file, error),
                (None, Some(head)) => self.find_error(head.file, &head.entry.invalid_pointer),
                (None, None) => NOWHERE,
            },
            handle: param.handle.as_ref().map(|name| self.scopes.handles.find(file, name, self.faults)),
            lifetime: param.lifetime.as_ref().map(|lifetime| *lifetime.get_ref()),
            doc: text(&param.doc),
        }
    }

    pub(super) fn documented(
        &mut self,
        file: FileId,
        errors: &[syntax::DocumentedError],
    ) -> Vec<model::DocumentedError> {
        let mut seen: BTreeMap<&str, Place> = BTreeMap::new();
        errors
            .iter()
            .map(|error| {
                let place = Place::new(file, error.code.span());
                if let Some(first) = seen.insert(error.code.get_ref(), place.clone()) {
                    let message = format!("`{}` is documented twice here", error.code.get_ref());
                    self.faults
                        .push(Diagnostic::at(Code::DuplicateName, place, message).also(first, "first here"));
                }
                model::DocumentedError { code: self.find_error(file, &error.code), when: text(&error.when) }
            })
            .collect()
    }

    fn requirement(&mut self, file: FileId, requirement: &syntax::Requirement) -> model::Requirement {
        let every = |scope: &Scope| (0..scope.len()).collect::<Vec<_>>();
        let classes = match &requirement.classes {
            Some(names) => self.scopes.classes.find_all(file, names, self.faults),
            None => every(&self.scopes.classes),
        };
        let platforms = match &requirement.platforms {
            Some(names) => self.scopes.platforms.find_all(file, names, self.faults),
            None => every(&self.scopes.platforms),
        };
        let mask = |chosen: Vec<usize>, all: &Scope| {
            let mut mask = vec![false; all.len()];
            for at in chosen {
                if let Some(chosen) = mask.get_mut(at) {
                    *chosen = true;
                }
            }
            mask
        };
        let (classes, platforms) =
            (mask(classes, &self.scopes.classes), mask(platforms, &self.scopes.platforms));
        let here = *requirement.status.get_ref();
        // What is said of each platform; the check gate has a fault where nothing is.
        let mut said: Vec<_> = platforms.into_iter().map(|named| named.then_some(here)).collect();
        for (platform, status) in &requirement.elsewhere {
            if let Some(said) = said.get_mut(self.scopes.platforms.find(file, platform, self.faults)) {
                *said = said.or(Some(*status.get_ref()));
            }
        }
        let row = |class: usize| said.iter().map(|status| status.filter(|_| classes[class])).collect();
        model::Requirement {
            status: (0..self.scopes.classes.len()).map(row).collect(),
            reason: text(&requirement.reason),
            substitute: requirement.substitute.as_ref().map(text),
            waiver: requirement.waiver.as_ref().map(text),
        }
    }

    pub(super) fn import(&mut self, filed: &Filed<syntax::Import>) -> model::Import {
        let import = &filed.entry;
        let mut scope = Scope::new("parameter", Code::UnknownParameter);
        let params = import.params.iter().map(|param| {
            scope.declare(filed.file, &param.name, self.faults);
            model::ImportParam {
                name: text(&param.name),
                ty: self.find_param_type(filed.file, &param.ty, *param.direction.get_ref()),
                c_type: param.ty.get_ref().split_whitespace().collect::<Vec<_>>().join(" "),
                direction: *param.direction.get_ref(),
                doc: text(&param.doc),
            }
        });
        model::Import {
            params: params.collect(),
            name: text(&import.name),
            method: names::snake(import.name.get_ref()),
            pointer_type: text(&import.pointer_type),
            library: text(&import.library),
            arch: import.arch.as_ref().map(|arch| *arch.get_ref()),
            doc: text(&import.doc),
            header: self.header_of(filed.file, &import.header),
            returns: self.find_type(filed.file, &import.returns),
            errors: self.documented(filed.file, &import.errors),
            sources: self.find_sources(filed.file, &import.sources),
        }
    }
}

/// The first paragraph of a function's documentation.
fn summary(doc: &Text) -> String {
    paragraphs(doc).0
}

/// The others.
fn details(doc: &Text) -> String {
    paragraphs(doc).1
}

fn paragraphs(doc: &Text) -> (String, String) {
    let doc = text(doc);
    let lines: Vec<_> = doc.lines().collect();
    let end = lines.iter().position(|line| line.trim().is_empty()).unwrap_or(lines.len());
    let (summary, rest) = lines.split_at(end);
    let blank = rest.iter().take_while(|line| line.trim().is_empty()).count();
    (summary.join("\n"), rest[blank..].join("\n"))
}

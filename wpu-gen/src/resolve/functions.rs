//! Names in what can be called: upcalls, downcalls and imports, with their parameters and errors.

use super::{NOWHERE, Resolver};
use crate::code::Code;
use crate::diag::{Diagnostic, Place};
use crate::load::{Filed, placed};
use crate::model::{self, Direction, Function, Key, Param, Placed, ProvidedBy, ReturnRole};
use crate::names;
use crate::scope::{Faults, Scope};
use crate::source::FileId;
use crate::syntax::{self, Spanned, Text, text};
use std::collections::BTreeMap;

/// What the syntax of every function has.
struct Parts<'a> {
    file: FileId,
    provided_by: ProvidedBy,
    name: &'a Text,
    method: String,
    pointer_type: &'a Text,
    /// The first paragraph of its documentation, and the others.
    about: (String, String),
    header: &'a Text,
    returns: &'a Text,
    result: Option<&'a Spanned<ReturnRole>>,
    failure: Option<&'a Text>,
    success: Option<&'a Text>,
    errors: &'a [syntax::DocumentedError],
    sources: &'a [Text],
}

impl Resolver<'_> {
    fn function(&mut self, parts: Parts<'_>, params: Vec<Param>) -> Function {
        let file = parts.file;
        let (doc, details) = parts.about;
        Function {
            name: placed(file, parts.name),
            method: parts.method,
            pointer_type: placed(file, parts.pointer_type),
            doc,
            details,
            header: self.header_of(file, parts.header),
            provided_by: parts.provided_by,
            returns: self.find_type(file, parts.returns),
            result: parts.result.map(|role| placed(file, role)),
            failure: parts.failure.map(|name| self.find_constant(file, name)),
            success: parts.success.map(|name| self.find_constant(file, name)),
            params,
            errors: self.documented(file, parts.errors),
            sources: self.find_sources(file, parts.sources),
        }
    }

    pub(super) fn upcall(&mut self, filed: &Filed<syntax::Upcall>) -> model::Upcall {
        let (upcall, file) = (&filed.entry, filed.file);
        let prefix = self.raw.heads.first().map_or("", |head| head.entry.prefix.get_ref());
        let why = "`prefix` of `[spec]` says what every upcall's name begins with";
        let stem = self.stem(filed.at(&upcall.name), upcall.name.get_ref(), prefix, why);
        let slots = upcall.slots.iter();
        let slots =
            slots.map(|(table, slot)| (self.scopes.tables.find(file, table, self.faults), *slot.get_ref()));
        let mut slots: Vec<_> = slots.collect();
        slots.sort_unstable();
        let parts = Parts {
            file,
            provided_by: ProvidedBy::Host,
            name: &upcall.name,
            method: names::snake(stem),
            pointer_type: &upcall.pointer_type,
            about: paragraphs(&upcall.doc),
            header: &upcall.header,
            returns: &upcall.returns.ty,
            result: Some(&upcall.returns.role),
            failure: upcall.failure.as_ref(),
            success: upcall.success.as_ref(),
            errors: &upcall.errors,
            sources: &upcall.sources,
        };
        let params = self.params(file, &upcall.params);
        model::Upcall {
            function: self.function(parts, params),
            slots,
            library: upcall.library.as_ref().map(|library| filed.placed(library)),
            must_use: upcall.must_use.as_ref().map(text),
            requirement: self.requirement(file, &upcall.requirement),
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

    pub(super) fn downcall(&mut self, filed: &Filed<syntax::Downcall>) -> model::Downcall {
        let (downcall, file) = (&filed.entry, filed.file);
        let head = self.raw.heads.first().and_then(|head| head.entry.downcall_prefix.as_ref());
        let prefix = head.map_or("", |prefix| prefix.get_ref());
        let why = "`downcall-prefix` of `[spec]` says what every downcall's name begins with";
        let stem = self.stem(filed.at(&downcall.name), downcall.name.get_ref(), prefix, why);
        let parts = Parts {
            file,
            provided_by: ProvidedBy::Plugin,
            name: &downcall.name,
            method: names::snake(stem),
            pointer_type: &downcall.pointer_type,
            about: paragraphs(&downcall.doc),
            header: &downcall.header,
            returns: &downcall.returns.ty,
            result: Some(&downcall.returns.role),
            failure: Some(&downcall.failure),
            success: downcall.success.as_ref(),
            errors: &downcall.errors,
            sources: &downcall.sources,
        };
        let params = self.params(file, &downcall.params);
        model::Downcall {
            function: self.function(parts, params),
            slot: *downcall.slot.get_ref(),
            unimplemented_error: downcall
                .unimplemented_error
                .as_ref()
                .map(|error| self.error_at(file, error)),
            nullable_in: self.scopes.entry_points.find_all(file, &downcall.nullable_in, self.faults),
            answer: downcall.answer.as_ref().map(|name| filed.text(name)),
            group: downcall.group.as_ref().map(|group| self.group(filed, group)),
        }
    }

    fn group(&mut self, filed: &Filed<syntax::Downcall>, group: &syntax::Group) -> model::Group {
        let mut siblings = Scope::new("parameter", Code::UnknownParameter);
        // What is wrong with their names is reported where they are declared.
        filed
            .entry
            .params
            .iter()
            .for_each(|param| siblings.declare(filed.file, &param.name, &mut Faults::default()));
        let mut find = |names: &[Text]| -> Vec<_> {
            let found = siblings.find_all(filed.file, names, self.faults);
            names.iter().zip(found).map(|(name, value)| Placed { value, place: filed.at(name) }).collect()
        };
        model::Group {
            params: find(&group.params),
            new: find(&group.new),
            ty: filed.text(&group.ty),
            rust_name: filed.text(&group.rust_name),
        }
    }

    pub(super) fn entry_point(&mut self, filed: &Filed<syntax::EntryPoint>) -> model::EntryPoint {
        let (entry, file) = (&filed.entry, filed.file);
        let parts = Parts {
            file,
            provided_by: ProvidedBy::Plugin,
            name: &entry.name,
            method: names::snake(entry.name.get_ref()),
            pointer_type: &entry.pointer_type,
            about: (text(&entry.doc), String::new()),
            header: &entry.header,
            returns: &entry.returns,
            result: None,
            failure: None,
            success: None,
            errors: &entry.errors,
            sources: &entry.sources,
        };
        let params = self.params(file, &entry.params);
        model::EntryPoint {
            function: self.function(parts, params),
            missing_error: self.find_error(file, &entry.missing_error),
        }
    }

    pub(super) fn import(&mut self, filed: &Filed<syntax::Import>) -> model::Import {
        let (import, file) = (&filed.entry, filed.file);
        let parts = Parts {
            file,
            provided_by: ProvidedBy::Host,
            name: &import.name,
            method: names::snake(import.name.get_ref()),
            pointer_type: &import.pointer_type,
            about: (text(&import.doc), String::new()),
            header: &import.header,
            returns: &import.returns,
            result: None,
            failure: None,
            success: None,
            errors: &import.errors,
            sources: &import.sources,
        };
        let mut scope = Scope::new("parameter", Code::UnknownParameter);
        let params = import.params.iter().map(|param| {
            scope.declare(file, &param.name, self.faults);
            self.plain_param(file, &param.name, &param.ty, &param.direction, &param.doc)
        });
        let params = params.collect();
        model::Import {
            function: self.function(parts, params),
            library: filed.placed(&import.library),
            arch: import.arch.as_ref().map(|arch| *arch.get_ref()),
        }
    }

    fn params(&mut self, file: FileId, params: &[syntax::Param]) -> Vec<Param> {
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

    /// What every parameter has.
    fn plain_param(
        &mut self,
        file: FileId,
        name: &Text,
        ty: &Text,
        direction: &Spanned<Direction>,
        doc: &Text,
    ) -> Param {
        Param {
            name: placed(file, name),
            ty: self.find_param_type(file, ty, *direction.get_ref()),
            c_type: ty.get_ref().split_whitespace().collect::<Vec<_>>().join(" "),
            direction: placed(file, direction),
            role: None,
            rust_name: None,
            length: None,
            owners: model::Owners::default(),
            context: None,
            written: None,
            completion: None,
            completion_thread: None,
            encoding: None,
            unit: None,
            optional: false,
            buffer_too_small: None,
            null_error: NOWHERE,
            handle: None,
            lifetime: None,
            doc: text(doc),
            keys: Vec::new(),
        }
    }

    fn param(&mut self, file: FileId, siblings: &Scope, param: &syntax::Param) -> Param {
        let plain = self.plain_param(file, &param.name, &param.ty, &param.direction, &param.doc);
        let mut sibling =
            |name: &Option<Text>| name.as_ref().map(|name| siblings.find(file, name, self.faults));
        let (length, context) = (sibling(&param.length), sibling(&param.context));
        let (written, completion, completion_thread) =
            (sibling(&param.written), sibling(&param.completion), sibling(&param.completion_thread));
        Param {
            role: param.role.as_ref().map(|role| *role.get_ref()),
            rust_name: param.rust_name.as_ref().map(|name| placed(file, name)),
            length,
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
            keys: keys(file, param),
            ..plain
        }
    }

    fn documented(
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
        let scopes = self.scopes;
        let mut named = |scope: &Scope, names: &Option<Vec<Text>>| {
            let names = names.as_ref()?;
            let found = scope.find_all(file, names, self.faults).into_iter().zip(names);
            let found = found.map(|(value, name)| Placed { value, place: Place::new(file, name.span()) });
            Some(found.collect::<Vec<_>>())
        };
        let said = model::Said {
            status: placed(file, &requirement.status),
            classes: named(&scopes.classes, &requirement.classes),
            platforms: named(&scopes.platforms, &requirement.platforms),
            elsewhere: requirement
                .elsewhere
                .iter()
                .map(|(platform, status)| {
                    let value = scopes.platforms.find(file, platform, self.faults);
                    (Placed { value, place: Place::new(file, platform.span()) }, placed(file, status))
                })
                .collect(),
        };
        let holds = |list: &Option<Vec<Placed<usize>>>, at: usize| {
            list.as_ref().is_none_or(|list| list.iter().any(|named| named.value == at))
        };
        // What is said of a platform; the check gate has a fault where nothing is.
        let status = |platform: usize| {
            let elsewhere = || said.elsewhere.iter().find(|(named, _)| named.value == platform);
            if holds(&said.platforms, platform) {
                Some(*said.status)
            } else {
                elsewhere().map(|(_, status)| **status)
            }
        };
        let platforms: Vec<_> = (0..scopes.platforms.len()).map(status).collect();
        let row =
            |class| platforms.iter().map(|status| status.filter(|_| holds(&said.classes, class))).collect();
        let text =
            |text: &Text| Placed { value: crate::syntax::text(text), place: Place::new(file, text.span()) };
        model::Requirement {
            status: (0..scopes.classes.len()).map(row).collect(),
            reason: text(&requirement.reason),
            substitute: requirement.substitute.as_ref().map(text),
            waiver: requirement.waiver.as_ref().map(text),
            said,
        }
    }
}

/// Where each key stands that a parameter has.
fn keys(file: FileId, param: &syntax::Param) -> Vec<(Key, Place)> {
    fn span<T>(leaf: Option<&Spanned<T>>) -> Option<std::ops::Range<usize>> {
        leaf.map(|leaf| leaf.span())
    }
    let keys = [
        (Key::Role, span(param.role.as_ref())),
        (Key::Length, span(param.length.as_ref())),
        (Key::Encoding, span(param.encoding.as_ref())),
        (Key::Unit, span(param.unit.as_ref())),
        (Key::Written, span(param.written.as_ref())),
        (Key::BufferTooSmall, span(param.buffer_too_small.as_ref())),
        (Key::Context, span(param.context.as_ref())),
        (Key::Lifetime, span(param.lifetime.as_ref())),
        (Key::Handle, span(param.handle.as_ref())),
        (Key::NullError, span(param.null_error.as_ref())),
        (Key::Nullable, span(param.nullable.as_ref())),
        (Key::Optional, span(param.optional.as_ref())),
        (Key::Completion, span(param.completion.as_ref())),
        (Key::CompletionThread, span(param.completion_thread.as_ref())),
    ];
    keys.into_iter().filter_map(|(key, span)| Some((key, Place::new(file, span?)))).collect()
}

/// The first paragraph of a function's documentation, and the others.
fn paragraphs(doc: &Text) -> (String, String) {
    let doc = text(doc);
    let lines: Vec<_> = doc.lines().collect();
    let end = lines.iter().position(|line| line.trim().is_empty()).unwrap_or(lines.len());
    let (summary, rest) = lines.split_at(end);
    let blank = rest.iter().take_while(|line| line.trim().is_empty()).count();
    (summary.join("\n"), rest[blank..].join("\n"))
}

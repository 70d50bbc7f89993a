//! Names in what can be called: upcalls, downcalls and imports, with their parameters and errors.

use super::{NOWHERE, Resolver};
use crate::code::Code;
use crate::diag::{Diagnostic, Place};
use crate::load::{Filed, placed};
use crate::model::{self, Direction, Function, Key, Param, Placed, ProvidedBy};
use crate::names;
use crate::scope::{Faults, Scope};
use crate::source::FileId;
use crate::syntax::{self, Spanned, Text, text};
use std::collections::BTreeMap;

/// The function that an entry describes; what only some have is absent.
macro_rules! function {
    ($resolver:ident, $filed:ident, $provided_by:ident, $method:expr, $returns:expr, $params:expr) => {
        Function {
            name: $filed.placed(&$filed.entry.name),
            method: $method,
            pointer_type: $filed.placed(&$filed.entry.pointer_type),
            doc: text(&$filed.entry.doc),
            details: String::new(),
            header: $resolver.header_of($filed.file, &$filed.entry.header),
            provided_by: ProvidedBy::$provided_by,
            returns: $resolver.find_type($filed.file, $returns),
            result: None,
            failure: None,
            success: None,
            params: $params,
            errors: $resolver.documented($filed.file, &$filed.entry.errors),
            sources: $resolver.find_sources($filed.file, &$filed.entry.sources),
        }
    };
}

impl Resolver<'_> {
    pub(super) fn upcall(&mut self, filed: &Filed<syntax::Upcall>) -> model::Upcall {
        let (upcall, file) = (&filed.entry, filed.file);
        let prefix = self.raw.heads.first().map(|head| &head.entry.prefix);
        let method = self.method(&filed.placed(&upcall.name), "prefix", prefix);
        let slots = upcall.slots.iter();
        let slots =
            slots.map(|(table, slot)| (self.scopes.tables.find(file, table, self.faults), *slot.get_ref()));
        let mut slots: Vec<_> = slots.collect();
        slots.sort_unstable();
        let (doc, details) = paragraphs(&upcall.doc);
        let function = Function {
            doc,
            details,
            result: Some(filed.placed(&upcall.returns.role)),
            failure: upcall.failure.as_ref().map(|name| self.find_constant(file, name)),
            success: upcall.success.as_ref().map(|name| self.find_constant(file, name)),
            ..function!(self, filed, Host, method, &upcall.returns.ty, self.params(file, &upcall.params))
        };
        model::Upcall {
            function,
            slots,
            library: upcall.library.as_ref().map(|library| filed.placed(library)),
            must_use: upcall.must_use.as_ref().map(text),
            requirement: self.requirement(file, &upcall.requirement),
        }
    }

    /// The Rust name of a function: its own without the prefix that a key of the head gives all of its kind.
    fn method(&mut self, name: &Placed<String>, key: &str, prefix: Option<&Text>) -> String {
        let prefix = prefix.map_or("", |prefix| prefix.get_ref());
        let stem = name.strip_prefix(prefix).filter(|stem| !stem.is_empty());
        if stem.is_none() {
            let kind = if key == "prefix" { "upcall" } else { "downcall" };
            let message = format!("`{name}` does not begin with `{prefix}`");
            let fault = Diagnostic::at(Code::WrongPrefix, name.place.clone(), message);
            self.faults
                .push(fault.note(format!("`{key}` of `[spec]` says what every {kind}'s name begins with")));
        }
        names::snake(stem.unwrap_or_default())
    }

    pub(super) fn downcall(&mut self, filed: &Filed<syntax::Downcall>) -> model::Downcall {
        let (downcall, file) = (&filed.entry, filed.file);
        let prefix = self.raw.heads.first().and_then(|head| head.entry.downcall_prefix.as_ref());
        let method = self.method(&filed.placed(&downcall.name), "downcall-prefix", prefix);
        let (doc, details) = paragraphs(&downcall.doc);
        let function = Function {
            doc,
            details,
            result: Some(filed.placed(&downcall.returns.role)),
            failure: Some(self.find_constant(file, &downcall.failure)),
            success: downcall.success.as_ref().map(|name| self.find_constant(file, name)),
            ..function!(
                self,
                filed,
                Plugin,
                method,
                &downcall.returns.ty,
                self.params(file, &downcall.params)
            )
        };
        let unimplemented = downcall.unimplemented_error.as_ref();
        model::Downcall {
            function,
            slot: *downcall.slot.get_ref(),
            unimplemented_error: unimplemented
                .map(|error| self.scopes.errors.find_placed(file, error, self.faults)),
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
        let mut find = |names: &[Text]| siblings.find_all_placed(filed.file, names, self.faults);
        model::Group {
            params: find(&group.params),
            new: find(&group.new),
            ty: filed.text(&group.ty),
            rust_name: filed.text(&group.rust_name),
        }
    }

    pub(super) fn entry_point(&mut self, filed: &Filed<syntax::EntryPoint>) -> model::EntryPoint {
        let method = names::snake(filed.entry.name.get_ref());
        let params = self.params(filed.file, &filed.entry.params);
        model::EntryPoint {
            function: function!(self, filed, Plugin, method, &filed.entry.returns, params),
            missing_error: self.find_error(filed.file, &filed.entry.missing_error),
        }
    }

    pub(super) fn import(&mut self, filed: &Filed<syntax::Import>) -> model::Import {
        let (import, file) = (&filed.entry, filed.file);
        let mut scope = Scope::new("parameter", Code::UnknownParameter);
        let params = import.params.iter().map(|param| {
            scope.declare(file, &param.name, self.faults);
            self.plain_param(file, &param.name, &param.ty, &param.direction, &param.doc)
        });
        let (params, method) = (params.collect(), names::snake(import.name.get_ref()));
        model::Import {
            function: function!(self, filed, Host, method, &import.returns, params),
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
        for at in 0..params.len() {
            for (key, named) in params[at].named.clone() {
                if let Some(named) = params.get_mut(named).filter(|named| named.owner(key).is_none()) {
                    named.owners.push((key, at));
                }
            }
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
            named: Vec::new(),
            owners: Vec::new(),
            encoding: None,
            unit: None,
            optional: false,
            buffer_too_small: None,
            on_error: Vec::new(),
            null_error: NOWHERE,
            handle: None,
            lifetime: None,
            doc: text(doc),
            keys: Vec::new(),
        }
    }

    fn param(&mut self, file: FileId, siblings: &Scope, param: &syntax::Param) -> Param {
        let plain = self.plain_param(file, &param.name, &param.ty, &param.direction, &param.doc);
        let naming = [
            (Key::Length, &param.length),
            (Key::Context, &param.context),
            (Key::Written, &param.written),
            (Key::Completion, &param.completion),
            (Key::CompletionThread, &param.completion_thread),
        ];
        let named = naming.into_iter().filter_map(|(key, name)| Some((key, name.as_ref()?)));
        let named = named.map(|(key, name)| (key, siblings.find(file, name, self.faults))).collect();
        Param {
            role: param.role.as_ref().map(|role| *role.get_ref()),
            rust_name: param.rust_name.as_ref().map(|name| placed(file, name)),
            named,
            encoding: param.encoding.as_ref().map(|encoding| *encoding.get_ref()),
            unit: param.unit.as_ref().map(|unit| *unit.get_ref()),
            optional: [&param.nullable, &param.optional].into_iter().flatten().any(|null| *null.get_ref()),
            buffer_too_small: param.buffer_too_small.as_ref().map(|error| self.find_error(file, error)),
            on_error: match &param.on_error {
                Some(errors) => self.scopes.errors.find_all_placed(file, errors.get_ref(), self.faults),
                None => Vec::new(),
            },
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
            names.as_ref().map(|names| scope.find_all_placed(file, names, self.faults))
        };
        let said = model::Said {
            status: placed(file, &requirement.status),
            classes: named(&scopes.classes, &requirement.classes),
            platforms: named(&scopes.platforms, &requirement.platforms),
            elsewhere: requirement
                .elsewhere
                .iter()
                .map(|(platform, status)| {
                    (scopes.platforms.find_placed(file, platform, self.faults), placed(file, status))
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
        (Key::OnError, span(param.on_error.as_ref())),
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

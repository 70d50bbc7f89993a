//! Second gate: raw entries to a [`Model`]. Collects every name that is not found or stands twice.
//!
//! A name that is not found gets an index that is never used: the model is thrown away when there is any fault.

mod annotations;
mod functions;
mod listings;
mod obligations;

use crate::code::Code;
use crate::diag::Diagnostic;
use crate::load::{Filed, RawSpec};
use crate::model::{self, Model, Placed};
use crate::scope::{Faults, Scope};
use crate::source::FileId;
use crate::syntax::{self, Text, text};
use crate::types::{Types, widths};
use std::collections::BTreeMap;

const NOWHERE: usize = usize::MAX;

/// Finds all names.
pub(crate) fn resolve(raw: &RawSpec) -> Result<Model, Vec<Diagnostic>> {
    let mut faults = Faults::default();
    let scopes = Scopes::declare(raw, &mut faults);
    let model = Resolver { raw, scopes: &scopes, faults: &mut faults }.model();
    scopes.report_unused(&mut faults);
    match model {
        Some(mut model) if faults.is_empty() => {
            all_ones(&mut model);
            only_listed(&mut model, &scopes.types.constants);
            Ok(model)
        }
        _ => Err(faults.into_list()),
    }
}

/// As in C, -1 of an unsigned type has all bits set, however many there are.
fn all_ones(model: &mut Model) {
    for at in 0..model.constants.len() {
        let constant = &model.constants[at];
        let unsigned = model.prim(&constant.ty).is_some_and(|prim| !prim.signed);
        if unsigned && *constant.value == model::ConstantValue::Number(-1) {
            model.constants[at].value.value = model::ConstantValue::AllOnes;
        }
    }
}

/// The facts name control codes whose input they know.
fn only_listed(model: &mut Model, constants: &Scope) {
    for (at, constant) in model.constants.iter_mut().enumerate() {
        constant.only_listed = constants.is_only_listed(at) && constant.control_input.is_none();
    }
}

/// The values of a list.
fn values(list: &[syntax::ConstantValue]) -> Vec<model::ConstantValue> {
    let value = |value: &syntax::ConstantValue| match value {
        syntax::ConstantValue::Number(number) => model::ConstantValue::Number(*number),
        syntax::ConstantValue::Text(text) => model::ConstantValue::Text(text.clone()),
        syntax::ConstantValue::List(list) => model::ConstantValue::List(values(list)),
    };
    list.iter().map(value).collect()
}

/// All that can be named, by kind.
struct Scopes {
    classes: Scope,
    platforms: Scope,
    sources: Scope,
    types: Types,
    errors: Scope,
    handles: Scope,
    tables: Scope,
    entry_points: Scope,
    upcalls: Scope,
    downcalls: Scope,
    imports: Scope,
    kits: Scope,
    /// Raw index → place in table order.
    upcall_order: Vec<usize>,
    /// The same for downcalls.
    downcall_order: Vec<usize>,
}

impl Scopes {
    fn declare(raw: &RawSpec, faults: &mut Faults) -> Self {
        let mut notes = Scope::new("note", Code::UnknownName);
        notes.declare_all(&raw.notes, |note| &note.id, faults);
        let mut listings = Scope::new("listing", Code::UnknownName);
        listings.declare_all(&raw.listings, |listing| &listing.id, faults);
        let mut topics = Scope::new("topic", Code::UnknownName);
        topics.declare_all(&raw.topics, |topic| &topic.name, faults);
        let mut header_mismatches = Scope::new("header mismatch", Code::UnknownName);
        for filed in &raw.header_mismatches {
            filed.entry.about.iter().for_each(|name| header_mismatches.declare(filed.file, name, faults));
        }
        let mut scopes = Self {
            classes: Scope::new("class", Code::UnknownClass),
            platforms: Scope::new("platform", Code::UnknownPlatform),
            sources: Scope::new("source", Code::UnknownSource),
            types: Types::declare(raw, faults),
            errors: Scope::new("error", Code::UnknownError),
            handles: Scope::new("handle", Code::UnknownResource),
            tables: Scope::new("table", Code::UnknownTable),
            entry_points: Scope::new("entry point", Code::UnknownName),
            upcalls: Scope::new("upcall", Code::UnknownUpcall),
            downcalls: Scope::new("downcall", Code::UnknownName),
            imports: Scope::new("import", Code::UnknownName),
            kits: Scope::new("kit", Code::UnknownName),
            upcall_order: table_order(raw),
            downcall_order: slot_order(raw),
        };
        scopes.classes.declare_all(&raw.classes, |class| &class.name, faults);
        scopes.platforms.declare_all(&raw.platforms, |platform| &platform.name, faults);
        scopes.sources.declare_all(&raw.sources, |source| &source.id, faults);
        scopes.errors.declare_all(&raw.errors, |error| &error.name, faults);
        scopes.handles.declare_all(&raw.handles, |handle| &handle.name, faults);
        scopes.tables.declare_all(&raw.tables, |table| &table.name, faults);
        scopes.entry_points.declare_all(&raw.entry_points, |entry| &entry.name, faults);
        scopes.upcalls.declare_all(&raw.upcalls, |upcall| &upcall.name, faults);
        scopes.downcalls.declare_all(&raw.downcalls, |downcall| &downcall.name, faults);
        scopes.imports.declare_all(&raw.imports, |import| &import.name, faults);
        scopes.kits.declare_all(&raw.kits, |kit| &kit.name, faults);
        scopes
    }

    fn report_unused(&self, faults: &mut Faults) {
        self.types.scope.report_unused(faults);
        self.types.headers.report_unused(faults);
        self.sources.report_unused(faults);
        self.types.constants.report_unused(faults);
    }
}

/// Upcalls sorted by their slot in the table that has most of them; names break ties.
fn table_order(raw: &RawSpec) -> Vec<usize> {
    let mut members: BTreeMap<&str, usize> = BTreeMap::new();
    for table in raw.upcalls.iter().flat_map(|upcall| upcall.entry.slots.keys()) {
        *members.entry(table.get_ref()).or_default() += 1;
    }
    let largest = members.iter().rev().max_by_key(|(_, count)| **count).map(|(name, _)| *name);
    let slot = |upcall: &syntax::Upcall| {
        let found = upcall.slots.iter().find(|(table, _)| Some(table.get_ref().as_str()) == largest);
        found.map_or(u32::MAX, |(_, slot)| *slot.get_ref())
    };
    places(&raw.upcalls.iter().map(|u| (slot(&u.entry), u.entry.name.get_ref())).collect::<Vec<_>>())
}

/// Downcalls sorted by their slot; names break ties.
fn slot_order(raw: &RawSpec) -> Vec<usize> {
    let keys = raw.downcalls.iter().map(|d| (*d.entry.slot.get_ref(), d.entry.name.get_ref()));
    places(&keys.collect::<Vec<_>>())
}

/// The place that each key has when all are sorted.
fn places<T: Ord>(keys: &[T]) -> Vec<usize> {
    let mut sorted: Vec<usize> = (0..keys.len()).collect();
    sorted.sort_by_key(|at| &keys[*at]);
    let mut order = vec![0; sorted.len()];
    for (place, at) in sorted.into_iter().enumerate() {
        order[at] = place;
    }
    order
}

/// Items in their order.
fn ordered<T>(items: impl Iterator<Item = T>, order: &[usize]) -> Vec<T> {
    let mut items: Vec<_> = items.zip(order).collect();
    items.sort_by_key(|(_, place)| **place);
    items.into_iter().map(|(item, _)| item).collect()
}

struct Resolver<'a> {
    raw: &'a RawSpec,
    scopes: &'a Scopes,
    faults: &'a mut Faults,
}

impl Resolver<'_> {
    fn model(&mut self) -> Option<Model> {
        let head = self.head();
        let (platforms, default_platform) = self.platforms();
        let (raw, scopes) = (self.raw, self.scopes);
        let types = self.scopes.types.resolve(raw, &self.scopes.sources, self.faults);
        let mut model = Model {
            classes: raw.classes.iter().map(|class| self.class(class)).collect(),
            platforms,
            default_platform,
            sources: raw.sources.iter().map(source).collect(),
            types,
            constants: raw.constants.iter().map(|constant| self.constant(constant)).collect(),
            errors: raw.errors.iter().map(|error| self.error(error)).collect(),
            handles: raw.handles.iter().map(|handle| self.handle(handle)).collect(),
            tables: Vec::new(),
            entry_points: raw.entry_points.iter().map(|entry| self.entry_point(entry)).collect(),
            upcalls: ordered(raw.upcalls.iter().map(|upcall| self.upcall(upcall)), &scopes.upcall_order),
            downcalls: ordered(raw.downcalls.iter().map(|call| self.downcall(call)), &scopes.downcall_order),
            imports: raw.imports.iter().map(|import| self.import(import)).collect(),
            kits: raw.kits.iter().map(|kit| self.kit(kit)).collect(),
            notes: raw.notes.iter().map(|note| self.note(note)).collect(),
            listings: raw.listings.iter().map(|listing| self.listing(listing)).collect(),
            topics: raw.topics.iter().map(|topic| self.topic(topic)).collect(),
            headers: raw.headers.iter().map(|header| self.header(header)).collect(),
            header_mismatches: raw
                .header_mismatches
                .iter()
                .map(|header_mismatch| self.header_mismatch(header_mismatch))
                .collect(),
            pointers: std::sync::OnceLock::new(),
            index: model::Index::default(),
            // Last, so that everything else is looked at all the same.
            head: head?,
        };
        let claims = crate::slots::Claims::of(raw);
        model.tables = raw.tables.iter().map(|table| self.table(table, &claims)).collect();
        model.index = model::Index::of(&model);
        Some(model)
    }

    fn head(&mut self) -> Option<model::Head> {
        let Some(filed) = self.raw.heads.first() else {
            let message = "the spec has no `[spec]` entry";
            self.faults.push(Diagnostic::bare(Code::NoHead, message).help("`docs/spec-format.md` shows one"));
            return None;
        };
        for second in &self.raw.heads[1..] {
            let fault = Diagnostic::at(
                Code::DuplicateName,
                second.place.clone(),
                "`[spec]` is defined more than once",
            );
            self.faults.push(fault.also(filed.place.clone(), "first here"));
        }
        let head = &filed.entry;
        Some(model::Head {
            title: filed.text(&head.title),
            revision: *head.revision.get_ref(),
            package: filed.placed(&head.package),
            error_type: filed.placed(&head.error_type),
            contract_violation: self.find_error(filed.file, &head.contract_violation),
            not_initialized: self.find_error(filed.file, &head.not_initialized),
            buffer_too_small: self
                .find_error(filed.file, head.buffer_too_small.as_ref().unwrap_or(&head.invalid_pointer)),
            pending: head.pending.as_ref().map(|error| self.find_error(filed.file, error)),
            aborted: head.aborted.as_ref().map(|error| self.find_error(filed.file, error)),
            of_downcalls: [
                ("downcall-prefix", &head.downcall_prefix),
                ("buffer-too-small", &head.buffer_too_small),
                ("pending", &head.pending),
                ("aborted", &head.aborted),
            ]
            .into_iter()
            .filter_map(|(key, text)| Some((key, filed.at(text.as_ref()?))))
            .collect(),
            control_input_flag: head
                .control_input_flag
                .as_ref()
                .map(|flag| self.scopes.types.constants.find_placed(filed.file, flag, self.faults)),
            convention: head.convention.as_ref().map_or(syntax::Convention::System, |found| *found.get_ref()),
            error_header: head.error_header.as_ref().map(|header| self.header_of(filed.file, header)),
            prefix: text(&head.prefix),
        })
    }

    fn class(&mut self, filed: &Filed<syntax::Class>) -> model::Word {
        self.find_sources(filed.file, &filed.entry.sources);
        model::Word { name: filed.placed(&filed.entry.name), doc: text(&filed.entry.doc) }
    }

    fn platforms(&mut self) -> (Vec<model::Word>, usize) {
        let platforms = &self.raw.platforms;
        let defaults: Vec<_> = (0..platforms.len()).filter(|at| platforms[*at].entry.default).collect();
        match (&*defaults, platforms.first()) {
            ([], Some(first)) => {
                let fault = Diagnostic::at(
                    Code::DefaultPlatform,
                    first.at(&first.entry.name),
                    "no platform is the default",
                );
                self.faults.push(
                    fault.help("add `default = true` to the one that providers mean when they name none"),
                );
            }
            ([first, second, ..], _) => {
                let (first, second) = (&platforms[*first], &platforms[*second]);
                let fault = Diagnostic::at(
                    Code::DefaultPlatform,
                    second.at(&second.entry.name),
                    "two platforms are the default",
                );
                self.faults.push(fault.also(first.at(&first.entry.name), "the other one"));
            }
            _ => {}
        }
        let words = platforms.iter().map(|filed| {
            self.find_sources(filed.file, &filed.entry.sources);
            model::Word { name: filed.placed(&filed.entry.name), doc: text(&filed.entry.doc) }
        });
        (words.collect(), defaults.first().copied().unwrap_or(NOWHERE))
    }

    fn constant(&mut self, filed: &Filed<syntax::Constant>) -> model::Constant {
        let constant = &filed.entry;
        let (ty, value) = match constant.value.get_ref() {
            syntax::ConstantValue::Number(number) => {
                (self.find_type(filed.file, &constant.ty), model::ConstantValue::Number(*number))
            }
            // Like what goes in through a pointer.
            syntax::ConstantValue::Text(text) => (
                self.find_param_type(filed.file, &constant.ty, syntax::Direction::In),
                model::ConstantValue::Text(text.replace("\r\n", "\n")),
            ),
            syntax::ConstantValue::List(list) => {
                (self.find_type(filed.file, &constant.ty), model::ConstantValue::List(values(list)))
            }
        };
        model::Constant {
            name: filed.placed(&constant.name),
            ty,
            value: Placed { value, place: filed.at(&constant.value) },
            control_input: constant.control_input.as_ref().map(|input| self.find_type(filed.file, input)),
            only_listed: false,
            doc: text(&constant.doc),
            header: constant.header.as_ref().map(|header| self.header_of(filed.file, header)),
            sources: self.find_sources(filed.file, &constant.sources),
        }
    }

    fn error(&mut self, filed: &Filed<syntax::ErrorCode>) -> model::ErrorCode {
        let error = &filed.entry;
        model::ErrorCode {
            name: filed.placed(&error.name),
            value: filed.placed(&error.value),
            message: text(&error.message),
            io_kind: error.io_kind.as_ref().map(|kind| filed.placed(kind)),
            from_io_kinds: error.from_io_kinds.iter().map(|kind| filed.placed(kind)).collect(),
            alias_of: error
                .alias_of
                .as_ref()
                .map(|same| self.scopes.errors.find_placed(filed.file, same, self.faults)),
            sources: self.find_sources(filed.file, &error.sources),
        }
    }

    fn handle(&mut self, filed: &Filed<syntax::Handle>) -> model::Handle {
        let handle = &filed.entry;
        let release = handle.release.as_ref().map(|name| self.find_upcall(filed.file, name));
        if release.is_none() {
            let acquire = handle.acquire.get_ref();
            let message = format!("`{acquire}` acquires a `{}` that nothing releases", handle.name.get_ref());
            let fault = Diagnostic::at(Code::NoRelease, filed.at(&handle.acquire), message);
            self.faults.push(fault.help("name the upcall that releases it: `release = \"…\"`"));
        }
        let acquire = self.find_upcall(filed.file, &handle.acquire);
        model::Handle {
            name: filed.placed(&handle.name),
            doc: text(&handle.doc),
            ty: self.find_type(filed.file, &handle.ty),
            release: release.unwrap_or_else(|| Placed { value: NOWHERE, place: acquire.place.clone() }),
            acquire,
            borrowed: handle.borrowed.as_ref().map(|name| filed.placed(name)),
            tag_bits: handle.tag_bits.as_ref().map(|bits| filed.placed(bits)),
            never_zero: handle.invalid.is_some(),
        }
    }

    /// Slots are filled in by name order of the raw entries; the check gate has seen to holes and clashes.
    fn table(&mut self, filed: &Filed<syntax::Table>, claims: &crate::slots::Claims<'_>) -> model::Table {
        let table = &filed.entry;
        let provided_by =
            table.provided_by.as_ref().map_or(model::ProvidedBy::Host, |provided_by| *provided_by.get_ref());
        let (slots, order) = match provided_by {
            model::ProvidedBy::Host => (claims.of_table(filed, self.faults), &self.scopes.upcall_order),
            model::ProvidedBy::Plugin => {
                (claims.of_provider(filed, self.faults), &self.scopes.downcall_order)
            }
        };
        model::Table {
            name: filed.placed(&table.name),
            doc: text(&table.doc),
            header: self.header_of(filed.file, &table.header),
            member_prefix: filed.placed(&table.member_prefix),
            sources: self.find_sources(filed.file, &table.sources),
            provided_by,
            behind: table.behind.as_ref().map(|name| filed.placed(name)),
            size: widths(filed, &table.size),
            slots: slots.into_iter().map(|raw| order[raw]).collect(),
        }
    }

    fn kit(&mut self, filed: &Filed<syntax::Kit>) -> model::Kit {
        let kit = &filed.entry;
        let order = &self.scopes.upcall_order;
        let mut uses: Vec<_> = self.scopes.classes.names().map(|_| None).collect();
        for (key, names) in &kit.uses {
            let class = self.scopes.classes.find(filed.file, key, self.faults);
            let found = self.scopes.upcalls.find_all_placed(filed.file, names, self.faults).into_iter();
            let found = found.filter_map(|Placed { value, place }| {
                Some(Placed { value: order.get(value).copied()?, place })
            });
            let mut found: Vec<_> = found.collect();
            found.sort_unstable_by_key(|upcall| upcall.value);
            if let Some(class) = uses.get_mut(class) {
                *class = Some(found);
            }
        }
        model::Kit {
            name: filed.placed(&kit.name),
            doc: text(&kit.doc),
            uses,
            completes: kit.completes.as_ref().map(|completes| filed.placed(completes)),
        }
    }

    fn find_type(&mut self, file: FileId, name: &Text) -> Placed<model::Ty> {
        self.scopes.types.find(file, name, self.faults)
    }

    fn find_param_type(
        &mut self,
        file: FileId,
        name: &Text,
        direction: syntax::Direction,
    ) -> Placed<model::Ty> {
        self.scopes.types.of_param(file, name, direction, self.faults)
    }

    fn find_error(&mut self, file: FileId, name: &Text) -> usize {
        self.scopes.errors.find(file, name, self.faults)
    }

    fn find_constant(&mut self, file: FileId, name: &Text) -> Placed<usize> {
        self.scopes.types.constants.find_placed(file, name, self.faults)
    }

    fn find_upcall(&mut self, file: FileId, name: &Text) -> Placed<usize> {
        let Placed { value, place } = self.scopes.upcalls.find_placed(file, name, self.faults);
        Placed { value: self.scopes.upcall_order.get(value).copied().unwrap_or(NOWHERE), place }
    }

    fn find_sources(&mut self, file: FileId, names: &[Text]) -> Vec<usize> {
        self.scopes.sources.find_all(file, names, self.faults)
    }
}

fn source(filed: &Filed<syntax::Source>) -> model::Source {
    let source = &filed.entry;
    model::Source {
        id: text(&source.id),
        title: filed.text(&source.title),
        url: source.url.as_ref().map(|url| filed.placed(url)),
    }
}

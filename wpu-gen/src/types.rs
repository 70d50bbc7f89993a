//! C types: parsing how they are written, and finding what they name.

use crate::code::Code;
use crate::diag::{Diagnostic, Place};
use crate::load::{Filed, RawSpec};
use crate::model::{self, PRIMS, Placed, Ty, TypeDef, TypeKind};
use crate::scope::{Faults, Scope};
use crate::source::FileId;
use crate::syntax::{self, ConstantValue, Text, text};

/// All types that a spec names.
pub(crate) struct Types {
    pub(crate) scope: Scope,
    pub(crate) constants: Scope,
    /// The value of each constant that can be a length.
    values: Vec<Option<u64>>,
    /// The headers that are more than a name.
    pub(crate) headers: Scope,
}

impl Types {
    pub(crate) fn declare(raw: &RawSpec, faults: &mut Faults) -> Self {
        let mut scope = Scope::new("type", Code::UnknownType);
        scope.declare_all(&raw.typedefs, |typedef| &typedef.name, faults);
        scope.declare_all(&raw.structs, |structure| &structure.name, faults);
        scope.declare_all(&raw.callbacks, |callback| &callback.name, faults);
        scope.declare_all(&raw.tables, |table| &table.name, faults);
        let tables = raw.tables.iter().map(|table| &table.entry.name);
        let exported = raw.structs.iter().filter(|structure| structure.entry.export);
        for name in tables.chain(exported.map(|structure| &structure.entry.name)) {
            scope.touch(name.get_ref());
        }
        let mut constants = Scope::new("constant", Code::UnknownConstant);
        constants.declare_all(&raw.constants, |constant| &constant.name, faults);
        for constant in raw.constants.iter().filter(|constant| constant.entry.export) {
            constants.touch(constant.entry.name.get_ref());
        }
        let values = raw.constants.iter().map(|constant| match constant.entry.value.get_ref() {
            ConstantValue::Number(number) => u64::try_from(*number).ok().filter(|number| *number > 0),
            ConstantValue::Text(_) | ConstantValue::List(_) => None,
        });
        let values = values.collect();
        let mut headers = Scope::new("header", Code::UnknownName);
        headers.declare_all(&raw.headers, |header| &header.name, faults);
        Self { scope, constants, values, headers }
    }

    /// The header that an item names. It need not be declared.
    pub(crate) fn header_of(&self, file: FileId, header: &Text, faults: &mut Faults) -> String {
        check_header(file, header, faults);
        self.headers.touch(header.get_ref());
        text(header)
    }

    /// The definitions, in the order of declaration.
    pub(crate) fn resolve(&self, raw: &RawSpec, sources: &Scope, faults: &mut Faults) -> Vec<TypeDef> {
        let mut resolver = Resolver { types: self, sources, faults };
        let mut all: Vec<TypeDef> = raw.typedefs.iter().map(|typedef| resolver.typedef(typedef)).collect();
        all.extend(raw.structs.iter().map(|structure| resolver.structure(structure)));
        all.extend(raw.callbacks.iter().map(|callback| resolver.callback(callback)));
        all.extend(raw.tables.iter().enumerate().map(|(at, table)| resolver.table(at, table)));
        report_cycles(&all, faults);
        all
    }

    /// The type that `written` means.
    pub(crate) fn find(&self, file: FileId, written: &Text, faults: &mut Faults) -> Placed<Ty> {
        let place = Place::new(file, written.span());
        Placed { value: self.find_at(place.clone(), written.get_ref(), faults), place }
    }

    /// The type of a parameter: what goes in through a pointer may be `const`.
    pub(crate) fn of_param(
        &self,
        file: FileId,
        written: &Text,
        direction: syntax::Direction,
        faults: &mut Faults,
    ) -> Placed<Ty> {
        let (place, written) = (Place::new(file, written.span()), written.get_ref());
        let rest = written.strip_prefix("const ");
        let value = self.find_at(place.clone(), rest.unwrap_or(written), faults);
        if rest.is_some() && (direction != syntax::Direction::In || !matches!(value, Ty::Pointer(_))) {
            let message = "only the target of an `in` pointer can be `const`";
            let fault = Diagnostic::at(Code::BadType, place.clone(), message);
            faults.push(fault.help("write the type without `const`"));
        }
        Placed { value, place }
    }

    fn find_at(&self, place: Place, written: &str, faults: &mut Faults) -> Ty {
        let Some(parts) = parse(written) else {
            let message = format!("expected a C type, found `{written}`");
            let fault = Diagnostic::at(Code::BadType, place, message);
            faults.push(fault.help("write `NAME`, `NAME *`, `NAME **`, or `NAME[LENGTH]` for an array; constness follows the direction"));
            return Ty::Void;
        };
        let leaf = self.leaf(&place, parts.name, faults);
        let pointed = (0..parts.stars).fold(leaf, |ty, _| Ty::Pointer(Box::new(ty)));
        match parts.length {
            None => pointed,
            Some(length) => Ty::Array(Box::new(pointed), self.array_length(&place, length, faults)),
        }
    }

    fn array_length(&self, place: &Place, length: &str, faults: &mut Faults) -> u64 {
        if let Some(length) = length.parse().ok().filter(|length| *length > 0) {
            return length;
        }
        if length.starts_with(|c: char| c.is_ascii_digit()) {
            return no_length(place, length, faults);
        }
        match self.values.get(self.constants.find_at(place.clone(), length, faults)) {
            Some(Some(value)) => *value,
            Some(None) => no_length(place, length, faults),
            None => 0,
        }
    }

    fn leaf(&self, place: &Place, name: &str, faults: &mut Faults) -> Ty {
        if name == "void" {
            return Ty::Void;
        }
        if let Some(prim) = PRIMS.iter().find(|prim| prim.name == name) {
            return Ty::Prim(*prim);
        }
        Ty::Named(self.scope.find_at(place.clone(), name, faults))
    }
}

/// No function of a host needs more, and types must not become so deep that following them fails.
const MOST_STARS: usize = 2;

struct Parts<'a> {
    name: &'a str,
    stars: usize,
    length: Option<&'a str>,
}

/// `NAME`, then stars, then perhaps a length in brackets.
fn parse(written: &str) -> Option<Parts<'_>> {
    let (written, length) = match written.trim().strip_suffix(']') {
        Some(array) => {
            let (ty, length) = array.split_once('[')?;
            (ty, Some(length.trim()))
        }
        None => (written, None),
    };
    let written = written.trim();
    let name = written.trim_end_matches(['*', ' ']);
    let stars = written[name.len()..].matches('*').count();
    (crate::names::is_name(name) && stars <= MOST_STARS).then_some(Parts { name, stars, length })
}

fn no_length(place: &Place, length: &str, faults: &mut Faults) -> u64 {
    let message = format!("`{length}` is no length: it is not a number from 1 on, or too large for one");
    faults.push(Diagnostic::at(Code::BadType, place.clone(), message));
    0
}

struct Resolver<'a> {
    types: &'a Types,
    sources: &'a Scope,
    faults: &'a mut Faults,
}

impl Resolver<'_> {
    fn find(&mut self, file: FileId, written: &Text) -> Placed<Ty> {
        self.types.find(file, written, self.faults)
    }

    fn define<T>(
        &mut self,
        filed: &Filed<T>,
        name: &Text,
        about: &Text,
        header: Option<&Text>,
        sources: &[Text],
        kind: TypeKind,
    ) -> TypeDef {
        TypeDef {
            name: filed.placed(name),
            doc: text(about),
            header: header.map(|header| self.types.header_of(filed.file, header, self.faults)),
            sources: self.sources.find_all(filed.file, sources, self.faults),
            kind,
        }
    }

    fn typedef(&mut self, filed: &Filed<syntax::Typedef>) -> TypeDef {
        let typedef = &filed.entry;
        let target = self.find(filed.file, &typedef.ty).value;
        if target.holds_void() {
            let fault = Diagnostic::at(
                Code::BadType,
                filed.at(&typedef.ty),
                "a type cannot be `void`, only point at it",
            );
            self.faults.push(fault.help("write `void *`"));
        }
        let opaque = typedef.opaque.as_ref();
        if let Some(opaque) = opaque.filter(|_| !matches!(target, Ty::Pointer(_))) {
            let message =
                format!("`{}` is no pointer, and only a pointer can be opaque", typedef.name.get_ref());
            self.faults.push(
                Diagnostic::at(Code::NoEffect, filed.at(opaque), message)
                    .help("remove it, or move it to the type of which this is an alias"),
            );
        }
        let opaque = opaque.map(|opaque| filed.placed(opaque));
        let kind = TypeKind::Typedef { target, c_only: typedef.c_only, opaque };
        self.define(filed, &typedef.name, &typedef.doc, typedef.header.as_ref(), &typedef.sources, kind)
    }

    fn structure(&mut self, filed: &Filed<syntax::Struct>) -> TypeDef {
        let structure = &filed.entry;
        let mut scope = Scope::new("field", Code::UnknownField);
        scope.declare_all_fields(filed.file, &structure.fields, self.faults);
        let fields = structure.fields.iter().map(|field| model::Field {
            name: filed.placed(&field.name),
            ty: self.find(filed.file, &field.ty),
            doc: text(&field.doc),
            counted_by: field.counted_by.as_ref().map(|count| filed.at(count)),
            offset: field.offset.as_ref().map(|offset| widths(filed, offset)),
        });
        let fields: Vec<_> = fields.collect();
        let (mut counted, mut iovec) = (None, None);
        let mut first: Option<&Text> = None;
        for (items, field) in structure.fields.iter().enumerate() {
            let Some(written) = &field.counted_by else { continue };
            if let Some(first) = first.replace(written) {
                let message = format!("two fields of `{}` have `counted-by`", structure.name.get_ref());
                let fault = Diagnostic::at(Code::Counted, filed.at(written), message);
                self.faults.push(fault.also(filed.at(first), "the other one"));
            }
            let count = scope.find(filed.file, written, self.faults);
            if matches!(*fields[items].ty, Ty::Pointer(_)) {
                iovec = Some(model::Iovec { base: items, length: count });
            } else {
                counted = Some(model::Counted { count, items });
            }
        }
        let request = structure.request.as_ref().filter(|request| *request.get_ref());
        let kind = TypeKind::Struct(model::Struct {
            size: widths(filed, &structure.size),
            fields,
            counted,
            iovec,
            request: request.map(|request| filed.at(request)),
            rust_name: structure.rust_name.as_ref().map(|name| filed.placed(name)),
            tag: structure.tag,
        });
        self.define(
            filed,
            &structure.name,
            &structure.doc,
            structure.header.as_ref(),
            &structure.sources,
            kind,
        )
    }

    fn callback(&mut self, filed: &Filed<syntax::Callback>) -> TypeDef {
        let callback = &filed.entry;
        if callback.rust_name.is_some() && callback.params.is_empty() {
            let message =
                format!("`{}` has a `rust-name`, but no parameter for the context", callback.name.get_ref());
            let fault = Diagnostic::at(Code::CallbackShape, filed.at(&callback.name), message);
            self.faults.push(fault.help("the last parameter of such a callback is its context"));
        }
        let params = callback.params.iter().map(|param| model::PlainParam {
            name: filed.placed(&param.name),
            ty: self.types.of_param(filed.file, &param.ty, syntax::Direction::In, self.faults).value,
            c_type: text(&param.ty),
            doc: text(&param.doc),
        });
        let kind = TypeKind::Callback(model::Callback {
            params: params.collect(),
            returns: callback.returns.as_ref().map(|ty| self.find(filed.file, ty).value),
            rust_name: callback.rust_name.as_ref().map(|name| filed.placed(name)),
        });
        self.define(filed, &callback.name, &callback.doc, callback.header.as_ref(), &callback.sources, kind)
    }

    fn table(&mut self, at: usize, filed: &Filed<syntax::Table>) -> TypeDef {
        let table = &filed.entry;
        self.define(filed, &table.name, &table.doc, Some(&table.header), &table.sources, TypeKind::Table(at))
    }
}

/// Bytes on 32-bit and on 64-bit machines.
pub(crate) fn widths<T>(filed: &Filed<T>, widths: &syntax::Spanned<syntax::Widths>) -> Placed<[u64; 2]> {
    Placed { value: widths.get_ref().0, place: filed.at(widths) }
}

impl Scope {
    fn declare_all_fields(&mut self, file: FileId, fields: &[syntax::Field], faults: &mut Faults) {
        for field in fields {
            self.declare(file, &field.name, faults);
        }
    }
}

/// How many types may stand on each other. Those who follow them rely on it that this ends soon.
const DEEPEST: usize = 64;

/// Reports every type that is defined by itself, or through too many others.
fn report_cycles(types: &[TypeDef], faults: &mut Faults) {
    let mut walk = Walk { types, state: vec![State::New; types.len()], path: Vec::new(), faults };
    for start in 0..types.len() {
        walk.visit(start);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    /// With the number of types that stand on each other below this one, itself included.
    Done(usize),
}

struct Walk<'a> {
    types: &'a [TypeDef],
    state: Vec<State>,
    path: Vec<usize>,
    faults: &'a mut Faults,
}

impl Walk<'_> {
    /// How many types stand on each other from this one down.
    fn visit(&mut self, at: usize) -> usize {
        match self.state[at] {
            State::Done(depth) => return depth,
            State::Open => {
                let from = self.path.iter().position(|on_path| *on_path == at).unwrap_or(0);
                self.faults.push(cycle(self.types, &self.path[from..]));
                return 0;
            }
            State::New => {}
        }
        self.state[at] = State::Open;
        self.path.push(at);
        let depth = if self.path.len() > DEEPEST { DEEPEST + 1 } else { 1 + self.below(at) };
        if depth == DEEPEST + 1 {
            self.faults.push(too_deep(&self.types[at]));
        }
        self.path.pop();
        self.state[at] = State::Done(depth.min(DEEPEST + 2));
        depth
    }

    fn below(&mut self, at: usize) -> usize {
        let known = parts(&self.types[at]).into_iter().filter(|next| *next < self.types.len());
        known.map(|next| self.visit(next)).max().unwrap_or(0)
    }
}

/// The types that must be known before this one is. A structure needs to know nothing of what it points at.
fn parts(of: &TypeDef) -> Vec<usize> {
    match &of.kind {
        TypeKind::Typedef { target, .. } => named(target, true).into_iter().collect(),
        TypeKind::Struct(structure) => {
            structure.fields.iter().filter_map(|field| named(&field.ty, false)).collect()
        }
        TypeKind::Callback(_) | TypeKind::Table(_) => Vec::new(),
    }
}

fn named(ty: &Ty, through_pointers: bool) -> Option<usize> {
    match ty {
        Ty::Named(id) => Some(*id),
        Ty::Array(of, _) => named(of, through_pointers),
        Ty::Pointer(to) if through_pointers => named(to, true),
        _ => None,
    }
}

fn too_deep(def: &TypeDef) -> Diagnostic {
    let message = format!("type `{}` is the top of a chain of more than {DEEPEST} types", def.name);
    Diagnostic::at(Code::TooDeep, def.name.place.clone(), message).help("alias the last of them directly")
}

fn cycle(types: &[TypeDef], path: &[usize]) -> Diagnostic {
    let names: Vec<_> = path.iter().chain(path.first()).map(|at| format!("`{}`", types[*at].name)).collect();
    let first = &types[path[0]];
    let message = format!("type `{}` is defined by itself", first.name);
    Diagnostic::at(Code::Cycle, first.name.place.clone(), message)
        .note(format!("the cycle: {}", names.join(" → ")))
        .help("make one of them an integer, a structure or `void *`")
}

/// A header can stand in C code and be the name of a file.
pub(crate) fn check_header(file: FileId, header: &Text, faults: &mut Faults) {
    let path = header.get_ref();
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    let parts = path.split('/').all(|part| !part.is_empty() && !part.starts_with('.'));
    let extension = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    if !parts || !extension || !path.chars().all(known) {
        let fault = Diagnostic::at(
            Code::BadName,
            Place::new(file, header.span()),
            format!("`{path}` cannot be the name of a header"),
        );
        faults.push(
            fault.help(
                "letters, digits, `_`, `-` and `.`, `/` between folders, and an extension such as `.h`",
            ),
        );
    }
}

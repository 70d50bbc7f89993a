//! What emitters ask of a spec, already as tokens.

use super::local;
use super::markdown::{address, inline, title};
use super::path::{self, item};
use crate::folder::{MARKER, OF};
use crate::lower::down::{DownForm, DownKind};
use crate::lower::{Form, Kind};
use crate::model::{
    Convention, Direction, DocumentedError, Downcall, Handle, Model, Param, Table, Ty, TypeKind, Upcall,
};
use crate::names::ident;
use crate::spec::Spec;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{format_ident, quote};
use std::collections::HashSet;
use std::rc::Rc;

/// A spec, seen by an emitter.
pub(super) struct View<'a> {
    pub(super) model: &'a Model,
    forms: &'a [Form],
    down_forms: &'a [DownForm],
    /// Names of types that Rust knows too.
    types: HashSet<&'a str>,
    /// All names of the spec.
    names: Rc<HashSet<String>>,
}

/// Where tokens are to stand, which decides how other items are reached from there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    /// In the output.
    Inside,
    /// In somebody's crate, with `__wpu` for what leads to ours and no prelude.
    Outside,
}

impl At {
    /// An item of the spec, which a file of the output declares.
    pub(super) fn item(self, file: &str, name: &str) -> TokenStream {
        match self {
            Self::Inside => TokenTree::Ident(item(file, name)).into(),
            Self::Outside => {
                let (file, name) = (ident(file), ident(name));
                quote!(__wpu::#file::#name)
            }
        }
    }

    /// An item of ours.
    pub(super) fn own(self, name: &str) -> TokenStream {
        match self {
            Self::Inside => TokenTree::Ident(ident(name)).into(),
            Self::Outside => {
                let parts = path::from_root(name);
                let parts = parts.split("::").map(ident);
                quote!(__wpu #(::#parts)*)
            }
        }
    }

    /// `Result` or `Option`.
    pub(super) fn core(self, module: &str, name: &str) -> TokenStream {
        let (module, name) = (ident(module), ident(name));
        match self {
            Self::Outside => quote!(__wpu::core::#module::#name),
            Self::Inside => quote!(#name),
        }
    }

    fn ffi(self, name: &str) -> TokenStream {
        self.item("ffi", name)
    }
}

impl<'a> View<'a> {
    pub(super) fn new(spec: &'a Spec) -> Self {
        let model = &spec.model;
        let types = model.types.iter();
        let types = types.filter(|def| !matches!(def.kind, TypeKind::Typedef { c_only: true, .. }));
        let types = types.map(|def| def.name.as_str()).collect();
        Self { model, forms: &spec.forms, down_forms: &spec.down_forms, names: Rc::new(model.names()), types }
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

    pub(super) fn upcalls(&self) -> impl Iterator<Item = UpcallView<'a>> + '_ {
        (0..self.model.upcalls.len()).map(|at| self.upcall(at))
    }

    pub(super) fn upcall(&self, at: usize) -> UpcallView<'a> {
        let upcall = &self.model.upcalls[at];
        UpcallView {
            at,
            upcall,
            form: &self.forms[at],
            name: ident(&upcall.name),
            method: ident(&upcall.method),
            function: item("ffi", &format!("{}Fn", upcall.name)),
        }
    }

    /// The downcalls, where the spec has some.
    pub(super) fn downcalls(&self) -> impl Iterator<Item = DownView<'a>> + '_ {
        self.model.downcalls.iter().zip(self.down_forms).map(|(downcall, form)| DownView {
            downcall,
            form,
            name: ident(&downcall.name),
            method: ident(&downcall.method),
            function: item("ffi", &format!("{}Fn", downcall.name)),
        })
    }

    /// A downcall that can bring a request, if there is one: they all have the same types.
    pub(super) fn requesting(&self) -> Option<DownView<'a>> {
        self.downcalls().find(|downcall| downcall.form.request.is_some())
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

    /// Whether a name is that of a type that Rust knows too.
    pub(super) fn is_type(&self, name: &str) -> bool {
        self.types.contains(name)
    }

    /// The error type.
    pub(super) fn error(&self) -> Ident {
        item("error", &self.model.head.error_type)
    }

    /// One error, as a constant of the error type.
    pub(super) fn error_code(&self, at: usize) -> TokenStream {
        let (ty, name) = (self.error(), ident(&self.model.errors[at].name));
        quote!(#ty::#name)
    }

    pub(super) fn broken(&self) -> TokenStream {
        self.error_code(self.model.head.contract_violation)
    }

    /// A type as C declares it, by its C names.
    pub(super) fn ty(&self, ty: &Ty, at: At) -> TokenStream {
        match ty {
            Ty::Void => quote!(::core::ffi::c_void),
            Ty::Prim(prim) => {
                let name = ident(prim.name);
                quote!(#name)
            }
            Ty::Pointer(to) => {
                let to = self.ty(to, at);
                quote!(*mut #to)
            }
            Ty::Array(item, length) => {
                let item = self.ty(item, at);
                let length = proc_macro2::Literal::u64_unsuffixed(*length);
                quote!([#item; #length])
            }
            Ty::Named(id) => match &self.model.types[*id].kind {
                TypeKind::Typedef { target, c_only: true, .. } => self.ty(target, at),
                _ => at.ffi(&self.model.types[*id].name),
            },
        }
    }

    /// A type in Rust's manners: plain integers for all that is not the bare value of a handle.
    pub(super) fn plain(&self, ty: &Ty, at: At) -> TokenStream {
        match self.model.prim(ty) {
            Some(prim) if !self.model.is_raw(ty) => {
                let name = ident(prim.name);
                quote!(#name)
            }
            _ => self.ty(ty, at),
        }
    }

    /// The same, with values of their own for pointers that nobody follows unseen.
    pub(super) fn value(&self, ty: &Ty, at: At) -> TokenStream {
        match self.model.opaque(ty) {
            Some(name) => at.item("handles", name),
            None => self.plain(ty, at),
        }
    }

    /// What came from C, as such a value.
    pub(super) fn taken(&self, ty: &Ty, value: TokenStream) -> TokenStream {
        match self.model.opaque(ty).map(|name| item("handles", name)) {
            Some(name) => quote!(#name::from_raw(#value)),
            None => value,
        }
    }

    /// Such a value, as C takes it.
    pub(super) fn given(&self, ty: &Ty, value: TokenStream) -> TokenStream {
        if self.model.opaque(ty).is_some() { quote!(#value.raw()) } else { value }
    }

    /// A pointer that only unsafe code can make: the parameter (by index) of a function (by number).
    pub(super) fn vouched(
        &self,
        ty: &Ty,
        function: usize,
        parameter: usize,
        at: At,
        life: &str,
    ) -> TokenStream {
        let to = self.model.pointee(ty).map(|to| self.ty(to, at));
        let number = |number| proc_macro2::Literal::usize_unsuffixed(number);
        let (name, function, parameter) = (at.own("Vouched"), number(function), number(parameter));
        let life = syn::Lifetime::new(life, proc_macro2::Span::call_site());
        quote!(#name<#life, #to, #function, #parameter>)
    }

    /// The type of a parameter: pointers to what goes in only are `*const`.
    pub(super) fn param(&self, param: &Param, at: At) -> TokenStream {
        self.passed(&param.ty, *param.direction, at)
    }

    /// The type of what is passed in a direction.
    pub(super) fn passed(&self, ty: &Ty, direction: Direction, at: At) -> TokenStream {
        match self.model.pointee(ty) {
            // The value of an opaque pointer is the same whichever way it goes.
            Some(to) if *to != Ty::Void && self.model.opaque(ty).is_none() => {
                let to = self.ty(to, at);
                if direction == Direction::In { quote!(*const #to) } else { quote!(*mut #to) }
            }
            _ => self.ty(ty, at),
        }
    }

    /// `-> T`, or nothing.
    pub(super) fn returns(&self, ty: &Ty, at: At) -> TokenStream {
        let ty = self.ty(ty, at);
        quote!(-> #ty)
    }

    /// The parameters of a C function, named as in C.
    pub(super) fn c_params(&self, params: &[Param], at: At) -> Vec<TokenStream> {
        params
            .iter()
            .map(|param| {
                let (name, ty) = (param.c(), self.param(param, at));
                quote!(#name: #ty)
            })
            .collect()
    }

    /// How functions are called.
    pub(super) fn abi(&self) -> &'static str {
        match self.model.head.convention {
            Convention::System => "system",
            Convention::C => "C",
        }
    }

    /// A function pointer type that is never null.
    pub(super) fn callback_fn(&self, ty: usize, at: At) -> TokenStream {
        let TypeKind::Callback(callback) = &self.model.types[ty].kind else {
            return TokenStream::new();
        };
        let params = callback.params.iter().map(|param| {
            let (name, ty) = (local::c(&param.name), self.ty(&param.ty, at));
            quote!(#name: #ty)
        });
        let returns = callback.returns.as_ref().map(|returns| self.returns(returns, at));
        let abi = self.abi();
        quote!(unsafe extern #abi fn(#(#params),*) #returns)
    }

    /// The Rust name of a callback with its context.
    pub(super) fn bundle(&self, ty: usize) -> Ident {
        match &self.model.types[ty].kind {
            TypeKind::Callback(callback) => {
                let file = if callback.params.len() > 1 { "clients" } else { "handles" };
                item(file, callback.rust_name.as_ref().map_or("Bundle", |name| name.as_str()))
            }
            _ => item("handles", "Bundle"),
        }
    }

    pub(super) fn token(&self, ty: usize) -> Ident {
        match &self.model.types[ty].kind {
            TypeKind::Struct(structure) => {
                item("handles", structure.rust_name.as_ref().map_or("Token", |name| name.as_str()))
            }
            _ => item("handles", "Token"),
        }
    }

    /// The Rust name of the borrowed view of a counted structure.
    pub(super) fn set(&self, ty: usize) -> Ident {
        match &self.model.types[ty].kind {
            TypeKind::Struct(structure) => {
                item("handles", structure.rust_name.as_ref().map_or("ClientRef", |name| name.as_str()))
            }
            _ => item("handles", "ClientRef"),
        }
    }

    pub(super) fn struct_name(&self, ty: usize, at: At) -> TokenStream {
        at.ffi(&self.model.types[ty].name)
    }

    /// The value whose bytes are all zero.
    pub(super) fn zero(&self, ty: &Ty, at: At) -> TokenStream {
        match self.model.bare(ty) {
            Ty::Void => quote!(()),
            Ty::Prim(_) => quote!(0),
            Ty::Pointer(_) => quote!(::core::ptr::null_mut()),
            Ty::Array(item, length) => {
                let (item, length) = (self.zero(item, at), proc_macro2::Literal::u64_unsuffixed(*length));
                quote!([#item; #length])
            }
            Ty::Named(id) => match &self.model.types[*id].kind {
                TypeKind::Callback(_) => quote!(None),
                _ => {
                    let name = self.ty(self.model.bare(ty), at);
                    quote!(#name::ZERO)
                }
            },
        }
    }

    pub(super) fn constant(&self, at: usize, place: At) -> TokenStream {
        place.ffi(&self.model.constants[at].name)
    }

    /// Documented errors, as a list in rustdoc.
    pub(super) fn error_list(&self, errors: &[DocumentedError]) -> String {
        let mut list = String::new();
        for error in errors {
            let name = &self.model.errors[error.code].name;
            list += &format!(
                "- [`{name}`](crate::error::{}::{name}): {}\n",
                self.model.head.error_type,
                inline(&error.when)
            );
        }
        list
    }

    /// Sources as Markdown.
    pub(super) fn cite(&self, sources: &[usize]) -> String {
        let cited = sources.iter().map(|source| {
            let source = &self.model.sources[*source];
            let text = source.title.trim_end_matches('.');
            match &source.url {
                Some(url) => format!("[{}]({})", title(text), address(url)),
                None => inline(text),
            }
        });
        cited.collect::<Vec<_>>().join("; ")
    }

    /// The Rust name of a handle, or of its borrowed form where it has one.
    pub(super) fn owned(&self, at: usize, place: At) -> TokenStream {
        place.item("handles", &self.handle(at).name)
    }

    pub(super) fn borrowed(&self, at: usize, place: At) -> TokenStream {
        let name = self.handle(at).borrowed.as_ref().map_or("Borrowed", |name| name.as_str());
        place.item("handles", name)
    }

    pub(super) fn handle(&self, at: usize) -> &'a Handle {
        &self.model.handles[at]
    }
}

/// One upcall, with its names as tokens.
pub(super) struct UpcallView<'a> {
    pub(super) at: usize,
    pub(super) upcall: &'a Upcall,
    pub(super) form: &'a Form,
    pub(super) name: Ident,
    pub(super) method: Ident,
    /// The function pointer type.
    pub(super) function: Ident,
}

impl<'a> UpcallView<'a> {
    /// Each C parameter with what it is in the safe form.
    pub(super) fn params(&self) -> impl Iterator<Item = (&'a Param, Kind)> {
        self.upcall.params.iter().zip(self.form.params.iter().copied())
    }

    /// Its number among all functions.
    pub(super) fn number(&self) -> usize {
        self.at
    }

    /// The releasing function that goes through a given table.
    pub(super) fn through(&self) -> Ident {
        item("handles", &format!("{}_through", self.upcall.method))
    }

    /// The host's method. It has a name of its own, so that the compiler never takes it for the provider's.
    pub(super) fn on(&self) -> Ident {
        format_ident!("on_{}", self.upcall.method)
    }

    /// Its member in a table.
    pub(super) fn member(&self, table: &Table) -> Ident {
        ident(&format!("{}{}", table.member_prefix, self.upcall.name))
    }

    /// Whether the caller passes a closure to which something is lent.
    pub(super) fn lends(&self) -> bool {
        self.form.params.iter().any(|kind| kind.is_lent())
    }

    /// The parameter that the call consumes.
    pub(super) fn consumed(&self) -> Option<(&'a Param, Kind)> {
        self.params().find(|(_, kind)| kind.is_consumed())
    }
}

/// One downcall, with its names as tokens.
pub(super) struct DownView<'a> {
    pub(super) downcall: &'a Downcall,
    pub(super) form: &'a DownForm,
    pub(super) name: Ident,
    pub(super) method: Ident,
    /// The function pointer type.
    pub(super) function: Ident,
}

impl<'a> DownView<'a> {
    /// Each C parameter with what it is in the safe form.
    pub(super) fn params(&self) -> impl Iterator<Item = (&'a Param, DownKind)> + use<'a> {
        self.downcall.params.iter().zip(self.form.params.iter().copied())
    }

    /// Those that the safe form shows.
    pub(super) fn shown(&self) -> impl Iterator<Item = (&'a Param, DownKind)> + use<'a> {
        let form = self.form;
        self.params().filter(|(_, kind)| form.shows(*kind))
    }

    /// Those that a client lends along with its request, each with what the request calls it.
    pub(super) fn lent(&self) -> impl Iterator<Item = (&'a Param, DownKind, Ident)> + use<'a> {
        let requested = self.form.request.is_some();
        self.params().filter_map(move |(param, kind)| {
            let name = match kind {
                DownKind::Iovecs { fill: false, .. } => "gather",
                DownKind::Iovecs { fill: true, .. } => "scatter",
                DownKind::Bytes { .. } => "input",
                DownKind::OutBuf { wide: false, .. } => "room",
                _ => return None,
            };
            requested.then(|| (param, kind, ident(name)))
        })
    }

    pub(super) fn param(&self, at: usize) -> &'a Param {
        &self.downcall.params[at]
    }

    /// Which of its parameters this is.
    pub(super) fn index(&self, param: &Param) -> usize {
        let found = self.downcall.params.iter().position(|other| std::ptr::eq(other, param));
        found.unwrap_or(self.downcall.params.len())
    }

    /// Its number among all functions, upcalls first.
    pub(super) fn number(&self, view: &View<'_>) -> usize {
        view.model.upcalls.len() + self.downcall.slot as usize
    }

    /// Its member in the provider's table.
    pub(super) fn member(&self, table: &Table) -> Ident {
        ident(&format!("{}{}", table.member_prefix, self.downcall.name))
    }
}

impl Param {
    /// The C name.
    pub(super) fn c(&self) -> Ident {
        local::c(&self.name)
    }

    /// The Rust name.
    pub(super) fn rust(&self) -> Ident {
        local::rust(self.rust_name.as_deref().unwrap_or(&self.name))
    }
}

/// A text as doc attributes, one per line.
pub(super) fn doc(text: &str) -> TokenStream {
    let lines = text.lines().map(|line| {
        let line = if line.is_empty() { String::new() } else { format!(" {line}") };
        quote!(#[doc = #line])
    });
    quote!(#(#lines)*)
}

/// A `//` comment in front of a statement.
pub(super) fn comment(text: &str) -> TokenStream {
    let text = format!("§ {text}");
    quote!(#[doc = #text])
}

/// Whether all bytes of a value are zero.
pub(super) fn is_zero(view: &View<'_>, ty: &Ty, value: &TokenStream) -> TokenStream {
    match view.model.bare(ty) {
        Ty::Pointer(_) => quote!(#value.is_null()),
        _ => {
            let zero = view.zero(ty, At::Inside);
            quote!(#value == #zero)
        }
    }
}

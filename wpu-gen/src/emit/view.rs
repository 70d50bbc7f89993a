//! What emitters ask of a spec, already as tokens.

use super::local;
use super::markdown::{address, inline, title};
use super::words::Words;
use crate::folder::{MARKER, OF};
use crate::lower::down::{DownForm, DownKind};
use crate::lower::{Form, Kind};
use crate::model::{
    Convention, Direction, DocumentedError, Downcall, Model, Param, Resource, Table, Ty, TypeKind, Upcall,
};
use crate::names::ident;
use crate::spec::Spec;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

/// A spec, seen by an emitter.
pub(super) struct View<'a> {
    pub(super) model: &'a Model,
    forms: &'a [Form],
    down_forms: &'a [DownForm],
    /// Names of types that Rust knows too.
    types: HashSet<&'a str>,
    /// Names of C items, which no parameter can have: they are in scope where it is bound.
    items: Rc<HashSet<String>>,
    /// Where names are collected, in place of printing anything.
    collected: Option<Rc<RefCell<Words>>>,
}

/// Where tokens are to stand, which decides how other items are reached from there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    /// In the file of C types.
    Ffi,
    /// In any other file of the output.
    Inside,
    /// In somebody's crate, with `$` for ours and no prelude.
    Outside,
}

impl At {
    /// A path from the root of our crate.
    pub(super) fn root(self, name: &Ident) -> TokenStream {
        match self {
            Self::Ffi => quote!(crate::#name),
            Self::Inside => quote!(#name),
            Self::Outside => quote!($::#name),
        }
    }

    /// `Result` or `Option`.
    pub(super) fn core(self, module: &str, name: &str) -> TokenStream {
        let (module, name) = (ident(module), ident(name));
        match self {
            Self::Outside => quote!(::core::#module::#name),
            Self::Ffi | Self::Inside => quote!(#name),
        }
    }

    fn ffi(self, name: &Ident) -> TokenStream {
        match self {
            Self::Ffi => quote!(#name),
            Self::Inside => quote!(ffi::#name),
            Self::Outside => quote!($::ffi::#name),
        }
    }
}

impl<'a> View<'a> {
    pub(super) fn new(spec: &'a Spec) -> Self {
        let model = &spec.model;
        let constants = model.constants.iter().map(|constant| constant.name.clone());
        let items = constants.chain(model.types.iter().map(|ty| ty.name.clone()));
        let types = model.types.iter();
        let types = types.filter(|def| !matches!(def.kind, TypeKind::Alias { inline: true, .. }));
        let types = types.map(|def| &*def.name).collect();
        Self {
            model,
            forms: &spec.forms,
            down_forms: &spec.down_forms,
            items: Rc::new(items.collect()),
            collected: None,
            types,
        }
    }

    /// A spec of which only names are collected.
    pub(super) fn collecting(spec: &'a Spec) -> Self {
        Self { collected: Some(Rc::default()), ..Self::new(spec) }
    }

    /// Where the pages of this spec collect names, if they do.
    pub(super) fn collector(&self) -> Option<Rc<RefCell<Words>>> {
        self.collected.clone()
    }

    /// What was collected since this was called last.
    pub(super) fn collected(&self) -> Words {
        self.collected.as_ref().map(|words| words.take()).unwrap_or_default()
    }

    /// The names of the spec's constants and types.
    pub(super) fn items(&self) -> Rc<HashSet<String>> {
        Rc::clone(&self.items)
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
            function: format_ident!("{}Fn", upcall.name),
        }
    }

    /// The downcalls, where the spec has some.
    pub(super) fn downcalls(&self) -> impl Iterator<Item = DownView<'a>> + '_ {
        self.model.downcalls.iter().zip(self.down_forms).map(|(downcall, form)| DownView {
            downcall,
            form,
            name: ident(&downcall.name),
            method: ident(&downcall.method),
            function: format_ident!("{}Fn", downcall.name),
        })
    }

    /// A downcall that can bring a request, if there is one: they all have the same types.
    pub(super) fn requesting(&self) -> Option<DownView<'a>> {
        self.downcalls().find(|downcall| downcall.form.request.is_some())
    }

    /// The Rust name of the trait behind a provider's table.
    pub(super) fn behind(&self) -> Option<Ident> {
        self.model.provider_table().and_then(|table| table.behind.as_deref()).map(ident)
    }

    /// Whether a name is that of a type that Rust knows too.
    pub(super) fn is_type(&self, name: &str) -> bool {
        self.types.contains(name)
    }

    /// The error type.
    pub(super) fn error(&self) -> Ident {
        ident(&self.model.head.error_type)
    }

    /// One error, as a constant of the error type.
    pub(super) fn error_code(&self, at: usize) -> TokenStream {
        let (ty, name) = (self.error(), ident(&self.model.errors[at].name));
        quote!(#ty::#name)
    }

    pub(super) fn broken(&self) -> TokenStream {
        self.error_code(self.model.head.broken)
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
                TypeKind::Alias { is, inline: true, .. } => self.ty(is, at),
                _ => at.ffi(&ident(&self.model.types[*id].name)),
            },
        }
    }

    /// A type in Rust's manners: plain integers for all that is not the bare value of a resource.
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
            Some(name) => at.root(&ident(name)),
            None => self.plain(ty, at),
        }
    }

    /// What came from C, as such a value.
    pub(super) fn taken(&self, ty: &Ty, value: TokenStream) -> TokenStream {
        match self.model.opaque(ty).map(ident) {
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
        let (name, function, parameter) = (at.root(&ident("Vouched")), number(function), number(parameter));
        let life = syn::Lifetime::new(life, proc_macro2::Span::call_site());
        quote!(#name<#life, #to, #function, #parameter>)
    }

    /// The type of a parameter: pointers to what goes in only are `*const`.
    pub(super) fn param(&self, param: &Param, at: At) -> TokenStream {
        self.passed(&param.ty, param.direction, at)
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

    /// The same where no body follows, and names are but labels.
    pub(super) fn labels(&self, params: &[Param], at: At) -> Vec<TokenStream> {
        let labels = params.iter().map(|param| {
            let (name, ty) = (ident(&param.name), self.param(param, at));
            quote!(#name: #ty)
        });
        labels.collect()
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
            let (name, ty) = (ident(&param.name), self.ty(&param.ty, at));
            quote!(#name: #ty)
        });
        let returns = callback.returns.as_ref().map(|returns| self.returns(returns, at));
        let abi = self.abi();
        quote!(unsafe extern #abi fn(#(#params),*) #returns)
    }

    /// The Rust name of a callback with its context.
    pub(super) fn bundle(&self, ty: usize) -> Ident {
        match &self.model.types[ty].kind {
            TypeKind::Callback(callback) => ident(callback.bundle.as_deref().unwrap_or("Bundle")),
            _ => ident("Bundle"),
        }
    }

    pub(super) fn token(&self, ty: usize) -> Ident {
        match &self.model.types[ty].kind {
            TypeKind::Struct(structure) => ident(structure.token.as_deref().unwrap_or("Token")),
            _ => ident("Token"),
        }
    }

    /// The Rust name of the borrowed view of a counted structure.
    pub(super) fn set(&self, ty: usize) -> Ident {
        match &self.model.types[ty].kind {
            TypeKind::Struct(structure) => {
                ident(structure.counted.as_ref().map_or("View", |counted| &counted.view))
            }
            _ => ident("View"),
        }
    }

    pub(super) fn struct_name(&self, ty: usize, at: At) -> TokenStream {
        at.ffi(&ident(&self.model.types[ty].name))
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
        place.ffi(&ident(&self.model.constants[at].name))
    }

    /// Documented errors, as a list in rustdoc.
    pub(super) fn error_list(&self, errors: &[DocumentedError]) -> String {
        let mut list = String::new();
        for error in errors {
            let name = &self.model.errors[error.code].name;
            list += &format!("- [`{name}`](crate::{}::{name}): {}\n", self.error(), inline(&error.when));
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

    pub(super) fn resource(&self, at: usize) -> &'a Resource {
        &self.model.resources[at]
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
        format_ident!("{}_through", self.upcall.method)
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
                DownKind::Buffers { fill: false, .. } => "gather",
                DownKind::Buffers { fill: true, .. } => "scatter",
                DownKind::Bytes { .. } => "input",
                DownKind::Room { wide: false, .. } => "room",
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
        local::rust(self.rust.as_deref().unwrap_or(&self.name))
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

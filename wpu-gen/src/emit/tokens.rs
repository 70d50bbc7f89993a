//! Types and values of a spec as tokens, where they are to stand.

use super::local;
use super::markdown::{address, inline, title};
use super::path::{self, item, shown};
use crate::model::{
    Callback, Convention, Direction, DocumentedError, Handle, Model, Param, Prim, Struct, Ty, TypeKind,
};
use crate::names::ident;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;

/// The types, constants and errors of a spec.
pub(crate) struct Tokens<'a> {
    pub(crate) model: &'a Model,
}

/// Where tokens are to stand, which decides how other items are reached from there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    /// In the output.
    Inside,
    /// In somebody's crate, with `__wpu` for what leads to ours and no prelude.
    Outside,
}

impl At {
    /// An item of the spec, which a file of the output declares.
    pub(crate) fn item(self, file: &str, name: &str) -> TokenStream {
        match self {
            Self::Inside => TokenTree::Ident(item(file, name)).into(),
            Self::Outside => {
                let (file, name) = (ident(file), ident(name));
                quote!(__wpu::#file::#name)
            }
        }
    }

    /// An item of ours.
    pub(crate) fn own(self, name: &str) -> TokenStream {
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
    pub(crate) fn core(self, module: &str, name: &str) -> TokenStream {
        let (module, name) = (ident(module), ident(name));
        match self {
            Self::Outside => quote!(__wpu::core::#module::#name),
            Self::Inside => quote!(#name),
        }
    }

    pub(crate) fn ffi(self, name: &str) -> TokenStream {
        self.item("ffi", name)
    }
}

impl<'a> Tokens<'a> {
    /// The error type.
    pub(crate) fn error(&self) -> Ident {
        item("error", &self.model.head.error_type)
    }

    /// One error, as a constant of the error type.
    pub(crate) fn error_code(&self, at: usize) -> TokenStream {
        let (ty, name) = (self.error(), ident(&self.model.errors[at].name));
        quote!(#ty::#name)
    }

    pub(crate) fn broken(&self) -> TokenStream {
        self.error_code(self.model.head.contract_violation)
    }

    /// A type as C declares it, by its C names.
    pub(crate) fn ty(&self, ty: &Ty, at: At) -> TokenStream {
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
    pub(crate) fn plain(&self, ty: &Ty, at: At) -> TokenStream {
        match self.model.prim(ty) {
            Some(prim) if !self.model.is_raw(ty) => {
                let name = ident(prim.name);
                quote!(#name)
            }
            _ => self.ty(ty, at),
        }
    }

    /// The same, with values of their own for pointers that nobody follows unseen.
    pub(crate) fn value(&self, ty: &Ty, at: At) -> TokenStream {
        match self.model.opaque(ty) {
            Some(name) => at.item("handles", name),
            None => self.plain(ty, at),
        }
    }

    /// What came from C, as such a value.
    pub(crate) fn taken(&self, ty: &Ty, value: TokenStream) -> TokenStream {
        match self.model.opaque(ty).map(|name| item("handles", name)) {
            Some(name) => quote!(#name::from_raw(#value)),
            None => value,
        }
    }

    /// Such a value, as C takes it.
    pub(crate) fn given(&self, ty: &Ty, value: TokenStream) -> TokenStream {
        if self.model.opaque(ty).is_some() { quote!(#value.raw()) } else { value }
    }

    /// A pointer that only unsafe code can make: the parameter (by index) of a function (by number).
    pub(crate) fn vouched(
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
    pub(crate) fn param(&self, param: &Param, at: At) -> TokenStream {
        self.passed(&param.ty, *param.direction, at)
    }

    /// The type of what is passed in a direction.
    pub(crate) fn passed(&self, ty: &Ty, direction: Direction, at: At) -> TokenStream {
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
    pub(crate) fn returns(&self, ty: &Ty, at: At) -> TokenStream {
        let ty = self.ty(ty, at);
        quote!(-> #ty)
    }

    /// The parameters of a C function, named as in C.
    pub(crate) fn c_params(&self, params: &[Param], at: At) -> Vec<TokenStream> {
        params
            .iter()
            .map(|param| {
                let (name, ty) = (param.c(), self.param(param, at));
                quote!(#name: #ty)
            })
            .collect()
    }

    /// How functions are called.
    pub(crate) fn abi(&self) -> &'static str {
        match self.model.head.convention {
            Convention::System => "system",
            Convention::C => "C",
        }
    }

    /// A function pointer type that is never null.
    pub(crate) fn callback_fn(&self, ty: usize, at: At) -> TokenStream {
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
    pub(crate) fn bundle(&self, ty: usize) -> Ident {
        let several =
            matches!(&self.model.types[ty].kind, TypeKind::Callback(callback) if callback.params.len() > 1);
        self.rust_name(if several { "clients" } else { "handles" }, ty, "")
    }

    /// The same, of one that an upcall takes or gives.
    pub(crate) fn bundle_at(&self, ty: usize, at: At) -> TokenStream {
        at.item("handles", &shown(&self.bundle(ty)))
    }

    /// The Rust name of a structure's own form: a request that is given back, or a borrowed counted structure.
    pub(crate) fn form(&self, ty: usize) -> Ident {
        self.rust_name("handles", ty, "")
    }

    /// That of a counted structure that can be changed.
    pub(crate) fn set_mut(&self, ty: usize) -> Ident {
        self.rust_name("clients", ty, "Mut")
    }

    /// The `rust-name` of a type, which a file of the output declares.
    fn rust_name(&self, file: &str, ty: usize, suffix: &str) -> Ident {
        let name = match &self.model.types[ty].kind {
            TypeKind::Callback(Callback { rust_name, .. }) | TypeKind::Struct(Struct { rust_name, .. }) => {
                rust_name.as_ref()
            }
            TypeKind::Typedef { .. } | TypeKind::Table(_) => None,
        };
        item(file, &format!("{}{suffix}", name.map_or("Unnamed", |name| name.as_str())))
    }

    pub(crate) fn struct_name(&self, ty: usize, at: At) -> TokenStream {
        at.ffi(&self.model.types[ty].name)
    }

    /// The value whose bytes are all zero.
    pub(crate) fn zero(&self, ty: &Ty, at: At) -> TokenStream {
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

    pub(crate) fn constant(&self, at: usize, place: At) -> TokenStream {
        place.ffi(&self.model.constants[at].name)
    }

    /// Documented errors, as a list in rustdoc.
    pub(crate) fn error_list(&self, errors: &[DocumentedError]) -> String {
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
    pub(crate) fn cite(&self, sources: &[usize]) -> String {
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
    pub(crate) fn owned(&self, at: usize, place: At) -> TokenStream {
        place.item("handles", &self.handle(at).name)
    }

    pub(crate) fn borrowed(&self, at: usize, place: At) -> TokenStream {
        let name = self.handle(at).borrowed.as_ref().map_or("Borrowed", |name| name.as_str());
        place.item("handles", name)
    }

    pub(crate) fn handle(&self, at: usize) -> &'a Handle {
        &self.model.handles[at]
    }

    /// An owned handle, of the run in which a call was made.
    pub(crate) fn acquired(&self, handle: usize, raw: &TokenStream) -> TokenStream {
        let name = self.owned(handle, At::Inside);
        quote!(#name::acquired(self.0, run, #raw))
    }

    /// Whether all bytes of a value are zero.
    pub(crate) fn is_zero(&self, ty: &Ty, value: &TokenStream) -> TokenStream {
        match self.model.bare(ty) {
            Ty::Pointer(_) => quote!(#value.is_null()),
            _ => {
                let zero = self.zero(ty, At::Inside);
                quote!(#value == #zero)
            }
        }
    }

    /// How a trace shows a value: addresses and what is as wide as one read best in hexadecimal.
    pub(crate) fn style(&self, ty: &Ty) -> &'static str {
        match self.model.prim(ty) {
            Some(Prim { bytes: None, .. }) => ":#x",
            Some(_) => "",
            None => ":p",
        }
    }

    /// The arm of a match that tells a trace of a value.
    pub(crate) fn outcome(&self, ty: &Ty) -> TokenStream {
        let shown = match (self.style(ty), self.model.pointee(ty), self.model.prim(ty)) {
            (":#x", ..) => "{value:#x}",
            // A reference has an address of its own.
            (_, Some(_), _) => return quote!(Ok(value) => tell(format_args!("{0:p}", *value)),),
            (_, _, Some(_)) => "{value}",
            _ => "{value:x?}",
        };
        quote!(Ok(value) => tell(format_args!(#shown)),)
    }
}

impl Param {
    /// The C name.
    pub(crate) fn c(&self) -> Ident {
        local::c(&self.name)
    }

    /// The Rust name.
    pub(crate) fn rust(&self) -> Ident {
        local::rust(self.rust_name.as_deref().unwrap_or(&self.name))
    }
}

/// A text as doc attributes, one per line.
pub(crate) fn doc(text: &str) -> TokenStream {
    let lines = text.lines().map(|line| {
        let line = if line.is_empty() { String::new() } else { format!(" {line}") };
        quote!(#[doc = #line])
    });
    quote!(#(#lines)*)
}

/// A `//` comment in front of a statement.
pub(crate) fn comment(text: &str) -> TokenStream {
    let text = format!("§ {text}");
    quote!(#[doc = #text])
}

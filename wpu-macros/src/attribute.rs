//! The two steps of an expansion.
//!
//! The attribute becomes the unchanged item, the type of its handle, and a call of the macro in which the bindings contain
//! their facts. That macro calls `__provider!` of this crate, which adds the rest.

use crate::args;
use crate::errors::Errors;
use crate::expand::Expansion;
use crate::item;
use crate::spec::{Spec, UNKNOWN};
use crate::tokens::{code, fill, join, literal, visible};
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{LitBool, Result};
use wpu_rt::rules::{Declared, KEYS, KIT, OF, USES, check};

/// One of the attributes of this crate.
#[derive(Clone, Copy)]
pub(crate) struct Attribute {
    pub(crate) name: &'static str,
    /// The crate that re-exports it, where no argument names another.
    pub(crate) krate: &'static str,
    /// Whether an argument says where the bindings are. Otherwise they are in that crate too.
    pub(crate) has_of: bool,
}

pub(crate) const WPU_PROVIDER: Attribute = Attribute { name: "wpu_provider", krate: "wpu", has_of: false };
pub(crate) const PROVIDER: Attribute = Attribute { name: "provider", krate: "wpu_table", has_of: true };

/// What the attribute becomes.
const FIRST: &str = "
    $item
    #[doc = $title]
    #[doc = \"\"]
    #[doc = \"Each has a method, for use within this crate. What one of them acquires is released when it is dropped.\"]
    #[derive(::core::clone::Clone, ::core::marker::Copy)]
    $visibility struct $handle(());

    $allow
    const _: () = {
        $facts
        $again
        #[automatically_derived]
        impl __wpu::core::fmt::Debug for $handle {
            fn fmt(&self, out: &mut __wpu::core::fmt::Formatter<'_>) -> __wpu::core::fmt::Result {
                __wpu::core::fmt::Formatter::write_str(out, $text)
            }
        }
    };
";

/// The call of the bindings' macro.
const FACTS: &str = "
    $imports
    __wpu::__facts! { { __wpu_runtime::__provider } $attribute $reported { $args } { $item } }
";

/// What takes its place where the bindings are not known.
const NO_FACTS: &str = "
    mod __wpu {
        pub use ::core;
    }
    $mistakes
";

impl Attribute {
    /// The item, and beside it what needs no facts.
    pub(crate) fn expand(self, args: &TokenStream, item: &TokenStream) -> TokenStream {
        let site = Span::call_site();
        let none = || Errors::none(site);
        let (mut mistakes, mut faults, mut again) = (none(), none(), none());
        let (declared, [krate, of]) =
            args::parse(&UNKNOWN, self.keys(), visible(args.clone()), &mut mistakes);
        let krate = krate.unwrap_or_else(|| code(&format!("::{}", self.krate), site));
        let item = item::without_second(self.name, item.clone(), &krate, &mut again);
        let Some(provider) = item::parse(self.name, item.clone(), &mut faults) else {
            // `compile_error!` without a path: in edition 2015 there is no `::core`, and an `impl` cannot contain imports.
            return join(&[&item, &again.report(""), &faults.report("")]);
        };
        let is_value = is_name_value(site.source_text().as_deref(), args);
        let reported = is_value || !again.is_empty();
        let (span, handle) = (site.located_at(provider.name.span()), provider.handle(site));
        let title = format!("The upcalls of [`{}`]: {}.", provider.name.unraw(), names(&declared));
        // To implement something for a deprecated struct is to use it. Elsewhere `allow` would be an error under `forbid`.
        let allow = if provider.deprecated { "#[allow(deprecated)]" } else { "" };
        let imports = self.imports(&krate, of.as_ref());
        let facts = if imports.is_some() { FACTS } else { NO_FACTS };
        let mistakes = if reported { TokenStream::new() } else { mistakes.report("__wpu::core::") };
        let mut parts = vec![
            ("item", item),
            ("args", args.clone()),
            ("attribute", code(self.name, site)),
            ("reported", code(&reported.to_string(), site)),
            ("imports", imports.unwrap_or_default()),
            ("mistakes", mistakes),
            ("again", again.report("__wpu::core::")),
            ("title", literal(&title, span)),
            ("text", literal(&handle.to_string(), span)),
            ("handle", handle),
            ("allow", code(allow, span)),
            ("visibility", provider.visibility),
        ];
        parts.push(("facts", fill(facts, span, &parts)));
        fill(FIRST, span, &parts)
    }

    /// The imports of the bindings and of the traits. None if the bindings are not known.
    ///
    /// If a path leads to something else, rustc's message contains the name that is missing there.
    fn imports(self, krate: &TokenStream, of: Option<&TokenStream>) -> Option<TokenStream> {
        if self.has_of {
            let bindings = import("use $path::of_must_be_the_path_of_bindings as __wpu;", of?);
            let traits = import("use $path::crate_must_be_the_path_of_wpu_table as __wpu_runtime;", krate);
            return Some(join(&[&bindings, &traits]));
        }
        let both = "use $path::crate_must_be_the_path_of_wpu as __wpu; use __wpu as __wpu_runtime;";
        Some(import(both, krate))
    }

    /// The keys of its arguments.
    fn keys(self) -> &'static [&'static str] {
        if self.has_of { &KEYS } else { &KEYS[..OF] }
    }
}

/// An import of what a path leads to, at the end of the path.
fn import(template: &str, path: &TokenStream) -> TokenStream {
    let site = Span::call_site();
    let last = path.clone().into_iter().last().map_or(site, |last| site.located_at(last.span()));
    fill(template, last, &[("path", path.clone())])
}

/// The names in `uses(…)`, for a text.
fn names(declared: &Declared) -> String {
    let mut names = String::new();
    for name in &declared.names {
        if name.list == USES {
            names += &format!("{}`{}`", if names.is_empty() { "" } else { ", " }, name.text);
        }
    }
    if names.is_empty() { "none".to_owned() } else { names }
}

/// Whether the attribute is of the form `#[name = value]`, of which the compiler reports the form and passes the value as
/// arguments. Only the text of the attribute shows this. It must have the same value: nothing else may keep the arguments
/// from being checked.
pub(crate) fn is_name_value(attribute: Option<&str>, args: &TokenStream) -> bool {
    let Some((name, value)) = attribute.and_then(|text| text.split_once('=')) else { return false };
    let value = if name.starts_with('#') { value.trim_end().strip_suffix(']') } else { Some(value) };
    let value = value.and_then(|value| value.parse::<TokenStream>().ok());
    value.is_some_and(|value| !value.is_empty() && value.to_string() == args.to_string())
}

/// The second step: what the bindings' macro passes.
pub(crate) struct Call {
    spec: &'static Spec,
    pub(crate) attribute: Attribute,
    pub(crate) site: Span,
    /// Whether an error was reported that makes the arguments meaningless.
    reported: bool,
    args: TokenStream,
    item: TokenStream,
}

impl Call {
    pub(crate) fn parse(input: ParseStream<'_>) -> Result<Self> {
        let group = || input.parse::<Group>().map(|group| group.stream());
        let (spec, name) = (Spec::parse(input)?, input.parse::<Ident>()?);
        let attribute = if name == PROVIDER.name { PROVIDER } else { WPU_PROVIDER };
        let reported = input.parse::<LitBool>()?.value;
        Ok(Self { spec, attribute, site: name.span(), reported, args: group()?, item: group()? })
    }

    /// What makes the item a provider, or what is wrong.
    pub(crate) fn expand(&self) -> TokenStream {
        let Self { spec, attribute, site, reported, .. } = *self;
        let (mut errors, mut declared) = (Errors::none(site), spec.nothing());
        if reported {
            // The kit may be any.
            declared.may_be_meant(KIT);
        } else {
            declared = args::parse(spec, attribute.keys(), visible(self.args.clone()), &mut errors).0;
            check(&declared, &mut errors.problems);
        }
        let provider = item::parse(attribute.name, self.item.clone(), &mut errors);
        let provider = provider.expect("the first step has read the item");
        let written = written(self.args.clone()).or_else(|| written(self.item.clone()));
        let faulty = reported || !errors.is_empty();
        let has_of = attribute.has_of;
        Expansion { spec, has_of, provider, declared, errors, site, written, faulty }.expand()
    }
}

/// The place of the first token that the user wrote there, and no macro.
fn written(tokens: TokenStream) -> Option<Span> {
    for tree in tokens {
        let found = match &tree {
            TokenTree::Group(group) => written(group.stream()),
            tree if is_written(tree.span()) => Some(tree.span()),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// Whether the token at a place was written there. Only the text that rustc prints for debugging shows this: it starts
/// with the number of the expansion, which is 0 where there is none. If that text changes, no token counts as written.
fn is_written(span: Span) -> bool {
    format!("{span:?}").starts_with("#0 ")
}

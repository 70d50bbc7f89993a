//! The literal in which bindings hand over the facts of their spec; the generator writes it.

use proc_macro2::{Group, TokenStream};
use std::sync::Mutex;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, LitBool, LitInt, LitStr, Result};
use wpu_rt::facts::{Dispatch, Facts, Kit, PlatformId, Requirement, Upcall, Word};

/// What a spec says, as far as the attribute needs it.
pub(crate) struct Spec {
    pub(crate) facts: &'static Facts,
    pub(crate) kits: &'static [Kit],
    /// The safe form of each upcall.
    pub(crate) methods: Vec<Method>,
}

/// The safe form of an upcall. What it names is found through `__wpu`.
pub(crate) struct Method {
    /// What an author must know of it, beyond a line.
    pub(crate) details: String,
    /// Why the answer must not be dropped.
    pub(crate) must_use: Option<String>,
    /// What stands between its name and its parameters.
    pub(crate) generics: TokenStream,
    /// Names and types of the parameters after `self`.
    pub(crate) params: Vec<(Ident, TokenStream)>,
    /// The return type.
    pub(crate) returns: TokenStream,
}

impl Spec {
    /// Reads the two parts of the literal.
    pub(crate) fn parse(input: ParseStream<'_>) -> Result<Self> {
        let (facts, kits) = kept(input.parse::<Group>()?.stream())?;
        Ok(Self { facts, kits, methods: rows(input, method)? })
    }
}

/// What is kept of a literal for as long as the process runs. An editor expands an attribute again and again, and sees few
/// specs.
fn kept(literal: TokenStream) -> Result<(&'static Facts, &'static [Kit])> {
    static KEPT: Mutex<Vec<(String, &'static Facts, &'static [Kit])>> = Mutex::new(Vec::new());
    let text = literal.to_string();
    let mut kept = KEPT.lock().expect("nothing panics under the lock");
    if let Some((_, facts, kits)) = kept.iter().find(|(known, ..)| *known == text) {
        return Ok((*facts, *kits));
    }
    let read = |input: ParseStream<'_>| {
        let facts = Facts {
            classes: rows(input, word)?.leak(),
            platforms: rows(input, word)?.leak(),
            default_platform: PlatformId::new(index(input)?),
            upcalls: rows(input, upcall)?.leak(),
        };
        Ok((facts, rows(input, kit)?))
    };
    let (facts, kits) = read.parse2(literal)?;
    let (facts, kits): (&Facts, &[Kit]) = (Box::leak(Box::new(facts)), kits.leak());
    kept.push((text, facts, kits));
    Ok((facts, kits))
}

fn word(input: ParseStream<'_>) -> Result<Word> {
    Ok(Word { name: text(input)?, text: text(input)? })
}

fn upcall(input: ParseStream<'_>) -> Result<Upcall> {
    Ok(Upcall {
        name: text(input)?,
        method: text(input)?,
        text: text(input)?,
        reason: text(input)?,
        waiver: option(input, text)?,
        dispatch: option(input, text)?.map_or(Dispatch::Slot, Dispatch::Export),
        acquire: option(input, index)?,
        release: option(input, index)?,
        requirement: list(input, |row| Ok(&*list(row, requirement)?.leak()))?.leak(),
        slots: &[],
        errors: &[],
    })
}

fn requirement(input: ParseStream<'_>) -> Result<Requirement> {
    let word: Ident = input.parse()?;
    Ok(match &*word.to_string() {
        "required" => Requirement::Required,
        "optional" => Requirement::Optional,
        "unspecified" => Requirement::Unspecified,
        _ => Requirement::NotApplicable,
    })
}

fn kit(input: ParseStream<'_>) -> Result<Kit> {
    let (name, marker) = (text(input)?, text(input)?);
    let completes = input.parse::<LitBool>()?.value;
    let uses = list(input, |class| option(class, |uses| Ok(&*list(uses, index)?.leak())))?;
    Ok(Kit { name, marker, uses: uses.leak(), completes })
}

fn method(input: ParseStream<'_>) -> Result<Method> {
    let param = |input: ParseStream<'_>| {
        let name = input.parse::<LitStr>()?.parse_with(Ident::parse_any)?;
        Ok((name, tokens(input)?))
    };
    Ok(Method {
        details: input.parse::<LitStr>()?.value(),
        must_use: option(input, |input| Ok(input.parse::<LitStr>()?.value()))?,
        generics: tokens(input)?,
        params: rows(input, param)?,
        returns: tokens(input)?,
    })
}

fn text(input: ParseStream<'_>) -> Result<&'static str> {
    Ok(input.parse::<LitStr>()?.value().leak())
}

fn index(input: ParseStream<'_>) -> Result<usize> {
    input.parse::<LitInt>()?.base10_parse()
}

/// `[tokens]`.
fn tokens(input: ParseStream<'_>) -> Result<TokenStream> {
    Ok(input.parse::<Group>()?.stream())
}

/// `[item item]`.
fn list<T>(input: ParseStream<'_>, item: impl Fn(ParseStream<'_>) -> Result<T>) -> Result<Vec<T>> {
    let items = |input: ParseStream<'_>| {
        let mut items = Vec::new();
        while !input.is_empty() {
            items.push(item(input)?);
        }
        Ok(items)
    };
    items.parse2(tokens(input)?)
}

/// `[[field field] [field field]]`.
fn rows<T>(input: ParseStream<'_>, row: impl Fn(ParseStream<'_>) -> Result<T> + Copy) -> Result<Vec<T>> {
    list(input, |input| row.parse2(tokens(input)?))
}

/// `[item]` or `[]`.
fn option<T>(input: ParseStream<'_>, item: impl Fn(ParseStream<'_>) -> Result<T>) -> Result<Option<T>> {
    Ok(list(input, item)?.pop())
}

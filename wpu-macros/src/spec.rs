//! The literal that contains the facts of a spec; `wpu-gen/src/emit/literal.rs` writes it.

use proc_macro2::{Group, TokenStream};
use std::sync::Mutex;
use syn::parse::ParseStream;
use syn::{Ident, LitBool, LitInt, LitStr, Result, bracketed};
use wpu_rt::facts::{Dispatch, Facts, Kit, PlatformId, Requirement, Upcall, Word};
use wpu_rt::rules::Declared;

/// What a spec says, as far as the attribute needs it.
pub(crate) struct Spec {
    pub(crate) facts: Facts,
    pub(crate) kits: &'static [Kit],
    /// The method for each upcall, as code. Its paths start at `__wpu` and `__wpu_runtime`.
    pub(crate) methods: &'static [&'static str],
    /// Functions with the names of all parameters, as code.
    pub(crate) guards: &'static str,
}

/// No facts, for the first step of an expansion.
pub(crate) static UNKNOWN: Spec = Spec {
    facts: Facts { classes: &[], platforms: &[], default_platform: PlatformId::new(0), upcalls: &[] },
    kits: &[],
    methods: &[],
    guards: "",
};

impl Spec {
    /// What is declared without arguments.
    pub(crate) fn nothing(&'static self) -> Declared {
        Declared::nothing(&self.facts, self.kits)
    }

    /// Reads the literal, a group. A spec is kept as long as the process runs: an editor expands the attribute again and
    /// again, with few specs.
    pub(crate) fn parse(input: ParseStream<'_>) -> Result<&'static Self> {
        static KEPT: Mutex<Vec<(String, &Spec)>> = Mutex::new(Vec::new());
        let text = input.fork().parse::<Group>()?.to_string();
        let literal;
        bracketed!(literal in input);
        let mut kept = KEPT.lock().expect("nothing panics under the lock");
        if let Some((_, spec)) = kept.iter().find(|(known, _)| *known == text) {
            literal.parse::<TokenStream>()?;
            return Ok(spec);
        }
        let spec: &Self = Box::leak(Box::new(spec(&literal)?));
        kept.push((text, spec));
        Ok(spec)
    }
}

fn spec(input: ParseStream<'_>) -> Result<Spec> {
    let facts = Facts {
        classes: list(input, word)?,
        platforms: list(input, word)?,
        default_platform: PlatformId::new(index(input)?),
        upcalls: list(input, upcall)?,
    };
    Ok(Spec { facts, kits: list(input, kit)?, methods: list(input, code)?, guards: code(input)? })
}

fn word(input: ParseStream<'_>) -> Result<Word> {
    let row;
    bracketed!(row in input);
    Ok(Word { name: text(&row)?, text: text(&row)? })
}

fn upcall(input: ParseStream<'_>) -> Result<Upcall> {
    let row;
    bracketed!(row in input);
    Ok(Upcall {
        name: text(&row)?,
        method: text(&row)?,
        text: text(&row)?,
        reason: text(&row)?,
        waiver: option(&row, text)?,
        dispatch: option(&row, text)?.map_or(Dispatch::Slot, Dispatch::Export),
        acquire: option(&row, index)?,
        release: option(&row, index)?,
        requirement: list(&row, |class| list(class, requirement))?,
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
    let row;
    bracketed!(row in input);
    let (name, marker, completes) = (text(&row)?, text(&row)?, row.parse::<LitBool>()?.value);
    Ok(Kit { name, marker, completes, uses: list(&row, |class| option(class, |uses| list(uses, index)))? })
}

fn text(input: ParseStream<'_>) -> Result<&'static str> {
    Ok(input.parse::<LitStr>()?.value().leak())
}

/// `[tokens]`.
fn code(input: ParseStream<'_>) -> Result<&'static str> {
    Ok(input.parse::<Group>()?.stream().to_string().leak())
}

fn index(input: ParseStream<'_>) -> Result<usize> {
    input.parse::<LitInt>()?.base10_parse()
}

/// `[item item]`.
fn list<T>(input: ParseStream<'_>, item: fn(ParseStream<'_>) -> Result<T>) -> Result<&'static [T]> {
    let mut all = Vec::new();
    each(input, &mut |input| {
        all.push(item(input)?);
        Ok(())
    })?;
    Ok(all.leak())
}

/// Reads what is in brackets. It is not generic, so that rustc compiles it once.
fn each(input: ParseStream<'_>, item: &mut dyn FnMut(ParseStream<'_>) -> Result<()>) -> Result<()> {
    let items;
    bracketed!(items in input);
    while !items.is_empty() {
        item(&items)?;
    }
    Ok(())
}

/// `[item]` or `[]`.
fn option<T: Copy + 'static>(
    input: ParseStream<'_>,
    item: fn(ParseStream<'_>) -> Result<T>,
) -> Result<Option<T>> {
    Ok(list(input, item)?.first().copied())
}

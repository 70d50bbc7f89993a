//! The types of option values, and their parsers.

use clap::ValueEnum;
use clap::builder::{OsStringValueParser, PossibleValue, TypedValueParser};
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use wpu_install::{CATEGORIES, Class, GuidText, WideString, Width, parse_guid};

/// Address family, socket type and protocol.
pub type Address = (i32, i32, i32);
/// The lengths of the shortest and the longest address.
pub type Addresses = (i32, i32);

/// A catalog.
#[derive(Clone)]
pub enum Source {
    System(Vec<Width>),
    File(PathBuf),
}

/// A value of `--over`.
#[derive(Clone, Copy, PartialEq)]
pub enum What {
    Every,
    Sockets(Address),
    Entry(u32),
}

impl fmt::Display for What {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every => out.write_str("every"),
            Self::Sockets((family, kind, protocol)) => write!(out, "{family}/{kind}/{protocol}"),
            Self::Entry(id) => write!(out, "{id}"),
        }
    }
}

/// The class of a provider. The form with an underscore, as in `#[wpu_provider]`, is accepted too.
#[derive(Clone, Copy, ValueEnum)]
pub enum ClassWord {
    Ifs,
    #[value(alias = "non_ifs")]
    NonIfs,
}

impl From<ClassWord> for Class {
    fn from(word: ClassWord) -> Self {
        match word {
            ClassWord::Ifs => Self::Ifs,
            ClassWord::NonIfs => Self::NonIfs,
        }
    }
}

/// A category of layers.
#[derive(Clone, Copy, PartialEq)]
pub struct Category {
    word: &'static str,
    pub bit: u32,
}

impl ValueEnum for Category {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [Category; CATEGORIES.len()] = {
            let mut all = [Category { word: "", bit: 0 }; CATEGORIES.len()];
            let mut at = 0;
            while at < all.len() {
                all[at] = Category { word: CATEGORIES[at].0, bit: CATEGORIES[at].1 };
                at += 1;
            }
            all
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.word))
    }
}

impl fmt::Display for Category {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word)
    }
}

/// Checks that a text is not blank.
pub fn text(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() { Err("is empty") } else { Ok(text.to_owned()) }
}

pub fn path(text: &str) -> Result<WideString, &'static str> {
    self::text(text).map(|text| text.as_str().into())
}

pub fn id(text: &str) -> Result<GuidText, &'static str> {
    parse_guid(text).map(GuidText).ok_or("is not an id such as d3c21122-85e1-48f3-9ab6-23d90c73077e")
}

pub fn number(text: &str) -> Result<u32, &'static str> {
    let number = match text.strip_prefix("0x") {
        Some(hex) => digits(hex, 16).then(|| u32::from_str_radix(hex, 16).ok()).flatten(),
        None => digits(text, 10).then(|| text.parse().ok()).flatten(),
    };
    number.ok_or("is not a number such as 6 or 0x20000 of 32 bits")
}

/// Parses digits only, since the parser of Rust also accepts a sign.
fn digits(text: &str, radix: u32) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_digit(radix))
}

pub fn sockets(text: &str) -> Result<Address, &'static str> {
    three(text).ok_or("is not family/type/protocol such as 2/1/6")
}

fn three(text: &str) -> Option<Address> {
    let parts: Vec<i32> = text.split('/').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    match parts[..] {
        [family, kind, protocol] => Some((family, kind, protocol)),
        _ => None,
    }
}

pub fn addresses(text: &str) -> Result<Addresses, &'static str> {
    let pair = text.split_once('-').and_then(|(min, max)| Some((min.parse().ok()?, max.parse().ok()?)));
    match pair {
        Some((min, max)) if 0 <= min && min <= max => Ok((min, max)),
        _ => Err("is not min-max such as 16-28"),
    }
}

pub fn what(text: &str) -> Result<What, &'static str> {
    if text == "every" {
        return Ok(What::Every);
    }
    let entry = || number(text).ok().map(What::Entry);
    let found = three(text).map(What::Sockets).or_else(entry);
    found.ok_or("is not `every`, the number of an entry, or family/type/protocol such as 2/1/6")
}

/// A path need not be Unicode text.
pub fn source() -> impl TypedValueParser<Value = Source> {
    OsStringValueParser::new().try_map(|value: OsString| match value.to_str() {
        Some("64") => Ok(Source::System(vec![Width::Bits64])),
        Some("32") => Ok(Source::System(vec![Width::Bits32])),
        Some("both") => Ok(Source::System(Width::ALL.to_vec())),
        Some(blank) if blank.trim().is_empty() => Err("is no file"),
        _ => Ok(Source::File(value.into())),
    })
}

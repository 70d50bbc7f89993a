//! The leaves of a spec: values with their place in the file.

use serde::de::{self, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::ops::Deref;

/// A value with its place in the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
pub struct Spanned<T>(toml::Spanned<T>);

/// Text with its place in the file.
pub type Text = Spanned<String>;

/// A text as it is meant, however its file ends lines.
pub(crate) fn text(text: &Text) -> String {
    text.get_ref().trim_end().replace("\r\n", "\n")
}

impl<T> Deref for Spanned<T> {
    type Target = toml::Spanned<T>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// The schema of the value: a place is nothing that anybody writes.
#[cfg(feature = "schema")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Spanned<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}

/// Bytes on 32-bit and on 64-bit machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Widths(pub [u64; 2]);

impl<'de> Deserialize<'de> for Widths {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(WidthsVisitor)
    }
}

/// Written by hand, because an array of Rust takes what it needs of a longer one, and leaves the rest.
struct WidthsVisitor;

impl<'de> Visitor<'de> for WidthsVisitor {
    type Value = Widths;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an array of length 2")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Widths, A::Error> {
        let mut next = |at| items.next_element()?.ok_or_else(|| de::Error::invalid_length(at, &self));
        let widths = [next(0)?, next(1)?];
        let mut length = widths.len();
        while items.next_element::<IgnoredAny>()?.is_some() {
            length += 1;
        }
        if length == widths.len() {
            Ok(Widths(widths))
        } else {
            Err(de::Error::invalid_length(length, &self))
        }
    }
}

//! C types, constants, errors and handles.

use super::leaf::{Spanned, Text, Widths};
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// `[[typedef]]`: another name for a primitive, a pointer or a type of the spec.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Typedef {
    pub name: Text,
    /// A Rust integer (`u32`, `usize`, …), or a C type: `void *`, `DWORD *`, another name.
    #[serde(rename = "type")]
    pub ty: Text,
    /// The name exists in C alone; Rust code shows what it stands for.
    #[serde(default)]
    pub c_only: bool,
    /// Of a pointer that the other side compares or looks up, and never follows unseen: the Rust name of such values.
    pub opaque: Option<Text>,
    pub doc: Text,
    pub header: Option<Text>,
    #[serde(default)]
    pub sources: Vec<Text>,
}

/// `[[struct]]`: a C structure.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Struct {
    pub name: Text,
    pub doc: Text,
    pub header: Option<Text>,
    pub size: Spanned<Widths>,
    pub fields: Vec<Field>,
    /// A request is such a structure: lent by a client, and given back exactly once.
    pub request: Option<Spanned<bool>>,
    /// The Rust name of a counted structure, or of a request.
    pub rust_name: Option<Text>,
    /// It is there for those who use the output: nothing in the spec need name it.
    #[serde(default)]
    pub export: bool,
    /// C knows it by `struct` and the name.
    #[serde(default)]
    pub tag: bool,
    #[serde(default)]
    pub sources: Vec<Text>,
}

/// One member of a structure.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Field {
    pub name: Text,
    /// A C type; `TYPE[N]` for an array, N being a number or a constant.
    #[serde(rename = "type")]
    pub ty: Text,
    pub doc: Text,
    /// The field that says how many elements it has: an array then makes the structure counted, and a pointer to bytes
    /// makes it an iovec.
    pub counted_by: Option<Text>,
    /// Bytes from the start on 32-bit and on 64-bit machines, where a source states them.
    pub offset: Option<Spanned<Widths>>,
}

/// `[[callback]]`: a function that one side hands to the other, with one context value if it has a bundle.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Callback {
    pub name: Text,
    pub doc: Text,
    pub header: Option<Text>,
    /// Absent: returns nothing.
    pub returns: Option<Text>,
    pub params: Vec<PlainParam>,
    /// Rust name of the callback together with its context, which is its last parameter.
    pub rust_name: Option<Text>,
    #[serde(default)]
    pub sources: Vec<Text>,
}

/// A parameter that has no role.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PlainParam {
    pub name: Text,
    #[serde(rename = "type")]
    pub ty: Text,
    pub doc: Text,
}

/// `[[constant]]`: a named value.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Constant {
    pub name: Text,
    #[serde(rename = "type")]
    pub ty: Text,
    /// A number, of which -1 of an unsigned type has all bits set; a text; or a list with a value for each field of a
    /// structure, or for each element of an array.
    pub value: Spanned<ConstantValue>,
    /// It is a control code, and its input is of this type, which has no pointers.
    pub control_input: Option<Text>,
    /// It is there for those who use the output: nothing in the spec need name it.
    #[serde(default)]
    pub export: bool,
    pub doc: Text,
    pub header: Option<Text>,
    #[serde(default)]
    pub sources: Vec<Text>,
}

/// The value of a constant.
#[derive(Debug)]
pub enum ConstantValue {
    Number(i64),
    /// However its file ends lines.
    Text(String),
    /// Of a structure or an array: a value for each field or element.
    List(Vec<ConstantValue>),
}

impl<'de> Deserialize<'de> for ConstantValue {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ConstantValueVisitor)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for ConstantValue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ConstantValue".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        // As deep as structures have arrays in them: a schema that refers to itself has no end for those who walk it.
        let types = serde_json::json!(["integer", "string", "array"]);
        let items = serde_json::json!({ "type": types, "items": { "type": types } });
        schemars::json_schema!({ "type": types, "items": items })
    }
}

/// Written by hand, so that a wrong value is told what would be right.
struct ConstantValueVisitor;

impl<'de> Visitor<'de> for ConstantValueVisitor {
    type Value = ConstantValue;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a number of up to 63 bits, a text, or a list of such values")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element()? {
            values.push(value);
        }
        Ok(ConstantValue::List(values))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(ConstantValue::Number(number))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(ConstantValue::Text(text.to_owned()))
    }
}

/// `[[error]]`: an error code.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ErrorCode {
    pub name: Text,
    pub value: Spanned<i32>,
    /// What it says inside messages.
    pub message: Text,
    /// The variant of `std::io::ErrorKind` that is nearest.
    pub io_kind: Option<Text>,
    /// The variants that become this error.
    #[serde(default)]
    pub from_io_kinds: Vec<Text>,
    /// Another error with the same value, under whose name it is reported.
    pub alias_of: Option<Text>,
    #[serde(default)]
    pub sources: Vec<Text>,
}

/// `[[handle]]`: what an upcall acquires and another releases.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Handle {
    /// Rust name of the owned form, which releases when dropped.
    pub name: Text,
    pub doc: Text,
    /// The C type of the bare value.
    #[serde(rename = "type")]
    pub ty: Text,
    pub acquire: Text,
    pub release: Option<Text>,
    /// Rust name of the borrowed form, where upcalls take one.
    pub borrowed: Option<Text>,
    /// Low bits that a client may set and that are not part of the value.
    pub tag_bits: Option<Spanned<u32>>,
    /// The values that no working host gives out: `[0]`, of which all bytes are zero.
    pub invalid: Option<Spanned<Invalid>>,
}

/// `[0]`: the only list of values that a handle can rule out.
#[derive(Debug)]
pub struct Invalid;

impl<'de> Deserialize<'de> for Invalid {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(InvalidVisitor)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Invalid {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Invalid".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "array",
            "items": { "type": "integer", "minimum": 0, "maximum": 0 },
            "minItems": 1,
            "maxItems": 1,
        })
    }
}

/// Written by hand, so that other values are told what would be right.
struct InvalidVisitor;

impl<'de> Visitor<'de> for InvalidVisitor {
    type Value = Invalid;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("`[0]`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Invalid, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element::<i64>()? {
            values.push(value);
        }
        if values == [0] {
            Ok(Invalid)
        } else {
            Err(de::Error::invalid_value(de::Unexpected::Other("other values"), &self))
        }
    }
}

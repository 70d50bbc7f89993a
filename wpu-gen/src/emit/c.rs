//! What the C files of the output share: how types, texts and values are written.

use super::view::View;
use crate::model::{Constant, ConstantValue, Convention, Model, Ty, TypeKind};

/// The first lines of a C file.
pub(super) fn top(view: &View<'_>, about: &str) -> String {
    format!("{}\n{}", comment(&view.marker()), comment(about))
}

/// A comment, whatever stands in it.
pub(super) fn comment(text: &str) -> String {
    // What could end it, begin another, or become a backslash as a trigraph.
    let text =
        text.trim_end().replace("*/", "* /").replace("/*", "/ *").replace("??", "? ?").replace("??", "? ?");
    format!("/* {} */\n", text.replace('\n', "\n * ").replace(" * \n", " *\n"))
}

/// A text as C writes it, in UTF-8.
pub(super) fn string(text: &str) -> String {
    // Always three digits, so that none behind them is taken for one more.
    let byte = |byte| format!("\\{byte:03o}");
    literal(text, &|c| c.encode_utf8(&mut [0; 4]).bytes().map(byte).collect())
}

/// A text of units of 16 bits as C writes it, but for the letter before it, which depends on the platform.
pub(super) fn wide(text: &str) -> String {
    literal(text, &|c| match u32::from(c) {
        code @ 0..=0xff => format!("\\{code:03o}"),
        code @ 0x100..=0xffff => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    })
}

/// A text in quotes; `escaped` writes what is no visible character of ASCII.
fn literal(text: &str, escaped: &dyn Fn(char) -> String) -> String {
    let inside = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        '\n' => "\\n".to_owned(),
        // Nothing that could begin a trigraph.
        '?' => "\\?".to_owned(),
        ' '..='~' => c.to_string(),
        _ => escaped(c),
    });
    format!("\"{}\"", inside.collect::<String>())
}

/// A declaration of `name` with this type.
pub(super) fn declare(model: &Model, ty: &Ty, name: &str) -> String {
    match ty {
        Ty::Array(item, length) => declare(model, item, &format!("{name}[{length}]")),
        Ty::Pointer(to) => declare(model, to, &format!("*{name}")),
        _ => format!("{} {name}", leaf(model, ty)).trim_end().to_owned(),
    }
}

/// A type without a name.
pub(super) fn bare(model: &Model, ty: &Ty) -> String {
    declare(model, ty, "")
}

fn leaf(model: &Model, ty: &Ty) -> String {
    match ty {
        Ty::Prim(prim) => match (prim.bytes, prim.signed) {
            (Some(1), false) => "uint8_t",
            (Some(1), true) => "int8_t",
            (Some(2), false) => "uint16_t",
            (Some(2), true) => "int16_t",
            (Some(4), false) => "uint32_t",
            (Some(4), true) => "int32_t",
            (Some(_), false) => "uint64_t",
            (Some(_), true) => "int64_t",
            (None, false) => "uintptr_t",
            (None, true) => "intptr_t",
        }
        .to_owned(),
        Ty::Named(id) => match &model.types[*id].kind {
            TypeKind::Struct(structure) if structure.tag => format!("struct {}", model.types[*id].name),
            _ => model.types[*id].name.value.clone(),
        },
        _ => "void".to_owned(),
    }
}

/// The type of a parameter.
pub(super) fn param(model: &Model, ty: &Ty, written: &str) -> String {
    let constant = if written.starts_with("const ") { "const " } else { "" };
    format!("{constant}{}", bare(model, ty))
}

/// A list of parameters' types.
pub(super) fn list(types: &[String]) -> String {
    if types.is_empty() { "void".to_owned() } else { types.join(", ") }
}

/// A constant's value, as a number of its type or a text.
pub(super) fn value(model: &Model, constant: &Constant) -> String {
    let ty = bare(model, &constant.ty);
    match &*constant.value {
        ConstantValue::AllOnes => format!("~({ty})0"),
        ConstantValue::Number(number) => format!("{number}LL"),
        ConstantValue::List(values) => initializer(values),
        ConstantValue::Text(text) if is_wide(model, constant) => wide(text),
        ConstantValue::Text(text) => string(text),
    }
}

/// A structure or an array as C initializes it.
fn initializer(values: &[ConstantValue]) -> String {
    let values = values.iter().map(|value| match value {
        ConstantValue::Number(number) => hexadecimal(*number),
        ConstantValue::List(values) => initializer(values),
        // Nothing else stands in a list.
        ConstantValue::AllOnes | ConstantValue::Text(_) => String::new(),
    });
    format!("{{{}}}", values.collect::<Vec<_>>().join(", "))
}

/// A number as a person compares it with a header.
pub(super) fn hexadecimal(number: i64) -> String {
    if number < 10 { number.to_string() } else { format!("0x{number:X}") }
}

/// Whether the units of a text have 16 bits.
pub(super) fn is_wide(model: &Model, constant: &Constant) -> bool {
    model.text_unit(&constant.ty) == Some(2)
}

/// The word for how functions are called, where 32-bit machines have several.
pub(super) fn convention(model: &Model) -> &'static str {
    match model.head.convention {
        Convention::System => "__stdcall",
        Convention::C => "__cdecl",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_ends_it() {
        assert_eq!(string("a \"b\" \\ ?\n"), r#""a \"b\" \\ \?\n""#);
        assert_eq!(string("é1"), r#""\303\2511""#);
        assert_eq!(wide("a \"?\t\u{e9}1\u{20ac}1\u{1f600}1"), r#""a \"\?\011\3511\u20ac1\U0001f6001""#);
        assert_eq!(comment("a */ b"), "/* a * / b */\n");
        assert_eq!(comment("why???/"), "/* why? ? ?/ */\n");
    }
}

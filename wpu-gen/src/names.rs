//! How names are spelled: every conversion, and what may be a name at all.

/// `FDIsSet` → `fd_is_set`.
#[must_use]
pub fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| chars[at]);
        let starts_word = c.is_ascii_uppercase()
            && before.is_some_and(|before| before != '_')
            && (before.is_some_and(|before| !before.is_ascii_uppercase())
                || chars.get(at + 1).is_some_and(char::is_ascii_lowercase));
        if starts_word {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// `non_ifs`-like words → camel case.
#[must_use]
pub fn camel(name: &str) -> String {
    let words = name.split('_').filter(|word| !word.is_empty());
    words
        .map(|word| {
            let mut chars = word.chars();
            let first = chars.next().into_iter().flat_map(char::to_uppercase);
            first.chain(chars).collect::<String>()
        })
        .collect()
}

/// Whether a name can stand for something in Rust and in C.
#[must_use]
pub fn is_name(name: &str) -> bool {
    is_c_name(name) && !is_reserved(name)
}

/// Whether a name can stand for something in C. What Rust cannot write is another name there.
#[must_use]
pub fn is_c_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether a text is words in lower case with `-` between them.
#[must_use]
pub fn is_slug(text: &str) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    text.starts_with(|c: char| c.is_ascii_lowercase()) && text.split('-').all(is_word)
}

/// Whether a text is a day, as `2026-11-29`.
#[must_use]
pub fn is_day(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    let number = |at: usize, digits: usize| {
        let part = parts.get(at).filter(|part| part.len() == digits)?;
        part.chars().all(|c| c.is_ascii_digit()).then(|| part.parse::<u32>().ok())?
    };
    let (Some(_), Some(month), Some(day)) = (number(0, 4), number(1, 2), number(2, 2)) else { return false };
    parts.len() == 3 && (1..=12).contains(&month) && (1..=31).contains(&day)
}

/// Whether Rust has no way to make a word a name: not even `r#` does.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    matches!(name, "_" | "self" | "Self" | "super" | "crate")
}

/// Whether a name is written as Rust writes variables and functions.
#[must_use]
pub fn is_snake(name: &str) -> bool {
    is_name(name) && !is_keyword(name) && !name.chars().any(|c| c.is_ascii_uppercase())
}

/// Whether a name is written as Rust writes types.
#[must_use]
pub fn is_camel(name: &str) -> bool {
    is_name(name)
        && !is_keyword(name)
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && !name.contains('_')
}

/// An identifier; names that Rust keeps for itself are escaped, or get a `_` where they cannot be.
#[must_use]
pub fn ident(name: &str) -> proc_macro2::Ident {
    let span = proc_macro2::Span::call_site();
    if is_reserved(name) {
        proc_macro2::Ident::new(&format!("{name}_"), span)
    } else if is_keyword(name) {
        proc_macro2::Ident::new_raw(name, span)
    } else {
        proc_macro2::Ident::new(name, span)
    }
}

/// Whether some edition of Rust keeps a name for itself. syn knows them but for `gen`, of edition 2024.
fn is_keyword(name: &str) -> bool {
    name == "gen" || syn::parse_str::<syn::Ident>(name).is_err()
}

/// Characters that nobody sees, and that change how the others are read or shown.
pub(crate) fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_where_a_reader_sees_an_end() {
        for (name, expected) in [
            ("FDIsSet", "fd_is_set"),
            ("ModifyIFSHandle", "modify_ifs_handle"),
            ("QueueApc", "queue_apc"),
            ("lower_Already", "lower_already"),
            ("X", "x"),
        ] {
            assert_eq!(snake(name), expected);
        }
    }
}

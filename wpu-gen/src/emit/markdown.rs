//! Free text of a spec as Markdown: for rustdoc and for the page to read. Nothing else writes it there.
//!
//! The only markup is code between two backticks on one line, a blank line between paragraphs, and a plain address.
//! Everything else shows as it is written.

/// Text in paragraphs.
pub(super) fn markdown(text: &str) -> String {
    linked(text, &|_| None)
}

/// The link to the item of a name, as Markdown. `None` if no item has the name.
pub(super) type Link<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The same, with a link for each name in `` [`…`] `` that stands for an item.
pub(super) fn linked(text: &str, to_item: Link<'_>) -> String {
    let lines: Vec<_> = text.lines().map(|line| line_of(line.trim(), to_item)).collect();
    lines.join("\n").trim().to_owned()
}

/// A name that is no identifier, as code where that is possible.
pub(super) fn code_of(name: &str) -> String {
    if name.contains(['`', '\n']) || name.trim().is_empty() { inline(name) } else { format!("`{name}`") }
}

/// Text that must stay on one line: in a list, a heading or a link.
pub(super) fn inline(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    line_of(&words.join(" "), &|_| None)
}

/// Text of a link, in which there is no other link.
pub(super) fn title(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    let line = words.join(" ");
    let parts = parts(&line).into_iter().map(|part| match part {
        Part::Address(url) => escaped(url),
        part => part.written(&|_| None),
    });
    parts.collect()
}

/// Text in a table.
pub(super) fn cell(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    let line = words.join(" ");
    let parts = parts(&line).into_iter().map(|part| match part {
        // A bar would end the cell, in code too, and there it cannot be escaped.
        Part::Code(code) if code.contains('|') => format!("<code>{}</code>", entities(code)),
        part => part.written(&|_| None),
    });
    parts.collect()
}

/// A text that is code, all of it, on one line.
pub(super) fn literal(text: &str) -> String {
    let plain = |c: char| c.is_ascii_graphic() && !"`|".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        format!("`{text}`")
    } else {
        format!("<code>{}</code>", entities(text))
    }
}

/// An address as the target of a link.
pub(super) fn address(url: &str) -> String {
    let safe = |c: char| c.is_ascii_graphic() && !"<>()[]\\\"`|".contains(c);
    let mut out = String::new();
    for c in url.trim().chars() {
        if safe(c) {
            out.push(c);
        } else {
            c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| out += &format!("%{byte:02X}"));
        }
    }
    out
}

/// A stretch of one line.
enum Part<'t> {
    Plain(&'t str),
    Code(&'t str),
    Address(&'t str),
    /// The name in `` [`…`] ``.
    Item(&'t str),
}

impl Part<'_> {
    fn written(&self, to_item: Link<'_>) -> String {
        match self {
            Self::Plain(text) => escaped(text),
            Self::Code(code) => format!("`{code}`"),
            Self::Address(url) => format!("<{url}>"),
            Self::Item(name) => to_item(name).unwrap_or_else(|| format!("`{name}`")),
        }
    }
}

fn line_of(line: &str, to_item: Link<'_>) -> String {
    let written: String = parts(line).iter().map(|part| part.written(to_item)).collect();
    at_start(written)
}

fn parts(line: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut plain, mut at) = (0, 0);
    while let Some(next) = line[at..].find(['`', 'h', '[']) {
        at += next;
        let rest = &line[at..];
        let (part, length) = if let Some(name) = item(&line[..at], rest) {
            (Part::Item(name), name.len() + 4)
        } else if let Some(code) = code(rest) {
            (Part::Code(code), code.len() + 2)
        } else if let Some(url) = link(rest) {
            (Part::Address(url), url.len())
        } else {
            // All of a run of backticks, or one letter.
            at += (rest.len() - rest.trim_start_matches('`').len()).max(1);
            continue;
        };
        parts.extend((plain < at).then(|| Part::Plain(&line[plain..at])));
        parts.push(part);
        at += length;
        plain = at;
    }
    parts.extend((plain < line.len()).then(|| Part::Plain(&line[plain..])));
    parts
}

/// What stands between a backtick and the next one.
fn code(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('`')?;
    let end = inside.find('`').filter(|end| *end > 0)?;
    // Two in a row would begin or end something else.
    (!inside[end + 1..].starts_with('`') && !inside[..end].trim().is_empty()).then_some(&inside[..end])
}

/// The name in `` [`…`] ``, unless that is an index of what stands before it.
fn item<'t>(before: &str, text: &'t str) -> Option<&'t str> {
    if before.ends_with(|c: char| c.is_alphanumeric() || "_)]`".contains(c)) {
        return None;
    }
    let (name, _) = text.strip_prefix("[`")?.split_once("`]")?;
    crate::names::is_name(name).then_some(name)
}

/// An address, without the full stop or comma behind it.
fn link(text: &str) -> Option<&str> {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| text.starts_with(scheme))?;
    let end = text.find(|c: char| !c.is_ascii_graphic() || "<>`\"\\|".contains(c)).unwrap_or(text.len());
    let url = text[..end].trim_end_matches(|c: char| ".,;:!?)]}'*_".contains(c));
    (url.len() > scheme.len()).then_some(url)
}

/// Plain text, in which nothing is markup.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let within_word =
            |next: Option<&char>| before.is_alphanumeric() && next.is_some_and(|next| next.is_alphanumeric());
        let special = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '|' | '~' | '&' | '$' => true,
            // Those at the end of a heading would vanish.
            '#' => before == ' ',
            '_' => !within_word(chars.peek()),
            // Two would become a dash.
            '-' => before == '-',
            _ => false,
        };
        if special {
            out.push('\\');
        }
        out.push(if c == '\t' { ' ' } else { c });
        before = c;
    }
    out
}

/// A line that begins nothing: no heading, list, quotation, rule, underline or row of a table.
fn at_start(line: String) -> String {
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if digits > 0 && line[digits..].starts_with(['.', ')']) {
        return format!("{}\\{}", &line[..digits], &line[digits..]);
    }
    if line.starts_with(['>', '+', '-', '=', ':']) { format!("\\{line}") } else { line }
}

/// Text as HTML, in a cell.
fn entities(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || c == ' ' || !c.is_ascii() {
            out.push(c);
        } else {
            out += &format!("&#{};", u32::from(c));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_markup_but_code_and_addresses() {
        for (text, expected) in [
            ("`a[i]` is a[i], of Vec<T>", "`a[i]` is a\\[i\\], of Vec\\<T>"),
            ("WSA_IO_PENDING, _this_ and __that", "WSA_IO_PENDING, \\_this\\_ and \\_\\_that"),
            ("an odd ` and ``` here", "an odd \\` and \\`\\`\\` here"),
            ("    let x = 1;\n\n\tmore", "let x = 1;\n\nmore"),
            ("# no\n- no\n1. no\n> no\n---\n===", "\\# no\n\\- no\n1\\. no\n\\> no\n\\-\\-\\-\n\\==="),
            ("see https://a.example/b_c.", "see <https://a.example/b_c>."),
            ("a | b & c \\", "a \\| b \\& c \\\\"),
            ("the language C #\n:-:", "the language C \\#\n\\:-:"),
            ("from $a to $b", "from \\$a to \\$b"),
            ("`a`[`i`], a[`i`] and [`T`]", "`a`\\[`i`\\], a\\[`i`\\] and `T`"),
        ] {
            assert_eq!(markdown(text), expected);
        }
    }

    #[test]
    fn no_link_stands_in_another() {
        assert_eq!(title("see https://a.example/b_c, `x]`"), "see https://a.example/b_c, `x]`");
    }

    #[test]
    fn a_bar_ends_no_cell() {
        assert_eq!(cell("`a|b`\nor c|d"), "<code>a&#124;b</code> or c\\|d");
    }
}

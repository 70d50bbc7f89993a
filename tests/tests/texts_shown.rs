//! Each place of the output shows the whole free text of a spec, and nothing else of the output changes.
//!
//! A spec is emitted twice: once with a plain word in every text, which shows where each text is used, and
//! once with random pieces of markup and code around that word. Both outputs have the same Rust tokens, the
//! same C code and the same blocks on the page, and every place that has the word shows the whole text around
//! it.

use crate::common;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use pulldown_cmark::{Event, Options, Parser, Tag};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::process::Command;
use toml::{Table, Value};
use wpu_gen::compile;
use wpu_gen::files::Files;
use wpu_gen::source::Sources;

/// The number of random specs.
const SPECS: u64 = 20;

/// The specs among them that are compiled.
const COMPILED: Range<u64> = 1..4;

/// The pieces of a text. Each has a meaning in a language of the output.
#[rustfmt::skip]
const PIECES: &[&str] = &[
    "a[i]", "a[`i`]", "Vec<T>", "`Vec<T>`", "<b>bold</b>", "<script>alert(1)</script>", "<!-- gone", "-->",
    "<?php", "<![CDATA[", "</details>", "&lt;", "&amp;amp;", "&copy", "&#42;", "*/", "/*", "**/", "/*/", "*/*",
    "//", "///§ no", "§ 3", "//! no", "#![forbid(unsafe_code)]", "#[doc = \"x\"]", "??/", "???/", "????/", "??)",
    "\\", "\\\\", "\\n", "\\u{202e}", "\\*", "\\`", "`", "``", "```", "```rust", "~~~", "`a\\`", "`a``b`",
    "`` ` ``", "` `", "`|`", "|", "||", "| a | b |", "|---|---|", "---", "***", "___", "===", ":-:", ":--", "--:",
    "-", "+", "*", "1.", "1)", "12345678901.", "#", "##", "# #", "####### x", ">", "> quote", "> [!NOTE]",
    "- item", "- [ ] task", "* item", "+ item", ": definition", "*star*", "**strong**", "_low_", "__low__",
    "snake_case", "a_", "_a", "~~no~~", "~no~", "^up^", "$x$", "$$", "{}", "{0}", "{:?}", "{{", "{", "}", "%s",
    "%n", "[x](y)", "[x]", "[x][y]", "![x](y)", "[a]: b", "[a]: <b> \"c\"", "[^1]", "[^1]: note", "[[wiki]]", "]",
    "[", "](", ")", "(", "[]()", "`x`](y)", "[`x", "x`]", "https://a.example/b_c", "https://a.example/*b*",
    "https://a.example/(x)", "https://a.example?a=1&copy;=2", "http://", "https://a.b`c`", "xhttps://ab.cd/e",
    "HTTPS://AB.CD", "www.example.com", "mail@example.com", "<https://a.example>", "\"", "'", "\"\"\"", "r#\"",
    "\"#", "...", "--", "->", "=>", "é", "ǃ0ǃ", "日本語", "🙂", "\u{a0}", "\t", "  ", "@", "::", ";", "include!", "%",
    "fn main() {", "let x = 1;", "#if 0", "#define X", "_Pragma(\"x\")", "Self", "`Self`", "std::vec", ".", "..",
    ":", "!",
];

/// The separators between two pieces of a text of several lines.
const BETWEEN: &[&str] = &[" ", " ", "", "\n", "\n\n", "\n    ", "\n\n    ", "\n\n\t", "\n \n", "  \n"];

/// Keys whose text is free, and those of them that may have several lines. `summary` and `details` are the
/// two parts of the `doc` of a function.
const FREE: &[&str] = &[
    "decision",
    "details",
    "doc",
    "message",
    "must-use",
    "reason",
    "substitute",
    "summary",
    "title",
    "url",
    "waiver",
    "when",
];
const LONG: &[&str] = &["details", "doc", "decision", "message"];

/// Pseudo-random numbers that are the same in each run.
struct Noise(u64);

impl Noise {
    fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as usize % end
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    /// A sequence of pieces.
    fn pieces(&mut self, between: &[&str]) -> String {
        let mut text = String::new();
        for _ in 0..self.below(5) {
            text += self.one(PIECES);
            text += self.one(between);
        }
        text
    }
}

/// The word of the text with this number. No word is a part of another.
fn word(number: usize) -> String {
    format!("Wq{number}zW")
}

/// A spec with a word in each of its texts, and optionally with random pieces around it.
struct Texts {
    noise: Option<Noise>,
    /// Each text by its number.
    all: Vec<String>,
}

impl Texts {
    fn text(&mut self, key: &str) -> String {
        let word = word(self.all.len());
        let between = if LONG.contains(&key) { BETWEEN } else { &[" ", ""] };
        let mut text = match &mut self.noise {
            None => word,
            Some(noise) if key == "url" => format!("https://a.example/{word}?{}", noise.pieces(&["", "%20"])),
            Some(noise) => format!("{}{word}{}", noise.pieces(between), noise.pieces(between)),
        };
        if matches!(key, "reason" | "substitute" | "waiver") {
            // Messages quote these texts.
            text = text.replace('"', "'");
        }
        if key == "url" && self.noise.is_none() {
            text = format!("https://a.example/{text}");
        }
        self.all.push(text.clone());
        text
    }

    fn fill(&mut self, table: &mut Table) {
        for (key, value) in table.iter_mut() {
            match value {
                Value::String(text) if FREE.contains(&&**key) => *text = self.text(key),
                Value::Table(table) => self.fill(table),
                Value::Array(items) => {
                    items.iter_mut().filter_map(Value::as_table_mut).for_each(|table| self.fill(table));
                }
                _ => {}
            }
        }
    }
}

/// The base of the cases of mistakes, with every free key.
fn base() -> Table {
    const MORE: &str = "[[note]]\nid = \"boils\"\nabout = [\"EBROKEN\", \"KetFill\"]\ndoc = \"\"\ndecision = \"\"\nsources = [\"manual\"]\n\
        [[header-mismatch]]\nabout = [\"KetFill\"]\nreason = \"\"\nsources = [\"manual\"]\n";
    let mut spec: Table = (common::base() + "\n" + MORE).parse().expect("it is TOML");
    for (kind, key) in [("upcall", "must-use"), ("source", "url")] {
        for entry in spec[kind].as_array_mut().expect("there are some") {
            let entry = entry.as_table_mut().expect("an entry is a table");
            entry.insert(key.to_owned(), Value::String(String::new()));
        }
    }
    spec
}

/// Changes every upcall and every downcall.
fn functions(spec: &mut Table, change: impl Fn(&mut Table)) {
    for kind in ["upcall", "downcall"] {
        let entries = spec[kind].as_array_mut().expect("there are some");
        entries.iter_mut().filter_map(Value::as_table_mut).for_each(&change);
    }
}

fn emitted(noise: Option<Noise>) -> (Vec<String>, Files) {
    let mut spec = base();
    let mut texts = Texts { noise, all: Vec::new() };
    // Some places show only the first paragraph of a function, so the first paragraph and the others are two
    // texts.
    functions(&mut spec, |function| {
        function.remove("doc");
        function.extend(["summary", "details"].map(|key| (key.to_owned(), Value::String(String::new()))));
    });
    texts.fill(&mut spec);
    functions(&mut spec, |function| {
        let parts = ["summary", "details"].map(|key| function.remove(key).expect("it was filled"));
        let parts = parts.each_ref().map(|part| part.as_str().expect("it is a text"));
        function.insert("doc".to_owned(), Value::String(parts.join("\n\n")));
    });
    let written = toml::to_string(&spec).expect("it can be written");
    let spec =
        compile(Sources::from_texts([("texts.toml", written)])).unwrap_or_else(|found| panic!("{found}"));
    (texts.all, spec.emit())
}

/// The texts that a file shows, by the kind of place, and the file without them.
#[derive(Default)]
struct Shown {
    places: BTreeMap<&'static str, String>,
    rest: String,
}

impl Shown {
    fn of(path: &str, text: &str) -> Self {
        let mut shown = Self::default();
        match Path::new(path).extension().and_then(|extension| extension.to_str()) {
            Some("rs") => shown.rust(text.parse().unwrap_or_else(|error| panic!("{path}: {error}\n{text}"))),
            Some("md") => {
                let (text, blocks) = markdown(text, true);
                shown.add("page", &text);
                shown.rest = blocks;
            }
            Some("c" | "h") => shown.c(text),
            _ => {
                let manifest: Table = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
                shown.add("manifest", manifest["package"]["description"].as_str().expect("it is a text"));
            }
        }
        shown
    }

    fn add(&mut self, place: &'static str, text: &str) {
        let all = self.places.entry(place).or_default();
        all.push_str(text);
        all.push('\u{1}');
    }

    /// Consecutive doc attributes are a page of Markdown; other literals are plain texts.
    fn rust(&mut self, tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let (mut at, mut docs) = (0, String::new());
        while at < tokens.len() {
            let hash = matches!(&tokens[at], TokenTree::Punct(punct) if punct.as_char() == '#');
            let bang = matches!(tokens.get(at + 1), Some(TokenTree::Punct(punct)) if punct.as_char() == '!');
            if hash && let Some(line) = tokens.get(at + 1 + usize::from(bang)).and_then(doc) {
                docs += &line;
                docs.push('\n');
                at += 2 + usize::from(bang);
                continue;
            }
            self.docs(&mut docs);
            match &tokens[at] {
                TokenTree::Group(group) => {
                    self.rest += "(";
                    self.rust(group.stream());
                    self.rest += ")";
                }
                TokenTree::Literal(literal) => match syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                    Ok(text) => self.add("fact", &text.value()),
                    Err(_) => self.rest += &format!("{literal} "),
                },
                // The formatter adds one after the last item of a long list.
                TokenTree::Punct(comma) if comma.as_char() == ',' => {}
                token => self.rest += &format!("{token} "),
            }
            at += 1;
        }
        self.docs(&mut docs);
    }

    fn docs(&mut self, docs: &mut String) {
        if !docs.is_empty() {
            let (text, _) = markdown(docs, false);
            self.add("rustdoc", &text);
            self.rest += "doc ";
            docs.clear();
        }
    }

    /// As a compiler reads it: trigraphs and line continuations are replaced first.
    fn c(&mut self, text: &str) {
        let mut text = text.to_owned();
        for (three, one) in [
            ("=", "#"),
            ("/", "\\"),
            ("'", "^"),
            ("(", "["),
            (")", "]"),
            ("!", "|"),
            ("<", "{"),
            (">", "}"),
            ("-", "~"),
        ] {
            text = text.replace(&format!("??{three}"), one);
        }
        let text = text.replace("\\\n", "");
        let mut rest = &*text;
        while let Some(c) = rest.chars().next() {
            if let Some(comment) = rest.strip_prefix("/*") {
                let (comment, after) = comment.split_once("*/").expect("the comment ends");
                assert!(!comment.contains("/*"), "a comment within a comment: {comment}");
                self.add("comment", &comment.replace("\n *", "\n"));
                self.rest.push(' ');
                rest = after;
            } else if rest.starts_with('"') {
                let (text, after) = c_string(&rest[1..]);
                self.add("string", &text);
                rest = after;
            } else {
                assert!(!rest.starts_with("//"), "a comment of C++");
                self.rest.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
}

/// The text of `[doc = "…"]`.
fn doc(token: &TokenTree) -> Option<String> {
    let TokenTree::Group(group) = token else { return None };
    if group.delimiter() != Delimiter::Bracket {
        return None;
    }
    let mut inside = group.stream().into_iter();
    let is_doc = matches!(inside.next(), Some(TokenTree::Ident(name)) if name == "doc");
    let text = inside.nth(1)?.to_string();
    is_doc.then(|| syn::parse_str::<syn::LitStr>(&text).ok())?.map(|text| text.value())
}

/// A C string, and the text after it.
fn c_string(text: &str) -> (String, &str) {
    let (mut bytes, mut chars) = (Vec::new(), text.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (String::from_utf8(bytes).expect("it is UTF-8"), &text[at + 1..]),
            '\\' => match chars.next().expect("something is escaped").1 {
                'n' => bytes.push(b'\n'),
                digit @ '0'..='7' => {
                    let digits: String = [digit]
                        .into_iter()
                        .chain((0..2).map(|_| chars.next().expect("three digits").1))
                        .collect();
                    bytes.push(u8::from_str_radix(&digits, 8).expect("three digits"));
                }
                c => bytes.extend(c.encode_utf8(&mut [0; 4]).bytes()),
            },
            '\n' => panic!("a text without an end"),
            c => bytes.extend(c.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    panic!("a text without an end")
}

/// The text and the blocks of a Markdown page. No text creates a block other than a paragraph.
fn markdown(text: &str, page: bool) -> (String, String) {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_SMART_PUNCTUATION;
    let options = if page {
        options | Options::ENABLE_GFM | Options::ENABLE_MATH | Options::ENABLE_DEFINITION_LIST
    } else {
        options
    };
    let (mut shown, mut blocks) = (String::new(), String::new());
    let mut links = 0;
    for event in Parser::new_ext(text, options) {
        match event {
            Event::Text(text) | Event::Code(text) => shown += &text,
            Event::SoftBreak => shown.push(' '),
            // Part of a text in a table cell that contains code with a bar.
            Event::InlineHtml(html) if page && matches!(&*html, "<code>" | "</code>") => {}
            Event::Html(html) if page && html.starts_with("<!-- @generated") => {}
            Event::Start(Tag::HtmlBlock) if page => {}
            Event::Start(Tag::Paragraph | Tag::Emphasis) => shown.push(' '),
            Event::Start(Tag::Strong) => blocks += "strong ",
            Event::Start(Tag::Link { dest_url, .. }) => {
                links += 1;
                assert!(links == 1, "a link within a link: {text}");
                let known = ["https://", "http://", "#", "crate::", "Self::"];
                let name = dest_url.chars().all(|c| c.is_alphanumeric() || "_`:".contains(c));
                assert!(known.iter().any(|known| dest_url.starts_with(known)) || name, "{dest_url}\n{text}");
            }
            Event::End(pulldown_cmark::TagEnd::Link) => links -= 1,
            Event::Start(
                tag @ (Tag::Heading { .. }
                | Tag::List(_)
                | Tag::Item
                | Tag::TableRow
                | Tag::TableCell
                | Tag::TableHead),
            ) => {
                shown.push(' ');
                blocks += &format!("{tag:?} ");
            }
            Event::Start(Tag::Table(_)) => blocks += "table ",
            Event::Start(Tag::CodeBlock(pulldown_cmark::CodeBlockKind::Fenced(language)))
                if page && &*language == "c" =>
            {
                blocks += "c ";
            }
            Event::End(_) => {}
            other => panic!("{other:?} in\n{text}"),
        }
    }
    (shown, blocks)
}

/// The part of a text that is comparable in every place: without spaces and without the marks of code.
fn compared(text: &str) -> String {
    let text = text.replace(['“', '”'], "\"").replace(['‘', '’'], "'").replace('…', "...").replace('–', "--");
    text.chars().filter(|c| !c.is_whitespace() && *c != '`').collect()
}

#[test]
fn every_place_shows_the_whole_text_and_nothing_else_changes() {
    let (words, plain) = emitted(None);
    let plain: Vec<_> = plain.iter().map(|(path, text)| (path.to_owned(), Shown::of(path, text))).collect();
    for seed in 1..=SPECS {
        let (texts, files) = emitted(Some(Noise::of(seed)));
        let compared: Vec<_> = texts.iter().map(|text| compared(text.trim().trim_end_matches('.'))).collect();
        for ((path, plain), (_, text)) in plain.iter().zip(files.iter()) {
            let shown = Shown::of(path, text);
            same(&format!("{path} of seed {seed}"), &plain.rest, &shown.rest);
            for (place, all) in &plain.places {
                let mut found = self::compared(&shown.places[place]);
                if *place == "comment" {
                    // A compiler joins the lines of a comment at a backslash; a reader does not.
                    found.retain(|c| !r"\*".contains(c));
                }
                let numbers = (0..words.len()).filter(|number| all.contains(&word(*number)));
                for number in numbers.filter(|number| !words[*number].starts_with("https:")) {
                    let (mut text, raw) = (compared[number].clone(), &texts[number]);
                    if *place == "comment" {
                        text.retain(|c| !r"\*".contains(c));
                    }
                    assert!(
                        found.contains(&text),
                        "{path} of seed {seed}: no {place} shows\n{raw}\nbut\n{}",
                        near(&found, number)
                    );
                }
            }
        }
    }
}

/// The compiler and rustdoc check the same output, with all warnings, and find no test in it.
#[test]
fn random_texts_are_compiled_and_documented_without_a_warning() {
    for seed in COMPILED {
        let (_, files) = emitted(Some(Noise::of(seed)));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("texts-shown");
        files.write(&folder).expect("the target folder can be written to");
        let tool = |name: &str| {
            let mut command = Command::new(name);
            command.args(["--edition", "2024", "-D", "warnings", "--crate-name", "shown"]);
            command.args(common::KNOWN_FEATURES).args(common::ALL_FEATURES);
            common::with_runtime(&mut command);
            command.arg(folder.join("src/lib.rs"));
            command
        };
        ran(tool("rustc")
            .args(["--crate-type", "lib", "--emit", "link", "-o"])
            .arg(folder.join("libshown.rlib")));
        ran(tool("rustdoc").arg("-o").arg(folder.join("doc")));
        let tests = ran(tool("rustdoc").arg("--test").arg("-L").arg(&folder));
        assert!(tests.contains("running 0 tests"), "{tests}");
        let known = ["-std=c99", "-trigraphs", "-Wall", "-Wno-unused", "-Werror", "-fsyntax-only", "-x", "c"];
        ran(Command::new("cc").args(known).arg(folder.join("c/ket.h")));
    }
}

fn ran(command: &mut Command) -> String {
    let run = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{command:?}\n{said}");
    said
}

/// The text around a word.
fn near(found: &str, number: usize) -> String {
    let at = found.find(&word(number)).unwrap_or(0);
    let chars = |text: &str| text.chars().collect::<Vec<_>>();
    let (before, after) = (chars(&found[..at]), chars(&found[at..]));
    before[before.len().saturating_sub(120)..].iter().chain(after.iter().take(160)).collect()
}

fn same(what: &str, plain: &str, other: &str) {
    if plain != other {
        let at = plain.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
        let part = |text: &str| {
            String::from_utf8_lossy(&text.as_bytes()[at.saturating_sub(100)..text.len().min(at + 200)])
                .into_owned()
        };
        panic!("{what}: a text changes more than itself\n{}\n----\n{}", part(plain), part(other));
    }
}

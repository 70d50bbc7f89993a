//! Free text of a spec stays text: in rustdoc, in C, and on the reference page.
//!
//! Every free key of every kind of entry gets a text that would be markup, code or the end of a comment if it
//! were not escaped.

use crate::common;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use toml::{Table, Value};
use wpu_gen::compile;
use wpu_gen::source::Sources;

/// Keys whose text is free. The other keys of type `Text` are names.
const FREE: &[&str] = &[
    "columns",
    "decision",
    "doc",
    "message",
    "must-use",
    "not-checkable",
    "reason",
    "substitute",
    "title",
    "url",
    "waiver",
    "when",
];

/// The other keys, so that each new key must be added to one of the two lists.
const NAMES: &[&str] = &[
    "aborted",
    "about",
    "acquire",
    "alias-of",
    "answer",
    "borrowed",
    "buffer-too-small",
    "class",
    "classes",
    "code",
    "completion",
    "completion-thread",
    "context",
    "contract-violation",
    "control-input",
    "control-input-flag",
    "counted-by",
    "downcall-prefix",
    "elsewhere",
    "error-header",
    "error-type",
    "failure",
    "fallback",
    "from-io-kinds",
    "functions",
    "handle",
    "header",
    "id",
    "include",
    "invalid-pointer",
    "io-kind",
    "length",
    "library",
    "member-prefix",
    "missing-error",
    "name",
    "new",
    "not-initialized",
    "null-error",
    "nullable-in",
    "on-error",
    "opaque",
    "package",
    "params",
    "parts",
    "pending",
    "platform",
    "platforms",
    "pointer-type",
    "prefix",
    "read",
    "release",
    "replaces",
    "retired",
    "returns",
    "rust-name",
    "slots",
    "sources",
    "success",
    "trait",
    "type",
    "unimplemented-error",
    "unless",
    "uses",
    "written",
];

/// A single line, as all free keys accept it.
const LINE: &str = "Vec<T> a[i] [x](y) <b>bold</b> `code *a* | b` *star* _low_ ~~no~~ | bar &lt; */ /* ??/ ///§ --dash \\ <!-- odd ` https://a.example/x_y.";

/// Several lines, as documentation and notes accept them.
const LINES: &str =
    "# head\n\n    let indented = not.code;\n\n```\nfence\n- item\n1. one\n===\n> quote\n\n\ttab\nlast";

#[test]
fn each_key_that_is_text_is_free_or_a_name() {
    let keys = common::schema::keys();
    let texts: BTreeSet<&str> =
        keys.iter().filter(|key| key.is_text).map(common::schema::Key::name).collect();
    let known: BTreeSet<&str> = FREE.iter().chain(NAMES).copied().collect();
    assert_eq!(texts, known, "is the text of each of these free, or a name?");
}

/// The base of the cases of mistakes, with such a text in every free key.
fn spec() -> String {
    const NOTE: &str = "[[note]]\nid = \"boils\"\nabout = [\"EBROKEN\", \"KetFill\"]\ndoc = \"\"\ndecision = \"\"\nsources = [\"manual\"]\n";
    const TOPIC: &str = "[[topic]]\nname = \"KetFill\"\nread = \"2026-11-29\"\nsources = [\"manual\"]\n[[topic.obligation]]\nid = \"a\"\nbinds = \"plugin\"\nkind = \"order\"\ndoc = \"\"\nsources = [\"manual <b>x</b> `|\"]\ncertainty = \"contradicted\"\ndecision = \"\"\nnot-checkable = \"\"\n";
    const LISTING: &str = "[[listing]]\nid = \"cups\"\ndoc = \"\"\ncolumns = [\"\"]\nrows = [{ name = \"KET_MOST\", cells = [\"\"] }]\n";
    let mut spec: Table = (common::base() + "\n" + NOTE + LISTING + TOPIC).parse().expect("it is TOML");
    for (kind, key) in [("upcall", "must-use"), ("source", "url")] {
        for entry in spec[kind].as_array_mut().expect("there are some") {
            let entry = entry.as_table_mut().expect("an entry is a table");
            entry.insert(key.to_owned(), Value::String(String::new()));
        }
    }
    let mut met = BTreeSet::new();
    nasty(&mut spec, &mut met);
    let missing: Vec<_> = FREE.iter().filter(|key| !met.contains(**key)).collect();
    assert!(missing.is_empty(), "the base has no {missing:?}");
    toml::to_string(&spec).expect("it can be written")
}

fn nasty(table: &mut Table, met: &mut BTreeSet<&'static str>) {
    for (key, value) in table.iter_mut() {
        // A cell is a text or a list of names: here it is a text.
        let free = FREE.iter().chain(&["cells"]).find(|free| *free == key);
        match (value, free) {
            (Value::String(text), Some(key)) => {
                met.insert(key);
                *text = match *key {
                    "doc" | "decision" => format!("{LINE}\n\n{LINES}"),
                    "url" => "https://a.example/(x) <y>`|\\".to_owned(),
                    _ => LINE.to_owned(),
                };
            }
            (Value::Table(table), _) => nasty(table, met),
            (Value::Array(items), Some(key)) => {
                met.insert(key);
                for item in items {
                    *item = Value::String(LINE.to_owned());
                }
            }
            (Value::Array(items), None) => {
                items.iter_mut().filter_map(Value::as_table_mut).for_each(|table| nasty(table, met));
            }
            _ => {}
        }
    }
}

fn written() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("texts");
    let spec =
        compile(Sources::from_texts([("nasty.toml", spec())])).unwrap_or_else(|found| panic!("{found}"));
    fs::create_dir_all(&folder).expect("the target folder can be written to");
    spec.emit().write(&folder).expect("the target folder can be written to");
    folder
}

#[test]
fn no_text_is_code_or_markup() {
    let folder = written();
    let lib = folder.join("src/lib.rs");
    let known = ["--edition", "2024", "-D", "warnings", "--crate-name", "texts"];
    let tool = |name: &str| {
        let mut command = Command::new(name);
        command.args(known).args(common::KNOWN_FEATURES).args(common::ALL_FEATURES).arg(&lib);
        common::with_runtime(&mut command);
        command
    };
    ran(tool("rustc").args(["--crate-type", "lib", "-o"]).arg(folder.join("libtexts.rlib")));
    ran(tool("rustdoc").arg("-o").arg(folder.join("doc")));
    let tests = ran(tool("rustdoc").arg("--test").arg("-L").arg(&folder));
    assert!(tests.contains("running 0 tests"), "{tests}");
    page(&folder);
    for entry in fs::read_dir(folder.join("c")).expect("it is there") {
        let path = entry.expect("it can be read").path();
        if path.extension().is_some_and(|extension| extension == "h") {
            let known =
                ["-std=c99", "-trigraphs", "-Wall", "-Wno-unused", "-Werror", "-fsyntax-only", "-x", "c"];
            ran(Command::new("cc").args(known).arg(&path));
        }
    }
}

/// The page, as rustdoc renders its Markdown.
fn page(folder: &Path) {
    let page = format!("% Page\n\n{}", common::read(&folder.join("UPCALLS.md")));
    let source = folder.join("page.md");
    fs::write(&source, page).expect("the target folder can be written to");
    ran(Command::new("rustdoc").arg(&source).arg("-o").arg(folder.join("page")));
    let html = common::read(&folder.join("page/page.html"));
    let shown = shown(&html);
    let words: Vec<_> = LINE.replace('`', "").split_whitespace().map(str::to_owned).collect();
    for word in words.iter().filter(|word| *word != "odd") {
        assert!(shown.contains(&**word), "the page does not show {word}");
    }
    // The whole text in order, wherever it occurs; with backticks only where one is unpaired.
    let line = LINE.replacen('`', "", 2);
    assert!(shown.contains(&line), "{}", &shown[shown.find("Vec<T>").unwrap_or(0)..][..400]);
    assert!(!html.contains("<b>bold"), "a text is HTML");
    assert!(shown.contains("let indented = not.code;") && !html.contains("<pre><code>let indented"));
}

fn shown(html: &str) -> String {
    let mut text = String::new();
    for part in html.split('<') {
        text += part.split_once('>').map_or(part, |(_, text)| text);
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    text.replace("&#124;", "|").replace("&#42;", "*").replace("&amp;", "&")
}

fn ran(command: &mut Command) -> String {
    let run = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{command:?}\n{said}");
    said
}

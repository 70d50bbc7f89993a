//! Constants that are texts: Rust, C and the reference page have exactly the text of the spec.

use crate::common::{ALL_FEATURES, KNOWN_FEATURES, base, read, with_runtime};
use pulldown_cmark::{Event, Options, Parser};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use wpu_gen::compile;
use wpu_gen::source::Sources;

/// Texts with special characters of TOML, Rust, C, Markdown, or format strings.
const TEXTS: &[&str] = &[
    "",
    " ",
    "  two at each end  ",
    "AppFullPath",
    r"HKLM\SYSTEM\n\0\x41\u0041\101",
    "\"",
    "\\",
    "\\\"",
    "a\\",
    "'",
    "\"# r#\"",
    "%s %n %% {} {0}",
    "??/ ??' ???= ????/",
    "/* */ // /*",
    "*/",
    "#define X",
    "a|b `c` *d* <b> &amp; [e](f) $g$",
    "``` ` ",
    "\ttab\tand\nline\n",
    "first\r\nsecond",
    // Digits after a numeric escape.
    "\u{e9}1",
    "\u{a0}f\u{ff}0",
    "\u{20ac}abc",
    "\u{1f600}12345678",
    "日本語",
    "e\u{301}",
    "\u{fffd}\u{10fffd}",
    "offset_of!(crate ::x)",
    "///§ no comment",
];

/// A text as TOML writes it. A line end of Windows is that of the file.
fn quoted(text: &str) -> String {
    if text.contains('\r') {
        return format!("\"\"\"{text}\"\"\"");
    }
    let chars = text.chars().map(|c| format!("\\U{:08X}", u32::from(c)));
    format!("\"{}\"", chars.collect::<String>())
}

/// The meaning of each text: line ends are those of Rust and C.
fn meant(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// A spec in which `str` is a type: a pointer to units of 16 bits.
fn spec() -> String {
    let mut spec = base();
    spec += "[[typedef]]\nname = \"str\"\ntype = \"u16 *\"\ndoc = \"Wide.\"\n";
    for (at, text) in TEXTS.iter().enumerate() {
        for (name, ty) in [("NARROW", "const u8 *"), ("WIDE", "str")] {
            let (text, head) = (quoted(text), "[[constant]]\nexport = true\nheader = \"texts.h\"");
            let _ = write!(
                spec,
                "{head}\nname = \"{name}_{at}\"\ntype = \"{ty}\"\nvalue = {text}\ndoc = \"One.\"\n"
            );
        }
    }
    spec
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("text-constants")
}

fn written(name: &str) -> PathBuf {
    let folder = folder().join(name);
    let spec =
        compile(Sources::from_texts([("texts.toml", spec())])).unwrap_or_else(|found| panic!("{found}"));
    fs::create_dir_all(&folder).expect("the target folder can be written to");
    spec.emit().write(&folder).expect("the target folder can be written to");
    folder
}

fn ran(command: &mut Command) {
    let run = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = [String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr)].concat();
    assert!(run.status.success(), "{command:?}\n{said}");
}

#[test]
fn rust_has_the_text_in_every_edition() {
    let folder = written("rust");
    let asserts = TEXTS.iter().enumerate().map(|(at, text)| {
        let bytes = meant(text).into_bytes();
        format!(
            "    let expected: &[u8] = &{bytes:?};\n    assert_eq!([ffi::NARROW_{at}.as_bytes(), ffi::WIDE_{at}.as_bytes()], [expected; 2]);\n"
        )
    });
    let program = format!("use texts::ffi;\nfn main() {{\n{}}}\n", asserts.collect::<String>());
    let path = folder.join("program.rs");
    fs::write(&path, program).expect("the target folder can be written to");
    for edition in ["2018", "2021", "2024"] {
        let library = folder.join(format!("libtexts_{edition}.rlib"));
        let rustc = |kind: &str| {
            let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
            rustc.args(["--edition", edition, "-D", "warnings", "--crate-type", kind]);
            rustc.args(ALL_FEATURES).args(KNOWN_FEATURES);
            with_runtime(&mut rustc);
            rustc
        };
        ran(rustc("lib").args(["--crate-name", "texts", "-o"]).arg(&library).arg(folder.join("src/lib.rs")));
        let program = folder.join(format!("program-{edition}"));
        let linked = format!("texts={}", library.display());
        ran(rustc("bin").args(["--extern", &linked, "-o"]).arg(&program).arg(&path));
        ran(&mut Command::new(&program));
    }
}

#[test]
fn c_has_the_text_in_the_header_of_facts() {
    let folder = written("c");
    let mut program =
        "#include <string.h>\n#include <stdint.h>\n#include \"c/ket.h\"\nint main(void) {\n".to_owned();
    for (at, text) in TEXTS.iter().enumerate() {
        let text = meant(text) + "\0";
        let list = |units: Vec<u16>| units.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
        let narrow = list(text.bytes().map(u16::from).collect());
        let wide = list(text.encode_utf16().collect());
        for (name, ty, units) in [("NARROW", "uint8_t", narrow), ("WIDE", "uint16_t", wide)] {
            let name = format!("KET_TEXT_{name}_{at}");
            let _ = writeln!(
                program,
                "    {{ {ty} x[] = {{ {units} }}; if (sizeof x != sizeof({name}) || memcmp(x, {name}, sizeof x)) return {}; }}",
                at + 1
            );
        }
    }
    program += "    return 0;\n}\n";
    let (path, built) = (folder.join("program.c"), folder.join("program"));
    fs::write(&path, program).expect("the target folder can be written to");
    let options = ["-std=c11", "-trigraphs", "-Wall", "-Wextra", "-Werror", "-Wno-unused", "-o"];
    ran(Command::new("cc").args(options).arg(&built).arg(&path));
    ran(&mut Command::new(&built));
}

/// The header that the spec names, with its texts written in another way: each character by its number.
fn header(letter: &str, texts: &[String]) -> String {
    let literal = |units: Vec<u32>, letter: &str| {
        let units = units.iter().map(|unit| format!("{letter}\"\\x{unit:x}\" "));
        format!("{letter}\"\" {}", units.collect::<String>())
    };
    let lines = texts.iter().enumerate().map(|(at, text)| {
        let narrow = literal(text.bytes().map(u32::from).collect(), "");
        let wide = literal(text.encode_utf16().map(u32::from).collect(), letter);
        format!("#define NARROW_{at} {narrow}\n#define WIDE_{at} {wide}\n")
    });
    lines.collect()
}

/// Compilers, and how each writes a literal of 16-bit units.
const COMPILERS: [(&str, &str); 4] =
    [("cc", "u"), ("clang", "u"), ("x86_64-w64-mingw32-gcc", "L"), ("i686-w64-mingw32-gcc", "L")];

#[test]
fn a_header_that_declares_another_text_differs() {
    let folder = written("check");
    let right: Vec<_> = TEXTS.iter().map(|text| meant(text)).collect();
    let mut ran = 0;
    for (compiler, letter) in COMPILERS {
        let said = |texts: &[String]| {
            fs::write(folder.join("texts.h"), header(letter, texts)).expect("the folder can be written to");
            let mut command = Command::new(compiler);
            command.args(["-std=c11", "-trigraphs", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I"]);
            let run = command.arg(&folder).arg(folder.join("c/check/texts.h.c")).output().ok()?;
            Some(String::from_utf8_lossy(&run.stderr).into_owned())
        };
        let Some(agrees) = said(&right) else { continue };
        ran += 1;
        assert_eq!(agrees, "", "{compiler}");
        for at in 0..right.len() {
            let mut wrong = right.clone();
            // With the same length as before, unless it was empty.
            wrong[at] = match right[at].pop_first() {
                Some((first, rest)) => format!("{}{rest}", if first == 'a' { 'b' } else { 'a' }),
                None => "a".to_owned(),
            };
            let differs = said(&wrong).expect("it ran before");
            for name in [format!("NARROW_{at}: the spec says "), format!("WIDE_{at}: the spec says ")] {
                assert!(differs.contains(&name), "{compiler} does not say: {name}\n{differs}");
            }
        }
    }
    assert!(ran > 0, "no C compiler ran");
}

trait First {
    fn pop_first(&self) -> Option<(char, &str)>;
}

impl First for String {
    fn pop_first(&self) -> Option<(char, &str)> {
        let mut chars = self.chars();
        Some((chars.next()?, chars.as_str()))
    }
}

#[test]
fn the_page_shows_the_text() {
    let page = read(&written("page").join("UPCALLS.md"));
    let mut shown = Vec::new();
    let (mut code, mut open) = (false, String::new());
    for event in Parser::new_ext(&page, Options::ENABLE_TABLES) {
        match event {
            Event::Code(text) => shown.push(text.to_string()),
            Event::InlineHtml(tag) if &*tag == "<code>" => (code, open) = (true, String::new()),
            Event::InlineHtml(tag) if &*tag == "</code>" => {
                code = false;
                shown.push(open.clone());
            }
            Event::Text(text) if code => open += &text,
            _ => {}
        }
    }
    for (at, text) in TEXTS.iter().enumerate() {
        let name = shown.iter().position(|code| *code == format!("WIDE_{at}")).expect("it is on the page");
        assert_eq!(shown[name + 1], meant(text), "of `WIDE_{at}`");
    }
}

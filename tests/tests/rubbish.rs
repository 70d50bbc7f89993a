//! The generator reports diagnostics for any content of a spec folder: it does not panic or hang.

use crate::common::base;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use wpu_gen::compile;
use wpu_gen::diag::Diagnostics;
use wpu_gen::source::Sources;

/// Ten megabytes.
const HUGE: usize = 10_000_000;

/// A smaller size, where ten megabytes would only take longer.
const LARGE: usize = HUGE / 10;

/// The maximum length of the messages, however long the input is.
const SHORT: usize = 100_000;

/// Compiles one invalid file. Returns the codes of its diagnostics.
fn codes(text: &str) -> BTreeSet<&'static str> {
    let diagnostics = compile(Sources::from_texts([("a.toml", text)])).expect_err("this is no spec");
    shown(&diagnostics);
    diagnostics.list.iter().map(|diagnostic| diagnostic.code.id()).collect()
}

/// Prints the diagnostics as the command does, which must also work.
fn shown(diagnostics: &Diagnostics) {
    assert!(!diagnostics.list.is_empty(), "a refusal without a reason");
    let text = diagnostics.to_string();
    assert!(text.len() < SHORT, "{} bytes of diagnostics", text.len());
    assert!(text.contains(&format!("the spec has {} error", diagnostics.list.len())), "{text}");
}

/// Pseudo-random bytes that are the same in each run.
fn noise(count: usize) -> impl Iterator<Item = u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    (0..count).map(move |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    })
}

#[test]
fn ten_megabytes_of_rubbish_are_refused() {
    let visible: String = noise(HUGE).map(|byte| char::from(b' ' + byte % 95)).collect();
    let lines: String =
        noise(HUGE).map(|byte| if byte < 8 { '\n' } else { char::from(b' ' + byte % 95) }).collect();
    let letters: String = noise(HUGE / 2).map(char::from).collect();
    let kinds = [
        visible,
        lines,
        letters,
        "a".repeat(HUGE),
        "é".repeat(LARGE),
        "\0".repeat(HUGE),
        "\"".repeat(HUGE),
        "[".repeat(HUGE),
        "{".repeat(HUGE),
        "x = ".to_owned() + &"[".repeat(HUGE),
        "x = ".to_owned() + &"{a=".repeat(HUGE / 3),
        format!("[{}a]", "a.".repeat(LARGE)),
        "x = \"".to_owned() + &"a".repeat(HUGE),
        "[[[[[[[[\n".repeat(HUGE / 9),
    ];
    for (at, text) in kinds.iter().enumerate() {
        let codes = codes(text);
        assert!(codes.iter().all(|code| ["syntax", "too-deep"].contains(code)), "kind {at}: {codes:?}");
    }
}

/// The TOML parser has a nesting limit, and counts incorrectly if a table lacks a key before `[`.
#[test]
fn brackets_without_end_are_refused() {
    for (before, again) in
        [("x = ", "["), ("x = ", "{a="), ("", "["), ("", "[\n"), ("[[typedef]]\nname = ", "[{a = ")]
    {
        let text = before.to_owned() + &again.repeat(LARGE);
        assert_eq!(codes(&text), BTreeSet::from(["too-deep"]), "{before}{again}");
    }
    let miscounted = format!("x = {{{} a = {}", "[]".repeat(LARGE), "[".repeat(LARGE));
    assert_eq!(codes(&miscounted), BTreeSet::from(["too-deep"]));
}

#[test]
fn thousands_of_invalid_entries_are_refused() {
    let keys = (0..LARGE / 20).fold(String::new(), |mut text, at| {
        let _ = writeln!(text, "key{at} = {at}");
        text
    });
    assert_eq!(codes(&keys), BTreeSet::from(["unknown-kind"]));
    assert_eq!(codes(&"[[entry-point]]\n".repeat(LARGE / 10)), BTreeSet::from(["missing-key"]));
    assert_eq!(codes(&"[[classes]]\n".repeat(LARGE / 12)), BTreeSet::from(["unknown-kind"]));
    assert_eq!(codes(&format!("{} = 1", "k".repeat(HUGE))), BTreeSet::from(["unknown-kind"]));
    assert_eq!(codes(&"#".repeat(HUGE)), BTreeSet::from(["empty-file"]));
    let name = base().replacen("[KET_MOST]", &format!("[{}]", "N".repeat(HUGE)), 1);
    assert_eq!(codes(&name), BTreeSet::from(["unknown-constant"]));
    let stars = base().replacen("u16 *\"", &format!("u16 {}\"", "*".repeat(HUGE)), 1);
    assert_eq!(codes(&stars), BTreeSet::from(["bad-type"]));
}

/// The search for a similar name costs time for each existing name, so it is not made for each of thousands
/// of mistakes.
#[test]
fn thousands_of_wrong_names_are_refused() {
    let types = (0..10_000).fold(base(), |mut text, at| {
        let _ =
            write!(text, "\n[[typedef]]\nname = \"NAME_{at}\"\ntype = \"NAMES_{at}\"\ndoc = \"A name.\"\n");
        text
    });
    assert_eq!(codes(&types), BTreeSet::from(["unknown-type"]));
}

#[test]
fn endless_chains_of_types_are_refused() {
    let chain = |is: fn(usize) -> usize| {
        (0..20_000).fold(base(), |mut text, at| {
            let below = if is(at) < 20_000 { format!("T{}", is(at)) } else { "u32".to_owned() };
            let _ = write!(text, "\n[[typedef]]\nname = \"T{at}\"\ntype = \"{below}\"\ndoc = \"A type.\"\n");
            text
        })
    };
    let (up, down) = (chain(|at| at.wrapping_sub(1)), chain(|at| at + 1));
    assert!(codes(&up).contains("too-deep"));
    assert!(codes(&down).contains("too-deep"));
}

/// 60 structures, each of which contains the previous one twice, have 2^60 bytes.
#[test]
fn structures_that_double_are_refused() {
    let text = (0..60).fold(base(), |mut text, at: u32| {
        let below = at.checked_sub(1).map_or("u8".to_owned(), |below| format!("S{below}"));
        let size = 2_u64.pow(at + 1);
        let _ = write!(text, "\n[[struct]]\nname = \"S{at}\"\ndoc = \"A structure.\"\nsize = [{size}, {size}]\nfields = [");
        let _ = writeln!(text, "{{ name = \"a\", type = \"{below}\", doc = \"One.\" }}, {{ name = \"b\", type = \"{below}\", doc = \"Two.\" }}]");
        text
    });
    let note = "\n[[note]]\nid = \"a\"\nabout = [\"S59\"]\ndoc = \"…\"\ndecision = \"…\"\n";
    assert_eq!(codes(&(text + note)), BTreeSet::from(["layout"]));
}

#[test]
fn bytes_that_are_not_text_are_refused() {
    let folder = Folder::new("bytes");
    let noise: Vec<u8> = noise(HUGE).collect();
    fs::write(folder.0.join("a.toml"), noise).expect("the folder can be written to");
    fs::write(folder.0.join("b.toml"), b"[spec]\ntitle = \"\xff\"\n").expect("the folder can be written to");
    let diagnostics = Sources::read(&folder.0).expect_err("this is no text");
    shown(&diagnostics);
    let codes: Vec<_> = diagnostics.list.iter().map(|diagnostic| diagnostic.code.id()).collect();
    assert_eq!(codes, ["not-utf8", "not-utf8"]);
    assert!(diagnostics.list[1].message.ends_with("/b.toml` is not UTF-8 from byte 16 on"), "{diagnostics}");
}

#[test]
fn a_folder_without_a_spec_is_refused() {
    let folder = Folder::new("empty");
    let code = |path: &Path| Sources::read(path).expect_err("there is no spec").list[0].code.id();
    assert_eq!(code(&folder.0), "no-files");
    fs::write(folder.0.join("README.md"), "Not a spec.").expect("the folder can be written to");
    assert_eq!(code(&folder.0), "no-files");
    assert_eq!(code(&folder.0.join("nowhere")), "unreadable");
    assert_eq!(code(&folder.0.join("README.md")), "unreadable");
    fs::create_dir(folder.0.join("a.toml")).expect("the folder can be written to");
    assert_eq!(code(&folder.0), "unreadable");
}

/// A folder of this test, initially empty.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rubbish").join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("the target folder can be written to");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

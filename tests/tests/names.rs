//! No name of a spec changes the meaning of generated code: names that the output uses are given to
//! parameters, and method names of every value are given to functions. The output still compiles without a
//! warning, and passes each value on.

#[path = "names/lists.rs"]
mod lists;

use self::lists::{ITEMS, KEYWORDS, METHODS, NASTY, PRELUDE};
use crate::common::{self, base};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use wpu_gen::files::Files;
use wpu_gen::source::Sources;

/// The number of compiled specs, each in one edition. Each gives the names of the output to other parameters.
fn specs() -> usize {
    let wished = std::env::var("WPU_NAME_SPECS").ok();
    wished.map_or(EDITIONS.len(), |wished| wished.parse().expect("`WPU_NAME_SPECS` is a number"))
}

const EDITIONS: [&str; 3] = ["2018", "2021", "2024"];

/// The keys whose values are names of parameters in C.
const C_KEYS: &[&str] = &["name", "length", "context", "written", "completion", "completion-thread"];

/// A provider and its clients, and a host and its plug-in: each value arrives unchanged.
#[test]
fn a_spec_may_use_the_names_of_the_output() {
    let harvest: Vec<String> = harvest(&emit(&base())).into_iter().collect();
    assert!(harvest.len() > 200, "only {} names were found in the output", harvest.len());
    for seed in 0..specs() {
        let text = renamed(&base(), &harvest, seed);
        let pot = text.split_once("\", type = \"void *\"").and_then(|(before, _)| before.rsplit_once('"'));
        let (_, pot) = pot.expect("there is a pointer to anything");
        let pot = match pot {
            "self" | "Self" | "super" | "crate" | "_" => format!("{pot}_"),
            _ if KEYWORDS.contains(&pot) => format!("r#{pot}"),
            _ => pot.to_owned(),
        };
        let cook = common::read(&common::fixtures().join("cook.rs")).replace("stir_pot", &pot);
        let edition = EDITIONS[seed % EDITIONS.len()];
        compile(&emit(&text), edition, &format!("{seed}-{edition}"), &[&cook, HOST]);
    }
}

/// Beside an array of bytes, the output has a variable for its length.
#[test]
fn a_value_named_like_a_variable_of_the_output_arrives_unchanged() {
    for (at, name) in ["length", "value0", "errno", "None"].into_iter().enumerate() {
        // In Rust, only a snake-case name can be chosen.
        let rust = if name.starts_with(char::is_uppercase) { "chosen" } else { name };
        let value = format!(
            "  {{ name = \"{name}\", type = \"u32\", direction = \"in\", rust-name = \"{rust}\", doc = \"A value.\" }},\n"
        );
        let menu = "  { name = \"menu\", type = \"u8 *\"";
        let text = base().replacen(menu, &format!("{value}{menu}"), 1);
        let edition = EDITIONS[at % EDITIONS.len()];
        compile(&emit(&text), edition, &format!("called-{name}"), &[CALL]);
    }
}

/// A field keeps its name, whatever variables of the output are called.
#[test]
fn a_field_named_like_a_variable_of_the_output_arrives_unchanged() {
    let cook = common::read(&common::fixtures().join("cook.rs"));
    for (at, name) in ["value0", "errno", "answer", "group", "state", "provider"].into_iter().enumerate() {
        let text = base()
            .replace("rust-name = \"amount\"", &format!("rust-name = \"{name}\""))
            .replace("rust-name = \"party\"", &format!("rust-name = \"{name}\""));
        let cook = cook
            .replace("Filling { amount:", &format!("Filling {{ {name}:"))
            .replace("Seating { party,", &format!("Seating {{ {name}: party,"));
        let edition = EDITIONS[at % EDITIONS.len()];
        compile(&emit(&text), edition, &format!("field-{name}"), &[&cook]);
    }
}

/// Upcalls and downcalls are methods of generated types and traits, and are not confused with methods of
/// other traits.
#[test]
fn a_function_named_like_a_method_that_every_value_has_is_called_as_itself() {
    for (prefix, functions) in [
        ("Cook", &["Seat", "Pour", "Fill", "Mix", "Translate", "Rest", "Stir"][..]),
        ("Ket", &["Fill", "Label", "Boil", "Guest", "IsFull", "Serve", "Steam"]),
    ] {
        let given = |text: &str, function: &str, method: &str| {
            text.replace(&format!("{prefix}{function}\""), &format!("{prefix}{method}\""))
        };
        for (at, methods) in METHODS.chunks(functions.len()).enumerate() {
            let pairs = functions.iter().zip(methods);
            let text = pairs.fold(base(), |text, (function, method)| given(&text, function, method));
            let edition = EDITIONS[at % EDITIONS.len()];
            compile(&emit(&text), edition, &format!("methods-{prefix}-{at}"), &[]);
        }
    }
}

/// Any names that do not clash among themselves are accepted, the output compiles without a warning, and the
/// values that a provider, its clients, a host and its plug-in pass arrive unchanged. The editions alternate.
#[test]
fn whatever_items_are_called_the_spec_is_accepted_and_compiles() {
    let mut names: Vec<String> = NASTY.iter().map(|name| (*name).to_owned()).collect();
    names.extend(harvest_of(&emit(&base()), |word| word.starts_with(|c: char| c.is_ascii_uppercase())));
    for seed in 0..specs() {
        let mut random = Random(seed as u64 + 1);
        let (mut text, mut programs) = (base(), PROGRAMS.map(str::to_owned).to_vec());
        programs.push(common::read(&common::fixtures().join("cook.rs")));
        let mut renamed = 0;
        for item in ITEMS {
            let Some(new) = (0..20).find_map(|_| {
                let new = &names[random.below(names.len())];
                (may_be_called(item, new) && !clashes(&text, new)).then_some(new)
            }) else {
                continue;
            };
            text = with_item(&text, item, new);
            for program in &mut programs {
                *program = with_other_name(program, item, new);
            }
            renamed += 1;
        }
        assert!(renamed > ITEMS.len() * 3 / 4, "only {renamed} of the names were tried");
        let edition = EDITIONS[seed % EDITIONS.len()];
        let programs: Vec<_> = programs.iter().map(|program| &**program).collect();
        compile(&emit(&text), edition, &format!("items-{seed}-{edition}"), &programs);
    }
}

/// Each name that was once refused because the output uses it.
#[test]
fn a_type_may_have_any_name_that_the_output_uses() {
    for (at, name) in ["ClientSlice", "ClientRef", "Option", "Layer", "Cell", "Request", "InterfaceTypes"]
        .into_iter()
        .enumerate()
    {
        for item in ["Tap", "TapRef", "Order", "Cups", "Whistle", "Taste", "KettleError", "Cook"] {
            let spec = wpu_gen::compile(Sources::from_texts([("a.toml", with_item(&base(), item, name))]));
            assert!(spec.is_ok(), "{item} is not to be called {name}");
        }
        let text = with_word(&with_word(&base(), "Tap", name), "KET_TAP", name);
        compile(&emit(&text), EDITIONS[at % EDITIONS.len()], &format!("type-{name}"), &[]);
    }
}

/// The spec with another name for an item. Prefixes and Rust names of parameters are not items.
fn with_item(text: &str, old: &str, new: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        let (named, kept) = (format!(", rust-name = \"{old}\""), ", rust-name = \"ǃ\"");
        if line.starts_with("downcall-prefix") {
            return line.to_owned();
        }
        with_word(&line.replace(&named, kept), old, new).replace(kept, &named)
    });
    lines.collect()
}

/// Parameters of callbacks, entry points and imports are only labels, and C allows these names.
#[test]
fn a_parameter_without_a_body_may_have_a_reserved_name() {
    for (at, name) in ["self", "Self", "super", "crate", "_"].into_iter().enumerate() {
        let old = ["whistle_context", "nod_context", "ptable", "lamp", "ready_error", "sip"];
        let text = old.iter().fold(base(), |text, old| with_word(&text, old, name));
        compile(&emit(&text), EDITIONS[at % EDITIONS.len()], &format!("label-{at}"), &[]);
    }
}

/// Whether an item of this kind may have a name: the rules differ for Rust types, words, and names in C.
fn may_be_called(item: &str, name: &str) -> bool {
    const TYPES: &[&str] = &[
        "KettleError",
        "Cook",
        "Tap",
        "TapRef",
        "Order",
        "Cups",
        "Whistle",
        "Nod",
        "Taste",
        "Spoon",
        "Filling",
        "Seating",
    ];
    const WORDS: &[&str] = &["stove", "gas", "electric", "tea"];
    const ERRORS: &[&str] = &["EBROKEN", "ECOLD", "ESMALL", "EBREWING", "ESPILT", "ETIGHT"];
    let is_name = !["self", "Self", "super", "crate", "_", "void"].contains(&name);
    let is_keyword = name == "gen" || syn::parse_str::<syn::Ident>(name).is_err();
    let is_camel = name.starts_with(|c: char| c.is_ascii_uppercase()) && !name.contains('_');
    let is_snake = name.starts_with(|c: char| c.is_ascii_lowercase()) && is_variable(name);
    // The language of specs has these types, and the error type has these methods.
    let is_primitive =
        ["u8", "u16", "u32", "u64", "i32", "usize", "isize", "i8", "i16", "i64"].contains(&name);
    let is_method = ["new", "code", "fact", "name"].contains(&name);
    is_name
        && match item {
            _ if TYPES.contains(&item) => is_camel && !is_keyword,
            _ if WORDS.contains(&item) => is_snake,
            _ if ERRORS.contains(&item) => !is_method,
            _ => !is_primitive,
        }
}

/// Whether a spec already has a name, or a name derived from it: `…Fn` of functions, `…Mut` of sets.
fn clashes(text: &str, name: &str) -> bool {
    let derived = ["Fn", "Mut"].iter().any(|end| name.ends_with(end));
    derived || text.contains(&format!("\"{name}\"")) || text.contains(&format!("Ket{}\"", capital(name)))
}

fn capital(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_ascii_uppercase() + rest
}

/// The program with an item's new name: paths and members use only the new name, and imports rename it to the
/// old one.
fn with_other_name(program: &str, old: &str, new: &str) -> String {
    let new = if new == "gen" || (is_lower(new) && syn::parse_str::<syn::Ident>(new).is_err()) {
        format!("r#{new}")
    } else {
        new.to_owned()
    };
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut out = String::new();
    for line in program.split_inclusive('\n') {
        let (mut rest, imports) = (line, line.starts_with("use "));
        while let Some(at) = rest.find(old) {
            let (before, after) = (&rest[..at], &rest[at + old.len()..]);
            out += before;
            let derived = imports && after.starts_with("Mut");
            let alone = !out.ends_with(is_part) && (derived || !after.starts_with(is_part));
            // A member is accessed, or is in a structure.
            let member = (out.ends_with('.') && !out.ends_with("..") && !after.starts_with('('))
                || (after.starts_with(": ")
                    && out.rsplit('\n').next().is_some_and(|line| line.contains("KET_")));
            let member = member || out.ends_with("ffi::") || out.ends_with("Error::");
            out += &match (alone, imports, member) {
                (true, true, _) if derived => format!("{new}Mut as {old}"),
                (true, true, _) => format!("{new} as {old}"),
                (true, false, true) => new.clone(),
                _ => old.to_owned(),
            };
            rest = after;
        }
        out += rest;
    }
    out
}

fn is_lower(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase())
}

/// The text with a word replaced by another.
fn with_word(text: &str, old: &str, new: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(old) {
        let (before, after) = (&rest[..at], &rest[at + old.len()..]);
        let alone = !before.ends_with(is_part) && !after.starts_with(is_part);
        out += before;
        out += if alone { new } else { old };
        rest = after;
    }
    out + rest
}

/// Pseudo-random numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        // Knuth's constants for a linear congruential generator; its upper bits are better.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % end as u64).expect("it is below the end")
    }
}

/// Calls the downcall with the value 7 beside three bytes, through the functions of both sides.
const CALL: &str = include_str!("names/call.rs");

/// Makes upcalls to a host that checks the values.
const HOST: &str = include_str!("names/host.rs");

const PROGRAMS: [&str; 1] = [HOST];

fn emit(text: &str) -> Files {
    let spec = wpu_gen::compile(Sources::from_texts([("a.toml", text)]));
    spec.unwrap_or_else(|diagnostics| panic!("{diagnostics}")).emit()
}

/// Every identifier of the output that is written like a Rust variable and is not a keyword.
fn harvest(files: &Files) -> BTreeSet<String> {
    let mut found = harvest_of(files, is_variable);
    found.extend(PRELUDE.iter().map(|name| (*name).to_owned()));
    found
}

/// The words of the output's Rust files for which `wanted` returns true.
fn harvest_of(files: &Files, wanted: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let texts = files.iter().filter(|(path, _)| is_rust(path));
    let words = texts.flat_map(|(_, text)| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
    words.filter(|word| wanted(word)).map(str::to_owned).collect()
}

fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "rs")
}

fn is_variable(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase())
        && !word.contains(|c: char| c.is_ascii_uppercase())
        && !KEYWORDS.contains(&word)
        && syn::parse_str::<syn::Ident>(word).is_ok()
}

/// The spec with other names for all parameters of functions: `rust-name`, and those in C.
fn renamed(text: &str, names: &[String], seed: usize) -> String {
    let mut next = (0..).map(|at: usize| &names[(at * 7 + seed * 31) % names.len()]);
    let entries = text.split("\n[[").map(|entry| {
        if !["upcall]]", "downcall]]", "callback]]", "entry-point]]", "import]]"]
            .iter()
            .any(|kind| entry.starts_with(kind))
        {
            return entry.to_owned();
        }
        // Programs name the fields of structures, so those keep their Rust names.
        let has_fields = entry.contains("\nanswer = ") || entry.contains("\ngroup = ");
        let mut changed = if has_fields { entry.replace("rust-name = ", "…") } else { entry.to_owned() };
        let params: Vec<_> = entry.lines().filter(|line| line.contains("{ name = \"")).collect();
        let mut used = BTreeSet::new();
        let mut keywords = KEYWORDS.iter().cycle().skip(seed * 5).step_by(3);
        let mut fresh = |at: usize| {
            // Every other name is a keyword.
            let keyword = keywords.next().filter(|name| at % 2 == 1 && used.insert((**name).to_owned()));
            keyword.map_or_else(
                || next.by_ref().find(|name| used.insert((*name).clone())).expect("there are enough").clone(),
                |name| (*name).to_owned(),
            )
        };
        for (at, line) in params.into_iter().enumerate() {
            let old = line.split('"').nth(1).expect("it has a name");
            let new = fresh(at);
            for key in C_KEYS {
                changed = changed.replace(&format!("{key} = \"{old}\""), &format!("{key} = \"{new}ǃ\""));
            }
            let (listed, new) = (format!("\"{old}\""), format!("\"{new}ǃ\""));
            let lines = changed.split_inclusive('\n');
            let lines = lines.map(|line| {
                if line.starts_with("group = ") { line.replace(&listed, &new) } else { line.to_owned() }
            });
            changed = lines.collect();
        }
        let mut parts = changed.split(", rust-name = \"");
        let mut out = parts.next().unwrap_or_default().to_owned();
        let mut used_rust = BTreeSet::new();
        for part in parts {
            let (_, rest) = part.split_once('"').expect("it ends");
            let name = loop {
                let name = next.next().expect("there are enough");
                if used_rust.insert(name.clone()) {
                    break name;
                }
            };
            out += &format!(", rust-name = \"{name}\"{rest}");
        }
        // Removes the marks that prevent a new name from being renamed again.
        out.replace('ǃ', "").replace('…', "rust-name = ")
    });
    entries.collect::<Vec<_>>().join("\n[[")
}

/// Compiles the output as a library, with warnings denied, and programs that use it and must succeed.
fn compile(files: &Files, edition: &str, name: &str, programs: &[&str]) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("names").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the target folder can be written to");
    files.write(&folder.join("out")).expect("the folder can be written to");
    let library = folder.join("libkettle.rlib");
    let mut rustc = rustc(edition);
    rustc.args(["--crate-type=lib", "--crate-name=kettle", "-Dwarnings"]).args(common::ALL_FEATURES);
    run(rustc.arg(folder.join("out/src/lib.rs")).arg("-o").arg(&library), name);
    for (at, text) in programs.iter().enumerate() {
        let source = folder.join(format!("main{at}.rs"));
        fs::write(&source, text).expect("the folder can be written to");
        let program = folder.join(format!("main{at}{}", std::env::consts::EXE_SUFFIX));
        let mut rustc = self::rustc("2024");
        rustc.arg(&source).arg("--extern").arg(format!("kettle={}", library.display()));
        run(rustc.arg("-o").arg(&program), name);
        run(&mut Command::new(&program), name);
    }
}

fn rustc(edition: &str) -> Command {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    common::with_runtime(rustc.arg(format!("--edition={edition}")));
    rustc
}

fn run(command: &mut Command, name: &str) {
    let output = command.output().unwrap_or_else(|error| panic!("{name}: {command:?}: {error}"));
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
}

//! The generator and the macro contain no names of the spec.
//!
//! The search covers identifiers and the words of texts in every file of `wpu-gen/src` and `wpu-macros/src`;
//! in `wpu-rt/src`, on which every output depends, and `wpu-table/src` also comments. Addresses are found
//! anywhere inside a text. Not searched are comments elsewhere (also `///`, unless inside a macro call, where
//! a template's `///` is output), and code that is built for tests only. Names are searched as the spec
//! spells them, without an exception for short names.

use crate::common::{self, project, read};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use wpu_gen::Spec;
use wpu_gen::source::Sources;

#[test]
fn the_code_contains_no_names_of_the_spec() {
    let spec = spec();
    let names = names(&spec);
    let with_kits: BTreeSet<_> = names.iter().cloned().chain(spec.kits().map(str::to_owned)).collect();
    assert!(with_kits.len() > names.len(), "the spec has no kits");
    let mut found = Vec::new();
    let mut files = 0;
    // The name of a kit is an ordinary word, which generated code and comments may need for themselves.
    for (folder, comments, names) in [
        ("wpu-gen/src", false, &names),
        ("wpu-rt/src", true, &names),
        ("wpu-table/src", true, &names),
        ("wpu-macros/src", false, &with_kits),
    ] {
        for path in sources(&project().join(folder)) {
            files += 1;
            let text = read(&path);
            let hits = Words::of(&text, comments).among(names);
            found.extend(hits.into_iter().map(|name| located(&path, &text, &name)));
        }
    }
    assert!(files > 45, "searched only {files} files");
    assert!(found.is_empty(), "facts are data; let a field of the spec say it:\n{}", found.join("\n"));
}

/// Names in the registry and in the file system are facts too: the installer takes them from the bindings.
#[test]
fn the_installer_contains_no_text_of_the_spec() {
    let constants = common::spec().into_iter().flat_map(|(_, text)| {
        let file: toml::Table = text.parse().expect("it is TOML");
        file.get("constant").and_then(toml::Value::as_array).cloned().unwrap_or_default()
    });
    let constants: Vec<_> = constants.collect();
    let texts = constants.iter().filter_map(|constant| constant["value"].as_str());
    let texts: Vec<_> = texts.map(str::to_lowercase).collect();
    assert!(texts.len() >= 15, "the spec has only {texts:?}");
    let found = sources(&project().join("wpu-install/src")).into_iter().flat_map(|path| {
        let literals = Words::of(&read(&path), false).texts;
        let literals = literals.into_iter().map(|literal| literal.replace(r"\\", r"\").to_lowercase());
        let written = literals.filter(|literal| texts.iter().any(|text| literal.contains(text)));
        written.map(|literal| format!("{}: {literal}\n", path.display())).collect::<Vec<_>>()
    });
    assert_eq!(found.collect::<String>(), "");
}

/// The search finds what it must, and nothing else.
#[test]
fn the_search_covers_code_texts_and_templates() {
    let names: BTreeSet<String> = ["SOCKET", "int", "https://example.org/page"].map(str::to_owned).into();
    let seen = |code: &str| Words::of(code, false).among(&names);
    for code in [
        "fn f() { SOCKET; }",
        "const A: &str = \"a SOCKET, closed\";",
        "const A: &str = r#\"SOCKET\"#;",
        "fn f() { quote!(/// A `SOCKET`.\n struct A;) }",
        "fn f() { quote! { #[doc = \"SOCKET\"] } }",
        "mod r#SOCKET;",
    ] {
        assert_eq!(seen(code), ["SOCKET"], "{code}");
    }
    assert_eq!(seen("const A: &str = \"at https://example.org/page#top\";"), ["https://example.org/page"]);
    for code in [
        "/// A `SOCKET`.\nfn f() {}",
        "//! A `SOCKET`.\n\n// SOCKET\nfn f() {}",
        "#[cfg(test)]\nmod tests { const A: &str = \"SOCKET\"; }",
        "#[cfg(test)]\nfn f() { SOCKET; }",
        "fn socket() { SOCKETS; NO_SOCKET; }",
        "fn f() { print(INT); interval }",
    ] {
        assert_eq!(seen(code), [""; 0], "{code}");
    }
    assert_eq!(Words::of("/// A `SOCKET`.\nfn f() {}", true).among(&names), ["SOCKET"]);
}

fn spec() -> Spec {
    let spec = Sources::read(&project().join("spec")).and_then(wpu_gen::compile);
    spec.unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}

/// The names of the spec for which all files are searched.
fn names(spec: &Spec) -> BTreeSet<String> {
    let names: BTreeSet<_> = spec.names().map(str::to_owned).collect();
    assert!(names.len() > 150, "the spec names only {} things", names.len());
    names
}

/// Every Rust file of a folder, except modules that are declared for tests only.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut of_tests = BTreeSet::new();
    walk(folder, &mut files);
    // Outer files first, so that a test module is known before its file is reached, which need not be Rust.
    files.sort_by_key(|file| file.components().count());
    for file in &files {
        if in_tests(file, &of_tests) {
            continue;
        }
        let code = syn::parse_file(&read(file)).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let modules = code.items.iter().filter_map(|item| match item {
            syn::Item::Mod(module) if module.content.is_none() && is_for_tests(&module.attrs) => Some(module),
            _ => None,
        });
        let beside = match file.file_stem().and_then(|stem| stem.to_str()) {
            Some("lib" | "main" | "mod") => file.with_file_name(""),
            _ => file.with_extension(""),
        };
        of_tests.extend(modules.map(|module| beside.join(module.ident.to_string())));
    }
    files.retain(|file| !in_tests(file, &of_tests));
    files
}

/// Whether a file belongs to one of these modules.
fn in_tests(file: &Path, modules: &BTreeSet<PathBuf>) -> bool {
    modules.iter().any(|module| file.starts_with(module) || file.with_extension("") == *module)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Ident>().is_ok_and(|word| word == "test")
    })
}

/// The words of a file.
#[derive(Default)]
struct Words {
    words: BTreeSet<String>,
    texts: Vec<String>,
}

impl Words {
    fn of(code: &str, comments: bool) -> Self {
        let mut words = Self::default();
        words.tokens(code.parse().expect("it is Rust"), comments);
        if comments {
            code.lines()
                .filter_map(|line| line.split_once("//"))
                .for_each(|(_, comment)| words.text(comment));
        }
        words
    }

    /// The names that it contains.
    fn among(&self, names: &BTreeSet<String>) -> Vec<String> {
        let said = |name: &&String| {
            self.words.contains(*name)
                || name.contains("://") && self.texts.iter().any(|text| text.contains(&***name))
        };
        names.iter().filter(said).cloned().collect()
    }

    fn tokens(&mut self, tokens: TokenStream, docs: bool) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at += 1;
            if is_punct(token, '#') {
                let attribute = usize::from(tokens.get(at).is_some_and(|token| is_punct(token, '!'))) + at;
                match tokens.get(attribute).and_then(attribute_name).as_deref() {
                    Some("doc") if !docs => at = attribute + 1,
                    Some("cfg(test)") => at = behind_item(&tokens, attribute + 1),
                    _ => {}
                }
                continue;
            }
            match token {
                TokenTree::Group(group) => {
                    let in_macro = at >= 2 && is_punct(&tokens[at - 2], '!');
                    self.tokens(group.stream(), docs || in_macro);
                }
                TokenTree::Ident(word) => {
                    self.words.insert(word.to_string().trim_start_matches("r#").to_owned());
                }
                TokenTree::Literal(text) => self.text(&text.to_string()),
                TokenTree::Punct(_) => {}
            }
        }
    }

    fn text(&mut self, text: &str) {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        self.words.extend(words.map(str::to_owned));
        self.texts.push(text.to_owned());
    }
}

fn is_punct(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

/// `doc`, `cfg(test)`, or another attribute.
fn attribute_name(token: &TokenTree) -> Option<String> {
    let TokenTree::Group(group) = token else { return None };
    let words: String = group.stream().to_string().split_whitespace().collect();
    let is_doc = group.delimiter() == Delimiter::Bracket && words.starts_with("doc=");
    Some(if is_doc { "doc".to_owned() } else { words })
}

/// The index after the item that begins at `at`, which ends with its first `;` or braces.
fn behind_item(tokens: &[TokenTree], at: usize) -> usize {
    let ends = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        token => is_punct(token, ';'),
    };
    tokens[at..].iter().position(ends).map_or(tokens.len(), |end| at + end + 1)
}

/// A name with the line in which it probably is.
fn located(path: &Path, text: &str, name: &str) -> String {
    let code = text.lines().position(|line| line.contains(name) && !line.trim_start().starts_with("//"));
    let line = code.or_else(|| text.lines().position(|line| line.contains(name))).map_or(0, |line| line + 1);
    format!("{}:{line}: {name}", path.display())
}

//! Inside each crate, files do not import each other in a ring.
//!
//! An import is a `use`, or a path in code, in one file, of an item that another file defines; a re-export
//! counts as the file that defines the item. `mod` lines and re-exports are not imports.

mod crates;
mod imports;
mod modules;
mod paths;
mod ring;

use crate::common::project;
use crates::roots;
use imports::Import;
use modules::Crate;
use ring::{Ring, rings};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Rings that still exist: all their files or folders, and the reason.
const LEFT: &[(&[&str], &str)] = &[];

#[test]
fn files_import_each_other_in_no_ring() {
    let rings = project_rings();
    let is_left = |ring: &Ring, files: &[&str]| {
        ring.files.iter().all(|file| files.iter().any(|folder| file.starts_with(folder)))
    };
    let new: Vec<_> = rings
        .iter()
        .filter(|ring| !LEFT.iter().any(|(files, _)| is_left(ring, files)))
        .map(ToString::to_string)
        .collect();
    assert!(new.is_empty(), "move what two files share into a third:\n{}", new.join("\n"));
    let gone: Vec<_> =
        LEFT.iter().filter(|(files, _)| !rings.iter().any(|ring| is_left(ring, files))).collect();
    assert!(gone.is_empty(), "these rings are no more; take them out of `LEFT`: {gone:#?}");
}

/// Folders with files that no `mod` names, and the reason.
const APART: [(&str, &str); 4] = [
    ("tests/tests/attribute", "a macro writes `mod` for each of its programs"),
    ("tests/tests/names", "a test compiles them with what it generates"),
    ("wpu-host/tests/fixtures", "a test compiles and loads them"),
    ("wpu-macros/src/tests/expected", "a test compares them with the output of the attribute"),
];

/// A file whose `mod` is forgotten is not compiled, and its tests do not run.
#[test]
fn every_file_is_a_part_of_a_crate() {
    let parts: BTreeSet<_> = CRATES.iter().flat_map(Crate::files).map(Path::to_owned).collect();
    let roots = project_roots();
    // A build script stands in the folder of the whole package.
    let folders = roots.iter().filter(|root| !root.ends_with("build.rs")).filter_map(|root| root.parent());
    let mut there = BTreeSet::new();
    folders.for_each(|folder| add_files(folder, &mut there));
    assert!(there.len() > 500, "found only {} files", there.len());
    let is_apart = |file: &Path| APART.iter().any(|(folder, _)| file.starts_with(folder));
    let forgotten: Vec<_> = there.difference(&parts).filter(|file| !is_apart(file)).collect();
    assert!(forgotten.is_empty(), "no `mod` names these files: {forgotten:#?}");
}

/// Adds the files below a folder.
fn add_files(folder: &Path, files: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(project().join(folder)).expect("the folder can be read") {
        let entry = entry.expect("the folder can be read");
        let path = folder.join(entry.file_name());
        if path.extension().is_some_and(|extension| extension == "rs") {
            files.insert(path);
        } else if entry.path().is_dir() {
            add_files(&path, files);
        }
    }
}

/// The root files of every crate of the project.
fn project_roots() -> BTreeSet<PathBuf> {
    let workspaces = ["Cargo.toml", "benches/Cargo.toml", "fuzz/Cargo.toml"];
    let roots: BTreeSet<_> =
        workspaces.iter().flat_map(|manifest| roots(&project().join(manifest))).collect();
    assert!(roots.len() > 40, "found only {} crates", roots.len());
    let inside = |root: &Path| root.strip_prefix(project()).expect("it is in the project").to_owned();
    roots.iter().map(|root| inside(root)).collect()
}

/// Every crate of the project, read once.
static CRATES: LazyLock<Vec<Crate>> = LazyLock::new(|| {
    let read = |file: &Path| fs::read_to_string(project().join(file)).ok();
    project_roots().iter().map(|root| Crate::read(root, &read)).collect()
});

/// The rings of every crate of the project.
fn project_rings() -> BTreeSet<Ring> {
    let (mut found, mut count) = (BTreeSet::new(), 0);
    for code in &*CRATES {
        let imports = code.imports();
        count += imports.len();
        found.extend(rings(&imports));
    }
    assert!(count > 1000, "found only {count} imports between files");
    found
}

/// The imports of a crate whose root is `lib.rs`, each as `from -> to: item`.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    let read = |file: &Path| {
        files.iter().find(|(name, _)| file == Path::new(name)).map(|(_, text)| (*text).to_owned())
    };
    let line = |Import { from, to, item }| format!("{} -> {}: {item}", from.display(), to.display());
    Crate::read(Path::new("lib.rs"), &read).imports().into_iter().map(line).collect()
}

const B: (&str, &str) = ("b.rs", "pub struct B; pub enum E { V } pub fn b() {} pub const C: usize = 1;");

#[test]
fn an_import_is_a_use_or_a_path_of_an_item_of_another_file() {
    for code in [
        "use crate::b::B;",
        "use super::b::B;",
        "use self::super::b::B as Other;",
        "use crate::{b::{self, B}};",
        "pub fn f() { use crate::b::B; }",
        "use crate::b::*; fn f(x: B) {}",
        "use crate::b; fn f() -> Vec<b::B> {}",
        "use crate::b as c; fn f() { let _ = c::B; }",
        "fn f() { crate::b::B::new() }",
        "fn f() { println!(\"{}\", crate::b::B) }",
        "fn f() { assert!(x == [super::b::B]) }",
        "fn f() -> <crate::b::B as Clone>::C {}",
        "impl crate::b::B {}",
        "#[serde(with = \"crate::b::B\")] struct A;",
        "mod inner { fn f() { super::super::b::B; } }",
        "mod inner { use super::*; fn f() -> B {} } use crate::b::B;",
        "macro_rules! m { () => { $crate::b::B } }",
        "pub use crate::b::B; fn f(b: B) {}",
        "pub(crate) use crate::b; fn f(b: b::B) {}",
    ] {
        let found = found(&[("lib.rs", "mod a; mod b;"), ("a.rs", code), B]);
        assert_eq!(found, ["a.rs -> b.rs: B"], "{code}");
    }
    let found =
        found(&[("lib.rs", "mod a; mod b;"), ("a.rs", "use crate::b::{b, C, E::V}; fn f() { b() }"), B]);
    assert_eq!(found, ["a.rs -> b.rs: C", "a.rs -> b.rs: E", "a.rs -> b.rs: b"]);
}

#[test]
fn a_name_without_an_item_of_another_file_is_not_an_import() {
    for code in [
        "",
        "pub use crate::b::B;",
        "pub(crate) use crate::b::{B, b};",
        "pub(in crate::a) use super::b::*;",
        "use crate::b;",
        "use crate::b::{self};",
        "use std::b::B; fn f() -> B {}",
        "use ::b::B;",
        "fn f() { ::b::B }",
        "/// [crate::b::B]\nfn f() {}",
        "const A: &str = \"crate::b::B\";",
        "fn f() { quote! { crate::b::B } }",
        "use crate::b::*; fn f(b: u8) { self.b(); x.C; s { C: 1 } }",
        "struct B; fn f() -> B {} fn g() -> self::B {}",
    ] {
        assert_eq!(found(&[("lib.rs", "mod a; mod b;"), ("a.rs", code), B]), [""; 0], "{code}");
    }
}

#[test]
fn a_path_denotes_the_file_that_defines_the_item() {
    let files = |code| {
        found(&[
            ("lib.rs", "mod a; mod m; mod b; pub use m::B; pub use b::*; extern crate self as own;"),
            ("m/mod.rs", "pub mod deep; pub use crate::b::B; pub use deep::Deep; pub use std::fmt::*;"),
            (
                "m/deep.rs",
                "pub struct Deep; made! { pub struct Made; } #[macro_export] macro_rules! out { () => {} }",
            ),
            ("a.rs", code),
            B,
        ])
    };
    for (code, import) in [
        ("use crate::m::B;", "a.rs -> b.rs: B"),
        ("use crate::B;", "a.rs -> b.rs: B"),
        ("use crate::C;", "a.rs -> b.rs: C"),
        ("use own::m::Deep;", "a.rs -> m/deep.rs: Deep"),
        ("fn f() { crate::m::deep::Deep }", "a.rs -> m/deep.rs: Deep"),
        ("use crate::m::deep::Made;", "a.rs -> m/deep.rs: Made"),
        ("crate::out!();", "a.rs -> m/deep.rs: out"),
        ("fn f() { out!() }", "a.rs -> m/deep.rs: out"),
        ("extern \"C\" { fn raw(); } mod x { use super::{raw, super::C}; }", "a.rs -> b.rs: C"),
    ] {
        assert_eq!(files(code), [import], "{code}");
    }
    assert_eq!(files("use crate::m::Display;"), [""; 0], "it is another crate's");
    let elsewhere = [
        ("lib.rs", "#[path = \"x/y.rs\"] mod a; struct L;"),
        ("x/y.rs", "mod z;"),
        ("x/z.rs", "use crate::L;"),
    ];
    assert_eq!(found(&elsewhere), ["x/z.rs -> lib.rs: L"]);
}

#[test]
fn a_ring_is_files_that_each_reach_each_other() {
    let import = |(from, to): &(&str, &str)| Import { from: from.into(), to: to.into(), item: "X".into() };
    let found = |pairs: &[(&str, &str)]| {
        let rings = rings(&pairs.iter().map(import).collect());
        let name = |file: &std::path::PathBuf| file.display().to_string();
        rings.iter().map(|ring| ring.files.iter().map(name).collect::<String>()).collect::<Vec<_>>()
    };
    assert_eq!(found(&[("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]), [""; 0]);
    assert_eq!(found(&[("a", "b"), ("b", "a"), ("b", "c")]), ["ab"]);
    assert_eq!(
        found(&[("a", "b"), ("b", "c"), ("c", "a"), ("x", "a"), ("y", "z"), ("z", "y")]),
        ["abc", "yz"]
    );
    let text = rings(&[("a", "b"), ("b", "a")].iter().map(import).collect())[0].to_string();
    assert_eq!(text, "2 files import each other:\n  a -> b: X\n  b -> a: X\n");
}

//! The output compiles without a warning, with and without each feature, and does what the spec says.
//!
//! The specs are invented, so that the result depends only on their structure and not on Winsock.

use crate::common::{self, ALL_FEATURES, Case, KNOWN_FEATURES};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use wpu_gen::compile;
use wpu_gen::source::Sources;

#[test]
fn good_specs_give_crates_without_a_warning() {
    let cases: Vec<_> = ["ok", "nonsense"].into_iter().flat_map(Case::all).collect();
    assert!(cases.len() >= 4, "found only {} cases", cases.len());
    for case in cases {
        checked(&case.name, case.sources());
    }
    checked("ok/base", Sources::from_texts([("base.toml", common::base())]));
}

#[test]
fn the_spec_on_the_format_page_gives_a_crate_without_a_warning() {
    let page = common::read(&common::project().join("docs/spec-format.md"));
    let spec = page.split_once("```toml\n").and_then(|(_, rest)| rest.split_once("```"));
    let (spec, _) = spec.expect("the page begins with a spec");
    checked("page", Sources::from_texts([("page.toml", spec)]));
}

/// Both sides of an invented interface, generated from one spec, in one program.
#[test]
fn host_and_provider_of_a_nonsense_spec_understand_each_other() {
    let case =
        Case::all("nonsense").into_iter().find(|case| case.name == "nonsense/zorb").expect("it is there");
    drives("zorb", case.sources(), &case.folder.join("drive.rs"));
}

/// The same for the table that a provider fills.
#[test]
fn a_provider_and_its_clients_of_a_nonsense_spec_understand_each_other() {
    let sources = Sources::from_texts([("base.toml", common::base())]);
    drives("kettle", sources, &common::fixtures().join("cook.rs"));
}

/// There may be many, and most users pass few of them.
#[test]
fn constants_that_only_listings_name_are_behind_a_feature() {
    const LISTING: &str = "[[listing]]\nid = \"cups\"\ndoc = \"\"\nrows = [{ name = \"KET_MOST\" }, { name = \"KET_SPARE\" }]\n";
    let files_with = |keys: &str| {
        let constant = format!(
            "[[constant]]\nname = \"KET_SPARE\"\ntype = \"u32\"\nvalue = 9\ndoc = \"As [`KET_TAP`].\"\n{keys}\n"
        );
        let text = [&common::base(), &*constant, LISTING].join("\n");
        compile(Sources::from_texts([("base.toml", text)])).unwrap_or_else(|found| panic!("{found}")).emit()
    };
    let file = |keys: &str, path: &str| {
        let files = files_with(keys);
        files.iter().find(|(found, _)| *found == path).map(|(_, text)| text.to_owned())
    };
    let ffi = |keys: &str| file(keys, "src/ffi.rs").expect("there is one");
    let listed = file("", "src/listed.rs").expect("a constant is only listed");
    assert!(listed.contains("pub const KET_SPARE: u32 = 9;") && !listed.contains("KET_MOST"), "{listed}");
    assert!(
        listed.contains("/// As [`KET_TAP`](crate::ffi::KET_TAP).\n"),
        "the type is in another file: {listed}"
    );
    assert!(ffi("").contains("pub const KET_MOST") && !ffi("").contains("KET_SPARE"));
    assert!(ffi("").contains("#[cfg(feature = \"listings\")]\npub use super::listed::*;"));
    assert!(file("", "Cargo.toml").expect("there is one").contains("\nlistings = []\n"));
    // What something else wants is always there.
    assert_eq!(file("export = true", "src/listed.rs"), None);
    assert!(ffi("export = true").contains("pub const KET_SPARE"));
    assert!(ffi("export = true").contains("/// As [`KET_TAP`].\n"));
    assert!(!file("export = true", "Cargo.toml").expect("there is one").contains("listings"));
}

/// Macros are exported from the root of a crate, which may hold the bindings of several specs.
#[test]
fn exported_macros_are_named_after_their_package() {
    let spec = compile(Sources::from_texts([("base.toml", common::base())])).expect("the base is good");
    let files = spec.emit();
    let names = files.iter().flat_map(|(_, text)| text.split("#[macro_export]\n").skip(1).map(str::to_owned));
    let names: Vec<_> = names.filter_map(|text| text.split_whitespace().nth(1).map(str::to_owned)).collect();
    assert!(names.len() >= 2, "found only {names:?}");
    let strange: Vec<_> = names.iter().filter(|name| !name.starts_with("__kettle_sys_")).collect();
    assert!(strange.is_empty(), "{strange:?}");
}

/// Compiles the output of a spec and a program that uses it, and runs the program.
fn drives(name: &str, sources: Sources, drive: &Path) {
    let folder = written(&format!("drive-{name}"), sources);
    let library = folder.join(format!("lib{name}.rlib"));
    let args = ["--crate-type", "lib", "--edition", "2024", "--crate-name", name];
    rustc(&folder.join("src/lib.rs"), &library, &[&args[..], &ALL_FEATURES].concat());
    let program = folder.join(format!("drive{}", std::env::consts::EXE_SUFFIX));
    let library = format!("{name}={}", library.display());
    rustc(drive, &program, &["--edition", "2024", "--extern", &library]);
    let run = Command::new(&program).output().expect("the program can be started");
    assert!(run.status.success(), "{}\n{}", run.status, String::from_utf8_lossy(&run.stderr));
}

/// Checks the output of a spec with the compiler, with each choice of features.
fn checked(name: &str, sources: Sources) {
    let folder = written(name, sources);
    let (lib, out) = (folder.join("src/lib.rs"), folder.join("lib.rmeta"));
    let check = |edition: &str, features: &[&str]| {
        rustc(
            &lib,
            &out,
            &[&["--crate-type", "lib", "--emit", "metadata", "--edition", edition], features].concat(),
        );
    };
    for features in [&[], &ALL_FEATURES[..4], &ALL_FEATURES[4..6], &ALL_FEATURES[6..], &ALL_FEATURES] {
        check("2024", features);
    }
    for edition in OLDER_EDITIONS {
        check(edition, &ALL_FEATURES);
    }
}

/// The output can be copied into a crate of any edition.
const OLDER_EDITIONS: [&str; 2] = ["2018", "2021"];

/// A folder with the output of a spec.
fn written(name: &str, sources: Sources) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("output").join(name);
    let spec = compile(sources).unwrap_or_else(|diagnostics| panic!("{name}:\n{diagnostics}"));
    fs::create_dir_all(&folder).expect("the target folder can be written to");
    spec.emit().write(&folder).expect("the target folder can be written to");
    folder
}

fn rustc(source: &Path, out: &Path, args: &[&str]) {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut rustc = Command::new(rustc);
    rustc.args(["-D", "warnings"]).args(KNOWN_FEATURES).args(args).arg("-o").arg(out).arg(source);
    let run = common::with_runtime(&mut rustc).output().expect("rustc can be started");
    assert!(run.status.success(), "{}\n{}", source.display(), String::from_utf8_lossy(&run.stderr));
}

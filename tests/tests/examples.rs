//! The rule `missing`, on every example: for any removed required upcalls, the compiler prints one complete
//! error.

use crate::common::project;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use wpu::{Class, Platform, UPCALLS};
use wpu_sys::Requirement;

/// The examples, and the class of each.
const EXAMPLES: [(&str, Class); 2] = [("tour", Class::NonIfs), ("tour-ifs", Class::Ifs)];

/// An example without some lines of its attribute.
struct Variant {
    name: String,
    source: String,
    missing: Vec<&'static str>,
}

#[test]
fn taking_out_required_upcalls_gives_one_error_that_names_them_all() {
    let variants: Vec<_> = EXAMPLES.iter().flat_map(|(name, class)| variants(name, *class)).collect();
    assert!(variants.len() >= 11, "only {} variants", variants.len());
    let errors = check(&variants);
    for variant in &variants {
        let said = errors.get(&variant.name).map_or(&[][..], Vec::as_slice);
        let names: Vec<_> = variant.missing.iter().map(|name| format!("`{name}`")).collect();
        let expected = format!("are used or waived, missing: {}", names.join(", "));
        assert!(
            matches!(said, [only] if only.contains(&expected)),
            "{}: expected one error with\n{expected}\nfound {said:#?}",
            variant.name
        );
    }
}

/// Variants with each required upcall removed, and one with all of them removed.
fn variants(example: &str, class: Class) -> Vec<Variant> {
    let path = project().join("examples").join(example).join("src/lib.rs");
    let source = fs::read_to_string(path).expect("the example can be read");
    let named = |name: &str| source.lines().any(|line| names(line, name));
    let required =
        UPCALLS.iter().filter(|upcall| upcall.requirement(class, Platform::Nt) == Requirement::Required);
    let required: Vec<_> = required.map(|upcall| upcall.name).filter(|name| named(name)).collect();
    let mut variants: Vec<_> = required.iter().map(|name| variant(example, &source, &[name])).collect();
    variants.push(variant(example, &source, &required));
    variants
}

fn variant(example: &str, source: &str, out: &[&'static str]) -> Variant {
    let kept = source.lines().filter(|line| !out.iter().any(|name| names(line, name)));
    let mut missing = out.to_vec();
    // Its release is removed together with it.
    missing.extend(out.contains(&"WPUCreateSocketHandle").then_some("WPUCloseSocketHandle"));
    missing.sort_by_key(|name| UPCALLS.iter().position(|upcall| upcall.name == *name));
    Variant {
        name: format!("{}_without_{}", example.replace('-', "_"), out.join("_").to_lowercase()),
        source: kept.collect::<Vec<_>>().join("\n"),
        missing,
    }
}

/// Whether a line of the attribute names an upcall; in the examples, each has a line of its own.
fn names(line: &str, name: &str) -> bool {
    line.trim().strip_prefix(name).is_some_and(|rest| rest.starts_with([',', ' ']))
}

/// Checks all variants with one run of cargo. Returns the errors by name.
fn check(variants: &[Variant]) -> BTreeMap<String, Vec<String>> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples");
    let _ = fs::remove_dir_all(folder.join("examples"));
    fs::create_dir_all(folder.join("examples")).expect("a scratch folder");
    fs::create_dir_all(folder.join("src")).expect("a scratch folder");
    fs::write(folder.join("src/lib.rs"), "").expect("a scratch file");
    let wpu = project().join("wpu").display().to_string().replace('\\', "/");
    let mut manifest = format!(
        "[workspace]\n[package]\nname = \"variants\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\nwpu = {{ path = \"{wpu}\" }}\n"
    );
    for variant in variants {
        let name = &variant.name;
        fs::write(folder.join(format!("examples/{name}.rs")), &variant.source).expect("a scratch file");
        manifest += &format!("\n[[example]]\nname = \"{name}\"\ncrate-type = [\"rlib\"]\n");
    }
    fs::write(folder.join("Cargo.toml"), manifest).expect("a scratch file");
    fs::copy(project().join("Cargo.lock"), folder.join("Cargo.lock")).expect("the lock file");
    let output = Command::new(env!("CARGO"))
        .args(["check", "--examples", "--keep-going", "--message-format=short", "--color=never"])
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .current_dir(&folder)
        .output()
        .expect("cargo runs");
    errors(&String::from_utf8_lossy(&output.stderr))
}

fn errors(said: &str) -> BTreeMap<String, Vec<String>> {
    let mut errors: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in said.lines().filter(|line| line.contains(": error")) {
        let path = line.replace('\\', "/");
        let name = path.strip_prefix("examples/").and_then(|rest| rest.split(".rs:").next());
        errors.entry(name.unwrap_or_default().to_owned()).or_default().push(line.to_owned());
    }
    errors
}

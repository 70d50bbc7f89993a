//! `cargo xtask demo`: the examples on real input, and two mistakes with the compiler's messages.

use crate::generate;
use crate::project::root;
use anyhow::{Context, Result, bail};
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use xshell::{Shell, cmd};

/// Runs everything. Stops at the first step with an unexpected result.
pub fn run() -> Result<ExitCode> {
    let root = root();
    let shell = Shell::new()?;
    shell.change_dir(&root);
    title("The bindings, regenerated from spec/");
    let generated = generate::run(&root.join("spec"), &root.join("generated"), false)?;
    if generated != ExitCode::SUCCESS {
        return Ok(generated);
    }
    title("Two providers, built as libraries and loaded into a host");
    cmd!(shell, "cargo build --quiet --package tour --package tour-ifs").quiet().run()?;
    for (package, class) in [("tour", None), ("tour-ifs", Some("--ifs"))] {
        let name = package.replace('-', "_");
        let library = library(&root, &name);
        cmd!(shell, "cargo run --quiet --package {package} --example {name}_compliance").quiet().run()?;
        cmd!(shell, "cargo run --quiet --package wpu-host --example demo -- {library} {class...}")
            .quiet()
            .run()?;
        println!();
    }
    title("Real bytes: a client in the host, through the layer `count` over the provider `tcp`");
    cmd!(shell, "cargo build --quiet --package tcp --package count").quiet().run()?;
    let [tcp, count] = ["tcp", "count"].map(|name| library(&root, name));
    cmd!(shell, "cargo run --quiet --package wpu-host --example echo -- {tcp} {count}").quiet().run()?;
    for mistake in MISTAKES {
        title(mistake.title);
        show(&root, mistake)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A mistake, as an edit of the example `tour`.
struct Mistake {
    name: &'static str,
    title: &'static str,
    edit: (&'static str, &'static str),
    answer: &'static str,
}

const MISTAKES: &[Mistake] = &[
    Mistake {
        name: "forgotten",
        title: "The same provider without one required upcall",
        edit: ("        WPUQueryBlockingCallback,\n", ""),
        answer: "missing: `WPUQueryBlockingCallback`",
    },
    Mistake {
        name: "never-called",
        title: "The same provider, which declares an upcall and never calls it",
        edit: (
            "let _gone = Self::upcalls().post_message(Window::NULL, 0x401, socket.raw(), 0);",
            "let _ = socket;",
        ),
        answer: "`post_message` is never used",
    },
];

/// Checks an edited copy of the example, and prints the compiler's output, which must contain the expected
/// message.
fn show(root: &Path, mistake: &Mistake) -> Result<()> {
    let folder = target(root).join("demo").join(mistake.name);
    write_copy(root, &folder, mistake)?;
    let output = Command::new("cargo")
        .args(["check", "--quiet", "--color=never", "--manifest-path"])
        .arg(folder.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", target(root))
        .current_dir(&folder)
        .output()
        .context("cannot run cargo")?;
    let said = String::from_utf8_lossy(&output.stderr);
    print!("{said}");
    if output.status.success() || !said.contains(mistake.answer) {
        bail!("expected the compiler to say \"{}\"", mistake.answer);
    }
    Ok(())
}

/// Copies the example into a workspace of its own, with the same locked dependencies.
fn write_copy(root: &Path, folder: &Path, mistake: &Mistake) -> Result<()> {
    fs::create_dir_all(folder.join("src"))?;
    let source = fs::read_to_string(root.join("examples/tour/src/lib.rs"))?;
    let (from, to) = mistake.edit;
    if !source.contains(from) {
        bail!("the example has no line \"{}\" to edit", from.trim());
    }
    fs::write(folder.join("src/lib.rs"), source.replace(from, to))?;
    let wpu = root.join("wpu").display().to_string().replace('\\', "/");
    let manifest = format!(
        "[workspace]\n\n[package]\nname = \"tour-{}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [lib]\ncrate-type = [\"cdylib\"]\n\n[features]\nexport = []\n\n[dependencies]\nwpu = {{ path = \"{wpu}\" }}\n",
        mistake.name
    );
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    Ok(())
}

/// The path of a provider that cargo has built.
fn library(root: &Path, name: &str) -> PathBuf {
    target(root).join(format!("debug/{DLL_PREFIX}{name}{DLL_SUFFIX}"))
}

fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder))
}

fn title(text: &str) {
    println!("\n── {text} ──\n");
}

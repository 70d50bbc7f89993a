//! The generators with which wpu-gen is compared, each built as a small program around its library.

use crate::{measure, scratch};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A generator that is ready to run.
pub struct Peer {
    pub name: &'static str,
    program: PathBuf,
    /// The folder of libclang, if it is needed.
    clang: Option<PathBuf>,
    options: Vec<String>,
}

/// All peers: those that can be built, and the reason for the others.
pub fn all() -> Vec<(&'static str, Result<Peer>)> {
    let names = ["windows-bindgen 0.66.0", "windows-bindgen 0.100.0", "bindgen 0.73.2"];
    vec![
        (names[0], windows_bindgen(names[0], "0.66.0", r#""--flat", "--sys", "--no-deps""#)),
        // This one never writes dependencies, and has no option for that.
        (names[1], windows_bindgen(names[1], "0.100.0", r#""--flat", "--sys""#)),
        (names[2], bindgen(names[2])),
    ]
}

impl Peer {
    /// Writes its bindings to `out`.
    pub fn run(&self, out: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(out).args(&self.options);
        if let Some(clang) = &self.clang {
            command.env("LIBCLANG_PATH", clang);
        }
        command
    }
}

const WINDOWS_BINDGEN: &str = r#"fn main() {
    let out = std::env::args().nth(1).expect("a file to write");
    let args = ["--out", &out, OPTIONS, "--filter", "WSPUPCALLTABLE", "WSPPROC_TABLE", "LPWSPSTARTUP"];
    let _ = windows_bindgen::bindgen(args);
}
"#;

fn windows_bindgen(name: &'static str, version: &str, options: &str) -> Result<Peer> {
    let folder = scratch::kept()?.join(format!("windows-bindgen-{}", version.replace('.', "-")));
    let program = built(
        &folder,
        &format!("windows-bindgen = \"={version}\""),
        &WINDOWS_BINDGEN.replace("OPTIONS", options),
    )?;
    Ok(Peer { name, program, clang: None, options: Vec::new() })
}

const BINDGEN: &str = r##"fn main() {
    let mut args = std::env::args().skip(1);
    let out = args.next().expect("a file to write");
    let types = "WSPUPCALLTABLE|WSPPROC_TABLE|LPWSPSTARTUP";
    let builder = bindgen::Builder::default()
        .header_contents("spi.h", "#include <winsock2.h>\n#include <ws2spi.h>\n")
        .clang_args(args)
        .allowlist_type(types);
    builder.generate().expect("bindings").write_to_file(out).expect("a file");
}
"##;

const HEADERS: &str = "/usr/x86_64-w64-mingw32/include";

fn bindgen(name: &'static str) -> Result<Peer> {
    let Some(clang) = libclang() else { bail!("there is no libclang (`LIBCLANG_PATH` can name its folder)") };
    if !Path::new(HEADERS).join("ws2spi.h").exists() {
        bail!("mingw-w64's ws2spi.h is not in {HEADERS}");
    }
    let dependency =
        "bindgen = { version = \"=0.73.2\", default-features = false, features = [\"runtime\"] }";
    let program = built(&scratch::kept()?.join("bindgen-0-73-2"), dependency, BINDGEN)?;
    let mut options = vec!["--target=x86_64-w64-mingw32".to_owned(), format!("-isystem{HEADERS}")];
    options.extend(own_headers(&clang).map(|folder| format!("-resource-dir={}", folder.display())));
    Ok(Peer { name, program, clang: Some(clang), options })
}

/// The folder of the compiler's own headers, which libclang does not find through a link.
fn own_headers(clang: &Path) -> Option<PathBuf> {
    let versions =
        fs::read_dir(clang.join("clang")).into_iter().flatten().flatten().map(|entry| entry.path());
    versions.filter(|version| version.join("include").exists()).max()
}

/// Builds the program in release mode; it is kept for the next run.
fn built(folder: &Path, dependency: &str, main: &str) -> Result<PathBuf> {
    scratch::make(folder, "", dependency, &[("main.rs", main)])?;
    measure::once(scratch::cargo("build", folder).args(["--release", "--quiet"]))
        .context("it cannot be built")?;
    let name = folder.file_name().unwrap_or_default();
    Ok(folder.join("target/release").join(name).with_extension(std::env::consts::EXE_EXTENSION))
}

/// The folder of libclang: the one in the environment, or else the newest that has headers of its own.
fn libclang() -> Option<PathBuf> {
    let named = std::env::var_os("LIBCLANG_PATH").map(PathBuf::from);
    let installed = fs::read_dir("/usr/lib").into_iter().flatten().flatten().map(|entry| entry.path());
    let is_llvm =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("llvm-"));
    let mut installed: Vec<PathBuf> = installed.filter(is_llvm).map(|path| path.join("lib")).collect();
    installed.sort();
    let elsewhere = ["/usr/lib64", "/usr/lib", "/usr/local/lib"].map(PathBuf::from);
    named
        .into_iter()
        .chain(installed.into_iter().rev())
        .chain(elsewhere)
        .find(|folder| holds_libclang(folder))
}

fn holds_libclang(folder: &Path) -> bool {
    let names = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    names
        .into_iter()
        .any(|name| name.starts_with("libclang") && name.contains(".so") && !name.starts_with("libclang-cpp"))
}

//! Builds and checks for a target: the libraries of the examples, which a host in C calls and whose files are
//! read, and the command `wpu`.

use super::shared::{TARGETS, Target, bench, cargo, run_cargo, succeed, target_folder};
use crate::project::root;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Each library, and the arguments with which the host in C calls it.
const LIBRARIES: [(&str, &str); 11] = [
    ("tour", "WPUCreateSocketHandle WPUQueueApc WPUPostMessage WPUCompleteOverlappedRequest"),
    ("tour-ifs", "--ifs WPUModifyIFSHandle WPUGetProviderPath"),
    ("san", "--ex WPUCreateSocketHandle WPUCompleteOverlappedRequest"),
    ("loopback", "--sockets WPUCreateSocketHandle WPUQuerySocketHandleContext WPUCompleteOverlappedRequest"),
    ("tcp", "--sockets WPUCreateSocketHandle WPUQuerySocketHandleContext WPUCompleteOverlappedRequest"),
    (
        "count",
        "--ifs --sockets --layer 6F1C9A3E-1D3B-4C58-9A77-636f756e7473 --below loopback.dll WPUGetProviderPath WPUCompleteOverlappedRequest",
    ),
    (
        "count",
        "--ifs --sockets --layer 6F1C9A3E-1D3B-4C58-9A77-636f756e7473 --below tcp.dll WPUGetProviderPath WPUCompleteOverlappedRequest",
    ),
    (
        "count-non-ifs",
        "--sockets --layer 6F1C9A3F-1D3B-4C58-9A77-636f756e7473 --below loopback.dll WPUGetProviderPath WPUCompleteOverlappedRequest",
    ),
    (
        "count-non-ifs",
        "--sockets --layer 6F1C9A3F-1D3B-4C58-9A77-636f756e7473 --below tcp.dll WPUGetProviderPath WPUCompleteOverlappedRequest",
    ),
    (
        "pair",
        "--ifs --sockets --layer 2C0B7A10-51D3-4A0E-8E74-686570616972 --below tcp.dll WPUGetProviderPath WPUCompleteOverlappedRequest",
    ),
    (
        "pair",
        "--sockets --layer 2C0B7A11-51D3-4A0E-8E74-686570616972 --below loopback.dll WPUGetProviderPath WPUCompleteOverlappedRequest",
    ),
];

/// Builds the libraries, the host in C and the command, and runs them.
pub(super) fn run(target: &Target, runner: &Path) -> Result<Vec<String>> {
    println!("\n── the host in C, {} ──", target.short);
    build(target)?;
    for (package, arguments) in LIBRARIES {
        let name = file(package);
        let words: Vec<_> = ["host.exe", &name].into_iter().chain(arguments.split(' ')).collect();
        println!("{} {name} {arguments}\n{}", target.short, start(target, runner, &words)?.trim_end());
    }
    let report = format!(
        "{}: the host in C called {} libraries in {} ways without a fault",
        target.triple,
        files().len(),
        LIBRARIES.len()
    );
    Ok(vec![report, command(target, runner)?])
}

/// The files of all libraries.
fn files() -> Vec<String> {
    let mut files: Vec<_> = LIBRARIES.iter().map(|(package, _)| file(package)).collect();
    files.sort();
    files.dedup();
    files
}

fn file(package: &str) -> String {
    format!("{}.dll", package.replace('-', "_"))
}

/// Builds everything into one folder.
fn build(target: &Target) -> Result<()> {
    let packages = LIBRARIES.iter().flat_map(|(package, _)| ["--package", package]);
    let mut build = Command::new("cargo");
    build.args(["build", "--quiet", "--target", target.triple, "--package", "wpu-cli"]).args(packages);
    run_cargo(&mut build)?;
    let (made, folder) = (target_folder().join(target.triple).join("debug"), bench().join(target.short));
    fs::create_dir_all(&folder)?;
    for name in files().into_iter().chain(["wpu.exe".to_owned()]) {
        fs::copy(made.join(&name), folder.join(&name)).with_context(|| format!("cannot copy {name}"))?;
    }
    let mut compile = Command::new(target.compiler);
    compile.args(["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-o"]).arg(folder.join("host.exe"));
    compile.arg(format!("-I{}", root().join("generated/c").display()));
    compile.arg(root().join("tests/windows/host.c")).arg("-lws2_32");
    succeed(&mut compile)
}

/// Runs a program of that folder. Returns its output.
fn start(target: &Target, runner: &Path, words: &[&str]) -> Result<String> {
    let mut command = Command::new(runner);
    let output = command.args(words).current_dir(bench().join(target.short)).output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let (words, code) = (words.join(" "), output.status);
        bail!("{}: {words}: {code}\n{said}{}", target.short, String::from_utf8_lossy(&output.stderr));
    }
    Ok(said)
}

/// Lists the catalog of Wine and makes plans with it. Wine has no functions that change it.
fn command(target: &Target, runner: &Path) -> Result<String> {
    const ID: &str = "d3c21122-85e1-48f3-9ab6-23d90c73077e";
    println!("\n── wpu, {} ──", target.short);
    let own = if target.short == "i686" { "32" } else { "64" };
    let listed = start(target, runner, &["wpu.exe", "catalog", "--catalog", own])?;
    let snapshot = start(target, runner, &["wpu.exe", "catalog", "--catalog", own, "--json"])?;
    let entries = snapshot.matches("\"id\"").count();
    let plans = [
        "install base --name Pipes --path C:/pipes/pipes.dll --class non-ifs --sockets 40/1/0 --flags 0x6",
        "install layer --name Count --path C:/count/count.dll --class ifs --over 2/1/6 --category inspector",
    ];
    print!("{listed}");
    for plan in plans {
        let words: Vec<_> = ["wpu.exe"].into_iter().chain(plan.split(' ')).collect();
        let said = start(target, runner, &[&*words, &["--id", ID, "--catalog", own, "--dry-run"]].concat())?;
        if !said.ends_with("dry run: nothing was changed\n") {
            bail!("{}: {plan} answers\n{said}", target.short);
        }
        print!("{said}");
    }
    if entries == 0 {
        bail!("{}: the catalog is empty\n{snapshot}", target.short);
    }
    let triple = target.triple;
    Ok(format!("{triple}: `wpu` lists {entries} entries of Wine, and plans {} changes of them", plans.len()))
}

/// Checks the files of the libraries.
pub(super) fn read() -> Result<String> {
    let folders = std::env::join_paths(TARGETS.iter().map(|target| bench().join(target.short)))?;
    let mut command = Command::new("cargo");
    command.args([
        "test",
        "--quiet",
        "--package",
        "wpu-tests",
        "--test",
        "local",
        "windows_libraries::",
        "--",
        "--nocapture",
    ]);
    succeed(cargo(&mut command).env("WPU_WINDOWS_LIBRARIES", folders))?;
    let libraries = files().len();
    Ok(format!(
        "exports, imports and characteristics of {libraries} libraries are as they should be for x86_64 and i686"
    ))
}

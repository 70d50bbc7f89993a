//! The requirements of `cargo xtask windows`: compilers with the headers of Windows, and Wine for both
//! widths.

use super::shared::{TARGETS, bench, succeed, target_folder};
use crate::project::root;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A small system for 32-bit programs, for machines whose packages conflict with the 32-bit ones.
const SYSTEM_32: &str = "/var/cache/wpu/i386";

/// The advice for missing requirements.
pub(super) const ADVICE: &str = "on Debian, as root, `cargo xtask windows --setup` installs them; elsewhere, install mingw-w64 \
    with gcc for x86_64 and i686, Wine for 64-bit and 32-bit programs, and add the targets with rustup";

/// Checks all requirements, and returns the missing ones. With `install`, installs them first.
pub fn set_up(install: bool) -> Result<Vec<&'static str>> {
    let missing = missing();
    if !install || missing.is_empty() {
        return Ok(missing);
    }
    self::install(&missing)?;
    Ok(self::missing())
}

fn missing() -> Vec<&'static str> {
    let mut missing = Vec::new();
    for target in &TARGETS {
        if !has(target.compiler, "--version") {
            missing.push(target.compiler);
        }
        if !has_target(target.triple) {
            missing.push(target.triple);
        }
    }
    if !Path::new("/usr/lib/x86_64-linux-gnu/wine").exists() && !has("wine64", "--version") {
        missing.push("wine64");
    }
    if !wine_32() && !Path::new(SYSTEM_32).join("usr/lib/i386-linux-gnu/wine").exists() {
        missing.push("wine32");
    }
    missing
}

/// Whether the machine's own Wine runs 32-bit programs.
fn wine_32() -> bool {
    Path::new("/usr/lib/i386-linux-gnu/wine").exists()
}

fn has(program: &str, argument: &str) -> bool {
    let mut command = Command::new(program);
    let status = command.arg(argument).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn has_target(triple: &str) -> bool {
    let found = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", triple])
        .current_dir(root())
        .output();
    found.is_ok_and(|found| Path::new(String::from_utf8_lossy(&found.stdout).trim()).exists())
}

/// Installs what is missing from Debian's packages.
fn install(missing: &[&str]) -> Result<()> {
    if !Path::new("/etc/debian_version").exists() {
        bail!("this is not Debian, and these are missing: {}\n{ADVICE}", missing.join(", "));
    }
    for triple in missing.iter().filter(|name| name.contains("-pc-windows-")) {
        succeed(Command::new("rustup").args(["target", "add", triple]).current_dir(root()))?;
    }
    let mut packages: Vec<&str> = Vec::new();
    for (part, package) in PACKAGES.iter().filter(|(part, _)| missing.contains(part)) {
        println!("{part} is missing: {}", package.join(" "));
        packages.extend(*package);
    }
    if !packages.is_empty() {
        // If the package lists could not be renewed, the next step shows whether the old ones suffice.
        let _ = apt(&["update", "-qq"]).status();
        succeed(
            apt(&["install", "-y", "-qq", "--no-install-recommends"]).args(packages).stdout(Stdio::null()),
        )?;
    }
    if missing.contains(&"wine32") { install_wine_32() } else { Ok(()) }
}

/// The packages of Debian for each requirement.
const PACKAGES: [(&str, &[&str]); 4] = [
    (TARGETS[0].compiler, &["gcc-mingw-w64-x86-64-win32"]),
    (TARGETS[1].compiler, &["gcc-mingw-w64-i686-win32"]),
    ("wine64", &["wine", "wine64"]),
    ("wine32", &["debootstrap"]),
];

fn apt(arguments: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// Debian's 32-bit Wine often conflicts with the machine's packages, and must not change them, so it is
/// installed into a system of its own.
fn install_wine_32() -> Result<()> {
    let (system, half) = (Path::new(SYSTEM_32), PathBuf::from(format!("{SYSTEM_32}.half")));
    // Removes the result of an interrupted installation.
    if half.exists() {
        fs::remove_dir_all(&half)?;
    }
    fs::create_dir_all(&half)?;
    let release = release()?;
    succeed(
        Command::new("debootstrap")
            .args(["--variant=minbase", "--arch=i386", &release])
            .arg(&half)
            .stdout(Stdio::null()),
    )?;
    let inside = "apt-get update -qq && apt-get install -y -qq --no-install-recommends wine wine32 >/dev/null && apt-get clean";
    succeed(Command::new("chroot").arg(&half).args([
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "sh",
        "-c",
        inside,
    ]))?;
    if system.exists() {
        fs::remove_dir_all(system)?;
    }
    fs::rename(&half, system).context("cannot put the system for 32-bit programs in place")
}

/// The code name of the machine's Debian release.
fn release() -> Result<String> {
    let text = fs::read_to_string("/etc/os-release")?;
    let name = text.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    Ok(name.context("/etc/os-release names no release")?.trim_matches('"').to_owned())
}

/// Runs programs under Wine, for cargo and for this tool. Wine's server ends with it.
pub(super) struct Runner {
    script: PathBuf,
}

impl Runner {
    /// Writes the scripts, and prepares Wine's folder.
    pub(super) fn new(short: &str) -> Result<Self> {
        let bench = bench();
        fs::create_dir_all(&bench)?;
        let (wine, prefix) = (bench.join(format!("wine-{short}.sh")), bench.join(format!("wine-{short}")));
        write_script(&wine, &wine_script(&prefix))?;
        let script = if short == "i686" && !wine_32() {
            let outside = bench.join(format!("run-{short}.sh"));
            write_script(&outside, &system_32_script(&wine))?;
            outside
        } else {
            wine
        };
        let runner = Self { script };
        // A server that a run left behind could be ending right now.
        runner.end_server();
        prepare(&runner.script, &prefix, short)?;
        Ok(runner)
    }

    pub(super) fn script(&self) -> &Path {
        &self.script
    }

    fn end_server(&self) {
        // It fails where no server runs, which is as good.
        let _ = Command::new(&self.script).arg(END).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.end_server();
    }
}

/// The argument with which the script ends Wine's server.
const END: &str = "--end-server";

/// A script that runs a program under Wine.
///
/// A server ends on its own some time after the last program; two seconds later it kills each program that
/// started meanwhile. An hour is longer than any pause of a run. Its processes must not keep the output of a
/// program open, since the reader would then never see the end. `TMPDIR` would give tests a server of their own.
fn wine_script(prefix: &Path) -> String {
    let silent = "</dev/null >/dev/null 2>&1";
    format!(
        "#!/bin/sh\n\
         export WINEDEBUG=-all WINEPREFIX={}\n\
         unset TMPDIR\n\
         if [ \"$1\" = {END} ]; then wineserver -k; exec wineserver -w; fi\n\
         wineserver -p3600 {silent} && wine wineboot {silent}\n\
         exec wine \"$@\"\n",
        prefix.display()
    )
}

/// A script that runs another in the system for 32-bit programs. The mounts are visible to it only, and end
/// with it.
fn system_32_script(script: &Path) -> String {
    format!(
        "#!/bin/sh\nexec unshare --mount --propagation private sh -c '\n\
         for folder in \"$0\" \"$1\"; do\n\
         mkdir -p \"{SYSTEM_32}$folder\" && mount --rbind \"$folder\" \"{SYSTEM_32}$folder\" || exit 99\n\
         done\n\
         mount --bind /proc {SYSTEM_32}/proc && mount --rbind /dev {SYSTEM_32}/dev || exit 99\n\
         shift\n\
         exec chroot {SYSTEM_32} sh -c \"cd \\\"\\$0\\\" && exec \\\"\\$@\\\"\" \"$@\"\n\
         ' \"{}\" \"{}\" \"$PWD\" \"{}\" \"$@\"\n",
        root().display(),
        target_folder().display(),
        script.display()
    )
}

fn write_script(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text)?;
    succeed(Command::new("chmod").arg("+x").arg(path))
}

/// Creates Wine's folder, and adds a library that Rust's standard library needs and an old Wine lacks.
fn prepare(script: &Path, prefix: &Path, short: &str) -> Result<()> {
    let library = prefix.join("drive_c/windows/system32/bcryptprimitives.dll");
    if library.exists() {
        return Ok(());
    }
    let mut first = Command::new(script);
    succeed(first.args(["wineboot", "--init"]).stdout(Stdio::null()).stderr(Stdio::null()))?;
    if library.exists() {
        return Ok(());
    }
    let folder = root().join("tests/windows");
    let mut compile = Command::new(format!("{short}-w64-mingw32-gcc"));
    compile.args(["-shared", "-O1", "-Wl,--kill-at", "-Wl,--enable-stdcall-fixup", "-o"]).arg(&library);
    compile.args([folder.join("bcryptprimitives.c"), folder.join("bcryptprimitives.def")]).arg("-ladvapi32");
    succeed(&mut compile)
}

//! Measures how long a crate on wpu takes to build from scratch, compared with crates on other bindings.

use crate::measure::{self, Cost, megabytes, ratio, seconds};
use crate::report::Report;
use crate::scratch;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

const WINDOWS: &str = "x86_64-pc-windows-gnu";

/// A crate to build. All of them contain almost no code, so that the time is that of their dependencies.
struct Subject {
    name: &'static str,
    dependencies: String,
    source: &'static str,
    /// Whether it also builds on systems other than Windows.
    anywhere: bool,
}

const ATTRIBUTE: &str = "wpu, with its attribute";
const BARE: &str = "wpu, `default-features = false`";
const TRIVIAL: &str = "a trivial attribute on syn without `full`";
const LEAN: &str = "the same, with no feature of syn that wpu does without";
const SYS: &str = "windows-sys 0.61.2";
const RICH: &str = "windows 0.62.2";

pub fn run() -> Result<Report> {
    let mut report = Report::new();
    let place = tempfile::tempdir()?;
    let subjects = subjects(place.path())?;
    let mut built = Vec::new();
    for subject in &subjects {
        let folder = place.path().join(format!("subject-{}", built.len()));
        scratch::make(&folder, "", &subject.dependencies, &[("lib.rs", subject.source)])?;
        scratch::fetch(&folder).with_context(|| subject.name)?;
        built.push((subject, folder));
    }
    if has_target(WINDOWS) {
        let costs = measured(&built, Some(WINDOWS))?;
        table(&mut report, &format!("for `{WINDOWS}`"), &built, &costs);
        bounds(&mut report, "for Windows", &built, &costs);
    } else {
        report
            .left_out("builds for Windows", format!("the target is missing: `rustup target add {WINDOWS}`"));
    }
    built.retain(|(subject, _)| subject.anywhere);
    let costs = measured(&built, None)?;
    table(&mut report, "for the host", &built, &costs);
    bounds(&mut report, "for the host", &built, &costs);
    Ok(report)
}

fn subjects(place: &Path) -> Result<Vec<Subject>> {
    let wpu = scratch::shown(&crate::project::root().join("wpu"));
    let features = "features = [\"Win32_Foundation\", \"Win32_Networking_WinSock\", \"Win32_System_IO\"]";
    let trivial = trivial(place, "trivial", "syn = \"3\"")?;
    let lean = "syn = { version = \"3\", default-features = false, features = [\"derive\", \"parsing\", \"printing\", \"proc-macro\"] }";
    let lean = self::trivial(place, "lean", lean)?;
    let subject =
        |name, dependencies: String, source, anywhere| Subject { name, dependencies, source, anywhere };
    Ok(vec![
        subject(ATTRIBUTE, format!("wpu = {{ path = \"{wpu}\" }}"), PROVIDER, true),
        subject(
            TRIVIAL,
            format!("trivial = {{ path = \"{trivial}\" }}"),
            "#[trivial::trivial]\npub struct Thing;\n",
            true,
        ),
        subject(
            LEAN,
            format!("lean = {{ path = \"{lean}\" }}"),
            "#[lean::trivial]\npub struct Thing;\n",
            true,
        ),
        subject(BARE, format!("wpu = {{ path = \"{wpu}\", default-features = false }}"), BARE_USE, true),
        subject(SYS, format!("windows-sys = {{ version = \"=0.61.2\", {features} }}"), SYS_USE, true),
        subject(RICH, format!("windows = {{ version = \"=0.62.2\", {features} }}"), RICH_USE, false),
        subject(
            "winapi 0.3.9",
            "winapi = { version = \"=0.3.9\", features = [\"ws2spi\"] }".to_owned(),
            WINAPI_USE,
            false,
        ),
    ])
}

const PROVIDER: &str = r#"use wpu::prelude::*;

#[wpu_provider(
    class = non_ifs,
    uses(WPUCreateSocketHandle, WPUQuerySocketHandleContext),
    waives(WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "a base provider that never blocks"),
)]
pub struct Small;

pub fn open(entry: u32, key: usize) -> Result<SocketHandle, WsaError> {
    Small::upcalls().create_socket_handle(entry, key)
}

pub fn key(socket: SOCKET) -> Result<usize, WsaError> {
    Small::upcalls().query_socket_handle_context(socket)
}
"#;
const BARE_USE: &str = "pub fn has(table: &wpu::ffi::WSPUPCALLTABLE) -> bool {\n    table.lpWPUCreateSocketHandle.is_some()\n}\n";
const SYS_USE: &str = "pub fn has(table: &windows_sys::Win32::Networking::WinSock::WSPUPCALLTABLE) -> bool {\n    table.lpWPUCreateSocketHandle.is_some()\n}\n";
const RICH_USE: &str = "pub fn has(table: &windows::Win32::Networking::WinSock::WSPUPCALLTABLE) -> bool {\n    table.lpWPUCreateSocketHandle.is_some()\n}\n";
const WINAPI_USE: &str = "pub fn has(table: &winapi::um::ws2spi::WSPUPCALLTABLE) -> bool {\n    table.lpWPUCreateSocketHandle.is_some()\n}\n";

/// An attribute that parses an item and prints it again.
fn trivial(place: &Path, name: &str, syn: &str) -> Result<String> {
    let source = "#[proc_macro_attribute]\n\
        pub fn trivial(_: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {\n    \
        let item = syn::parse_macro_input!(item as syn::DeriveInput);\n    quote::quote!(#item).into()\n}\n";
    let dependencies = format!("quote = \"1\"\n{syn}");
    let folder =
        scratch::make(&place.join(name), "[lib]\nproc-macro = true\n", &dependencies, &[("lib.rs", source)])?;
    Ok(scratch::shown(&folder))
}

fn has_target(target: &str) -> bool {
    let output = Command::new("rustc").args(["--print", "target-libdir", "--target", target]).output();
    output.is_ok_and(|output| Path::new(String::from_utf8_lossy(&output.stdout).trim()).exists())
}

fn measured(built: &[(&Subject, PathBuf)], target: Option<&str>) -> Result<Vec<Cost>> {
    measure::in_turn(built, |(subject, folder)| {
        let fresh = tempfile::tempdir()?;
        let mut cargo = scratch::cargo("build", folder);
        cargo.args(["--quiet", "--offline", "--target-dir"]).arg(fresh.path());
        // A cache of compiled crates would be measured instead.
        cargo.env_remove("RUSTC_WRAPPER");
        // Cargo builds dependencies of a registry like that, and wpu is here a dependency by path.
        cargo.env("CARGO_INCREMENTAL", "0");
        if let Some(target) = target {
            cargo.args(["--target", target]);
        }
        measure::once(&mut cargo).with_context(|| subject.name)
    })
}

fn table(report: &mut Report, target: &str, built: &[(&Subject, PathBuf)], costs: &[Cost]) {
    let head = format!("a crate on …, {target}");
    let rows = built.iter().zip(costs).map(|((subject, _), cost)| {
        [subject.name.to_owned(), seconds(cost.wall), seconds(cost.cpu()), megabytes(cost.peak)]
    });
    report.table([&head, "wall s", "CPU s", "largest process, MB"], rows);
}

fn bounds(report: &mut Report, place: &str, built: &[(&Subject, PathBuf)], costs: &[Cost]) {
    let cost = |name: &str| {
        built.iter().zip(costs).find(|((subject, _), _)| subject.name == name).map(|(_, cost)| *cost)
    };
    let bounds = [
        (ATTRIBUTE, RICH, 0.4, "at most 0.4 ×"),
        (ATTRIBUTE, TRIVIAL, 1.0, "no slower than"),
        (BARE, SYS, 0.75, "at most 0.75 ×"),
    ];
    for (one, other, limit, words) in bounds {
        let (Some(one_cost), Some(other_cost)) = (cost(one), cost(other)) else { continue };
        let found = ratio(one_cost.wall, other_cost.wall);
        let what = format!("{one}, {place}: {words} {other}");
        report.bound(
            what,
            format!("{found:.2} × (CPU: {:.2} ×)", ratio(one_cost.cpu(), other_cost.cpu())),
            found <= limit,
        );
    }
}

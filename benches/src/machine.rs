//! Describes when and where a measurement was made.

use std::fs;
use std::process::Command;
use std::thread::available_parallelism;

/// One line for a report.
pub fn line() -> String {
    let cores = available_parallelism().map_or(0, usize::from);
    let memory =
        field("/proc/meminfo", "MemTotal").and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
    let memory = memory.map_or("unknown memory".to_owned(), |kibibytes| {
        format!("{} GB of memory", kibibytes * 1024 / 1_000_000_000)
    });
    let cpu = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown CPU".to_owned());
    let system = fs::read_to_string("/etc/os-release").ok().and_then(|text| {
        Some(text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?.trim_matches('"').to_owned())
    });
    let system = system.unwrap_or_else(|| std::env::consts::OS.to_owned());
    format!(
        "Measured on {} with {} on {system}, {cpu}, {cores} cores, {memory}.",
        answer("date", "+%F"),
        answer("rustc", "--version")
    )
}

/// The value of `name : value` in a file.
fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn answer(program: &str, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output();
    output.map_or_else(
        |_| format!("unknown {program}"),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

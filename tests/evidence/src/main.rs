//! `wpu-evidence [--check] <folder with records> <page>`: writes the page of obligations, or says whether it is fresh.

use std::path::Path;
use std::process::ExitCode;
use wpu_evidence::{Coverage, differences};
use wpu_sys::obligations::{OBLIGATIONS, RETIRED};

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let answer = match &args[..] {
        ["--check", records, page] => run(records, page, true),
        [records, page] => run(records, page, false),
        _ => Err("usage: wpu-evidence [--check] <folder with records> <page>".to_owned()),
    };
    match answer {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(records: &str, page: &str, check: bool) -> Result<(), String> {
    let records = wpu_evidence::read(Path::new(records)).map_err(|error| format!("`{records}`: {error}"))?;
    let coverage = Coverage::new(OBLIGATIONS, RETIRED, &records)
        .map_err(|mistakes| mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\nerror: "))?;
    let new = coverage.page();
    if !check {
        return std::fs::write(page, new).map_err(|error| format!("cannot write `{page}`: {error}"));
    }
    let found = std::fs::read_to_string(page).map_err(|error| format!("cannot read `{page}`: {error}"))?;
    match differences(&found.replace("\r\n", "\n"), &new) {
        lines if lines.is_empty() => Ok(()),
        lines => Err(format!("`{page}` is old; run `cargo xtask coverage`:\n{lines}")),
    }
}

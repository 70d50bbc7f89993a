//! `cargo xtask gen`: writes `generated/` and the schema of spec files.

use anyhow::{Context, Result};
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use wpu_gen::source::Sources;

/// Writes the output, or checks that it is fresh. Exit code 1 means that the spec or the output is wrong.
pub fn run(spec: &Path, out: &Path, check: bool) -> Result<ExitCode> {
    let compiled = Sources::read(spec).and_then(wpu_gen::compile);
    let files = match compiled {
        Ok(spec) => spec.emit(),
        Err(diagnostics) => {
            eprint!("{diagnostics}");
            return Ok(ExitCode::from(1));
        }
    };
    let shown = out.display();
    if !check {
        let changes = files.write(out)?;
        let (count, written, removed) = (files.iter().count(), changes.written, changes.removed);
        println!("{shown}: {count} files, {written} of them written; {removed} removed");
        return Ok(ExitCode::SUCCESS);
    }
    let stale = files.diff(out)?;
    for stale in &stale {
        eprintln!("{stale}");
    }
    if stale.is_empty() {
        println!("{shown}: fresh");
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("\nerror: {shown} is not what the spec gives; run `cargo xtask gen`");
    Ok(ExitCode::from(1))
}

/// Writes the JSON schema of spec files, or checks that it is fresh.
pub fn schema(path: &Path, check: bool) -> Result<ExitCode> {
    let text = wpu_gen::schema::schema();
    let shown = path.display();
    let found = fs::read_to_string(path).unwrap_or_default();
    if found == text {
        println!("{shown}: fresh");
    } else if check {
        eprintln!("error: {shown} does not match the structs of the spec; run `cargo xtask gen`");
        return Ok(ExitCode::from(1));
    } else {
        fs::write(path, text).with_context(|| format!("cannot write {shown}"))?;
        println!("{shown}: written");
    }
    Ok(ExitCode::SUCCESS)
}

//! `cargo xtask gen`: the one writer of `generated/`.

use anyhow::{Context, Result};
use std::path::Path;
use std::process::ExitCode;
use wpu_gen::source::Sources;

/// Writes the output, or checks that it is fresh. Exit code 1 says that the spec or the output is wrong.
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
        files.write(out).with_context(|| format!("cannot write to {shown}"))?;
        println!("{shown}: {} files", files.iter().count());
        return Ok(ExitCode::SUCCESS);
    }
    let stale = files.diff(out).with_context(|| format!("cannot read {shown}"))?;
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

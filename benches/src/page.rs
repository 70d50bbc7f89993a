//! Writes the tables of a leg into `docs/performance.md`, between its two markers.

use crate::report::Report;
use anyhow::{Context, Result, bail};
use std::fs;

const PAGE: &str = "docs/performance.md";

/// Writes the leg `name`. If it has measured nothing, the page is not changed.
pub fn write(name: &str, report: &Report) -> Result<()> {
    if report.is_empty() {
        eprintln!("{PAGE}: nothing new about {name}");
        return Ok(());
    }
    let path = crate::project::root().join(PAGE);
    let page = fs::read_to_string(&path).with_context(|| format!("cannot read {PAGE}"))?;
    fs::write(&path, replaced(&page, name, &report.to_string())?)
        .with_context(|| format!("cannot write {PAGE}"))
}

fn replaced(page: &str, name: &str, text: &str) -> Result<String> {
    let (start, end) = (format!("<!-- measured: {name} -->\n"), format!("<!-- end: {name} -->"));
    let Some((before, rest)) = page.split_once(&start) else {
        bail!("{PAGE} has no line `{}`", start.trim())
    };
    let Some((_, after)) = rest.split_once(&end) else { bail!("{PAGE} has no line `{end}`") };
    Ok(format!("{before}{start}\n{}\n\n{end}{after}", text.trim_end()))
}

//! Formats catalogs and their faults as plain text.

use crate::catalog::{Catalogs, Entry};
use crate::categories::categories;
use crate::findings::Finding;
use crate::guid::GuidText;
use crate::printable::printable;
use std::fmt;

/// Catalogs with their faults.
#[derive(Debug, Clone, Copy)]
pub struct Listing<'a> {
    /// The catalogs.
    pub catalogs: &'a Catalogs,
    /// The faults.
    pub findings: &'a [Finding],
}

impl fmt::Display for Catalogs {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        Listing { catalogs: self, findings: &[] }.fmt(out)
    }
}

impl fmt::Display for Listing<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (width, catalog)) in self.catalogs.all().enumerate() {
            let gap = if at == 0 { "" } else { "\n" };
            writeln!(out, "{gap}{width} catalog, in the order in which programs search it")?;
            for entry in &catalog.entries {
                list(out, entry)?;
                let of = |finding: &&Finding| (finding.width, finding.entry) == (width, entry.id());
                self.findings.iter().filter(of).try_for_each(|finding| broken(out, finding))?;
            }
        }
        match self.findings.len() {
            0 => Ok(()),
            1 => writeln!(out, "\n1 thing is broken: see `broken` above"),
            count => writeln!(out, "\n{count} things are broken: see `broken` above"),
        }
    }
}

/// Formats an entry in two lines.
fn list(out: &mut fmt::Formatter<'_>, entry: &Entry) -> fmt::Result {
    let (family, kind, protocol) = entry.sockets();
    let class = if entry.is_ifs() { "IFS" } else { "non-IFS" };
    let links: Vec<_> = entry.links().iter().map(u32::to_string).collect();
    let what = match entry.links() {
        [] if entry.is_layer() => "layer".to_owned(),
        [] => "base".to_owned(),
        _ => format!("chain {}", links.join(" > ")),
    };
    let hidden = if entry.is_visible() { "" } else { ", hidden" };
    writeln!(out, "  {:>6}  {}", entry.id(), printable(&entry.name()))?;
    writeln!(out, "          {what}, {class}{hidden}; family {family}, type {kind}, protocol {protocol}")?;
    writeln!(out, "          {} {}", GuidText(entry.info.ProviderId), printable(&entry.path.to_string()))?;
    if entry.categories != 0 {
        writeln!(out, "          categories: {}", categories(entry.categories))?;
    }
    Ok(())
}

fn broken(out: &mut fmt::Formatter<'_>, finding: &Finding) -> fmt::Result {
    writeln!(out, "          broken: {}", finding.fault)?;
    match &finding.help {
        Some(help) => writeln!(out, "          help: {help}"),
        None => Ok(()),
    }
}

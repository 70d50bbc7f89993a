//! The results of a leg as Markdown.

use crate::machine;
use std::fmt;

/// The tables of one leg.
pub struct Report {
    parts: Vec<String>,
    bounds: Vec<Bound>,
}

/// A bound and the measured value.
struct Bound {
    what: String,
    found: String,
    holds: bool,
}

impl Report {
    /// Starts with a line about time and machine.
    pub fn new() -> Self {
        Self { parts: vec![machine::line()], bounds: Vec::new() }
    }

    pub fn table<const N: usize>(&mut self, head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) {
        let rows: Vec<[String; N]> = rows.into_iter().collect();
        if !rows.is_empty() {
            self.parts.push(markdown(head, &rows));
        }
    }

    pub fn bound(&mut self, what: impl Into<String>, found: impl Into<String>, holds: bool) {
        self.bounds.push(Bound { what: what.into(), found: found.into(), holds });
    }

    /// Lists what could not be measured, with the reason.
    pub fn left_out(&mut self, what: &str, why: impl fmt::Display) {
        self.parts.push(format!("Not measured: {what}, because {why}."));
    }

    /// Describes the bounds that do not hold.
    pub fn missed(&self) -> impl Iterator<Item = String> {
        self.bounds
            .iter()
            .filter(|bound| !bound.holds)
            .map(|bound| format!("{}: {}", bound.what, bound.found))
    }

    /// Whether nothing was measured.
    pub fn is_empty(&self) -> bool {
        self.bounds.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            writeln!(out, "{}\n", part.trim_end())?;
        }
        if self.bounds.is_empty() {
            return Ok(());
        }
        let verdict = |holds| if holds { "holds" } else { "**missed**" };
        let rows: Vec<_> = self
            .bounds
            .iter()
            .map(|bound| [bound.what.clone(), bound.found.clone(), verdict(bound.holds).to_owned()])
            .collect();
        writeln!(out, "{}", markdown(["bound", "found", "verdict"], &rows))
    }
}

/// Formats a table with aligned columns. The first column is text, the others are numbers.
fn markdown<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let cells = |at: usize| {
        std::iter::once(head[at].chars().count()).chain(rows.iter().map(move |row| row[at].chars().count()))
    };
    let widths: Vec<usize> = (0..N).map(|at| cells(at).max().unwrap_or(0).max(3)).collect();
    let line = |row: [&str; N]| {
        let pad = |(at, cell): (usize, &str)| {
            let width = widths[at];
            if at == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        };
        format!("| {} |\n", row.into_iter().enumerate().map(pad).collect::<Vec<_>>().join(" | "))
    };
    let rule = widths.iter().enumerate().map(|(at, width)| {
        let dashes = "-".repeat(width - 1);
        if at == 0 { format!("{dashes}-") } else { format!("{dashes}:") }
    });
    let rule = format!("| {} |\n", rule.collect::<Vec<_>>().join(" | "));
    let rows = rows.iter().map(|row| line(std::array::from_fn(|at| &*row[at])));
    [line(head), rule].into_iter().chain(rows).collect()
}

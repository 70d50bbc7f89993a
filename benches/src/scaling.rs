//! Measures how time and memory of the generator grow with its spec.

use crate::kinds::KINDS;
use crate::measure::{self, Cost, megabytes};
use crate::report::Report;
use crate::synthetic::{self, GROUP};
use anyhow::{Context, Result};
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use wpu_gen::source::Sources;

const SIZES: [usize; 4] = [16, 160, 1_600, 16_000];

/// The factor that ten times the upcalls may cost per upcall, which allows for larger caches.
const SLACK: f64 = 1.25;

pub fn run() -> Result<Report> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let costs = measure::in_turn(&SIZES, |size| {
        let groups = (size / GROUP).to_string();
        measure::once(Command::new(&program).args(["child", "scale", &groups]))
    })?;
    let mut report = Report::new();
    let rows = SIZES.iter().zip(&costs).map(|(size, cost)| {
        [thousands(*size), millis(cost), micros(cost, *size), megabytes(cost.peak), kilobytes(cost, *size)]
    });
    report.table(["upcalls", "CPU ms", "CPU µs per upcall", "peak MB", "peak kB per upcall"], rows);
    let [.., (few, small), (many, large)] = &*SIZES.iter().zip(&costs).collect::<Vec<_>>() else {
        unreachable!("there are four sizes")
    };
    let per = |cost: f64, size: usize| cost / size as f64;
    let time = per(large.user.as_secs_f64(), **many) / per(small.user.as_secs_f64(), **few);
    let memory = per(large.peak as f64, **many) / per(small.peak as f64, **few);
    for (what, grown) in [("time", time), ("memory", memory)] {
        let bound = format!(
            "{what} per upcall at {}: at most {SLACK} × that at {}",
            thousands(**many),
            thousands(**few)
        );
        report.bound(bound, format!("{grown:.2} ×"), grown <= SLACK);
    }
    kinds(&program, &mut report)?;
    Ok(report)
}

/// The smaller number of items of a kind. Twice as many must not take much more than twice the time.
const FEW: usize = 10_000;

/// The factor that twice the items may cost. A linear search for each item would take four times as long.
const TWICE: f64 = 2.5;

/// Measures each kind of item.
fn kinds(program: &Path, report: &mut Report) -> Result<()> {
    let mut rows = Vec::new();
    let mut worst = (0.0, "");
    for kind in KINDS {
        let cost = |count: usize| {
            let count = count.to_string();
            measure::once(Command::new(program).args(["child", "kind", kind.name, &count]))
        };
        let (few, many) = (cost(FEW)?, cost(2 * FEW)?);
        let grown = measure::ratio(many.user, few.user);
        if grown > worst.0 {
            worst = (grown, kind.name);
        }
        rows.push([
            kind.name.to_owned(),
            millis(&few),
            millis(&many),
            format!("{grown:.2} ×"),
            megabytes(many.peak),
        ]);
    }
    let (few, many) = (thousands(FEW), thousands(2 * FEW));
    let (at_few, at_many) = (format!("CPU ms at {few}"), format!("CPU ms at {many}"));
    report.table(["kind of item", &at_few, &at_many, "growth", "peak MB"], rows);
    let found = format!("{:.2} × ({})", worst.0, worst.1);
    report.bound(
        format!("each kind: {many} items take at most {TWICE} × the time of {few}"),
        found,
        worst.0 <= TWICE,
    );
    Ok(())
}

/// Compiles and emits one synthetic spec with many items of a kind.
pub fn child_of_kind(name: &str, count: usize) -> Result<()> {
    let kind = KINDS.iter().find(|kind| kind.name == name).context("cannot find this kind of item")?;
    emit(kind.spec(count));
    Ok(())
}

/// Compiles and emits one synthetic spec.
pub fn child(groups: usize) {
    emit(synthetic::spec(groups));
}

fn emit(sources: Sources) {
    match wpu_gen::compile(sources) {
        Ok(spec) => drop(black_box(spec.emit())),
        Err(faults) => {
            eprint!("{faults}");
            std::process::exit(1);
        }
    }
}

fn millis(cost: &Cost) -> String {
    format!("{:.0}", cost.user.as_secs_f64() * 1e3)
}

fn micros(cost: &Cost, size: usize) -> String {
    format!("{:.0}", cost.user.as_secs_f64() * 1e6 / size as f64)
}

fn kilobytes(cost: &Cost, size: usize) -> String {
    format!("{:.0}", cost.peak as f64 / 1e3 / size as f64)
}

fn thousands(number: usize) -> String {
    if number < 1000 { number.to_string() } else { format!("{},{:03}", number / 1000, number % 1000) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_is_a_spec_without_mistakes() {
        let kinds = KINDS.iter().map(|kind| (kind.name, kind.spec(3)));
        for (name, sources) in kinds.chain([("upcalls", synthetic::spec(2))]) {
            if let Err(faults) = wpu_gen::compile(sources) {
                panic!("{name}:\n{faults}");
            }
        }
    }
}

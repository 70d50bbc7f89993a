//! How the generator grows with its spec.

use crate::measure::{self, Cost, megabytes};
use crate::report::Report;
use crate::synthetic::{self, GROUP};
use anyhow::{Context, Result};
use std::hint::black_box;
use std::process::Command;

const SIZES: [usize; 4] = [16, 160, 1_600, 16_000];

/// What ten times the upcalls may cost, per upcall: room for caches that no longer hold everything.
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
    Ok(report)
}

/// Compiles and emits one made-up spec.
pub fn child(groups: usize) {
    match wpu_gen::compile(synthetic::spec(groups)) {
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

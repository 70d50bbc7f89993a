//! Runs a command and measures its cost.

use anyhow::{Context, Result, bail};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wait4::Wait4;

/// The number of measurements, of which the median counts.
pub const RUNS: usize = 3;

/// The cost of a command and of the processes for which it waited.
#[derive(Clone, Copy)]
pub struct Cost {
    pub wall: Duration,
    pub user: Duration,
    /// The time in the system: reading, writing and getting memory.
    pub system: Duration,
    /// The memory of the largest process, in bytes.
    pub peak: u64,
}

impl Cost {
    /// All of the processor's time.
    pub fn cpu(&self) -> Duration {
        self.user + self.system
    }
}

/// Runs a command once. Its output is shown only if it fails.
pub fn once(command: &mut Command) -> Result<Cost> {
    let shown = format!("{command:?}");
    let heard = tempfile::tempfile()?;
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(heard.try_clone()?);
    let start = Instant::now();
    let used = command.spawn().with_context(|| format!("cannot run {shown}"))?.wait4()?;
    let wall = start.elapsed();
    if !used.status.success() {
        bail!("{shown} failed: {}", last_words(heard)?);
    }
    let usage = used.rusage;
    Ok(Cost { wall, user: usage.utime, system: usage.stime, peak: usage.maxrss })
}

/// The end of the standard error output of a command.
fn last_words(mut heard: std::fs::File) -> Result<String> {
    use std::io::{Read, Seek};
    let mut bytes = Vec::new();
    heard.rewind()?;
    heard.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    Ok(lines[lines.len().saturating_sub(12)..].join("\n"))
}

/// The median of several runs, separately for each figure.
pub fn median(costs: &[Cost]) -> Cost {
    Cost {
        wall: middle(costs.iter().map(|cost| cost.wall)),
        user: middle(costs.iter().map(|cost| cost.user)),
        system: middle(costs.iter().map(|cost| cost.system)),
        peak: middle(costs.iter().map(|cost| cost.peak)),
    }
}

/// Measures each subject [`RUNS`] times, in turn, so that other load on the machine affects all equally.
pub fn in_turn<S>(subjects: &[S], mut run: impl FnMut(&S) -> Result<Cost>) -> Result<Vec<Cost>> {
    let mut costs = vec![Vec::new(); subjects.len()];
    for _ in 0..RUNS {
        for (subject, costs) in subjects.iter().zip(&mut costs) {
            costs.push(run(subject)?);
        }
    }
    Ok(costs.iter().map(|costs| median(costs)).collect())
}

fn middle<T: Ord + Copy>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values[values.len() / 2]
}

pub fn seconds(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64())
}

pub fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}

pub fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

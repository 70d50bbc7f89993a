//! The search for a similar name.

use alloc::vec;
use alloc::vec::Vec;

/// The candidate that `found` probably means. Never `found` itself.
///
/// Only letters and digits count, in either case, and not the prefix that all candidates share: it may be missing.
/// The candidate with the fewest typing errors wins, and the first among equals.
#[must_use]
pub fn similar(found: &str, candidates: &[&'static str]) -> Option<&'static str> {
    if candidates.contains(&found) {
        return None;
    }
    let names: Vec<Vec<char>> = candidates.iter().map(|name| letters(name)).collect();
    let mut shared = 0;
    while names.len() > 1 && names.iter().all(|name| name.len() > shared && name[shared] == names[0][shared])
    {
        shared += 1;
    }
    let found = letters(found);
    let stem = if names.first().is_some_and(|name| found.starts_with(&name[..shared])) { shared } else { 0 };
    let (mut fewest, mut best) = (usize::MAX, None);
    for (candidate, name) in candidates.iter().zip(&names) {
        let count = match distance(&found[stem..], &name[shared..]) {
            // A few additional letters in front count as one error.
            None if found.ends_with(name) && (1..=3).contains(&(found.len() - name.len())) => 1,
            None => continue,
            Some(count) => count,
        };
        if count < fewest {
            (fewest, best) = (count, Some(*candidate));
        }
    }
    best
}

fn letters(name: &str) -> Vec<char> {
    name.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect()
}

/// How many letters must be added, removed, replaced or swapped with their neighbour to make one of the other; `None`
/// if more than a quarter.
fn distance(from: &[char], to: &[char]) -> Option<usize> {
    let mut rows: Vec<Vec<usize>> = vec![(0..=to.len()).collect()];
    for row in 1..=from.len() {
        let mut counts = vec![row];
        for column in 1..=to.len() {
            let replaced = rows[row - 1][column - 1] + usize::from(from[row - 1] != to[column - 1]);
            let mut fewest = replaced.min(rows[row - 1][column] + 1).min(counts[column - 1] + 1);
            let swapped = |row: usize, column: usize| {
                from[row - 1] == to[column - 2] && from[row - 2] == to[column - 1]
            };
            if row > 1 && column > 1 && swapped(row, column) {
                fewest = fewest.min(rows[row - 2][column - 2] + 1);
            }
            counts.push(fewest);
        }
        rows.push(counts);
    }
    let count = rows[from.len()][to.len()];
    (count <= from.len().max(to.len()) / 4).then_some(count)
}

//! The search for a name, and for a similar one.

use alloc::vec::Vec;

/// The candidate that `found` probably means. Never `found` itself.
///
/// Only letters and digits count, in either case, and not the prefix that all candidates share: it may be missing.
/// The candidate with the fewest typing errors wins, and the first among equals.
#[must_use]
pub fn similar(found: &str, candidates: &[&'static str]) -> Option<&'static str> {
    if position(candidates, found).is_some() {
        return None;
    }
    let [first, rest @ ..] = candidates else { return None };
    let first = letters(first);
    let mut shared = if rest.is_empty() { 0 } else { first.len() };
    for name in rest {
        shared = begin_alike(&first[..shared], &letters(name));
    }
    let found = letters(found);
    let stem = if begin_alike(&first[..shared], &found) == shared { shared } else { 0 };
    let (mut fewest, mut best) = (usize::MAX, None);
    for candidate in candidates {
        let name = letters(candidate);
        let more = found.len().saturating_sub(name.len());
        let count = match distance(&found[stem..], &name[shared..]) {
            // A few additional letters in front count as one error.
            None if more > 0 && more <= 3 && found[more..] == name => 1,
            None => continue,
            Some(count) => count,
        };
        if count < fewest {
            (fewest, best) = (count, Some(*candidate));
        }
    }
    best
}

/// Where a word is among words.
#[must_use]
pub fn position(words: &[&str], word: &str) -> Option<usize> {
    words.iter().position(|known| *known == word)
}

fn letters(name: &str) -> Vec<char> {
    let mut letters = Vec::new();
    for letter in name.to_lowercase().chars() {
        if letter.is_alphanumeric() {
            letters.push(letter);
        }
    }
    letters
}

/// How many letters two names have in common, from the first on.
fn begin_alike(one: &[char], other: &[char]) -> usize {
    let mut count = 0;
    while count < one.len().min(other.len()) && one[count] == other[count] {
        count += 1;
    }
    count
}

/// How many letters must be added, removed, replaced or swapped with their neighbour to make one of the other; `None`
/// if more than a quarter.
fn distance(from: &[char], to: &[char]) -> Option<usize> {
    // A table with a row for each letter of `from`, and one before it.
    let width = to.len() + 1;
    let mut table: Vec<usize> = Vec::new();
    for cell in 0..width * (from.len() + 1) {
        let (row, column) = (cell / width, cell % width);
        table.push(if row == 0 || column == 0 {
            row + column
        } else {
            let replaced = table[cell - width - 1] + usize::from(from[row - 1] != to[column - 1]);
            let fewest = replaced.min(table[cell - width] + 1).min(table[cell - 1] + 1);
            let two = row > 1 && column > 1;
            if two && from[row - 1] == to[column - 2] && from[row - 2] == to[column - 1] {
                fewest.min(table[cell - 2 * width - 2] + 1)
            } else {
                fewest
            }
        });
    }
    let count = table[table.len() - 1];
    (count <= from.len().max(to.len()) / 4).then_some(count)
}

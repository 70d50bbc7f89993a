//! The search for a similar name. A name comes in, the one that was probably meant goes out, if any.

/// The candidate that `found` was probably meant to be. Never `found` itself.
///
/// Only letters and digits count, in either case, and not the prefix that all candidates share: it may be missing.
/// The candidate with the fewest slips of the finger wins, and the first among equals.
pub(crate) fn similar(found: &str, candidates: &[&'static str]) -> Option<&'static str> {
    if candidates.contains(&found) {
        return None;
    }
    let mut names: Vec<Vec<char>> = Vec::new();
    for candidate in candidates {
        names.push(letters(candidate));
    }
    let shared = if names.len() < 2 { 0 } else { shared_prefix(&names) };
    let found = letters(found);
    let stem = if shared > 0 && found.starts_with(&names[0][..shared]) { &found[shared..] } else { &found };
    let mut best = None;
    for (candidate, name) in candidates.iter().zip(&names) {
        let slips = slips(stem, &name[shared..]).or_else(|| extra_prefix(&found, name));
        let Some(slips) = slips else { continue };
        if best.is_none_or(|(fewest, _)| slips < fewest) {
            best = Some((slips, *candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

fn letters(name: &str) -> Vec<char> {
    let mut letters: Vec<char> = name.to_lowercase().chars().collect();
    letters.retain(|letter| letter.is_alphanumeric());
    letters
}

/// How many letters all names begin with.
fn shared_prefix(names: &[Vec<char>]) -> usize {
    let mut shared = 0;
    while names.iter().all(|name| name.get(shared).is_some_and(|letter| *letter == names[0][shared])) {
        shared += 1;
    }
    shared
}

/// A few letters too many in front count as one slip.
fn extra_prefix(found: &[char], name: &[char]) -> Option<usize> {
    const MOST: usize = 3;
    let is_suffix = !name.is_empty() && found.ends_with(name);
    (is_suffix && found.len() - name.len() <= MOST).then_some(1)
}

/// How many letters must be added, dropped, replaced or swapped with their neighbour to make one of the other; `None`
/// if these are more than a quarter.
fn slips(from: &[char], to: &[char]) -> Option<usize> {
    let mut rows: Vec<Vec<usize>> = vec![(0..=to.len()).collect()];
    for (row, letter) in from.iter().enumerate() {
        let last = &rows[row];
        let mut this = vec![row + 1];
        for (column, other) in to.iter().enumerate() {
            let replaced = last[column] + usize::from(letter != other);
            let mut fewest = replaced.min(last[column + 1] + 1).min(this[column] + 1);
            if row > 0 && column > 0 && *letter == to[column - 1] && from[row - 1] == *other {
                fewest = fewest.min(rows[row - 1][column - 1] + 1);
            }
            this.push(fewest);
        }
        rows.push(this);
    }
    let slips = rows[from.len()][to.len()];
    (slips <= from.len().max(to.len()) / 4).then_some(slips)
}

//! The search for a similar name. A name comes in, the one that was probably meant goes out, if any.

/// The candidate that `found` was probably meant to be. Never `found` itself.
///
/// Looks for the same letters first (case, `_` and `-` aside), then for a missing or extra prefix,
/// then for a few slips of the finger. The first candidate wins among equals.
pub(crate) fn similar<'a>(found: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let prefix = letters(common_prefix(candidates));
    let mut names = Vec::new();
    for name in candidates {
        if *name == found {
            return None;
        }
        names.push((*name, letters(name)));
    }
    let found = letters(found);
    same_letters(&found, &names)
        .or_else(|| other_prefix(&found, &names, &prefix))
        .or_else(|| few_slips(&found, &names, &prefix))
}

/// The most letters that may stand too many before a name.
const EXTRA: usize = 3;

fn letters(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// What all names begin with, where that says nothing about which one was meant.
fn common_prefix<'a>(names: &[&'a str]) -> &'a str {
    let Some((first, others)) = names.split_first().filter(|(_, others)| !others.is_empty()) else {
        return "";
    };
    let shared = |other: &&str| first.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let length = others.iter().map(shared).min().unwrap_or(0);
    first.char_indices().nth(length).map_or(*first, |(end, _)| &first[..end])
}

fn same_letters<'a>(found: &str, names: &[(&'a str, String)]) -> Option<&'a str> {
    names.iter().find(|(_, name)| !found.is_empty() && name == found).map(|(name, _)| *name)
}

fn other_prefix<'a>(found: &str, names: &[(&'a str, String)], prefix: &str) -> Option<&'a str> {
    let missing = |name: &str| !prefix.is_empty() && name.strip_prefix(prefix) == Some(found);
    let extra =
        |name: &str| found.strip_suffix(name).is_some_and(|before| !name.is_empty() && before.len() <= EXTRA);
    let matches = |name: &str| !found.is_empty() && (missing(name) || extra(name));
    names.iter().find(|(_, name)| matches(name)).map(|(name, _)| *name)
}

/// Compares what stands behind the common prefix, so that it does not make all names alike.
fn few_slips<'a>(found: &str, names: &[(&'a str, String)], prefix: &str) -> Option<&'a str> {
    let stem = |name: &str| -> Vec<char> { name.strip_prefix(prefix).unwrap_or(name).chars().collect() };
    let found = stem(found);
    names
        .iter()
        .filter_map(|(name, letters)| {
            let stem = stem(letters);
            let limit = stem.len().max(found.len()) / 4;
            distance(&found, &stem, limit).map(|slips| (slips, *name))
        })
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, name)| name)
}

/// How many letters must be added, dropped, replaced or swapped with their neighbour to make one
/// of the other; `None` beyond `limit`.
fn distance(from: &[char], to: &[char], limit: usize) -> Option<usize> {
    if from.len().abs_diff(to.len()) > limit {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, letter) in from.iter().enumerate() {
        let mut this = vec![row + 1];
        for (column, other) in to.iter().enumerate() {
            let replaced = last[column] + usize::from(letter != other);
            let mut slips = replaced.min(last[column + 1] + 1).min(this[column] + 1);
            if row > 0 && column > 0 && *letter == to[column - 1] && from[row - 1] == *other {
                slips = slips.min(before[column - 1] + 1);
            }
            this.push(slips);
        }
        before = std::mem::replace(&mut last, this);
    }
    last.last().copied().filter(|slips| *slips <= limit)
}

//! Files that import each other in a ring.

use super::imports::Import;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

/// Files that reach each other through imports, and these imports.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ring {
    pub files: BTreeSet<PathBuf>,
    pub imports: BTreeSet<Import>,
}

pub fn rings(imports: &BTreeSet<Import>) -> Vec<Ring> {
    let mut next: BTreeMap<&Path, Vec<&Path>> = BTreeMap::new();
    for Import { from, to, .. } in imports {
        next.entry(from).or_default().push(to);
    }
    let reached: BTreeMap<&Path, BTreeSet<&Path>> =
        next.keys().map(|file| (*file, reached(file, &next))).collect();
    let mut rings = Vec::new();
    let mut done: BTreeSet<&Path> = BTreeSet::new();
    for (file, files) in &reached {
        if !files.contains(file) || done.contains(file) {
            continue;
        }
        let back = |other: &&&Path| reached.get(*other).is_some_and(|files| files.contains(file));
        let files: BTreeSet<_> = files.iter().filter(back).copied().collect();
        done.extend(&files);
        let inside = |import: &&Import| files.contains(&*import.from) && files.contains(&*import.to);
        rings.push(Ring {
            imports: imports.iter().filter(inside).cloned().collect(),
            files: files.into_iter().map(Path::to_owned).collect(),
        });
    }
    rings
}

/// All files that a file imports, directly or indirectly.
fn reached<'a>(file: &'a Path, next: &BTreeMap<&'a Path, Vec<&'a Path>>) -> BTreeSet<&'a Path> {
    let mut reached = BTreeSet::new();
    let mut left = vec![file];
    while let Some(file) = left.pop() {
        left.extend(next.get(file).into_iter().flatten().filter(|next| reached.insert(**next)));
    }
    reached
}

impl Display for Ring {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let mut items: BTreeMap<_, Vec<&str>> = BTreeMap::new();
        for Import { from, to, item } in &self.imports {
            items.entry((from, to)).or_default().push(item);
        }
        writeln!(out, "{} files import each other:", self.files.len())?;
        for ((from, to), items) in items {
            writeln!(out, "  {} -> {}: {}", from.display(), to.display(), items.join(", "))?;
        }
        Ok(())
    }
}

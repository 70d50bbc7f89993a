//! Finds the files of a crate that import items of other files.

use super::modules::{Crate, Name};
use super::paths::Path;
use std::collections::BTreeSet;
use std::path::{self, PathBuf};

/// An item that one file defines and another names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Import {
    pub from: PathBuf,
    pub to: PathBuf,
    pub item: String,
}

enum Found {
    Module(usize),
    /// The file that defines it, and its name there.
    Item(PathBuf, String),
    /// An item of another crate.
    Foreign,
}

/// Names that are being looked up, each with its module, since they may import each other.
type Seen = BTreeSet<(usize, String)>;

impl Crate {
    /// All imports between its files.
    pub fn imports(&self) -> BTreeSet<Import> {
        let mut imports = BTreeSet::new();
        for (index, module) in self.modules.iter().enumerate() {
            for path in &module.paths {
                for found in self.resolve(index, path, &mut BTreeSet::new()) {
                    if let Found::Item(to, item) = found
                        && to != module.file
                    {
                        imports.insert(Import { from: module.file.clone(), to, item });
                    }
                }
            }
        }
        imports
    }

    /// All its files.
    pub fn files(&self) -> impl Iterator<Item = &path::Path> {
        self.modules.iter().map(|module| module.file.as_path())
    }

    /// The targets of a path in a module; several, if they share a name.
    fn resolve(&self, module: usize, path: &Path, seen: &mut Seen) -> Vec<Found> {
        let Some((first, rest)) = path.split_first() else { return vec![Found::Module(module)] };
        let mut found = match first.as_str() {
            "crate" => vec![Found::Module(0)],
            "self" => vec![Found::Module(module)],
            "super" => self.modules[module].parent.into_iter().map(Found::Module).collect(),
            name => self.lookup(module, name, seen),
        };
        if found.is_empty() && self.own_names.contains(first) {
            found.push(Found::Module(0));
        }
        if found.is_empty()
            && rest.is_empty()
            && let Some(files) = self.macros.get(first)
        {
            found.extend(files.iter().map(|file| Found::Item(file.clone(), first.clone())));
        }
        for name in rest {
            found = found.into_iter().flat_map(|found| self.inside(found, name, seen)).collect();
        }
        found
    }

    /// The targets of a name inside a target.
    fn inside(&self, found: Found, name: &str, seen: &mut Seen) -> Vec<Found> {
        let Found::Module(module) = found else { return vec![found] };
        if name == "super" {
            return self.modules[module].parent.into_iter().map(Found::Module).collect();
        }
        let mut inside = self.lookup(module, name, seen);
        if inside.is_empty() {
            // Either another crate defines it, or a macro of this module.
            inside.push(if self.has_foreign_glob(module, seen) {
                Found::Foreign
            } else {
                Found::Item(self.modules[module].file.clone(), name.to_owned())
            });
        }
        inside
    }

    fn lookup(&self, module: usize, name: &str, seen: &mut Seen) -> Vec<Found> {
        if !seen.insert((module, name.to_owned())) {
            return Vec::new();
        }
        let at = &self.modules[module];
        let mut found = Vec::new();
        for stands_for in at.names.get(name).into_iter().flatten() {
            match stands_for {
                Name::Module(index) => found.push(Found::Module(*index)),
                Name::Item(file) => found.push(Found::Item(file.clone(), name.to_owned())),
                Name::Import(path) => {
                    let all = self.resolve(module, path, seen);
                    found.extend(if all.is_empty() { vec![Found::Foreign] } else { all });
                }
            }
        }
        if found.is_empty() {
            for glob in &at.globs {
                for outer in self.resolve(module, glob, &mut seen.clone()) {
                    if let Found::Module(outer) = outer {
                        found.extend(self.lookup(outer, name, seen));
                    }
                }
            }
        }
        seen.remove(&(module, name.to_owned()));
        found
    }

    /// Whether a module has a glob import of another crate.
    fn has_foreign_glob(&self, module: usize, seen: &Seen) -> bool {
        let globs = &self.modules[module].globs;
        globs.iter().any(|glob| {
            let found = self.resolve(module, glob, &mut seen.clone());
            found.is_empty() || found.iter().any(|found| matches!(found, Found::Foreign))
        })
    }
}

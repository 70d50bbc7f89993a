//! Files in memory, and how they compare with a folder.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Output files: path (with `/`) to text (with `\n`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<String, String>);

/// A difference between [`Files`] and a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stale {
    /// The folder lacks this file.
    Missing(String),
    /// The folder has this file, and nothing produces it.
    Extra(String),
    /// This file differs, for the first time in this line (counted from 1).
    Differs {
        /// The file.
        path: String,
        /// The line.
        line: usize,
        /// What stands there.
        found: String,
        /// What should stand there.
        expected: String,
    },
    /// This file has other line ends, and no other difference.
    LineEnds(String),
}

impl Files {
    pub(crate) fn add(&mut self, path: &str, text: String) {
        self.0.insert(path.to_owned(), text);
    }

    /// Each path and its text, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (&**path, &**text))
    }

    /// Compares with a folder.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read.
    pub fn diff(&self, folder: &Path) -> io::Result<Vec<Stale>> {
        let mut stale = Vec::new();
        for (path, text) in self.iter() {
            match fs::read(folder.join(path)) {
                Ok(found) => stale.extend(compare(path, &found, text)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    stale.push(Stale::Missing(path.to_owned()));
                }
                Err(error) => return Err(error),
            }
        }
        stale.extend(self.extra(folder)?.into_iter().map(Stale::Extra));
        Ok(stale)
    }

    /// Makes a folder hold these files and no others. What is equal is left alone.
    ///
    /// # Errors
    ///
    /// When a file cannot be written or removed.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        for (path, text) in self.iter() {
            let path = folder.join(path);
            if fs::read(&path).is_ok_and(|found| found == text.as_bytes()) {
                continue;
            }
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            replace(&path, text)?;
        }
        for extra in self.extra(folder)? {
            fs::remove_file(folder.join(extra))?;
        }
        Ok(())
    }

    /// Files of the folder that are not among these.
    fn extra(&self, folder: &Path) -> io::Result<Vec<String>> {
        let mut paths = Vec::new();
        if folder.exists() {
            walk(folder, folder, &mut paths)?;
        }
        paths.retain(|path| !self.0.contains_key(path));
        paths.sort();
        Ok(paths)
    }
}

/// Writes beside the file and renames, so that no reader ever sees half of it.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    fs::write(&beside, text)?;
    fs::rename(&beside, path)
}

fn walk(root: &Path, folder: &Path, paths: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(root, &path, paths)?;
        } else if let Ok(inside) = path.strip_prefix(root) {
            paths.push(inside.display().to_string().replace('\\', "/"));
        }
    }
    Ok(())
}

fn compare(path: &str, found: &[u8], expected: &str) -> Option<Stale> {
    if found == expected.as_bytes() {
        return None;
    }
    let found = String::from_utf8_lossy(found);
    if found.replace("\r\n", "\n") == expected {
        return Some(Stale::LineEnds(path.to_owned()));
    }
    let mut found = found.lines().map(str::to_owned);
    let mut expected = expected.lines().map(str::to_owned);
    let mut line = 1;
    loop {
        match (found.next(), expected.next()) {
            (Some(a), Some(b)) if a == b => line += 1,
            (found, expected) => {
                let end = || "(the file ends)".to_owned();
                let (found, expected) = (found.unwrap_or_else(end), expected.unwrap_or_else(end));
                return Some(Stale::Differs { path: path.to_owned(), line, found, expected });
            }
        }
    }
}

impl fmt::Display for Stale {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(out, "{path}: missing"),
            Self::Extra(path) => write!(out, "{path}: no longer produced"),
            Self::LineEnds(path) => {
                write!(out, "{path}: differs in line ends alone; `.gitattributes` must give it `eol=lf`")
            }
            Self::Differs { path, line, found, expected } => {
                write!(out, "{path}:{line}: differs\n  found:    {found}\n  expected: {expected}")
            }
        }
    }
}

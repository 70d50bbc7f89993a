//! Files in memory, and how they compare with a folder.

use crate::folder::{self, Changes, Found, Texts, Trouble};
use std::fmt;
use std::path::Path;

/// Output files: path (with `/`) to text (with `\n`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files(Texts);

/// A difference between [`Files`] and a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stale {
    /// The folder lacks this file.
    Missing(String),
    /// The generator wrote this file into the folder, and nothing produces it any more.
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

    /// Compares with a folder. Files that the generator did not write count only where the output has one of that name.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read, or is one that [`write`](Self::write) refuses.
    pub fn diff(&self, folder: &Path) -> Result<Vec<Stale>, Trouble> {
        let found = Found::in_folder(&self.0, folder)?;
        let differences = self.iter().filter_map(|(path, text)| match found.texts.get(path) {
            Some(found) => compare(path, found, text),
            None => Some(Stale::Missing(path.to_owned())),
        });
        Ok(differences.chain(found.extra.iter().cloned().map(Stale::Extra)).collect())
    }

    /// Makes a folder hold these files, and no others that the generator wrote. What is equal is left alone, and so is
    /// what others put there. Links are not followed.
    ///
    /// # Errors
    ///
    /// When the folder has files, and none that the generator wrote; when a file, a folder or a link of somebody else
    /// is in the way; when the system refuses. Up to the moment at which all new texts are on the disk, nothing has
    /// changed.
    pub fn write(&self, folder: &Path) -> Result<Changes, Trouble> {
        folder::write(&self.0, folder)
    }
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

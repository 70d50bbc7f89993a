//! The texts of a spec: read from a folder, or given in memory.

use crate::diag::{Diagnostic, Diagnostics};
use std::fs;
use std::path::Path;

/// Names one file of [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(usize);

/// A spec file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What diagnostics call it.
    pub path: String,
    /// What stands in it.
    pub text: String,
}

/// The files of a spec, in order of their paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// Takes texts from memory: `(path, text)`.
    pub fn from_texts<P: Into<String>, T: Into<String>>(texts: impl IntoIterator<Item = (P, T)>) -> Self {
        let files = texts.into_iter().map(|(path, text)| Source { path: path.into(), text: text.into() });
        let mut sources = Self(files.collect());
        sources.0.sort_by(|a, b| a.path.cmp(&b.path));
        sources
    }

    /// Reads every `*.toml` of a folder.
    ///
    /// # Errors
    ///
    /// When the folder or a file cannot be read, when a file is not UTF-8, and when there is no file.
    pub fn read(folder: &Path) -> Result<Self, Diagnostics> {
        let shown = shown_path(folder);
        let mut faults = Vec::new();
        let mut texts = Vec::new();
        match fs::read_dir(folder) {
            Err(error) => faults.push(unreadable(&shown, &error)),
            Ok(entries) => {
                for entry in entries {
                    match entry {
                        Err(error) => faults.push(unreadable(&shown, &error)),
                        Ok(entry) if is_toml(&entry.path()) => {
                            read_file(&entry.path(), &mut texts, &mut faults);
                        }
                        Ok(_) => {}
                    }
                }
                if texts.is_empty() && faults.is_empty() {
                    let what = format!("no spec file in `{shown}`");
                    faults.push(
                        Diagnostic::bare("no-files", what).help("a spec is one or more `*.toml` files"),
                    );
                }
            }
        }
        if faults.is_empty() {
            Ok(Self::from_texts(texts))
        } else {
            Err(Diagnostics::new(Self::default(), faults))
        }
    }

    /// The files, in order.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.0.iter().enumerate().map(|(at, source)| (FileId(at), source))
    }

    /// One file.
    #[must_use]
    pub fn get(&self, file: FileId) -> &Source {
        &self.0[file.0]
    }
}

fn read_file(path: &Path, texts: &mut Vec<(String, String)>, faults: &mut Vec<Diagnostic>) {
    let shown = shown_path(path);
    match fs::read(path) {
        Err(error) => faults.push(unreadable(&shown, &error)),
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => texts.push((shown, text)),
            Err(error) => faults.push(not_utf8(&shown, error.utf8_error().valid_up_to())),
        },
    }
}

fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "toml")
}

/// Paths are shown with `/` on every system, so that messages are the same everywhere.
fn shown_path(path: &Path) -> String {
    path.display().to_string().replace('\\', "/")
}

fn unreadable(path: &str, error: &std::io::Error) -> Diagnostic {
    Diagnostic::bare("unreadable", format!("cannot read `{path}`: {error}"))
}

fn not_utf8(path: &str, good: usize) -> Diagnostic {
    Diagnostic::bare("not-utf8", format!("`{path}` is not UTF-8 from byte {good} on"))
        .help("save the file as UTF-8")
}

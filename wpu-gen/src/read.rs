//! Reads the texts of a spec from a folder.

use crate::code::Code;
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::Sources;
use std::fs;
use std::path::Path;

impl Sources {
    /// Reads every `*.toml` of a folder and of the folders in it.
    ///
    /// # Errors
    ///
    /// When a folder or a file cannot be read, when a file is not UTF-8, and when there is no file.
    pub fn read(folder: &Path) -> Result<Self, Diagnostics> {
        let mut faults = Vec::new();
        let mut texts = Vec::new();
        read_folder(folder, &mut texts, &mut faults);
        if texts.is_empty() && faults.is_empty() {
            let what = format!("no spec file in `{}`", shown_path(folder));
            faults.push(Diagnostic::bare(Code::NoFiles, what).help("a spec is one or more `*.toml` files"));
        }
        if faults.is_empty() {
            Ok(Self::from_texts(texts))
        } else {
            Err(Diagnostics::new(Self::default(), faults))
        }
    }
}

/// A link to a folder is not followed: it can lead back to where it is.
fn read_folder(folder: &Path, texts: &mut Vec<(String, String)>, faults: &mut Vec<Diagnostic>) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return faults.push(unreadable(&shown_path(folder), &error)),
    };
    for entry in entries {
        match entry.and_then(|entry| Ok((entry.path(), entry.file_type()?))) {
            Err(error) => faults.push(unreadable(&shown_path(folder), &error)),
            Ok((path, _)) if is_toml(&path) => read_file(&path, texts, faults),
            Ok((path, of)) if of.is_dir() => read_folder(&path, texts, faults),
            Ok(_) => {}
        }
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
    Diagnostic::bare(Code::Unreadable, format!("cannot read `{path}`: {error}"))
}

fn not_utf8(path: &str, good: usize) -> Diagnostic {
    Diagnostic::bare(Code::NotUtf8, format!("`{path}` is not UTF-8 from byte {good} on"))
        .help("save the file as UTF-8")
}

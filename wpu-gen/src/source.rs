//! The texts of a spec: read from a folder, or given in memory.

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

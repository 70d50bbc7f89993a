//! Records of evidence: one line for each id that a passing test names.

use std::fs;
use std::io;
use std::path::Path;

/// The variable that names the folder for records. Without it, tests leave none.
pub const FOLDER: &str = "WPU_EVIDENCE";

/// What a test says of an obligation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// Code that breaks it does not compile.
    Enforced,
    /// A check reports that it is broken, and is silent where it is kept.
    Checked,
    /// Our kits, our layers or our host keep it.
    Tested,
}

impl Claim {
    const WORDS: [(Self, &'static str); 3] =
        [(Self::Enforced, "enforced"), (Self::Checked, "checked"), (Self::Tested, "tested")];

    /// The word for it in records.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(claim, _)| *claim == self).map_or("", |(_, word)| word)
    }

    fn of(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, known)| *known == word).map(|(claim, _)| *claim)
    }
}

/// One id that a test named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    /// The id of an obligation, or `*.` and a rule that implies many.
    pub id: String,
    /// What the test says of it.
    pub claim: Claim,
    /// The file and the name of the test.
    pub test: String,
}

impl Record {
    pub(crate) fn line(&self) -> String {
        format!("{}\t{}\t{}\n", self.claim.word(), self.id, self.test)
    }

    fn of(line: &str) -> Option<Self> {
        let mut parts = line.splitn(3, '\t');
        let (claim, id, test) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { id: id.to_owned(), claim: Claim::of(claim)?, test: test.to_owned() })
    }
}

/// All records in a folder, sorted, each once.
///
/// # Errors
///
/// When the folder or a file of it cannot be read, or a line is no record.
pub fn read(folder: &Path) -> io::Result<Vec<Record>> {
    let mut records = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        for line in fs::read_to_string(&path)?.lines() {
            let record = Record::of(line).ok_or_else(|| {
                let message = format!("`{}` has a line that is no record: {line}", path.display());
                io::Error::new(io::ErrorKind::InvalidData, message)
            })?;
            records.push(record);
        }
    }
    records.sort();
    records.dedup();
    Ok(records)
}

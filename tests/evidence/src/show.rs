//! What a test calls: it names the ids that it shows.

use crate::record::{Claim, FOLDER, Record};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::panic::Location;
use std::path::Path;
use std::sync::Mutex;
use wpu_sys::obligations::{OBLIGATIONS, RETIRED};
use wpu_sys::rt::obligation::Obligation;

/// Records its ids when it is dropped, unless the test fails.
#[derive(Debug)]
#[must_use = "bind it to a name such as `_shows`: it records its ids at the end of the test"]
pub struct Shows(Vec<Record>);

/// The code that breaks these obligations does not compile.
///
/// # Panics
///
/// If an id is unknown.
#[track_caller]
pub fn enforced<'a>(ids: impl IntoIterator<Item = &'a str>) -> Shows {
    shows(Claim::Enforced, ids, Location::caller())
}

/// A check reports that these obligations are broken, and is silent where they are kept. The test sees both.
///
/// # Panics
///
/// If an id is unknown.
#[track_caller]
pub fn checked<'a>(ids: impl IntoIterator<Item = &'a str>) -> Shows {
    shows(Claim::Checked, ids, Location::caller())
}

/// Our kits, our layers or our host keep these obligations.
///
/// # Panics
///
/// If an id is unknown.
#[track_caller]
pub fn tested<'a>(ids: impl IntoIterator<Item = &'a str>) -> Shows {
    shows(Claim::Tested, ids, Location::caller())
}

fn shows<'a>(claim: Claim, ids: impl IntoIterator<Item = &'a str>, at: &Location<'_>) -> Shows {
    let thread = std::thread::current();
    let test = format!("{}: {}", at.file().replace('\\', "/"), thread.name().unwrap_or("main"));
    let records = ids.into_iter().map(|id| {
        if let Err(why) = known(id, OBLIGATIONS, RETIRED) {
            panic!("{why}");
        }
        Record { id: id.to_owned(), claim, test: test.clone() }
    });
    Shows(records.collect())
}

/// Whether an obligation has this id; if not, why not.
pub(crate) fn known(id: &str, obligations: &[Obligation], retired: &[&str]) -> Result<(), String> {
    let is_known = match id.strip_prefix("*.") {
        Some(rule) => obligations.iter().any(|obligation| obligation.rule == Some(rule)),
        None => obligations.iter().any(|obligation| obligation.id == id),
    };
    if is_known {
        Ok(())
    } else if retired.contains(&id) {
        Err(format!("the obligation `{id}` is retired: the spec says which one has its place"))
    } else {
        Err(format!("cannot find an obligation `{id}`; `docs/obligations.md` has all ids"))
    }
}

/// A line must not be broken by that of another test of this process.
static WRITING: Mutex<()> = Mutex::new(());

impl Drop for Shows {
    fn drop(&mut self) {
        let Some(folder) = std::env::var_os(FOLDER).filter(|_| !std::thread::panicking()) else { return };
        let _writing = WRITING.lock();
        let path = Path::new(&folder).join(format!("{}.tsv", std::process::id()));
        let lines: String = self.0.iter().map(Record::line).collect();
        let written = OpenOptions::new().create(true).append(true).open(&path);
        let written = written.and_then(|mut file| file.write_all(lines.as_bytes()));
        written.unwrap_or_else(|error| panic!("cannot write evidence to `{}`: {error}", path.display()));
    }
}

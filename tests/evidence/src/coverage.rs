//! The status of each obligation, from the records of the tests that ran.

use crate::record::{Claim, Record};
use crate::show::known;
use std::collections::BTreeMap;
use std::fmt;
use wpu_sys::rt::obligation::Obligation;

/// What is known of an obligation: exactly one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Code that breaks it does not compile.
    Enforced,
    /// A check reports that it is broken.
    Checked,
    /// Our kits, our layers or our host keep it, and a test shows that.
    Tested,
    /// Nothing could see that it is broken; the spec says why.
    NotCheckable,
    /// Nobody has shown it.
    Open,
}

impl Status {
    /// Every status, in the order of the page.
    pub const ALL: [Self; 5] = [Self::Enforced, Self::Checked, Self::Tested, Self::NotCheckable, Self::Open];

    /// What the page calls it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Enforced => "enforced by the compiler",
            Self::Checked => "checked at run time",
            Self::Tested => "tested",
            Self::NotCheckable => "not checkable",
            Self::Open => "open",
        }
    }
}

impl From<Claim> for Status {
    fn from(claim: Claim) -> Self {
        match claim {
            Claim::Enforced => Self::Enforced,
            Claim::Checked => Self::Checked,
            Claim::Tested => Self::Tested,
        }
    }
}

/// Evidence that cannot be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mistake {
    /// A record names an id that no obligation has.
    Unknown {
        /// The record.
        record: Record,
        /// What is wrong with the id.
        why: String,
    },
    /// Two tests claim different statuses for one obligation.
    Twice(Record, Record),
    /// A test shows what the spec calls not checkable.
    Shown(Record),
}

impl fmt::Display for Mistake {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { record, why } => write!(out, "{}: {why}", record.test),
            Self::Twice(one, other) => write!(
                out,
                "`{}` is {} by `{}` and {} by `{}`: an obligation has one status; let one of the tests not name it",
                one.id,
                one.claim.word(),
                one.test,
                other.claim.word(),
                other.test
            ),
            Self::Shown(record) => write!(
                out,
                "`{}` is {} by `{}`, and the spec says that it is not checkable: remove `not-checkable`",
                record.id,
                record.claim.word(),
                record.test
            ),
        }
    }
}

/// All obligations with their statuses.
#[derive(Debug)]
pub struct Coverage<'o> {
    /// In the order of the bindings, with the tests that show it.
    pub rows: Vec<Row<'o>>,
}

/// An obligation with its status.
#[derive(Debug)]
pub struct Row<'o> {
    /// The obligation.
    pub obligation: &'o Obligation,
    /// What is known of it.
    pub status: Status,
    /// The tests that show it, sorted.
    pub tests: Vec<String>,
}

impl<'o> Coverage<'o> {
    /// The statuses that follow from these records.
    ///
    /// # Errors
    ///
    /// Each record that cannot be right.
    pub fn new(
        obligations: &'o [Obligation],
        retired: &[&str],
        records: &[Record],
    ) -> Result<Self, Vec<Mistake>> {
        let mut by_id: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
        let mut mistakes = Vec::new();
        for record in records {
            match known(&record.id, obligations, retired) {
                Ok(()) => by_id.entry(&record.id).or_default().push(record),
                Err(why) => mistakes.push(Mistake::Unknown { record: record.clone(), why }),
            }
        }
        let mut rows = Vec::new();
        for obligation in obligations {
            let rule = obligation.rule.map(|rule| format!("*.{rule}")).unwrap_or_default();
            let shown = [obligation.id, &rule].into_iter().filter_map(|id| by_id.get(id)).flatten().copied();
            rows.push(row(obligation, &shown.collect::<Vec<_>>(), &mut mistakes));
        }
        if mistakes.is_empty() { Ok(Self { rows }) } else { Err(mistakes) }
    }

    /// How many obligations of some kind have this status.
    pub fn count(&self, status: Status, of: impl Fn(&Obligation) -> bool) -> usize {
        self.rows.iter().filter(|row| row.status == status && of(row.obligation)).count()
    }
}

fn row<'o>(obligation: &'o Obligation, shown: &[&Record], mistakes: &mut Vec<Mistake>) -> Row<'o> {
    if let (Some(first), Some(_)) = (shown.first(), obligation.not_checkable) {
        mistakes.push(Mistake::Shown((*first).clone()));
    }
    if let Some(first) = shown.first()
        && let Some(other) = shown.iter().find(|record| record.claim != first.claim)
    {
        mistakes.push(Mistake::Twice((*first).clone(), (*other).clone()));
    }
    let status = match (shown.first(), obligation.not_checkable) {
        (Some(first), _) => first.claim.into(),
        (None, Some(_)) => Status::NotCheckable,
        (None, None) => Status::Open,
    };
    Row { obligation, status, tests: shown.iter().map(|record| record.test.clone()).collect() }
}

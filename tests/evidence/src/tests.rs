//! Statuses, and evidence that cannot be right, over obligations made up for it.

use crate::{Claim, Coverage, Record, Status, differences};
use wpu_sys::rt::obligation::{Obligation, ObligationKind};

const MADE_UP: &[Obligation] = &[
    Obligation { id: "Kettle.boils-once", says: "It boils once.", ..Obligation::NONE },
    Obligation {
        id: "Kettle.cup.not-null",
        says: "A cup is there.",
        rule: Some("not-null"),
        ..Obligation::NONE
    },
    Obligation {
        id: "Kettle.pot.not-null",
        says: "A pot is there.",
        rule: Some("not-null"),
        ..Obligation::NONE
    },
    Obligation { id: "Kettle.ECOLD", says: "It is cold.", kind: ObligationKind::Error, ..Obligation::NONE },
    Obligation {
        id: "Kettle.hums",
        says: "It hums.",
        not_checkable: Some("nobody hears it"),
        ..Obligation::NONE
    },
];
const RETIRED: &[&str] = &["Kettle.boils-twice"];

fn record(id: &str, claim: Claim) -> Record {
    Record { id: id.to_owned(), claim, test: format!("kettle.rs: shows_{}", claim.word()) }
}

fn coverage(records: &[Record]) -> Coverage<'static> {
    Coverage::new(MADE_UP, RETIRED, records).expect("the evidence is right")
}

fn mistakes(records: &[Record]) -> Vec<String> {
    let mistakes = Coverage::new(MADE_UP, RETIRED, records).expect_err("the evidence is wrong");
    mistakes.iter().map(ToString::to_string).collect()
}

#[test]
fn the_status_follows_from_the_tests_that_ran() {
    let found = coverage(&[record("Kettle.boils-once", Claim::Tested), record("*.not-null", Claim::Checked)]);
    let statuses: Vec<_> = found.rows.iter().map(|row| row.status).collect();
    let expected = [Status::Tested, Status::Checked, Status::Checked, Status::Open, Status::NotCheckable];
    assert_eq!(statuses, expected);
}

#[test]
fn an_id_that_does_not_exist_is_a_mistake() {
    let found = mistakes(&[record("Kettle.boils-never", Claim::Tested), record("*.not-nul", Claim::Tested)]);
    assert_eq!(
        found,
        [
            "kettle.rs: shows_tested: cannot find an obligation `Kettle.boils-never`; `docs/obligations.md` has all ids",
            "kettle.rs: shows_tested: cannot find an obligation `*.not-nul`; `docs/obligations.md` has all ids",
        ]
    );
    assert_eq!(
        mistakes(&[record("Kettle.boils-twice", Claim::Tested)]),
        [
            "kettle.rs: shows_tested: the obligation `Kettle.boils-twice` is retired: the spec says which one has its place"
        ]
    );
}

#[test]
fn a_status_that_is_claimed_twice_is_a_mistake() {
    let found = mistakes(&[record("Kettle.ECOLD", Claim::Checked), record("Kettle.ECOLD", Claim::Tested)]);
    assert_eq!(
        found,
        [
            "`Kettle.ECOLD` is checked by `kettle.rs: shows_checked` and tested by `kettle.rs: shows_tested`: an obligation has \
         one status; let one of the tests not name it"
        ]
    );
    // A rule and one of its obligations are no exception.
    assert_eq!(
        mistakes(&[record("*.not-null", Claim::Checked), record("Kettle.cup.not-null", Claim::Tested)]).len(),
        1
    );
}

#[test]
fn what_is_not_checkable_cannot_be_shown() {
    assert_eq!(
        mistakes(&[record("Kettle.hums", Claim::Tested)]),
        [
            "`Kettle.hums` is tested by `kettle.rs: shows_tested`, and the spec says that it is not checkable: remove \
         `not-checkable`"
        ]
    );
}

#[test]
fn evidence_that_disappears_makes_the_page_old() {
    let with = coverage(&[record("Kettle.boils-once", Claim::Tested)]).page();
    let without = coverage(&[]).page();
    let found = differences(&with, &without);
    assert!(found.contains("- - `Kettle.boils-once`, tested: `kettle.rs: shows_tested`"), "{found}");
    assert!(found.contains("+ - `Kettle.boils-once`: It boils once."), "{found}");
    assert_eq!(differences(&with, &with), "");
}

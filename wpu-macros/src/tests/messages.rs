//! The style of messages, and where each is explained.

use crate::errors::{Errors, List, Place, Problem};
use expect_test::{Expect, expect};
use wpu_sys::{Class, KITS, Platform, UPCALLS};

fn all() -> Vec<Problem> {
    let (class, platform, upcall) = (Class::ALL[0], Platform::DEFAULT, &UPCALLS[0]);
    let (first, again) = (List::Uses, List::Waives);
    vec![
        Problem::Missing { class, upcalls: UPCALLS.iter().collect() },
        Problem::Missing { class, upcalls: vec![upcall] },
        Problem::NotApplicable { upcall, class, list: List::Uses },
        Problem::Unknown { name: "x".to_owned(), similar: Some(upcall) },
        Problem::Unknown { name: "x".to_owned(), similar: None },
        Problem::Duplicate { upcall, first, again },
        Problem::Duplicate { upcall, first, again: first },
        Problem::Reason { names: vec![upcall.name.to_owned(), "x".to_owned()] },
        Problem::NotRequired { upcall, class, platform },
        Problem::Made { upcall, kit: KITS[0] },
        Problem::Brought { upcall, by: upcall },
        Problem::NoClass,
        Problem::OneOf { words: vec!["red", "blue"], found: "reed".to_owned() },
        Problem::Expected { expected: "`x`".to_owned(), found: "`y`".to_owned(), help: Some("z".to_owned()) },
        Problem::Twice { key: "class" },
        Problem::NoStruct { found: "an enum" },
        Problem::Generic { name: "S".to_owned() },
        Problem::Panic { message: "out of lamps".to_owned() },
    ]
}

#[test]
fn style() {
    for message in all().iter().map(ToString::to_string) {
        let lines: Vec<&str> = message.lines().collect();
        let count = |start: &str| lines.iter().filter(|line| line.starts_with(start)).count();
        let (notes, helps) = (count("= note: "), count("= help: "));
        assert!(notes <= 1 && helps <= 1, "{message}");
        let others =
            lines.iter().skip(1).filter(|line| !line.starts_with("= ") && !line.starts_with("        "));
        assert_eq!(others.count(), 0, "{message}");
        assert!(lines.iter().all(|line| !line.ends_with('.')), "{message}");
        assert!(!lines[0].starts_with(char::is_uppercase), "{message}");
    }
}

/// Each id has a section in the documentation of the attribute.
#[test]
fn every_id_is_explained() {
    let docs = include_str!("../lib.rs");
    for problem in all() {
        let heading = format!("/// ### `{}`", problem.id());
        assert!(docs.contains(&heading), "no section {heading}");
    }
}

fn check(problem: &Problem, expected: &Expect) {
    expected.assert_eq(&problem.to_string());
}

#[test]
fn long_lists_are_cut() {
    let problem = Problem::Missing { class: Class::ALL[0], upcalls: UPCALLS.iter().collect() };
    let first = problem.to_string().lines().next().unwrap_or_default().to_owned();
    let more = UPCALLS.len() - 8;
    assert!(first.ends_with(&format!("`{}` and {more} more", UPCALLS[7].name)), "{first}");
    assert!(!problem.to_string().contains(UPCALLS[8].name));
}

#[test]
fn upcalls_with_one_reason_share_it() {
    let mut upcalls = Vec::new();
    for upcall in [UPCALLS[0], UPCALLS[1], UPCALLS[2]] {
        let reason = if upcalls.len() == 1 { "it rains" } else { "the sun shines" };
        let upcall: &'static wpu_sys::Upcall =
            Box::leak(Box::new(wpu_sys::Upcall { reason, waiver: None, ..upcall }));
        upcalls.push(upcall);
    }
    check(
        &Problem::Missing { class: Class::ALL[1], upcalls },
        &expect![[r#"
        not all upcalls required of a `non_ifs` provider are used or waived, missing: `WPUCloseEvent`, `WPUCloseSocketHandle`, `WPUCreateEvent`
        = note: `WPUCloseEvent`, `WPUCreateEvent`: the sun shines;
                `WPUCloseSocketHandle`: it rains
        = help: name those that it calls in `uses(WPUCloseEvent, WPUCloseSocketHandle, WPUCreateEvent)`,
                and waive the rest: `waives(WPUCloseEvent = "<reason>", WPUCloseSocketHandle = "<reason>", WPUCreateEvent = "<reason>")`"#]],
    );
}

#[test]
fn errors_are_not_forgotten() {
    let forget = std::panic::catch_unwind(|| Errors::default().add(Place::whole(), Problem::NoClass));
    let message = *forget.expect_err("dropping unread errors panics").downcast::<&str>().expect("a text");
    assert!(message.contains("never reported"), "{message}");
}

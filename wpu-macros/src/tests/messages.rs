//! The style of messages, and where each is explained.

use super::spec;
use expect_test::{Expect, expect};
use wpu_rt::facts::{ClassId, Upcall};
use wpu_rt::rules::messages::{self, Problem};

fn all() -> Vec<Problem> {
    let spec = spec();
    let facts = &spec.facts;
    let (class, platform, upcall) = (ClassId::new(0), facts.default_platform, &facts.upcalls[0]);
    let (first, again) = ("uses", "waives");
    vec![
        messages::missing(facts, class, &facts.upcalls.iter().collect::<Vec<&Upcall>>()),
        messages::missing(facts, class, &[upcall]),
        messages::not_applicable(facts, upcall, class, first),
        messages::unknown("x", Some(upcall)),
        messages::unknown("x", None),
        messages::duplicate(upcall, first, again),
        messages::duplicate(upcall, first, first),
        messages::reason(&[(upcall.name, upcall.waiver), ("x", None)]),
        messages::not_required(facts, upcall, class, platform),
        messages::made(upcall, &spec.kits[0]),
        messages::brought(upcall, upcall),
        messages::no_class(facts),
        messages::other_kit(facts, spec.kits, &spec.kits[0], class),
        messages::one_of(&["red", "blue"], "reed"),
        messages::one_of(&["red", "blue"], "\"red\""),
        messages::expected("`x`", "`y`").help("z"),
        messages::twice("class"),
        messages::no_struct("provider", "an enum"),
        messages::generic("provider", "S"),
        messages::no_bindings(),
        messages::panic("provider", "out of lamps"),
    ]
}

#[test]
fn style() {
    for message in all().iter().map(|problem| &problem.text) {
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
    let docs = include_str!("../wpu_provider.md");
    for problem in all() {
        let heading = format!("### `{}`\n", problem.id);
        assert!(docs.contains(&heading), "no section {heading}");
    }
}

fn check(problem: &Problem, expected: &Expect) {
    expected.assert_eq(&problem.text);
}

#[test]
fn long_lists_are_cut() {
    let facts = &spec().facts;
    let problem = messages::missing(facts, ClassId::new(0), &facts.upcalls.iter().collect::<Vec<&Upcall>>());
    let first = problem.text.lines().next().unwrap_or_default().to_owned();
    let more = facts.upcalls.len() - 8;
    assert!(first.ends_with(&format!("`{}` and {more} more", facts.upcalls[7].name)), "{first}");
    assert!(!problem.text.contains(facts.upcalls[8].name));
}

#[test]
fn upcalls_with_one_reason_share_it() {
    let mut upcalls = Vec::new();
    let facts = &spec().facts;
    for upcall in &facts.upcalls[..3] {
        let reason = if upcalls.len() == 1 { "it rains" } else { "the sun shines" };
        upcalls.push(Upcall { reason, waiver: None, ..*upcall });
    }
    check(
        &messages::missing(facts, ClassId::new(1), &upcalls.iter().collect::<Vec<&Upcall>>()),
        &expect![[r#"
        not all upcalls required of a `non_ifs` provider are used or waived, missing: `WPUCloseEvent`, `WPUCloseSocketHandle`, `WPUCreateEvent`
        = note: `WPUCloseEvent`, `WPUCreateEvent`: the sun shines;
                `WPUCloseSocketHandle`: it rains
        = help: name those that it calls in `uses(WPUCloseEvent, WPUCloseSocketHandle, WPUCreateEvent)`,
                and waive the rest: `waives(WPUCloseEvent = "<reason>", WPUCloseSocketHandle = "<reason>", WPUCreateEvent = "<reason>")`"#]],
    );
}

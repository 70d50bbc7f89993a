//! The facts and the rules against an independent transcription of the Platform SDK's page on upcalls.
//!
//! The page is transcribed here by hand into other data structures, and the verdict is computed again without
//! the code under test. Both must agree for every possible declaration.

use std::thread;
use wpu_sys::rt::compliance::{Case, verdict};
use wpu_sys::{Class, Declaration, FACTS, KITS, Kit, Platform, Requirement, UPCALLS, Verdict, Waiver};

/// The page's statement about a function: the first word of its status.
#[derive(Clone, Copy, PartialEq)]
enum Status {
    Required,
    Optional,
    /// No status, or in one case no row.
    Blank,
}

/// The providers to which the statement applies.
#[derive(Clone, Copy, PartialEq)]
enum For {
    All,
    /// "for nonIFS providers"
    NonIfs,
    /// "for IFS providers"
    Ifs,
    /// "Windows NT/2000 only"
    Nt,
}

use For::{All, Ifs, NonIfs, Nt};
use Status::{Blank, Optional, Required};

/// The rows of the page, in its order.
const PAGE: [(&str, Status, For); 15] = [
    ("WPUCloseEvent", Optional, All),
    ("WPUCloseSocketHandle", Required, All),
    ("WPUCloseThread", Blank, All),
    ("WPUCompleteOverlappedRequest", Blank, All),
    ("WPUCreateEvent", Optional, All),
    ("WPUCreateSocketHandle", Required, NonIfs),
    ("WPUFDIsSet", Optional, All),
    ("WPUGetProviderPath", Required, All),
    ("WPUModifyIFSHandle", Required, Ifs),
    ("WPUPostMessage", Required, Nt),
    ("WPUQueryBlockingCallback", Required, All),
    ("WPUQuerySocketHandleContext", Required, NonIfs),
    ("WPUQueueApc", Optional, All),
    ("WPUResetEvent", Optional, All),
    ("WPUSetEvent", Optional, All),
];

/// Functions that the page omits, and that other pages describe.
const ELSEWHERE: [(&str, Status, For); 2] = [
    // It has no row. Its own page names no class.
    ("WPUOpenCurrentThread", Blank, All),
    // It has a row without a status. Its own page is for providers whose sockets are not file handles.
    ("WPUCompleteOverlappedRequest", Blank, NonIfs),
];

/// An acquiring upcall and its release.
const PAIRS: [(&str, &str); 3] = [
    ("WPUCreateSocketHandle", "WPUCloseSocketHandle"),
    ("WPUCreateEvent", "WPUCloseEvent"),
    ("WPUOpenCurrentThread", "WPUCloseThread"),
];

/// A function, with the statements of both sources.
#[derive(Clone, Copy)]
struct Row {
    status: Status,
    of: For,
    /// The bit of the function that acquires what this one releases.
    acquire: u32,
}

impl Row {
    fn of(name: &str) -> Self {
        let mut rows = ELSEWHERE.iter().chain(&PAGE);
        let (_, status, of) = *rows.find(|row| row.0 == name).expect("it is in one of both readings");
        let pair = PAIRS.iter().find(|(_, release)| *release == name);
        let acquire = pair.map_or(0, |(acquire, _)| bit(acquire));
        Self { status, of, acquire }
    }

    fn applies(self, class: Class) -> bool {
        match self.of {
            NonIfs => class == Class::NonIfs,
            Ifs => class == Class::Ifs,
            All | Nt => true,
        }
    }

    /// If the page's statement applies to NT only, a provider on another platform need not follow it.
    fn required(self, platform: Platform) -> bool {
        self.status == Required && (self.of != Nt || platform == Platform::Nt)
    }

    /// The verdict on this function, computed from the page.
    fn expected(
        self,
        class: Class,
        platform: Platform,
        used: bool,
        waived: bool,
        by_kit: bool,
        called: u32,
    ) -> Verdict {
        if !self.applies(class) {
            return if used || waived { Verdict::WrongClass } else { Verdict::NotApplicable };
        }
        let released = called & self.acquire != 0;
        if used {
            return if waived { Verdict::UsedAndWaived } else { Verdict::Used };
        }
        if waived {
            let grounds = self.required(platform) && !released && !by_kit;
            return if grounds { Verdict::Waived } else { Verdict::WaivedWithoutEffect };
        }
        if by_kit {
            Verdict::UsedByKit
        } else if released {
            Verdict::UsedAsRelease
        } else if self.required(platform) {
            Verdict::Missing
        } else {
            Verdict::Unused
        }
    }
}

/// The index of a function in the table, which is its index in sets of declared upcalls.
fn place(name: &str) -> usize {
    UPCALLS.iter().position(|upcall| upcall.name == name).expect("the page names upcalls")
}

fn bit(name: &str) -> u32 {
    1 << place(name)
}

fn list(bits: u32) -> Vec<usize> {
    (0..UPCALLS.len()).filter(|at| bits & (1 << at) != 0).collect()
}

fn cases() -> impl Iterator<Item = (Class, Platform)> {
    Class::ALL.into_iter().flat_map(|class| Platform::ALL.into_iter().map(move |platform| (class, platform)))
}

#[test]
fn both_sources_name_all_sixteen_upcalls() {
    let mut names: Vec<_> = PAGE.iter().chain(&ELSEWHERE).map(|row| row.0).collect();
    names.sort_unstable();
    names.dedup();
    let mut ours: Vec<_> = UPCALLS.iter().map(|upcall| upcall.name).collect();
    ours.sort_unstable();
    assert_eq!(names, ours);
}

#[test]
fn requirements_are_those_of_the_page() {
    for upcall in &UPCALLS {
        let row = Row::of(upcall.name);
        for (class, platform) in cases() {
            let expected = match row.status {
                _ if !row.applies(class) => Requirement::NotApplicable,
                Required if !row.required(platform) => Requirement::Optional,
                Required => Requirement::Required,
                Optional => Requirement::Optional,
                Blank => Requirement::Unspecified,
            };
            assert_eq!(
                upcall.requirement(class, platform),
                expected,
                "{} {class:?} {platform:?}",
                upcall.name
            );
        }
    }
}

#[test]
fn pairs_are_those_of_the_page() {
    for upcall in &UPCALLS {
        let partner = |at: Option<usize>| at.map(|at| UPCALLS[at].name);
        let release = PAIRS.iter().find(|(acquire, _)| *acquire == upcall.name).map(|(_, release)| *release);
        let acquire = PAIRS.iter().find(|(_, release)| *release == upcall.name).map(|(acquire, _)| *acquire);
        assert_eq!((partner(upcall.release), partner(upcall.acquire)), (release, acquire), "{}", upcall.name);
    }
}

/// Two classes, two platforms, every set of declared upcalls, and several kits; each upcall both waived and
/// not.
#[test]
fn every_verdict_is_that_of_the_page() {
    let rows: Vec<Row> = UPCALLS.iter().map(|upcall| Row::of(upcall.name)).collect();
    assert_eq!(rows.len(), 16);
    let rows = &rows;
    thread::scope(|scope| {
        for (class, platform) in cases() {
            scope.spawn(move || {
                for (uses, kit) in (0..1_u32 << 16).zip(kits()) {
                    all_verdicts(rows, class, platform, 0, uses);
                    all_verdicts(rows, class, platform, kit, uses);
                }
            });
        }
    });
}

/// Sets of upcalls for a kit: those of each real kit, single upcalls, and arbitrary sets.
fn kits() -> impl Iterator<Item = u32> {
    let real = KITS.iter().flat_map(|kit| Class::ALL.map(|class| kit.uses(class.id())));
    let real = real.map(|uses| uses.iter().fold(0, |kit, upcall| kit | 1 << upcall));
    let single = (0..16).map(|upcall| 1 << upcall);
    let mixed = (1..98_u32).map(|seed| seed.wrapping_mul(0x9e37_79b9) >> 16);
    real.chain(single).chain(mixed).chain([0xffff]).collect::<Vec<_>>().into_iter().cycle()
}

fn all_verdicts(rows: &[Row], class: Class, platform: Platform, kit: u32, declared: u32) {
    let declaration = list(declared);
    let applying = rows.iter().enumerate().filter(|(_, row)| row.applies(class));
    let kit_here = applying.fold(0, |here, (at, _)| here | kit & (1 << at));
    let (kit_makes, everything) = (list(kit), list(0xffff));
    for (at, row) in rows.iter().enumerate() {
        let used = declared & (1 << at) != 0;
        for (waived, waives) in [(false, &[][..]), (true, &everything)] {
            let by_kit = kit_here & (1 << at) != 0;
            let expected = row.expected(class, platform, used, waived, by_kit, declared | kit_here);
            let (class_id, platform_id) = (class.id(), platform.id());
            let case =
                Case { class: class_id, platform: platform_id, kit: &kit_makes, uses: &declaration, waives };
            let found = verdict(&FACTS, &case, at);
            assert_eq!(
                found, expected,
                "{} {class:?} {platform:?} {kit:#06x} {declared:#06x} {waived}",
                UPCALLS[at].name
            );
        }
    }
}

/// The verdict on one upcall depends on its own waiver only.
#[test]
fn a_waiver_affects_only_its_own_upcall() {
    for (class, platform) in cases() {
        for waived in 0..UPCALLS.len() {
            for uses in [0, 0xffff, 0x5555, bit("WPUCreateEvent")] {
                for other in (0..UPCALLS.len()).filter(|other| *other != waived) {
                    let (class, platform) = (class.id(), platform.id());
                    let (kit, uses) = (&*list(uses >> 1), &*list(uses));
                    let with = Case { class, platform, kit, uses, waives: &[waived] };
                    let without = Case { waives: &[], ..with };
                    assert_eq!(verdict(&FACTS, &with, other), verdict(&FACTS, &without, other));
                }
            }
        }
    }
}

/// The messages for a provider without declarations, in the order of the table.
#[test]
fn a_provider_that_declares_nothing_lacks_what_the_page_requires() {
    let missing = |class, platform| {
        let silent = Declaration {
            facts: &FACTS,
            provider: "Silent",
            class: Class::id(class),
            platform: Platform::id(platform),
            kit: None,
            uses: &[],
            waives: &[],
        };
        let missing = silent.verdicts().filter(|(_, verdict)| *verdict == Verdict::Missing);
        missing.map(|(at, _)| UPCALLS[at].name.trim_start_matches("WPU")).collect::<Vec<_>>().join(" ")
    };
    let non_ifs = "CloseSocketHandle CreateSocketHandle GetProviderPath PostMessage QueryBlockingCallback QuerySocketHandleContext";
    let ifs = "CloseSocketHandle GetProviderPath ModifyIFSHandle PostMessage QueryBlockingCallback";
    assert_eq!(missing(Class::NonIfs, Platform::Nt), non_ifs);
    assert_eq!(missing(Class::NonIfs, Platform::Win9x), non_ifs.replace("PostMessage ", ""));
    assert_eq!(missing(Class::Ifs, Platform::Nt), ifs);
    assert_eq!(missing(Class::Ifs, Platform::Win9x), ifs.replace("PostMessage ", ""));
}

/// The provider of the guide: the upcalls that it uses, with their releases, and its waivers.
#[test]
fn a_declaration_that_covers_the_page_has_no_fault() {
    static WAIVES: [Waiver; 2] = [
        Waiver { upcall: 5, reason: "base provider" },
        Waiver { upcall: 8, reason: "never blocks a client thread" },
    ];
    assert_eq!(
        WAIVES.map(|waiver| UPCALLS[waiver.upcall].name),
        ["WPUGetProviderPath", "WPUQueryBlockingCallback"]
    );
    let uses = bit("WPUCreateSocketHandle") | bit("WPUQuerySocketHandleContext") | bit("WPUPostMessage");
    let declared = |class: Class, uses| Declaration {
        facts: &FACTS,
        provider: "Loopback",
        class: class.id(),
        platform: Platform::Nt.id(),
        kit: None,
        uses: list(uses).leak(),
        waives: &WAIVES,
    };
    let faults = |class, uses| {
        let verdicts = declared(class, uses).verdicts().filter(|(_, verdict)| verdict.is_fault());
        verdicts.map(|(at, verdict)| (UPCALLS[at].name, verdict)).collect::<Vec<_>>()
    };
    assert_eq!(faults(Class::NonIfs, uses), []);
    let release =
        declared(Class::NonIfs, uses).verdicts().find(|(at, _)| *at == place("WPUCloseSocketHandle"));
    assert_eq!(release.map(|(_, verdict)| verdict), Some(Verdict::UsedAsRelease));
    assert_eq!(faults(Class::NonIfs, uses & !bit("WPUPostMessage")), [("WPUPostMessage", Verdict::Missing)]);
    let wrong = [
        ("WPUCreateSocketHandle", Verdict::WrongClass),
        ("WPUModifyIFSHandle", Verdict::Missing),
        ("WPUQuerySocketHandleContext", Verdict::WrongClass),
    ];
    assert_eq!(faults(Class::Ifs, uses), wrong);
}

/// A kit covers the upcalls that apply to the class; the provider must declare the others.
#[test]
fn a_kit_covers_upcalls_of_its_provider() {
    let made = ["WPUModifyIFSHandle", "WPUCreateSocketHandle", "WPUGetProviderPath", "WPUCreateEvent"];
    let made = made.iter().fold(0, |made, name| made | bit(name));
    let uses: &'static [_] = vec![Some(&*list(made).leak()); Class::COUNT].leak();
    let kit: &'static Kit =
        Box::leak(Box::new(Kit { name: "trial", marker: "Trial", uses, completes: false }));
    let declared = |class: Class, uses| Declaration {
        facts: &FACTS,
        provider: "Layer",
        class: class.id(),
        platform: Platform::Nt.id(),
        kit: Some(kit),
        uses: list(uses).leak(),
        waives: &[Waiver { upcall: 7, reason: "no windows" }, Waiver { upcall: 8, reason: "never blocks" }],
    };
    assert_eq!([7, 8].map(|upcall| UPCALLS[upcall].name), ["WPUPostMessage", "WPUQueryBlockingCallback"]);
    let names = |upcalls: &[usize]| {
        upcalls.iter().map(|at| UPCALLS[*at].name.trim_start_matches("WPU")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        names(&declared(Class::Ifs, bit("WPUFDIsSet")).makes()),
        "CloseEvent CreateEvent FDIsSet GetProviderPath ModifyIFSHandle"
    );
    assert_eq!(
        names(&declared(Class::NonIfs, 0).makes()),
        "CloseEvent CloseSocketHandle CreateEvent CreateSocketHandle GetProviderPath"
    );
    let table = declared(Class::NonIfs, bit("WPUGetProviderPath")).to_string();
    let mut lines = table.lines();
    assert_eq!(lines.next(), Some("Layer: class non_ifs, platform nt, kit trial"));
    let said = |name: &str| {
        let line = table.lines().find(|line| line.trim_start().starts_with(&format!("{name} ")));
        line.and_then(|line| line.rsplit("  ").next()).expect("each upcall has a line")
    };
    assert_eq!(said("WPUCreateSocketHandle"), "used by the kit `trial`");
    assert_eq!(said("WPUCloseSocketHandle"), "used (on release)");
    assert_eq!(said("WPUGetProviderPath"), "used", "its own code calls it too");
    assert_eq!(said("WPUModifyIFSHandle"), "not applicable");
    assert_eq!(said("WPUPostMessage"), "waived: no windows");
    assert_eq!(said("WPUQuerySocketHandleContext"), "MISSING");
}

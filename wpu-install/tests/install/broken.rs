//! The faults of a catalog are found, and the suggested command removes them.

use crate::common::*;
use proptest::prelude::*;
use std::collections::BTreeSet;
use wpu_install::{
    Catalog, Catalogs, Class, Entry, Fault, Finding, Layer, Listing, Memory, Problem, System, Uninstall,
    WideString, Width, findings, missing_files, parse_guid, read_snapshot, uninstall_command, write_listing,
    write_snapshot,
};
use wpu_sys::ffi::{LSP_FIREWALL, LSP_PROXY, PFL_HIDDEN, XP1_IFS_HANDLES};

const HERE: Width = Width::Bits64;

#[expect(clippy::unnecessary_wraps, reason = "as the oracle of files answers")]
fn all_there(_: Width, _: &WideString) -> Option<bool> {
    Some(true)
}

/// A non-IFS layer over an IFS layer over TCP; 1005 and 1006 are the lower layer, 1007 and 1008 the upper
/// one.
fn layered() -> Memory {
    let mut memory = Memory::sample(ONE);
    install(&mut memory, &over(1, Class::Ifs, &[1001]));
    install(&mut memory, &over(2, Class::NonIfs, &[1006]));
    assert_eq!(catalog(&memory).find(1008).expect("the upper chain").links(), [1007, 1006, 1001]);
    memory
}

/// The catalog after a change of one entry.
fn changed(memory: &Memory, id: u32, change: impl Fn(&mut Entry)) -> Catalogs {
    let mut catalogs = memory.catalogs().clone();
    let catalog = catalogs.slot(HERE).as_mut().expect("it is there");
    catalog.entries.iter_mut().filter(|entry| entry.id() == id).for_each(change);
    catalogs
}

fn without(memory: &Memory, ids: &[u32]) -> Catalogs {
    let mut catalogs = memory.catalogs().clone();
    let catalog = catalogs.slot(HERE).as_mut().expect("it is there");
    catalog.entries.retain(|entry| !ids.contains(&entry.id()));
    catalogs
}

fn links(links: &[u32]) -> impl Fn(&mut Entry) {
    let links = links.to_vec();
    move |entry| {
        entry.info.ProtocolChain.ChainLen = i32::try_from(links.len()).expect("few");
        entry.info.ProtocolChain.ChainEntries[..links.len()].copy_from_slice(&links);
    }
}

/// The identifiers of the faults, with the entries.
fn words(catalogs: &Catalogs) -> Vec<(u32, &'static str)> {
    findings(catalogs, all_there).iter().map(|finding| (finding.entry, finding.fault.word())).collect()
}

#[test]
fn an_intact_catalog_has_no_faults() {
    for memory in [Memory::sample(ONE), Memory::sample(BOTH), layered()] {
        assert_eq!(findings(memory.catalogs(), all_there), [], "{}", memory.catalogs());
        assert_eq!(findings(memory.catalogs(), |_, _| None), []);
    }
}

/// A faulty catalog with a name, and the faults that are found.
type Case = (&'static str, Catalogs, &'static [(u32, &'static str)]);

#[test]
fn each_fault_is_found_where_it_is() {
    let _shows = wpu_evidence::checked([
        "catalog.no-layer-twice",
        "catalog.seven-components-at-most",
        "layering.pass-through-over-ifs-only",
    ]);
    let memory = layered();
    let cases: [Case; 14] = [
        ("the base is gone", without(&memory, &[1001]), &[(1008, "link-missing"), (1006, "link-missing")]),
        ("the lower layer is gone", without(&memory, &[1005]), &[(1006, "layer-missing")]),
        (
            "the lower chain is gone",
            without(&memory, &[1006]),
            &[(1008, "link-missing"), (1005, "layer-unused")],
        ),
        ("the upper layer is gone", without(&memory, &[1007]), &[(1008, "layer-missing")]),
        ("the upper chain is gone", without(&memory, &[1008]), &[(1007, "layer-unused")]),
        (
            "the chain begins with a base",
            changed(&memory, 1006, links(&[1002, 1001])),
            &[(1006, "layer-missing"), (1005, "layer-unused")],
        ),
        (
            "the chain ends with a layer",
            changed(&memory, 1008, links(&[1007, 1006, 1005])),
            &[(1008, "link-misplaced"), (1008, "layer-twice")],
        ),
        (
            "a base is in between",
            changed(&memory, 1008, links(&[1007, 1002, 1001])),
            &[(1008, "link-misplaced")],
        ),
        ("it contains itself", changed(&memory, 1008, links(&[1007, 1008])), &[(1008, "circle")]),
        (
            "both contain each other",
            changed(&memory, 1006, links(&[1005, 1008])),
            &[(1008, "circle"), (1006, "circle")],
        ),
        (
            "it contains the layer twice",
            changed(&memory, 1008, links(&[1007, 1007, 1001])),
            &[(1008, "layer-twice")],
        ),
        (
            "the lower layer has no file handles",
            changed(&memory, 1005, |entry| entry.info.dwServiceFlags1 &= !XP1_IFS_HANDLES),
            &[(1006, "ifs-above-non-ifs")],
        ),
        (
            "the layer is not hidden",
            changed(&memory, 1007, |entry| entry.info.dwProviderFlags &= !PFL_HIDDEN),
            &[(1007, "layer-visible")],
        ),
        (
            "the chain is too long",
            changed(&memory, 1008, |entry| entry.info.ProtocolChain.ChainLen = 8),
            &[(1008, "chain-length")],
        ),
    ];
    for (name, catalogs, expected) in cases {
        let (found, expected): (BTreeSet<_>, BTreeSet<_>) =
            (words(&catalogs).into_iter().collect(), expected.iter().copied().collect());
        assert_eq!(found, expected, "{name}\n{catalogs}");
        // A file with this catalog gives the same result.
        let read = read_snapshot(&write_snapshot(&catalogs)).expect("it was just written");
        assert_eq!(words(&read), words(&catalogs), "{name}");
    }
}

/// Chains of chains: three layers, of which 1009 and 1010 are the third.
#[test]
fn layers_are_counted_through_chains_in_chains() {
    let _shows = wpu_evidence::checked(["catalog.no-layer-twice"]);
    let mut memory = layered();
    install(&mut memory, &over(3, Class::NonIfs, &[1008]));
    assert_eq!(catalog(&memory).find(1010).expect("the third chain").links(), [1009, 1008, 1006, 1001]);
    assert_eq!(words(memory.catalogs()), []);
    let found = |chain: &[u32]| {
        let all = findings(&changed(&memory, 1010, links(chain)), all_there);
        all.into_iter().map(|finding| (finding.entry, finding.fault)).collect::<Vec<_>>()
    };
    // A chain at the end of another includes everything below it.
    assert_eq!(found(&[1009, 1008]), []);
    assert_eq!(found(&[1009, 1005, 1008]), [(1010, Fault::LayerTwice { link: 1005 })]);
    assert_eq!(found(&[1009, 1001, 1008]), [(1010, Fault::LinkMisplaced { link: 1001 })]);
    // A cycle below is a fault of its members, and the search in the other entries terminates.
    let mut catalogs = changed(&memory, 1010, links(&[1009, 1008]));
    for (id, chain) in [(1008, [1007, 1006]), (1006, [1005, 1008])] {
        catalogs = changed(&Memory::new(catalogs), id, links(&chain));
    }
    let circles: Vec<_> = words(&catalogs).into_iter().filter(|(_, word)| *word == "circle").collect();
    assert_eq!(circles.iter().map(|(id, _)| *id).collect::<BTreeSet<_>>(), BTreeSet::from([1006, 1008]));
}

#[test]
fn a_chain_after_its_base_is_not_found() {
    let mut catalogs = layered().catalogs().clone();
    let entries = &mut catalogs.slot(HERE).as_mut().expect("it is there").entries;
    let at = entries.iter().position(|entry| entry.id() == 1008).expect("the upper chain");
    let chain = entries.remove(at);
    entries.push(chain);
    let fault = Fault::PassedBy { by: 1006 };
    let help = Some("wpu uninstall --id 00000002-0001-0002-0303-030303030303 --catalog 64".to_owned());
    assert_eq!(findings(&catalogs, all_there), [Finding { width: HERE, entry: 1008, fault, help }]);
    // An entry for other sockets, or a hidden one, does not precede the chain.
    let memory = Memory::new(catalogs);
    assert_eq!(words(&changed(&memory, 1008, |entry| entry.info.iAddressFamily = 40)), []);
    assert_eq!(words(&changed(&memory, 1008, |entry| entry.info.dwProviderFlags |= PFL_HIDDEN)), []);
    // If that entry is hidden, the next entry of the chain precedes it.
    let hidden = changed(&memory, 1006, |entry| entry.info.dwProviderFlags |= PFL_HIDDEN);
    assert_eq!(findings(&hidden, all_there)[0].fault, Fault::PassedBy { by: 1001 });
}

#[test]
fn a_provider_of_one_width_only_is_reported() {
    let _shows = wpu_evidence::checked(["install-with-chains.layers-come-in-both-widths"]);
    let mut memory = Memory::sample(BOTH);
    let mut two = base(4, Class::NonIfs);
    two.sockets.push(wpu_install::Sockets { kind: 2, ..two.sockets[0].clone() });
    let plan = two.plan(&memory.catalogs().clone().only(HERE)).unwrap();
    let mut one = Memory::new(memory.catalogs().clone().only(HERE));
    run(&mut one, &plan).unwrap();
    install(&mut one, &over(1, Class::Ifs, &[1001]));
    let mut catalogs = memory.catalogs().clone();
    *catalogs.slot(HERE) = one.catalogs().get(HERE).cloned();
    memory = Memory::new(catalogs);
    let found = findings(memory.catalogs(), all_there);
    let told: Vec<_> = found.iter().map(|finding| (finding.entry, finding.fault.to_string())).collect();
    let text = "it is not in the 32-bit catalog".to_owned();
    assert_eq!(told, [(1005, text.clone()), (1007, text)], "{}", memory.catalogs());
    // A single command cannot install two kinds of sockets.
    assert_eq!(found[0].help, None);
    let help = "with the 32-bit build of wpu: wpu install layer --id 00000001-0001-0002-0303-030303030303 --path \
        \"PATH OF ITS 32-bit DLL\" --name \"Layer 1\" --class ifs --over 2/1/6 --catalog 32";
    assert_eq!(found[1].help.as_deref(), Some(help));
    // It is unknown whether the provider is in a catalog that was not read.
    assert_eq!(findings(one.catalogs(), all_there), []);
}

#[test]
fn missing_files_are_reported_and_recorded_in_a_catalog_file() {
    let memory = layered();
    let exists = |_: Width, path: &WideString| Some(!path.to_string().ends_with("2.dll"));
    let found = findings(memory.catalogs(), exists);
    let told: Vec<_> = found.iter().map(|finding| (finding.entry, finding.fault.to_string())).collect();
    let text = r"the file `C:\layers\2.dll` does not exist".to_owned();
    assert_eq!(told, [(1008, text.clone()), (1007, text)]);
    let text = write_listing(&Listing { catalogs: memory.catalogs(), findings: &found });
    assert_eq!(&read_snapshot(&text).expect("it was just written"), memory.catalogs());
    let missing = missing_files(&text).expect("it was just written");
    assert!(missing.iter().all(|file| *file == (HERE, r"C:\layers\2.dll".into())));
    let exists = |width: Width, path: &WideString| missing.contains(&(width, path.clone())).then_some(false);
    assert_eq!(findings(memory.catalogs(), exists), found);
    // If that is unknown, no fault is reported.
    assert_eq!(findings(memory.catalogs(), |_, _| None), []);
}

#[test]
fn a_relative_path_is_reported() {
    let catalogs = changed(&layered(), 1008, |entry| entry.path = "count.dll".into());
    assert_eq!(words(&catalogs), [(1008, "path-not-whole")]);
    // If a path is empty, no fault is reported.
    let catalogs = changed(&layered(), 1008, |entry| entry.path = "".into());
    assert_eq!(words(&catalogs), []);
    assert_eq!(System::file_exists(HERE, &"".into()), None);
    assert_eq!(System::file_exists(HERE, &env!("CARGO_MANIFEST_DIR").into()), Some(true));
    assert_eq!(System::file_exists(HERE, &concat!(env!("CARGO_MANIFEST_DIR"), "/none").into()), Some(false));
    assert_eq!(System::file_exists(HERE, &r"%WPU_NO_SUCH_VARIABLE%\a.dll".into()), None);
}

#[test]
fn control_characters_in_names_are_escaped() {
    let catalogs = changed(&layered(), 1007, |entry| {
        for (slot, unit) in entry.info.szProtocol.iter_mut().zip("a\nb\u{1b}[2J\u{202e}\0".encode_utf16()) {
            *slot = unit;
        }
        entry.path = "C:\\\r.dll".into();
    });
    let found = findings(&catalogs, |_, _| Some(false));
    let listed = Listing { catalogs: &catalogs, findings: &found }.to_string();
    let plan = uninstall(2, false).plan(&catalogs).unwrap().to_string();
    for text in [&listed, &plan] {
        assert!(text.contains(r"a\u{a}b\u{1b}[2J\u{202e}"), "{text}");
        assert!(!text.contains(['\r', '\u{1b}', '\u{202e}']), "{text}");
    }
    assert!(listed.contains(r"the file `C:\\u{d}.dll` does not exist"), "{listed}");
    // In JSON they are not escaped.
    assert_eq!(read_snapshot(&write_snapshot(&catalogs)).expect("it was just written"), catalogs);
}

#[test]
fn a_file_with_two_entries_of_one_number_is_refused() {
    let mut catalogs = layered().catalogs().clone();
    let catalog = catalogs.slot(HERE).as_mut().expect("it is there");
    // Not next to each other.
    let (first, last) = (catalog.entries[0].id(), catalog.entries.len() - 1);
    catalog.entries[last].info.dwCatalogEntryId = first;
    let refused = read_snapshot(&write_snapshot(&catalogs)).expect_err("a number is there twice");
    assert!(
        refused.to_string().ends_with(&format!("the 64-bit catalog has two entries {first}")),
        "{refused}"
    );
}

/// Omitted numbers make the file easier to read.
#[test]
fn a_file_omits_zeros() {
    let of = |catalogs: &Catalogs| {
        let written = write_snapshot(catalogs);
        ["categories", "reserved", "more-flags"].map(|key| written.contains(&format!("\"{key}\": ")))
    };
    assert_eq!(of(layered().catalogs()), [false; 3]);
    let catalogs = changed(&layered(), 1008, |entry| {
        (entry.categories, entry.info.dwProviderReserved, entry.info.dwServiceFlags2) = (1, 2, 3);
    });
    assert_eq!(of(&catalogs), [true; 3]);
}

#[test]
fn removal_of_the_providers_of_windows_is_not_suggested() {
    let memory = Memory::sample(ONE);
    let found = findings(memory.catalogs(), |_, _| Some(false));
    assert_eq!(found.len(), 4);
    assert!(found.iter().all(|finding| finding.help.as_deref() == Some("netsh winsock reset")));
}

/// A base provider with a chain that starts with it, as a faulty installer creates it. The chain is 1005.
fn over_a_base(path: &str) -> Catalogs {
    let mut catalogs = Memory::sample(ONE).catalogs().clone();
    let catalog = catalogs.slot(HERE).as_mut().expect("it is there");
    let mut chain = Entry { path: path.into(), ..catalog.entries[0].clone() };
    (chain.info.dwCatalogEntryId, chain.info.ProviderId) = (1005, id(9));
    links(&[1001, 1002])(&mut chain);
    catalog.entries.push(chain);
    catalogs
}

#[test]
fn a_chain_that_begins_with_a_base_is_removed_by_its_own_id() {
    for path in [r"C:\a.dll", r"%SystemRoot%\system32\a.dll"] {
        let catalogs = over_a_base(path);
        let help = "wpu uninstall --id 00000009-0001-0002-0303-030303030303 --catalog 64";
        let found = findings(&catalogs, all_there);
        assert!(!found.is_empty());
        for finding in &found {
            assert_eq!((finding.entry, finding.help.as_deref()), (1005, Some(help)), "{finding:?}");
            let after = helped(&catalogs, finding).expect("it helps");
            assert_eq!(&after, Memory::sample(ONE).catalogs());
        }
        // The base is not removed together with it, and the chain is not removed implicitly.
        let base = catalogs.get(HERE).expect("it is there").entries[0].info.ProviderId;
        let plan = Uninstall { provider: base, others: false }.plan(&catalogs);
        assert!(matches!(plan, Err(Problem::InUse { .. })), "{plan:?}");
        assert_eq!(uninstall_command(&catalogs, base), None);
    }
}

#[test]
fn a_faulty_base_is_removed_unless_an_intact_one_would_be_too() {
    let mut memory = Memory::sample(ONE);
    let mut asked = base(4, Class::NonIfs);
    asked.sockets.push(asked.sockets[0].clone());
    asked.sockets[1].kind = 2;
    let plan = asked.plan(memory.catalogs()).unwrap();
    run(&mut memory, &plan).unwrap();
    let help = |catalogs: &Catalogs| {
        let found = findings(catalogs, |_, path| Some(!path.to_string().ends_with("4.dll")));
        found.into_iter().map(|finding| finding.help).collect::<Vec<_>>()
    };
    let command = "wpu uninstall --id 00000004-0001-0002-0303-030303030303 --catalog 64";
    assert_eq!(help(memory.catalogs()), [Some(command.to_owned()), Some(command.to_owned())]);
    let one_is_sound = changed(&memory, 1006, |entry| entry.path = r"C:\sound.dll".into());
    assert_eq!(help(&one_is_sound), [None]);
}

#[test]
fn a_layer_in_the_folder_of_windows_is_uninstalled_and_windows_is_not_reset() {
    let layer = changed(&layered(), 1007, |entry| {
        entry.path = r"%SystemRoot%\system32\layer.dll".into();
        entry.info.dwProviderFlags &= !PFL_HIDDEN;
    });
    let chain = changed(&Memory::new(layer), 1008, |entry| {
        entry.path = r"%SystemRoot%\system32\layer.dll".into();
        entry.info.ProtocolChain.ChainEntries[2] = 77;
    });
    let found = findings(&chain, all_there);
    assert_eq!(found.len(), 2);
    let help = Some("wpu uninstall --id 00000002-0001-0002-0303-030303030303 --catalog 64");
    assert!(found.iter().all(|finding| finding.help.as_deref() == help), "{found:?}");
}

#[test]
fn a_command_that_this_build_cannot_carry_out_names_the_other() {
    let one = Memory::new(layered().catalogs().clone());
    let mut catalogs = Catalogs::default();
    *catalogs.slot(Width::Bits32) = one.catalogs().get(HERE).cloned();
    let found = findings(&catalogs, |_, path| Some(!path.to_string().ends_with("2.dll")));
    let help =
        "with the 32-bit build of wpu: wpu uninstall --id 00000002-0001-0002-0303-030303030303 --catalog 32";
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|finding| finding.help.as_deref() == Some(help)), "{found:?}");
    // In both catalogs, one command after the other.
    *catalogs.slot(HERE) = one.catalogs().get(HERE).cloned();
    let both = uninstall_command(&catalogs, id(2)).expect("there is one");
    assert_eq!(both, format!("{}; then {help}", help[30..].replace("32", "64")));
    let mut memory = Memory::sample(BOTH);
    let plan = base(4, Class::NonIfs).plan(memory.catalogs()).unwrap();
    run(&mut memory, &plan).unwrap();
    let both = uninstall_command(memory.catalogs(), id(4));
    assert_eq!(both.as_deref(), Some("wpu uninstall --id 00000004-0001-0002-0303-030303030303"));
    assert_eq!(uninstall_command(memory.catalogs(), id(5)), None);
}

#[test]
fn a_base_in_one_width_alone_is_installed_in_the_other_by_one_command() {
    let mut catalogs = Memory::sample(BOTH).catalogs().clone();
    let mut one = Memory::new(catalogs.clone().only(HERE));
    let mut base = base(4, Class::Ifs);
    base.path = r"%ProgramFiles%\4.dll".into();
    let plan = base.plan(one.catalogs()).unwrap();
    run(&mut one, &plan).unwrap();
    *catalogs.slot(HERE) = one.catalogs().get(HERE).cloned();
    let found = findings(&catalogs, all_there);
    let help = "with the 32-bit build of wpu: wpu install base --id 00000004-0001-0002-0303-030303030303 --path \
        \"%ProgramFiles%\\4.dll\" --name \"Base 4\" --class ifs --sockets 40/1/0 --flags 0x6 --addresses 16-16 \
        --message-size 0 --catalog 32";
    assert_eq!(found.iter().map(|finding| finding.help.as_deref()).collect::<Vec<_>>(), [Some(help)]);
    // In the other direction, this build can carry it out.
    let (mut turned, one) = (Catalogs::default(), catalogs.clone());
    (turned.bits64, turned.bits32) = (one.bits32, one.bits64);
    let help =
        help.trim_start_matches("with the 32-bit build of wpu: ").replace("--catalog 32", "--catalog 64");
    assert_eq!(findings(&turned, all_there)[0].help, Some(help));
}

#[test]
fn a_layer_in_one_width_alone_is_installed_in_the_other_with_its_sockets_and_categories() {
    let mut catalogs = Memory::sample(BOTH).catalogs().clone();
    let mut one = Memory::new(catalogs.clone().only(HERE));
    // A proxy and a firewall, over TCP of both versions.
    let wanted = Layer { categories: LSP_PROXY | LSP_FIREWALL, ..over(1, Class::Ifs, &[1003, 1001]) };
    install(&mut one, &wanted);
    let mut help = |change: fn(&mut Entry)| {
        *catalogs.slot(HERE) = one.catalogs().get(HERE).cloned();
        let entries = &mut catalogs.slot(HERE).as_mut().expect("it is there").entries;
        entries.iter_mut().filter(|entry| entry.is_layer()).for_each(change);
        let found = findings(&catalogs, all_there);
        found
            .into_iter()
            .filter(|found| matches!(found.fault, Fault::OneWidth { .. }))
            .map(|found| found.help)
            .next()
    };
    let command = help(|_| ()).flatten().expect("one command does it");
    assert!(
        command.contains(" --over 2/1/6 --over 23/1/6 --category proxy --category firewall "),
        "{command}"
    );
    // No option stands for a category without a name.
    assert_eq!(help(|entry| entry.categories |= 0x100_0000), Some(None));
}

/// Carries out the command that a finding suggests.
fn helped(catalogs: &Catalogs, finding: &Finding) -> Option<Catalogs> {
    let words: Vec<_> = finding.help.as_deref()?.split(' ').collect();
    let ["wpu", "uninstall", "--id", id, "--catalog", width, rest @ ..] = &words[..] else { return None };
    assert_eq!(*width, finding.width.word());
    let others = match rest {
        [] => false,
        ["--with-others"] => true,
        other => panic!("{other:?}"),
    };
    let catalogs = catalogs.clone().only(finding.width);
    let plan =
        Uninstall { provider: parse_guid(id).expect("an id"), others }.plan(&catalogs).expect("a plan");
    let mut memory = Memory::new(catalogs);
    run(&mut memory, &plan).expect("it can be carried out");
    Some(memory.catalogs().clone())
}

/// A way to damage a catalog.
#[derive(Debug, Clone)]
enum Harm {
    Lose(usize),
    Link(usize, usize, u32),
    Flags(usize, u32, u32),
    Length(usize, i32),
    Path(usize),
    Move(usize, usize),
    Provider(usize, usize),
}

fn harm() -> impl Strategy<Value = Harm> {
    let at = || 0..20_usize;
    prop_oneof![
        at().prop_map(Harm::Lose),
        (at(), 0..7_usize, 1000..1020_u32).prop_map(|(at, slot, link)| Harm::Link(at, slot, link)),
        (at(), any::<u32>(), any::<u32>()).prop_map(|(at, one, two)| Harm::Flags(at, one, two)),
        (at(), -2..10).prop_map(|(at, length)| Harm::Length(at, length)),
        at().prop_map(Harm::Path),
        (at(), at()).prop_map(|(from, to)| Harm::Move(from, to)),
        (at(), at()).prop_map(|(at, of)| Harm::Provider(at, of)),
    ]
}

fn bases(catalogs: &Catalogs) -> Vec<&Entry> {
    catalogs.all().flat_map(|(_, catalog)| &catalog.entries).filter(|entry| entry.is_base()).collect()
}

/// Whether the entry exists, possibly under another id.
fn is_there(entry: &Entry, catalogs: &Catalogs) -> bool {
    let numbered = |is: &Entry| {
        let mut is = is.clone();
        is.info.dwCatalogEntryId = entry.id();
        is
    };
    bases(catalogs).into_iter().any(|is| numbered(is) == *entry)
}

fn break_it(catalog: &mut Catalog, harm: &Harm) {
    let count = catalog.entries.len();
    let entries = &mut catalog.entries;
    match *harm {
        _ if count == 0 => (),
        Harm::Lose(at) => drop(entries.remove(at % count)),
        Harm::Link(at, slot, link) => entries[at % count].info.ProtocolChain.ChainEntries[slot] = link,
        Harm::Flags(at, one, two) => {
            let info = &mut entries[at % count].info;
            (info.dwServiceFlags1, info.dwProviderFlags) = (one, two);
        }
        Harm::Length(at, length) => entries[at % count].info.ProtocolChain.ChainLen = length,
        // The path and the categories belong to the provider.
        Harm::Provider(at, of) => {
            let of = entries[of % count].clone();
            let Entry { info, path, categories } = &mut entries[at % count];
            (info.ProviderId, *path, *categories) = (of.info.ProviderId, of.path, of.categories);
        }
        Harm::Path(at) => {
            let provider = entries[at % count].info.ProviderId;
            let all = entries.iter_mut().filter(|entry| entry.info.ProviderId == provider);
            all.for_each(|entry| entry.path = "x.dll".into());
        }
        Harm::Move(from, to) => {
            let entry = entries.remove(from % count);
            entries.insert(to % count, entry);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 400, ..ProptestConfig::default() })]

    /// For any damage the search terminates, and a suggested command removes or repairs the entry.
    #[test]
    fn the_command_that_is_named_helps(harms in prop::collection::vec(harm(), 1..5)) {
        let mut memory = layered();
        install(&mut memory, &over(3, Class::Ifs, &[1002, 1003]));
        let mut catalogs = memory.catalogs().clone();
        for harm in &harms {
            break_it(catalogs.slot(HERE).as_mut().expect("it is there"), harm);
        }
        let found = findings(&catalogs, all_there);
        let listing = Listing { catalogs: &catalogs, findings: &found };
        prop_assert_eq!(listing.to_string().matches("\n          broken: ").count(), found.len());
        for finding in &found {
            let Some(after) = helped(&catalogs, finding) else { continue };
            let again = findings(&after, all_there);
            let same = again.iter().find(|again| (again.entry, &again.fault) == (finding.entry, &finding.fault));
            prop_assert_eq!(same, None, "{:?}", finding);
            let is_sound = |entry: &&Entry| found.iter().all(|broken| broken.entry != entry.id());
            for base in bases(&catalogs).into_iter().filter(is_sound) {
                prop_assert!(is_there(base, &after), "{:?} takes {} away", finding, base.name());
            }
        }
    }

    /// For any catalog and id.
    #[test]
    fn a_removal_removes_no_base_of_another_provider(
        harms in prop::collection::vec(harm(), 0..5),
        at in 0..20_usize,
        others in any::<bool>(),
    ) {
        let mut memory = layered();
        install(&mut memory, &over(3, Class::Ifs, &[1002, 1003]));
        let mut catalogs = memory.catalogs().clone();
        for harm in &harms {
            break_it(catalogs.slot(HERE).as_mut().expect("it is there"), harm);
        }
        let all = &catalogs.get(HERE).expect("it is there").entries;
        let provider = all[at % all.len()].info.ProviderId;
        let Ok(plan) = (Uninstall { provider, others }).plan(&catalogs) else { return Ok(()) };
        let mut memory = Memory::new(catalogs.clone());
        run(&mut memory, &plan).expect("it can be carried out");
        for base in bases(&catalogs).into_iter().filter(|base| base.info.ProviderId != provider) {
            prop_assert!(is_there(base, memory.catalogs()), "{} is gone", base.name());
        }
        // Without that option, only the provider's own entries and the chains of its layer are removed.
        if !others {
            let leads = |entry: &Entry| {
                let top = entry.links().first().and_then(|top| all.iter().find(|known| known.id() == *top));
                top.is_some_and(|top| top.is_layer() && top.info.ProviderId == provider)
            };
            let kept = all.iter().filter(|entry| entry.info.ProviderId != provider && !leads(entry)).count();
            prop_assert_eq!(catalog(&memory).entries.len(), kept);
        }
    }
}

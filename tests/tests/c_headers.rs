//! The C files of the output, compiled by C compilers: the headers of Windows match the spec, and do not
//! match a spec with faults.

use crate::common::{self, project};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use wpu_gen::compile;
use wpu_gen::source::Sources;

/// Compilers that come with the headers of Windows, and the option for strict checks.
const COMPILERS: [&str; 2] = ["x86_64-w64-mingw32-gcc", "i686-w64-mingw32-gcc"];
/// What is in an object, a compiler says when it optimizes. The macros ask for what the newest Windows declares.
const OPTIONS: [&str; 10] = [
    "-std=c11",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-O1",
    "-S",
    "-o",
    if cfg!(windows) { "NUL" } else { "/dev/null" },
    "-D_WIN32_WINNT=0x0A00",
    "-DNTDDI_VERSION=0x0A00000C",
];

#[test]
fn the_headers_of_windows_agree_with_the_spec() {
    let folder = project().join("generated");
    assert!(pages(&folder).len() > 10, "found only {} files", pages(&folder).len());
    let all = [together(&folder, "all")];
    for compiler in present(&COMPILERS) {
        assert_eq!(said(compiler, &OPTIONS, &all), "", "{compiler}");
    }
    // Another compiler, with the same headers.
    for clang in present(&["clang"]) {
        for target in ["x86_64-w64-mingw32", "i686-w64-mingw32"] {
            let headers = format!("/usr/{target}/include");
            if Path::new(&headers).is_dir() {
                let target = format!("--target={target}");
                let options = [&OPTIONS[..], &[&target, "-isystem", &headers]].concat();
                assert_eq!(said(clang, &options, &all), "", "{clang} {target}");
            }
        }
    }
}

/// A fault of a spec.
struct Fault {
    what: &'static str,
    file: &'static str,
    edits: &'static [(&'static str, &'static str)],
    /// The text that the compiler must print.
    named: &'static str,
    /// The pointer width for which the fault is visible; `None` for both.
    only: Option<&'static str>,
}

/// Faults that do not hide each other.
const FAULTS: &[Fault] = &[
    Fault {
        what: "two upcalls of one type in each other's slot",
        file: "upcalls.toml",
        edits: &[
            (
                "slots = { WSPUPCALLTABLE = 11, WSPUPCALLTABLEEX = 11 }",
                "slots = { WSPUPCALLTABLE = 99, WSPUPCALLTABLEEX = 99 }",
            ),
            (
                "slots = { WSPUPCALLTABLE = 12, WSPUPCALLTABLEEX = 12 }",
                "slots = { WSPUPCALLTABLE = 11, WSPUPCALLTABLEEX = 11 }",
            ),
            (
                "slots = { WSPUPCALLTABLE = 99, WSPUPCALLTABLEEX = 99 }",
                "slots = { WSPUPCALLTABLE = 12, WSPUPCALLTABLEEX = 12 }",
            ),
        ],
        named: "offset of WSPUPCALLTABLE.lpWPUResetEvent",
        only: None,
    },
    Fault {
        what: "a parameter that is too narrow",
        file: "upcalls.toml",
        edits: &[(
            "name = \"dwCatalogEntryId\", type = \"DWORD\"",
            "name = \"dwCatalogEntryId\", type = \"WORD\"",
        )],
        named: "LPWPUCREATESOCKETHANDLE: the spec says SOCKET __stdcall (WORD, DWORD_PTR, LPINT)",
        only: None,
    },
    Fault {
        what: "a parameter that may be written to",
        file: "downcalls-settings.toml",
        edits: &[("\"const CHAR *\"", "\"CHAR *\"")],
        named: "LPWSPSETSOCKOPT: the spec says int __stdcall (SOCKET, int, int, CHAR *, int, LPINT)",
        only: None,
    },
    Fault {
        what: "two downcalls of one type in each other's slot",
        file: "downcalls-connections.toml",
        edits: &[("slot = 18", "slot = 99"), ("slot = 27", "slot = 18"), ("slot = 99", "slot = 27")],
        named: "offset of WSPPROC_TABLE.lpWSPListen",
        only: None,
    },
    Fault {
        what: "a parameter of a downcall that is missing",
        file: "downcalls-connections.toml",
        edits: &[(
            r#"  { name = "backlog", type = "int", direction = "in", rust-name = "backlog", doc = "How many connections may wait to be accepted." },"#,
            "",
        )],
        named: "LPWSPLISTEN: the spec says int __stdcall (SOCKET, LPINT)",
        only: None,
    },
    Fault {
        what: "a function of the catalog that writes to what it reads",
        file: "catalog.toml",
        edits: &[("\"const WCHAR *\"", "\"WCHAR *\"")],
        named: "WSCInstallProvider: the spec says int __stdcall (LPGUID, WCHAR *, LPWSAPROTOCOL_INFOW, DWORD, LPINT)",
        only: None,
    },
    Fault {
        what: "a function that 32-bit programs do not have",
        file: "catalog.toml",
        edits: &[("arch = \"64-bit\"\n", "")],
        named: "'WSCInstallProvider64_32' undeclared",
        only: Some("i686-w64-mingw32-gcc"),
    },
    Fault {
        what: "a result of another type",
        file: "upcalls.toml",
        edits: &[
            ("pointer-type = \"LPWPUFDISSET\"", "pointer-type = \"LATER\""),
            ("pointer-type = \"LPWPUCREATEEVENT\"", "pointer-type = \"LPWPUFDISSET\""),
            ("pointer-type = \"LATER\"", "pointer-type = \"LPWPUCREATEEVENT\""),
        ],
        named: "LPWPUFDISSET: the spec says WSAEVENT __stdcall (LPINT)",
        only: None,
    },
    Fault {
        what: "a wrong constant",
        file: "constants.toml",
        edits: &[(
            "name = \"XP1_IFS_HANDLES\", type = \"DWORD\", value = 0x00020000",
            "name = \"XP1_IFS_HANDLES\", type = \"DWORD\", value = 0x00010000",
        )],
        named: "XP1_IFS_HANDLES: the spec says 65536",
        only: None,
    },
    Fault {
        what: "a wrong error",
        file: "errors.toml",
        edits: &[("value = 10106", "value = 10206")],
        named: "WSAEPROVIDERFAILEDINIT: the spec says 10206",
        only: None,
    },
    Fault {
        what: "two members in each other's place",
        file: "structs.toml",
        edits: &[
            (
                "{ name = \"wVersion\", type = \"WORD\", offset = [0, 0]",
                "{ name = \"wHighVersion\", type = \"WORD\", offset = [0, 0]",
            ),
            (
                "{ name = \"wHighVersion\", type = \"WORD\", offset = [2, 2]",
                "{ name = \"wVersion\", type = \"WORD\", offset = [2, 2]",
            ),
        ],
        named: "offset of WSPDATA.wHighVersion: the spec says 0 on 32-bit and 0 on 64-bit machines",
        only: None,
    },
    Fault {
        what: "a member of another type and the same width",
        file: "structs.toml",
        edits: &[("{ name = \"iVersion\", type = \"int\"", "{ name = \"iVersion\", type = \"DWORD\"")],
        named: "type of WSAPROTOCOL_INFOW.iVersion: the spec says DWORD",
        only: None,
    },
    Fault {
        what: "a structure that is too large",
        file: "structs.toml",
        edits: &[
            ("size = [516, 516]", "size = [518, 518]"),
            ("\"WCHAR[256]\", offset = [4, 4]", "\"WCHAR[257]\", offset = [4, 4]"),
        ],
        named: "size of WSPDATA: the spec says 518 bytes on 32-bit and 518 on 64-bit machines",
        only: None,
    },
    Fault {
        what: "a number that has a sign",
        file: "types.toml",
        edits: &[("name = \"UINT\"\ntype = \"u32\"", "name = \"UINT\"\ntype = \"i32\"")],
        named: "UINT: the spec says that it has a sign",
        only: None,
    },
];

/// This fault changes the type of every function.
const CONVENTION: Fault = Fault {
    what: "another calling convention",
    file: "spec.toml",
    edits: &[("convention = \"system\"", "convention = \"c\"")],
    named: "LPWSPSTARTUP: the spec says int __cdecl (WORD, LPWSPDATA, LPWSAPROTOCOL_INFOW, WSPUPCALLTABLE, LPWSPPROC_TABLE)",
    only: Some("i686-w64-mingw32-gcc"),
};

/// A compiler says this where nothing else is wrong.
const OBJECT: Fault = Fault {
    what: "an object with another number in it",
    file: "extension-functions.toml",
    edits: &[(
        "0x11cf, [0x95, 0xca, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92]",
        "0x11cf, [0x95, 0xca, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x93]",
    )],
    named: "the spec says {0xB5367DF0, 0xCBAC, 0x11CF, {0x95, 0xCA, 0, 0x80, 0x5F, 0x48, 0xA1, 0x93}}",
    only: None,
};

#[test]
fn every_kind_of_fault_is_detected_and_named() {
    for (name, faults) in [("faults", FAULTS), ("convention", &[CONVENTION]), ("object", &[OBJECT])] {
        let edits = faults.iter().flat_map(|fault| fault.edits.iter().map(|edit| (fault.file, *edit)));
        let page = [together(&planted(name, edits), name)];
        for compiler in present(&COMPILERS) {
            let said = said(compiler, &OPTIONS, &page);
            for fault in faults.iter().filter(|fault| fault.only.is_none_or(|only| only == compiler)) {
                assert!(said.contains(fault.named), "{compiler}: {}\n{said}", fault.what);
            }
        }
    }
}

/// An exception without a mismatch is an error.
#[test]
fn every_exception_is_needed() {
    let text = common::read(&project().join("spec/headers.toml"));
    let starts: Vec<_> = text.match_indices("[[header-mismatch]]").map(|(at, _)| at).collect();
    assert!(!starts.is_empty(), "the spec has no header mismatches; remove this test");
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let exceptions: Vec<_> = starts.iter().zip(ends).map(|(start, end)| &text[*start..end]).collect();
    let edits = exceptions.iter().map(|exception| ("headers.toml", (*exception, "")));
    let page = [together(&planted("without exceptions", edits), "exceptions")];
    for compiler in present(&COMPILERS) {
        let said = said(compiler, &OPTIONS, &page);
        for exception in &exceptions {
            let name = exception.split('"').nth(1).expect("it is about something");
            let differs = [format!("{name}: the spec says"), format!("'{name}' undeclared")];
            assert!(differs.iter().any(|text| said.contains(text)), "{compiler}: {name}\n{said}");
        }
    }
}

#[test]
fn the_header_is_c_and_cpp() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("header");
    fs::create_dir_all(&folder).expect("the target folder can be written to");
    let program = project().join("tests/windows/header.c");
    let include = format!("-I{}", project().join("generated/c").display());
    let strict = [&*include, "-Wall", "-Wextra", "-Wpedantic", "-Werror"];
    for (compiler, language) in [("cc", "-std=c99"), ("c++", "-xc++"), ("clang", "-std=c11")] {
        for compiler in present(&[compiler]) {
            let out = folder.join(format!("{compiler}{language}"));
            let out_option = out.display().to_string();
            let options = [&strict[..], &[language, "-o", &out_option]].concat();
            assert_eq!(said(compiler, &options, std::slice::from_ref(&program)), "", "{compiler} {language}");
            let run = Command::new(&out).output().expect("what was built can be run");
            assert!(run.status.success(), "{compiler} {language}: {}", String::from_utf8_lossy(&run.stdout));
        }
    }
    // With the headers of Windows, with whose names it must not clash.
    for compiler in present(&COMPILERS) {
        let options = [&strict[..], &["-std=c11", "-fsyntax-only"]].concat();
        assert_eq!(said(compiler, &options, std::slice::from_ref(&program)), "", "{compiler}");
    }
}

/// An invented spec gives a header too.
#[test]
fn the_facts_of_an_invented_spec_are_c() {
    let case = common::Case::all("nonsense").into_iter().find(|case| case.name == "nonsense/zorb");
    let spec = compile(case.expect("it is there").sources()).unwrap_or_else(|found| panic!("{found}"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("invented");
    fs::create_dir_all(&folder).expect("the target folder can be written to");
    spec.emit().write(&folder).expect("the target folder can be written to");
    let program = folder.with_extension("c");
    let text = format!(
        "#include \"{}\"\nint main(void) {{ return ZORB_UPCALLS - (int)(sizeof zorb_upcalls / sizeof *zorb_upcalls); }}\n",
        folder.join("c/zorb.h").display()
    );
    fs::write(&program, text).expect("the target folder can be written to");
    for compiler in present(&["cc", "clang"]) {
        let options = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"];
        assert_eq!(said(compiler, &options, std::slice::from_ref(&program)), "", "{compiler}");
    }
    // A declaration of some machines only is compared on those only, and each exception has its reason.
    let moon = common::read(&folder.join("c/check/moon.h.c"));
    assert!(moon.contains("#include <sky.h>\n#if __has_include(<moon.h>)"), "{moon}");
    assert!(
        moon.contains("#if UINTPTR_MAX > UINT32_MAX\ntypedef tone (CHECK_CALL *spec_moonRise)"),
        "{moon}"
    );
    let stdlib = common::read(&folder.join("c/check/stdlib.h.c"));
    assert!(
        stdlib.contains("/* `abs`: it sounds otherwise there (song) */\n#ifndef OUT_OF_TUNE\n"),
        "{stdlib}"
    );
}

/// A header in a folder, and headers that are named like the macros of all files, or like a page of the
/// generator.
#[test]
fn each_header_has_a_file_of_its_own_whatever_its_name() {
    let base = common::base().replace("kettle.h", "sys/language.h");
    let spec = compile(Sources::from_texts([("base.toml", base)])).unwrap_or_else(|found| panic!("{found}"));
    let files = spec.emit();
    let includes = |(path, text): (&str, &str)| {
        let folder = Path::new(path).parent()?.to_owned();
        let at = text.lines().find_map(|line| line.strip_prefix("#include \"")?.strip_suffix('"'))?;
        Some((path.to_owned(), folder, at.to_owned()))
    };
    let pages: Vec<_> = files.iter().filter_map(includes).collect();
    assert!(pages.iter().any(|(path, ..)| path == "c/check/sys+language.h.c"), "{pages:?}");
    for (path, folder, at) in pages {
        let found = at.split('/').fold(folder, |folder, part| match part {
            ".." => folder.parent().expect("it stays within the output").to_owned(),
            part => folder.join(part),
        });
        assert!(
            files.iter().any(|(there, _)| Path::new(there) == found),
            "{path} includes {at}, which is not there"
        );
    }
}

/// The compilers that are installed. The others are reported.
fn present<'a>(compilers: &[&'a str]) -> Vec<&'a str> {
    let there = |compiler: &&&'a str| {
        let found = Command::new(compiler).arg("--version").output().is_ok_and(|run| run.status.success());
        if !found {
            // Written to the terminal directly, since the output of a passing test is not shown.
            let line = format!("not run: C files with `{compiler}`, which is not there\n");
            std::io::stderr().write_all(line.as_bytes()).expect("there is a terminal or a log");
        }
        found
    };
    compilers.iter().filter(there).copied().collect()
}

/// The files that compare.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join("c/check")).expect("the output compares with headers");
    let mut pages: Vec<_> = entries.map(|entry| entry.expect("the folder can be read").path()).collect();
    pages.sort();
    pages
}

/// A file that includes all of them, so that the headers are parsed once.
fn together(folder: &Path, name: &str) -> PathBuf {
    let pages = pages(folder);
    let includes =
        pages.iter().fold(String::new(), |text, page| text + &format!("#include \"{}\"\n", page.display()));
    // Beside the folder, which must contain the output only.
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name).with_extension("c");
    // This header must come first, as its documentation says.
    fs::write(&path, format!("#include <winsock2.h>\n{includes}"))
        .expect("the target folder can be written to");
    path
}

/// The messages of a compiler.
fn said(compiler: &str, options: &[&str], files: &[PathBuf]) -> String {
    // In English, with ASCII quotes.
    let run = Command::new(compiler).args(options).args(files).env("LC_ALL", "C").output();
    let run = run.expect("the compiler can be started");
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    if !run.status.success() && said.is_empty() { run.status.to_string() } else { said }
}

/// The output of an edited spec. Each edit has a file, the old text and the new text.
fn planted<'a>(name: &str, edits: impl IntoIterator<Item = (&'a str, (&'a str, &'a str))>) -> PathBuf {
    let mut texts = common::spec();
    for (file, (from, to)) in edits {
        let text = texts.iter_mut().find(|(name, _)| name == file).map(|(_, text)| text).expect(file);
        assert!(text.contains(from), "{name}: {file} does not have {from}");
        *text = text.replacen(from, to, 1);
    }
    let spec = compile(Sources::from_texts(texts)).unwrap_or_else(|found| panic!("{name}:\n{found}"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("planted").join(name.replace(' ', "-"));
    fs::create_dir_all(&folder).expect("the target folder can be written to");
    spec.emit().write(&folder).expect("the target folder can be written to");
    folder
}

//! What `wpu` says: help, dry runs, and each kind of error.
#![expect(clippy::needless_raw_string_hashes, reason = "as expect-test writes them")]

use expect_test::{Expect, expect};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::LazyLock;
use wpu_install::{Class, Layer, Memory, Over, Width, apply, parse_guid, write_snapshot};

const ID: &str = "{d3c21122-85e1-48f3-9ab6-23d90c73077e}";

/// Written once: tests run side by side, and on Windows a file that is read cannot be replaced.
static CATALOGS: LazyLock<[PathBuf; 2]> = LazyLock::new(|| {
    [("catalog.json", plain()), ("layered.json", with_layer())].map(|(name, text)| {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&path, text).expect("the folder for tests can be written to");
        path
    })
});

/// Runs `wpu` with these words; `{catalog}` is a file with the catalogs of a new Windows, `{layered}` one with a
/// layer over TCP.
fn wpu(words: &str) -> String {
    let [catalog, layered] = &*CATALOGS;
    let shown = |path: &PathBuf| path.display().to_string();
    let words = words.split(' ').filter(|word| !word.is_empty()).map(|word| {
        word.replace("{catalog}", &shown(catalog)).replace("{layered}", &shown(layered)).replace("{id}", ID)
    });
    run(&words.collect::<Vec<_>>())
}

/// Runs a program. Wine at times fails to start one while another ends (`ERROR_INTERNAL_ERROR`), and does so a moment later.
fn output(command: &mut Command) -> Output {
    for _ in 0..20 {
        match command.output() {
            Err(error) if cfg!(windows) && error.raw_os_error() == Some(1359) => {
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
            output => return output.expect("wpu can be started"),
        }
    }
    panic!("wpu cannot be started");
}

/// Runs `wpu` with these words as they are.
fn run<T: AsRef<OsStr>>(words: &[T]) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let output = output(Command::new(env!("CARGO_BIN_EXE_wpu")).args(words));
    let code = output.status.code().expect("wpu ends by itself");
    let text = |bytes: &[u8]| {
        String::from_utf8(bytes.to_vec())
            .expect("wpu writes UTF-8")
            .replace(&folder.display().to_string(), "…")
            .replace("…\\", "…/")
    };
    format!("{}{}exit code {code}\n", text(&output.stdout), text(&output.stderr))
}

fn plain() -> String {
    write_snapshot(Memory::sample(&Width::ALL).catalogs())
}

fn with_layer() -> String {
    let mut memory = Memory::sample(&[Width::Bits64]);
    let layer = Layer {
        provider: parse_guid(ID).expect("it is an id"),
        name: "Count".into(),
        path: r"C:\count\count.dll".into(),
        path32: None,
        class: Class::NonIfs,
        over: Over::Entries(vec![1001]),
        categories: 1,
    };
    let plan = layer.plan(memory.catalogs()).expect("there is a plan");
    apply(&plan, &mut memory).expect("it can be carried out");
    write_snapshot(memory.catalogs())
}

#[expect(clippy::needless_pass_by_value, reason = "as the macro gives it")]
fn check(words: &str, expected: Expect) {
    expected.assert_eq(&wpu(words));
}

const LAYER: &str = "install layer --id {id} --path C:\\count\\count.dll --name Count";
const BASE: &str = "install base --id {id} --path C:\\base.dll --name Pipes --class non-ifs";

#[test]
fn help() {
    check(
        "",
        expect![[r#"
            wpu installs Winsock service providers, lists the catalog, and uninstalls

            Usage: wpu <COMMAND>

            Commands:
              catalog    List the providers that are installed, and say what is broken
              install    Install a provider
              uninstall  Remove a provider, and restore what was there
              category   Show or set which layers a program loads, by their categories
              help       Print this message or the help of the given subcommand(s)

            Options:
              -h, --help     Print help
              -V, --version  Print version

            Examples:
              wpu catalog                      what is installed, and what is broken
              wpu catalog --json > pc.json     take the catalog along; plan with it anywhere: --catalog pc.json --dry-run
              wpu help install layer           how to install a layer
              wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e --dry-run
                                               what removing that provider would do

            Changes need Windows and an administrator; --dry-run needs neither. After a change, restart the programs that
            run, or Windows for services.
            Exit codes: 0 done, 1 a problem, 2 arguments that make no sense.
            exit code 2
        "#]],
    );
    let whole = wpu("").replace("exit code 2", "exit code 0");
    assert_eq!([wpu("--help"), wpu("help"), wpu("-h")], [whole.clone(), whole.clone(), whole]);
    for command in ["catalog", "install", "install base", "install layer", "uninstall", "category"] {
        let long = wpu(&format!("{command} --help"));
        assert_eq!([wpu(&format!("help {command}")), wpu(&format!("{command} -h"))], [long.clone(), long]);
    }
    assert_eq!(wpu("--version"), concat!("wpu ", env!("CARGO_PKG_VERSION"), "\nexit code 0\n"));
    assert_eq!(wpu("-V"), wpu("--version"));
    check(
        "catalog --help",
        expect![[r#"
            List the providers that are installed, and say what is broken

            Usage: wpu catalog [OPTIONS]

            Options:
                  --catalog <64|32|both|FILE>  The catalog of 64-bit or of 32-bit programs, both, or a
                                               file that `wpu catalog --json` wrote; if absent, all
                                               catalogs of this system
                  --format <FORMAT>            How the listing is written; text if absent [possible values: text, json]
                  --json                       The same as --format json
              -h, --help                       Print help

            Examples:
              wpu catalog                          all catalogs of this system
              wpu catalog --catalog 32             that of 32-bit programs
              wpu catalog --json > pc.json         write it for another system
              wpu catalog --catalog pc.json        read it there
            exit code 0
        "#]],
    );
    check(
        "install",
        expect![[r#"
            Install a provider

            Usage: wpu install <COMMAND>

            Commands:
              base   Install a provider that talks to a network or a device itself
              layer  Install a provider that goes over others (deprecated since Windows 8)
              help   Print this message or the help of the given subcommand(s)

            Options:
              -h, --help  Print help

            Examples:
              wpu install base --id d3c21122-85e1-48f3-9ab6-23d90c73077e --path "%ProgramFiles%\pipes\pipes.dll" \
                  --name Pipes --class non-ifs --sockets 40/1/0 --dry-run
              wpu install layer --id d3c21122-85e1-48f3-9ab6-23d90c73077e --path "%ProgramFiles%\count\count.dll" \
                  --name Count --class ifs --over every --category inspector --dry-run
            exit code 2
        "#]],
    );
    check(
        "install base --help",
        expect![[r#"
            Install a provider that talks to a network or a device itself

            Usage: wpu install base [OPTIONS] --id <ID> --path <DLL> --name <NAME> --class <CLASS> --sockets <FAMILY/TYPE/PROTOCOL>

            Options:
                  --id <ID>                         Its id, such as d3c21122-85e1-48f3-9ab6-23d90c73077e
                  --path <DLL>                      Where its DLL is; variables such as %ProgramFiles% stay
                                                    in the catalog
                  --path-32 <DLL>                   The DLL for 32-bit programs, if it has another path
                  --name <NAME>                     What it is called
                  --class <CLASS>                   Whether its sockets are file handles [possible values: ifs, non-ifs]
                  --sockets <FAMILY/TYPE/PROTOCOL>  The sockets that it offers, in numbers, such as 40/1/0
                  --flags <NUMBER>                  What the sockets promise: the sum of XP1_… [default: 0]
                  --addresses <MIN-MAX>             How long addresses are, in bytes [default: 16-16]
                  --message-size <NUMBER>           The longest message: 0 for streams [default: 0]
                  --first                           Let programs find it before all others
                  --catalog <64|32|both|FILE>       The catalog of 64-bit or of 32-bit programs, both, or a
                                                    file that `wpu catalog --json` wrote; if absent, all
                                                    catalogs of this system
                  --dry-run                         Show the plan, and change nothing
              -h, --help                            Print help

            Example, which changes nothing until --dry-run is left out:
              wpu install base --id d3c21122-85e1-48f3-9ab6-23d90c73077e --path "%ProgramFiles%\pipes\pipes.dll" \
                  --name Pipes --class non-ifs --sockets 40/1/0 --dry-run

            To undo it: wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e
            exit code 0
        "#]],
    );
    check(
        "install layer --help",
        expect![[r#"
            Install a provider that goes over others (deprecated since Windows 8)

            Usage: wpu install layer [OPTIONS] --id <ID> --path <DLL> --name <NAME> --class <CLASS> --over <WHAT>

            Options:
                  --id <ID>                    Its id, such as d3c21122-85e1-48f3-9ab6-23d90c73077e
                  --path <DLL>                 Where its DLL is; variables such as %ProgramFiles% stay
                                               in the catalog
                  --path-32 <DLL>              The DLL for 32-bit programs, if it has another path
                  --name <NAME>                What it is called
                  --class <CLASS>              Whether its sockets are file handles [possible values: ifs, non-ifs]
                  --over <WHAT>                What it goes over, by what programs find: `every` kind of
                                               sockets, or family/type/protocol such as 2/1/6 for TCP, or
                                               the number of an entry of one catalog; all but `every` may
                                               be repeated
                  --category <CATEGORY>        What it does: system, inspector, redirector, proxy,
                                               firewall, inbound-modify, outbound-modify,
                                               crypto-compress, local-cache; may be repeated
                  --catalog <64|32|both|FILE>  The catalog of 64-bit or of 32-bit programs, both, or a
                                               file that `wpu catalog --json` wrote; if absent, all
                                               catalogs of this system
                  --dry-run                    Show the plan, and change nothing
              -h, --help                       Print help

            Example, which changes nothing until --dry-run is left out:
              wpu install layer --id d3c21122-85e1-48f3-9ab6-23d90c73077e --path "%ProgramFiles%\count\count.dll" \
                  --name Count --class ifs --over 2/1/6 --over 23/1/6 --category inspector --catalog 64 --dry-run

            Each catalog is changed by the build of wpu of its width: --catalog 64 first, then the 32-bit wpu, --catalog 32.
            To undo it: wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e

            Layered providers are deprecated since Windows 8 and Windows Server 2012; Microsoft's advice is the Windows
            Filtering Platform.
            exit code 0
        "#]],
    );
    check(
        "uninstall --help",
        expect![[r#"
            Remove a provider, and restore what was there

            Usage: wpu uninstall [OPTIONS] --id <ID>

            Options:
                  --id <ID>                    The provider's id; for a layer, that of its hidden entry
                  --with-others                Remove chains of other layers too, if any go through it
                  --catalog <64|32|both|FILE>  The catalog of 64-bit or of 32-bit programs, both, or a
                                               file that `wpu catalog --json` wrote; if absent, all
                                               catalogs of this system
                  --dry-run                    Show the plan, and change nothing
              -h, --help                       Print help

            Examples:
              wpu catalog                          the ids of all providers
              wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e --dry-run
                                                   what removing it would do
            exit code 0
        "#]],
    );
}

#[test]
fn catalog() {
    check(
        "catalog --catalog {layered}",
        expect![[r#"
        64-bit catalog, in the order in which programs look through it
            1006  Count over [TCP over IP version 4]
                  chain 1005 > 1001, non-IFS; family 2, type 1, protocol 6
                  {3cb750a1-956e-8dde-aedd-7a4d64ae7d58} C:\count\count.dll
            1001  TCP over IP version 4
                  base, IFS; family 2, type 1, protocol 6
                  {bf1df716-73dc-86c6-adff-170b50fac591} %SystemRoot%\system32\mswsock.dll
            1002  UDP over IP version 4
                  base, IFS; family 2, type 2, protocol 17
                  {bf1df716-73dc-86c6-adff-170b50fac591} %SystemRoot%\system32\mswsock.dll
            1003  TCP over IP version 6
                  base, IFS; family 23, type 1, protocol 6
                  {b15eaff0-a1dc-89d7-973b-982a2a4099db} %SystemRoot%\system32\mswsock.dll
            1004  UDP over IP version 6
                  base, IFS; family 23, type 2, protocol 17
                  {b15eaff0-a1dc-89d7-973b-982a2a4099db} %SystemRoot%\system32\mswsock.dll
            1005  Count
                  layer, non-IFS, hidden; family 2, type 0, protocol 0
                  {d3c21122-85e1-48f3-9ab6-23d90c73077e} C:\count\count.dll
                  categories: inspector
        exit code 0
    "#]],
    );
    check(
        "catalog --catalog {catalog}",
        expect![[r#"
        64-bit catalog, in the order in which programs look through it
            1001  TCP over IP version 4
                  base, IFS; family 2, type 1, protocol 6
                  {bf1df716-73dc-86c6-adff-170b50fac591} %SystemRoot%\system32\mswsock.dll
            1002  UDP over IP version 4
                  base, IFS; family 2, type 2, protocol 17
                  {bf1df716-73dc-86c6-adff-170b50fac591} %SystemRoot%\system32\mswsock.dll
            1003  TCP over IP version 6
                  base, IFS; family 23, type 1, protocol 6
                  {b15eaff0-a1dc-89d7-973b-982a2a4099db} %SystemRoot%\system32\mswsock.dll
            1004  UDP over IP version 6
                  base, IFS; family 23, type 2, protocol 17
                  {b15eaff0-a1dc-89d7-973b-982a2a4099db} %SystemRoot%\system32\mswsock.dll

        32-bit catalog, in the order in which programs look through it
            2001  TCP over IP version 4
                  base, IFS; family 2, type 1, protocol 6
                  {bf1df716-73dc-86c6-adff-170b50fac591} %SystemRoot%\system32\mswsock.dll
            2002  UDP over IP version 4
                  base, IFS; family 2, type 2, protocol 17
                  {bf1df716-73dc-86c6-adff-170b50fac591} %SystemRoot%\system32\mswsock.dll
            2003  TCP over IP version 6
                  base, IFS; family 23, type 1, protocol 6
                  {b15eaff0-a1dc-89d7-973b-982a2a4099db} %SystemRoot%\system32\mswsock.dll
            2004  UDP over IP version 6
                  base, IFS; family 23, type 2, protocol 17
                  {b15eaff0-a1dc-89d7-973b-982a2a4099db} %SystemRoot%\system32\mswsock.dll
        exit code 0
    "#]],
    );
    assert_eq!(wpu("catalog --json --catalog {layered}"), with_layer() + "exit code 0\n");
}

/// The base is gone that a chain goes over, and the file of a provider.
#[test]
fn broken_catalogs() {
    let mut catalogs = wpu_install::read_snapshot(&with_layer()).expect("it was just written");
    let catalog = catalogs.bits64.as_mut().expect("it is there");
    catalog.entries.retain(|entry| ![1001, 1003, 1004].contains(&entry.id()));
    let exists = |_, path: &wpu_install::WideString| Some(path.to_string().contains("mswsock"));
    let findings = wpu_install::findings(&catalogs, exists);
    let listing = wpu_install::Listing { catalogs: &catalogs, findings: &findings };
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("broken.json");
    std::fs::write(&path, wpu_install::write_listing(&listing))
        .expect("the folder for tests can be written to");
    check(
        &format!("catalog --catalog {}", path.display()),
        expect![[r#"
        64-bit catalog, in the order in which programs look through it
            1006  Count over [TCP over IP version 4]
                  chain 1005 > 1001, non-IFS; family 2, type 1, protocol 6
                  {3cb750a1-956e-8dde-aedd-7a4d64ae7d58} C:\count\count.dll
                  broken: its chain names entry 1001, which does not exist
                  help: wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e --catalog 64
                  broken: the file `C:\count\count.dll` is not there
                  help: wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e --catalog 64
            1002  UDP over IP version 4
                  base, IFS; family 2, type 2, protocol 17
                  {bf1df716-73dc-86c6-adff-170b50fac591} %SystemRoot%\system32\mswsock.dll
            1005  Count
                  layer, non-IFS, hidden; family 2, type 0, protocol 0
                  {d3c21122-85e1-48f3-9ab6-23d90c73077e} C:\count\count.dll
                  categories: inspector
                  broken: the file `C:\count\count.dll` is not there
                  help: wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e --catalog 64

        3 things are broken: see `broken` above
        exit code 0
    "#]],
    );
    let json = wpu(&format!("catalog --format json --catalog {}", path.display()));
    expect![[r#"
        : [
            {
              "catalog": "64",
              "entry": 1006,
              "fault": "link-missing",
              "link": 1001,
              "text": "its chain names entry 1001, which does not exist",
              "help": "wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e --catalog 64"
            },
            {
              "catalog": "64",
              "entry": 1006,
              "fault": "file-missing",
              "path": "C:\\count\\count.dll",
              "text": "the file `C:\\count\\count.dll` is not there",
              "help": "wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e --catalog 64"
            },
            {
              "catalog": "64",
              "entry": 1005,
              "fault": "file-missing",
              "path": "C:\\count\\count.dll",
              "text": "the file `C:\\count\\count.dll` is not there",
              "help": "wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e --catalog 64"
            }
          ]
        }
        exit code 0
    "#]]
    .assert_eq(json.split_once("  \"findings\"").expect("it has some").1);
    // Nothing is lost when it is written once more.
    assert_eq!(json, wpu_install::write_listing(&listing) + "exit code 0\n");
}

const PROGRAM: &str = "category C:\\Windows\\System32\\wsl.exe --catalog {layered}";

#[test]
fn categories() {
    check(
        "category --help",
        expect![[r#"
            Show or set which layers a program loads, by their categories

            Usage: wpu category [OPTIONS] <PROGRAM>

            Arguments:
              <PROGRAM>  The program's file, such as "%ProgramFiles%\a\a.exe"

            Options:
                  --arguments <TEXT>           Only where it is started with these arguments, as svchost.exe is
                  --permit <CATEGORY>          Let it load layers of this category, and of no others:
                                               system, inspector, redirector, proxy, firewall,
                                               inbound-modify, outbound-modify, crypto-compress,
                                               local-cache; may be repeated
                  --forget                     Forget its categories: it then loads every layer
                  --catalog <64|32|both|FILE>  The catalog of 64-bit or of 32-bit programs, both, or a
                                               file that `wpu catalog --json` wrote; if absent, all
                                               catalogs of this system
                  --dry-run                    Show the plan, and change nothing
                  --format <FORMAT>            How the listing is written; text if absent [possible values: text, json]
                  --json                       The same as --format json
              -h, --help                       Print help

            Examples:
              wpu category C:\Windows\System32\wsl.exe
                                                   which layers it loads
              wpu category C:\Windows\System32\wsl.exe --permit system --dry-run
                                                   what would keep it free of all but those for system processes
              wpu category C:\Windows\System32\wsl.exe --forget
                                                   undo it

            A program that is not categorised loads every layer. Another loads a layer if they have a category in common, the layer
            has none that the program does not permit, and it has `system` if the program permits that. A layer without categories
            is loaded by programs that are not categorised alone. Programs that run keep what they started with.
            exit code 0
        "#]],
    );
    check(
        PROGRAM,
        expect![[r#"
        `C:\Windows\System32\wsl.exe` is not categorised, and loads every layer
          loads 1005 `Count` of the 64-bit catalog: inspector
        note: a file of a catalog does not say what programs permit: the program is taken for one that is not categorised
        exit code 0
    "#]],
    );
    check(
        &format!("{PROGRAM} --json --arguments -k"),
        expect![[r#"
        {
          "arguments": "-k",
          "layers": [
            {
              "catalog": "64",
              "categories": [
                "inspector"
              ],
              "entry": 1005,
              "loaded": true,
              "name": "Count"
            }
          ],
          "permitted": null,
          "program": "C:\\Windows\\System32\\wsl.exe"
        }
        exit code 0
    "#]],
    );
    check(
        &format!("{PROGRAM} --permit system --permit proxy --dry-run"),
        expect![[r#"
          1. `C:\Windows\System32\wsl.exe` permits system, proxy
        then `C:\Windows\System32\wsl.exe` permits system, proxy
          does not load 1005 `Count` of the 64-bit catalog: inspector
        note: a file of a catalog does not say what programs permit: the program is taken for one that is not categorised
        note: programs that run keep the categories that they started with: restart them
        dry run: nothing was changed
        exit code 0
    "#]],
    );
    check(
        &format!("{PROGRAM} --permit inspector --arguments -k --dry-run"),
        expect![[r#"
          1. `C:\Windows\System32\wsl.exe` with the arguments `-k` permits inspector
        then `C:\Windows\System32\wsl.exe` with the arguments `-k` permits inspector
          loads 1005 `Count` of the 64-bit catalog: inspector
        note: a file of a catalog does not say what programs permit: the program is taken for one that is not categorised
        note: programs that run keep the categories that they started with: restart them
        dry run: nothing was changed
        exit code 0
    "#]],
    );
    check(
        &format!("{PROGRAM} --permit system"),
        expect![[r#"
        error: a file of a catalog can be planned with, not changed: add --dry-run
        exit code 1
    "#]],
    );
    check(
        &format!("{PROGRAM} --forget --dry-run"),
        expect![[r#"
            error: `C:\Windows\System32\wsl.exe` is not categorised, so that there is nothing to forget
            exit code 1
        "#]],
    );
    check(
        "category wsl.exe --catalog {layered}",
        expect![[r#"
        error: the path `wsl.exe` does not say where the program is: begin it with a drive, with a variable such as %ProgramFiles%, or with \\
        exit code 1
    "#]],
    );
    expect![[r#"
        wpu category
          error: `<PROGRAM>` is missing
          help: `wpu category --help` lists its options
          exit code 2
        wpu category C:\a.exe --permit any
          error: `--permit` cannot be `any`
          help: it may be `system`, `inspector`, `redirector`, `proxy`, `firewall`, `inbound-modify`, `outbound-modify`, `crypto-compress`, `local-cache`
          exit code 2
        wpu category C:\a.exe --permit system --permit system
          error: `--permit system` is given twice
          help: each value may be given once
          exit code 2
        wpu category C:\a.exe --permit system --forget
          error: `--permit` and `--forget` contradict each other
          help: leave one out
          exit code 2
        wpu category C:\a.exe --dry-run
          error: `--dry-run` has no effect here
          help: it is for `--permit` and `--forget`; without these nothing is changed
          exit code 2
        wpu category C:\a.exe --permit system --json
          error: `--json` has no effect here
          help: it is for the listing, without `--permit` or `--forget`
          exit code 2
        wpu category C:\a.exe --forget --format text
          error: `--format` has no effect here
          help: it is for the listing, without `--permit` or `--forget`
          exit code 2
        wpu category C:\a.exe --permit
          error: `--permit` has no value
          help: it may be `system`, `inspector`, `redirector`, `proxy`, `firewall`, `inbound-modify`, `outbound-modify`, `crypto-compress`, `local-cache`
          exit code 2
        wpu category C:\a.exe C:\b.exe
          error: `C:\b.exe` is not expected here
          help: `wpu category --help` lists its options
          exit code 2
        wpu category --permt system
          error: `wpu category` has no option `--permt`
          help: the nearest option is `--permit`
          exit code 2
    "#]].assert_eq(&answers(&[
        "category",
        "category C:\\a.exe --permit any",
        "category C:\\a.exe --permit system --permit system",
        "category C:\\a.exe --permit system --forget",
        "category C:\\a.exe --dry-run",
        "category C:\\a.exe --permit system --json",
        "category C:\\a.exe --forget --format text",
        "category C:\\a.exe --permit",
        "category C:\\a.exe C:\\b.exe",
        "category --permt system",
    ]));
}

#[test]
fn dry_runs() {
    check(
        &format!("{LAYER} --class ifs --over every --catalog {{catalog}} --dry-run"),
        expect![[r#"
          1. add `Count` to the 64-bit catalog: {d3c21122-85e1-48f3-9ab6-23d90c73077e}, C:\count\count.dll
               new 1: `Count`, layer, IFS, hidden
          2. add `Count over [TCP over IP version 4]` to the 64-bit catalog: {abe80780-a780-834d-a8b9-fa1aa15532eb}, C:\count\count.dll
               new 2: `Count over [TCP over IP version 4]`, chain new 1 > 1001, IFS
          3. add `Count over [UDP over IP version 4]` to the 64-bit catalog: {050afe99-7d0d-8630-89e8-e1bb56cccfef}, C:\count\count.dll
               new 3: `Count over [UDP over IP version 4]`, chain new 1 > 1002, IFS
          4. add `Count over [TCP over IP version 6]` to the 64-bit catalog: {f6185c15-3afa-88c5-ab93-6814dcbe45b8}, C:\count\count.dll
               new 4: `Count over [TCP over IP version 6]`, chain new 1 > 1003, IFS
          5. add `Count over [UDP over IP version 6]` to the 64-bit catalog: {4042db69-d33f-8941-8471-7994419f2a94}, C:\count\count.dll
               new 5: `Count over [UDP over IP version 6]`, chain new 1 > 1004, IFS
          6. put the 64-bit catalog in order
               new 2, 1001, new 3, 1002, new 4, 1003, new 5, 1004, new 1
          7. add `Count` to the 32-bit catalog: {d3c21122-85e1-48f3-9ab6-23d90c73077e}, C:\count\count.dll
               new 1: `Count`, layer, IFS, hidden
          8. add `Count over [TCP over IP version 4]` to the 32-bit catalog: {abe80780-a780-834d-a8b9-fa1aa15532eb}, C:\count\count.dll
               new 2: `Count over [TCP over IP version 4]`, chain new 1 > 2001, IFS
          9. add `Count over [UDP over IP version 4]` to the 32-bit catalog: {050afe99-7d0d-8630-89e8-e1bb56cccfef}, C:\count\count.dll
               new 3: `Count over [UDP over IP version 4]`, chain new 1 > 2002, IFS
         10. add `Count over [TCP over IP version 6]` to the 32-bit catalog: {f6185c15-3afa-88c5-ab93-6814dcbe45b8}, C:\count\count.dll
               new 4: `Count over [TCP over IP version 6]`, chain new 1 > 2003, IFS
         11. add `Count over [UDP over IP version 6]` to the 32-bit catalog: {4042db69-d33f-8941-8471-7994419f2a94}, C:\count\count.dll
               new 5: `Count over [UDP over IP version 6]`, chain new 1 > 2004, IFS
         12. put the 32-bit catalog in order
               new 2, 2001, new 3, 2002, new 4, 2003, new 5, 2004, new 1
        note: layered providers are deprecated since Windows 8 and Windows Server 2012; Microsoft's advice is the Windows Filtering Platform
        note: without a category, services and system processes do not load the layer (--category names some)
        note: a program loads only DLLs of its own width, and one path stands in both catalogs: it must lead 32-bit programs to another file, as %SystemRoot%\system32 does
        note: programs that run keep the catalog that they started with: restart them, or Windows for services, before you install or uninstall again
        dry run: nothing was changed
        exit code 0
    "#]],
    );
    check(
        &format!(
            "{LAYER} --path-32 C:\\count\\count32.dll --class non-ifs --over 2/1/6 --over 2/2/17 --category inspector --category system --catalog {{catalog}} --dry-run"
        ),
        expect![[r#"
              1. add `Count` to the 64-bit catalog: {d3c21122-85e1-48f3-9ab6-23d90c73077e}, C:\count\count.dll
                   new 1: `Count`, layer, non-IFS, hidden
              2. set the categories of {d3c21122-85e1-48f3-9ab6-23d90c73077e} in the 64-bit catalog to system, inspector
              3. add `Count over [TCP over IP version 4]`, `Count over [UDP over IP version 4]` to the 64-bit catalog: {3cb750a1-956e-8dde-aedd-7a4d64ae7d58}, C:\count\count.dll
                   new 2: `Count over [TCP over IP version 4]`, chain new 1 > 1001, non-IFS
                   new 3: `Count over [UDP over IP version 4]`, chain new 1 > 1002, non-IFS
              4. put the 64-bit catalog in order
                   new 2, 1001, new 3, 1002, 1003, 1004, new 1
              5. add `Count` to the 32-bit catalog: {d3c21122-85e1-48f3-9ab6-23d90c73077e}, C:\count\count32.dll
                   new 1: `Count`, layer, non-IFS, hidden
              6. set the categories of {d3c21122-85e1-48f3-9ab6-23d90c73077e} in the 32-bit catalog to system, inspector
              7. add `Count over [TCP over IP version 4]`, `Count over [UDP over IP version 4]` to the 32-bit catalog: {3cb750a1-956e-8dde-aedd-7a4d64ae7d58}, C:\count\count32.dll
                   new 2: `Count over [TCP over IP version 4]`, chain new 1 > 2001, non-IFS
                   new 3: `Count over [UDP over IP version 4]`, chain new 1 > 2002, non-IFS
              8. put the 32-bit catalog in order
                   new 2, 2001, new 3, 2002, 2003, 2004, new 1
            note: layered providers are deprecated since Windows 8 and Windows Server 2012; Microsoft's advice is the Windows Filtering Platform
            note: system processes load the layer, and Windows stops when one of them crashes: test it without the category `system` first
            note: select and poll take sockets of one provider, so programs that mix them fail where a non-IFS layer is not over all: in the 64-bit catalog it is not over 1003 `TCP over IP version 6`, 1004 `UDP over IP version 6`
            note: select and poll take sockets of one provider, so programs that mix them fail where a non-IFS layer is not over all: in the 32-bit catalog it is not over 2003 `TCP over IP version 6`, 2004 `UDP over IP version 6`
            note: programs that run keep the catalog that they started with: restart them, or Windows for services, before you install or uninstall again
            dry run: nothing was changed
            exit code 0
        "#]],
    );
    check(
        &format!("{BASE} --sockets 40/1/0 --flags 0x6 --catalog {{catalog}} --dry-run"),
        expect![[r#"
          1. add `Pipes` to both catalogs: {d3c21122-85e1-48f3-9ab6-23d90c73077e}, C:\base.dll
               new 1: `Pipes`, base, non-IFS
        note: a program loads only DLLs of its own width, and one path stands in both catalogs: it must lead 32-bit programs to another file, as %SystemRoot%\system32 does
        note: programs that run keep the catalog that they started with: restart them, or Windows for services, before you install or uninstall again
        dry run: nothing was changed
        exit code 0
    "#]],
    );
    check(
        &format!("{BASE} --sockets 2/1/6 --path-32 D:\\base.dll --first --catalog {{catalog}} --dry-run"),
        expect![[r#"
              1. add `Pipes` to the 64-bit catalog: {d3c21122-85e1-48f3-9ab6-23d90c73077e}, C:\base.dll
                   new 1: `Pipes`, base, non-IFS
              2. add `Pipes` to the 32-bit catalog: {d3c21122-85e1-48f3-9ab6-23d90c73077e}, D:\base.dll
                   new 1: `Pipes`, base, non-IFS
              3. put the 64-bit catalog in order
                   new 1, 1001, 1002, 1003, 1004
              4. put the 32-bit catalog in order
                   new 1, 2001, 2002, 2003, 2004
            note: programs that run keep the catalog that they started with: restart them, or Windows for services, before you install or uninstall again
            dry run: nothing was changed
            exit code 0
        "#]],
    );
    check(
        "uninstall --id {id} --catalog {layered} --dry-run",
        expect![[r#"
          1. remove 1006 `Count over [TCP over IP version 4]` from the 64-bit catalog: {3cb750a1-956e-8dde-aedd-7a4d64ae7d58}
          2. remove 1005 `Count` from the 64-bit catalog: {d3c21122-85e1-48f3-9ab6-23d90c73077e}
        note: programs that run keep the catalog that they started with: restart them, or Windows for services, before you install or uninstall again
        dry run: nothing was changed
        exit code 0
    "#]],
    );
}

#[test]
fn requests_without_a_plan() {
    let layer = |rest: &str| format!("{LAYER} {rest} --dry-run");
    check(
        &layer("--class ifs --over 1001 --catalog {catalog}"),
        expect![[r#"
            error: an entry has one number in the 64-bit catalog and another in the 32-bit one; choose by kind of sockets, or work on one catalog
            help: such as `--over 2/1/6`; or `--catalog 64` first, and `--catalog 32` after it
            exit code 1
        "#]],
    );
    check(
        &layer("--class ifs --over every --catalog {layered}"),
        expect![[r#"
            error: provider {d3c21122-85e1-48f3-9ab6-23d90c73077e} is in the 64-bit catalog already, with C:\count\count.dll, as 1006 `Count over [TCP over IP version 4]`, 1005 `Count`; uninstall it first
            help: wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e
            exit code 1
        "#]],
    );
    let other = |rest: &str| {
        layer(rest).replace("{id}", "00000001-0002-0003-0004-000000000005").replace("count.dll", "c.dll")
    };
    check(
        &other("--class ifs --over 1001 --catalog {layered}"),
        expect![[r#"
        error: an IFS layer cannot go over entry 1001 `TCP over IP version 4` of the 64-bit catalog, since the sockets of 1006 `Count over [TCP over IP version 4]` are no file handles; if that is a layer, uninstall it, install this one, then that one over it
        exit code 1
    "#]],
    );
    check(
        &other("--class non-ifs --over 1001 --catalog {layered}"),
        expect![[r#"
        error: programs never get to entry 1001 `TCP over IP version 4` of the 64-bit catalog, since 1006 `Count over [TCP over IP version 4]` goes over it; choose that one
        exit code 1
    "#]],
    );
    check(
        &other("--class non-ifs --over 1005 --catalog {layered}"),
        expect![[r#"
        error: no layer can go over entry 1005 `Count` of the 64-bit catalog: it is the own entry of a layer, which has no sockets
        exit code 1
    "#]],
    );
    check(
        &other("--class non-ifs --over 7 --catalog {layered}"),
        expect![[r#"
            error: the 64-bit catalog has no entry 7
            help: `wpu catalog` lists what there is
            exit code 1
        "#]],
    );
    check(
        &other("--class non-ifs --over 9/9/9 --catalog {layered}"),
        expect![[r#"
            error: nothing in the 64-bit catalog offers sockets of family 9, type 9, protocol 9
            help: `wpu catalog` lists what there is
            exit code 1
        "#]],
    );
    check(
        &other("--class non-ifs --over 1002 --over 1002 --catalog {layered}"),
        expect![[r#"
        error: `--over 1002` is given twice
        help: each value may be given once
        exit code 2
    "#]],
    );
    check(
        &other("--class non-ifs --over every --catalog {layered}").replace("C:\\count\\c.dll", "c.dll"),
        expect![[r#"
            error: the path `c.dll` does not say where the DLL is: begin it with a drive, with a variable such as %ProgramFiles%, or with \\
            exit code 1
        "#]],
    );
    check(
        &format!("{BASE} --sockets 40/1/0 --flags 0x20000 --catalog {{catalog}} --dry-run"),
        expect![[r#"
            error: the service flags of `Pipes` have XP1_IFS_HANDLES, but the sockets of a non-IFS provider are no file handles
            help: `--class ifs`, or `--flags` without that bit
            exit code 1
        "#]],
    );
    check(
        "uninstall --id {id} --catalog {catalog} --dry-run",
        expect![[r#"
            error: provider {d3c21122-85e1-48f3-9ab6-23d90c73077e} is not installed
            help: `wpu catalog` lists what there is
            exit code 1
        "#]],
    );
    check(
        "uninstall --id bf1df716-73dc-86c6-adff-170b50fac591 --catalog {layered} --dry-run",
        expect![[r#"
            error: other entries of the 64-bit catalog go through this provider: 1006 `Count over [TCP over IP version 4]`; uninstall their layers first, or have these entries removed too
            help: `--with-others` has these entries removed too
            exit code 1
        "#]],
    );
}

#[test]
fn files() {
    // What follows is the system's own text.
    assert!(wpu("catalog --catalog nothing.json").starts_with("error: cannot read `nothing.json`: "));
    check(
        &format!("{LAYER} --class ifs --over every --catalog {{catalog}}"),
        expect![[r#"
        error: a file of a catalog can be planned with, not changed: add --dry-run
        exit code 1
    "#]],
    );
    let bad = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bad.json");
    std::fs::write(&bad, r#"{ "64": [], "16": [] }"#).expect("the folder for tests can be written to");
    check(
        &format!("catalog --catalog {}", bad.display()),
        expect![[r#"
            error: `…/bad.json`: this is no catalog as `wpu catalog --json` writes it: unknown field `16`, expected one of `64`, `32`, `findings` at line 1 column 16
            exit code 1
        "#]],
    );
}

/// One line says what is wrong, and one what to type.
#[test]
fn usage() {
    let all = [
        "remove",
        "catalgo",
        "install provider",
        "install bse",
        "help instal",
        "--verbose",
        "--json",
        "--dry-run",
        "catalog --dry-run",
        "catalog --jsn",
        "catalog --format xml",
        "catalog --format",
        "catalog -x",
        "catalog now",
        "catalog --catalog=",
        "uninstall --first",
        "install base",
        "install layer --id 7",
        "install layer --class both",
        "install layer --class iffs",
        "install layer --category any",
        "install layer --category inspectr",
        "install layer --over all",
        "install layer --over -1",
        "install layer --id {id} --path C:\\a.dll --name A --class ifs --over every --over 1",
        "install layer --id {id} --path C:\\a.dll --name A --class ifs --over 2/1/6 --over 1",
        "install layer --id {id} --path C:\\a.dll --name A --class ifs",
        "install base --sockets 2/1",
        "install base --addresses 28-16",
        "install base --addresses -1",
        "install base --flags many",
        "install base --flags -1",
        "install base --flags +1",
        "install base --first=yes",
        "uninstall --id",
        "uninstall --id=",
        "uninstall --id --dry-run",
    ];
    expect![[r#"
        wpu remove
          error: there is no command `remove`
          help: `wpu --help` lists the commands
          exit code 2
        wpu catalgo
          error: there is no command `catalgo`
          help: the nearest command is `wpu catalog`
          exit code 2
        wpu install provider
          error: there is no command `provider`
          help: `wpu install --help` lists the commands
          exit code 2
        wpu install bse
          error: there is no command `bse`
          help: the nearest command is `wpu install base`
          exit code 2
        wpu help instal
          error: there is no command `instal`
          help: the nearest command is `wpu install`
          exit code 2
        wpu --verbose
          error: `wpu` has no option `--verbose`
          help: the nearest option is `--version`
          exit code 2
        wpu --json
          error: `wpu` has no option `--json`
          help: it is an option of `wpu catalog`, `wpu category`
          exit code 2
        wpu --dry-run
          error: `wpu` has no option `--dry-run`
          help: it is an option of `wpu install base`, `wpu install layer`, `wpu uninstall`, `wpu category`
          exit code 2
        wpu catalog --dry-run
          error: `wpu catalog` has no option `--dry-run`
          help: it is an option of `wpu install base`, `wpu install layer`, `wpu uninstall`, `wpu category`
          exit code 2
        wpu catalog --jsn
          error: `wpu catalog` has no option `--jsn`
          help: the nearest option is `--json`
          exit code 2
        wpu catalog --format xml
          error: `--format` cannot be `xml`
          help: it may be `text`, `json`
          exit code 2
        wpu catalog --format
          error: `--format` has no value
          help: it may be `text`, `json`
          exit code 2
        wpu catalog -x
          error: `wpu catalog` has no option `-x`
          help: `wpu catalog --help` lists its options
          exit code 2
        wpu catalog now
          error: `now` is not expected here
          help: `wpu catalog --help` lists its options
          exit code 2
        wpu catalog --catalog=
          error: `--catalog` is empty
          help: `wpu catalog --help` lists its options
          exit code 2
        wpu uninstall --first
          error: `wpu uninstall` has no option `--first`
          help: it is an option of `wpu install base`
          exit code 2
        wpu install base
          error: `--id`, `--path`, `--name`, `--class`, `--sockets` are missing
          help: `wpu install base --help` lists its options
          exit code 2
        wpu install layer --id 7
          error: `--id` is `7`, which is not an id such as d3c21122-85e1-48f3-9ab6-23d90c73077e
          help: `wpu install layer --help` lists its options
          exit code 2
        wpu install layer --class both
          error: `--class` cannot be `both`
          help: it may be `ifs`, `non-ifs`
          exit code 2
        wpu install layer --class iffs
          error: `--class` cannot be `iffs`
          help: the nearest word is `ifs`
          exit code 2
        wpu install layer --category any
          error: `--category` cannot be `any`
          help: it may be `system`, `inspector`, `redirector`, `proxy`, `firewall`, `inbound-modify`, `outbound-modify`, `crypto-compress`, `local-cache`
          exit code 2
        wpu install layer --category inspectr
          error: `--category` cannot be `inspectr`
          help: the nearest word is `inspector`
          exit code 2
        wpu install layer --over all
          error: `--over` is `all`, which is not `every`, the number of an entry, or family/type/protocol such as 2/1/6
          help: `wpu install layer --help` lists its options
          exit code 2
        wpu install layer --over -1
          error: `--over` is `-1`, which is not `every`, the number of an entry, or family/type/protocol such as 2/1/6
          help: `wpu install layer --help` lists its options
          exit code 2
        wpu install layer --id {id} --path C:\a.dll --name A --class ifs --over every --over 1
          error: `--over` mixes what cannot be mixed
          help: say `every` once, or only numbers of entries, or only kinds of sockets
          exit code 2
        wpu install layer --id {id} --path C:\a.dll --name A --class ifs --over 2/1/6 --over 1
          error: `--over` mixes what cannot be mixed
          help: say `every` once, or only numbers of entries, or only kinds of sockets
          exit code 2
        wpu install layer --id {id} --path C:\a.dll --name A --class ifs
          error: `--over` is missing
          help: `wpu install layer --help` lists its options
          exit code 2
        wpu install base --sockets 2/1
          error: `--sockets` is `2/1`, which is not family/type/protocol such as 2/1/6
          help: `wpu install base --help` lists its options
          exit code 2
        wpu install base --addresses 28-16
          error: `--addresses` is `28-16`, which is not min-max such as 16-28
          help: `wpu install base --help` lists its options
          exit code 2
        wpu install base --addresses -1
          error: `--addresses` is `-1`, which is not min-max such as 16-28
          help: `wpu install base --help` lists its options
          exit code 2
        wpu install base --flags many
          error: `--flags` is `many`, which is not a number such as 6 or 0x20000 of 32 bits
          help: `wpu install base --help` lists its options
          exit code 2
        wpu install base --flags -1
          error: `--flags` is `-1`, which is not a number such as 6 or 0x20000 of 32 bits
          help: `wpu install base --help` lists its options
          exit code 2
        wpu install base --flags +1
          error: `--flags` is `+1`, which is not a number such as 6 or 0x20000 of 32 bits
          help: `wpu install base --help` lists its options
          exit code 2
        wpu install base --first=yes
          error: `--first` takes no value, and `yes` is one
          help: `wpu install base --help` lists its options
          exit code 2
        wpu uninstall --id
          error: `--id` has no value
          help: `wpu uninstall --help` lists its options
          exit code 2
        wpu uninstall --id=
          error: `--id` is empty
          help: `wpu uninstall --help` lists its options
          exit code 2
        wpu uninstall --id --dry-run
          error: `--id` has no value
          help: `wpu uninstall --help` lists its options
          exit code 2
    "#]].assert_eq(&answers(&all));
    for words in all {
        let answer = wpu(words);
        assert_eq!(answer.lines().count(), 3, "{answer}");
        assert!(answer.contains("\nhelp: ") && answer.ends_with("exit code 2\n"), "{answer}");
    }
}

/// What each of these says first.
fn answers(all: &[&str]) -> String {
    let said =
        all.iter().map(|words| format!("wpu {words}\n  {}\n", wpu(words).trim().replace('\n', "\n  ")));
    said.collect::<Vec<_>>().concat()
}

/// All options that take one value or none, with a value that they take.
const ONCE: &[(&str, &[&str])] = &[
    ("catalog", &["--catalog 64", "--format text", "--format json", "--json"]),
    (
        "install base",
        &[
            "--id {id}",
            "--path C:\\a.dll",
            "--path-32 C:\\a.dll",
            "--name A",
            "--class ifs",
            "--sockets 2/1/6",
            "--flags 1",
            "--addresses 1-2",
            "--message-size 1",
            "--first",
            "--catalog 64",
            "--dry-run",
        ],
    ),
    (
        "install layer",
        &[
            "--id {id}",
            "--path C:\\a.dll",
            "--path-32 C:\\a.dll",
            "--name A",
            "--class ifs",
            "--catalog 64",
            "--dry-run",
        ],
    ),
    ("uninstall", &["--id {id}", "--with-others", "--catalog 64", "--dry-run"]),
    (
        "category",
        &[
            "--arguments -k",
            "--forget",
            "--catalog 64",
            "--dry-run",
            "--format text",
            "--format json",
            "--json",
        ],
    ),
];

#[test]
fn no_option_is_given_twice() {
    for (command, options) in ONCE {
        for option in *options {
            let answer = wpu(&format!("{command} {option} {option}"));
            let name = option.split(' ').next().unwrap_or_default();
            let wanted = format!("error: `{name}` is given twice\nhelp: it may be given once\nexit code 2\n");
            assert_eq!(answer, wanted, "{command} {option}");
        }
    }
    // Options that are not in the list above may be repeated, each time with another value.
    for command in ONCE.iter().map(|(command, _)| *command) {
        let help = wpu(&format!("{command} --help"));
        let known = ONCE.iter().find(|(known, _)| *known == command).map_or(&[][..], |(_, options)| options);
        let names: Vec<_> = known.iter().filter_map(|option| option.split(' ').next()).collect();
        let words = help.lines().filter_map(|line| line.trim().strip_prefix("--")?.split(' ').next());
        let rest: Vec<_> = words.filter(|word| !names.contains(&&*format!("--{word}"))).collect();
        let expected: &[&str] = match command {
            "install layer" => &["over", "category"],
            "category" => &["permit"],
            _ => &[],
        };
        assert_eq!(rest, expected, "{command}");
    }
    check(
        &format!("{LAYER} --class ifs --over 1001 --over 1001 --catalog {{layered}} --dry-run"),
        expect![[r#"
            error: `--over 1001` is given twice
            help: each value may be given once
            exit code 2
        "#]],
    );
    check(
        &format!(
            "{LAYER} --class ifs --over every --category proxy --category system --category proxy --dry-run"
        ),
        expect![[r#"
            error: `--category proxy` is given twice
            help: each value may be given once
            exit code 2
        "#]],
    );
}

#[test]
fn values_are_not_empty() {
    for (command, options) in ONCE {
        for option in options.iter().filter(|option| option.contains(' ')) {
            let name = option.split(' ').next().unwrap_or_default();
            for blank in ["", " "] {
                let words: Vec<_> = command.split(' ').chain([name, blank]).collect();
                let answer = run(&words);
                let expected = format!("error: `{name}` ");
                assert!(
                    answer.starts_with(&expected) && answer.ends_with("exit code 2\n"),
                    "{name}: {answer}"
                );
                assert!(!blank.is_empty() || answer.contains(" is empty\n"), "{name}: {answer}");
            }
        }
    }
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    check(
        "catalog --json --format text",
        expect![[r#"
        error: `--json` and `--format` contradict each other
        help: leave one out
        exit code 2
    "#]],
    );
    check(
        "catalog --format json --json",
        expect![[r#"
        error: `--format` and `--json` contradict each other
        help: leave one out
        exit code 2
    "#]],
    );
    // `layered` is the 64-bit catalog alone.
    check(
        &format!("{BASE} --sockets 40/1/0 --path-32 C:\\b.dll --catalog {{layered}} --dry-run"),
        expect![[r#"
            error: `--path-32` has no effect: the 32-bit catalog is not changed
            help: give the one path as `--path`
            exit code 2
        "#]],
    );
    check(
        &format!("{BASE} --sockets 40/1/0 --path-32 C:\\base.dll --catalog {{catalog}} --dry-run"),
        expect![[r#"
            error: `--path-32` is the same as `--path`
            help: give the one path as `--path`
            exit code 2
        "#]],
    );
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("32.json");
    std::fs::write(&path, write_snapshot(Memory::sample(&[Width::Bits32]).catalogs()))
        .expect("it can be written");
    check(
        &format!("{BASE} --sockets 40/1/0 --path-32 C:\\b.dll --catalog {} --dry-run", path.display()),
        expect![[r#"
            error: `--path-32` leaves `--path` without effect: only the 32-bit catalog is changed
            help: give the one path as `--path`
            exit code 2
        "#]],
    );
    assert_eq!(wpu("catalog --format json --catalog {layered}"), wpu("catalog --json --catalog {layered}"));
    assert_eq!(wpu("catalog --format text --catalog {layered}"), wpu("catalog --catalog {layered}"));
}

/// No colours are written, whatever the environment says of them.
#[test]
fn there_are_no_colours() {
    for (name, value) in [("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1"), ("FORCE_COLOR", "3"), ("TERM", "xterm")]
    {
        for words in [&["--help"][..], &["catalgo"]] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_wpu"));
            let output = command.args(words).env(name, value).output().expect("wpu can be started");
            assert!(![output.stdout, output.stderr].concat().contains(&b'\x1b'), "{name}: {words:?}");
        }
    }
}

#[test]
#[cfg(not(windows))]
fn other_systems_have_no_catalog() {
    check(
        "catalog",
        expect![[r#"
        error: only Windows has a catalog of providers; elsewhere, plan with one that `wpu catalog --json` wrote there: --catalog <file> --dry-run
        exit code 1
    "#]],
    );
    check(
        &format!("{LAYER} --class ifs --over every"),
        expect![[r#"
        error: only Windows has a catalog of providers; elsewhere, plan with one that `wpu catalog --json` wrote there: --catalog <file> --dry-run
        exit code 1
    "#]],
    );
    check(
        "category C:\\a.exe",
        expect![[r#"
        error: only Windows has a catalog of providers; elsewhere, plan with one that `wpu catalog --json` wrote there: --catalog <file> --dry-run
        exit code 1
    "#]],
    );
    check(
        "uninstall --id {id} --dry-run --catalog 32",
        expect![[r#"
        error: only Windows has a catalog of providers; elsewhere, plan with one that `wpu catalog --json` wrote there: --catalog <file> --dry-run
        exit code 1
    "#]],
    );
}

//! What `wpu` says: help, dry runs, and each kind of error.
#![expect(clippy::needless_raw_string_hashes, reason = "as expect-test writes them")]

use expect_test::{Expect, expect};
use std::path::PathBuf;
use std::process::Command;
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
    let (folder, [catalog, layered]) = (PathBuf::from(env!("CARGO_TARGET_TMPDIR")), &*CATALOGS);
    let shown = |path: &PathBuf| path.display().to_string();
    let words = words.split(' ').filter(|word| !word.is_empty()).map(|word| {
        word.replace("{catalog}", &shown(catalog)).replace("{layered}", &shown(layered)).replace("{id}", ID)
    });
    let output = Command::new(env!("CARGO_BIN_EXE_wpu")).args(words).output().expect("wpu can be started");
    let code = output.status.code().expect("wpu ends by itself");
    let text = |bytes: &[u8]| {
        String::from_utf8(bytes.to_vec())
            .expect("wpu writes UTF-8")
            .replace(&shown(&folder), "…")
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
        wpu <command>

          catalog     list the Winsock service providers that are installed
          install     install a provider: `wpu install base` or `wpu install layer`
          uninstall   remove a provider, and restore what was there

        `wpu <command> --help` says more. Changes need Windows and an administrator; --dry-run needs neither.
        exit code 0
    "#]],
    );
    assert_eq!([wpu("--help"), wpu("help")], [wpu(""), wpu("")]);
    check(
        "catalog --help",
        expect![[r#"
        wpu catalog [--catalog <which>] [--json]

          --catalog 64 | 32 | both | <file>
                           the catalog of 64-bit or of 32-bit programs; all that there are if absent;
                           or a file that --json wrote
          --json           write JSON, which --catalog reads on any system
        exit code 0
    "#]],
    );
    check(
        "install",
        expect![[r#"
        wpu install base …     a provider that talks to a network or a device itself
        wpu install layer …    a provider that goes over others (deprecated since Windows 8)

        `wpu install base --help` and `wpu install layer --help` say more.
        exit code 0
    "#]],
    );
    check(
        "install base --help",
        expect![[r#"
        wpu install base --id <id> --path <dll> --name <name> --class <class> --sockets <sockets> […]

          --id <id>        the provider's id, such as {d3c21122-85e1-48f3-9ab6-23d90c73077e}
          --path <dll>     where its DLL is; variables such as %ProgramFiles% stay in the catalog
          --path-32 <dll>  the DLL for 32-bit programs, if it has another path
          --name <name>    what its sockets are called
          --class ifs | non-ifs
                           whether its sockets are file handles
          --sockets <family>/<type>/<protocol>
                           the sockets that it offers, in numbers, such as 40/1/0
          --flags <number>       what they promise: the sum of XP1_… (0)
          --addresses <min>-<max>    how long addresses are, in bytes (16-16)
          --message-size <number>    the longest message: 0 for streams (0)
          --first          let programs find it before all others
          --catalog 64 | 32 | both | <file>
                           the catalog of 64-bit or of 32-bit programs; all that there are if absent
          --dry-run        show the plan, and change nothing
        exit code 0
    "#]],
    );
    check(
        "install layer --help",
        expect![[r#"
        wpu install layer --id <id> --path <dll> --name <name> --class <class> --over <what> […]

          --id <id>        the layer's id, such as {d3c21122-85e1-48f3-9ab6-23d90c73077e}
          --path <dll>     where its DLL is; variables such as %ProgramFiles% stay in the catalog
          --path-32 <dll>  the DLL for 32-bit programs, if it has another path
          --name <name>    what it is called
          --class ifs | non-ifs
                           whether its sockets are file handles
          --over every     go over what programs find for each kind of sockets
          --over <family>/<type>/<protocol>
                           over what programs find for these, such as 2/1/6 for TCP; may be repeated
          --over <number>  over this entry of one catalog; may be repeated
          --category <word>    what it does: system, inspector, redirector, proxy, firewall, inbound-modify,
                           outbound-modify, crypto-compress, local-cache; may be repeated
          --catalog 64 | 32 | both | <file>
                           the catalog of 64-bit or of 32-bit programs; all that there are if absent
          --dry-run        show the plan, and change nothing

        Layered providers are deprecated since Windows 8 and Windows Server 2012; Microsoft's advice is the Windows
        Filtering Platform.
        exit code 0
    "#]],
    );
    check(
        "uninstall --help",
        expect![[r#"
        wpu uninstall --id <id> […]

          --id <id>        the provider's id; for a layer, that of its hidden entry
          --with-others    remove chains of other layers that go through it too
          --catalog 64 | 32 | both | <file>
                           the catalog of 64-bit or of 32-bit programs; all that there are if absent
          --dry-run        show the plan, and change nothing
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
            error: provider {d3c21122-85e1-48f3-9ab6-23d90c73077e} is in the 64-bit catalog already; uninstall it first
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
        error: entry 1002 `UDP over IP version 4` of the 64-bit catalog is chosen twice
        exit code 1
    "#]],
    );
    check(
        &other("--class non-ifs --over every --path c.dll --catalog {layered}"),
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
        error: `…/bad.json`: this is no catalog as `wpu catalog --json` writes it: unknown field `16`, expected `64` or `32` at line 1 column 16
        exit code 1
    "#]],
    );
}

/// Usage errors end with the help of the command, which has its own test.
#[test]
fn usage() {
    let all = [
        "remove",
        "install provider",
        "--verbose",
        "catalog --dry-run",
        "catalog now",
        "install base",
        "install layer --id 7",
        "install layer --class both",
        "install layer --category any",
        "install layer --over all",
        "install layer --id {id} --path C:\\a.dll --name A --class ifs --over every --over 1",
        "install layer --id {id} --path C:\\a.dll --name A --class ifs",
        "install base --sockets 2/1",
        "install base --addresses 28-16",
        "install base --flags many",
        "uninstall --id",
    ];
    let first = |words: &str| wpu(words).lines().next().unwrap_or_default().to_owned();
    let answers: Vec<_> = all.iter().map(|words| format!("wpu {words}\n  {}\n", first(words))).collect();
    expect![[r#"
        wpu remove
          error: there is no command `remove`
        wpu install provider
          error: there is no command `provider`
        wpu --verbose
          error: invalid option '--verbose'
        wpu catalog --dry-run
          error: invalid option '--dry-run'
        wpu catalog now
          error: unexpected argument "now"
        wpu install base
          error: --sockets is missing
        wpu install layer --id 7
          error: --id: `7` is not an id
        wpu install layer --class both
          error: --class: `both` is not `ifs` or `non-ifs`
        wpu install layer --category any
          error: --category: `any` is not a category
        wpu install layer --over all
          error: --over: `all` is not `every`, a number, or such as `2/1/6`
        wpu install layer --id {id} --path C:\a.dll --name A --class ifs --over every --over 1
          error: --over: say `every` once, or only numbers, or only kinds of sockets
        wpu install layer --id {id} --path C:\a.dll --name A --class ifs
          error: --over is missing
        wpu install base --sockets 2/1
          error: --sockets: `2/1` is not such as `2/1/6`
        wpu install base --addresses 28-16
          error: --addresses: `28-16` is not such as `16-28`
        wpu install base --flags many
          error: --flags: `many` is not a number
        wpu uninstall --id
          error: --id: missing argument for option '--id'
    "#]]
    .assert_eq(&answers.concat());
    for words in all {
        let answer = wpu(words);
        assert!(answer.contains("\n\nwpu ") && answer.ends_with("exit code 2\n"), "{answer}");
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
        "uninstall --id {id} --dry-run --catalog 32",
        expect![[r#"
        error: only Windows has a catalog of providers; elsewhere, plan with one that `wpu catalog --json` wrote there: --catalog <file> --dry-run
        exit code 1
    "#]],
    );
}

//! `wpu install` and `wpu uninstall`: the plans, and requests for which there is no plan.

use super::{BASE, LAYER, check, with_layer};
use expect_test::expect;
use std::path::PathBuf;
use wpu_install::write_snapshot;

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
            note: without a category, services and system processes do not load the layer (see --category)
            note: a program loads only DLLs of its own width, but both catalogs contain this path: for 32-bit programs it must denote another file, as %SystemRoot%\System32 does; or install with one path for each catalog, --catalog 64 first, then --catalog 32 with the 32-bit build of wpu
            note: running programs keep the catalog that they read at their start: restart them, or Windows for services, before you install or uninstall again
            note: without --dry-run this fails: a 64-bit program cannot add to the 32-bit catalog alone: work on the 64-bit one (--catalog 64), then let the 32-bit build of wpu work on the other (--catalog 32)
            dry run: nothing was changed
            exit code 0
        "#]],
    );
    check(
        &format!(
            "{LAYER} --class non-ifs --over 2/1/6 --over 2/2/17 --category inspector --category system --catalog {{catalog}} --dry-run"
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
              5. add `Count` to the 32-bit catalog: {d3c21122-85e1-48f3-9ab6-23d90c73077e}, C:\count\count.dll
                   new 1: `Count`, layer, non-IFS, hidden
              6. set the categories of {d3c21122-85e1-48f3-9ab6-23d90c73077e} in the 32-bit catalog to system, inspector
              7. add `Count over [TCP over IP version 4]`, `Count over [UDP over IP version 4]` to the 32-bit catalog: {3cb750a1-956e-8dde-aedd-7a4d64ae7d58}, C:\count\count.dll
                   new 2: `Count over [TCP over IP version 4]`, chain new 1 > 2001, non-IFS
                   new 3: `Count over [UDP over IP version 4]`, chain new 1 > 2002, non-IFS
              8. put the 32-bit catalog in order
                   new 2, 2001, new 3, 2002, 2003, 2004, new 1
            note: layered providers are deprecated since Windows 8 and Windows Server 2012; Microsoft's advice is the Windows Filtering Platform
            note: system processes load the layer, and Windows stops when one of them crashes: test it without the category `system` first
            note: a program loads only DLLs of its own width, but both catalogs contain this path: for 32-bit programs it must denote another file, as %SystemRoot%\System32 does; or install with one path for each catalog, --catalog 64 first, then --catalog 32 with the 32-bit build of wpu
            note: select and poll take sockets of one provider, so programs that mix providers fail if a non-IFS layer is not over all entries: in the 64-bit catalog it is not over 1003 `TCP over IP version 6`, 1004 `UDP over IP version 6`
            note: select and poll take sockets of one provider, so programs that mix providers fail if a non-IFS layer is not over all entries: in the 32-bit catalog it is not over 2003 `TCP over IP version 6`, 2004 `UDP over IP version 6`
            note: running programs keep the catalog that they read at their start: restart them, or Windows for services, before you install or uninstall again
            note: without --dry-run this fails: a 64-bit program cannot add to the 32-bit catalog alone: work on the 64-bit one (--catalog 64), then let the 32-bit build of wpu work on the other (--catalog 32)
            dry run: nothing was changed
            exit code 0
        "#]],
    );
    check(
        &format!("{BASE} --sockets 40/1/0 --flags 0x6 --catalog {{catalog}} --dry-run"),
        expect![[r#"
              1. add `Pipes` to both catalogs: {d3c21122-85e1-48f3-9ab6-23d90c73077e}, C:\base.dll
                   new 1: `Pipes`, base, non-IFS
            note: a program loads only DLLs of its own width, but both catalogs contain this path: for 32-bit programs it must denote another file, as %SystemRoot%\System32 does; or install with one path for each catalog, --catalog 64 first, then --catalog 32 with the 32-bit build of wpu
            note: running programs keep the catalog that they read at their start: restart them, or Windows for services, before you install or uninstall again
            dry run: nothing was changed
            exit code 0
        "#]],
    );
    check(
        &format!("{BASE} --sockets 2/1/6 --first --catalog {{catalog}} --dry-run"),
        expect![[r#"
              1. add `Pipes` to both catalogs: {d3c21122-85e1-48f3-9ab6-23d90c73077e}, C:\base.dll
                   new 1: `Pipes`, base, non-IFS
              2. put the 64-bit catalog in order
                   new 1, 1001, 1002, 1003, 1004
              3. put the 32-bit catalog in order
                   new 1, 2001, 2002, 2003, 2004
            note: a program loads only DLLs of its own width, but both catalogs contain this path: for 32-bit programs it must denote another file, as %SystemRoot%\System32 does; or install with one path for each catalog, --catalog 64 first, then --catalog 32 with the 32-bit build of wpu
            note: running programs keep the catalog that they read at their start: restart them, or Windows for services, before you install or uninstall again
            dry run: nothing was changed
            exit code 0
        "#]],
    );
    check(
        "uninstall --id {id} --catalog {layered} --dry-run",
        expect![[r#"
              1. remove 1006 `Count over [TCP over IP version 4]` from the 64-bit catalog: {3cb750a1-956e-8dde-aedd-7a4d64ae7d58}
              2. remove 1005 `Count` from the 64-bit catalog: {d3c21122-85e1-48f3-9ab6-23d90c73077e}
            note: running programs keep the catalog that they read at their start: restart them, or Windows for services, before you install or uninstall again
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
            help: such as `--over 2/1/6`; or `--catalog 64` first, and `--catalog 32` with the 32-bit build of wpu after it
            exit code 1
        "#]],
    );
    check(
        &layer("--class ifs --over every --catalog {layered}"),
        expect![[r#"
            error: provider {d3c21122-85e1-48f3-9ab6-23d90c73077e} is in the 64-bit catalog already, with C:\count\count.dll, as 1006 `Count over [TCP over IP version 4]`, 1005 `Count`; uninstall it first
            help: wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e --catalog 64
            exit code 1
        "#]],
    );
    let other = |rest: &str| {
        layer(rest).replace("{id}", "00000001-0002-0003-0004-000000000005").replace("count.dll", "c.dll")
    };
    check(
        &other("--class ifs --over 1001 --catalog {layered}"),
        expect![[r#"
            error: an IFS layer cannot be installed over entry 1001 `TCP over IP version 4` of the 64-bit catalog, since the sockets of 1006 `Count over [TCP over IP version 4]` are not file handles; if 1006 `Count over [TCP over IP version 4]` is a layer, uninstall it, install this one, then 1006 `Count over [TCP over IP version 4]` over it
            exit code 1
        "#]],
    );
    check(
        &other("--class non-ifs --over 1001 --catalog {layered}"),
        expect![[r#"
            error: programs never reach entry 1001 `TCP over IP version 4` of the 64-bit catalog, since 1006 `Count over [TCP over IP version 4]` is installed over it; choose 1006 `Count over [TCP over IP version 4]`
            exit code 1
        "#]],
    );
    check(
        &other("--class non-ifs --over 1005 --catalog {layered}"),
        expect![[r#"
            error: a layer cannot be installed over entry 1005 `Count` of the 64-bit catalog: it is the hidden entry of a layer, which has no sockets
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
            error: the path `c.dll` is not an absolute path of the DLL: start it with a drive, with a variable such as %ProgramFiles%, or with \\
            exit code 1
        "#]],
    );
    check(
        &format!("{BASE} --sockets 40/1/0 --flags 0x20000 --catalog {{catalog}} --dry-run"),
        expect![[r#"
            error: the service flags of `Pipes` have XP1_IFS_HANDLES, but the sockets of a non-IFS provider are not file handles
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
            error: other entries of the 64-bit catalog contain this provider: 1006 `Count over [TCP over IP version 4]`; uninstall their layers first, or have these entries removed too
            help: `--with-others` has these entries removed too
            exit code 1
        "#]],
    );
    // One command removes a base provider from both catalogs; each build of wpu removes a layer from one of
    // them.
    check(
        &format!("{LAYER} --class ifs --over every --catalog {} --dry-run", twice().display()),
        expect![[r#"
            error: provider {d3c21122-85e1-48f3-9ab6-23d90c73077e} is in the 64-bit catalog already, with C:\count\count.dll, as 1006 `Count over [TCP over IP version 4]`, 1005 `Count`; uninstall it first
            help: wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e --catalog 64; then with the 32-bit build of wpu: wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e --catalog 32
            exit code 1
        "#]],
    );
    check(
        &format!(
            "uninstall --id 3cb750a1-956e-8dde-aedd-7a4d64ae7d58 --catalog {} --dry-run",
            twice().display()
        ),
        expect![[r#"
            error: {3cb750a1-956e-8dde-aedd-7a4d64ae7d58} is the id of chains only; uninstall their layer, {d3c21122-85e1-48f3-9ab6-23d90c73077e}
            help: wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e --catalog 64
            exit code 1
        "#]],
    );
    check(
        &format!("uninstall --id {{id}} --catalog {} --dry-run", twice().display()),
        expect![[r#"
              1. remove 1006 `Count over [TCP over IP version 4]` from the 64-bit catalog: {3cb750a1-956e-8dde-aedd-7a4d64ae7d58}
              2. remove 1005 `Count` from the 64-bit catalog: {d3c21122-85e1-48f3-9ab6-23d90c73077e}
              3. remove 1006 `Count over [TCP over IP version 4]` from the 32-bit catalog: {3cb750a1-956e-8dde-aedd-7a4d64ae7d58}
              4. remove 1005 `Count` from the 32-bit catalog: {d3c21122-85e1-48f3-9ab6-23d90c73077e}
            note: running programs keep the catalog that they read at their start: restart them, or Windows for services, before you install or uninstall again
            note: without --dry-run this fails: a 64-bit program cannot add to the 32-bit catalog alone: work on the 64-bit one (--catalog 64), then let the 32-bit build of wpu work on the other (--catalog 32)
            dry run: nothing was changed
            exit code 0
        "#]],
    );
}

/// The layer in both catalogs.
fn twice() -> PathBuf {
    let mut catalogs = wpu_install::read_snapshot(&with_layer()).expect("it was just written");
    catalogs.bits32 = catalogs.bits64.clone();
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("twice.json");
    std::fs::write(&path, write_snapshot(&catalogs)).expect("the folder for tests can be written to");
    path
}

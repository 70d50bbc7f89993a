//! `wpu catalog`: the listing, the faults, and catalog files.

use super::{LAYER, check, with_layer, wpu};
use expect_test::expect;
use std::path::PathBuf;

#[test]
fn catalog() {
    check(
        "catalog --catalog {layered}",
        expect![[r#"
            64-bit catalog, in the order in which programs search it
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
            64-bit catalog, in the order in which programs search it
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

            32-bit catalog, in the order in which programs search it
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

/// The base provider of a chain was removed, and the file of a provider is missing.
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
            64-bit catalog, in the order in which programs search it
                1006  Count over [TCP over IP version 4]
                      chain 1005 > 1001, non-IFS; family 2, type 1, protocol 6
                      {3cb750a1-956e-8dde-aedd-7a4d64ae7d58} C:\count\count.dll
                      broken: its chain names entry 1001, which does not exist
                      help: wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e --catalog 64
                      broken: the file `C:\count\count.dll` does not exist
                      help: wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e --catalog 64
                1002  UDP over IP version 4
                      base, IFS; family 2, type 2, protocol 17
                      {bf1df716-73dc-86c6-adff-170b50fac591} %SystemRoot%\system32\mswsock.dll
                1005  Count
                      layer, non-IFS, hidden; family 2, type 0, protocol 0
                      {d3c21122-85e1-48f3-9ab6-23d90c73077e} C:\count\count.dll
                      categories: inspector
                      broken: the file `C:\count\count.dll` does not exist
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
              "text": "the file `C:\\count\\count.dll` does not exist",
              "help": "wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e --catalog 64"
            },
            {
              "catalog": "64",
              "entry": 1005,
              "fault": "file-missing",
              "path": "C:\\count\\count.dll",
              "text": "the file `C:\\count\\count.dll` does not exist",
              "help": "wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e --catalog 64"
            }
          ]
        }
        exit code 0
    "#]]
    .assert_eq(json.split_once("  \"findings\"").expect("it has some").1);
    // Writing it once more loses nothing.
    assert_eq!(json, wpu_install::write_listing(&listing) + "exit code 0\n");
}

#[test]
fn files() {
    // The following text is the system's.
    assert!(wpu("catalog --catalog nothing.json").starts_with("error: cannot read `nothing.json`: "));
    check(
        &format!("{LAYER} --class ifs --over every --catalog {{catalog}}"),
        expect![[r#"
            error: a catalog file cannot be changed, only planned with: add --dry-run
            exit code 1
        "#]],
    );
    let bad = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bad.json");
    std::fs::write(&bad, r#"{ "64": [], "16": [] }"#).expect("the folder for tests can be written to");
    check(
        &format!("catalog --catalog {}", bad.display()),
        expect![[r#"
            error: `…/bad.json`: this is not a catalog that `wpu catalog --json` wrote: unknown field `16`, expected one of `64`, `32`, `findings` at line 1 column 16
            exit code 1
        "#]],
    );
}

/// As `>` writes in PowerShell 5.1, and as editors save.
#[test]
fn files_in_other_encodings() {
    let wanted = wpu("catalog --catalog {layered}");
    let text = with_layer();
    let utf16 = |mark: &[u8], unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        mark.iter().copied().chain(text.encode_utf16().flat_map(unit)).collect()
    };
    let all = [
        utf16(&[0xff, 0xfe], u16::to_le_bytes),
        utf16(&[0xfe, 0xff], u16::to_be_bytes),
        utf16(&[], u16::to_le_bytes),
        utf16(&[], u16::to_be_bytes),
        [b"\xef\xbb\xbf", text.as_bytes()].concat(),
    ];
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("encoded.json");
    let listed = |bytes: &[u8]| {
        std::fs::write(&path, bytes).expect("the folder for tests can be written to");
        wpu(&format!("catalog --catalog {}", path.display()))
    };
    for bytes in all {
        assert_eq!(listed(&bytes), wanted);
    }
    for bad in [&b"\xff\xfe{"[..], b"\xff\xfe\x00\xd8", b"\xef\xbb\xbf\xff", b"{\xff}"] {
        let text = "error: cannot read `…/encoded.json`: it is not text in UTF-8 or UTF-16\nexit code 1\n";
        assert_eq!(listed(bad), text);
    }
    assert!(
        listed(b"{}").starts_with("error: `…/encoded.json`: this is not a catalog "),
        "{}",
        listed(b"{}")
    );
}

/// A pipe can be read only once.
#[test]
#[cfg(unix)]
fn a_catalog_is_read_once() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("once");
    std::fs::create_dir_all(&folder).expect("the folder for tests can be written to");
    std::fs::write(folder.join("c.json"), with_layer()).expect("so can files in it");
    let line = "cat c.json | \"$0\" catalog --catalog /dev/stdin";
    let mut command = std::process::Command::new("sh");
    let output = command.args(["-c", line, env!("CARGO_BIN_EXE_wpu")]).current_dir(&folder).output();
    let output = output.expect("there is a shell");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
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

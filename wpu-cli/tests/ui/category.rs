//! `wpu category`: the layers that a program loads.

use super::{answers, check};
use expect_test::expect;

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
                  --arguments <TEXT>           Only if it is started with these arguments, as svchost.exe is
                  --permit <CATEGORY>          Let it load layers of this category, and of no others:
                                               system, inspector, redirector, proxy, firewall,
                                               inbound-modify, outbound-modify, crypto-compress,
                                               local-cache; may be repeated
                  --forget                     Delete its categories: it then loads every layer
                  --catalog <64|32|both|FILE>  The catalog of 64-bit or of 32-bit programs, both, or a
                                               file that `wpu catalog --json` wrote; if absent, all
                                               catalogs of this system
                  --dry-run                    Show the plan, and change nothing
                  --format <FORMAT>            The format of the listing; text by default [possible values: text, json]
                  --json                       The same as --format json
              -h, --help                       Print help

            Examples:
              wpu category C:\Windows\System32\wsl.exe
                                                   which layers it loads
              wpu category C:\Windows\System32\wsl.exe --permit system --dry-run
                                                   plan to restrict it to layers for system processes
              wpu category C:\Windows\System32\wsl.exe --forget
                                                   make it load every layer again

            A program that is not categorised loads every layer. A categorised program loads a layer if both have a category in
            common, the layer has no category that the program does not permit, and the layer has `system` if the program permits
            `system`. Only programs that are not categorised load a layer without categories. Running programs keep the categories
            that they read at their start.
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
              "notes": [
                "a file of a catalog does not say what programs permit: the program is taken for one that is not categorised"
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
            note: running programs keep the categories that they read at their start: restart them
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
            note: running programs keep the categories that they read at their start: restart them
            dry run: nothing was changed
            exit code 0
        "#]],
    );
    check(
        &format!("{PROGRAM} --permit system"),
        expect![[r#"
            error: a catalog file cannot be changed, only planned with: add --dry-run
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
            error: the path `wsl.exe` is not an absolute path of the program: start it with a drive, with a variable such as %ProgramFiles%, or with \\
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

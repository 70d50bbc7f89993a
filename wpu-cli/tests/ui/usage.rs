//! Invalid arguments.

use super::{LAYER, answers, check, run, wpu};
use expect_test::expect;

/// One line states the error, and one the correction.
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
        "install base --path-32 C:\\b.dll",
        "help catalog now",
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
          error: `--over` mixes different kinds of values
          help: give `every` once, or only numbers of entries, or only kinds of sockets
          exit code 2
        wpu install layer --id {id} --path C:\a.dll --name A --class ifs --over 2/1/6 --over 1
          error: `--over` mixes different kinds of values
          help: give `every` once, or only numbers of entries, or only kinds of sockets
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
        wpu install base --path-32 C:\b.dll
          error: `wpu install base` has no option `--path-32`
          help: the nearest option is `--path`
          exit code 2
        wpu help catalog now
          error: there is no command `now`
          help: `wpu catalog --help` lists its options
          exit code 2
    "#]].assert_eq(&answers(&all));
    for words in all {
        let answer = wpu(words);
        assert_eq!(answer.lines().count(), 3, "{answer}");
        assert!(answer.contains("\nhelp: ") && answer.ends_with("exit code 2\n"), "{answer}");
    }
}

/// All options that take one value or none, with a valid value.
const ONCE: &[(&str, &[&str])] = &[
    ("catalog", &["--catalog 64", "--format text", "--format json", "--json"]),
    (
        "install base",
        &[
            "--id {id}",
            "--path C:\\a.dll",
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
        &["--id {id}", "--path C:\\a.dll", "--name A", "--class ifs", "--catalog 64", "--dry-run"],
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
    check(
        "uninstall --id {id} --with-others --catalog {layered} --dry-run",
        expect![[r#"
            error: `--with-others` has no effect here: no other entries contain this provider
            help: leave it out
            exit code 2
        "#]],
    );
    assert_eq!(wpu("catalog --format json --catalog {layered}"), wpu("catalog --json --catalog {layered}"));
    assert_eq!(wpu("catalog --format text --catalog {layered}"), wpu("catalog --catalog {layered}"));
}

#[test]
#[cfg(unix)]
fn an_argument_that_is_not_unicode_is_named() {
    use std::os::unix::ffi::OsStrExt;
    let wrong = std::ffi::OsStr::from_bytes(b"\xffa");
    let answer = run(&["uninstall".as_ref(), "--id".as_ref(), wrong]);
    expect![[r#"
        error: the argument `�a` is not Unicode text
        help: `wpu uninstall --help` lists its options
        exit code 2
    "#]]
    .assert_eq(&answer);
}

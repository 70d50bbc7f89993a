//! `wpu --help`, and the help of each command.

use super::{check, wpu};
use expect_test::expect;

#[test]
fn help() {
    check(
        "",
        expect![[r#"
            wpu installs and uninstalls Winsock service providers, lists the catalog, and shows what binds a provider

            Usage: wpu <COMMAND>

            Commands:
              catalog    List the installed providers and their faults
              install    Install a provider
              uninstall  Remove a provider, and restore the previous state
              category   Show or set which layers a program loads, by their categories
              show       Show what the documentation binds each side to
              help       Print this message or the help of the given subcommand(s)

            Options:
              -h, --help     Print help
              -V, --version  Print version

            Examples:
              wpu catalog                      the installed providers and their faults
              wpu catalog --json > pc.json     save the catalog; plan with it on any system: --catalog pc.json --dry-run
              wpu help install layer           how to install a layer
              wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e --dry-run
                                               what removing that provider would do
              wpu show WSPRecv                 what the documentation binds each side to in that function

            Changes need Windows and an administrator; --dry-run needs neither. After a change, restart running
            programs, or Windows for services.
            Exit codes: 0 done, 1 a problem, 2 invalid arguments.
            exit code 2
        "#]],
    );
    let whole = wpu("").replace("exit code 2", "exit code 0");
    assert_eq!([wpu("--help"), wpu("help"), wpu("-h")], [whole.clone(), whole.clone(), whole]);
    for command in ["catalog", "install", "install base", "install layer", "uninstall", "category", "show"] {
        let long = wpu(&format!("{command} --help"));
        assert_eq!([wpu(&format!("help {command}")), wpu(&format!("{command} -h"))], [long.clone(), long]);
    }
    assert_eq!(wpu("--version"), concat!("wpu ", env!("CARGO_PKG_VERSION"), "\nexit code 0\n"));
    assert_eq!(wpu("-V"), wpu("--version"));
    check(
        "catalog --help",
        expect![[r#"
            List the installed providers and their faults

            Usage: wpu catalog [OPTIONS]

            Options:
                  --catalog <64|32|both|FILE>  The catalog of 64-bit or of 32-bit programs, both, or a
                                               file that `wpu catalog --json` wrote; if absent, all
                                               catalogs of this system
                  --format <FORMAT>            The format of the listing; text by default [possible values: text, json]
                  --json                       The same as --format json
              -h, --help                       Print help

            Examples:
              wpu catalog                          all catalogs of this system
              wpu catalog --catalog 32             the catalog of 32-bit programs
              wpu catalog --json > pc.json         save the catalog for another system
              wpu catalog --catalog pc.json        list the saved catalog
            exit code 0
        "#]],
    );
    check(
        "install",
        expect![[r#"
            Install a provider

            Usage: wpu install <COMMAND>

            Commands:
              base   Install a provider that accesses a network or a device itself
              layer  Install a layer over other providers (deprecated since Windows 8)
              help   Print this message or the help of the given subcommand(s)

            Options:
              -h, --help  Print help

            Examples:
              wpu install base --id d3c21122-85e1-48f3-9ab6-23d90c73077e --path "%ProgramFiles%\pipes\pipes.dll" --name Pipes --class non-ifs --sockets 40/1/0 --dry-run
              wpu install layer --id d3c21122-85e1-48f3-9ab6-23d90c73077e --path "%ProgramFiles%\count\count.dll" --name Count --class ifs --over every --category inspector --dry-run
            exit code 2
        "#]],
    );
    check(
        "install base --help",
        expect![[r#"
            Install a provider that accesses a network or a device itself

            Usage: wpu install base [OPTIONS] --id <ID> --path <DLL> --name <NAME> --class <CLASS> --sockets <FAMILY/TYPE/PROTOCOL>

            Options:
                  --id <ID>                         Its id, such as d3c21122-85e1-48f3-9ab6-23d90c73077e
                  --path <DLL>                      The path of its DLL; variables such as %ProgramFiles%
                                                    are not expanded
                  --name <NAME>                     Its name
                  --class <CLASS>                   Whether its sockets are file handles [possible values: ifs, non-ifs]
                  --sockets <FAMILY/TYPE/PROTOCOL>  The sockets that it offers as numbers, such as 40/1/0
                  --flags <NUMBER>                  The service flags: the sum of XP1_… [default: 0]
                  --addresses <MIN-MAX>             The lengths of the shortest and longest address in bytes [default: 16-16]
                  --message-size <NUMBER>           The length of the longest message: 0 for streams [default: 0]
                  --first                           Let programs find it before all others
                  --catalog <64|32|both|FILE>       The catalog of 64-bit or of 32-bit programs, both, or a
                                                    file that `wpu catalog --json` wrote; if absent, all
                                                    catalogs of this system
                  --dry-run                         Show the plan, and change nothing
              -h, --help                            Print help

            Example, which changes nothing because of --dry-run:
              wpu install base --id d3c21122-85e1-48f3-9ab6-23d90c73077e --path "%ProgramFiles%\pipes\pipes.dll" --name Pipes --class non-ifs --sockets 40/1/0 --dry-run

            To undo it: wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e
            exit code 0
        "#]],
    );
    check(
        "install layer --help",
        expect![[r#"
            Install a layer over other providers (deprecated since Windows 8)

            Usage: wpu install layer [OPTIONS] --id <ID> --path <DLL> --name <NAME> --class <CLASS> --over <WHAT>

            Options:
                  --id <ID>                    Its id, such as d3c21122-85e1-48f3-9ab6-23d90c73077e
                  --path <DLL>                 The path of its DLL; variables such as %ProgramFiles%
                                               are not expanded
                  --name <NAME>                Its name
                  --class <CLASS>              Whether its sockets are file handles [possible values: ifs, non-ifs]
                  --over <WHAT>                The entries over which it is installed: those that programs
                                               find for `every` kind of sockets, or for a family/type/protocol
                                               such as 2/1/6 for TCP, or the number of an entry of one
                                               catalog; all but `every` may be repeated
                  --category <CATEGORY>        Its categories: system, inspector, redirector, proxy,
                                               firewall, inbound-modify, outbound-modify,
                                               crypto-compress, local-cache; may be repeated
                  --catalog <64|32|both|FILE>  The catalog of 64-bit or of 32-bit programs, both, or a
                                               file that `wpu catalog --json` wrote; if absent, all
                                               catalogs of this system
                  --dry-run                    Show the plan, and change nothing
              -h, --help                       Print help

            Example, which changes nothing because of --dry-run:
              wpu install layer --id d3c21122-85e1-48f3-9ab6-23d90c73077e --path "%ProgramFiles%\count\count.dll" --name Count --class ifs --over 2/1/6 --over 23/1/6 --category inspector --catalog 64 --dry-run

            Each catalog is changed by the build of wpu of its width: --catalog 64 first, then the 32-bit wpu, --catalog 32.
            To undo it: wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e --catalog 64

            Layered providers are deprecated since Windows 8 and Windows Server 2012; Microsoft's advice is the Windows
            Filtering Platform.
            exit code 0
        "#]],
    );
    check(
        "uninstall --help",
        expect![[r#"
            Remove a provider, and restore the previous state

            Usage: wpu uninstall [OPTIONS] --id <ID>

            Options:
                  --id <ID>                    The provider's id; for a layer, that of its hidden entry
                  --with-others                Remove chains of other layers that contain it, too
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

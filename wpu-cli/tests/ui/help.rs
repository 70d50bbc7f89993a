//! `wpu --help`, and the help of each command.

use super::{check, wpu};
use expect_test::expect;

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
              wpu install base --id d3c21122-85e1-48f3-9ab6-23d90c73077e --path "%ProgramFiles%\pipes\pipes.dll" --name Pipes --class non-ifs --sockets 40/1/0 --dry-run
              wpu install layer --id d3c21122-85e1-48f3-9ab6-23d90c73077e --path "%ProgramFiles%\count\count.dll" --name Count --class ifs --over every --category inspector --dry-run
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
              wpu install base --id d3c21122-85e1-48f3-9ab6-23d90c73077e --path "%ProgramFiles%\pipes\pipes.dll" --name Pipes --class non-ifs --sockets 40/1/0 --dry-run

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

//! The texts of `wpu --help` and of each command's.

pub const ALL: &str = "\
wpu <command>

  catalog     list the Winsock service providers that are installed
  install     install a provider: `wpu install base` or `wpu install layer`
  uninstall   remove a provider, and restore what was there

`wpu <command> --help` says more. Changes need Windows and an administrator; --dry-run needs neither.
";

pub const CATALOG: &str = "\
wpu catalog [--catalog <which>] [--json]

  --catalog 64 | 32 | both | <file>
                   the catalog of 64-bit or of 32-bit programs; all that there are if absent;
                   or a file that --json wrote
  --json           write JSON, which --catalog reads on any system
";

pub const INSTALL: &str = "\
wpu install base …     a provider that talks to a network or a device itself
wpu install layer …    a provider that goes over others (deprecated since Windows 8)

`wpu install base --help` and `wpu install layer --help` say more.
";

pub const BASE: &str = "\
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
";

pub const LAYER: &str = "\
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
";

pub const UNINSTALL: &str = "\
wpu uninstall --id <id> […]

  --id <id>        the provider's id; for a layer, that of its hidden entry
  --with-others    remove chains of other layers that go through it too
  --catalog 64 | 32 | both | <file>
                   the catalog of 64-bit or of 32-bit programs; all that there are if absent
  --dry-run        show the plan, and change nothing
";

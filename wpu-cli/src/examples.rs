//! What stands below the options in each help text: examples, and what a user should know first.

pub const WPU: &str = "\
Examples:
  wpu catalog                      what is installed, and what is broken
  wpu catalog --json > pc.json     take the catalog along; plan with it anywhere: --catalog pc.json --dry-run
  wpu help install layer           how to install a layer
  wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e --dry-run
                                   what removing that provider would do

Changes need Windows and an administrator; --dry-run needs neither. After a change, restart the programs that
run, or Windows for services.
Exit codes: 0 done, 1 a problem, 2 arguments that make no sense.";

pub const CATALOG: &str = "\
Examples:
  wpu catalog                          all catalogs of this system
  wpu catalog --catalog 32             that of 32-bit programs
  wpu catalog --json > pc.json         write it for another system
  wpu catalog --catalog pc.json        read it there";

pub const INSTALL: &str = "\
Examples:
  wpu install base --id d3c21122-85e1-48f3-9ab6-23d90c73077e --path \"%ProgramFiles%\\pipes\\pipes.dll\" --name Pipes --class non-ifs --sockets 40/1/0 --dry-run
  wpu install layer --id d3c21122-85e1-48f3-9ab6-23d90c73077e --path \"%ProgramFiles%\\count\\count.dll\" --name Count --class ifs --over every --category inspector --dry-run";

pub const BASE: &str = "\
Example, which changes nothing until --dry-run is left out:
  wpu install base --id d3c21122-85e1-48f3-9ab6-23d90c73077e --path \"%ProgramFiles%\\pipes\\pipes.dll\" --name Pipes --class non-ifs --sockets 40/1/0 --dry-run

To undo it: wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e";

pub const LAYER: &str = "\
Example, which changes nothing until --dry-run is left out:
  wpu install layer --id d3c21122-85e1-48f3-9ab6-23d90c73077e --path \"%ProgramFiles%\\count\\count.dll\" --name Count --class ifs --over 2/1/6 --over 23/1/6 --category inspector --catalog 64 --dry-run

Each catalog is changed by the build of wpu of its width: --catalog 64 first, then the 32-bit wpu, --catalog 32.
To undo it: wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e --catalog 64

Layered providers are deprecated since Windows 8 and Windows Server 2012; Microsoft's advice is the Windows
Filtering Platform.";

pub const UNINSTALL: &str = "\
Examples:
  wpu catalog                          the ids of all providers
  wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e --dry-run
                                       what removing it would do";

pub const CATEGORY: &str = "\
Examples:
  wpu category C:\\Windows\\System32\\wsl.exe
                                       which layers it loads
  wpu category C:\\Windows\\System32\\wsl.exe --permit system --dry-run
                                       what would keep it free of all but those for system processes
  wpu category C:\\Windows\\System32\\wsl.exe --forget
                                       have it load every layer again

A program that is not categorised loads every layer. Another loads a layer if they have a category in common, the layer
has none that the program does not permit, and it has `system` if the program permits that. A layer without categories
is loaded by programs that are not categorised alone. Programs that run keep what they started with.";

//! The examples and notes below the options in each help text.

pub const WPU: &str = "\
Examples:
  wpu catalog                      the installed providers and their faults
  wpu catalog --json > pc.json     save the catalog; plan with it on any system: --catalog pc.json --dry-run
  wpu help install layer           how to install a layer
  wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e --dry-run
                                   what removing that provider would do
  wpu show WSPRecv                 what the documentation binds each side to in that function

Changes need Windows and an administrator; --dry-run needs neither. After a change, restart running
programs, or Windows for services.
Exit codes: 0 done, 1 a problem, 2 invalid arguments.";

pub const CATALOG: &str = "\
Examples:
  wpu catalog                          all catalogs of this system
  wpu catalog --catalog 32             the catalog of 32-bit programs
  wpu catalog --json > pc.json         save the catalog for another system
  wpu catalog --catalog pc.json        list the saved catalog";

pub const INSTALL: &str = "\
Examples:
  wpu install base --id d3c21122-85e1-48f3-9ab6-23d90c73077e --path \"%ProgramFiles%\\pipes\\pipes.dll\" --name Pipes --class non-ifs --sockets 40/1/0 --dry-run
  wpu install layer --id d3c21122-85e1-48f3-9ab6-23d90c73077e --path \"%ProgramFiles%\\count\\count.dll\" --name Count --class ifs --over every --category inspector --dry-run";

pub const BASE: &str = "\
Example, which changes nothing because of --dry-run:
  wpu install base --id d3c21122-85e1-48f3-9ab6-23d90c73077e --path \"%ProgramFiles%\\pipes\\pipes.dll\" --name Pipes --class non-ifs --sockets 40/1/0 --dry-run

To undo it: wpu uninstall --id d3c21122-85e1-48f3-9ab6-23d90c73077e";

pub const LAYER: &str = "\
Example, which changes nothing because of --dry-run:
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
                                       plan to restrict it to layers for system processes
  wpu category C:\\Windows\\System32\\wsl.exe --forget
                                       make it load every layer again

A program that is not categorised loads every layer. A categorised program loads a layer if both have a category in
common, the layer has no category that the program does not permit, and the layer has `system` if the program permits
`system`. Only programs that are not categorised load a layer without categories. Running programs keep the categories
that they read at their start.";

pub const SHOW: &str = "\
Examples:
  wpu show WSPRecv                     what binds a provider, the host and a client there
  wpu show network-events              when events are reported
  wpu show WSPRecv.WSAEMSGSIZE         one obligation, by the id that reports give";

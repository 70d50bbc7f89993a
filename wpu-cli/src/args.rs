//! The commands and options of `wpu`.

use crate::trouble::Trouble;
use crate::value::{self, Address, Addresses, Category, ClassWord, Source, What};
use crate::{examples, hint};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use wpu_install::{
    Application, Base, Catalogs, GuidText, Layer, Over, Permission, Plan, Sockets, Uninstall, WideString,
    Width,
};

/// Installs and uninstalls Winsock service providers, lists the catalog, and shows what binds a provider.
#[derive(Parser)]
#[command(
    name = "wpu",
    bin_name = "wpu",
    version,
    about = "wpu installs and uninstalls Winsock service providers, lists the catalog, and shows what binds a provider",
    after_help = examples::WPU,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Wpu {
    #[command(subcommand)]
    pub command: Command,
}

/// The command.
#[derive(Subcommand)]
pub enum Command {
    /// List the installed providers and their faults
    #[command(after_help = examples::CATALOG)]
    Catalog(CatalogArgs),
    /// Install a provider
    #[command(subcommand, after_help = examples::INSTALL, arg_required_else_help = true)]
    Install(Install),
    /// Remove a provider, and restore the previous state
    #[command(after_help = examples::UNINSTALL)]
    Uninstall(UninstallArgs),
    /// Show or set which layers a program loads, by their categories
    #[command(after_help = examples::CATEGORY)]
    Category(CategoryArgs),
    /// Show what the documentation binds each side to
    #[command(after_help = examples::SHOW)]
    Show {
        /// A function such as `WSPRecv`, a topic, or the id of an
        /// obligation from a report
        #[arg(verbatim_doc_comment)]
        name: String,
    },
}

#[derive(Subcommand)]
pub enum Install {
    /// Install a provider that accesses a network or a device itself
    #[command(after_help = examples::BASE)]
    Base(BaseArgs),
    /// Install a layer over other providers (deprecated since Windows 8)
    #[command(after_help = examples::LAYER)]
    Layer(LayerArgs),
}

#[derive(Args)]
pub struct CatalogArgs {
    #[command(flatten)]
    pub source: SourceArg,
    #[command(flatten)]
    pub format: FormatArgs,
}

/// The format of a listing.
#[derive(Args)]
pub struct FormatArgs {
    /// The format of the listing; text by default
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub enum Format {
    Text,
    Json,
}

impl FormatArgs {
    pub fn is_json(&self) -> bool {
        self.json || self.format == Some(Format::Json)
    }
}

/// The catalogs.
#[derive(Args)]
pub struct SourceArg {
    /// The catalog of 64-bit or of 32-bit programs, both, or a
    /// file that `wpu catalog --json` wrote; if absent, all
    /// catalogs of this system
    #[arg(long, value_name = "64|32|both|FILE", value_parser = value::source(), verbatim_doc_comment)]
    catalog: Option<Source>,
}

impl SourceArg {
    pub fn get(&self) -> Source {
        self.catalog.clone().unwrap_or_else(|| Source::System(reachable()))
    }
}

/// The catalogs that a 64-bit program can access, or a 32-bit program.
fn reachable() -> Vec<Width> {
    if Width::OWN == Width::Bits64 { Width::ALL.to_vec() } else { vec![Width::OWN] }
}

/// The catalogs, and whether they are changed.
#[derive(Args)]
pub struct Target {
    #[command(flatten)]
    pub source: SourceArg,
    /// Show the plan, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// The options of all providers.
#[derive(Args)]
pub struct ProviderArgs {
    /// Its id, such as d3c21122-85e1-48f3-9ab6-23d90c73077e
    #[arg(long, value_parser = value::id)]
    id: GuidText,
    #[arg(
        long,
        value_name = "DLL",
        value_parser = value::path,
        help = "The path of its DLL; variables such as %ProgramFiles%\nare not expanded"
    )]
    path: WideString,
    /// Its name
    #[arg(long, value_parser = value::text)]
    name: String,
    /// Whether its sockets are file handles
    #[arg(long)]
    class: ClassWord,
}

#[derive(Args)]
pub struct BaseArgs {
    #[command(flatten)]
    pub provider: ProviderArgs,
    /// The sockets that it offers as numbers, such as 40/1/0
    #[arg(long, value_name = "FAMILY/TYPE/PROTOCOL", value_parser = value::sockets, allow_negative_numbers = true)]
    sockets: Address,
    /// The service flags: the sum of XP1_…
    #[arg(long, value_name = "NUMBER", default_value = "0", value_parser = value::number, allow_negative_numbers = true)]
    flags: u32,
    /// The lengths of the shortest and longest address in bytes
    #[arg(long, value_name = "MIN-MAX", default_value = "16-16", value_parser = value::addresses, allow_negative_numbers = true)]
    addresses: Addresses,
    /// The length of the longest message: 0 for streams
    #[arg(long, value_name = "NUMBER", default_value = "0", value_parser = value::number, allow_negative_numbers = true)]
    message_size: u32,
    /// Let programs find it before all others
    #[arg(long)]
    first: bool,
    #[command(flatten)]
    pub target: Target,
}

impl BaseArgs {
    pub fn request(&self) -> Base {
        let (provider, (family, kind, protocol)) = (&self.provider, self.sockets);
        let sockets = Sockets {
            name: provider.name.clone(),
            family,
            kind,
            protocol,
            service_flags: self.flags,
            addresses: self.addresses,
            message_size: self.message_size,
        };
        Base {
            provider: provider.id.0,
            path: provider.path.clone(),
            class: provider.class.into(),
            sockets: vec![sockets],
            first: self.first,
        }
    }
}

#[derive(Args)]
pub struct LayerArgs {
    #[command(flatten)]
    pub provider: ProviderArgs,
    /// The entries over which it is installed: those that programs
    /// find for `every` kind of sockets, or for a family/type/protocol
    /// such as 2/1/6 for TCP, or the number of an entry of one
    /// catalog; all but `every` may be repeated
    #[arg(
        long,
        value_name = "WHAT",
        required = true,
        action = ArgAction::Append,
        value_parser = value::what,
        allow_negative_numbers = true,
        verbatim_doc_comment
    )]
    over: Vec<What>,
    /// Its categories: system, inspector, redirector, proxy,
    /// firewall, inbound-modify, outbound-modify,
    /// crypto-compress, local-cache; may be repeated
    #[arg(
        long,
        value_name = "CATEGORY",
        action = ArgAction::Append,
        hide_possible_values = true,
        verbatim_doc_comment
    )]
    category: Vec<Category>,
    #[command(flatten)]
    pub target: Target,
}

impl LayerArgs {
    /// The request of the arguments.
    ///
    /// # Errors
    ///
    /// The contradiction between arguments.
    pub fn request(&self) -> Result<Layer, Contradiction> {
        let provider = &self.provider;
        Ok(Layer {
            provider: provider.id.0,
            name: provider.name.clone(),
            path: provider.path.clone(),
            class: provider.class.into(),
            over: over(&self.over)?,
            categories: categories("--category", &self.category)?,
        })
    }
}

#[derive(Args)]
pub struct UninstallArgs {
    /// The provider's id; for a layer, that of its hidden entry
    #[arg(long, value_parser = value::id)]
    id: GuidText,
    /// Remove chains of other layers that contain it, too
    #[arg(long)]
    with_others: bool,
    #[command(flatten)]
    pub target: Target,
}

impl UninstallArgs {
    /// Plans the removal.
    ///
    /// # Errors
    ///
    /// The reason why there is no plan.
    pub fn plan(&self, catalogs: &Catalogs) -> Result<Plan, Trouble> {
        let (provider, others) = (self.id.0, self.with_others);
        if others && (Uninstall { provider, others: false }).plan(catalogs).is_ok() {
            let message =
                "`--with-others` has no effect here: no other entries contain this provider".to_owned();
            return Err(Contradiction { message, help: "leave it out" }.into());
        }
        let plan = Uninstall { provider, others }.plan(catalogs);
        plan.map_err(|problem| hint::with(&problem, catalogs).into())
    }
}

#[derive(Args)]
pub struct CategoryArgs {
    /// The program's file, such as "%ProgramFiles%\a\a.exe"
    #[arg(value_parser = value::path)]
    program: WideString,
    /// Only if it is started with these arguments, as svchost.exe is
    #[arg(long, value_name = "TEXT", value_parser = value::path, allow_hyphen_values = true)]
    arguments: Option<WideString>,
    /// Let it load layers of this category, and of no others:
    /// system, inspector, redirector, proxy, firewall,
    /// inbound-modify, outbound-modify, crypto-compress,
    /// local-cache; may be repeated
    #[arg(
        long,
        value_name = "CATEGORY",
        action = ArgAction::Append,
        hide_possible_values = true,
        verbatim_doc_comment,
        conflicts_with = "forget"
    )]
    permit: Vec<Category>,
    /// Delete its categories: it then loads every layer
    #[arg(long)]
    forget: bool,
    #[command(flatten)]
    pub target: Target,
    #[command(flatten)]
    pub format: FormatArgs,
}

/// The requested change of a program.
pub enum Wanted {
    Show,
    Permission(Permission),
}

impl CategoryArgs {
    pub fn application(&self) -> Application {
        Application { path: self.program.clone(), arguments: self.arguments.clone() }
    }

    /// The request of the arguments.
    ///
    /// # Errors
    ///
    /// An argument that has no effect.
    pub fn wanted(&self) -> Result<Wanted, Contradiction> {
        let contradiction = |option: &str, help| {
            Err(Contradiction { message: format!("`{option}` has no effect here"), help })
        };
        let to = match (&self.permit[..], self.forget) {
            ([], false) if self.target.dry_run => {
                return contradiction(
                    "--dry-run",
                    "it is for `--permit` and `--forget`; without these nothing is changed",
                );
            }
            ([], false) => return Ok(Wanted::Show),
            (_, true) => None,
            (permit, false) => Some(categories("--permit", permit)?),
        };
        if self.format.json || self.format.format.is_some() {
            let option = if self.format.json { "--json" } else { "--format" };
            return contradiction(option, "it is for the listing, without `--permit` or `--forget`");
        }
        Ok(Wanted::Permission(Permission { application: self.application(), to }))
    }
}

/// Arguments that contradict each other.
pub struct Contradiction {
    pub message: String,
    pub help: &'static str,
}

impl From<Contradiction> for Trouble {
    fn from(Contradiction { message, help }: Contradiction) -> Self {
        Self::Arguments(format!("{message}\nhelp: {help}"))
    }
}

/// The sum of the categories, each of which may be given once.
pub fn categories(option: &str, all: &[Category]) -> Result<u32, Contradiction> {
    once(option, all)?;
    Ok(all.iter().fold(0, |sum, category| sum | category.bit))
}

/// The entries over which a layer is installed, all given in the same way.
fn over(all: &[What]) -> Result<Over, Contradiction> {
    once("--over", all)?;
    let entries: Vec<_> =
        all.iter().filter_map(|what| if let What::Entry(id) = what { Some(*id) } else { None }).collect();
    let sockets: Vec<_> =
        all.iter().filter_map(|what| if let What::Sockets(of) = what { Some(*of) } else { None }).collect();
    match (all, entries.len(), sockets.len()) {
        ([What::Every], ..) => Ok(Over::Every),
        (_, count, 0) if count == all.len() => Ok(Over::Entries(entries)),
        (_, 0, count) if count == all.len() => Ok(Over::Sockets(sockets)),
        _ => Err(Contradiction {
            message: "`--over` mixes different kinds of values".to_owned(),
            help: "give `every` once, or only numbers of entries, or only kinds of sockets",
        }),
    }
}

/// Refuses a value that is given twice, since the second has no effect.
fn once<T: PartialEq + std::fmt::Display>(option: &str, all: &[T]) -> Result<(), Contradiction> {
    let twice = all.iter().enumerate().find(|(at, one)| all[..*at].contains(one));
    match twice {
        Some((_, value)) => Err(Contradiction {
            message: format!("`{option} {value}` is given twice"),
            help: "each value may be given once",
        }),
        None => Ok(()),
    }
}

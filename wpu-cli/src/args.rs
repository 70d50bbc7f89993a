//! What the arguments ask for.

use crate::help;
use lexopt::Arg::{Long, Short, Value};
use lexopt::{Parser, ValueExt};
use std::path::PathBuf;
use wpu_install::{
    Base, CATEGORIES, Class, GuidText, Layer, Over, Sockets, Uninstall, WideString, Width, parse_guid,
};

/// What is to be done.
pub enum Command {
    Help(&'static str),
    Catalog { source: Source, json: bool },
    Base(Base, Target),
    Layer(Layer, Target),
    Uninstall(Uninstall, Target),
}

/// Where it is to be done, and whether.
pub struct Target {
    pub source: Source,
    pub dry_run: bool,
}

/// A catalog.
pub enum Source {
    System(Vec<Width>),
    File(PathBuf),
}

/// Why the arguments make no sense.
pub struct Usage {
    pub message: String,
    pub help: &'static str,
}

/// All options; which of them a command takes is in [`Kind`].
#[derive(Default)]
struct Options {
    id: Option<GuidText>,
    path: Option<WideString>,
    path32: Option<WideString>,
    name: Option<String>,
    class: Option<Class>,
    sockets: Option<(i32, i32, i32)>,
    flags: u32,
    addresses: Option<(i32, i32)>,
    message_size: u32,
    over: Vec<What>,
    categories: u32,
    source: Option<Source>,
    /// Those that take no value.
    switches: Vec<String>,
}

/// What a layer goes over, as one option says it.
#[derive(Clone, Copy, PartialEq)]
enum What {
    Every,
    Sockets((i32, i32, i32)),
    Entry(u32),
}

/// A command, the options that it takes, and its help.
struct Kind {
    options: &'static [&'static str],
    help: &'static str,
    build: fn(Options) -> Result<Command, String>,
}

const CATALOG: Kind = Kind { options: &["catalog", "json"], help: help::CATALOG, build: catalog };
const BASE: Kind = Kind {
    options: &[
        "id",
        "path",
        "path-32",
        "name",
        "class",
        "sockets",
        "flags",
        "addresses",
        "message-size",
        "first",
        "catalog",
        "dry-run",
    ],
    help: help::BASE,
    build: base,
};
const LAYER: Kind = Kind {
    options: &["id", "path", "path-32", "name", "class", "over", "category", "catalog", "dry-run"],
    help: help::LAYER,
    build: layer,
};
const UNINSTALL: Kind =
    Kind { options: &["id", "with-others", "catalog", "dry-run"], help: help::UNINSTALL, build: uninstall };

/// Reads the arguments of the program.
pub fn parse(mut args: Parser) -> Result<Command, Usage> {
    let kind = match word(&mut args, help::ALL)?.as_deref() {
        None => return Ok(Command::Help(help::ALL)),
        Some("catalog") => CATALOG,
        Some("uninstall") => UNINSTALL,
        Some("install") => match word(&mut args, help::INSTALL)?.as_deref() {
            None => return Ok(Command::Help(help::INSTALL)),
            Some("base") => BASE,
            Some("layer") => LAYER,
            Some(other) => return Err(unknown(other, help::INSTALL)),
        },
        Some(other) => return Err(unknown(other, help::ALL)),
    };
    let usage = |message| Usage { message, help: kind.help };
    let mut options = Options::default();
    while let Some(arg) = args.next().map_err(|error| usage(error.to_string()))? {
        match arg {
            Long("help") | Short('h') => return Ok(Command::Help(kind.help)),
            Long(name) if kind.options.contains(&name) => {
                let name = name.to_owned();
                options.take(&name, &mut args).map_err(|why| usage(format!("--{name}: {why}")))?;
            }
            other => return Err(usage(other.unexpected().to_string())),
        }
    }
    (kind.build)(options).map_err(usage)
}

/// The next word of a command; `None` if there is none, or if help is asked for.
fn word(args: &mut Parser, help: &'static str) -> Result<Option<String>, Usage> {
    let usage = |message| Usage { message, help };
    match args.next().map_err(|error| usage(error.to_string()))? {
        None | Some(Long("help") | Short('h')) => Ok(None),
        Some(Value(word)) => Ok(Some(word.to_string_lossy().into_owned()).filter(|word| word != "help")),
        Some(other) => Err(usage(other.unexpected().to_string())),
    }
}

fn unknown(word: &str, help: &'static str) -> Usage {
    Usage { message: format!("there is no command `{word}`"), help }
}

impl Options {
    /// Takes the value of an option.
    fn take(&mut self, name: &str, args: &mut Parser) -> Result<(), String> {
        match name {
            "first" | "with-others" | "dry-run" | "json" => self.switches.push(name.to_owned()),
            _ => {
                let value = args.value().and_then(ValueExt::string).map_err(|error| error.to_string())?;
                return self.set(name, &value);
            }
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let not = |what: &str| format!("`{value}` is not {what}");
        match name {
            "id" => self.id = Some(GuidText(parse_guid(value).ok_or_else(|| not("an id"))?)),
            "path" => self.path = Some(value.into()),
            "path-32" => self.path32 = Some(value.into()),
            "name" => self.name = Some(value.to_owned()),
            "class" => self.class = Some(class(value).ok_or_else(|| not("`ifs` or `non-ifs`"))?),
            "sockets" => self.sockets = Some(sockets(value).ok_or_else(|| not("such as `2/1/6`"))?),
            "flags" => self.flags = number(value).ok_or_else(|| not("a number"))?,
            "addresses" => self.addresses = Some(addresses(value).ok_or_else(|| not("such as `16-28`"))?),
            "message-size" => self.message_size = number(value).ok_or_else(|| not("a number"))?,
            "over" => {
                self.over.push(what(value).ok_or_else(|| not("`every`, a number, or such as `2/1/6`"))?);
            }
            "category" => self.categories |= category(value).ok_or_else(|| not("a category"))?,
            _ => self.source = Some(source(value)),
        }
        Ok(())
    }

    fn has(&self, switch: &str) -> bool {
        self.switches.iter().any(|given| given == switch)
    }

    fn target(&mut self) -> Target {
        Target { source: self.source(), dry_run: self.has("dry-run") }
    }

    fn source(&mut self) -> Source {
        self.source.take().unwrap_or_else(|| Source::System(reachable()))
    }
}

/// A 64-bit program reaches both catalogs.
fn reachable() -> Vec<Width> {
    if Width::OWN == Width::Bits64 { Width::ALL.to_vec() } else { vec![Width::OWN] }
}

#[expect(clippy::unnecessary_wraps, reason = "one of several that can fail")]
fn catalog(mut options: Options) -> Result<Command, String> {
    Ok(Command::Catalog { source: options.source(), json: options.has("json") })
}

fn base(mut options: Options) -> Result<Command, String> {
    let (target, first) = (options.target(), options.has("first"));
    let (family, kind, protocol) = needed(options.sockets, "sockets")?;
    let sockets = Sockets {
        name: needed(options.name, "name")?,
        family,
        kind,
        protocol,
        service_flags: options.flags,
        addresses: options.addresses.unwrap_or((16, 16)),
        message_size: options.message_size,
    };
    let base = Base {
        provider: needed(options.id, "id")?.0,
        path: needed(options.path, "path")?,
        path32: options.path32,
        class: needed(options.class, "class")?,
        sockets: vec![sockets],
        first,
    };
    Ok(Command::Base(base, target))
}

fn layer(mut options: Options) -> Result<Command, String> {
    let target = options.target();
    let layer = Layer {
        provider: needed(options.id, "id")?.0,
        name: needed(options.name, "name")?,
        path: needed(options.path, "path")?,
        path32: options.path32,
        class: needed(options.class, "class")?,
        over: over(&options.over)?,
        categories: options.categories,
    };
    Ok(Command::Layer(layer, target))
}

fn uninstall(mut options: Options) -> Result<Command, String> {
    let target = options.target();
    let uninstall = Uninstall { provider: needed(options.id, "id")?.0, others: options.has("with-others") };
    Ok(Command::Uninstall(uninstall, target))
}

fn needed<T>(value: Option<T>, name: &str) -> Result<T, String> {
    value.ok_or_else(|| format!("--{name} is missing"))
}

/// All that is said of what a layer goes over, which is of one kind.
fn over(all: &[What]) -> Result<Over, String> {
    let entries: Vec<_> =
        all.iter().filter_map(|what| if let What::Entry(id) = what { Some(*id) } else { None }).collect();
    let sockets: Vec<_> =
        all.iter().filter_map(|what| if let What::Sockets(of) = what { Some(*of) } else { None }).collect();
    match (all.len(), entries.len(), sockets.len()) {
        (0, ..) => Err("--over is missing".to_owned()),
        (count, _, 0) if count == entries.len() => Ok(Over::Entries(entries)),
        (count, 0, _) if count == sockets.len() => Ok(Over::Sockets(sockets)),
        (1, 0, 0) => Ok(Over::Every),
        _ => Err("--over: say `every` once, or only numbers, or only kinds of sockets".to_owned()),
    }
}

fn class(text: &str) -> Option<Class> {
    match text {
        "ifs" => Some(Class::Ifs),
        "non-ifs" | "non_ifs" => Some(Class::NonIfs),
        _ => None,
    }
}

fn number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

fn sockets(text: &str) -> Option<(i32, i32, i32)> {
    let mut parts = text.split('/').map(|part| part.parse().ok());
    let found = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(found)
}

fn addresses(text: &str) -> Option<(i32, i32)> {
    let (min, max) = text.split_once('-')?;
    let (min, max) = (min.parse().ok()?, max.parse().ok()?);
    (min <= max).then_some((min, max))
}

fn what(text: &str) -> Option<What> {
    if text == "every" {
        return Some(What::Every);
    }
    sockets(text).map(What::Sockets).or_else(|| text.parse().ok().map(What::Entry))
}

fn category(text: &str) -> Option<u32> {
    CATEGORIES.iter().find(|(name, _)| *name == text).map(|(_, bit)| *bit)
}

fn source(text: &str) -> Source {
    match text {
        "64" => Source::System(vec![Width::Bits64]),
        "32" => Source::System(vec![Width::Bits32]),
        "both" => Source::System(Width::ALL.to_vec()),
        path => Source::File(path.into()),
    }
}

//! Formats plans as plain text.

use crate::catalog::{Width, name};
use crate::categories::categories;
use crate::guid::GuidText;
use crate::plan::{Action, Addition, Key, Note, Place, Plan, Planned, Step};
use crate::printable::printable;
use std::fmt;
use wpu_sys::ffi::{LAYERED_PROTOCOL, PFL_HIDDEN, SYSTEM_FOLDER, WINDOWS_VARIABLE, XP1_IFS_HANDLES};

impl fmt::Display for Plan {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.steps.iter().enumerate() {
            writeln!(out, "{:>3}. {step}", at + 1)?;
            if let Action::Add(what) = &step.action {
                what.entries.iter().try_for_each(|entry| added(out, entry))?;
            }
            if let Action::Reorder { to, .. } = &step.action {
                writeln!(out, "       {}", keys(to, ", "))?;
            }
        }
        self.notes.iter().try_for_each(|note| writeln!(out, "note: {note}"))
    }
}

fn added(out: &mut fmt::Formatter<'_>, entry: &Planned) -> fmt::Result {
    let info = &entry.info;
    let class = if info.dwServiceFlags1 & XP1_IFS_HANDLES == 0 { "non-IFS" } else { "IFS" };
    let what = match entry.chain[..] {
        [] if info.ProtocolChain.ChainLen == LAYERED_PROTOCOL => "layer".to_owned(),
        [] => "base".to_owned(),
        ref chain => format!("chain {}", keys(chain, " > ")),
    };
    let hidden = if info.dwProviderFlags & PFL_HIDDEN == 0 { "" } else { ", hidden" };
    writeln!(out, "       {}: `{}`, {what}, {class}{hidden}", entry.key, printable(&name(info)))
}

fn keys(keys: &[Key], between: &str) -> String {
    keys.iter().map(Key::to_string).collect::<Vec<_>>().join(between)
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(id) => write!(out, "{id}"),
            Self::New(number) => write!(out, "new {number}"),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::In(width) => write!(out, "the {width} catalog"),
            Self::Both => out.write_str("both catalogs"),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place;
        match &self.action {
            Action::Add(what) => {
                write!(
                    out,
                    "add {} to {place}: {}, {}",
                    names(what),
                    GuidText(what.provider),
                    printable(&what.path.to_string())
                )
            }
            Action::Remove { what, .. } => {
                write!(out, "remove {} from {place}: {}", names(what), GuidText(what.provider))
            }
            Action::Reorder { .. } => write!(out, "put {place} in order"),
            Action::Categorise { provider, to, .. } => {
                write!(out, "set the categories of {} in {place} to {}", GuidText(*provider), categories(*to))
            }
        }
    }
}

fn names(what: &Addition) -> String {
    let name = |entry: &Planned| match entry.key {
        Key::Known(id) => format!("{id} `{}`", printable(&name(&entry.info))),
        Key::New(_) => format!("`{}`", printable(&name(&entry.info))),
    };
    what.entries.iter().map(name).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Note {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deprecated => out.write_str(
                "layered providers are deprecated since Windows 8 and Windows Server 2012; \
                Microsoft's advice is the Windows Filtering Platform",
            ),
            Self::NoCategory => out.write_str(
                "without a category, services and system processes do not load the layer (see --category)",
            ),
            Self::SystemProcesses => out.write_str(
                "system processes load the layer, and Windows stops when one of them crashes: test it without \
                the category `system` first",
            ),
            Self::Restart => out.write_str(
                "running programs keep the catalog that they read at their start: restart them, or Windows for services, \
                before you install or uninstall again",
            ),
            Self::FoundLater { width, entry, before } => {
                write!(out, "programs that ask the {width} catalog for the sockets of `{}` find {before} first", printable(entry))
            }
            Self::Uncovered { width, entries } => write!(
                out,
                "select and poll take sockets of one provider, so programs that mix providers fail if a non-IFS layer is \
                not over all entries: in the {width} catalog it is not over {}",
                entries.join(", ")
            ),
            Self::LeftOut { width, entry, why } => write!(out, "omitted in the {width} catalog: {entry}: {why}"),
            Self::OnePath => write!(
                out,
                "a program loads only DLLs of its own width, but both catalogs contain this path: for 32-bit programs \
                it must denote another file, as %{WINDOWS_VARIABLE}%\\{SYSTEM_FOLDER} does; or install with one path for each catalog, \
                --catalog 64 first, then --catalog 32 with the 32-bit build of wpu",
            ),
            Self::NotIn(width) => write!(out, "the provider is not in the {width} catalog"),
        }
    }
}

impl Width {
    /// The identifier in files and options.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Bits64 => "64",
            Self::Bits32 => "32",
        }
    }
}

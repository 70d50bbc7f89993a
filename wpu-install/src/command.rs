//! The `wpu` commands that messages suggest, complete and with the build of `wpu` that can carry them out.

use crate::catalog::{Catalog, Catalogs, Entry, Width};
use crate::categories::{CATEGORIES, category_names};
use crate::guid::GuidText;
use crate::memory::cannot_add;
use crate::path::is_of_windows;
use crate::plan::Place;
use crate::problem::Problem;
use crate::uninstall::Uninstall;
use wpu_sys::WideString;
use wpu_sys::ffi::{GUID, XP1_IFS_HANDLES};

/// The command that removes a provider from all of the catalogs, or one command for each; `None` if there is
/// none.
///
/// There is none for a base provider of Windows.
#[must_use]
pub fn uninstall_command(catalogs: &Catalogs, provider: GUID) -> Option<String> {
    let there: Vec<_> = catalogs.all().filter(|(_, catalog)| catalog.has(&provider)).collect();
    let each = there.iter().map(|(width, catalog)| removal(*width, catalog, provider, |_| true));
    let each: Vec<_> = each.collect::<Option<_>>()?;
    let at_once = Uninstall { provider, others: false }.plan(catalogs);
    if there.len() > 1
        && at_once.is_ok_and(|plan| plan.cannot_add(|place| cannot_add(SEES_ALL, place)).is_none())
    {
        return Some(format!("wpu uninstall --id {}", plain(provider)));
    }
    (!each.is_empty()).then(|| each.join("; then "))
}

/// The command that removes a provider from one catalog. It removes no base provider of Windows.
pub(crate) fn removal(
    width: Width,
    catalog: &Catalog,
    provider: GUID,
    may_go: impl Fn(&Entry) -> bool,
) -> Option<String> {
    let mut catalogs = Catalogs::default();
    *catalogs.slot(width) = Some(catalog.clone());
    let mut uninstall = Uninstall { provider, others: false };
    let mut plan = uninstall.plan(&catalogs);
    if let Err(Problem::InUse { .. }) = plan {
        uninstall.others = true;
        plan = uninstall.plan(&catalogs);
    }
    let (plan, gone) = (plan.ok()?, uninstall.gone(width, catalog).ok()?);
    let mut bases = gone.iter().filter_map(|id| catalog.find(*id)).filter(|entry| entry.is_base());
    if bases.any(|base| is_of_windows(&base.path) || !may_go(base)) {
        return None;
    }
    let build = if plan.cannot_add(|place| cannot_add(SEES_ALL, place)).is_some() {
        build(width)
    } else {
        String::new()
    };
    let others = if uninstall.others { " --with-others" } else { "" };
    Some(format!("{build}wpu uninstall --id {} --catalog {}{others}", plain(provider), width.word()))
}

/// The command that installs the provider of an entry in the other catalog; `None` if a single command
/// cannot.
pub(crate) fn installation(catalog: &Catalog, entry: &Entry, width: Width) -> Option<String> {
    let info = &entry.info;
    let owned: Vec<&Entry> = catalog.owned(&info.ProviderId).collect();
    let what = if entry.is_layer() {
        let mut over: Vec<_> =
            owned.iter().filter(|chain| !chain.links().is_empty()).map(|chain| chain.sockets()).collect();
        over.sort_unstable();
        over.dedup();
        let known = CATEGORIES.iter().fold(0, |known, (_, bit)| known | bit);
        if over.is_empty() || entry.categories & !known != 0 {
            return None;
        }
        let over = over.iter().map(|(family, kind, protocol)| format!(" --over {family}/{kind}/{protocol}"));
        let categories = category_names(entry.categories);
        over.chain(categories.iter().map(|name| format!(" --category {name}"))).collect::<String>()
    } else {
        let (min, max, (family, kind, protocol)) = (info.iMinSockAddr, info.iMaxSockAddr, entry.sockets());
        if owned.len() != 1 || min < 0 || max < min {
            return None;
        }
        let flags = info.dwServiceFlags1 & !XP1_IFS_HANDLES;
        format!(
            " --sockets {family}/{kind}/{protocol} --flags {flags:#x} --addresses {min}-{max} --message-size {}",
            info.dwMessageSize
        )
    };
    let build = if cannot_add(SEES_ALL, Place::In(width)).is_some() { build(width) } else { String::new() };
    Some(format!(
        "{build}wpu install {} --id {} --path {} --name {} --class {}{what} --catalog {}",
        if entry.is_layer() { "layer" } else { "base" },
        plain(info.ProviderId),
        other_path(&entry.path, width),
        quoted(&entry.name()),
        if entry.is_ifs() { "ifs" } else { "non-ifs" },
        width.word(),
    ))
}

/// The build that can access all catalogs. Where it does not exist, the 32-bit build is running anyway.
const SEES_ALL: Width = Width::Bits64;

fn build(width: Width) -> String {
    format!("with the {width} build of wpu: ")
}

/// The path for the other width: a DLL is for programs of one width, but a variable may denote another folder
/// there.
fn other_path(path: &WideString, width: Width) -> String {
    let path = path.to_string();
    if path.starts_with('%') { quoted(&path) } else { format!("\"PATH OF ITS {width} DLL\"") }
}

/// Quotes an argument as Windows programs parse it.
#[must_use]
pub fn quoted(text: &str) -> String {
    let (mut quoted, mut backslashes) = (String::from("\""), 0);
    for letter in text.chars() {
        if letter == '"' {
            quoted.push_str(&"\\".repeat(backslashes + 1));
        }
        backslashes = if letter == '\\' { backslashes + 1 } else { 0 };
        quoted.push(letter);
    }
    quoted + &"\\".repeat(backslashes) + "\""
}

/// The id without braces, which have another meaning in `PowerShell`.
fn plain(id: GUID) -> String {
    GuidText(id).to_string().trim_matches(['{', '}']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn quotes_and_backslashes_before_them_are_escaped() {
        assert_eq!(quoted(r"C:\a b\c.exe"), r#""C:\a b\c.exe""#);
        assert_eq!(quoted(r"C:\a\"), r#""C:\a\\""#);
        assert_eq!(quoted(r#"-k "a\" \"#), r#""-k \"a\\\" \\""#);
    }
}

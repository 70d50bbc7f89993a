//! Checks and expands the paths of DLLs in the catalog.

use wpu_sys::WideString;
use wpu_sys::ffi::{
    SYSTEM_FOLDER, SYSTEM_FOLDER_32, WINDOWS_FOLDER, WINDOWS_VARIABLE, WINDOWS_VARIABLE_SHORT,
};

/// The fault of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadPath {
    /// It is longer than the catalog can store.
    Long,
    /// It contains a zero character.
    Zero,
    /// It is not absolute.
    NotWhole,
}

/// The fault of the path of a file, if it has one.
pub(crate) fn why_bad(path: &WideString) -> Option<BadPath> {
    if path.units().contains(&0) {
        Some(BadPath::Zero)
    } else if !is_whole(path) {
        Some(BadPath::NotWhole)
    } else {
        None
    }
}

/// Whether a path is absolute: it starts with a drive, a variable, or a server and share.
pub(crate) fn is_whole(path: &WideString) -> bool {
    let text = path.to_string().replace('/', "\\");
    if let Some(rest) = text.strip_prefix(r"\\") {
        let parts = rest.split_once('\\');
        return parts
            .is_some_and(|(server, shared)| !server.is_empty() && !shared.trim_matches('\\').is_empty());
    }
    if let Some(rest) = text.strip_prefix('%') {
        let parts = rest.split_once('%');
        return parts.is_some_and(|(name, rest)| !name.is_empty() && rest.starts_with('\\'));
    }
    let mut letters = text.chars();
    let drive = letters.next().is_some_and(|drive| drive.is_ascii_alphabetic());
    drive && letters.as_str().starts_with(r":\")
}

/// Whether the path is in the folder of Windows.
pub(crate) fn is_of_windows(path: &WideString) -> bool {
    let text = path.to_string().replace('/', "\\");
    let variable = |name: &str| format!("%{name}%");
    let folders = [variable(WINDOWS_VARIABLE), variable(WINDOWS_VARIABLE_SHORT), WINDOWS_FOLDER.to_owned()];
    folders.iter().any(|folder| below(&text, folder).is_some())
}

/// Whether two paths name the same file, as far as their text shows.
pub(crate) fn same_file(one: &WideString, other: &WideString) -> bool {
    let plain = |path: &WideString| path.to_string().replace('/', "\\").to_lowercase();
    plain(one) == plain(other)
}

/// Replaces the variables of a path, as programs of a width do; `None` if a variable is unknown.
pub(crate) fn expand(path: &WideString, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let text = path.to_string();
    let mut expanded = String::new();
    for (at, part) in text.split('%').enumerate() {
        if at % 2 == 0 { expanded.push_str(part) } else { expanded.push_str(&variable(part)?) }
    }
    Some(expanded)
}

/// The file that a path of a 32-bit program denotes, for a 64-bit program: 32-bit programs have a system
/// folder of their own in place of that of Windows.
pub(crate) fn of_32_bit(path: &str, windows: &str) -> String {
    let windows = windows.trim_end_matches(['\\', '/']);
    match below(path, &format!(r"{windows}\{SYSTEM_FOLDER}")) {
        Some(rest) if !windows.is_empty() => format!(r"{windows}\{SYSTEM_FOLDER_32}\{rest}"),
        _ => path.to_owned(),
    }
}

/// The part of a path after a folder; `None` if the path is not in the folder.
fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    let start = path.get(..folder.len())?;
    let rest = path[folder.len()..].strip_prefix(['\\', '/'])?;
    start.replace('/', "\\").eq_ignore_ascii_case(folder).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_path_says_where_the_file_is() {
        let whole = [
            r"C:\a.dll",
            "c:/a.dll",
            r"%ProgramFiles%\a.dll",
            r"\\server\a\b.dll",
            "//server/a/b.dll",
            r"\\?\C:\a.dll",
        ];
        let not = ["", "a.dll", r"\a.dll", "C:a.dll", r"1:\a.dll", "%a.dll", r"..\a.dll", "é:\\a.dll"]
            .into_iter()
            .chain([
                "%%",
                r"%%\a.dll",
                "%a%",
                "%a%b.dll",
                r"\\",
                r"\\\",
                r"\\server",
                r"\\server\",
                r"\\\a\b.dll",
            ])
            .collect::<Vec<_>>();
        assert!(whole.iter().all(|path| is_whole(&(*path).into())));
        assert!(!not.iter().any(|path| is_whole(&(*path).into())));
    }

    #[test]
    fn variables_are_replaced_or_the_path_is_unknown() {
        let variable = |name: &str| (name == "A").then(|| r"C:\a".to_owned());
        let expanded = |path: &str| expand(&path.into(), variable);
        assert_eq!(expanded(r"%A%\b.dll").as_deref(), Some(r"C:\a\b.dll"));
        assert_eq!(expanded(r"C:\b.dll").as_deref(), Some(r"C:\b.dll"));
        assert_eq!(expanded(r"%B%\b.dll"), None);
    }

    #[test]
    fn programs_of_32_bits_have_a_system_folder_of_their_own() {
        let of_32_bit = |path| of_32_bit(path, r"C:\Windows");
        assert_eq!(of_32_bit(r"c:\windows\System32\a.dll"), r"C:\Windows\SysWOW64\a.dll");
        assert_eq!(of_32_bit(r"C:/Windows/system32/a.dll"), r"C:\Windows\SysWOW64\a.dll");
        // Other folders of this name are not redirected.
        for same in [
            r"C:\é\system32\a.dll",
            r"D:\Windows\System32\a.dll",
            r"C:\Windows\system32.dll",
            r"C:\a\b.dll",
            "é",
        ] {
            assert_eq!(of_32_bit(same), same);
        }
        assert_eq!(super::of_32_bit(r"\system32\a.dll", ""), r"\system32\a.dll");
    }
}

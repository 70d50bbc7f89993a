//! Paths of DLLs, as the catalog has them.

use wpu_sys::WideString;

/// Whether a path says where the file is: it begins with a drive, with a variable, or with `\\\\`.
pub(crate) fn is_whole(path: &WideString) -> bool {
    let text = path.to_string();
    let letters: Vec<char> = text.chars().take(3).collect();
    match letters[..] {
        [drive, ':', '\\' | '/'] => drive.is_ascii_alphabetic(),
        ['%', ..] => text[1..].contains('%'),
        ['\\', '\\', ..] => true,
        _ => false,
    }
}

/// Whether it leads into the system's own folder.
pub(crate) fn is_of_windows(path: &WideString) -> bool {
    let text = path.to_string().replace('/', "\\").to_lowercase();
    ["%systemroot%\\", "%windir%\\", "c:\\windows\\"].iter().any(|folder| text.starts_with(folder))
}

/// Whether two paths name one file, as far as their text says.
pub(crate) fn same_file(one: &WideString, other: &WideString) -> bool {
    let plain = |path: &WideString| path.to_string().replace('/', "\\").to_lowercase();
    plain(one) == plain(other)
}

/// The path with its variables replaced, as the other programs of a width see it; `None` if one is unknown.
pub(crate) fn expand(path: &WideString, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let text = path.to_string();
    let mut expanded = String::new();
    for (at, part) in text.split('%').enumerate() {
        if at % 2 == 0 { expanded.push_str(part) } else { expanded.push_str(&variable(part)?) }
    }
    Some(expanded)
}

/// Where a 64-bit program finds what a 32-bit program means by a path: such programs have a system folder of
/// their own.
pub(crate) fn of_32_bit(path: &str) -> String {
    let lower = path.replace('/', "\\").to_ascii_lowercase();
    match lower.find("\\system32\\") {
        Some(at) => format!("{}\\SysWOW64\\{}", &path[..at], &path[at + "\\system32\\".len()..]),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_path_says_where_the_file_is() {
        let whole = [r"C:\a.dll", "c:/a.dll", r"%ProgramFiles%\a.dll", r"\\server\a.dll"];
        let not = ["", "a.dll", r"\a.dll", "C:a.dll", r"1:\a.dll", "%a.dll", r"..\a.dll", "é:\\a.dll"];
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
        assert_eq!(of_32_bit(r"C:\Windows\System32\a.dll"), r"C:\Windows\SysWOW64\a.dll");
        assert_eq!(of_32_bit(r"C:\é\system32\a.dll"), r"C:\é\SysWOW64\a.dll");
        assert_eq!(of_32_bit(r"C:\a\b.dll"), r"C:\a\b.dll");
    }
}

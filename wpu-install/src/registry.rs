//! Where Windows keeps what programs permit. No function takes categories away, so the key of a program is deleted,
//! by the system's own `reg`.

use crate::application::Application;
use std::process::Command;
use wpu_sys::{WideString, WsaError};

/// The key that has a key for each program.
const PROGRAMS: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\WinSock2\Parameters\AppId_Catalog";

/// Deletes the key of a program.
///
/// # Errors
///
/// `WSASERVICE_NOT_FOUND` if there is none, `WSANO_RECOVERY` if it cannot be deleted.
pub(crate) fn forget(application: &Application) -> Result<(), WsaError> {
    let listed = reg(&["query", PROGRAMS, "/s"])?;
    let key = key(&listed, application).ok_or(WsaError::WSASERVICE_NOT_FOUND)?;
    reg(&["delete", key, "/f"]).map(drop)
}

fn reg(words: &[&str]) -> Result<String, WsaError> {
    let folder = std::env::var("SystemRoot").map_err(|_| WsaError::WSAEOPNOTSUPP)?;
    let output = Command::new(format!(r"{folder}\System32\reg.exe")).args(words).output();
    let output = output.map_err(|_| WsaError::WSAEOPNOTSUPP)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() { Ok(text) } else { Err(WsaError::WSANO_RECOVERY) }
}

/// The key of a program in what `reg query … /s` lists: a line for each key, and below it one for each value, with
/// name, type and text in columns.
fn key<'a>(listed: &'a str, application: &Application) -> Option<&'a str> {
    let same = |one: &str, other: &WideString| one.to_lowercase() == other.to_string().to_lowercase();
    let matches = |(path, arguments): (Option<&str>, Option<&str>)| {
        path.is_some_and(|path| same(path, &application.path))
            && match &application.arguments {
                None => arguments.is_none_or(str::is_empty),
                Some(wanted) => arguments.is_some_and(|arguments| arguments == wanted.to_string()),
            }
    };
    let (mut current, mut values) = (None, (None, None));
    for line in listed.lines().map(str::trim_end) {
        if line.starts_with("HKEY_") {
            if current.is_some() && matches(values) {
                return current;
            }
            (current, values) = (Some(line), (None, None));
        } else if let Some((name, text)) = value(line) {
            match name {
                "AppFullPath" => values.0 = Some(text),
                "AppArgs" => values.1 = Some(text),
                _ => (),
            }
        }
    }
    current.filter(|_| matches(values))
}

/// The name and the text of a value: `    AppFullPath    REG_SZ    C:\a.exe`.
fn value(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.strip_prefix("    ")?.split_once("    ")?;
    let (kind, text) = rest.split_once("    ").unwrap_or((rest, ""));
    kind.starts_with("REG_").then_some((name, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: &str = "\r\nHKEY_LOCAL_MACHINE\\A\\AppId_Catalog\\0408F7A3\r\n    \
        AppFullPath    REG_SZ    C:\\Windows\\System32\\wsl.exe\r\n    \
        PermittedLspCategories    REG_DWORD    0x80000000\r\n\r\n\
        HKEY_LOCAL_MACHINE\\A\\AppId_Catalog\\2C69D9F1\r\n    \
        AppArgs    REG_SZ    -k    two  spaces\r\n    \
        AppFullPath    REG_SZ    C:\\Windows\\System32\\svchost.exe\r\n    \
        PermittedLspCategories    REG_DWORD    0x40000000\r\n\r\n\
        HKEY_LOCAL_MACHINE\\A\\AppId_Catalog\\3C69D9F1\r\n    \
        AppFullPath    REG_SZ    C:\\Windows\\System32\\svchost.exe\r\n    \
        AppArgs    REG_SZ\r\n";

    fn found(path: &str, arguments: Option<&str>) -> Option<&'static str> {
        let application = Application { path: path.into(), arguments: arguments.map(Into::into) };
        key(LISTED, &application).map(|key| key.rsplit('\\').next().unwrap_or_default())
    }

    #[test]
    fn the_key_of_a_program_is_found_by_its_path_and_its_arguments() {
        assert_eq!(found(r"c:\windows\system32\WSL.EXE", None), Some("0408F7A3"));
        assert_eq!(found(r"C:\Windows\System32\svchost.exe", Some("-k    two  spaces")), Some("2C69D9F1"));
        assert_eq!(found(r"C:\Windows\System32\svchost.exe", None), Some("3C69D9F1"));
        assert_eq!(found(r"C:\Windows\System32\svchost.exe", Some("-k")), None);
        assert_eq!(found(r"C:\Windows\System32\wsl.exe", Some("-k")), None);
        assert_eq!(found(r"C:\Windows\System32", None), None);
        assert_eq!(key("", &Application { path: "".into(), arguments: None }), None);
    }
}

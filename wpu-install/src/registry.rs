//! Deletes what a program permits from the registry, with the system's `reg`, since no function removes
//! categories.

use crate::application::{Application, PermissionError};
use crate::path::expand;
use std::process::Command;
use wpu_sys::WideString;
use wpu_sys::ffi::{
    APPLICATION_ARGUMENTS_VALUE, APPLICATION_PATH_VALUE, APPLICATIONS_KEY, REGISTRY_TOOL, SYSTEM_FOLDER,
    WINDOWS_VARIABLE,
};

/// Deletes the key of a program.
///
/// # Errors
///
/// The error of deleting it.
pub(crate) fn forget(application: &Application) -> Result<(), PermissionError> {
    let listed = reg(&["query", APPLICATIONS_KEY, "/s"])?;
    reg(&["delete", find(&listed, application)?, "/f"]).map(drop)
}

/// The key of a program in the output of `reg`, or the reason why it cannot be determined.
fn find<'a>(listed: &'a str, application: &Application) -> Result<&'a str, PermissionError> {
    match key(listed, application) {
        Some(key) => Ok(key),
        None if is_ascii(application) => Err(PermissionError::NoKey),
        None => Err(PermissionError::NotAscii),
    }
}

fn reg(words: &[&str]) -> Result<String, PermissionError> {
    let not_set = |_| PermissionError::NoTool { why: format!("`{WINDOWS_VARIABLE}` is not set") };
    let folder = std::env::var(WINDOWS_VARIABLE).map_err(not_set)?;
    let tool = format!(r"{folder}\{SYSTEM_FOLDER}\{REGISTRY_TOOL}");
    let output = Command::new(tool).args(words).output();
    let output = output.map_err(|error| PermissionError::NoTool { why: error.to_string() })?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let says = text(&output.stderr);
    Err(PermissionError::Tool { says: if says.is_empty() { output.status.to_string() } else { says } })
}

/// Whether `reg` output is unambiguous: in a pipe it uses the code page of the console, and only ASCII is the
/// same in all of them.
fn is_ascii(application: &Application) -> bool {
    let all = [Some(&application.path), application.arguments.as_ref()];
    let expanded = expanded(&application.path);
    all.into_iter().flatten().all(|text| text.to_string().is_ascii()) && expanded.is_ascii()
}

/// The path with its variables replaced, a form that the registry may contain.
fn expanded(path: &WideString) -> String {
    expand(path, |name| std::env::var(name).ok()).unwrap_or_else(|| path.to_string())
}

/// Finds the key of a program in the output of `reg query … /s`: a line for each key, followed by a line for
/// each value with name, type and text in columns.
fn key<'a>(listed: &'a str, application: &Application) -> Option<&'a str> {
    let known = [application.path.to_string(), expanded(&application.path)];
    let same = |path: &str| {
        let paths = [path.to_owned(), expanded(&path.into())];
        paths.iter().any(|path| known.iter().any(|known| known.to_lowercase() == path.to_lowercase()))
    };
    let matches = |(path, arguments): (Option<&str>, Option<&str>)| {
        path.is_some_and(same)
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
                APPLICATION_PATH_VALUE => values.0 = Some(text),
                APPLICATION_ARGUMENTS_VALUE => values.1 = Some(text),
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
    fn what_reg_cannot_write_is_not_taken_for_absent() {
        let of = |path: &str, arguments: Option<&str>| {
            let application = Application { path: path.into(), arguments: arguments.map(Into::into) };
            find(LISTED, &application).unwrap_err()
        };
        for known in [of(r"C:\a.exe", None), of(r"C:\a.exe", Some("-k"))] {
            assert_eq!(known, PermissionError::NoKey);
        }
        for unknown in [of(r"C:\é.exe", None), of(r"C:\a.exe", Some("-é"))] {
            assert_eq!(unknown, PermissionError::NotAscii);
        }
    }

    #[test]
    fn the_key_of_a_program_is_found_by_its_path_and_its_arguments() {
        assert_eq!(found(r"c:\windows\system32\WSL.EXE", None), Some("0408F7A3"));
        assert_eq!(found(r"C:\Windows\System32\svchost.exe", Some("-k    two  spaces")), Some("2C69D9F1"));
        assert_eq!(found(r"C:\Windows\System32\svchost.exe", None), Some("3C69D9F1"));
        assert_eq!(found(r"C:\Windows\System32\svchost.exe", Some("-k")), None);
        assert_eq!(found(r"C:\Windows\System32\wsl.exe", Some("-k")), None);
        assert_eq!(found(r"C:\Windows\System32", None), None);
        // A variable may be replaced on either side. The test uses any variable, since only Windows has
        // `SystemRoot`.
        let (name, value) = std::env::vars().find(|(_, value)| value.len() > 3).expect("some variable");
        let listed = format!("HKEY_A\\1\r\n    AppFullPath    REG_SZ    {value}\\a.exe\r\n");
        let application = Application { path: format!(r"%{name}%\a.exe").as_str().into(), arguments: None };
        assert_eq!(key(&listed, &application), Some(r"HKEY_A\1"));
        assert_eq!(key("", &Application { path: "".into(), arguments: None }), None);
    }
}

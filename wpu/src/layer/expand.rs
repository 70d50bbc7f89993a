//! Environment strings in the path of a provider.

use super::sys::WideString;
use std::ffi::OsString;
use std::path::PathBuf;

const PERCENT: u16 = b'%' as u16;

/// The path with every `%NAME%` replaced by the variable's value. A name that is no variable's stays.
pub(super) fn expand(path: &WideString, variable: impl Fn(&str) -> Option<OsString>) -> PathBuf {
    let mut expanded = Vec::new();
    let mut rest = path.units();
    while let Some(begin) = rest.iter().position(|unit| *unit == PERCENT) {
        let (before, behind) = rest.split_at(begin);
        expanded.extend_from_slice(before);
        let end = behind[1..].iter().position(|unit| *unit == PERCENT);
        let value = end.and_then(|end| {
            let name = String::from_utf16(&behind[1..=end]).ok().filter(|name| !name.is_empty())?;
            Some((variable(&name)?, end + 2))
        });
        rest = match value {
            Some((value, used)) => {
                expanded.extend(units(&value));
                &behind[used..]
            }
            None => {
                // This sign may end nothing and begin the next name.
                expanded.push(PERCENT);
                &behind[1..]
            }
        };
    }
    expanded.extend_from_slice(rest);
    from_units(&expanded)
}

#[cfg(windows)]
fn units(value: &OsString) -> Vec<u16> {
    std::os::windows::ffi::OsStrExt::encode_wide(&**value).collect()
}

#[cfg(not(windows))]
fn units(value: &OsString) -> Vec<u16> {
    value.to_string_lossy().encode_utf16().collect()
}

#[cfg(windows)]
fn from_units(units: &[u16]) -> PathBuf {
    <OsString as std::os::windows::ffi::OsStringExt>::from_wide(units).into()
}

#[cfg(not(windows))]
fn from_units(units: &[u16]) -> PathBuf {
    String::from_utf16_lossy(units).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(path: &str) -> String {
        let variable = |name: &str| (name == "SystemRoot").then(|| r"C:\Windows".into());
        expand(&WideString::from(path), variable).display().to_string()
    }

    #[test]
    fn d_33_environment_strings_are_expanded_outside_the_buffer() {
        assert_eq!(expanded(r"%SystemRoot%\System32\mswsock.dll"), r"C:\Windows\System32\mswsock.dll");
        assert_eq!(expanded("a%SystemRoot%%SystemRoot%b"), r"aC:\WindowsC:\Windowsb");
    }

    #[test]
    fn what_is_no_variable_stays() {
        for path in ["", "plain", "%", "%%", "100% real", "%Unknown%", "%Unknown"] {
            assert_eq!(expanded(path), path);
        }
        assert_eq!(expanded("%no%SystemRoot%"), r"%noC:\Windows");
    }
}

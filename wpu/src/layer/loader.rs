//! Loads and starts the libraries of the providers below.

use super::sys::ffi::{
    GUID, WINSOCK_VERSION as VERSION, WSAPROTOCOL_INFOW, WSPDATA, WSPPROC_TABLE, WSPStartupFn, WSPUPCALLTABLE,
};
use super::sys::{Procs, ServiceProvider, Upcalls, WideString, WsaError};
use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

const PERCENT: u16 = b'%' as u16;

/// A source of a `WSPStartup`. Tests use sources other than libraries.
pub(super) trait Loader: Sized + Send + Sync + 'static {
    /// A started provider.
    type Provider: ServiceProvider + Send + Sync + 'static;

    /// Loads the library at `path`.
    fn load(path: PathBuf) -> Result<Self, WsaError>;

    /// Starts the provider once.
    fn start(&self, info: &WSAPROTOCOL_INFOW, table: &WSPUPCALLTABLE) -> Result<Self::Provider, WsaError>;
}

/// The library of a provider.
#[derive(Debug)]
pub(super) struct Library {
    startup: WSPStartupFn,
    /// Keeps the code of `startup` and of all functions that it returns in memory. In tests the code may be
    /// part of the program.
    #[cfg_attr(windows, allow(dead_code, reason = "it unloads when it is dropped"))]
    loaded: Option<libloading::Library>,
}

/// Providers that are linked into the program, for tests.
#[cfg(test)]
pub(super) static LINKED: std::sync::Mutex<Vec<(PathBuf, WSPStartupFn)>> = std::sync::Mutex::new(Vec::new());

#[cfg(not(windows))]
impl Drop for Library {
    fn drop(&mut self) {
        // Threads that have run its code may run some of it when they end, long after the last clean-up. Only
        // Windows handles that case.
        std::mem::forget(self.loaded.take());
    }
}

/// The path of the library of provider `id`.
pub(super) fn path(upcalls: Upcalls, id: &GUID) -> Result<PathBuf, WsaError> {
    let path: WideString = upcalls.get_provider_path(id)?;
    Ok(expand(&path, |name| env::var_os(name)))
}

impl Loader for Library {
    type Provider = Procs;

    fn load(path: PathBuf) -> Result<Self, WsaError> {
        #[cfg(test)]
        if let Some((_, startup)) =
            LINKED.lock().expect("no panic").iter().find(|(linked, _)| *linked == path)
        {
            return Ok(Self { startup: *startup, loaded: None });
        }
        // SAFETY: the catalog names it as the library of a provider, which Ws2_32 loads too.
        let loaded = unsafe { libloading::Library::new(path) };
        let loaded = loaded.map_err(|_| WsaError::WSAEPROVIDERFAILEDINIT)?;
        // SAFETY: the function that a provider exports under this name has this type.
        let startup = unsafe { loaded.get::<WSPStartupFn>(b"WSPStartup\0") };
        let startup = *startup.map_err(|_| WsaError::WSAEPROVIDERFAILEDINIT)?;
        Ok(Self { startup, loaded: Some(loaded) })
    }

    fn start(&self, info: &WSAPROTOCOL_INFOW, table: &WSPUPCALLTABLE) -> Result<Procs, WsaError> {
        let (mut data, mut procs) = (WSPDATA::ZERO, WSPPROC_TABLE::ZERO);
        let mut info = *info;
        // SAFETY: the library is loaded, all pointers are valid during the call, and the table is that of
        // Ws2_32, unmodified.
        let code = unsafe { (self.startup)(VERSION, &raw mut data, &raw mut info, *table, &raw mut procs) };
        if code != 0 {
            return Err(WsaError::new(code));
        }
        // SAFETY: a provider that has started fills the table with functions of these types, which can be called
        // until its last clean-up; the library stays loaded longer than that.
        let refusal = match unsafe { Procs::new(&procs) } {
            None => WsaError::WSAEINVALIDPROCTABLE,
            // The provider reports that it does not support this version.
            Some(_) if data.wVersion & 0xff != VERSION & 0xff => WsaError::WSAEINVALIDPROVIDER,
            Some(procs) => return Ok(procs),
        };
        clean_up(&procs);
        Err(refusal)
    }
}

/// Cleans a provider up whose table cannot be used otherwise.
fn clean_up(procs: &WSPPROC_TABLE) {
    if let Some(clean_up) = procs.lpWSPCleanup {
        let mut errno = 0;
        // SAFETY: the function is of the provider's table, and is called once for its start-up.
        let _ = unsafe { clean_up(&raw mut errno) };
    }
}

/// Replaces each `%NAME%` in the path by the value of the variable. Names of unknown variables remain.
fn expand(path: &WideString, variable: impl Fn(&str) -> Option<OsString>) -> PathBuf {
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
                // This percent sign may begin the next name.
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
    fn unknown_variables_remain_in_the_path() {
        for path in ["", "plain", "%", "%%", "100% real", "%Unknown%", "%Unknown"] {
            assert_eq!(expanded(path), path);
        }
        assert_eq!(expanded("%no%SystemRoot%"), r"%noC:\Windows");
    }
}

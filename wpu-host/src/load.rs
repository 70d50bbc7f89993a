//! Loads the libraries of providers.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use wpu_sys::ffi::{WSPStartupExFn, WSPStartupFn};

/// The library of a provider. Clones are the same library.
///
/// It is unloaded when no clone is left, every provider started from it was cleaned up, and the
/// hosts that started it are gone.
#[derive(Debug, Clone)]
pub struct Library {
    pub(crate) loaded: Arc<libloading::Library>,
    pub(crate) startup: WSPStartupFn,
    pub(crate) startup_ex: Option<WSPStartupExFn>,
}

/// Why a library could not be loaded.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// The program does not offer `WPUCompleteOverlappedRequest` to the libraries that it loads.
    NotExported,
    /// The system could not load the file.
    Library(libloading::Error),
    /// The file has no `WSPStartup`.
    NoStartup(libloading::Error),
}

impl Library {
    /// Loads the library of a provider.
    ///
    /// # Errors
    ///
    /// When the file cannot be loaded or has no `WSPStartup`. On systems other than Windows also
    /// when the program does not export `WPUCompleteOverlappedRequest`, which the library looks up
    /// by its name: link the program with `-rdynamic`. This line in its `build.rs` does it:
    /// `println!("cargo::rustc-link-arg=-rdynamic");`
    ///
    /// # Safety
    ///
    /// Code of the file runs in this process. Its initialisers must be sound to run, and its
    /// `WSPStartup`, `WSPStartupEx` and what they hand out must be what Winsock's documentation
    /// says of these names, also where a call of one thread meets the last clean-up of another.
    /// In particular, nothing of it may run any more after its last clean-up.
    pub unsafe fn load(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        check_export()?;
        // SAFETY: the caller vouches for the initialisers.
        let library = unsafe { libloading::Library::new(path.as_ref()) };
        let library = library.map_err(LoadError::Library)?;
        // SAFETY: the caller vouches for what has this name.
        let startup = unsafe { library.get::<WSPStartupFn>(b"WSPStartup\0") };
        let startup = *startup.map_err(LoadError::NoStartup)?;
        #[cfg(windows)]
        // SAFETY: the library that holds it is loaded.
        unsafe {
            crate::redirect::in_module_of(startup as *const std::ffi::c_void);
        }
        // SAFETY: as above.
        let startup_ex = unsafe { library.get::<WSPStartupExFn>(b"WSPStartupEx\0") };
        let startup_ex = startup_ex.ok().map(|found| *found);
        Ok(Self { loaded: Arc::new(library), startup, startup_ex })
    }
}

/// Fails unless a library that is loaded later finds this crate's `WPUCompleteOverlappedRequest`.
#[cfg(not(windows))]
fn check_export() -> Result<(), LoadError> {
    use crate::export::WPUCompleteOverlappedRequest;
    use libloading::os::unix;
    use wpu_sys::ffi::WPUCompleteOverlappedRequestFn as Complete;

    let program = unix::Library::this();
    // SAFETY: what is found is compared and not called.
    let found = unsafe { program.get::<Complete>(b"WPUCompleteOverlappedRequest\0") };
    match found {
        Ok(found) if std::ptr::fn_addr_eq(*found, WPUCompleteOverlappedRequest as Complete) => Ok(()),
        _ => Err(LoadError::NotExported),
    }
}

#[cfg(windows)]
#[allow(clippy::unnecessary_wraps)] // Elsewhere it can fail.
fn check_export() -> Result<(), LoadError> {
    Ok(())
}

impl fmt::Display for LoadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotExported => out.write_str(
                "this program does not export `WPUCompleteOverlappedRequest`; link it with \
                 `-rdynamic`: put `println!(\"cargo::rustc-link-arg=-rdynamic\");` \
                 into `build.rs`",
            ),
            Self::Library(error) => write!(out, "the library cannot be loaded: {error}"),
            Self::NoStartup(error) => write!(out, "the library has no `WSPStartup`: {error}"),
        }
    }
}

impl std::error::Error for LoadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotExported => None,
            Self::Library(error) | Self::NoStartup(error) => Some(error),
        }
    }
}

// The unit tests are a program without the linker flag, which Windows does not need.
#[cfg(all(test, not(windows), not(miri)))] // Miri loads no libraries.
mod tests {
    use super::*;

    #[test]
    fn a_program_that_exports_nothing_is_told_what_to_do() {
        // SAFETY: nothing is loaded.
        let error = unsafe { Library::load("any") }.expect_err("nothing is exported");
        assert!(matches!(error, LoadError::NotExported), "{error:?}");
        let message = error.to_string();
        assert!(message.contains("`-rdynamic`"), "{message}");
        assert!(message.contains(r#"println!("cargo::rustc-link-arg=-rdynamic");"#));
    }
}

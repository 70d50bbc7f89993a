//! Loads the libraries of providers.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use wpu_sys::ffi::{WSPStartupExFn, WSPStartupFn};

/// The library of a provider. Clones refer to the same library.
///
/// It is unloaded after the last clone is dropped, every provider started from it is cleaned up, and the
/// hosts that started it are dropped.
#[derive(Debug, Clone)]
pub struct Library {
    pub(crate) loaded: Arc<libloading::Library>,
    pub(crate) startup: WSPStartupFn,
    pub(crate) startup_ex: Option<WSPStartupExFn>,
}

/// The error of [`Library::load`].
#[derive(Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// The program does not export `WPUCompleteOverlappedRequest` to the libraries that it loads.
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
    /// Fails if the file cannot be loaded or has no `WSPStartup`. On systems other than Windows it also fails
    /// if the program does not export `WPUCompleteOverlappedRequest`, which the library imports by name. Link
    /// the program with `-rdynamic`, by this line in its `build.rs`:
    /// `println!("cargo::rustc-link-arg=-rdynamic");`
    ///
    /// # Safety
    ///
    /// Code of the file runs in this process. Its initialisers must be sound to run. Its `WSPStartup` and
    /// `WSPStartupEx`, and the functions that they return, must conform to Winsock's documentation, also when
    /// a call on one thread is concurrent with the last clean-up on another. After its last clean-up the
    /// library may be unloaded: unless it keeps itself loaded, no code of it may run from then on, neither on
    /// a thread of its own nor in a function that it has queued.
    pub unsafe fn load(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        check_export()?;
        // SAFETY: the caller guarantees that the initialisers are sound to run.
        let library = unsafe { libloading::Library::new(path.as_ref()) };
        let library = library.map_err(LoadError::Library)?;
        // SAFETY: the caller guarantees that a function of this name has this type.
        let startup = unsafe { library.get::<WSPStartupFn>(b"WSPStartup\0") };
        let startup = *startup.map_err(LoadError::NoStartup)?;
        #[cfg(windows)]
        // SAFETY: the library that contains the function is loaded.
        unsafe {
            crate::redirect::in_module_of(startup as *const std::ffi::c_void);
        }
        // SAFETY: as above.
        let startup_ex = unsafe { library.get::<WSPStartupExFn>(b"WSPStartupEx\0") };
        let startup_ex = startup_ex.ok().map(|found| *found);
        Ok(Self { loaded: Arc::new(library), startup, startup_ex })
    }
}

/// Fails unless a library that is loaded later resolves `WPUCompleteOverlappedRequest` to the function of
/// this crate.
#[cfg(not(windows))]
fn check_export() -> Result<(), LoadError> {
    use crate::export::WPUCompleteOverlappedRequest;
    use libloading::os::unix;
    use wpu_sys::ffi::WPUCompleteOverlappedRequestFn as Complete;

    let program = unix::Library::this();
    // SAFETY: the function is compared and not called.
    let found = unsafe { program.get::<Complete>(b"WPUCompleteOverlappedRequest\0") };
    match found {
        Ok(found) if std::ptr::fn_addr_eq(*found, WPUCompleteOverlappedRequest as Complete) => Ok(()),
        _ => Err(LoadError::NotExported),
    }
}

#[cfg(windows)]
#[allow(clippy::unnecessary_wraps)] // It can fail on other systems.
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

// The unit tests are linked without the linker flag, which Windows does not need.
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

//! The categories of layers that a program permits: what they mean, how they are changed, and the way back.

use crate::catalog::{Catalogs, Entry, Width};
use crate::path::is_whole;
use crate::problem::Problem;
use crate::show::categories;
use std::fmt;
use wpu_sys::ffi::LSP_SYSTEM;
use wpu_sys::{WideString, WsaError};

/// A program, as Ws2_32 tells it from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its file.
    pub path: WideString,
    /// The arguments with which it is started, if only such instances are meant.
    pub arguments: Option<WideString>,
}

impl fmt::Display for Application {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.arguments {
            None => write!(out, "`{}`", self.path),
            Some(arguments) => write!(out, "`{}` with the arguments `{arguments}`", self.path),
        }
    }
}

/// Who keeps what programs permit: [Ws2_32](crate::System), or [a copy in memory](crate::MemoryApplications).
pub trait Applications {
    /// The categories that the program permits; `None` if it is not categorised.
    ///
    /// # Errors
    ///
    /// Why they cannot be read.
    fn permitted(&mut self, application: &Application) -> Result<Option<u32>, WsaError>;

    /// Adds categories to those that the program permits.
    ///
    /// # Errors
    ///
    /// Why they are not added.
    fn permit(&mut self, application: &Application, categories: u32) -> Result<(), WsaError>;

    /// Forgets what the program permits: then it is not categorised.
    ///
    /// # Errors
    ///
    /// Why it is not forgotten.
    fn forget(&mut self, application: &Application) -> Result<(), WsaError>;
}

/// Whether a program that permits these categories loads a layer that has those; `None` is a program that is not
/// categorised.
///
/// It loads it if both have a category in common, and the layer has none that the program does not permit. A
/// program that permits `LSP_SYSTEM` loads only layers that have it.
///
/// # Examples
///
/// ```
/// use wpu_install::loads;
///
/// assert!(loads(None, 0));
/// assert!(!loads(Some(0x8000_0000), 0));
/// ```
#[must_use]
pub fn loads(permitted: Option<u32>, layer: u32) -> bool {
    permitted.is_none_or(|permitted| {
        permitted & layer != 0
            && layer & !permitted == 0
            && (permitted & LSP_SYSTEM == 0 || layer & LSP_SYSTEM != 0)
    })
}

/// The layers of the catalogs, each with whether the program loads it.
#[must_use]
pub fn loaded(catalogs: &Catalogs, permitted: Option<u32>) -> Vec<(Width, &Entry, bool)> {
    let layers = catalogs.all().flat_map(|(width, catalog)| {
        catalog.entries.iter().filter(|entry| entry.is_layer()).map(move |entry| (width, entry))
    });
    layers.map(|(width, entry)| (width, entry, loads(permitted, entry.categories))).collect()
}

/// What a program is to permit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// The program.
    pub application: Application,
    /// The categories that it permits, and no others; `None` if it is not to be categorised.
    pub to: Option<u32>,
}

/// The steps by which a program comes to permit what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionPlan {
    /// The program.
    pub application: Application,
    /// What it permits until then.
    pub from: Option<u32>,
    /// What it permits after that.
    pub to: Option<u32>,
    /// What is done, in order.
    pub steps: Vec<PermissionStep>,
}

/// A change of what a program permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PermissionStep {
    /// Forgets what the program permits.
    Forget,
    /// Adds categories.
    Permit(u32),
}

impl Application {
    /// The program, if its path says where it is.
    ///
    /// # Errors
    ///
    /// What is wrong with its path.
    pub fn check(&self) -> Result<(), Problem> {
        let all = [Some(&self.path), self.arguments.as_ref()];
        let why = if all.into_iter().flatten().any(|text| text.units().contains(&0)) {
            "has a zero in it"
        } else if !is_whole(&self.path) {
            "does not say where the program is: begin it with a drive, with a variable such as %ProgramFiles%, or with \\\\"
        } else {
            return Ok(());
        };
        Err(Problem::BadPath { path: self.path.to_string(), why })
    }
}

impl Permission {
    /// The steps from what the program permits now. Categories can be added; they go only if all go.
    ///
    /// # Errors
    ///
    /// Why there are none.
    pub fn plan(&self, now: Option<u32>) -> Result<PermissionPlan, Problem> {
        self.application.check()?;
        if now == self.to {
            return Err(Problem::PermittedAlready { application: self.application.to_string(), now });
        }
        Ok(PermissionPlan {
            application: self.application.clone(),
            from: now,
            to: self.to,
            steps: steps(now, self.to),
        })
    }
}

fn steps(now: Option<u32>, to: Option<u32>) -> Vec<PermissionStep> {
    let forget = now.filter(|now| to.is_none_or(|to| now & !to != 0)).map(|_| PermissionStep::Forget);
    forget.into_iter().chain(to.map(PermissionStep::Permit)).collect()
}

impl PermissionPlan {
    /// Carries it out, and reads each step back. After a failure the program permits what it did before, or the
    /// failure says that it does not.
    ///
    /// # Errors
    ///
    /// Why it was not carried out.
    pub fn apply(&self, applications: &mut dyn Applications) -> Result<(), PermissionFailure> {
        let fail = |error, left| PermissionFailure { application: self.application.to_string(), error, left };
        let now = applications.permitted(&self.application).map_err(|error| fail(error, None))?;
        if now != self.from {
            return Err(fail(WsaError::WSATRY_AGAIN, Some(now)));
        }
        self.run(applications, now, &self.steps).map_err(|error| {
            let now = applications.permitted(&self.application).unwrap_or(now);
            let back = self.run(
                applications,
                now,
                &if now == self.from { Vec::new() } else { steps(now, self.from) },
            );
            match back.and_then(|()| applications.permitted(&self.application)) {
                Ok(now) if now == self.from => fail(error, None),
                Ok(now) => fail(error, Some(now)),
                Err(_) => fail(error, Some(now)),
            }
        })
    }

    fn run(
        &self,
        applications: &mut dyn Applications,
        mut now: Option<u32>,
        steps: &[PermissionStep],
    ) -> Result<(), WsaError> {
        for step in steps {
            now = match *step {
                PermissionStep::Forget => applications.forget(&self.application).map(|()| None),
                PermissionStep::Permit(categories) => applications
                    .permit(&self.application, categories)
                    .map(|()| Some(now.unwrap_or(0) | categories)),
            }?;
            // Functions exist that report success and do nothing.
            if applications.permitted(&self.application)? != now {
                return Err(WsaError::WSASYSCALLFAILURE);
            }
        }
        Ok(())
    }
}

/// What is permitted, as messages call it.
fn shown(permitted: Option<u32>) -> String {
    match permitted {
        None => "every layer, since it is not categorised".to_owned(),
        Some(permitted) => format!("layers of the categories {}", categories(permitted)),
    }
}

impl fmt::Display for PermissionPlan {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.steps.iter().enumerate() {
            let (at, application) = (at + 1, &self.application);
            match step {
                PermissionStep::Forget => writeln!(out, "{at:>3}. forget what {application} permits"),
                PermissionStep::Permit(to) => {
                    writeln!(out, "{at:>3}. {application} permits {}", categories(*to))
                }
            }?;
        }
        Ok(())
    }
}

/// Why a program does not permit what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionFailure {
    /// The program.
    pub application: String,
    /// Why.
    pub error: WsaError,
    /// What it permits now, where that is not what it did before.
    pub left: Option<Option<u32>>,
}

impl fmt::Display for PermissionFailure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "cannot change what {} permits: {}; ", self.application, self.error)?;
        match self.left {
            None => out.write_str("it permits what it did before"),
            Some(left) => write!(out, "now it permits {}", shown(left)),
        }
    }
}

impl std::error::Error for PermissionFailure {}

/// What programs permit, in memory, as Ws2_32 keeps it: categories are added.
#[derive(Debug, Clone, Default)]
pub struct MemoryApplications {
    known: Vec<(Application, u32)>,
}

impl Applications for MemoryApplications {
    fn permitted(&mut self, application: &Application) -> Result<Option<u32>, WsaError> {
        let known = self.known.iter().find(|(known, _)| known == application);
        Ok(known.map(|(_, permitted)| *permitted))
    }

    fn permit(&mut self, application: &Application, categories: u32) -> Result<(), WsaError> {
        match self.known.iter_mut().find(|(known, _)| known == application) {
            Some((_, permitted)) => *permitted |= categories,
            None => self.known.push((application.clone(), categories)),
        }
        Ok(())
    }

    fn forget(&mut self, application: &Application) -> Result<(), WsaError> {
        self.known.retain(|(known, _)| known != application);
        Ok(())
    }
}

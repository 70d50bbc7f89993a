//! The categories of layers that a program permits: what they mean, how they are changed, and the way back.

use crate::catalog::{Catalogs, Entry, Width};
use crate::categories::categories;
use crate::path::{BadPath, why_bad};
use crate::printable::printable;
use crate::problem::Problem;
use std::fmt;
use wpu_sys::ffi::{APPLICATIONS_KEY, LSP_SYSTEM};
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
            None => write!(out, "`{}`", printable(&self.path.to_string())),
            Some(arguments) => write!(
                out,
                "`{}` with the arguments `{}`",
                printable(&self.path.to_string()),
                printable(&arguments.to_string())
            ),
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
    fn forget(&mut self, application: &Application) -> Result<(), PermissionError>;
}

/// Why a step was not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PermissionError {
    /// Ws2_32 says so.
    Winsock(WsaError),
    /// The call reports success and did something else, or another program changed it at the same time.
    NotDone,
    /// The system's program that changes the registry cannot be started.
    NoTool {
        /// Why.
        why: String,
    },
    /// That program fails.
    Tool {
        /// What it says.
        says: String,
    },
    /// That program writes other letters than those of ASCII in a way that depends on the console.
    NotAscii,
    /// The registry has no key of the program.
    NoKey,
}

impl From<WsaError> for PermissionError {
    fn from(error: WsaError) -> Self {
        Self::Winsock(error)
    }
}

impl fmt::Display for PermissionError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Winsock(error) => error.fmt(out),
            Self::NotDone => out.write_str(
                "the call reports success, but the categories are others: it did something else, or another program \
                changed them at the same time",
            ),
            Self::NoTool { why } => write!(out, "`reg`, by which the key is deleted, cannot be started: {why}"),
            Self::Tool { says } => write!(out, "`reg`, by which the key is deleted, fails: {}", printable(says)),
            Self::NotAscii => write!(
                out,
                "`reg` does not tell letters that are not ASCII apart; delete the key of the program below `{APPLICATIONS_KEY}` yourself"
            ),
            Self::NoKey => write!(out, "no key below `{APPLICATIONS_KEY}` has this path and these arguments"),
        }
    }
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
        let zero = |arguments: &WideString| arguments.units().contains(&0);
        let why = why_bad(&self.path).or(self.arguments.as_ref().is_some_and(zero).then_some(BadPath::Zero));
        why.map_or(Ok(()), |why| Err(Problem::BadPath { path: self.path.to_string(), of: "program", why }))
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
        let application = self.application.to_string();
        let now = match applications.permitted(&self.application) {
            Err(error) => return Err(PermissionFailure::Unreadable { application, error }),
            Ok(now) if now != self.from => return Err(PermissionFailure::Changed { application, now }),
            Ok(now) => now,
        };
        let Err(error) = self.run(applications, now, &self.steps) else { return Ok(()) };
        // What does not go back is seen in what it permits then.
        if let Ok(now) = applications.permitted(&self.application) {
            let back = self.back(now);
            let _ = if now == back { Ok(()) } else { self.run(applications, now, &steps(now, back)) };
        }
        Err(match applications.permitted(&self.application) {
            Ok(now) if now == self.from => PermissionFailure::TakenBack { application, error },
            now => PermissionFailure::HalfWay { application, error, now },
        })
    }

    /// What the program is to permit after a failure: what it did before, and what others permitted meanwhile.
    fn back(&self, now: Option<u32>) -> Option<u32> {
        let known = self.from.unwrap_or(0) | self.to.unwrap_or(0);
        let others = now.unwrap_or(0) & !known;
        if others == 0 { self.from } else { Some(self.from.unwrap_or(0) | others) }
    }

    fn run(
        &self,
        applications: &mut dyn Applications,
        mut now: Option<u32>,
        steps: &[PermissionStep],
    ) -> Result<(), PermissionError> {
        for step in steps {
            now = match *step {
                PermissionStep::Forget => {
                    applications.forget(&self.application)?;
                    None
                }
                PermissionStep::Permit(categories) => {
                    applications.permit(&self.application, categories)?;
                    Some(now.unwrap_or(0) | categories)
                }
            };
            // Functions exist that report success and do nothing.
            if applications.permitted(&self.application)? != now {
                return Err(PermissionError::NotDone);
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
#[expect(missing_docs, reason = "the fields are what their names say")]
pub enum PermissionFailure {
    /// What it permits cannot be read. Nothing was changed.
    Unreadable { application: String, error: WsaError },
    /// It permits something else than when the plan was made. Nothing was changed.
    Changed { application: String, now: Option<u32> },
    /// A step failed, and the program permits what it did before.
    TakenBack { application: String, error: PermissionError },
    /// A step failed, and the program permits something else than before, or nobody knows.
    HalfWay { application: String, error: PermissionError, now: Result<Option<u32>, WsaError> },
}

impl fmt::Display for PermissionFailure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { application, error } => {
                write!(out, "cannot read what {application} permits: {error}; nothing was changed")
            }
            Self::Changed { application, now } => write!(
                out,
                "another program changed what {application} permits since the plan was made: now it permits {}; \
                nothing was changed",
                shown(*now)
            ),
            Self::TakenBack { application, error } => {
                write!(
                    out,
                    "cannot change what {application} permits: {error}; it permits what it did before"
                )
            }
            Self::HalfWay { application, error, now } => {
                write!(out, "cannot change what {application} permits: {error}; ")?;
                match now {
                    Ok(now) => write!(out, "now it permits {}", shown(*now)),
                    Err(error) => write!(out, "what it permits now cannot be read: {error}"),
                }
            }
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

    fn forget(&mut self, application: &Application) -> Result<(), PermissionError> {
        self.known.retain(|(known, _)| known != application);
        Ok(())
    }
}

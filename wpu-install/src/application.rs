//! The categories of layers that a program permits: their meaning, changing them, and undoing a change.

use crate::catalog::{Catalogs, Entry, Width};
use crate::categories::categories;
use crate::path::{BadPath, expand, why_bad};
use crate::printable::printable;
use crate::problem::Problem;
use std::fmt;
use wpu_sys::ffi::{APPLICATIONS_KEY, LSP_SYSTEM, WINDOWS_FOLDER, WINDOWS_VARIABLE, WINDOWS_VARIABLE_SHORT};
use wpu_sys::{WideString, WsaError};

/// A program, as Ws2_32 identifies it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// The path of its file.
    pub path: WideString,
    /// The arguments with which it is started, if the entry is for such instances only.
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

/// The store of what programs permit: [Ws2_32](crate::System), or [a copy in
/// memory](crate::MemoryApplications).
pub trait Applications {
    /// The categories that the program permits; `None` if it is not categorised.
    ///
    /// # Errors
    ///
    /// The error of reading them.
    fn permitted(&mut self, application: &Application) -> Result<Option<u32>, WsaError>;

    /// Adds categories to those that the program permits.
    ///
    /// # Errors
    ///
    /// The error of adding them. They are then not added.
    fn permit(&mut self, application: &Application, categories: u32) -> Result<(), WsaError>;

    /// Deletes the program's entry, so that it is not categorised.
    ///
    /// # Errors
    ///
    /// The error of deleting it.
    fn forget(&mut self, application: &Application) -> Result<(), PermissionError>;
}

/// The error of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PermissionError {
    /// The error of Ws2_32.
    Winsock(WsaError),
    /// The call reported success but did something else, or another program changed the categories at the
    /// same time.
    NotDone,
    /// The system tool that changes the registry cannot be started.
    NoTool {
        /// The reason.
        why: String,
    },
    /// The tool failed.
    Tool {
        /// The output of the tool.
        says: String,
    },
    /// The tool writes non-ASCII characters in an encoding that depends on the console.
    NotAscii,
    /// The registry has no key for the program.
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
                "the call reported success, but the categories differ: it did something else, or another program \
                changed them at the same time",
            ),
            Self::NoTool { why } => write!(out, "`reg`, which deletes the key, cannot be started: {why}"),
            Self::Tool { says } => write!(out, "`reg`, which deletes the key, failed: {}", printable(says)),
            Self::NotAscii => write!(
                out,
                "`reg` does not tell letters that are not ASCII apart; delete the key of the program below `{APPLICATIONS_KEY}` yourself"
            ),
            Self::NoKey => write!(out, "no key below `{APPLICATIONS_KEY}` has this path and these arguments"),
        }
    }
}

/// Whether a program that permits the categories `permitted` loads a layer of the categories `layer`. `None`
/// is a program that is not categorised, which loads every layer.
///
/// The program loads the layer if they have a category in common and the layer has no category that the
/// program does not permit. A program that permits `LSP_SYSTEM` loads only layers of that category.
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

/// A request to change what a program permits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// The program.
    pub application: Application,
    /// The categories that it shall permit, and no others; `None` if it shall not be categorised.
    pub to: Option<u32>,
}

/// The steps that change what a program permits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionPlan {
    /// The program.
    pub application: Application,
    /// What it permitted when the plan was made.
    pub from: Option<u32>,
    /// What it permits afterwards.
    pub to: Option<u32>,
    /// The steps in order.
    pub steps: Vec<PermissionStep>,
}

/// A change of what a program permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PermissionStep {
    /// Deletes the program's entry.
    Forget,
    /// Adds categories.
    Permit(u32),
}

impl Application {
    /// Checks that the path of the program is absolute.
    ///
    /// # Errors
    ///
    /// The fault of the path.
    pub fn check(&self) -> Result<(), Problem> {
        let zero = |arguments: &WideString| arguments.units().contains(&0);
        let why = why_bad(&self.path).or(self.arguments.as_ref().is_some_and(zero).then_some(BadPath::Zero));
        why.map_or(Ok(()), |why| Err(Problem::BadPath { path: self.path.to_string(), of: "program", why }))
    }
}

impl Permission {
    /// The steps that lead from what the program permits now to the request. Categories can be added, but
    /// removed only all at once.
    ///
    /// # Errors
    ///
    /// The reason why there is no plan.
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
    /// Carries the plan out, and reads each step back. After a failure the program permits what it did
    /// before, or the failure states that it does not.
    ///
    /// # Errors
    ///
    /// The failure of a step.
    pub fn apply(&self, applications: &mut dyn Applications) -> Result<(), PermissionFailure> {
        let application = self.application.to_string();
        let now = match applications.permitted(&self.application) {
            Err(error) => return Err(PermissionFailure::Unreadable { application, error }),
            Ok(now) if now != self.from => return Err(PermissionFailure::Changed { application, now }),
            Ok(now) => now,
        };
        let Err(error) = self.run(applications, now, &self.steps) else { return Ok(()) };
        // A step that cannot be undone shows in the categories that are read afterwards.
        if let Ok(now) = applications.permitted(&self.application) {
            let back = self.back(now);
            let _ = if now == back { Ok(()) } else { self.run(applications, now, &steps(now, back)) };
        }
        Err(match applications.permitted(&self.application) {
            Ok(now) if now == self.from => PermissionFailure::TakenBack { application, error },
            now => PermissionFailure::HalfWay { application, error, now },
        })
    }

    /// The categories to restore after a failure: those from before, and those that others permitted
    /// meanwhile.
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
            // On some systems these functions report success and do nothing.
            if applications.permitted(&self.application)? != now {
                return Err(PermissionError::NotDone);
            }
        }
        Ok(())
    }
}

/// The permitted categories, as in messages.
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

/// The failure of a permission plan.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of the fields describe them")]
pub enum PermissionFailure {
    /// The categories cannot be read. Nothing was changed.
    Unreadable { application: String, error: WsaError },
    /// The categories differ from those for which the plan was made. Nothing was changed.
    Changed { application: String, now: Option<u32> },
    /// A step failed, and the program permits what it did before.
    TakenBack { application: String, error: PermissionError },
    /// A step failed, and the program permits something else than before, or that is unknown.
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

/// The categories of programs in memory. As in Ws2_32, permitting adds categories.
#[derive(Debug, Clone, Default)]
pub struct MemoryApplications {
    known: Vec<(Application, u32)>,
}

impl Applications for MemoryApplications {
    fn permitted(&mut self, application: &Application) -> Result<Option<u32>, WsaError> {
        let known = self.known.iter().find(|(known, _)| is_same(known, application));
        Ok(known.map(|(_, permitted)| *permitted))
    }

    fn permit(&mut self, application: &Application, categories: u32) -> Result<(), WsaError> {
        match self.known.iter_mut().find(|(known, _)| is_same(known, application)) {
            Some((_, permitted)) => *permitted |= categories,
            None => self.known.push((application.clone(), categories)),
        }
        Ok(())
    }

    fn forget(&mut self, application: &Application) -> Result<(), PermissionError> {
        self.known.retain(|(known, _)| !is_same(known, application));
        Ok(())
    }
}

/// Whether both are the same program: one file, with the same arguments.
fn is_same(one: &Application, other: &Application) -> bool {
    one.arguments == other.arguments && file(&one.path) == file(&other.path)
}

/// The file of a path, for comparisons. The variables are those of a new Windows installation.
fn file(path: &WideString) -> String {
    let names = [WINDOWS_VARIABLE, WINDOWS_VARIABLE_SHORT];
    let folder = |name: &str| {
        names.iter().any(|known| known.eq_ignore_ascii_case(name)).then(|| WINDOWS_FOLDER.to_owned())
    };
    expand(path, folder).unwrap_or_else(|| path.to_string()).to_lowercase()
}

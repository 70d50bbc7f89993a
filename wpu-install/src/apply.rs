//! Carries out a plan.

use crate::failure::{Added, Failure};
use crate::plan::Plan;
use crate::registrar::Registrar;
use crate::work::{Stop, Work};

/// Carries out a plan: all of it, or nothing. Each step is read back. After a failure, the changes of this
/// call are undone, but not those that another installer made meanwhile.
///
/// # Errors
///
/// The failure of a step. Unless it lists remaining changes, the catalogs are as before.
pub fn apply(plan: &Plan, registrar: &mut dyn Registrar) -> Result<Vec<Added>, Failure> {
    let mut work = Work::new(plan, registrar);
    work.is_expected()?;
    work.is_in_reach()?;
    let Err((step, why)) = work.run() else { return Ok(work.added()) };
    work.take_back();
    let (step, left) = (step.to_string(), work.left());
    Err(match why {
        Stop::Failed(error) if left.is_empty() => Failure::TakenBack { step, error },
        Stop::Failed(error) => Failure::HalfWay { step, error, left },
        Stop::Overtaken(by) => Failure::Overtaken { step, by, left },
    })
}

impl Plan {
    /// The reason why this registrar cannot carry out or undo the plan, if there is one.
    pub fn out_of_reach(&self, registrar: &dyn Registrar) -> Option<&'static str> {
        self.cannot_add(|place| registrar.cannot_add(place))
    }
}

//! Carrying out a plan.

use crate::failure::{Added, Failure};
use crate::plan::Plan;
use crate::registrar::Registrar;
use crate::work::{Stop, Work};

/// Carries out a plan: all of it, or nothing. Each step is read back. What is taken back after a failure is what
/// this call did, and nothing that another installer did meanwhile.
///
/// # Errors
///
/// Why it was not carried out; unless something is left, it left the catalogs as they were.
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
    /// Why this registrar cannot carry it out, or could not take it back, if so.
    pub fn out_of_reach(&self, registrar: &dyn Registrar) -> Option<&'static str> {
        self.cannot_add(|place| registrar.cannot_add(place))
    }
}

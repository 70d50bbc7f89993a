//! Third gate: rules that a spec must keep although all its names are found.

mod control;
mod downcalls;
mod handle;
mod import;
mod kit;
mod layout;
mod listings;
mod names;
mod obligations;
mod requirement;
mod shape;
mod taken;

use crate::diag::Diagnostic;
use crate::model::Model;
use crate::role::kind::Form;

/// Checks every rule, and answers with the form of each upcall and downcall.
pub(crate) fn check(model: &Model) -> Result<(Vec<Form>, Vec<Form>), Vec<Diagnostic>> {
    let mut faults = Vec::new();
    names::check(model, &mut faults);
    taken::check(model, &mut faults);
    layout::check(model, &mut faults);
    control::check(model, &mut faults);
    requirement::check(model, &mut faults);
    handle::check(model, &mut faults);
    import::check(model, &mut faults);
    kit::check(model, &mut faults);
    listings::check(model, &mut faults);
    obligations::check(model, &mut faults);
    let forms = shape::check(model, &mut faults);
    if faults.is_empty() { Ok(forms) } else { Err(faults) }
}

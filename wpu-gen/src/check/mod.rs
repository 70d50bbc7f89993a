//! Third gate: rules that a spec must keep although all its names are found.

mod control;
mod downcalls;
mod handle;
mod import;
mod kit;
mod layout;
mod names;
mod requirement;
mod shape;
mod taken;

use crate::diag::Diagnostic;
use crate::load::RawSpec;
use crate::lower::{Form, down::DownForm};
use crate::model::Model;

/// Checks every rule, and answers with the form of each upcall and downcall.
pub(crate) fn check(raw: &RawSpec, model: &Model) -> Result<(Vec<Form>, Vec<DownForm>), Vec<Diagnostic>> {
    let mut faults = Vec::new();
    names::check(raw, model, &mut faults);
    taken::check(raw, &mut faults);
    layout::check(raw, model, &mut faults);
    control::check(raw, model, &mut faults);
    requirement::check(raw, model, &mut faults);
    handle::check(raw, model, &mut faults);
    import::check(raw, model, &mut faults);
    kit::check(raw, model, &mut faults);
    let forms = shape::check(raw, model, &mut faults);
    if faults.is_empty() { Ok(forms) } else { Err(faults) }
}

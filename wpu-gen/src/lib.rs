//! Turns a spec of host functions into bindings, safe wrappers, host thunks, facts and documentation.
//!
//! Four gates, each of which reports everything it finds before it stops:
//! load (TOML to entries), resolve (names to a model), check (rules), emit (cannot fail).
//!
//! The generator knows shapes, not names: what is true of one host's functions stands in the spec.

pub mod code;
pub mod diag;
pub mod files;
pub mod folder;
#[cfg(feature = "schema")]
pub mod schema;
pub mod source;

mod check;
mod emit;
mod implied;
mod layout;
mod load;
mod lower;
mod mend;
mod model;
mod names;
mod read;
mod render;
mod resolve;
mod role;
mod scope;
mod slots;
mod sound;
mod spec;
mod syntax;
mod types;

use code::Code;
use diag::{Diagnostic, Diagnostics};
use files::Files;
use source::Sources;

pub use spec::Spec;

impl Spec {
    /// The files that it gives. This cannot fail, and gives the same for the same spec.
    #[must_use]
    pub fn emit(&self) -> Files {
        emit::emit(self)
    }
}

/// Takes a spec through load, resolve and check.
///
/// # Errors
///
/// Everything that the first gate with a fault found. Beside mistakes of an entry's shape stand those of later gates that
/// hold whatever that entry means.
pub fn compile(sources: Sources) -> Result<Spec, Diagnostics> {
    match gates(&sources) {
        Ok(spec) => Ok(spec),
        Err(list) => Err(Diagnostics::new(sources, list)),
    }
}

fn gates(sources: &Sources) -> Result<Spec, Vec<Diagnostic>> {
    let (raw, mut faults) = load::load(sources);
    if faults.is_empty() {
        return later(&raw);
    }
    // Where a text cannot be read, or much is wrong, nobody knows what the spec says.
    let unreadable = |fault: &Diagnostic| matches!(fault.code, Code::Syntax | Code::TooDeep);
    if faults.len() < diag::SHOWN && !faults.iter().any(unreadable) {
        let more = later(&raw).err().unwrap_or_default();
        faults.extend(sound::sure(sources, &faults, more));
    }
    Err(faults)
}

/// The gates behind the first.
fn later(raw: &load::RawSpec) -> Result<Spec, Vec<Diagnostic>> {
    let model = resolve::resolve(raw)?;
    let (forms, down_forms) = check::check(&model)?;
    Ok(Spec { model, forms, down_forms })
}

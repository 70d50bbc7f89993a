//! What a start-up does to a table.

use crate::declaration::Declaration;
use crate::import::Import;
use crate::interface::Interface;
use crate::upcall_set::UpcallSet;

/// A table with every declared upcall: those in `holes`, which `table` lacks, are filled in from `imports`.
///
/// # Errors
///
/// The declared upcalls that are not exported by name either.
#[inline]
pub fn complete<I: Interface>(
    mut table: I::Table,
    holes: &UpcallSet,
    declaration: &Declaration,
    imports: &[Import<I>],
) -> Result<I::Table, UpcallSet> {
    let declared = declaration.makes();
    let mut imported = |upcall: usize| {
        let import = imports.iter().find(|import| import.upcall() == upcall);
        import.is_some_and(|import| import.fill(&mut table))
    };
    let missing = holes.iter().copied().filter(|hole| declared.contains(*hole) && !imported(*hole));
    let missing: UpcallSet = missing.collect();
    if missing.is_empty() { Ok(table) } else { Err(missing) }
}

//! The errors that a function can fail with, for the page to read.

use super::markdown::cell;
use super::view::View;
use crate::model::DocumentedError;
use std::fmt::Write as _;

/// A table of them.
pub(super) fn documented(view: &View<'_>, errors: &[DocumentedError], page: &mut String) {
    if errors.is_empty() {
        return;
    }
    *page += "| documented error | value | when |\n|---|---|---|\n";
    for error in errors {
        let code = &view.model.errors[error.code];
        let _ = writeln!(page, "| `{}` | {} | {} |", code.name, code.value, cell(&error.when));
    }
    page.push('\n');
}

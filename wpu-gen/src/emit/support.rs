//! `support/`: hand-written modules that the rest of the output rests on, copied as they are.

use super::view::View;
use crate::files::Files;

/// Each file with its text.
macro_rules! copies {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../support/", $name)))),*]
    };
}

const COPIES: &[(&str, &str)] =
    copies!["declaration.rs", "facts.rs", "mod.rs", "upcall_set.rs", "compliance.rs",];

pub(super) fn emit(view: &View<'_>, files: &mut Files) {
    for (name, text) in COPIES {
        let text = format!(
            "// {}\n// The text is that of `wpu-gen/support/{name}`.\n\n{}",
            view.marker(),
            text.replace("\r\n", "\n")
        );
        files.add(&format!("src/support/{name}"), text);
    }
}

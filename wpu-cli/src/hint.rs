//! What to type when there is no plan, where a command or an option helps.

use wpu_install::{GuidText, Problem};

/// The problem with its hint, if there is one.
pub fn with(problem: &Problem) -> String {
    match after(problem) {
        Some(hint) => format!("{problem}\nhelp: {hint}"),
        None => problem.to_string(),
    }
}

/// The command, or the option.
fn after(problem: &Problem) -> Option<String> {
    Some(match problem {
        Problem::AlreadyThere { provider, not_in: None, .. } => uninstall(GuidText(*provider)),
        Problem::AlreadyThere { provider, not_in: Some(width), .. } => format!(
            "{}; or `--catalog {}` to install it where it is not",
            uninstall(GuidText(*provider)),
            width.word()
        ),
        Problem::ChainOf { layer, .. } => uninstall(GuidText(*layer)),
        Problem::NotThere { .. }
        | Problem::NothingChosen { .. }
        | Problem::NoEntry { .. }
        | Problem::NoOffer { .. } => "`wpu catalog` lists what there is".to_owned(),
        Problem::NumbersInBoth => {
            "such as `--over 2/1/6`; or `--catalog 64` first, and `--catalog 32` after it".to_owned()
        }
        Problem::InUse { .. } => "`--with-others` has these entries removed too".to_owned(),
        Problem::ClassAndFlags { .. } => "`--class ifs`, or `--flags` without that bit".to_owned(),
        _ => return None,
    })
}

/// Without braces, which are something else to PowerShell.
fn uninstall(id: GuidText) -> String {
    let id = id.to_string();
    format!("wpu uninstall --id {}", id.trim_matches(['{', '}']))
}

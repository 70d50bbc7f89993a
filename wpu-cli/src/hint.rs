//! Hints for a problem that a command or an option solves.

use wpu_install::{Catalogs, Problem, Width, uninstall_command};

/// The problem, with its hint if there is one.
pub fn with(problem: &Problem, catalogs: &Catalogs) -> String {
    match after(problem, catalogs) {
        Some(hint) => format!("{problem}\nhelp: {hint}"),
        None => problem.to_string(),
    }
}

/// The suggested command or option.
fn after(problem: &Problem, catalogs: &Catalogs) -> Option<String> {
    Some(match problem {
        Problem::AlreadyThere { provider, not_in, .. } => {
            let elsewhere = not_in.map(|width| {
                let build = if width == Width::Bits32 { ", with the 32-bit build of wpu," } else { "" };
                format!("`--catalog {}`{build} to install it where it is not", width.word())
            });
            let all: Vec<_> = uninstall_command(catalogs, *provider).into_iter().chain(elsewhere).collect();
            (!all.is_empty()).then(|| all.join("; or "))?
        }
        Problem::ChainOf { width, layer, .. } => {
            uninstall_command(&catalogs.clone().only(*width), *layer)?
        }
        Problem::NotThere { .. }
        | Problem::NothingChosen { .. }
        | Problem::NoEntry { .. }
        | Problem::NoOffer { .. } => "`wpu catalog` lists what there is".to_owned(),
        Problem::NumbersInBoth => {
            "such as `--over 2/1/6`; or `--catalog 64` first, and `--catalog 32` with the 32-bit build of wpu after it"
                .to_owned()
        }
        Problem::InUse { .. } => "`--with-others` has these entries removed too".to_owned(),
        Problem::ClassAndFlags { .. } => "`--class ifs`, or `--flags` without that bit".to_owned(),
        _ => return None,
    })
}

//! Requirements say what they need to, and nothing without effect.

use crate::diag::Diagnostic;
use crate::load::{Filed, RawSpec};
use crate::model::{Model, Status, Upcall};
use crate::raw;

pub(super) fn check(raw: &RawSpec, model: &Model, faults: &mut Vec<Diagnostic>) {
    if model.classes.is_empty() || model.platforms.is_empty() {
        // Reported already; nothing can be required of nobody.
        return;
    }
    for upcall in &model.upcalls {
        let filed = &raw.upcalls[upcall.origin];
        check_scope(filed, model, faults);
        check_texts(filed, upcall, faults);
    }
}

/// `classes`, `platforms` and `elsewhere` leave something out, and leave nothing open.
fn check_scope(filed: &Filed<raw::Upcall>, model: &Model, faults: &mut Vec<Diagnostic>) {
    let requirement = &filed.entry.requirement;
    let lists = [
        ("classes", "class", &requirement.classes, model.classes.len()),
        ("platforms", "platform", &requirement.platforms, model.platforms.len()),
    ];
    for (key, what, list, all) in lists {
        let Some(list) = list else { continue };
        let Some(first) = list.first() else {
            let message = format!("`{key}` names no {what}");
            faults.push(
                Diagnostic::at("no-effect", filed.at(&requirement.status), message)
                    .help("remove it: without it, all are meant"),
            );
            continue;
        };
        if list.len() == all {
            let message = format!("`{key}` names every {what}");
            faults.push(
                Diagnostic::at("no-effect", filed.at(first), message)
                    .help("remove it: without it, all are meant"),
            );
        }
    }
    match (&requirement.platforms, &requirement.elsewhere) {
        (None, Some(elsewhere)) => {
            let fault = Diagnostic::at(
                "no-effect",
                filed.at(elsewhere),
                "`elsewhere` has no effect without `platforms`",
            );
            faults.push(fault.help("remove it, or say for which platforms `status` holds"));
        }
        (Some(_), None) => {
            let fault = Diagnostic::at(
                "missing-key",
                filed.at(&requirement.status),
                "nothing is said of the other platforms",
            );
            faults.push(fault.help("add `elsewhere = \"optional\"` (or `required`, `unspecified`)"));
        }
        (Some(_), Some(elsewhere)) if elsewhere.get_ref() == requirement.status.get_ref() => {
            let fault =
                Diagnostic::at("no-effect", filed.at(elsewhere), "`elsewhere` says the same as `status`");
            faults.push(fault.help("remove `platforms` and `elsewhere`"));
        }
        _ => {}
    }
}

/// What can be required tells its grounds for a waiver; what can be optional tells what stands in.
fn check_texts(filed: &Filed<raw::Upcall>, upcall: &Upcall, faults: &mut Vec<Diagnostic>) {
    let requirement = &filed.entry.requirement;
    let has = |status| upcall.requirement.status.iter().flatten().any(|here| *here == Some(status));
    let pairs = [
        (
            Status::Required,
            "required",
            "waiver",
            "the usual grounds for doing without it",
            &requirement.waiver,
        ),
        (Status::Optional, "optional", "substitute", "the call that may stand in", &requirement.substitute),
    ];
    for (status, word, key, what, text) in pairs {
        match (has(status), text) {
            (true, None) => {
                let message = format!("`{}` is {word}, but nothing says {what}", upcall.name);
                let fault = Diagnostic::at("missing-key", filed.at(&requirement.status), message);
                faults.push(fault.help(format!("add `{key} = \"…\"` to its requirement")));
            }
            (false, Some(text)) => {
                let message = format!("`{key}` has no effect: `{}` is nowhere {word}", upcall.name);
                faults.push(Diagnostic::at("no-effect", filed.at(text), message).help("remove it"));
            }
            _ => {}
        }
    }
    for text in [Some(&requirement.reason), requirement.waiver.as_ref(), requirement.substitute.as_ref()]
        .into_iter()
        .flatten()
    {
        if text.get_ref().trim().is_empty() || text.get_ref().contains(['"', '\n']) {
            let fault = Diagnostic::at("bad-text", filed.at(text), "this text cannot stand in a message");
            faults.push(fault.help("one line that is not blank, without double quotes"));
        }
    }
}

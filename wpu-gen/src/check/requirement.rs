//! Requirements say what they need to, and nothing without effect.

use crate::code::Code;
use crate::diag::Diagnostic;
use crate::load::{Filed, RawSpec};
use crate::model::{Model, Status, Upcall};
use crate::syntax;
use std::collections::{HashMap, HashSet};

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
    check_platforms(raw, model, faults);
}

/// `classes`, `platforms` and `elsewhere` leave something out, and say it once.
fn check_scope(filed: &Filed<syntax::Upcall>, model: &Model, faults: &mut Vec<Diagnostic>) {
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
                Diagnostic::at(Code::NoEffect, filed.at(&requirement.status), message)
                    .help("remove it: without it, all are meant"),
            );
            continue;
        };
        if list.len() == all {
            let message = format!("`{key}` names every {what}");
            faults.push(
                Diagnostic::at(Code::NoEffect, filed.at(first), message)
                    .help("remove it: without it, all are meant"),
            );
        }
    }
    let named = requirement.platforms.iter().flatten();
    let named: HashMap<_, _> = named.map(|here| (here.get_ref(), here)).collect();
    for (platform, status) in &requirement.elsewhere {
        let name = platform.get_ref();
        if requirement.platforms.is_none() {
            let fault = Diagnostic::at(
                Code::NoEffect,
                filed.at(platform),
                "`elsewhere` has no effect without `platforms`",
            );
            faults.push(fault.help("remove it, or say for which platforms `status` holds"));
            return;
        }
        if let Some(first) = named.get(name) {
            let message = format!("platform `{name}` stands in `platforms` and in `elsewhere`");
            let fault = Diagnostic::at(Code::DuplicateName, filed.at(platform), message);
            faults.push(fault.also(filed.at(*first), "first here"));
        } else if status.get_ref() == requirement.status.get_ref() {
            let message = format!("`elsewhere` says the same of `{name}` as `status`");
            let fault = Diagnostic::at(Code::NoEffect, filed.at(status), message);
            faults.push(fault.help("remove it, and name the platform in `platforms`"));
        }
    }
}

/// A platform that is added later must not get a status that nobody gave it: each requirement speaks of every platform.
fn check_platforms(raw: &RawSpec, model: &Model, faults: &mut Vec<Diagnostic>) {
    let some = model.upcalls.iter().filter_map(|upcall| {
        let requirement = &raw.upcalls[upcall.origin].entry.requirement;
        let list = requirement.platforms.as_ref().filter(|list| !list.is_empty())?;
        let named = list.iter().chain(requirement.elsewhere.keys()).map(|name| name.get_ref());
        Some((upcall, named.collect::<HashSet<_>>()))
    });
    let some: Vec<_> = some.collect();
    for filed in &raw.platforms {
        let platform = filed.entry.name.get_ref();
        let silent = some.iter().filter(|(_, named)| !named.contains(platform));
        let upcalls: Vec<_> = silent.map(|(upcall, _)| *upcall).collect();
        let Some(first) = upcalls.first() else { continue };
        let names = upcalls.iter().map(|upcall| format!("`{}`", upcall.name)).collect::<Vec<_>>().join(", ");
        let message = format!("nothing is said of platform `{platform}` in the requirement of {names}");
        let first = &raw.upcalls[first.origin];
        faults.push(
            Diagnostic::at(Code::MissingKey, filed.at(&filed.entry.name), message)
                .also(first.at(&first.entry.requirement.status), "this holds on the platforms that are named")
                .note(
                    "`platforms` says where `status` holds, and `elsewhere` what holds on each of the others",
                )
                .help(format!(
                    "add it to `platforms`, or write `elsewhere = {{ {platform} = \"optional\" }}` \
                     (or `required`, `unspecified`)"
                )),
        );
    }
}

/// What can be required tells its grounds for a waiver; what can be optional tells what stands in.
fn check_texts(filed: &Filed<syntax::Upcall>, upcall: &Upcall, faults: &mut Vec<Diagnostic>) {
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
                let fault = Diagnostic::at(Code::MissingKey, filed.at(&requirement.status), message);
                faults.push(fault.help(format!("add `{key} = \"…\"` to its requirement")));
            }
            (false, Some(text)) => {
                let message = format!("`{key}` has no effect: `{}` is nowhere {word}", upcall.name);
                faults.push(Diagnostic::at(Code::NoEffect, filed.at(text), message).help("remove it"));
            }
            _ => {}
        }
    }
    for text in [Some(&requirement.reason), requirement.waiver.as_ref(), requirement.substitute.as_ref()]
        .into_iter()
        .flatten()
    {
        if text.get_ref().trim().is_empty() || text.get_ref().contains(['"', '\n']) {
            let fault = Diagnostic::at(Code::BadText, filed.at(text), "this text cannot stand in a message");
            faults.push(fault.help("one line that is not blank, without double quotes"));
        }
    }
}

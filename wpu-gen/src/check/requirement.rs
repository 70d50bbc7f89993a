//! Requirements say what they need to, and nothing without effect.

use crate::code::Code;
use crate::diag::Diagnostic;
use crate::model::{Model, Status, Upcall};

pub(super) fn check(model: &Model, faults: &mut Vec<Diagnostic>) {
    if model.classes.is_empty() || model.platforms.is_empty() {
        // Reported already; nothing can be required of nobody.
        return;
    }
    for upcall in &model.upcalls {
        check_scope(model, upcall, faults);
        check_texts(upcall, faults);
    }
    check_platforms(model, faults);
}

/// `classes`, `platforms` and `elsewhere` leave something out, and say it once.
fn check_scope(model: &Model, upcall: &Upcall, faults: &mut Vec<Diagnostic>) {
    let said = &upcall.requirement.said;
    let lists = [
        ("classes", "class", &said.classes, model.classes.len()),
        ("platforms", "platform", &said.platforms, model.platforms.len()),
    ];
    for (key, what, list, all) in lists {
        let Some(list) = list else { continue };
        let (place, message) = match list.first() {
            None => (&said.status.place, format!("`{key}` names no {what}")),
            Some(first) if list.len() == all => (&first.place, format!("`{key}` names every {what}")),
            Some(_) => continue,
        };
        let fault = Diagnostic::at(Code::NoEffect, place.clone(), message);
        faults.push(fault.help("remove it: the default is all of them"));
    }
    for (platform, status) in &said.elsewhere {
        let name = &model.platforms[**platform].name;
        let Some(platforms) = &said.platforms else {
            let message = "`elsewhere` has no effect without `platforms`";
            let fault = Diagnostic::at(Code::NoEffect, platform.place.clone(), message);
            faults.push(fault.help("remove it, or list the platforms of `status` in `platforms`"));
            return;
        };
        if let Some(first) = platforms.iter().find(|named| ***named == **platform) {
            let message = format!("platform `{name}` is in both `platforms` and `elsewhere`");
            let fault = Diagnostic::at(Code::DuplicateName, platform.place.clone(), message);
            faults.push(fault.also(first.place.clone(), "first here"));
        } else if **status == *said.status {
            let message = format!("`elsewhere` says the same of `{name}` as `status`");
            let fault = Diagnostic::at(Code::NoEffect, status.place.clone(), message);
            faults.push(fault.help("remove it, and add the platform to `platforms`"));
        }
    }
}

/// A platform that is added later must not get a status that nobody gave it: each requirement speaks of every platform.
fn check_platforms(model: &Model, faults: &mut Vec<Diagnostic>) {
    let some: Vec<_> = model
        .upcalls
        .iter()
        .filter(|upcall| upcall.requirement.said.platforms.as_ref().is_some_and(|list| !list.is_empty()))
        .collect();
    for (at, platform) in model.platforms.iter().enumerate() {
        let silent = some.iter().filter(|upcall| {
            let said = &upcall.requirement.said;
            let elsewhere = said.elsewhere.iter().map(|(platform, _)| platform);
            !said.platforms.iter().flatten().chain(elsewhere).any(|named| **named == at)
        });
        let upcalls: Vec<_> = silent.collect();
        let Some(first) = upcalls.first() else { continue };
        let platform = &platform.name;
        let names = upcalls.iter().map(|upcall| format!("`{}`", upcall.name)).collect::<Vec<_>>().join(", ");
        let message = format!("the requirement of {names} does not cover platform `{platform}`");
        faults.push(
            Diagnostic::at(Code::MissingKey, platform.place.clone(), message)
                .also(
                    first.requirement.said.status.place.clone(),
                    "this holds on the platforms that are named",
                )
                .note("`status` applies to `platforms`; `elsewhere` has the status for each other platform")
                .help(format!(
                    "add it to `platforms`, or write `elsewhere = {{ {platform} = \"optional\" }}` \
                     (or `required`, `unspecified`)"
                )),
        );
    }
}

/// What can be required tells its grounds for a waiver; what can be optional tells what stands in.
fn check_texts(upcall: &Upcall, faults: &mut Vec<Diagnostic>) {
    let requirement = &upcall.requirement;
    let has = |status| requirement.status.iter().flatten().any(|here| *here == Some(status));
    let pairs = [
        (Status::Required, "required", "waiver", "the usual reason for not using it", &requirement.waiver),
        (Status::Optional, "optional", "substitute", "the call that replaces it", &requirement.substitute),
    ];
    for (status, word, key, what, text) in pairs {
        match (has(status), text) {
            (true, None) => {
                let message = format!("`{}` is {word}, but has no `{key}`", upcall.name);
                let place = requirement.said.status.place.clone();
                let fault = Diagnostic::at(Code::MissingKey, place, message);
                faults.push(fault.help(format!("add `{key} = \"…\"` to its requirement: {what}")));
            }
            (false, Some(text)) => {
                let message = format!("`{key}` has no effect: `{}` is never {word}", upcall.name);
                let fault = Diagnostic::at(Code::NoEffect, text.place.clone(), message);
                faults.push(fault.help("remove it"));
            }
            _ => {}
        }
    }
    for text in
        [&requirement.waiver, &requirement.substitute].into_iter().flatten().chain([&requirement.reason])
    {
        if text.trim().is_empty() || text.contains(['"', '\n']) {
            let message = "this text cannot stand in a message";
            let fault = Diagnostic::at(Code::BadText, text.place.clone(), message);
            faults.push(fault.help("one line that is not blank, without double quotes"));
        }
    }
}

//! Names that the generator itself gives and says in the output of a spec.
//!
//! Nobody keeps a list of them: the spec is emitted once more with a mark in place of each of its names. What is
//! said without a mark is the generator's, and so is a name that holds a mark and more, such as `{view}Mut`.

use super::view::View;
use super::words::{MARK, Words};
use super::{
    classes, error, facts, ffi, handles, host, import, memory, procs, provider, root, safe, serve, table,
    thunk,
};
use crate::model::{Model, TypeKind};
use crate::spec::Spec;
use std::collections::HashSet;

/// The generator's own names, by the places where names of a spec could be taken for them.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// Wherever Rust types of the spec can be named.
    pub(crate) rust: HashSet<String>,
    /// Among C items.
    pub(crate) c: HashSet<String>,
    /// What the error type has, beside the errors.
    pub(crate) errors: HashSet<String>,
    /// Functions beside upcalls.
    pub(crate) upcalls: HashSet<String>,
    /// Functions beside downcalls.
    pub(crate) downcalls: HashSet<String>,
}

/// Looks through the output of a spec. Meanwhile its names are marks.
pub(crate) fn said(spec: &mut Spec) -> Said {
    let mut names = Vec::new();
    each_name(&mut spec.model, &mut |name| {
        let mark = format!("{MARK}{}{MARK}", names.len());
        names.push(std::mem::replace(name, mark));
    });
    let said = collect(spec, &names);
    let mut names = names.into_iter();
    each_name(&mut spec.model, &mut |name| *name = names.next().unwrap_or_default());
    said
}

fn collect(spec: &Spec, names: &[String]) -> Said {
    let view = View::collecting(spec);
    let restored = |words: HashSet<String>| -> HashSet<String> {
        words.into_iter().filter_map(|word| restore(&word, names)).collect()
    };
    let words = |emitted: String| {
        drop(emitted);
        let Words { said, given } = view.collected();
        (restored(said), restored(given))
    };
    let (c, _) = words(ffi::emit(&view));
    let (error, errors) = words(error::emit(&view));
    let (safe, upcalls) = words(safe::emit(&view));
    let mut said = Said { rust: error, c, errors, upcalls, downcalls: HashSet::new() };
    said.rust.extend(safe);
    if let Some(behind) = view.behind() {
        let (provider, downcalls) = words(provider::emit(&view, &behind));
        said.rust.extend(provider);
        said.downcalls.extend(downcalls);
        let (procs, downcalls) = words(procs::emit(&view, &behind));
        said.rust.extend(procs);
        said.downcalls.extend(downcalls);
        said.rust.extend(words(memory::emit(&view)).0);
        said.rust.extend(words(serve::emit(&view, &behind)).0);
    }
    let (thunk, upcalls) = words(thunk::emit(&view));
    said.rust.extend(thunk);
    said.upcalls.extend(upcalls);
    for emit in [root::emit, classes::emit, facts::emit, handles::emit, host::emit, import::emit, table::emit]
    {
        said.rust.extend(words(emit(&view)).0);
    }
    said
}

/// Does something with each name of a spec, in the same order each time.
fn each_name(model: &mut Model, mark: &mut impl FnMut(&mut String)) {
    mark(&mut model.head.error_type);
    model.classes.iter_mut().chain(&mut model.platforms).for_each(|word| mark(&mut word.name));
    model.kits.iter_mut().for_each(|kit| mark(&mut kit.name));
    for ty in &mut model.types {
        mark(&mut ty.name);
        match &mut ty.kind {
            TypeKind::Alias { opaque, .. } => opaque.iter_mut().for_each(&mut *mark),
            TypeKind::Struct(of) => {
                of.fields.iter_mut().for_each(|field| mark(&mut field.name));
                of.counted.iter_mut().for_each(|counted| mark(&mut counted.view));
                of.token.iter_mut().for_each(&mut *mark);
            }
            TypeKind::Callback(callback) => {
                callback.params.iter_mut().for_each(|param| mark(&mut param.name));
                callback.bundle.iter_mut().for_each(&mut *mark);
            }
            TypeKind::Table(_) => {}
        }
    }
    model.constants.iter_mut().for_each(|constant| mark(&mut constant.name));
    model.errors.iter_mut().for_each(|error| mark(&mut error.name));
    for resource in &mut model.resources {
        mark(&mut resource.name);
        resource.borrowed.iter_mut().for_each(&mut *mark);
    }
    for table in &mut model.tables {
        mark(&mut table.name);
        table.behind.iter_mut().for_each(&mut *mark);
    }
    for entry in &mut model.entries {
        [&mut entry.name, &mut entry.pointer].into_iter().for_each(&mut *mark);
        entry.params.iter_mut().for_each(|param| mark(&mut param.name));
    }
    for upcall in &mut model.upcalls {
        [&mut upcall.name, &mut upcall.method, &mut upcall.pointer].into_iter().for_each(&mut *mark);
        upcall.params.iter_mut().for_each(|param| mark(&mut param.name));
    }
    for downcall in &mut model.downcalls {
        [&mut downcall.name, &mut downcall.method, &mut downcall.pointer].into_iter().for_each(&mut *mark);
        downcall.params.iter_mut().for_each(|param| mark(&mut param.name));
    }
    for import in &mut model.imports {
        [&mut import.name, &mut import.method, &mut import.pointer].into_iter().for_each(&mut *mark);
        import.params.iter_mut().for_each(|param| mark(&mut param.name));
    }
}

/// What the generator made of a word: nothing where it is a name of the spec as it stands.
fn restore(word: &str, names: &[String]) -> Option<String> {
    let mut parts = word.split(MARK);
    let mut out = parts.next().unwrap_or_default().to_owned();
    let mut own = !out.is_empty();
    // Marks are pairs around a number.
    while let (Some(number), Some(behind)) = (parts.next(), parts.next()) {
        out += names.get(number.parse::<usize>().ok()?)?;
        out += behind;
        own |= !behind.is_empty();
    }
    own.then_some(out)
}

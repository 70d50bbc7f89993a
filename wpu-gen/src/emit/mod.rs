//! Fourth gate: a checked spec to files. One module per file of the output; none can fail.

mod c;
mod callee;
mod caller;
mod classes;
mod compare;
mod error;
mod facts;
mod ffi;
mod handles;
mod header;
mod host;
mod import;
mod kit;
mod layer;
mod layout;
mod listings;
mod literal;
pub(crate) mod local;
mod manifest;
mod markdown;
mod memory;
mod obligations;
pub(crate) mod path;
mod print;
mod procs;
mod provider;
mod records;
mod reference;
mod root;
mod safe;
mod serve;
mod shape;
mod table;
mod taken;
mod thunk;
pub(crate) mod tokens;
mod view;

pub(crate) use taken::taken;

use crate::files::Files;
use crate::spec::Spec;
use view::View;

/// All files that a spec gives.
pub(crate) fn emit(spec: &Spec) -> Files {
    let view = View::new(spec);
    let mut files = Files::default();
    files.add("Cargo.toml", manifest::emit(&view));
    files.add("UPCALLS.md", reference::emit(&view));
    files.add("src/lib.rs", root::emit(&view));
    files.add("src/classes.rs", classes::emit(&view));
    files.add("src/error.rs", error::emit(&view));
    files.add("src/facts.rs", facts::emit(&view));
    files.add("src/ffi.rs", ffi::emit(&view));
    files.add("src/handles.rs", handles::emit(&view));
    files.add("src/host.rs", host::emit(&view));
    files.add("src/import.rs", import::emit(&view));
    files.add("src/layout.rs", layout::emit(&view));
    if ffi::has_listed(&view) {
        files.add("src/listed.rs", ffi::emit_listed(&view));
    }
    if let Some(behind) = view.behind() {
        files.add("src/clients.rs", memory::clients(&view));
        files.add("src/layer.rs", layer::emit(&view, &behind));
        files.add("src/memory.rs", memory::emit(&view));
        files.add("src/procs.rs", procs::emit(&view, &behind));
        files.add("src/provider.rs", provider::emit(&view, &behind));
        files.add("src/serve.rs", serve::emit(&view, &behind));
    }
    files.add("src/obligations.rs", obligations::emit(&view));
    files.add("src/safe.rs", safe::emit(&view));
    files.add("src/table.rs", table::emit(&view));
    files.add("src/thunk.rs", thunk::emit(&view));
    compare::emit(&view, &mut files);
    header::emit(&view, &mut files);
    files
}

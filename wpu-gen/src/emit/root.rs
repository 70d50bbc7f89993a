//! `lib.rs` of the output.

use super::ffi;
use super::markdown::markdown;
use super::path::shown;
use super::print::Page;
use super::records;
use super::view::View;

const HEAD: &str = r#"#![no_std]
// C names stay as they are.
#![allow(non_camel_case_types)]
#![allow(non_snake_case)]
#![allow(non_upper_case_globals)]
// Written for every kind of thing that a spec may hold.
#![allow(dead_code)]
#![allow(unused_imports)]
// Texts are the spec's.
#![allow(clippy::doc_markdown)]
#![allow(clippy::too_long_first_doc_paragraph)]
// The modules of one output share no names.
#![allow(clippy::wildcard_imports)]
// A pointer in a safe function is a handle, which the host looks up.
#![allow(clippy::not_unsafe_ptr_arg_deref)]
// As in C.
#![allow(clippy::unreadable_literal)]
#![allow(clippy::too_many_arguments)]
#![allow(clippy::similar_names)]
// A variable has another name than its field where that is taken.
#![allow(clippy::redundant_field_names)]
#![allow(non_shorthand_field_patterns)]
#![allow(clippy::uninlined_format_args)]

#[cfg(feature = "std")]
extern crate std;

pub use ::wpu_rt as rt;

// Each file is printed by the generator, which has its own line breaks.
#[rustfmt::skip]
pub mod classes;
#[rustfmt::skip]
pub mod error;
#[rustfmt::skip]
pub mod facts;
#[rustfmt::skip]
pub mod ffi;
#[rustfmt::skip]
pub mod handles;
#[cfg(feature = "mock")]
#[rustfmt::skip]
pub mod host;
#[rustfmt::skip]
pub mod import;
#[cfg(feature = "mock")]
#[rustfmt::skip]
mod layout;
#[cfg(feature = "obligations")]
#[rustfmt::skip]
pub mod obligations;
#[rustfmt::skip]
pub mod safe;
#[rustfmt::skip]
pub mod table;
#[cfg(feature = "mock")]
#[rustfmt::skip]
pub mod thunk;
"#;

const LISTED: &str = "#[cfg(feature = \"listings\")]\n#[rustfmt::skip]\nmod listed;\n";

/// What the attribute names. Whatever the spec names so stands behind it.
const PRIVATE: &str = "/// The expansion of the attribute names these; other code should not.
#[doc(hidden)]
pub mod __private {
    pub use super::classes::{Class, Platform};
    pub use super::facts::__facts;
    pub use super::import::Import;
    pub use super::rt::declaration::{Declaration, Waiver};
    pub use super::safe::Upcalls;
    pub use super::table::Interface;
    pub use super::*;
    pub use ::core;
}

/// What the attribute imports: where it is missing, rustc's message contains this name.
#[doc(hidden)]
pub use self::__private as of_must_be_the_path_of_bindings;
";

/// What stands in the root too, unless the spec gives a name there to something else.
const EXPORTS: &[(&str, &[&str])] = &[
    ("classes", &["Class", "Platform"]),
    ("facts", &["FACTS", "KITS", "REVISION", "UPCALLS"]),
    ("safe", &["Upcalls"]),
    ("rt::compliance", &["Verdict"]),
    ("rt::declaration", &["Declaration", "Waiver"]),
    ("rt::facts", &["Dispatch", "Facts", "Kit", "Requirement", "Upcall"]),
    ("rt::upcall_set", &["UpcallSet"]),
    ("rt::client", &["Built", "ClientMut", "ClientRef", "Member", "Plain", "Vouched"]),
    ("rt::refused", &["Failed", "Refused"]),
    ("rt::wide", &["WideString"]),
    ("table", &["Cell", "Interface", "RawTable", "Table"]),
];

/// The same of the provider's side, which those who only make upcalls need not compile.
const PROVIDER: &[(&str, &[&str])] = &[
    ("layer", &["Layer", "for_each_downcall"]),
    ("procs", &["Procs"]),
    ("serve", &["Serve"]),
    ("rt::memory", &["Bytes", "ClientSlice", "OutBuf", "Short", "Text"]),
];

/// The same where there are buffers, and where there are requests.
const BUFFERS: &[(&str, &[&str])] = &[("memory", &["Gather", "Scatter"])];
const REQUESTS: &[(&str, &[&str])] = &[
    (
        "memory",
        &[
            "RequestContext",
            "Kept",
            "RequestBuffers",
            "CompletionResult",
            "Progress",
            "RequestParts",
            "PendingRequest",
            "Request",
            "CompletionVtable",
            "InterfaceTypes",
        ],
    ),
    ("rt::request", &["PendingToken", "RequestState", "Transfer"]),
];
const OUTCOMES: &[(&str, &[&str])] = &[("memory", &["Outcome"])];

/// The modules of the provider's side.
const MODULES: &[&str] = &["clients", "layer", "memory", "procs", "provider", "serve"];

const CFG: &str = "#[cfg(feature = \"provider\")]\n";
const SKIP: &str = "#[rustfmt::skip]\n";

/// Paths to items of modules, but for what the spec calls so.
fn exports(view: &View<'_>, rows: &[(&str, &[&str])]) -> Vec<String> {
    let names = view.model.rust_names();
    let paths = rows.iter().filter_map(|(module, items)| {
        let mut free: Vec<_> = items.iter().copied().filter(|item| !names.contains(*item)).collect();
        free.sort_unstable();
        match &*free {
            [] => None,
            [only] => Some(format!("{module}::{only}")),
            several => Some(format!("{module}::{{{}}}", several.join(", "))),
        }
    });
    paths.collect()
}

/// Lines that export paths, in the order that rustfmt gives them.
fn lines(mut paths: Vec<String>, cfg: &str) -> String {
    paths.sort();
    // A list is as long as its names are, and rustfmt's line as long as its user wants.
    let skip = |path: &str| if path.contains('{') { SKIP } else { "" };
    paths.iter().flat_map(|path| [cfg, skip(path), "pub use ", path, ";\n"]).collect()
}

pub(super) fn emit(view: &View<'_>) -> String {
    let about = format!(
        "{}\n\n\
         - [`ffi`]: C types, function pointers and tables, under their C names\n\
         - [`safe`] and [`handles`]: the upcalls in safe form, and what they take and give\n\
         - `host` and `thunk` (feature `mock`): the other side, for whoever fills the tables\n\
         - [`facts`]: what the documentation says, as data, and [`rt::compliance::verdict`]: what follows for a provider\n\
         {}- [`table`] and [`table::Cell`]: what holds the current table\n\n\
         `UPCALLS.md` in this folder is the same as a page to read.",
        markdown(&view.model.head.title),
        match view.behind() {
            Some(behind) => format!(
                "- `{}`, `serve` and `procs` (feature `provider`): what a provider answers, and how it is called\n",
                shown(&behind)
            ),
            None => String::new(),
        }
    );
    let mut page = Page::new(view, "lib", &about);
    page.lines(HEAD);
    if ffi::has_listed(view) {
        page.lines(LISTED);
    }
    page.lines(PRIVATE);
    let mut paths = exports(view, EXPORTS);
    paths.extend([format!("error::{}", view.model.head.error_type), "handles::*".to_owned()]);
    page.lines(&lines(paths, ""));
    if let Some(behind) = view.behind() {
        let modules = MODULES.iter().flat_map(|module| [CFG, SKIP, "pub mod ", module, ";\n"]);
        page.lines(&modules.collect::<String>());
        let mut paths = exports(view, PROVIDER);
        paths.extend(["clients::*".to_owned(), format!("provider::{}", shown(&behind))]);
        paths.extend(records::paths(view));
        if view.has_buffers() {
            paths.extend(exports(view, BUFFERS));
        }
        if view.has_outcomes() {
            paths.extend(exports(view, OUTCOMES));
        }
        if view.requesting().is_some() {
            paths.extend(exports(view, REQUESTS));
        }
        page.lines(&lines(paths, CFG));
    }
    page.finish()
}

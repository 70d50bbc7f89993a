//! `lib.rs` of the output.

use super::markdown::markdown;
use super::print::Page;
use super::view::View;
use proc_macro2::Ident;

const HEAD: &str = r#"#![no_std]
#![allow(non_camel_case_types, non_snake_case, non_upper_case_globals, reason = "C names stay as they are")]
#![allow(dead_code, unused_imports, reason = "written for every kind of thing that a spec may hold")]
#![allow(clippy::doc_markdown, clippy::too_long_first_doc_paragraph, reason = "texts are the spec's")]
#![allow(clippy::wildcard_imports, reason = "modules of one output, which share no names")]
#![allow(clippy::not_unsafe_ptr_arg_deref, reason = "such a pointer is a handle, which the host looks up")]
#![allow(
    clippy::unreadable_literal,
    clippy::too_many_arguments,
    clippy::similar_names,
    clippy::uninlined_format_args,
    reason = "as in C"
)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

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
#[rustfmt::skip]
pub mod host;
#[rustfmt::skip]
pub mod import;
#[rustfmt::skip]
mod layout;
#[rustfmt::skip]
pub mod safe;
#[rustfmt::skip]
pub mod support;
#[rustfmt::skip]
pub mod table;
#[rustfmt::skip]
pub mod thunk;

pub use classes::{Class, Platform};
pub use facts::{KITS, REVISION, UPCALLS};
pub use handles::*;
pub use safe::Upcalls;
pub use support::cell::Cell;
pub use support::declaration::{Declaration, Waiver};
pub use support::facts::{Dispatch, Kit, Requirement, Upcall};
pub use support::refused::{Failed, Refused};
pub use support::upcall_set::UpcallSet;
pub use support::verdict::{Judgement, judge};
pub use support::view::{Built, Plain, View, ViewMut, Vouched};
pub use support::wide::WideString;
pub use table::{RawTable, Table};
"#;

/// The provider's side, which those who only make upcalls need not compile.
fn provider(view: &View<'_>, behind: &Ident) -> String {
    let modules = ["memory", "procs", "provider", "serve"];
    let mut text = String::new();
    for module in modules {
        text += &format!("#[cfg(feature = \"provider\")]\n#[rustfmt::skip]\npub mod {module};\n");
    }
    text += "\n#[cfg(feature = \"provider\")]\npub use memory::*;\n";
    text += "#[cfg(feature = \"provider\")]\npub use procs::Procs;\n";
    text += &format!("#[cfg(feature = \"provider\")]\npub use provider::{{Layer, Over, {behind}}};\n");
    text += "#[cfg(feature = \"provider\")]\npub use serve::Serve;\n";
    text += "#[cfg(feature = \"provider\")]\npub use support::memory::{Bytes, Items, Room, Short, Text};\n";
    if view.requesting().is_some() {
        text += "#[cfg(feature = \"provider\")]\npub use support::request::{Pending, Progress, State};\n";
    }
    text
}

pub(super) fn emit(view: &View<'_>) -> String {
    let about = format!(
        "{}\n\n\
         - [`ffi`]: C types, function pointers and tables, under their C names\n\
         - [`safe`] and [`handles`]: the upcalls in safe form, and what they take and give\n\
         - [`host`]: the other side, for whoever fills the tables\n\
         - [`facts`]: what the documentation says, as data, and [`judge`]: what follows for a provider\n\
         {}- [`table`] and [`Cell`]: where the table of the moment is kept\n\n\
         `UPCALLS.md` in this folder is the same as a page to read.",
        markdown(&view.model.head.title),
        match view.behind() {
            Some(behind) => format!(
                "- `{behind}`, `serve` and `procs` (feature `provider`): what a provider answers, and how it is called\n"
            ),
            None => String::new(),
        }
    );
    let mut page = Page::new(view, &about);
    page.lines(HEAD);
    if let Some(behind) = view.behind() {
        page.lines(&provider(view, &behind));
    }
    page.lines(&format!("pub use error::{};", view.error()));
    page.finish()
}

//! `Cargo.toml` of the output.

use super::ffi;
use super::view::View;

const LISTINGS: &str = "# Constants that only listings of the documentation name: what a program that passes them needs.\nlistings = []\n";

pub(super) fn emit(view: &View<'_>) -> String {
    let head = &view.model.head;
    let listings = if ffi::has_listed(view) { LISTINGS } else { "" };
    format!(
        r#"# {marker}
[package]
name = "{package}"
description = "{title}"
readme = "UPCALLS.md"
version.workspace = true
edition.workspace = true
rust-version = "1.85"
license.workspace = true

[features]
{listings}# The other side: what a host implements, and the tables that lead to it.
mock = ["wpu-rt/mock"]
# The obligations of the spec as data, for tools: no plug-in needs them.
obligations = ["wpu-rt/obligations"]
# The provider's side: the trait behind its table, and what calls and is called there.
provider = ["wpu-rt/provider"]
# Start-up counts, and conversions between the error type and `std::io::Error`.
std = ["wpu-rt/std"]

[dependencies]
wpu-rt.workspace = true

[lints]
workspace = true
"#,
        marker = view.marker(),
        package = head.package,
        title = head.title.trim_end_matches('.').replace('\\', "\\\\").replace('"', "\\\""),
    )
}

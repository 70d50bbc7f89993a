//! `use wpu::prelude::*; use wpu_host::*;` in one file: no name denotes two items.

use crate::common::{project, read};
use std::collections::BTreeSet;
use syn::{Item, UseTree, Visibility};

#[test]
fn wpu_and_its_host_have_no_name_in_common() {
    let mut host = exported("wpu-host/src/lib.rs");
    // The names that `pub use client::*` exports.
    assert!(host.remove("*"), "the host exports its client with a glob");
    host.extend(exported("wpu-host/src/client/mod.rs"));
    let provider = exported("wpu/src/prelude.rs").union(&exported("wpu/src/lib.rs")).cloned().collect();
    assert!(host.contains("Client") && host.contains("Host"), "{host:?}");
    let both: Vec<_> = host.intersection(&provider).collect();
    assert!(both.is_empty(), "these denote two items: {both:?}");
}

/// The names that a file exports with `pub use`, and its own structures.
fn exported(file: &str) -> BTreeSet<String> {
    let file = syn::parse_file(&read(&project().join(file))).expect("it is Rust");
    let mut names = BTreeSet::new();
    for item in file.items {
        match item {
            Item::Use(item) if matches!(item.vis, Visibility::Public(_)) => leaves(&item.tree, &mut names),
            Item::Struct(item) if matches!(item.vis, Visibility::Public(_)) => {
                names.insert(item.ident.to_string());
            }
            _ => {}
        }
    }
    names
}

fn leaves(tree: &UseTree, names: &mut BTreeSet<String>) {
    match tree {
        UseTree::Path(path) => leaves(&path.tree, names),
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, names)),
        UseTree::Name(name) => drop(names.insert(name.ident.to_string())),
        UseTree::Rename(name) => drop(names.insert(name.rename.to_string())),
        UseTree::Glob(_) => drop(names.insert("*".to_owned())),
    }
}

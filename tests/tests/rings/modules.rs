//! The modules of one crate: their names, and the paths in each of them.

use super::paths::{Imported, Path, paths};
use quote::ToTokens;
use std::collections::HashMap;
use std::path::{self, Component, PathBuf};
use syn::{Attribute, Expr, Item, Lit, Meta};

/// Gives the text of a file, if there is such a file.
pub type Read<'a> = &'a dyn Fn(&path::Path) -> Option<String>;

/// All modules of a crate. The first is its root.
#[derive(Default)]
pub struct Crate {
    pub modules: Vec<Module>,
    /// The files that define each `macro_rules!` macro, which has a name without a path.
    pub macros: HashMap<String, Vec<PathBuf>>,
    /// The crate's own name, if it has `extern crate self as …`.
    pub own_names: Vec<String>,
}

/// A module: a file, or a part of one.
pub struct Module {
    pub file: PathBuf,
    pub parent: Option<usize>,
    pub names: HashMap<String, Vec<Name>>,
    /// The path before each `::*`.
    pub globs: Vec<Path>,
    /// Paths that count as imports if they denote an item of another file.
    pub paths: Vec<Path>,
}

/// The meaning of a name inside a module.
#[derive(Clone)]
pub enum Name {
    Module(usize),
    /// An item, with the file that defines it.
    Item(PathBuf),
    Import(Path),
}

impl Crate {
    /// # Panics
    /// Panics if a file is missing or is not Rust.
    pub fn read(root: &path::Path, read: Read<'_>) -> Self {
        let mut found = Self::default();
        let folder = root.parent().expect("a file is in a folder");
        found.file(None, root, folder, read);
        found
    }

    /// Adds a file as a module, and returns its index. Its own modules are in `folder`.
    fn file(
        &mut self,
        parent: Option<usize>,
        file: &path::Path,
        folder: &path::Path,
        read: Read<'_>,
    ) -> usize {
        let text = read(file).unwrap_or_else(|| panic!("{}: there is no such file", file.display()));
        let code = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.module(parent, file, folder, code.items, read)
    }

    fn module(
        &mut self,
        parent: Option<usize>,
        file: &path::Path,
        folder: &path::Path,
        items: Vec<Item>,
        read: Read<'_>,
    ) -> usize {
        let index = self.modules.len();
        let (names, globs, paths) = (HashMap::new(), Vec::new(), Vec::new());
        self.modules.push(Module { file: file.to_owned(), parent, names, globs, paths });
        for item in items {
            match item {
                Item::Mod(item) => {
                    let name = unraw(&item.ident);
                    let child = match (item.content, path_of(&item.attrs)) {
                        (Some((_, items)), _) => {
                            self.module(Some(index), file, &folder.join(&name), items, read)
                        }
                        (None, Some(path)) => {
                            let path = plain(&file.with_file_name(path));
                            let folder = path.parent().expect("a file is in a folder");
                            self.file(Some(index), &path, folder, read)
                        }
                        (None, None) => {
                            let beside = folder.join(format!("{name}.rs"));
                            let file = if read(&beside).is_some() {
                                beside
                            } else {
                                folder.join(&name).join("mod.rs")
                            };
                            self.file(Some(index), &file, &folder.join(&name), read)
                        }
                    };
                    self.name(index, name, Name::Module(child));
                }
                Item::ExternCrate(item) if item.ident == "self" => {
                    self.own_names.extend(item.rename.map(|(_, name)| unraw(&name)));
                }
                item => self.item(index, &item),
            }
        }
        index
    }

    /// Adds the names that an item defines, and the paths inside it.
    fn item(&mut self, module: usize, item: &Item) {
        let file = self.modules[module].file.clone();
        for name in defined(item) {
            self.name(module, name, Name::Item(file.clone()));
        }
        let mut is_macro = false;
        if let Item::Macro(item) = item
            && let Some(name) = &item.ident
        {
            is_macro = true;
            self.macros.entry(unraw(name)).or_default().push(file.clone());
            if item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export")) {
                self.name(0, unraw(name), Name::Item(file));
            }
        }
        let found = paths(item.to_token_stream());
        for Imported { path, name, public } in found.imported {
            match name {
                Some(name) => self.name(module, name, Name::Import(path.clone())),
                None => self.modules[module].globs.push(path.clone()),
            }
            if !public {
                self.modules[module].paths.push(path);
            }
        }
        // The meaning of a single word depends on the place where the macro is called, not where it is
        // defined.
        let mentioned = found.mentioned.into_iter().filter(|path| !is_macro || path.len() > 1);
        self.modules[module].paths.extend(mentioned);
    }

    fn name(&mut self, module: usize, name: String, stands_for: Name) {
        self.modules[module].names.entry(name).or_default().push(stands_for);
    }
}

/// The names that an item defines in its module, without those of modules and imports.
fn defined(item: &Item) -> Vec<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        Item::Macro(item) => return item.ident.iter().map(unraw).collect(),
        Item::ForeignMod(block) => {
            let names = block.items.iter().filter_map(|item| match item {
                syn::ForeignItem::Fn(item) => Some(&item.sig.ident),
                syn::ForeignItem::Static(item) => Some(&item.ident),
                syn::ForeignItem::Type(item) => Some(&item.ident),
                _ => None,
            });
            return names.map(unraw).collect();
        }
        _ => return Vec::new(),
    };
    vec![unraw(name)]
}

/// The value of `#[path = "…"]`.
fn path_of(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(value) => match &value.lit {
                Lit::Str(path) => Some(path.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    })
}

/// A path without `..` after a folder.
fn plain(path: &path::Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir && plain.file_name().is_some() {
            plain.pop();
        } else {
            plain.push(part);
        }
    }
    plain
}

fn unraw(name: &syn::Ident) -> String {
    name.to_string().trim_start_matches("r#").to_owned()
}

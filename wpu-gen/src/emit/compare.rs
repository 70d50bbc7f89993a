//! `c/check/`: C files that compare the spec with the headers it was taken from, one for each header.

use super::c;
use super::view::View;
use crate::files::Files;
use crate::layout::{Layouts, POINTERS};
use crate::model::{ConstantValue, Header, HeaderMismatch, Model, Param, Table, Ty, TypeDef, TypeKind};
use std::collections::BTreeMap;

const MACROS: &str = include_str!("check.h");

/// Where the macros of all files are: in a folder of their own, where no header's file and no prefix can meet them.
const MACROS_PATH: &str = "c/macros/check.h";

/// How the files of `c/check/` include them.
const INCLUDE_MACROS: &str = "#include \"../macros/check.h\"";

pub(super) fn emit(view: &View<'_>, files: &mut Files) {
    let about =
        "What the files in `check/` say of items, in a form that every C compiler of the platform knows.";
    let macros = MACROS.replace("CONVENTION", c::convention(view.model));
    files.add(MACROS_PATH, format!("{}\n{macros}", c::top(view, about)));
    let sheets = Sheets::of(view.model);
    for (header, sheet) in &sheets.by_header {
        files.add(&path(header), page(view, header, sheet));
    }
    if !sheets.language.is_empty() {
        let about =
            "Compares the spec with C itself.\n\nA difference is an error that says what the spec says.";
        let body = sheets.language.concat();
        files.add("c/check/language.c", format!("{}\n{INCLUDE_MACROS}\n\n{body}", c::top(view, about)));
    }
}

/// Where the file of a header is. A header in a folder gets a flat name, with a character that no header has.
fn path(header: &str) -> String {
    format!("c/check/{}.c", header.replace('/', "+"))
}

fn page(view: &View<'_>, header: &str, sheet: &[String]) -> String {
    let about = format!(
        "Compares the spec with <{header}>: layouts, values, and the types of functions.\n\nA difference is an error that says what the spec says."
    );
    let includes: String =
        includes(view.model, header).iter().map(|path| include(view.model, path)).collect();
    format!("{}\n{includes}\n{INCLUDE_MACROS}\n\n{}", c::top(view, &about), sheet.concat())
}

/// What a C file includes to see what a header declares.
fn includes(model: &Model, header: &str) -> Vec<String> {
    let declared = find(model, header).filter(|header| !header.include.is_empty());
    declared.map_or_else(|| vec![header.to_owned()], |header| header.include.clone())
}

fn find<'m>(model: &'m Model, header: &str) -> Option<&'m Header> {
    model.header(header)
}

fn include(model: &Model, header: &str) -> String {
    match find(model, header).and_then(|header| header.fallback.as_ref()) {
        Some(elsewhere) => format!(
            "#if __has_include(<{header}>)\n#include <{header}>\n#else\n#include <{elsewhere}>\n#endif\n"
        ),
        None => format!("#include <{header}>\n"),
    }
}

/// Everything there is to compare, by header.
struct Sheets<'m> {
    model: &'m Model,
    header_mismatches: BTreeMap<&'m str, &'m HeaderMismatch>,
    by_header: BTreeMap<String, Vec<String>>,
    /// What no header declares.
    language: Vec<String>,
}

impl<'m> Sheets<'m> {
    fn of(model: &'m Model) -> Self {
        let excepted = model.header_mismatches.iter();
        let header_mismatches =
            excepted.flat_map(|found| found.about.iter().map(move |name| (&**name, found)));
        let mut sheets = Self {
            model,
            header_mismatches: header_mismatches.collect(),
            by_header: BTreeMap::new(),
            language: Vec::new(),
        };
        sheets.types();
        sheets.values();
        sheets.functions();
        sheets
    }

    fn add(&mut self, header: Option<&str>, name: &str, lines: String) {
        let lines = match self.header_mismatches.get(name) {
            None => lines,
            Some(header_mismatch) => {
                let sources = header_mismatch.sources.iter().map(|source| &*self.model.sources[*source].id);
                let sources = sources.collect::<Vec<_>>().join(", ");
                let about = c::comment(&format!("`{name}`: {} ({sources})", header_mismatch.reason));
                match &header_mismatch.unless {
                    Some(toolchain) => format!("{about}#ifndef {toolchain}\n{lines}#endif\n"),
                    None => about,
                }
            }
        };
        match header {
            Some(header) => self.by_header.entry(header.to_owned()).or_default().push(lines),
            None => self.language.push(lines),
        }
    }

    fn types(&mut self) {
        let model = self.model;
        let layouts = POINTERS.map(|pointer| Layouts::new(model, pointer));
        for (id, def) in model.types.iter().enumerate() {
            let lines = match &def.kind {
                TypeKind::Typedef { target, .. } => alias(model, &layouts, def, target),
                // Without a header, C has nothing to compare these with.
                _ if def.header.is_none() => continue,
                TypeKind::Struct(structure) => {
                    let members = structure.fields.iter().map(|field| (field.name.value.clone(), &*field.ty));
                    let members = members.map(|(name, ty)| (name, Member::Plain(ty)));
                    layout(model, &layouts, id, &members.collect::<Vec<_>>())
                }
                TypeKind::Callback(callback) => {
                    let params: Vec<_> = callback
                        .params
                        .iter()
                        .map(|param| c::param(model, &param.ty, &param.c_type))
                        .collect();
                    pointer(model, &def.name, callback.returns.as_ref().unwrap_or(&Ty::Void), &params)
                }
                TypeKind::Table(table) => layout(model, &layouts, id, &slots(model, &model.tables[*table])),
            };
            self.add(def.header.as_deref(), &def.name, lines);
        }
    }

    fn values(&mut self) {
        let model = self.model;
        for constant in model.constants.iter().filter(|constant| constant.header.is_some()) {
            let (name, value) = (&constant.name, c::value(model, constant));
            let line = if constant.text().is_some() {
                let check = if c::is_wide(model, constant) { "CHECK_WIDE_TEXT" } else { "CHECK_TEXT" };
                format!("{check}({name}, {value});\n")
            } else if let ConstantValue::List(_) = &*constant.value {
                let ty = c::bare(model, &constant.ty);
                format!("CHECK_OBJECT({name}, {ty}, {}, {value})\n", c::string(&value))
            } else if model.pointee(&constant.ty).is_some() {
                format!("CHECK_NULL({name}, {});\n", c::bare(model, &constant.ty))
            } else {
                format!("CHECK_VALUE({name}, {}, {value});\n", c::bare(model, &constant.ty))
            };
            self.add(constant.header.as_deref(), name, line);
        }
        if let Some(header) = &model.head.error_header {
            for error in &model.errors {
                self.add(
                    Some(header),
                    &error.name,
                    format!("CHECK_ERROR({}, {});\n", error.name, error.value),
                );
            }
        }
    }

    fn functions(&mut self) {
        let model = self.model;
        let entries = model.entry_points.iter().map(|entry| &entry.function);
        let upcalls = model.upcalls.iter().map(|upcall| &upcall.function);
        let downcalls = model.downcalls.iter().map(|downcall| &downcall.function);
        for of in entries.chain(upcalls).chain(downcalls) {
            let lines = pointer(model, &of.pointer_type, &of.returns, &params(model, &of.params));
            self.add(Some(&of.header), &of.name, lines);
        }
        for import in &model.imports {
            let mut lines = function(model, &import.name, &import.returns, &params(model, &import.params));
            if import.arch.is_some() {
                lines = format!("#if UINTPTR_MAX > UINT32_MAX\n{lines}#endif\n");
            }
            self.add(Some(&import.header), &import.name, lines);
        }
    }
}

fn params(model: &Model, params: &[Param]) -> Vec<String> {
    params.iter().map(|param| c::param(model, &param.ty, &param.c_type)).collect()
}

/// Another name for something: how wide it is and whether it has a sign, or what it is a name for.
fn alias(model: &Model, layouts: &[Layouts<'_>; 2], def: &TypeDef, target: &Ty) -> String {
    let name = &def.name;
    let [narrow, wide] = layouts.each_ref().map(|layouts| layouts.of(target).size);
    match target {
        Ty::Prim(prim) => {
            let sign = if prim.signed { "CHECK_SIGNED" } else { "CHECK_UNSIGNED" };
            format!("CHECK_SIZE({name}, {narrow}, {wide});\n{sign}({name});\n")
        }
        // Opaque handles are pointers to many things.
        Ty::Pointer(to) if **to == Ty::Void => format!("CHECK_SIZE({name}, {narrow}, {wide});\n"),
        _ => format!(
            "typedef {};\nCHECK_TYPE({name}, spec_{name}, {});\n",
            c::declare(model, target, &format!("spec_{name}")),
            c::string(&c::bare(model, target))
        ),
    }
}

/// What a member is.
enum Member<'m> {
    Plain(&'m Ty),
    /// The name of a pointer type.
    Function(&'m str),
}

fn slots<'m>(model: &'m Model, table: &'m Table) -> Vec<(String, Member<'m>)> {
    let slots = model.functions_of(table);
    slots
        .map(|of| (format!("{}{}", table.member_prefix, of.name), Member::Function(&of.pointer_type)))
        .collect()
}

/// Size, alignment, and the place and type of each member.
fn layout(model: &Model, layouts: &[Layouts<'_>; 2], id: usize, members: &[(String, Member<'_>)]) -> String {
    let (ty, plain) = (Ty::Named(id), &model.types[id].name);
    let name = c::bare(model, &ty);
    let [narrow, wide] = layouts.each_ref().map(|layouts| layouts.of(&ty));
    let mut lines = format!(
        "CHECK_SIZE({name}, {}, {});\nCHECK_ALIGNMENT({name}, {}, {});\n",
        narrow.size, wide.size, narrow.align, wide.align
    );
    let offsets = layouts.each_ref().map(|layouts| match &model.types[id].kind {
        TypeKind::Struct(structure) => layouts.of_struct(structure).1,
        _ => (0..members.len() as u64).map(|slot| slot * layouts.pointer()).collect(),
    });
    for (at, (member, kind)) in members.iter().enumerate() {
        let (narrow, wide) = (offsets[0][at], offsets[1][at]);
        let spec = format!("spec_{plain}_{member}");
        let (declared, shown) = match kind {
            Member::Plain(ty) => (c::declare(model, ty, &spec), c::bare(model, ty)),
            Member::Function(pointer) => (format!("{pointer} {spec}"), (*pointer).to_owned()),
        };
        lines += &format!(
            "typedef {declared};\nCHECK_MEMBER({name}, {member}, {narrow}, {wide}, {spec}, {});\n",
            c::string(&shown)
        );
    }
    lines
}

/// A pointer type of a header against what the spec says of the function.
fn pointer(model: &Model, name: &str, returns: &Ty, params: &[String]) -> String {
    let (spec, shown) = spelled(model, name, returns, params);
    format!("{spec}CHECK_TYPE({name}, spec_{name}, {shown});\n")
}

/// A function of a header against what the spec says of it.
fn function(model: &Model, name: &str, returns: &Ty, params: &[String]) -> String {
    let (spec, shown) = spelled(model, name, returns, params);
    format!("{spec}CHECK_FUNCTION({name}, spec_{name}, {shown});\n")
}

fn spelled(model: &Model, name: &str, returns: &Ty, params: &[String]) -> (String, String) {
    let (params, function) = (c::list(params), format!("(CHECK_CALL *spec_{name})"));
    let returns = c::bare(model, returns);
    let shown = c::string(&format!("{returns} {} ({params})", c::convention(model)));
    (format!("typedef {returns} {function}({params});\n"), shown)
}

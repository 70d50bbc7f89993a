//! What follows from a model: what its types are, and what its items have to do with each other.

use super::{
    Callback, Constant, Function, FunctionId, Group, Header, Model, Placed, Prim, ProvidedBy, Struct, Table,
    Ty, TypeKind,
};
use crate::names::camel;
use std::collections::HashSet;

impl Model {
    /// The names of Rust types that the spec gives.
    #[must_use]
    pub fn rust_names(&self) -> HashSet<String> {
        let mut names = HashSet::from([self.head.error_type.value.clone()]);
        let mut add = |name: &Option<Placed<String>>| names.extend(name.as_deref().cloned());
        for ty in &self.types {
            match &ty.kind {
                TypeKind::Typedef { opaque, .. } => add(opaque),
                TypeKind::Struct(of) => add(&of.rust_name),
                TypeKind::Callback(callback) => add(&callback.rust_name),
                TypeKind::Table(_) => {}
            }
        }
        self.handles.iter().for_each(|handle| add(&handle.borrowed));
        self.tables.iter().for_each(|table| add(&table.behind));
        self.downcalls.iter().for_each(|downcall| add(&downcall.answer));
        names.extend(self.groups().map(|group| group.ty.value.clone()));
        names.extend(self.handles.iter().map(|handle| handle.name.value.clone()));
        let counted = self.types.iter().filter_map(|ty| match &ty.kind {
            TypeKind::Struct(of) if of.counted.is_some() => of.rust_name.as_ref(),
            _ => None,
        });
        names.extend(counted.map(|name| format!("{name}Mut")));
        names
    }

    /// What downcalls take as one structure.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.downcalls.iter().filter_map(|downcall| downcall.group.as_ref())
    }

    /// Every function: upcalls, downcalls, entry points and imports.
    pub fn functions(&self) -> impl Iterator<Item = &Function> {
        let upcalls = self.upcalls.iter().map(|upcall| &upcall.function);
        let downcalls = self.downcalls.iter().map(|downcall| &downcall.function);
        let entries = self.entry_points.iter().map(|entry| &entry.function);
        upcalls.chain(downcalls).chain(entries).chain(self.imports.iter().map(|import| &import.function))
    }

    /// The function that an id stands for.
    #[must_use]
    pub fn function(&self, id: FunctionId) -> &Function {
        match id {
            FunctionId::Upcall(at) => &self.upcalls[at].function,
            FunctionId::Downcall(at) => &self.downcalls[at].function,
            FunctionId::EntryPoint(at) => &self.entry_points[at].function,
            FunctionId::Import(at) => &self.imports[at].function,
        }
    }

    /// Every function's id: upcalls, downcalls, entry points and imports.
    pub fn function_ids(&self) -> impl Iterator<Item = FunctionId> + use<> {
        let upcalls = (0..self.upcalls.len()).map(FunctionId::Upcall);
        let downcalls = (0..self.downcalls.len()).map(FunctionId::Downcall);
        let entries = (0..self.entry_points.len()).map(FunctionId::EntryPoint);
        upcalls.chain(downcalls).chain(entries).chain((0..self.imports.len()).map(FunctionId::Import))
    }

    /// Every name that the spec gives to something in Rust or in C.
    #[must_use]
    pub fn names(&self) -> HashSet<String> {
        let mut names = self.rust_names();
        let words = self.classes.iter().chain(&self.platforms).map(|word| &word.name);
        names.extend(words.chain(self.kits.iter().map(|kit| &kit.name)).map(|name| camel(name)));
        let mut add = |name: &Placed<String>| names.extend([name.value.clone()]);
        for ty in &self.types {
            add(&ty.name);
            match &ty.kind {
                TypeKind::Struct(of) => of.fields.iter().for_each(|field| add(&field.name)),
                TypeKind::Callback(of) => of.params.iter().for_each(|param| add(&param.name)),
                TypeKind::Typedef { .. } | TypeKind::Table(_) => {}
            }
        }
        self.constants.iter().for_each(|constant| add(&constant.name));
        self.errors.iter().for_each(|error| add(&error.name));
        for function in self.functions() {
            add(&function.name);
            add(&function.pointer_type);
            for param in &function.params {
                add(&param.name);
                param.rust_name.iter().for_each(&mut add);
            }
        }
        names.extend(self.groups().map(|group| group.rust_name.value.clone()));
        names.extend(self.functions().map(|function| function.method.clone()));
        names
    }

    /// The tables that a host fills.
    pub fn host_tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.iter().filter(|table| table.provided_by == ProvidedBy::Host)
    }

    /// The table that a provider fills, if there is one.
    #[must_use]
    pub fn provider_table(&self) -> Option<&Table> {
        self.tables.iter().find(|table| table.provided_by == ProvidedBy::Plugin)
    }

    /// The functions in a table, by slot.
    pub fn functions_of(&self, table: &Table) -> impl Iterator<Item = &Function> {
        table.slots.iter().map(move |at| match table.provided_by {
            ProvidedBy::Host => &self.upcalls[*at].function,
            ProvidedBy::Plugin => &self.downcalls[*at].function,
        })
    }

    /// What a type is once aliases are followed.
    #[must_use]
    pub fn bare<'a>(&'a self, ty: &'a Ty) -> &'a Ty {
        match ty {
            Ty::Named(id) => match &self.types[*id].kind {
                TypeKind::Typedef { target, .. } => self.bare(target),
                _ => ty,
            },
            _ => ty,
        }
    }

    /// What a pointer points at.
    #[must_use]
    pub fn pointee<'a>(&'a self, ty: &'a Ty) -> Option<&'a Ty> {
        match self.bare(ty) {
            Ty::Pointer(to) => Some(to),
            _ => None,
        }
    }

    /// How many bytes a unit of a text has, if a pointer of this type leads to one.
    #[must_use]
    pub fn text_unit(&self, ty: &Ty) -> Option<u64> {
        let unit = self.prim(self.pointee(ty)?)?;
        unit.bytes.filter(|bytes| *bytes == 1 || *bytes == 2 && !unit.signed)
    }

    /// Whether a constant is a text that its type can lead to.
    #[must_use]
    pub fn is_text(&self, constant: &Constant) -> bool {
        constant.text().is_some() && self.text_unit(&constant.ty).is_some()
    }

    /// The Rust name of the type's values, if the other side never follows them unseen.
    #[must_use]
    pub fn opaque<'a>(&'a self, ty: &'a Ty) -> Option<&'a str> {
        match ty {
            Ty::Named(id) => match &self.types[*id].kind {
                TypeKind::Typedef { opaque: Some(name), .. } => Some(name),
                TypeKind::Typedef { target, .. } => self.opaque(target),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether safe code could do harm with a value of its own: it is, or holds, a pointer that somebody follows.
    #[must_use]
    pub fn is_trusted(&self, ty: &Ty) -> bool {
        self.opaque(ty).is_none() && self.has_pointers(ty)
    }

    /// Whether a type is a pointer or a function, or holds one, however deep; or is lent and given back.
    #[must_use]
    pub fn has_pointers(&self, ty: &Ty) -> bool {
        match self.bare(ty) {
            Ty::Void | Ty::Prim(_) => false,
            Ty::Pointer(_) => true,
            Ty::Array(item, _) => self.has_pointers(item),
            Ty::Named(id) => self.pointers.get_or_init(|| self.find_pointers())[*id],
        }
    }

    /// For each type, whether it has pointers. Each is looked at once.
    fn find_pointers(&self) -> Vec<bool> {
        let mut found = vec![None; self.types.len()];
        for at in 0..self.types.len() {
            self.look_for_pointers(at, &mut found);
        }
        found.into_iter().map(|has| has.unwrap_or(true)).collect()
    }

    fn look_for_pointers(&self, at: usize, found: &mut [Option<bool>]) -> bool {
        if let Some(known) = found[at] {
            return known;
        }
        let mut within = |ty: &Ty| {
            let mut bare = self.bare(ty);
            while let Ty::Array(item, _) = bare {
                bare = self.bare(item);
            }
            match bare {
                Ty::Void | Ty::Prim(_) => false,
                Ty::Pointer(_) | Ty::Array(..) => true,
                Ty::Named(id) => self.look_for_pointers(*id, found),
            }
        };
        let has = match &self.types[at].kind {
            TypeKind::Typedef { target, .. } => within(target),
            TypeKind::Struct(of) => {
                let fields = of.fields.iter().filter(|field| within(&field.ty)).count();
                fields > 0 || of.request.is_some()
            }
            TypeKind::Callback(_) | TypeKind::Table(_) => true,
        };
        found[at] = Some(has);
        has
    }

    /// Whether safe code can set members of a structure that has pointers: each pointer is that of a slice, so that
    /// no other member can say how long something is.
    #[must_use]
    pub fn can_be_built(&self, of: &Struct) -> bool {
        let slice = |ty: &Ty| self.structure(ty).is_some_and(|(_, within)| within.iovec.is_some());
        let good = |ty: &Ty| slice(ty) || !self.has_pointers(ty);
        of.iovec.is_none() && of.request.is_none() && of.fields.iter().all(|field| good(&field.ty))
    }

    /// Whether a type is a counted structure, which is as long as its count says.
    #[must_use]
    pub fn is_counted(&self, ty: &Ty) -> bool {
        self.structure(ty).is_some_and(|(_, of)| of.counted.is_some())
    }

    /// The structure that a type is, if it is one.
    #[must_use]
    pub fn structure(&self, ty: &Ty) -> Option<(usize, &Struct)> {
        match self.bare(ty) {
            Ty::Named(id) => match &self.types[*id].kind {
                TypeKind::Struct(structure) => Some((*id, structure)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The callback that a type is, if it is one.
    #[must_use]
    pub fn callback(&self, ty: &Ty) -> Option<(usize, &Callback)> {
        match self.bare(ty) {
            Ty::Named(id) => match &self.types[*id].kind {
                TypeKind::Callback(callback) => Some((*id, callback)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The integer that a type is, if it is one.
    #[must_use]
    pub fn prim(&self, ty: &Ty) -> Option<Prim> {
        match self.bare(ty) {
            Ty::Prim(prim) => Some(*prim),
            _ => None,
        }
    }

    /// Whether a type can be a C function's parameter or result.
    #[must_use]
    pub fn passes_by_value(&self, ty: &Ty) -> bool {
        match self.bare(ty) {
            Ty::Prim(_) | Ty::Pointer(_) => true,
            Ty::Named(id) => !matches!(self.types[*id].kind, TypeKind::Struct(_)),
            Ty::Void | Ty::Array(..) => false,
        }
    }

    /// The handle that an upcall acquires, if it does.
    #[must_use]
    pub fn acquired_by(&self, upcall: usize) -> Option<usize> {
        self.index.acquired.get(&upcall).copied()
    }

    /// The handle that an upcall releases, if it does.
    #[must_use]
    pub fn released_by(&self, upcall: usize) -> Option<usize> {
        self.index.released.get(&upcall).copied()
    }

    /// The notes that are about an upcall, as indices.
    #[must_use]
    pub fn notes_of_upcall(&self, upcall: usize) -> &[usize] {
        &self.index.upcall_notes[upcall]
    }

    /// The notes that are about a downcall, as indices.
    #[must_use]
    pub fn notes_of_downcall(&self, downcall: usize) -> &[usize] {
        &self.index.downcall_notes[downcall]
    }

    /// Whether a type is that of the bare value of a handle.
    #[must_use]
    pub fn is_raw(&self, ty: &Ty) -> bool {
        self.index.raw.contains(ty)
    }

    /// What the spec says of a header, if it says something.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&Header> {
        self.index.headers.get(name).map(|at| &self.headers[*at])
    }
}

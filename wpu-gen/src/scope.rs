//! Names of one kind: declared once, found many times, and reported when nobody wants them.

use crate::code::Code;
use crate::diag::{self, Diagnostic, Place};
use crate::load::Filed;
use crate::model::Placed;
use crate::source::FileId;
use crate::syntax::Text;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

/// Diagnostics in the making.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Diagnostic>);

impl Faults {
    pub(crate) fn push(&mut self, fault: Diagnostic) {
        self.0.push(fault);
    }

    /// Whether a person has enough to begin with: looking for similar names takes time.
    pub(crate) fn are_many(&self) -> bool {
        self.0.len() >= diag::SHOWN
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn into_list(self) -> Vec<Diagnostic> {
        self.0
    }
}

/// Who wants a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wanted {
    Nobody,
    /// Listings alone.
    Listings,
    Others,
}

/// All names of one kind.
#[derive(Debug)]
pub(crate) struct Scope {
    what: &'static str,
    unknown: Code,
    names: Vec<(String, Place)>,
    index: HashMap<String, usize>,
    wanted: RefCell<Vec<Wanted>>,
    /// A name was not found: it may have meant one that seems unused.
    missed: Cell<bool>,
}

impl Scope {
    /// `what` these names stand for, and the code of the diagnostic when one is not found.
    pub(crate) fn new(what: &'static str, unknown: Code) -> Self {
        Self {
            what,
            unknown,
            names: Vec::new(),
            index: HashMap::new(),
            wanted: RefCell::default(),
            missed: Cell::new(false),
        }
    }

    pub(crate) fn declare_all<T>(
        &mut self,
        entries: &[Filed<T>],
        name: impl Fn(&T) -> &Text,
        faults: &mut Faults,
    ) {
        for filed in entries {
            self.declare(filed.file, name(&filed.entry), faults);
        }
    }

    pub(crate) fn declare(&mut self, file: FileId, name: &Text, faults: &mut Faults) {
        let place = Place::new(file, name.span());
        let at = self.names.len();
        if let Some(first) = self.index.get(name.get_ref()) {
            let message = format!("{} `{}` is defined more than once", self.what, name.get_ref());
            let fault = Diagnostic::at(Code::DuplicateName, place.clone(), message);
            faults.push(fault.also(self.names[*first].1.clone(), "first here"));
        } else {
            self.index.insert(name.get_ref().clone(), at);
        }
        self.names.push((name.get_ref().clone(), place));
        self.wanted.borrow_mut().push(Wanted::Nobody);
    }

    /// The index of a name; a fault and a useless index where there is none.
    pub(crate) fn find(&self, file: FileId, name: &Text, faults: &mut Faults) -> usize {
        self.find_at(Place::new(file, name.span()), name.get_ref(), faults)
    }

    /// The same, with the place of the name.
    pub(crate) fn find_placed(&self, file: FileId, name: &Text, faults: &mut Faults) -> Placed<usize> {
        Placed { value: self.find(file, name, faults), place: Place::new(file, name.span()) }
    }

    pub(crate) fn find_at(&self, place: Place, name: &str, faults: &mut Faults) -> usize {
        if self.touch(name) {
            return self.index[name];
        }
        self.missed.set(true);
        let fault = Diagnostic::at(self.unknown, place, format!("cannot find {} `{name}`", self.what));
        if faults.are_many() {
            faults.push(fault);
            return usize::MAX;
        }
        let article = if self.what.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        faults.push(fault.similar(name, &format!("{article} {}", self.what), self.names()));
        usize::MAX
    }

    /// The indices of names that may stand once each.
    pub(crate) fn find_all(&self, file: FileId, names: &[Text], faults: &mut Faults) -> Vec<usize> {
        self.find_all_placed(file, names, faults).into_iter().map(|found| found.value).collect()
    }

    /// The same, with the places of the names.
    pub(crate) fn find_all_placed(
        &self,
        file: FileId,
        names: &[Text],
        faults: &mut Faults,
    ) -> Vec<Placed<usize>> {
        let mut seen = HashSet::new();
        let found = names.iter().map(|name| {
            let found = self.find_placed(file, name, faults);
            if !seen.insert(found.value) && found.value != usize::MAX {
                let message = format!("{} `{}` is in this list twice", self.what, name.get_ref());
                faults.push(Diagnostic::at(Code::DuplicateName, found.place.clone(), message));
            }
            found
        });
        found.collect()
    }

    /// Notes that a name is wanted; false if there is no such name.
    pub(crate) fn touch(&self, name: &str) -> bool {
        self.want(name, Wanted::Others)
    }

    /// The same for a listing.
    pub(crate) fn list(&self, name: &str) -> bool {
        self.want(name, Wanted::Listings)
    }

    fn want(&self, name: &str, by: Wanted) -> bool {
        let found = self.get(name);
        if let Some(at) = found {
            let wanted = &mut self.wanted.borrow_mut()[at];
            *wanted = by.max(*wanted);
        }
        found.is_some()
    }

    /// Whether only listings want a name, by its index.
    pub(crate) fn is_only_listed(&self, at: usize) -> bool {
        self.wanted.borrow()[at] == Wanted::Listings
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(crate) fn get(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|(name, _)| &**name)
    }

    pub(crate) fn report_unused(&self, faults: &mut Faults) {
        if self.missed.get() {
            return;
        }
        for ((name, place), wanted) in self.names.iter().zip(&*self.wanted.borrow()) {
            if *wanted == Wanted::Nobody {
                let message = format!("{} `{name}` is never used", self.what);
                let fault = Diagnostic::at(Code::Unused, place.clone(), message);
                faults.push(fault.help("remove it, or say in a `[[note]]` what it is for"));
            }
        }
    }
}

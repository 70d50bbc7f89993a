//! What arguments declare, in terms of the facts, and the problems with it.

use super::messages::Problem;
use crate::compliance::Case;
use crate::facts::{ClassId, Facts, Kit, PlatformId, Upcall};
use crate::upcall_set::UpcallSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

/// The keys of the attributes: those with a word, those with a list, and those with a path.
pub const KEYS: [&str; 7] = ["class", "platform", "kit", "uses", "waives", "crate", "of"];
/// The class.
pub const CLASS: usize = 0;
/// The platform.
pub const PLATFORM: usize = 1;
/// The kit.
pub const KIT: usize = 2;
/// The upcalls that the plug-in calls.
pub const USES: usize = 3;
/// The upcalls that it does without.
pub const WAIVES: usize = 4;
/// Where the traits are.
pub const CRATE: usize = 5;
/// Where the bindings are.
pub const OF: usize = 6;

/// A place in the source: what a user has to edit.
#[derive(Clone, Copy)]
pub struct Place {
    /// The number of its first token, in reading order.
    pub first: usize,
    /// The number of its last token.
    pub last: usize,
}

impl Place {
    /// The whole attribute, for a problem that is nowhere in it.
    pub const WHOLE: Self = Self { first: 0, last: 0 };

    /// From the start of this place to the end of another.
    #[must_use]
    pub fn to(self, end: Self) -> Self {
        Self { last: end.last, ..self }
    }
}

/// The problems found so far, in reading order.
#[derive(Default)]
pub struct Problems(Vec<(Place, Problem)>);

impl Problems {
    /// Adds a problem, after those that come before it in reading order.
    pub fn add(&mut self, place: Place, problem: Problem) {
        let later = self.0.iter().position(|(other, _)| other.first > place.first);
        self.0.insert(later.unwrap_or(self.0.len()), (place, problem));
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[(Place, Problem)] {
        &self.0
    }
}

/// What the arguments declare.
pub struct Declared {
    /// The facts whose words and upcalls they name.
    pub facts: &'static Facts,
    /// The kits whose words they name.
    pub kits: &'static [Kit],
    /// The values of `class`, `platform` and `kit`, as indices of the facts.
    pub words: [Value<usize>; 3],
    /// The names in both lists.
    pub names: Vec<Name>,
    /// The reasons, and what they are for.
    pub waivers: Vec<Waiver>,
    /// Whether something was skipped that may have contained names.
    pub incomplete: bool,
}

/// The value of a key or of a name.
#[derive(Default)]
pub enum Value<T> {
    /// There is none.
    #[default]
    Absent,
    /// It makes no sense, which was reported.
    Wrong,
    /// It is this.
    Given(T, Place),
}

/// The name of an upcall.
pub struct Name {
    /// As it is written.
    pub text: String,
    /// Where.
    pub place: Place,
    /// The key of the list.
    pub list: usize,
    /// The upcall of that name, as an index of the facts.
    pub upcall: Option<usize>,
    /// The upcall that the user probably means.
    pub meant: Option<usize>,
}

/// Names that share one reason.
pub struct Waiver {
    /// Their indices in [`Declared::names`].
    pub names: Range<usize>,
    /// The reason.
    pub reason: Value<String>,
}

impl Declared {
    /// Without arguments.
    #[must_use]
    pub fn nothing(facts: &'static Facts, kits: &'static [Kit]) -> Self {
        let (words, names, waivers) = (Default::default(), Vec::new(), Vec::new());
        Self { facts, kits, words, names, waivers, incomplete: false }
    }

    /// Where a key is missing, something that was reported may be meant for it.
    pub fn may_be_meant(&mut self, key: usize) {
        if let Value::Absent = self.words[key] {
            self.words[key] = Value::Wrong;
        }
    }

    fn word(&self, key: usize) -> Option<usize> {
        if let Value::Given(word, _) = self.words[key] { Some(word) } else { None }
    }

    /// The class; any class if none is given, which was reported.
    #[must_use]
    pub fn class(&self) -> ClassId {
        ClassId::new(self.word(CLASS).unwrap_or(0))
    }

    /// The platform.
    #[must_use]
    pub fn platform(&self) -> PlatformId {
        self.word(PLATFORM).map_or(self.facts.default_platform, PlatformId::new)
    }

    /// The kit.
    #[must_use]
    pub fn kit(&self) -> Option<&'static Kit> {
        self.word(KIT).map(|word| &self.kits[word])
    }

    /// What the kit uses for a plug-in of this class.
    #[must_use]
    pub fn by_kit(&self) -> &'static [usize] {
        self.kit().map_or(&[], |kit| kit.uses(self.class()))
    }

    /// The fact at an index.
    #[must_use]
    pub fn upcall(&self, at: usize) -> &'static Upcall {
        &self.facts.upcalls[at]
    }

    /// Whether the plug-in may use an upcall.
    #[must_use]
    pub fn applies(&self, upcall: usize) -> bool {
        self.upcall(upcall).applies(self.class(), self.platform())
    }

    /// What the rules judge, with these lists.
    #[must_use]
    pub fn case<'a>(&self, uses: &'a [usize], waives: &'a [usize]) -> Case<'a> {
        Case { class: self.class(), platform: self.platform(), kit: self.by_kit(), uses, waives }
    }

    /// The upcalls in a list.
    pub fn upcalls(&self, list: usize, upcall: fn(&Name) -> Option<usize>) -> UpcallSet {
        let mut set = UpcallSet::default();
        for name in &self.names {
            if let (true, Some(upcall)) = (name.list == list, upcall(name)) {
                set.insert(upcall);
            }
        }
        set
    }

    /// The words that `class`, `platform` or `kit` accept.
    #[must_use]
    pub fn known(&self, key: usize) -> Vec<&'static str> {
        let mut known = Vec::new();
        if key == KIT {
            for kit in self.kits {
                known.push(kit.name);
            }
        } else {
            for word in if key == CLASS { self.facts.classes } else { self.facts.platforms } {
                known.push(word.name);
            }
        }
        known
    }
}

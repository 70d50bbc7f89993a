//! The attributes, their keys, and what their arguments declare, in terms of the facts.

use crate::errors::Place;
use crate::spec::Spec;
use proc_macro2::TokenStream;
use std::ops::Range;
use wpu_rt::compliance::Case;
use wpu_rt::facts::{ClassId, Kit, PlatformId, Upcall};
use wpu_rt::upcall_set::UpcallSet;

/// One of the attributes of this crate.
#[derive(Clone, Copy)]
pub(crate) struct Attribute {
    pub(crate) name: &'static str,
    /// The crate that re-exports it, where no argument names another.
    pub(crate) krate: &'static str,
    /// Whether an argument says where the bindings are. Otherwise they are in that crate too.
    pub(crate) has_of: bool,
}

pub(crate) const WPU_PROVIDER: Attribute = Attribute { name: "wpu_provider", krate: "wpu", has_of: false };
pub(crate) const PROVIDER: Attribute = Attribute { name: "provider", krate: "wpu_table", has_of: true };

/// The keys of the attributes: those with a word, those with a list, and those with a path.
pub(crate) const KEYS: [&str; 7] = ["class", "platform", "kit", "uses", "waives", "crate", "of"];
pub(crate) const CLASS: usize = 0;
pub(crate) const PLATFORM: usize = 1;
pub(crate) const KIT: usize = 2;
pub(crate) const USES: usize = 3;
pub(crate) const WAIVES: usize = 4;
pub(crate) const CRATE: usize = 5;
pub(crate) const OF: usize = 6;

/// What the arguments declare.
pub(crate) struct Declared {
    /// The spec whose words and upcalls they name.
    pub(crate) spec: &'static Spec,
    /// The values of `class`, `platform` and `kit`, as indices of the facts.
    pub(crate) words: [Value<usize>; 3],
    /// The names in both lists.
    pub(crate) names: Vec<Name>,
    pub(crate) waivers: Vec<Waiver>,
    /// The paths of the crate and of the bindings.
    pub(crate) krate: Option<TokenStream>,
    pub(crate) of: Option<TokenStream>,
    /// Whether something was skipped that may have contained names.
    pub(crate) incomplete: bool,
}

/// The value of a key or of a name.
#[derive(Default)]
pub(crate) enum Value<T> {
    #[default]
    Absent,
    /// It makes no sense, which was reported.
    Wrong,
    Given(T, Place),
}

/// The name of an upcall.
#[derive(Clone)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) place: Place,
    /// The key of the list.
    pub(crate) list: usize,
    /// The upcall of that name, as an index of the facts.
    pub(crate) upcall: Option<usize>,
    /// The upcall that the user probably means.
    pub(crate) meant: Option<usize>,
}

/// Names that share one reason.
pub(crate) struct Waiver {
    /// Their indices in [`Declared::names`].
    pub(crate) names: Range<usize>,
    pub(crate) reason: Value<String>,
}

impl Declared {
    /// Without arguments.
    pub(crate) fn nothing(spec: &'static Spec) -> Self {
        let (words, names, waivers) = (Default::default(), Vec::new(), Vec::new());
        Self { spec, words, names, waivers, krate: None, of: None, incomplete: false }
    }

    /// Where a key is missing, something that was reported may be meant for it.
    pub(crate) fn may_be_meant(&mut self, key: usize) {
        if let Value::Absent = self.words[key] {
            self.words[key] = Value::Wrong;
        }
    }

    fn word(&self, key: usize) -> Option<usize> {
        if let Value::Given(word, _) = self.words[key] { Some(word) } else { None }
    }

    /// The class; any class if none is given, which was reported.
    pub(crate) fn class(&self) -> ClassId {
        ClassId::new(self.word(CLASS).unwrap_or(0))
    }

    pub(crate) fn platform(&self) -> PlatformId {
        self.word(PLATFORM).map_or(self.spec.facts.default_platform, PlatformId::new)
    }

    pub(crate) fn kit(&self) -> Option<&'static Kit> {
        self.word(KIT).map(|word| &self.spec.kits[word])
    }

    /// What the kit uses for a provider of this class.
    pub(crate) fn by_kit(&self) -> &'static [usize] {
        self.kit().map_or(&[], |kit| kit.uses(self.class()))
    }

    pub(crate) fn upcall(&self, at: usize) -> &'static Upcall {
        &self.spec.facts.upcalls[at]
    }

    /// Whether the provider may use an upcall.
    pub(crate) fn applies(&self, upcall: usize) -> bool {
        self.upcall(upcall).applies(self.class(), self.platform())
    }

    /// What the rules judge, with these lists.
    pub(crate) fn case<'a>(&self, uses: &'a [usize], waives: &'a [usize]) -> Case<'a> {
        Case { class: self.class(), platform: self.platform(), kit: self.by_kit(), uses, waives }
    }

    /// The upcalls in a list.
    pub(crate) fn upcalls(&self, list: usize, upcall: fn(&Name) -> Option<usize>) -> UpcallSet {
        let mut upcalls = UpcallSet::default();
        for name in self.names.iter().filter(|name| name.list == list) {
            if let Some(upcall) = upcall(name) {
                upcalls.insert(upcall);
            }
        }
        upcalls
    }

    /// The words that `class`, `platform` or `kit` accept.
    pub(crate) fn known(&self, key: usize) -> Vec<&'static str> {
        match key {
            CLASS => self.spec.facts.classes.iter().map(|class| class.name).collect(),
            PLATFORM => self.spec.facts.platforms.iter().map(|platform| platform.name).collect(),
            _ => self.spec.kits.iter().map(|kit| kit.name).collect(),
        }
    }
}

//! What a fact looks like: one type per kind of fact. The facts of a spec are in its bindings.

/// What the attribute and the rules of compliance need to know of a spec.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    /// What kinds of plug-ins requirements distinguish.
    pub classes: &'static [Word],
    /// What platforms requirements distinguish.
    pub platforms: &'static [Word],
    /// The platform that a plug-in means when it names none.
    pub default_platform: PlatformId,
    /// Every upcall, in table order.
    pub upcalls: &'static [Upcall],
}

impl Facts {
    /// The index of the upcall with this C name.
    #[must_use]
    #[inline]
    pub fn find(&self, name: &str) -> Option<usize> {
        self.upcalls.iter().position(|upcall| upcall.name == name)
    }

    /// A class.
    ///
    /// # Panics
    ///
    /// If it is one of another spec.
    #[must_use]
    #[inline]
    pub const fn class(&self, class: ClassId) -> &'static Word {
        &self.classes[class.0]
    }

    /// A platform.
    ///
    /// # Panics
    ///
    /// If it is one of another spec.
    #[must_use]
    #[inline]
    pub const fn platform(&self, platform: PlatformId) -> &'static Word {
        &self.platforms[platform.0]
    }
}

/// A class or a platform: a word of the spec and of attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// The word.
    pub name: &'static str,
    /// What it stands for.
    pub text: &'static str,
}

/// Declares indices of words, each kind with a type of its own.
macro_rules! ids {
    ($($(#[$about:meta])* $name:ident)*) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name(usize);

        impl $name {
            /// The word with this index.
            #[must_use]
            #[inline]
            pub const fn new(index: usize) -> Self {
                Self(index)
            }

            /// Its index.
            #[must_use]
            #[inline]
            pub const fn index(self) -> usize {
                self.0
            }
        }
    )*};
}

ids! {
    /// A class, as an index of [`Facts::classes`]. The bindings have a type with a name for each.
    ClassId
    /// A platform, as an index of [`Facts::platforms`]. The bindings have a type with a name for each.
    PlatformId
}

/// Whether a plug-in must use an upcall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requirement {
    /// No call of the operating system can stand in.
    Required,
    /// A call of the operating system may stand in.
    Optional,
    /// The documentation gives no status.
    Unspecified,
    /// It belongs to plug-ins of another class.
    NotApplicable,
}

impl Requirement {
    /// The word for it, as it stands in tables.
    #[must_use]
    #[inline]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Optional => "optional",
            Self::Unspecified => "unspecified",
            Self::NotApplicable => "not applicable",
        }
    }
}

/// How a plug-in reaches an upcall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dispatch {
    /// Through a slot of every table.
    Slot,
    /// By name from the library named here, where the table at hand has no slot for it.
    Export(&'static str),
}

/// A place in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// The C name of the table.
    pub table: &'static str,
    /// The place, counted from 0.
    pub index: u32,
}

/// An error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode {
    /// Its C name.
    pub name: &'static str,
    /// Its value.
    pub value: i32,
    /// What it says, without a full stop.
    pub text: &'static str,
}

/// An error that the documentation names for a function.
#[derive(Debug, Clone, Copy)]
pub struct DocumentedError {
    /// The code.
    pub code: &'static ErrorCode,
    /// What has gone wrong.
    pub when: &'static str,
}

/// One upcall.
#[derive(Debug, Clone, Copy)]
pub struct Upcall {
    /// Its C name.
    pub name: &'static str,
    /// Its Rust name.
    pub method: &'static str,
    /// What it does, in a line.
    pub text: &'static str,
    /// How it is reached.
    pub dispatch: Dispatch,
    /// Its places.
    pub slots: &'static [Slot],
    /// Whether it must be used, by class and within that by platform.
    pub requirement: &'static [&'static [Requirement]],
    /// Why that is so.
    pub reason: &'static str,
    /// The usual grounds for doing without it.
    pub waiver: Option<&'static str>,
    /// The index of the upcall that acquires what this one releases.
    pub acquire: Option<usize>,
    /// The index of the upcall that releases what this one acquires.
    pub release: Option<usize>,
    /// The errors that the documentation names.
    pub errors: &'static [DocumentedError],
}

impl Upcall {
    /// Whether a plug-in of this class must use it on this platform.
    ///
    /// # Panics
    ///
    /// If class or platform are of another spec.
    #[must_use]
    #[inline]
    pub fn requirement(&self, class: impl Into<ClassId>, platform: impl Into<PlatformId>) -> Requirement {
        self.requirement[class.into().0][platform.into().0]
    }

    /// Whether a plug-in of this class may use it on this platform.
    ///
    /// # Panics
    ///
    /// If class or platform are of another spec.
    #[must_use]
    #[inline]
    pub fn applies(&self, class: impl Into<ClassId>, platform: impl Into<PlatformId>) -> bool {
        self.requirement(class, platform) != Requirement::NotApplicable
    }
}

/// One downcall: a function of the plug-in, which a host calls through the plug-in's table.
#[derive(Debug, Clone, Copy)]
pub struct Downcall {
    /// Its C name.
    pub name: &'static str,
    /// Its Rust name.
    pub method: &'static str,
    /// Its C declaration.
    pub signature: &'static str,
    /// Its place in the table, counted from 0.
    pub slot: u32,
    /// The entries under which its slot may be null.
    pub may_be_null: &'static [&'static Entry],
    /// The errors that the documentation names.
    pub errors: &'static [DocumentedError],
    /// The values of those beside which what it answers is defined too.
    pub partial: &'static [i32],
}

/// A function that a plug-in exports, and a host calls by name.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Its C name.
    pub name: &'static str,
    /// What it answers when the table lacks an upcall that the plug-in declares.
    pub hole: &'static ErrorCode,
    /// The errors that the documentation names.
    pub errors: &'static [DocumentedError],
}

/// Hand-written code that makes upcalls on a plug-in's behalf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kit {
    /// The word for it in attributes.
    pub name: &'static str,
    /// The name of the type that stands for it in the bindings.
    pub marker: &'static str,
    /// The upcalls that it makes, by class; `None` where it is not for plug-ins of that class.
    pub uses: &'static [Option<&'static [usize]>],
    /// Whether it completes requests.
    pub completes: bool,
}

impl Kit {
    /// The upcalls that it makes for a plug-in of this class.
    ///
    /// # Panics
    ///
    /// If the class is of another spec.
    #[must_use]
    #[inline]
    pub const fn uses(&self, class: ClassId) -> &'static [usize] {
        match self.uses[class.0] {
            Some(uses) => uses,
            None => &[],
        }
    }

    /// Whether it is for plug-ins of this class.
    ///
    /// # Panics
    ///
    /// If the class is of another spec.
    #[must_use]
    #[inline]
    pub const fn is_for(&self, class: ClassId) -> bool {
        self.uses[class.0].is_some()
    }
}

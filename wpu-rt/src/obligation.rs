//! What an obligation looks like as data. The obligations of a spec are in its bindings.

/// A rule of the documentation that binds a provider, a host or a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Obligation {
    /// The name of its topic, a full stop, and a slug. It keeps its meaning for ever.
    pub id: &'static str,
    /// The functions that it is about.
    pub functions: &'static [&'static str],
    /// Who is bound.
    pub binds: Party,
    /// What it is about.
    pub kind: ObligationKind,
    /// The rule: what the bound party does.
    pub says: &'static str,
    /// Where the documentation says so.
    pub sources: &'static [Citation],
    /// How sure it is.
    pub certainty: Certainty,
    /// What was decided where sources contradict each other.
    pub decision: Option<&'static str>,
    /// The class for which it holds; `None`: all.
    pub class: Option<&'static str>,
    /// The platform on which it holds; `None`: all.
    pub platform: Option<&'static str>,
    /// Why no check and no test could see that it is broken.
    pub not_checkable: Option<&'static str>,
    /// The rule of the generator that implies it; `None`: it is written in the spec.
    pub rule: Option<&'static str>,
}

impl Obligation {
    /// One that says nothing, to be completed.
    pub const NONE: Self = Self {
        id: "",
        functions: &[],
        binds: Party::Plugin,
        kind: ObligationKind::Argument,
        says: "",
        sources: &[],
        certainty: Certainty::Stated,
        decision: None,
        class: None,
        platform: None,
        not_checkable: None,
        rule: None,
    };
}

/// A section of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Citation {
    /// The page.
    pub source: &'static Source,
    /// The section; empty where there is none.
    pub section: &'static str,
}

/// A page, a header or another place that facts come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// Its title.
    pub title: &'static str,
    /// Its address.
    pub url: Option<&'static str>,
}

/// Declares an enum whose values have a word each.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$about])* $variant,)*
        }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word for it, in lower case.
            #[must_use]
            #[inline]
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }
    };
}

words! {
    /// Who is bound.
    Party {
        /// Who is called through the provider's table, and makes upcalls.
        Plugin "provider",
        /// Who owns the table of upcalls.
        Host "host",
        /// The program whose calls the host passes on.
        Client "client",
    }
}

words! {
    /// What an obligation is about.
    ObligationKind {
        /// What is passed to a function.
        Argument "argument",
        /// What a function returns or does.
        Result "result",
        /// Which error a function reports, and what holds after it.
        Error "error",
        /// What is written through a pointer, and when.
        OutValue "out value",
        /// What comes before what.
        Order "order",
        /// On which thread something happens, or may happen.
        Thread "thread",
        /// How long something stays valid.
        Lifetime "lifetime",
        /// Who frees or closes something.
        Ownership "ownership",
        /// When something is reported that happened.
        Event "event",
    }
}

words! {
    /// How sure it is that an obligation exists.
    Certainty {
        /// A source says it.
        Stated "stated",
        /// It follows from what sources say.
        Implied "implied",
        /// Sources contradict each other.
        Contradicted "contradicted",
        /// No source says it; hosts or clients rely on it.
        Experience "experience",
    }
}

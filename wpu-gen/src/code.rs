//! The codes of diagnostics, each with what it means: one row here is one row of the reference in `docs/spec-format.md`.

use std::fmt;

/// Declares [`Code`], so that a code and its meaning stand in one place.
macro_rules! codes {
    ($($variant:ident $id:literal $meaning:literal,)*) => {
        /// A kind of mistake in a spec.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = concat!("`", $id, "`: ", $meaning, ".")] $variant,)*
        }

        impl Code {
            /// Every code, in order of the ids.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its stable name, as in `error[spec::duplicate-slot]`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$variant => $id,)*
                }
            }

            /// What is wrong, in one line.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => $meaning,)*
                }
            }
        }
    };
}

codes! {
    AcquireShape "acquire-shape" "an upcall does not return the handle whose `acquire` names it",
    BadName "bad-name" "a name cannot stand in Rust or in C",
    BadText "bad-text" "a text cannot stand in a message: it is blank, has several lines, or has double quotes; it is no address that begins with `https://` or `http://`; or it holds a control character or an invisible one",
    BadType "bad-type" "not a C type, or one that cannot stand here",
    CallbackShape "callback-shape" "a callback with a `rust-name` has no parameter for the context",
    Cells "cells" "a row of a listing does not have one cell for each column",
    ConstantValue "constant-value" "a value does not fit its type",
    Counted "counted" "the count or the items of a counted structure do not fit, or it is a part of another type",
    Cycle "cycle" "a type is defined by itself",
    DefaultPlatform "default-platform" "no platform, or more than one, is the default",
    DuplicateName "duplicate-name" "one name for two things",
    DuplicateSlot "duplicate-slot" "two functions are in one slot",
    EmptyFile "empty-file" "a file has no entries",
    EmptyKit "empty-kit" "a kit makes no upcall",
    EmptySlot "empty-slot" "a slot has no function",
    ErrnoPlace "errno-place" "the error parameter is not last, not `out`, or not a pointer to an `i32`",
    ErrorValue "error-value" "an error has the value 0, or shares its value without `alias-of`",
    FailureType "failure-type" "the failure constant is missing, has another type, or belongs to a function that cannot fail",
    Layout "layout" "a size or an offset is not what the fields give",
    MissingKey "missing-key" "an entry lacks a key",
    NoEffect "no-effect" "something is written that changes nothing",
    NoFiles "no-files" "the folder has no spec file",
    NoHead "no-head" "there is no `[spec]`",
    NoRelease "no-release" "nothing releases what an upcall acquires",
    NoUpcalls "no-upcalls" "there is no upcall",
    NoWords "no-words" "there is no class, or no platform",
    NotUtf8 "not-utf8" "a file is not UTF-8",
    OnError "on-error" "an error of `on-error` is not documented or is no failure, or the values of a downcall have different ones",
    Part "part" "a part of a value in a listing has no name",
    Refusal "refusal" "the default answer of a downcall is missing, or is not an error that is documented",
    ReleaseShape "release-shape" "an upcall does not take back what its handle says",
    RoleShape "role-shape" "a parameter's type or direction does not fit its role, or no safe form can be derived",
    Slice "slice" "a structure with a counted pointer is not a pointer to bytes with a `u32` as length, or there are two kinds of iovecs",
    SlotRange "slot-range" "the table does not have this slot",
    Syntax "syntax" "the text is not TOML",
    TooDeep "too-deep" "values are nested, or types are chained, deeper than any spec needs",
    UnknownClass "unknown-class" "no class has this name",
    UnknownConstant "unknown-constant" "no constant has this name",
    UnknownError "unknown-error" "no error has this name",
    UnknownField "unknown-field" "no field of the structure has this name",
    UnknownKey "unknown-key" "an entry has a key that does not exist",
    UnknownKind "unknown-kind" "no kind of entry has this name",
    UnknownName "unknown-name" "nothing in the spec, or nothing that may be named here, has this name",
    UnknownParameter "unknown-parameter" "no parameter of the function has this name",
    UnknownPlatform "unknown-platform" "no platform has this name",
    UnknownResource "unknown-resource" "no handle has this name",
    UnknownSource "unknown-source" "no source has this id",
    UnknownTable "unknown-table" "no table has this name",
    UnknownType "unknown-type" "no type has this name",
    UnknownUpcall "unknown-upcall" "no upcall has this name",
    Unreachable "unreachable" "an upcall is not in every table, and not exported; a downcall is in no table",
    Unreadable "unreadable" "a file or the folder cannot be read",
    Unused "unused" "nothing names a type, a constant, a header or a source",
    WrongPrefix "wrong-prefix" "the name of an upcall or a downcall does not begin with the prefix",
    WrongValue "wrong-value" "a key has a value of the wrong kind",
}

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.id())
    }
}

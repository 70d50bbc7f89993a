//! `[spec]`, and what facts and requirements refer to: classes, platforms, sources.

use super::leaf::{Spanned, Text};
use serde::Deserialize;

/// `[spec]`: what holds for the whole spec. Stands once.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Head {
    /// One line that says what this table of functions is.
    pub title: Text,
    /// Counts up whenever a fact changes; stands in every generated header.
    pub revision: Spanned<u32>,
    /// The package that holds the output.
    pub package: Text,
    /// What every upcall's name begins with; the rest, in snake case, is its Rust name.
    pub prefix: Text,
    /// What every downcall's name begins with, where there are some.
    pub downcall_prefix: Option<Text>,
    /// The Rust name of the error type.
    pub error_type: Text,
    /// The error that a wrapper reports when a host breaks the contract (failure without a code, success without a result).
    pub contract_violation: Text,
    /// The error that the closed table answers with.
    pub not_initialized: Text,
    /// The error for a null or misaligned pointer where no document names one.
    pub invalid_pointer: Text,
    /// The error for a client's room that is too small; absent: `invalid-pointer`.
    pub buffer_too_small: Option<Text>,
    /// The error that says that a request will be completed later; needed where there are requests.
    pub pending: Option<Text>,
    /// The error of a request that is completed without having been carried out; needed where there are requests.
    pub aborted: Option<Text>,
    /// The constant whose bits a control code has if it has input; needed where constants have `control-input`.
    pub control_input_flag: Option<Text>,
    /// How all functions are called; absent: as the system's own.
    pub convention: Option<Spanned<Convention>>,
    /// The C header that defines the errors, if one does.
    pub error_header: Option<Text>,
}

/// How functions are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Convention {
    /// As those of the system: on 32-bit machines the callee takes its arguments from the stack.
    System,
    /// As C functions where nothing else is said.
    C,
}

/// `[[class]]`: a kind of provider that requirements distinguish.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Class {
    pub name: Text,
    pub doc: Text,
    #[serde(default)]
    pub sources: Vec<Text>,
}

/// `[[platform]]`: a platform that requirements distinguish; exactly one is the default.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Platform {
    pub name: Text,
    pub doc: Text,
    #[serde(default)]
    pub default: bool,
    #[serde(default)]
    pub sources: Vec<Text>,
}

/// `[[source]]`: where a fact comes from.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Source {
    pub id: Text,
    pub title: Text,
    pub url: Option<Text>,
}

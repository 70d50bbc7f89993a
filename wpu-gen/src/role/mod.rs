//! The roles of parameters, a file for each: what it requires, which keys it reads, its Rust type, how it goes to C and
//! how it comes back.

mod array;
mod bool;
mod callback;
mod error;
mod handle;
mod iovec;
pub(crate) mod kind;
mod part;
mod plain;
mod request;
pub(crate) mod requirement;
mod row;
mod string;
mod table;
mod user_data;
mod written;

use crate::model::Role;
use requirement::Requirement;

/// What a role requires.
pub(crate) fn of(role: Option<Role>) -> &'static Requirement {
    match role {
        None => &plain::REQUIREMENT,
        Some(Role::Array) => &array::REQUIREMENT,
        Some(Role::Bool) => &bool::REQUIREMENT,
        Some(Role::Callback) => &callback::REQUIREMENT,
        Some(Role::Completion) => &part::COMPLETION,
        Some(Role::CompletionThread) => &part::COMPLETION_THREAD,
        Some(Role::Context) => &part::CONTEXT,
        Some(Role::Error) => &error::REQUIREMENT,
        Some(Role::Handle) => &handle::REQUIREMENT,
        Some(Role::Iovec) => &iovec::REQUIREMENT,
        Some(Role::Length) => &part::LENGTH,
        Some(Role::Request) => &request::REQUIREMENT,
        Some(Role::String) => &string::REQUIREMENT,
        Some(Role::Table) => &table::REQUIREMENT,
        Some(Role::UserData) => &user_data::REQUIREMENT,
        Some(Role::Written) => &written::REQUIREMENT,
    }
}

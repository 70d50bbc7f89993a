//! Installs and removes Winsock service providers in the catalog, with undo.
//!
//! Ws2_32 finds providers through a catalog, an ordered list of entries. A [request](Layer) and the current
//! [catalogs](Catalogs) result in a [`Plan`]: steps in order, each of which can be undone. Planning is a pure
//! function and runs on any system. [`apply`] makes the changes through a [`Registrar`]. If a step fails, it
//! undoes the earlier steps.
//!
//! ```
//! use wpu_install::{Class, Layer, Memory, Over, Uninstall, Width, apply, parse_guid};
//!
//! let mut catalog = Memory::sample(&[Width::Bits64]);
//! let before = catalog.catalogs().clone();
//! let count = Layer {
//!     provider: parse_guid("{d3c21122-85e1-48f3-9ab6-23d90c73077e}").unwrap(),
//!     name: "Count".into(),
//!     path: r"C:\count\count.dll".into(),
//!     class: Class::Ifs,
//!     over: Over::Every,
//!     categories: 0,
//! };
//! let plan = count.plan(&before).unwrap();
//! apply(&plan, &mut catalog).unwrap();
//! assert_ne!(catalog.catalogs(), &before);
//!
//! let plan = Uninstall { provider: count.provider, others: false }.plan(catalog.catalogs()).unwrap();
//! apply(&plan, &mut catalog).unwrap();
//! assert_eq!(catalog.catalogs(), &before);
//! ```

mod application;
mod apply;
mod base;
mod catalog;
mod categories;
mod command;
mod differences;
mod failure;
mod findings;
mod flags;
mod guid;
mod layer;
mod listing;
mod memory;
mod numbers;
mod path;
mod plan;
mod printable;
mod problem;
mod registrar;
mod registry;
mod show;
#[cfg(not(windows))]
mod simulation;
mod snapshot;
mod system;
mod uninstall;
mod work;

pub use application::{
    Application, Applications, MemoryApplications, Permission, PermissionError, PermissionFailure,
    PermissionPlan, PermissionStep, loaded, loads,
};
pub use apply::apply;
pub use base::{Base, Sockets};
pub use catalog::{Catalog, Catalogs, Entry, Width};
pub use categories::{CATEGORIES, category_names};
pub use command::{quoted, uninstall_command};
pub use failure::{Added, Failure};
pub use findings::{Fault, Finding, findings};
pub use guid::{GuidText, parse_guid};
pub use layer::{Layer, Over};
pub use listing::Listing;
pub use memory::{Call, Memory};
pub use path::BadPath;
pub use plan::{Action, Addition, Key, Note, Place, Plan, Planned, Step};
pub use problem::Problem;
pub use registrar::Registrar;
#[cfg(not(windows))]
pub use simulation::{Condition, Simulation};
pub use snapshot::{BadSnapshot, missing_files, read_snapshot, write_listing, write_snapshot};
pub use system::{System, SystemApplications};
pub use uninstall::Uninstall;
pub use wpu_sys::{Class, WideString, WsaError};

//! Evidence for obligations: a test names the ids that it shows, and the status of each obligation follows from the tests
//! that ran and passed.
//!
//! ```
//! # fn a_request_is_completed_once() {
//! let _shows = wpu_evidence::tested(["WSPRecv.lpOverlapped.completed-once"]);
//! // …
//! # }
//! ```
//!
//! `cargo xtask coverage` runs the tests with the variable [`FOLDER`], collects their records, and writes
//! `docs/obligations.md`.

mod coverage;
mod page;
mod record;
mod show;
#[cfg(test)]
mod tests;

pub use coverage::{Coverage, Mistake, Status};
pub use page::differences;
pub use record::{Claim, FOLDER, Record, read};
pub use show::{Shows, checked, enforced, tested};

//! The ids that entries get while a plan is carried out.

use crate::catalog::Width;
use crate::plan::Key;
use std::collections::BTreeMap;

/// The ids of the entries that were added since the plan was made.
pub(crate) type Numbers = BTreeMap<(Width, Key), u32>;

pub(crate) fn number(numbers: &Numbers, width: Width, key: Key) -> u32 {
    match (numbers.get(&(width, key)), key) {
        (Some(number), _) => *number,
        (None, Key::Known(id)) => id,
        // A plan may name an entry before it adds it; no entry has the id 0.
        (None, Key::New(_)) => 0,
    }
}

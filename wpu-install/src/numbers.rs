//! The numbers that entries get while a plan is carried out.

use crate::catalog::Width;
use crate::plan::Key;
use std::collections::BTreeMap;

/// The numbers of entries that have got one since the plan was made.
pub(crate) type Numbers = BTreeMap<(Width, Key), u32>;

pub(crate) fn number(numbers: &Numbers, width: Width, key: Key) -> u32 {
    match (numbers.get(&(width, key)), key) {
        (Some(number), _) => *number,
        (None, Key::Known(id)) => id,
        // The plan names an entry before it adds it; no entry has this number.
        (None, Key::New(_)) => 0,
    }
}

//! With the arguments in each kind of brackets.
#![deny(warnings)]
use wpu::prelude::*;

#[wpu_provider[class = non_ifs, kit = base, waives(WPUGetProviderPath = "no layer below")]]
pub(crate) struct Square;

#[wpu_provider { class = non_ifs, kit = base, waives(WPUGetProviderPath = "no layer below"), }]
pub(crate) struct Curly;

pub(crate) fn main() {
    let _ = (Square::upcalls(), Curly::upcalls());
}

//! Paths of other things than bindings, and of nothing: one error each.
use wpu_table::{Provider, provider};

mod lamp {}

#[provider(of = crate::lamp, class = plain, uses(zorbHatch))]
pub struct Hen(HenUpcalls);

#[provider(of = wpu_table, class = plain, uses(zorbHatch))]
pub struct Crow;

#[provider(of = zorb, crate = zorb, class = plain, uses(zorbHatch))]
pub struct Owl;

#[provider(of = nowhere, class = plain, uses(zorbHatch))]
pub struct Jay;

fn main() {
    _ = Hen(Hen::upcalls()).0.hatch(1);
}

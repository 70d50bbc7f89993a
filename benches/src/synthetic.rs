//! Synthetic specs of any size, for measuring how the generator grows.

use wpu_gen::source::Sources;

/// The number of upcalls in a group: one of each shape.
pub const GROUP: usize = 16;

const HEAD: &str = include_str!("../synthetic/head.toml");
const BODY: &str = include_str!("../synthetic/group.toml");

/// A spec with `groups` times [`GROUP`] upcalls in one table.
pub fn spec(groups: usize) -> Sources {
    let slots = groups * GROUP;
    let head = HEAD
        .replace("{slots}", &slots.to_string())
        .replace("{narrow}", &(slots * 4).to_string())
        .replace("{wide}", &(slots * 8).to_string());
    let body: String = (0..groups).map(group).collect();
    Sources::from_texts([("head.toml", head), ("groups.toml", body)])
}

fn group(number: usize) -> String {
    let text = BODY.replace("{group}", &number.to_string());
    (0..GROUP).fold(text, |text, slot| {
        text.replace(&format!("{{slot{slot}}}"), &(number * GROUP + slot).to_string())
    })
}

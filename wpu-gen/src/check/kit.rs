//! Kits have words for names, and make at least one upcall each.

use super::names::Items;
use crate::diag::Diagnostic;
use crate::load::RawSpec;

pub(super) fn check(raw: &RawSpec, faults: &mut Vec<Diagnostic>) {
    for filed in raw.kits.iter().filter(|filed| filed.entry.uses.is_empty()) {
        let message = format!("kit `{}` makes no upcall", filed.entry.name.get_ref());
        let fault = Diagnostic::at("empty-kit", filed.at(&filed.entry.name), message);
        faults.push(fault.help("name those that it makes: `uses = [\"…\"]`"));
    }
    let mut names = Items::new(faults);
    for filed in &raw.kits {
        names.word(filed.file, &filed.entry.name, "kit");
    }
}

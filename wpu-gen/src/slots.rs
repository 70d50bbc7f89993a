//! Slots of a table: each has exactly one function.

use crate::code::Code;
use crate::diag::{Diagnostic, Place};
use crate::load::{Filed, RawSpec};
use crate::scope::Faults;
use crate::syntax;
use std::collections::HashMap;

/// A raw index, the slot that it claims, and where that is written.
type Claim = (usize, u32, Place);

/// All claims to slots, by table.
pub(crate) struct Claims<'a> {
    host: HashMap<&'a str, Vec<Claim>>,
    provider: Vec<Claim>,
    upcalls: usize,
}

impl<'a> Claims<'a> {
    pub(crate) fn of(raw: &'a RawSpec) -> Self {
        let mut host: HashMap<&str, Vec<Claim>> = HashMap::new();
        for (at, upcall) in raw.upcalls.iter().enumerate() {
            for (table, slot) in &upcall.entry.slots {
                host.entry(table.get_ref()).or_default().push((at, *slot.get_ref(), upcall.at(slot)));
            }
        }
        let provider = raw.downcalls.iter().enumerate();
        let provider = provider
            .map(|(at, downcall)| (at, *downcall.entry.slot.get_ref(), downcall.at(&downcall.entry.slot)));
        Self { host, provider: provider.collect(), upcalls: raw.upcalls.len() }
    }

    /// The raw index of the upcall in each slot of a host's table.
    pub(crate) fn of_table(&self, table: &Filed<syntax::Table>, faults: &mut Faults) -> Vec<usize> {
        let name = table.entry.name.get_ref();
        let claims = self.host.get(&**name).map_or(&[][..], Vec::as_slice);
        let help = |slot| format!("add `{name} = {slot}` to the `slots` of an upcall");
        fill(table, "upcall", self.upcalls, claims, help, faults)
    }

    /// The raw index of the downcall in each slot of the provider's table.
    pub(crate) fn of_provider(&self, table: &Filed<syntax::Table>, faults: &mut Faults) -> Vec<usize> {
        let help = |slot| format!("add `slot = {slot}` to a downcall");
        fill(table, "downcall", self.provider.len(), &self.provider, help, faults)
    }
}

/// What is in each slot, once each has one claim.
fn fill(
    table: &Filed<syntax::Table>,
    what: &str,
    most: usize,
    claims: &[Claim],
    help: impl Fn(usize) -> String,
    faults: &mut Faults,
) -> Vec<usize> {
    let name = table.entry.name.get_ref();
    let length = *table.entry.slots.get_ref();
    if length == 0 {
        let message = format!("`{name}` has no slots");
        faults.push(Diagnostic::at(Code::EmptySlot, table.at(&table.entry.slots), message));
        return Vec::new();
    }
    // A slip of the keyboard must not ask for gigabytes.
    if length as usize > most {
        let message = format!("`{name}` has {length} slots, more than the spec has {what}s");
        faults.push(Diagnostic::at(Code::EmptySlot, table.at(&table.entry.slots), message));
        return Vec::new();
    }
    let mut slots: Vec<Option<&Claim>> = vec![None; length as usize];
    for claim in claims {
        match slots.get_mut(claim.1 as usize) {
            None => faults.push(out_of_range(table, claim.1, claim.2.clone())),
            Some(Some(first)) => {
                faults.push(clash(name, what, claim.1, claim.2.clone(), first.2.clone()));
            }
            Some(free) => *free = Some(claim),
        }
    }
    for (slot, holder) in slots.iter().enumerate() {
        if holder.is_none() {
            let message = format!("slot {slot} of `{name}` has no {what}");
            let fault = Diagnostic::at(Code::EmptySlot, table.at(&table.entry.name), message);
            faults.push(fault.help(help(slot)));
        }
    }
    slots.into_iter().flatten().map(|claim| claim.0).collect()
}

fn out_of_range(table: &Filed<syntax::Table>, slot: u32, place: Place) -> Diagnostic {
    let length = table.entry.slots.get_ref();
    let message = format!("`{}` has no slot {slot}", table.entry.name.get_ref());
    Diagnostic::at(Code::SlotRange, place, message)
        .also(table.at(&table.entry.slots), format!("it has {length}, counted from 0"))
}

fn clash(table: &str, what: &str, slot: u32, place: Place, first: Place) -> Diagnostic {
    Diagnostic::at(Code::DuplicateSlot, place, format!("slot {slot} of `{table}` is claimed by two {what}s"))
        .label("claimed again here")
        .also(first, "first claimed here")
        .help("slots are the order of the members in the table; renumber one of the two")
}

//! Slots of a table: each has exactly one upcall.

use crate::diag::{Diagnostic, Place};
use crate::load::{Filed, RawSpec};
use crate::raw;
use crate::scope::Faults;

/// The raw index of the upcall in each slot.
pub(crate) fn of_table(raw: &RawSpec, table: &Filed<raw::Table>, faults: &mut Faults) -> Vec<usize> {
    let name = table.entry.name.get_ref();
    let length = *table.entry.slots.get_ref();
    if length == 0 {
        faults.push(Diagnostic::at(
            "empty-slot",
            table.at(&table.entry.slots),
            format!("`{name}` has no slots"),
        ));
        return Vec::new();
    }
    // A slip of the keyboard must not ask for gigabytes.
    if length as usize > raw.upcalls.len() {
        let message = format!("`{name}` has {length} slots, more than the spec has upcalls");
        faults.push(Diagnostic::at("empty-slot", table.at(&table.entry.slots), message));
        return Vec::new();
    }
    let mut slots: Vec<Option<(usize, Place)>> = vec![None; length as usize];
    for (at, upcall) in raw.upcalls.iter().enumerate() {
        let Some((_, slot)) = upcall.entry.slots.iter().find(|(table, _)| table.get_ref() == name) else {
            continue;
        };
        let place = upcall.at(slot);
        match slots.get_mut(*slot.get_ref() as usize) {
            None => faults.push(out_of_range(table, *slot.get_ref(), place)),
            Some(Some((_, first))) => faults.push(clash(name, *slot.get_ref(), place, first.clone())),
            Some(free) => *free = Some((at, place)),
        }
    }
    for (slot, holder) in slots.iter().enumerate() {
        if holder.is_none() {
            let message = format!("slot {slot} of `{name}` has no upcall");
            let fault = Diagnostic::at("empty-slot", table.at(&table.entry.name), message);
            faults
                .push(fault.help(format!(
                    "write `{name} = {slot}` in the `slots` of the upcall that belongs there"
                )));
        }
    }
    slots.into_iter().flatten().map(|(at, _)| at).collect()
}

fn out_of_range(table: &Filed<raw::Table>, slot: u32, place: Place) -> Diagnostic {
    let length = table.entry.slots.get_ref();
    let message = format!("`{}` has no slot {slot}", table.entry.name.get_ref());
    Diagnostic::at("slot-range", place, message)
        .also(table.at(&table.entry.slots), format!("it has {length}, counted from 0"))
}

fn clash(table: &str, slot: u32, place: Place, first: Place) -> Diagnostic {
    Diagnostic::at("duplicate-slot", place, format!("slot {slot} of `{table}` is claimed by two upcalls"))
        .label("claimed again here")
        .also(first, "first claimed here")
        .help("slots are the order of the members in the table; renumber one of the two")
}

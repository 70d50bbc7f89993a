//! Tables that are kept, once each.

use crate::interface::Interface;
use crate::sync::lock;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::Any;
use core::mem::ManuallyDrop;
use std::sync::Mutex;

/// Keeps each distinct table for the lifetime of the process: a process has one, a test a few.
pub(crate) fn interned<I: Interface>(table: I::Table) -> &'static I::Table {
    // A static is not dropped; this spares each build the code for it.
    static KEPT: ManuallyDrop<Mutex<Vec<&'static (dyn Any + Sync)>>> =
        ManuallyDrop::new(Mutex::new(Vec::new()));
    let mut kept = lock(&KEPT);
    let mut tables = kept.iter().filter_map(|known| (*known as &dyn Any).downcast_ref::<I::Table>());
    if let Some(same) = tables.find(|known| I::same(known, &table)) {
        return same;
    }
    let new: &'static I::Table = Box::leak(Box::new(table));
    kept.push(new);
    new
}

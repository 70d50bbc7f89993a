//! A client calls a cook that forwards every call to another cook, through the functions of both sides.

use kettle::*;
use std::sync::atomic::{AtomicU32, Ordering};

static VALUE: AtomicU32 = AtomicU32::new(0);

const COMPLETION: CompletionVtable =
    CompletionVtable { begin: |_| {}, tell: |_, _| {}, keep: |_, kept| std::mem::forget(kept), release: |_, _| {}, end: || {} };

/// The cook below, which keeps the value.
struct Below;

impl Cook for Below {
    fn translate(&self, _: Text<'_>, value: u32, menu: Bytes<'_>, _: OutBuf<'_, u16>) -> Result<(), KettleError> {
        assert_eq!(menu.len(), 3);
        VALUE.store(value, Ordering::Relaxed);
        Ok(())
    }
}

// SAFETY: kept memory is never freed.
unsafe impl Serve for Below {
    type Provider = Self;
    const COMPLETES: bool = true;
    const COMPLETION: CompletionVtable = COMPLETION;
    fn with<R>(body: impl FnOnce(&Self) -> Result<R, KettleError>) -> Result<R, KettleError> {
        body(&Self)
    }
}

/// The cook above, which calls the cook below through its table.
struct Above;

// SAFETY: as for `Below`.
unsafe impl Serve for Above {
    type Provider = procs::Procs;
    const COMPLETES: bool = true;
    const COMPLETION: CompletionVtable = COMPLETION;
    fn with<R>(body: impl FnOnce(&procs::Procs) -> Result<R, KettleError>) -> Result<R, KettleError> {
        let table = ffi::COOK_TABLE::serving::<Below>();
        // SAFETY: every function of the table is part of this program.
        body(&unsafe { procs::Procs::new(&table) }.expect("no function is missing"))
    }
}

fn main() {
    let table = ffi::COOK_TABLE::serving::<Above>();
    let translate = table.cCookTranslate.expect("it is there");
    let (dish, menu, mut room) = ([0_u16], [1_u8, 2, 3], [0_u16; 4]);
    let (mut length, mut errno) = (4, 0);
    // SAFETY: each pointer points to a local variable.
    let answer =
        unsafe { translate(dish.as_ptr(), 7, menu.as_ptr(), 3, room.as_mut_ptr(), &mut length, &mut errno) };
    assert_eq!((answer, errno), (0, 0));
    assert_eq!(VALUE.load(Ordering::Relaxed), 7, "another value arrived");
}

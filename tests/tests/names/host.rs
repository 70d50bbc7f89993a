//! A host that returns its arguments, and the safe forms of its upcalls.

use kettle::ffi::{self, KET_CUPS, KET_NOD, KET_ORDER, KET_TABLE, KET_TIME};
use kettle::host::{Host, Locate};
use kettle::safe::Upcalls;
use kettle::rt::{refused::Failed, wide::WideString};
use kettle::table::Cell;
use kettle::table::{RawTable as _, Table};
use kettle::{Cups, KettleError, Order};
use std::ptr::{NonNull, without_provenance_mut};

const TAP: usize = 0x40;

struct Kettle;

impl Host for Kettle {
    fn on_fill(&self, level: u32) -> Result<(), KettleError> {
        if level == 7 { Ok(()) } else { Err(KettleError::ESPILT) }
    }

    fn on_open_tap(&self) -> Result<ffi::KET_TAP, KettleError> {
        Ok(without_provenance_mut(TAP))
    }

    fn on_close_tap(&self, tap: ffi::KET_TAP) -> Result<(), KettleError> {
        assert_eq!(tap.addr(), TAP);
        Ok(())
    }

    fn on_label(&self) -> Result<WideString, KettleError> {
        Ok(WideString::from("kettle"))
    }

    unsafe fn on_boil(&self, routine: unsafe extern "system" fn(usize), context: usize) -> Result<(), KettleError> {
        let _ = (routine, context);
        Err(KettleError::ECOLD)
    }

    fn on_guest(
        &self,
    ) -> Result<Option<(unsafe extern "system" fn(usize) -> ffi::KET_INT, usize)>, KettleError> {
        const NOD: KET_NOD = None;
        Ok(NOD.map(|nod| (nod, 0)))
    }

    fn on_is_full(&self, cup: usize, full: Cups<'_>) -> bool {
        full.as_slice().contains(&cup)
    }

    unsafe fn on_serve(&self, order: NonNull<KET_ORDER>, at: &KET_TIME) -> Result<(), Failed> {
        let _ = order;
        if at.hour == 9 { Ok(()) } else { Err(Failed) }
    }

    fn on_steam(&self) -> Result<(), KettleError> {
        Ok(())
    }
}

struct Here;

impl Locate for Here {
    type Host = Kettle;
    fn with<R>(body: impl FnOnce(&Kettle) -> R) -> Result<R, KettleError> {
        Ok(body(&Kettle))
    }
}

fn main() {
    static CELL: Cell = Cell::new();
    let table: &'static Table = Box::leak(Box::new(KET_TABLE::of::<Here>().ready()));
    // SAFETY: the thunks can be called from any thread, forever.
    unsafe { CELL.open(table) };
    let upcalls = Upcalls::new(&CELL);
    assert_eq!(upcalls.fill(7), Ok(()));
    assert_eq!(upcalls.fill(8), Err(KettleError::ESPILT));
    assert!(upcalls.open_tap().expect("it opens").close().is_ok());
    assert_eq!(upcalls.label().map(|label| label.to_string()), Ok("kettle".to_owned()));
    assert_eq!(upcalls.guest().map(|nod| nod.is_none()), Ok(true));
    let cups = KET_CUPS { many: 1, cups: [5, 6, 0, 0] };
    assert!(upcalls.is_full(5, Cups::new(&cups).expect("one")));
    assert!(!upcalls.is_full(6, Cups::new(&cups).expect("one")));
    for (time, taken) in [(9, true), (8, false)] {
        let mut order = KET_ORDER::ZERO;
        // SAFETY: the order outlives the call.
        let order = unsafe { Order::from_raw(NonNull::from(&mut order)) };
        assert_eq!(upcalls.serve(order, &KET_TIME { hour: time, ..KET_TIME::ZERO }).is_ok(), taken);
    }
}

//! Tests of the start-up counts.

use super::{CleanUpError, InstanceId, Ordering, StartError, interned};
use crate::facts::{Facts, PlatformId};
use crate::interface::Interface;
use std::boxed::Box;
use std::string::ToString as _;
use std::sync::mpsc;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(if cfg!(miri) { 600 } else { 20 });

/// An interface without upcalls: a table is a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Numbers {}

impl Interface for Numbers {
    type Table = u32;
    type Error = char;
    const CLOSED: &'static u32 = &0;
    const FACTS: &'static Facts =
        &Facts { classes: &[], platforms: &[], default_platform: PlatformId::new(0), upcalls: &[] };
    fn same(one: &u32, other: &u32) -> bool {
        one == other
    }
}

type Run = super::Run<Numbers>;

/// Starts a run with this table. None has functions.
fn start(run: &Run, table: u32) -> Result<(), StartError<Numbers>> {
    // SAFETY: the table has no pointers.
    unsafe { run.start(table) }
}

#[test]
fn the_last_clean_up_closes_the_newest_table() {
    let run = Run::new();
    for table in [1, 2] {
        assert_eq!((start(&run, table), *run.cell().table()), (Ok(()), table));
    }
    for (left, table) in [(1, 2), (0, 0)] {
        assert_eq!(run.clean_up(|| assert_eq!((left, *run.cell().table()), (0, 2))), Ok(()));
        assert_eq!((run.starts(), *run.cell().table()), (left, table));
    }
    assert_eq!(run.clean_up(|| unreachable!("it is over")), Err(CleanUpError::NotStarted));
}

#[test]
fn a_start_that_is_refused_leaves_the_earlier_table() {
    let run = Run::new();
    let refused = |table| {
        // SAFETY: the table has no pointers.
        let error = unsafe { run.start_instance(InstanceId::NONE, table, |_| Err('x')) };
        assert_eq!(error, Err(StartError::Refused('x')));
        *run.cell().table()
    };
    assert_eq!((refused(1), run.starts()), (0, 0));
    assert_eq!(start(&run, 2), Ok(()));
    assert_eq!((refused(3), run.starts()), (2, 1));
}

#[test]
fn an_instance_and_a_plain_start_exclude_each_other() {
    static INSTANCE: u8 = 0;
    let (run, instance) = (Run::new(), InstanceId::of(&INSTANCE));
    // SAFETY: the table has no pointers.
    let started = unsafe { run.start_instance(instance, 1, |first| first.then_some(()).ok_or('x')) };
    assert_eq!(started, Ok(()));
    assert_eq!(start(&run, 2), Err(StartError::Shared));
    assert_eq!(run.clean_up(|| unreachable!("it is not over")), Err(CleanUpError::NotStarted));
    assert_eq!((run.starts(), *run.cell().table()), (1, 1));
    // SAFETY: the instance began nothing.
    assert_eq!(unsafe { run.clean_up_instance(instance, || Err('y')) }, Err(CleanUpError::Failed('y')));
    assert_eq!((run.starts(), *run.cell().table()), (0, 0));
}

#[test]
fn a_call_that_waits_for_its_turn_fails_in_the_last_clean_up() {
    let run = Run::new();
    let mut turn = run.turn().expect("nobody else is busy");
    turn.starts = 1;
    let (done, answer) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let gave_way = run.calls.count(|| run.calls.note(|| run.turn().is_none()));
            done.send(gave_way).expect("the test listens");
        });
        while run.waits.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
        // The clean-up takes the lock, so that the call is already waiting by then.
        let cleaned = turn.clean_up(InstanceId::NONE, || {
            let answer = answer.recv_timeout(PATIENCE);
            answer.is_ok_and(|gave_way| gave_way == Some(true)).then_some(()).ok_or('x')
        });
        assert_eq!(cleaned, Ok(()), "the clean-up waits for the call, and the call for the clean-up");
    });
    assert_eq!(run.starts(), 0);
}

#[test]
fn a_counted_call_cannot_end_its_run_and_its_panic_is_contained() {
    let run = Run::new();
    assert_eq!(start(&run, 1), Ok(()));
    let mut ended = None;
    run.call(|| ended = Some(run.clean_up(|| ())));
    assert_eq!(ended, Some(Err(CleanUpError::Busy)), "the last clean-up waits for it");
    run.call(|| std::panic::resume_unwind(Box::new(())));
    assert!(run.calls.wait(PATIENCE));
    assert_eq!(run.clean_up(|| ()), Ok(()), "it has left");
    ended = None;
    run.call(|| ended = Some(Ok(())));
    assert_eq!(ended, None, "the last clean-up has begun");
}

#[test]
fn equal_tables_are_kept_once() {
    let [first, other] = [1, 2].map(interned::<Numbers>);
    assert_eq!((*first, *other), (1, 2));
    assert!(std::ptr::eq(first, interned::<Numbers>(1)) && std::ptr::eq(other, interned::<Numbers>(2)));
}

#[test]
fn errors_say_what_happened() {
    let texts = [StartError::<Numbers>::Busy, StartError::Shared, StartError::Refused('x')];
    let texts = texts.map(|error| error.to_string());
    assert!(texts[0].contains("another start-up") && texts[1].contains("share"), "{texts:?}");
    assert_eq!(texts[2], "it refused: x");
    let texts = [CleanUpError::<Numbers>::NotStarted, CleanUpError::Busy, CleanUpError::Failed('x')];
    let texts = texts.map(|error| error.to_string());
    assert!(texts[0].contains("not started") && texts[1].contains("inside"), "{texts:?}");
    assert_eq!(texts[2], "the last clean-up failed: x");
}

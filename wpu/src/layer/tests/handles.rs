//! The index of handles: its results are correct, even while other threads change it.

use super::super::handles::Handles;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const MANY: usize = if cfg!(miri) { 200 } else { 20_000 };

/// The chain's number and the lower handle of a handle.
fn found(handles: &Handles<usize>, upper: usize) -> Option<(usize, usize)> {
    handles.get(upper).map(|(chain, lower)| (*chain, lower))
}

#[test]
fn a_handle_maps_to_its_last_entry_until_it_is_removed() {
    let (handles, chains) = (Handles::new(), [0, 1].map(Arc::new));
    assert_eq!(found(&handles, 4), None, "nothing was added");
    let mut model = BTreeMap::new();
    let mut seed = 1_u32;
    for lower in 0..MANY * 4 {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let upper = (seed >> 8) as usize % MANY * 4;
        if seed >> 30 == 0 {
            handles.remove(upper);
            model.remove(&upper);
        } else {
            handles.insert(upper, &chains[lower % 2], lower);
            model.insert(upper, (lower % 2, lower));
        }
        assert!(matches!((found(&handles, upper), model.get(&upper)), (None, _) | (Some(_), Some(_))));
    }
    let mut missed = 0;
    for upper in (0..MANY * 4).step_by(4) {
        match (found(&handles, upper), model.get(&upper)) {
            (None, Some(_)) => missed += 1,
            (found, known) => assert_eq!(found.as_ref(), known, "{upper}"),
        }
    }
    assert!(missed * 50 <= MANY, "{missed} of {MANY} have to be looked up under the lock");
}

#[test]
fn no_handle_is_found_where_the_slots_are_free() {
    let handles = Handles::new();
    handles.insert(4, &Arc::new(0), 8);
    handles.remove(4);
    assert_eq!(found(&handles, usize::MAX), None, "no socket at all");
    handles.insert(4, &Arc::new(1), 12);
    assert_eq!(found(&handles, 4), Some((1, 12)));
}

/// Handles with the same place in every table.
#[cfg(target_pointer_width = "64")]
#[test]
fn handles_with_the_same_place_are_never_confused() {
    // The inverse of the multiplier, which maps a product back to its handle.
    let (multiplier, mut inverse) = (0x9e37_79b9_7f4a_7c15_usize, 1_usize);
    for _ in 0..6 {
        inverse = inverse.wrapping_mul(2_usize.wrapping_sub(multiplier.wrapping_mul(inverse)));
    }
    assert_eq!(multiplier.wrapping_mul(inverse), 1);
    let (handles, chain) = (Handles::new(), Arc::new(0));
    let alike: Vec<_> = (1..=100).map(|number: usize| inverse.wrapping_mul(number << 48)).collect();
    for (lower, upper) in alike.iter().enumerate() {
        handles.insert(*upper, &chain, lower);
    }
    let there: Vec<_> =
        (0..100).filter(|lower| found(&handles, alike[*lower]) == Some((0, *lower))).collect();
    let missed = alike.iter().filter(|upper| found(&handles, **upper).is_none()).count();
    assert_eq!((there.len(), missed), (8, 92), "a search looks at eight slots");
    for lower in &there {
        handles.remove(alike[*lower]);
    }
    assert!(alike.iter().all(|upper| found(&handles, *upper).is_none()));
    handles.insert(alike[99], &chain, 99);
    assert_eq!(found(&handles, alike[99]), Some((0, 99)), "a slot that was given up can be taken again");
}

#[test]
fn a_chain_lives_while_a_reader_may_use_it() {
    let (handles, chain) = (Handles::new(), Arc::new(7));
    let weak = Arc::downgrade(&chain);
    handles.insert(4, &chain, 8);
    drop(chain);
    let (held, _) = handles.get(4).expect("it was added");
    handles.remove(4);
    for upper in (8..2000).step_by(4) {
        handles.insert(upper, &Arc::new(0), 0);
    }
    assert_eq!(*held, 7);
    drop(handles);
    assert_eq!(weak.strong_count(), 0, "nothing is left behind");
}

/// One thread adds, changes and removes handles, so that the table grows; the others read.
#[test]
fn concurrent_readers_never_see_a_torn_entry() {
    let rounds = if cfg!(miri) { 60 } else { 30_000 };
    let (handles, chains, done) = (Handles::new(), [1, 2].map(Arc::new), AtomicBool::new(false));
    let (kept, changing) = (4, 8);
    handles.insert(kept, &chains[0], 1000);
    std::thread::scope(|scope| {
        let readers = [(); 2].map(|()| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    assert_eq!(found(&handles, kept), Some((1, 1000)), "no thread changes it");
                    assert_eq!(found(&handles, usize::MAX), None, "no socket at all");
                    if let Some((chain, lower)) = found(&handles, changing) {
                        assert_eq!(lower % 2 + 1, chain, "half of one entry and half of another");
                    }
                    std::hint::spin_loop();
                }
            })
        });
        for round in 0..rounds {
            handles.insert(changing, &chains[round % 2], round);
            if round % 3 == 0 {
                handles.remove(changing);
            }
            // More handles, so that the table grows while it is read.
            handles.insert(12 + round * 4, &chains[0], 0);
            std::thread::yield_now();
        }
        done.store(true, Ordering::Relaxed);
        for reader in readers {
            reader.join().expect("no reader has seen a wrong entry");
        }
    });
    handles.remove(changing);
    assert_eq!(found(&handles, changing), None);
}

/// A handle removed on one thread is not found by another that has observed the removal.
#[test]
fn a_removed_handle_is_not_found_by_a_thread_that_observed_the_removal() {
    let (handles, chain) = (&Handles::new(), Arc::new(1));
    std::thread::scope(|scope| {
        for upper in (0..100).step_by(4) {
            handles.insert(upper, &chain, upper);
            assert_eq!(found(handles, upper), Some((1, upper)));
            scope.spawn(move || handles.remove(upper)).join().expect("no panic");
            assert_eq!(found(handles, upper), None);
        }
    });
}

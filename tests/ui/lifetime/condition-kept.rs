//! A condition function must not outlive the call that received it.
//! Shows: WSPAccept.condition-in-calling-thread
#![forbid(unsafe_code)]
use std::cell::RefCell;
use wpu::prelude::*;

thread_local!(static KEPT: RefCell<Option<Condition<'static>>> = const { RefCell::new(None) });

pub fn keep(condition: Condition<'_>) {
    KEPT.set(Some(condition));
}

fn main() {}

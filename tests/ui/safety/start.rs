//! A `Start` that other code creates.
#![forbid(unsafe_code)]
use wpu::ffi::WSPUPCALLTABLE;
use wpu::prelude::*;

fn start(entry: &WSAPROTOCOL_INFOW, table: &WSPUPCALLTABLE) {
    let _ = Start { entry, table };
}

fn main() {}

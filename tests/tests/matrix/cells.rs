//! The cells of the matrix: each base provider alone, and under chains of up to three layers.

use wpu_sys::ffi::{GUID, XP1_IFS_HANDLES};

/// A layer of an example: its library, its installation, and the control code of its counters.
#[derive(Debug, PartialEq)]
pub struct Layer {
    pub example: &'static str,
    pub id: GUID,
    pub flags: u32,
    /// The control code of `WSPIoctl` that it handles.
    pub code: u32,
    pub counts: Counts,
}

/// What a layer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// Bytes, sent and received.
    Bytes,
    /// Calls and requests that transferred bytes, or the end of a connection.
    Transfers,
}

impl Layer {
    /// Whether its sockets are the system's, so that requests that complete later bypass it.
    pub fn is_ifs(&self) -> bool {
        self.flags & XP1_IFS_HANDLES != 0
    }
}

const fn counter(example: &'static str, number: u32, flags: u32) -> Layer {
    let id = GUID { Data1: number, Data2: 0x1D3B, Data3: 0x4C58, Data4: *b"\x9a\x77counts" };
    Layer { example, id, flags, code: 0x5800_0C01, counts: Counts::Bytes }
}

const fn one_of_two(number: u32, flags: u32, code: u32) -> Layer {
    let id = GUID { Data1: number, Data2: 0x51D3, Data3: 0x4A0E, Data4: *b"\x8ethepair" };
    Layer { example: "pair", id, flags, code, counts: Counts::Transfers }
}

static COUNT: Layer = counter("count", 0x6F1C_9A3E, XP1_IFS_HANDLES);
static COUNT_NON_IFS: Layer = counter("count_non_ifs", 0x6F1C_9A3F, 0);
static PASSES_HANDLES: Layer = one_of_two(0x2C0B_7A10, XP1_IFS_HANDLES, 0x5800_0C02);
static OWNS_HANDLES: Layer = one_of_two(0x2C0B_7A11, 0, 0x5800_0C03);

/// The base providers.
pub const BASES: [&str; 2] = ["loopback", "tcp"];

/// The base provider that uses the system's TCP.
pub const ON_THE_SYSTEM: &str = "tcp";

/// The chains over each base, the top layer first. Layers with the system's handles are below the others.
pub static CHAINS: [(&str, &[&Layer]); 9] = [
    ("alone", &[]),
    ("count", &[&COUNT]),
    ("count_non_ifs", &[&COUNT_NON_IFS]),
    ("passes_handles", &[&PASSES_HANDLES]),
    ("owns_handles", &[&OWNS_HANDLES]),
    ("count_non_ifs_count", &[&COUNT_NON_IFS, &COUNT]),
    ("owns_handles_passes_handles", &[&OWNS_HANDLES, &PASSES_HANDLES]),
    ("owns_handles_count_non_ifs_count", &[&OWNS_HANDLES, &COUNT_NON_IFS, &COUNT]),
    ("owns_handles_count_non_ifs_passes_handles", &[&OWNS_HANDLES, &COUNT_NON_IFS, &PASSES_HANDLES]),
];

/// One base under one chain.
#[derive(Debug, Clone, Copy)]
pub struct Cell {
    pub base: &'static str,
    pub layers: &'static [&'static Layer],
}

impl Cell {
    /// The cell with these names.
    pub fn named(base: &str, chain: &str) -> Self {
        let base = BASES.into_iter().find(|known| *known == base).expect("a base");
        let (_, layers) = CHAINS.iter().find(|(known, _)| *known == chain).expect("a chain");
        Self { base, layers }
    }

    /// Whether this cell records what the scenarios show. They pass in every cell, so one record is enough; this
    /// one has every kind of provider.
    pub fn speaks_for_all(&self) -> bool {
        self.base == "loopback" && self.layers == [&OWNS_HANDLES, &COUNT_NON_IFS, &COUNT]
    }

    /// Whether clients know other handles than those that the base created.
    pub fn has_own_handles(&self) -> bool {
        self.layers.iter().any(|layer| !layer.is_ifs())
    }
}

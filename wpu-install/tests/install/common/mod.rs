//! Providers to install, and functions to inspect catalogs.
#![allow(dead_code, reason = "each test uses a part")]

#[cfg(not(windows))]
pub mod ws2;

use wpu_install::{
    Base, Catalog, Class, Entry, Failure, Layer, Memory, Over, Plan, Registrar, Sockets, Uninstall, Width,
    apply,
};
use wpu_sys::ffi::GUID;

/// Functions of a `Registrar` that pass the call on to the one in the first field.
#[allow(unused_macros, reason = "each test uses a part")]
macro_rules! passes_on {
    ($($name:ident),+) => { $(passes_on!(@ $name);)+ };
    (@ widths) => {
        fn widths(&self) -> Vec<wpu_install::Width> {
            self.0.widths()
        }
    };
    (@ read) => {
        fn read(&mut self, width: wpu_install::Width) -> Result<wpu_install::Catalog, wpu_install::WsaError> {
            self.0.read(width)
        }
    };
    (@ cannot_add) => {
        fn cannot_add(&self, place: wpu_install::Place) -> Option<&'static str> {
            self.0.cannot_add(place)
        }
    };
    (@ add) => {
        fn add(
            &mut self,
            place: wpu_install::Place,
            provider: &wpu_sys::ffi::GUID,
            path: &wpu_install::WideString,
            entries: &[wpu_sys::ffi::WSAPROTOCOL_INFOW],
        ) -> Result<(), wpu_install::WsaError> {
            self.0.add(place, provider, path, entries)
        }
    };
    (@ remove) => {
        fn remove(
            &mut self,
            width: wpu_install::Width,
            provider: &wpu_sys::ffi::GUID,
        ) -> Result<(), wpu_install::WsaError> {
            self.0.remove(width, provider)
        }
    };
    (@ reorder) => {
        fn reorder(&mut self, width: wpu_install::Width, ids: &[u32]) -> Result<(), wpu_install::WsaError> {
            self.0.reorder(width, ids)
        }
    };
    (@ categorise) => {
        fn categorise(
            &mut self,
            width: wpu_install::Width,
            provider: &wpu_sys::ffi::GUID,
            categories: u32,
        ) -> Result<(), wpu_install::WsaError> {
            self.0.categorise(width, provider, categories)
        }
    };
}
#[allow(unused_imports, reason = "each test uses a part")]
pub(crate) use passes_on;

pub const BOTH: &[Width] = &[Width::Bits64, Width::Bits32];
pub const ONE: &[Width] = &[Width::Bits64];

pub fn id(number: u32) -> GUID {
    GUID { Data1: number, Data2: 1, Data3: 2, Data4: [3; 8] }
}

/// A layer over every kind of sockets.
pub fn layer(number: u32, class: Class) -> Layer {
    Layer {
        provider: id(number),
        name: format!("Layer {number}"),
        path: format!(r"C:\layers\{number}.dll").as_str().into(),
        class,
        over: Over::Every,
        categories: 0,
    }
}

pub fn over(number: u32, class: Class, entries: &[u32]) -> Layer {
    Layer { over: Over::Entries(entries.to_vec()), ..layer(number, class) }
}

/// A base provider with a kind of sockets of its own.
pub fn base(number: u32, class: Class) -> Base {
    Base {
        provider: id(number),
        path: format!(r"C:\bases\{number}.dll").as_str().into(),
        class,
        sockets: vec![Sockets {
            name: format!("Base {number}"),
            family: 40,
            kind: 1,
            protocol: 0,
            service_flags: 6,
            addresses: (16, 16),
            message_size: 0,
        }],
        first: false,
    }
}

pub fn uninstall(number: u32, others: bool) -> Uninstall {
    Uninstall { provider: id(number), others }
}

pub fn catalog(memory: &Memory) -> &Catalog {
    memory.catalogs().get(Width::Bits64).expect("there is a 64-bit catalog")
}

pub fn entry(memory: &Memory, name: &str) -> Entry {
    let found = catalog(memory).entries.iter().find(|entry| entry.name() == name);
    found.unwrap_or_else(|| panic!("there is no `{name}` in\n{}", memory.catalogs())).clone()
}

pub fn names(memory: &Memory) -> Vec<String> {
    catalog(memory).entries.iter().map(Entry::name).collect()
}

/// Carries out a plan of the layer.
pub fn install(memory: &mut Memory, layer: &Layer) {
    let plan = layer.plan(memory.catalogs()).expect("there is a plan");
    run(memory, &plan).expect("it can be carried out");
}

pub fn remove(memory: &mut Memory, what: &Uninstall) {
    let plan = what.plan(memory.catalogs()).expect("there is a plan");
    run(memory, &plan).expect("it can be carried out");
}

pub fn run(registrar: &mut dyn Registrar, plan: &Plan) -> Result<(), Failure> {
    apply(plan, registrar).map(drop)
}

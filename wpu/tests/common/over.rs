//! A layer over the functions of a provider, as one provider.

use wpu::raw::Procs;
use wpu::{Layer, ServiceProvider, WsaError};

pub(crate) struct Over<L> {
    pub(crate) layer: L,
    pub(crate) next: Procs,
}

macro_rules! over {
    ($($(#[request($($lent:ident),*)])? fn $function:ident($($name:ident: $type:ty),* $(,)?) -> $answer:ty;)*) => {
        impl<L: Layer> ServiceProvider for Over<L> {
            $(fn $function(&self, $($name: $type),*) -> Result<$answer, WsaError> {
                self.layer.$function(&self.next, $($name),*)
            })*
        }
    };
}

wpu_sys::for_each_downcall!(over);

//! One struct, exported in two forms.
#![forbid(unsafe_code)]
use wpu::layer::{LayerProvider, Layered};
use wpu::prelude::*;

#[wpu_provider(class = non_ifs, kit = layer, waives(WPUQueryBlockingCallback = "left to the base"))]
pub struct Spy;

impl ServiceProvider for Spy {}
impl Lifecycle for Spy {
    fn start(_: &Start<'_>) -> Result<Self, WsaError> { Ok(Self) }
}
impl Layer for Spy {}
impl LayerProvider for Spy {
    const ID: GUID = GUID { Data1: 1, Data2: 2, Data3: 3, Data4: [4; 8] };
}

wpu::export!(Spy, Layered<Spy>);
fn main() {}

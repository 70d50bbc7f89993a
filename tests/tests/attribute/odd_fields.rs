//! Structs whose fields require a full parser.
#![deny(warnings)]
use wpu::prelude::*;

macro_rules! nothing {
    ($($any:tt)*) => { [(); { 1 + 1 }] };
}

macro_rules! provider {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($field:ident: $ty:ty,)* }) => {
        #[wpu_provider(class = non_ifs, kit = base, waives(WPUGetProviderPath = "no layer below"))]
        $(#[$meta])*
        $vis struct $name { $($field: $ty,)* }
    };
}

provider! {
    /// With types that a macro passes on.
    #[cfg(all())]
    #[derive(Default)]
    pub(crate) struct Handed { f: Option<for<'a> fn(&'a u8) -> &'a u8>, g: [u8; 3 - (2 > 1) as usize], }
}

#[wpu_provider(class = non_ifs, kit = base, waives(WPUGetProviderPath = "no layer below"))]
pub(crate) struct r#Loop(pub nothing!(struct < > where ;), pub(crate) <Vec<u8> as IntoIterator>::Item)
where
    for<'a> &'a str: Into<String>,
    (): Sized;

pub(crate) fn main() {
    let handed = Handed::default();
    let _ = (handed.f, handed.g, Handed::upcalls(), r#Loop([(), ()], 1).1, r#Loop::upcalls());
}

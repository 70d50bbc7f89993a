//! `#[provider(of = …)]` for the bindings of an invented spec: a crate, and a module of the same crate.
//!
//! On Windows imports are linked, and nobody has those of the spec.
#![cfg(not(windows))]

use zorb::ffi::{CHORUS, NOISE, tone};

/// What a host needs to have for the plug-in over the crate, but for what is found by name.
const HOST: CHORUS = CHORUS { s_zorbTYPE: Some(loud), s_zorbVerse: Some(verse), ..CHORUS::ZERO };

unsafe extern "system" fn loud(input: tone, noise: *mut NOISE) -> u16 {
    // SAFETY: whoever calls it gives it a place for a noise.
    unsafe { noise.write(NOISE { loud: i16::try_from(-input).unwrap_or(0) }) };
    0
}

unsafe extern "system" fn verse(_: u32, _: *mut u16, _: *mut i32, _: *mut i32) -> tone {
    0
}

unsafe extern "system" fn glow(hue: i8, _: i32, _: *const i16, _: *mut i32) -> tone {
    tone::from(hue) * 2
}

/// The same bindings once more.
#[allow(
    dead_code,
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    unused_imports
)]
#[allow(clippy::all, clippy::pedantic, unreachable_pub, reason = "the names are those of the spec")]
mod bindings {
    include!(concat!(env!("OUT_DIR"), "/module/lib.rs"));
}

/// Plug-ins over the crate.
mod over_a_crate {
    #![forbid(unsafe_code)]
    #![allow(clippy::trivially_copy_pass_by_ref, reason = "the spec has a reference to a number")]
    use wpu_table::{Provider as _, provider};
    use zorb::Hiccup;

    /// It sings what its kit sings, and more.
    #[provider(of = zorb, class = plain, kit = far_choir, uses(zorbTYPE, zorbGlow), waives(zorbHatch = "eats no grubs"))]
    #[derive(Debug)]
    pub(super) struct Crow(CrowUpcalls);

    impl Crow {
        pub(super) fn new() -> Self {
            Self(Self::upcalls())
        }

        pub(super) fn loud(&self) -> Option<i16> {
            self.0.r#type(7).ok().map(|noise| noise.loud)
        }

        pub(super) fn glow(&self) -> Result<i64, Hiccup> {
            self.0.glow(3, true, &5)
        }
    }
}

/// A plug-in over the module, by a path within this crate.
mod over_a_module {
    #![forbid(unsafe_code)]
    use crate::bindings::{Grub, Hiccup};
    use wpu_table::Provider as _;

    #[wpu_table::provider(of = crate::bindings, class = plain, uses(zorbHatch))]
    pub(super) struct Hen;

    pub(super) fn hatch(warmth: usize) -> Result<u32, i32> {
        Hen::upcalls().hatch(warmth).map(Grub::into_raw).map_err(Hiccup::code)
    }
}

#[test]
fn a_plug_in_over_a_crate_calls_what_it_declares_between_start_and_stop() {
    use over_a_crate::Crow;
    use wpu_table::{Provider, WithKit};
    use zorb::{Hiccup, RawTable as _, facts::kits::FarChoir};
    fn kit<P: WithKit<FarChoir>>() -> &'static str {
        P::DECLARATION.kit.expect("it has one").name
    }
    assert_eq!(kit::<Crow>(), "far_choir");
    let crow = Crow::new();
    assert_eq!((crow.loud(), crow.glow()), (None, Err(Hiccup::HIC_ASLEEP)), "it is not started");
    let made = Crow::DECLARATION.makes();
    let names: Vec<_> = made.iter().map(|upcall| zorb::UPCALLS[*upcall].name).collect();
    assert_eq!(names, ["zorbVerse", "zorbTYPE", "zorbGlow"]);
    // SAFETY: the host's functions can be called for ever.
    let missing = unsafe { wpu_table::start::<Crow>(CHORUS::ZERO.ready(), &CHORUS::ZERO.holes()) }
        .expect_err("it has no functions");
    let holes = CHORUS::ZERO.holes().iter().copied().filter(|hole| made.contains(*hole)).collect();
    assert_eq!(missing, wpu_table::StartError::Missing(holes));
    assert!(missing.to_string().contains("`zorbVerse`, `zorbTYPE`, `zorbGlow`"), "{missing}");
    // SAFETY: it can be called from any thread, for ever.
    unsafe { zorb::import::provide_glow(glow) };
    for _ in 0..2 {
        // SAFETY: the host's functions can be called for ever.
        unsafe { wpu_table::start::<Crow>(HOST.ready(), &HOST.holes()) }.expect("all is there");
    }
    for _ in 0..2 {
        assert_eq!((crow.loud(), crow.glow()), (Some(-7), Ok(6)), "each start needs its stop");
        wpu_table::stop::<Crow>().expect("it is started");
    }
    assert_eq!(crow.glow(), Err(Hiccup::HIC_ASLEEP));
    assert_eq!(wpu_table::stop::<Crow>(), Err(wpu_table::CleanUpError::NotStarted));
    assert_eq!(format!("{crow:?}"), "Crow(CrowUpcalls)");
}

#[test]
fn a_plug_in_over_a_module_follows_the_facts_of_that_module() {
    use bindings::UPCALLS;
    use wpu_table::Provider as _;
    let declaration = over_a_module::Hen::DECLARATION;
    assert_eq!(bindings::Class::of(declaration.class), bindings::Class::Plain);
    assert_eq!(
        declaration.uses.iter().map(|upcall| UPCALLS[*upcall].name).collect::<Vec<_>>(),
        ["zorbHatch"]
    );
    assert!(!declaration.verdicts().any(|(_, verdict)| verdict.is_fault()), "{declaration}");
    assert_eq!(over_a_module::hatch(1), Err(bindings::Hiccup::HIC_ASLEEP.code()));
}

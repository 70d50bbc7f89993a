//! Kits before, between and after the other arguments; a provider may also use the upcalls of its kit.
use wpu::prelude::*;
use wpu::{Verdict, UPCALLS, WithKit, facts::kits};

#[wpu_provider(kit = layer, class = ifs, waives(WPUCloseSocketHandle, WPUQueryBlockingCallback = "left to the base"))]
pub struct First;

#[wpu_provider(class = ifs, uses(WPUModifyIFSHandle), kit = layer, waives(WPUCloseSocketHandle, WPUQueryBlockingCallback = "left to the base"))]
pub struct Between;

#[wpu_provider(waives(WPUGetProviderPath = "no layer below"), uses(WPUCreateEvent), class = non_ifs, kit = base)]
pub struct Last;

fn kit<K, P: WithKit<K>>() -> &'static str {
    P::DECLARATION.kit.expect("it has one").name
}

fn verdict<P: Provider>(name: &str) -> Verdict {
    let mut all = P::DECLARATION.verdicts();
    all.find(|(at, _)| UPCALLS[*at].name == name).expect("it is an upcall").1
}

pub(crate) fn main() {
    assert_eq!(kit::<kits::Layer, First>(), "layer");
    assert_eq!(kit::<kits::Layer, Between>(), "layer");
    assert_eq!(kit::<kits::Base, Last>(), "base");
    assert!(Between::upcalls().modify_ifs_handle(1, 2).is_err());
    assert!(Last::upcalls().create_event().is_err());
    assert_eq!(verdict::<First>("WPUModifyIFSHandle"), Verdict::UsedByKit);
    assert_eq!(verdict::<Between>("WPUModifyIFSHandle"), Verdict::Used);
    assert_eq!(verdict::<First>("WPUCreateSocketHandle"), Verdict::NotApplicable);
    assert_eq!(verdict::<Last>("WPUCloseEvent"), Verdict::UsedAsRelease);
}

//! The attribute's expansion under every lint that an author may enable, and its behaviour at run time.
//!
//! `cargo clippy --all-targets` also checks this file, which is a part of its purpose.

#![forbid(unsafe_code, dead_code)]
#![deny(warnings, missing_docs, unreachable_pub, clippy::all, clippy::pedantic, clippy::nursery)]
#![allow(clippy::redundant_pub_crate, reason = "it wants what `unreachable_pub` forbids")]

#[cfg(not(windows))]
use wpu::__private::Table;
#[cfg(not(windows))]
use wpu::__private::table::CLOSED;
use wpu::{Class, Platform, Provider, UPCALLS, UpcallSet, Verdict, WsaError, facts::FACTS};

/// Declares upcalls of every kind: an acquire with its release, an export, and waivers that share a reason.
#[wpu::wpu_provider(
    platform = win9x,
    uses(
        WPUCreateSocketHandle, WPUCompleteOverlappedRequest, WPUFDIsSet, WPUCloseSocketHandle, WPUOpenCurrentThread,
        WPUCreateEvent, WPUSetEvent, WPUResetEvent, WPUQueueApc,
    ),
    waives(
        WPUGetProviderPath = "base provider: no layer below",
        WPUQueryBlockingCallback, WPUQuerySocketHandleContext = "not \"needed\" here",
    ),
    class = non_ifs,
)]
#[derive(Debug, Clone, Copy)]
struct Loopback {
    upcalls: LoopbackUpcalls,
}

impl Loopback {
    /// Calls the declared upcalls, as far as that is possible without a host.
    fn calls(self) -> Vec<WsaError> {
        let up = self.upcalls;
        let _ = (
            LoopbackUpcalls::complete_overlapped_request,
            LoopbackUpcalls::fd_is_set,
            LoopbackUpcalls::queue_apc,
        );
        let _ = (LoopbackUpcalls::set_event, LoopbackUpcalls::reset_event);
        [up.create_socket_handle(1, 2).err(), up.create_event().err(), up.open_current_thread().err()]
            .into_iter()
            .flatten()
            .collect()
    }
}

/// A provider with a short declaration.
mod files {
    #[wpu::wpu_provider(class = ifs, uses(WPUModifyIFSHandle), waives(
        WPUCloseSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback = "not needed here",
    ))]
    pub(super) struct Files;

    impl Files {
        pub(super) fn adopt() -> Result<usize, wpu::WsaError> {
            <Self as wpu::Provider>::upcalls().modify_ifs_handle(1, 2)
        }
    }
}

/// A provider for which a kit makes upcalls.
mod kit {
    #[wpu::wpu_provider(kit = requests, class = non_ifs, waives(
        WPUCloseSocketHandle, WPUCreateSocketHandle, WPUGetProviderPath, WPUPostMessage, WPUQueryBlockingCallback,
        WPUQuerySocketHandleContext = "not needed here",
    ))]
    pub(super) struct Queue;
}

fn upcall(name: &str) -> usize {
    FACTS.find(name).unwrap_or_else(|| panic!("no upcall is called {name}"))
}

fn upcalls_with(verdict: Verdict) -> Vec<&'static str> {
    let verdicts = Loopback::DECLARATION.verdicts();
    verdicts.filter(|(_, found)| *found == verdict).map(|(upcall, _)| UPCALLS[upcall].name).collect()
}

#[test]
fn the_declaration_matches_the_attribute() {
    let declaration = Loopback::DECLARATION;
    assert_eq!(declaration.provider, "Loopback");
    assert_eq!((declaration.class, declaration.platform), (Class::NonIfs.id(), Platform::Win9x.id()));
    assert_eq!(Platform::of(files::Files::DECLARATION.platform), Platform::Nt);
    assert_eq!(
        upcalls_with(Verdict::Waived),
        ["WPUGetProviderPath", "WPUQueryBlockingCallback", "WPUQuerySocketHandleContext"]
    );
    assert_eq!(upcalls_with(Verdict::UsedAsRelease), ["WPUCloseEvent", "WPUCloseThread"]);
    assert_eq!(upcalls_with(Verdict::Used).len(), 9);
    let reason = |name| declaration.waiver(upcall(name));
    assert_eq!(reason("WPUGetProviderPath"), Some("base provider: no layer below"));
    assert_eq!(reason("WPUQueryBlockingCallback"), Some("not \"needed\" here"));
    assert_eq!(reason("WPUQuerySocketHandleContext"), Some("not \"needed\" here"));
    assert_eq!(reason("WPUPostMessage"), None);
    assert_eq!(declaration.kit, None);
}

#[test]
fn a_kit_is_a_part_of_the_declaration() {
    let declaration = kit::Queue::DECLARATION;
    let by_kit = declaration.verdicts().filter(|(_, found)| *found == Verdict::UsedByKit);
    let by_kit: UpcallSet = by_kit.map(|(upcall, _)| upcall).collect();
    assert_eq!(
        declaration.kit.map(|kit| (kit.name, kit.uses(declaration.class))),
        Some(("requests", &*by_kit))
    );
    assert!(by_kit.contains(upcall("WPUCompleteOverlappedRequest")));
    assert!(declaration.uses.is_empty());
    assert_eq!(declaration.makes(), by_kit);
}

#[test]
fn each_provider_has_a_table_of_its_own_which_is_closed_at_first() {
    assert_ne!(Loopback::__RUN, files::Files::__RUN);
    let errors = Loopback { upcalls: Loopback::upcalls() }.calls();
    assert_eq!(errors, [WsaError::WSANOTINITIALISED; 3]);
    assert_eq!(files::Files::adopt(), Err(WsaError::WSANOTINITIALISED));
}

#[test]
fn the_handle_is_small_and_printable() {
    assert_eq!(size_of::<LoopbackUpcalls>(), 0);
    assert_eq!(format!("{:?}", Loopback::upcalls()), "LoopbackUpcalls");
}

/// The upcalls that a provider finds by name if a table has no slot for them.
fn imports<P: Provider>() -> Vec<&'static str> {
    P::__IMPORTS.iter().map(|import| UPCALLS[import.upcall()].name).collect()
}

#[test]
fn only_declared_exports_are_imported() {
    assert!(imports::<files::Files>().is_empty());
    assert_eq!(imports::<Loopback>(), ["WPUCompleteOverlappedRequest"]);
    assert_eq!(imports::<kit::Queue>(), ["WPUCompleteOverlappedRequest"], "the kit makes it");
}

#[cfg(not(windows))]
#[test]
fn an_import_fills_its_own_slot() {
    // Every host offers its own function; so does this program, which exports the functions of its host.
    let _host = wpu_host::Host::new().expect("a free slot");
    let mut table: Table = CLOSED;
    assert!(Loopback::__IMPORTS[0].fill(&mut table));
    assert!(!std::ptr::fn_addr_eq(table.WPUCompleteOverlappedRequest, CLOSED.WPUCompleteOverlappedRequest));
    let rest = Table { WPUCompleteOverlappedRequest: CLOSED.WPUCompleteOverlappedRequest, ..table };
    assert!(rest.same(&CLOSED));
}

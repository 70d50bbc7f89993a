//! Catalogs in memory that behave like those of Ws2_32, for tests and for planning on any system.

use crate::catalog::{Catalog, Catalogs, Entry, Width, named};
use crate::guid::derive;
use crate::plan::Place;
use crate::registrar::Registrar;
use wpu_sys::ffi::{
    AF_INET, AF_INET6, BASE_PROTOCOL, GUID, IPPROTO_TCP, IPPROTO_UDP, PFL_MATCHES_PROTOCOL_ZERO, SOCK_DGRAM,
    SOCK_STREAM, WINDOWS_PROVIDER_PATH, WSAPROTOCOL_INFOW, XP1_CONNECTIONLESS, XP1_EXPEDITED_DATA,
    XP1_GRACEFUL_CLOSE, XP1_GUARANTEED_DELIVERY, XP1_GUARANTEED_ORDER, XP1_IFS_HANDLES, XP1_MESSAGE_ORIENTED,
    XP1_SUPPORT_BROADCAST, XP1_SUPPORT_MULTIPOINT,
};
use wpu_sys::{WideString, WsaError};

/// Catalogs in memory. Each new entry gets an id that no entry had before, as on Windows.
#[derive(Debug, Clone)]
pub struct Memory {
    catalogs: Catalogs,
    next: [u32; 2],
    program: Width,
    calls: Vec<Call>,
    fails: fn(usize) -> bool,
    in_part: bool,
}

/// A call that changes a catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// `add`
    Add(Place),
    /// `remove`
    Remove(Width),
    /// `reorder`
    Reorder(Width),
    /// `categorise`
    Categorise(Width),
}

impl Memory {
    /// Creates the catalogs as a 64-bit program sees them, or as a 32-bit one if there is only the 32-bit
    /// catalog.
    #[must_use]
    pub fn new(catalogs: Catalogs) -> Self {
        let next = Width::ALL.map(|width| {
            let ids = catalogs.get(width).into_iter().flat_map(Catalog::ids);
            ids.max().map_or(1001, |last| last.saturating_add(1))
        });
        let program = if catalogs.bits64.is_some() { Width::Bits64 } else { Width::Bits32 };
        Self { catalogs, next, program, calls: Vec::new(), fails: |_| false, in_part: false }
    }

    /// The catalogs of a new Windows installation: TCP and UDP over both Internet protocols.
    #[must_use]
    pub fn sample(widths: &[Width]) -> Self {
        let mut catalogs = Catalogs::default();
        for (at, width) in widths.iter().enumerate() {
            let first = if at == 0 { 1001 } else { 2001 };
            *catalogs.slot(*width) =
                Some(Catalog { entries: (first..).zip(0..4).map(|(id, of)| sample(id, of)).collect() });
        }
        Self::new(catalogs)
    }

    /// The current catalogs.
    #[must_use]
    pub fn catalogs(&self) -> &Catalogs {
        &self.catalogs
    }

    /// The calls that were made, whether they failed or not.
    #[must_use]
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// Makes the calls fail for which `which` returns true, counted from 0. With `in_part`, a failing call
    /// makes its change nevertheless; a call on two catalogs makes it in one only.
    pub fn fail(&mut self, which: fn(usize) -> bool, in_part: bool) {
        (self.fails, self.in_part) = (which, in_part);
        self.calls.clear();
    }

    /// The width of the program that changes the catalogs.
    #[cfg(not(windows))]
    pub(crate) fn program(&self) -> Width {
        self.program
    }

    /// Records a call. Returns whether it is carried out, and its result.
    fn call(&mut self, call: Call) -> (bool, Result<(), WsaError>) {
        let fails = (self.fails)(self.calls.len());
        self.calls.push(call);
        if fails { (self.in_part, Err(WsaError::WSANO_RECOVERY)) } else { (true, Ok(())) }
    }

    fn catalog(&mut self, width: Width) -> Result<&mut Catalog, WsaError> {
        self.catalogs.slot(width).as_mut().ok_or(WsaError::WSAEINVAL)
    }

    fn insert(
        &mut self,
        width: Width,
        provider: &GUID,
        path: &WideString,
        infos: &[WSAPROTOCOL_INFOW],
    ) -> Result<(), WsaError> {
        let next = self.next[width as usize];
        let catalog = self.catalog(width)?;
        let mut last = next;
        for info in infos {
            let info = WSAPROTOCOL_INFOW { ProviderId: *provider, dwCatalogEntryId: last, ..*info };
            catalog.entries.push(Entry { info, path: path.clone(), categories: 0 });
            last += 1;
        }
        self.next[width as usize] = last;
        Ok(())
    }
}

impl Registrar for Memory {
    fn widths(&self) -> Vec<Width> {
        self.catalogs.all().map(|(width, _)| width).collect()
    }

    fn read(&mut self, width: Width) -> Result<Catalog, WsaError> {
        self.catalog(width).cloned()
    }

    fn cannot_add(&self, place: Place) -> Option<&'static str> {
        cannot_add(self.program, place)
    }

    fn add(
        &mut self,
        place: Place,
        provider: &GUID,
        path: &WideString,
        entries: &[WSAPROTOCOL_INFOW],
    ) -> Result<(), WsaError> {
        if cannot_add(self.program, place).is_some() || entries.is_empty() {
            return Err(WsaError::WSAEINVAL);
        }
        for width in place.widths() {
            if self.catalog(*width)?.has(provider) {
                return Err(WsaError::WSANO_RECOVERY);
            }
        }
        let (carried_out, answer) = self.call(Call::Add(place));
        for width in place.widths().iter().take(if answer.is_ok() { 2 } else { 1 }).filter(|_| carried_out) {
            self.insert(*width, provider, path, entries)?;
        }
        answer
    }

    fn remove(&mut self, width: Width, provider: &GUID) -> Result<(), WsaError> {
        if !self.catalog(width)?.has(provider) {
            return Err(WsaError::WSAEINVAL);
        }
        let (carried_out, answer) = self.call(Call::Remove(width));
        if carried_out {
            self.catalog(width)?.entries.retain(|entry| entry.info.ProviderId != *provider);
        }
        answer
    }

    fn reorder(&mut self, width: Width, ids: &[u32]) -> Result<(), WsaError> {
        let catalog = self.catalog(width)?.clone();
        let entries: Vec<_> = ids.iter().filter_map(|id| catalog.find(*id).cloned()).collect();
        let (mut asked, mut known) = (ids.to_vec(), catalog.ids());
        asked.sort_unstable();
        known.sort_unstable();
        if asked != known {
            return Err(WsaError::WSAEINVAL);
        }
        let (carried_out, answer) = self.call(Call::Reorder(width));
        if carried_out {
            self.catalog(width)?.entries = entries;
        }
        answer
    }

    fn categorise(&mut self, width: Width, provider: &GUID, categories: u32) -> Result<(), WsaError> {
        if !self.catalog(width)?.has(provider) {
            return Err(WsaError::WSAEINVAL);
        }
        let (carried_out, answer) = self.call(Call::Categorise(width));
        if carried_out {
            let entries = self.catalog(width)?.entries.iter_mut();
            entries
                .filter(|entry| entry.info.ProviderId == *provider)
                .for_each(|entry| entry.categories = categories);
        }
        answer
    }
}

/// Windows allows a program to add to the catalog of its own width, and a 64-bit program to add to both at
/// once.
pub(crate) fn cannot_add(program: Width, place: Place) -> Option<&'static str> {
    match (program, place) {
        (Width::Bits64, Place::In(Width::Bits32)) => Some(
            "a 64-bit program cannot add to the 32-bit catalog alone: \
            work on the 64-bit one (--catalog 64), then let the 32-bit build of wpu work on the other (--catalog 32)",
        ),
        (Width::Bits32, Place::In(Width::Bits64) | Place::Both) => {
            Some("a 32-bit program cannot add to the 64-bit catalog: use the 64-bit build of wpu")
        }
        _ => None,
    }
}

fn sample(id: u32, of: u32) -> Entry {
    let (stream, six) = (of.is_multiple_of(2), of >= 2);
    let flags = if stream {
        XP1_GUARANTEED_DELIVERY | XP1_GUARANTEED_ORDER | XP1_GRACEFUL_CLOSE | XP1_EXPEDITED_DATA
    } else {
        XP1_CONNECTIONLESS | XP1_MESSAGE_ORIENTED | XP1_SUPPORT_BROADCAST | XP1_SUPPORT_MULTIPOINT
    };
    let (kind, protocol, name) =
        if stream { (SOCK_STREAM, IPPROTO_TCP, "TCP") } else { (SOCK_DGRAM, IPPROTO_UDP, "UDP") };
    let (family, version, longest) = if six { (AF_INET6, 6, 28) } else { (AF_INET, 4, 16) };
    let mut info = WSAPROTOCOL_INFOW {
        dwServiceFlags1: flags | XP1_IFS_HANDLES,
        dwProviderFlags: PFL_MATCHES_PROTOCOL_ZERO,
        ProviderId: derive(&GUID::ZERO, &[version]),
        dwCatalogEntryId: id,
        iVersion: 2,
        iAddressFamily: family,
        iMaxSockAddr: longest,
        iMinSockAddr: longest,
        iSocketType: kind,
        iProtocol: protocol,
        szProtocol: named(&format!("{name} over IP version {version}")),
        ..WSAPROTOCOL_INFOW::ZERO
    };
    info.ProtocolChain.ChainLen = BASE_PROTOCOL;
    Entry { info, path: WINDOWS_PROVIDER_PATH.into(), categories: 0 }
}

//! Plans the installation of a base provider.

use crate::catalog::{Catalog, Catalogs, Entry, named};
use crate::flags::{has_both_directions, has_reserved, mark_several};
use crate::path::{BadPath, why_bad};
use crate::plan::{Action, Addition, Key, Note, Place, Plan, Planned, Step};
use crate::problem::Problem;
use wpu_sys::ffi::{
    BASE_PROTOCOL, GUID, MAX_PATH, PFL_MATCHES_PROTOCOL_ZERO, WSAPROTOCOL_INFOW, WSAPROTOCOL_LEN,
    XP1_IFS_HANDLES,
};
use wpu_sys::{Class, WideString};

/// A base provider to install.
#[derive(Debug, Clone)]
pub struct Base {
    /// The provider's id.
    pub provider: GUID,
    /// The path of the provider's DLL.
    pub path: WideString,
    /// Whether its sockets are file handles.
    pub class: Class,
    /// The kinds of sockets that it offers, with one entry for each.
    pub sockets: Vec<Sockets>,
    /// Whether programs find its entries before all others.
    pub first: bool,
}

/// A kind of sockets that a base provider offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sockets {
    /// The protocol name of the entry.
    pub name: String,
    /// The address family.
    pub family: i32,
    /// The socket type.
    pub kind: i32,
    /// The protocol.
    pub protocol: i32,
    /// The service flags, `XP1_…`. `XP1_IFS_HANDLES` follows from the class.
    pub service_flags: u32,
    /// The lengths of the shortest and the longest address in bytes.
    pub addresses: (i32, i32),
    /// The length of the longest message in bytes; 0 for a stream, `u32::MAX` for no limit.
    pub message_size: u32,
}

impl Base {
    /// The steps that install the provider in all of `catalogs`.
    ///
    /// # Errors
    ///
    /// The reason why there is no plan.
    pub fn plan(&self, catalogs: &Catalogs) -> Result<Plan, Problem> {
        check(catalogs, &self.provider)?;
        if self.sockets.is_empty() {
            return Err(Problem::NoSockets);
        }
        let mut infos =
            self.sockets.iter().map(|sockets| self.info(sockets)).collect::<Result<Vec<_>, _>>()?;
        mark_several(&mut infos);
        let mut steps = Vec::new();
        check_path(&self.path)?;
        let entries = (1..).zip(&infos).map(|(number, info)| Planned::single(number, info)).collect();
        let what = Addition { provider: self.provider, path: self.path.clone(), categories: 0, entries };
        steps.push(Step { place: place(catalogs)?, action: Action::Add(what) });
        if self.first {
            steps.extend(catalogs.all().map(|(width, catalog)| {
                let known = || catalog.ids().into_iter().map(Key::Known);
                let new = || (1..).map(Key::New).take(infos.len());
                let action = Action::Reorder {
                    from: known().chain(new()).collect(),
                    to: new().chain(known()).collect(),
                };
                Step { place: Place::In(width), action }
            }));
        }
        Ok(Plan { before: catalogs.clone(), steps, notes: self.notes(catalogs) })
    }

    fn info(&self, sockets: &Sockets) -> Result<WSAPROTOCOL_INFOW, Problem> {
        check_name(&sockets.name)?;
        let mut flags = sockets.service_flags;
        match self.class {
            Class::Ifs => flags |= XP1_IFS_HANDLES,
            Class::NonIfs if flags & XP1_IFS_HANDLES != 0 => {
                return Err(Problem::ClassAndFlags { name: sockets.name.clone() });
            }
            Class::NonIfs => (),
        }
        let mut info = WSAPROTOCOL_INFOW {
            dwServiceFlags1: flags,
            dwProviderFlags: PFL_MATCHES_PROTOCOL_ZERO,
            ProviderId: self.provider,
            iVersion: 2,
            iAddressFamily: sockets.family,
            iMinSockAddr: sockets.addresses.0,
            iMaxSockAddr: sockets.addresses.1,
            iSocketType: sockets.kind,
            iProtocol: sockets.protocol,
            dwMessageSize: sockets.message_size,
            szProtocol: named(&sockets.name),
            ..WSAPROTOCOL_INFOW::ZERO
        };
        info.ProtocolChain.ChainLen = BASE_PROTOCOL;
        let name = || sockets.name.clone();
        if has_both_directions(flags) {
            return Err(Problem::BothDirections { name: name() });
        }
        if has_reserved(&info) { Err(Problem::ReservedFlags { name: name() }) } else { Ok(info) }
    }

    fn notes(&self, catalogs: &Catalogs) -> Vec<Note> {
        let mut notes = Vec::new();
        for (width, catalog) in catalogs.all().filter(|_| !self.first) {
            for new in &self.sockets {
                let wanted = (new.family, new.kind, new.protocol);
                let known =
                    catalog.entries.iter().find(|entry| entry.is_visible() && entry.sockets() == wanted);
                if let Some(known) = known {
                    notes.push(Note::FoundLater { width, entry: new.name.clone(), before: known.shown() });
                }
            }
        }
        notes.extend(one_path(catalogs));
        notes.push(Note::Restart);
        notes
    }
}

/// Checks the conditions for every provider to be installed.
pub(crate) fn check(catalogs: &Catalogs, provider: &GUID) -> Result<(), Problem> {
    if catalogs.all().next().is_none() {
        return Err(Problem::NoCatalog);
    }
    if *provider == GUID::ZERO {
        return Err(Problem::NoId);
    }
    let there = |catalog: &Catalog| catalog.of(provider).next().map(|entry| entry.path.to_string());
    let Some((width, catalog, path)) =
        catalogs.all().find_map(|(width, catalog)| Some((width, catalog, there(catalog)?)))
    else {
        return Ok(());
    };
    Err(Problem::AlreadyThere {
        width,
        provider: *provider,
        path,
        entries: catalog.owned(provider).map(Entry::shown).collect(),
        not_in: catalogs.all().find(|(_, catalog)| !catalog.has(provider)).map(|(width, _)| width),
    })
}

pub(crate) fn check_name(name: &str) -> Result<(), Problem> {
    let longest = usize::try_from(WSAPROTOCOL_LEN).unwrap_or(0);
    let why = match name.encode_utf16().count() {
        0 => "is empty",
        units if units > longest => "is longer than 255 characters",
        _ if name.contains('\0') => "contains a zero character",
        _ => return Ok(()),
    };
    Err(Problem::BadName { why })
}

/// One call adds to both catalogs, with one path.
fn place(catalogs: &Catalogs) -> Result<Place, Problem> {
    let mut widths = catalogs.all().map(|(width, _)| width);
    match (widths.next(), widths.next()) {
        (None, _) => Err(Problem::NoCatalog),
        (Some(width), None) => Ok(Place::In(width)),
        (Some(_), Some(_)) => Ok(Place::Both),
    }
}

pub(crate) fn check_path(path: &WideString) -> Result<(), Problem> {
    let room = usize::try_from(MAX_PATH).unwrap_or(0);
    let long = (path.units().len() >= room).then_some(BadPath::Long);
    let why = long.or_else(|| why_bad(path));
    why.map_or(Ok(()), |why| Err(Problem::BadPath { path: path.to_string(), of: "DLL", why }))
}

/// Notes that both catalogs get one path, although a DLL is for programs of one width.
pub(crate) fn one_path(catalogs: &Catalogs) -> Option<Note> {
    (catalogs.all().count() == 2).then_some(Note::OnePath)
}

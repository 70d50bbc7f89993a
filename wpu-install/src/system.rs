//! The catalogs of this system, through functions that Ws2_32 exports.

use crate::application::{Application, Applications, PermissionError};
use crate::catalog::{Catalog, Entry, Width};
use crate::memory::cannot_add;
use crate::path::{expand, of_32_bit};
use crate::plan::Place;
use crate::registrar::Registrar;
use crate::registry;
use wpu_sys::ffi::{
    self, COMMON_PROGRAMS_VARIABLE, COMMON_PROGRAMS_VARIABLE_32, GUID, MAX_PATH, NO_ERROR, PROGRAMS_VARIABLE,
    PROGRAMS_VARIABLE_32, ProviderInfoLspCategories, SOCKET_ERROR, WINDOWS_VARIABLE, WSAPROTOCOL_INFOW,
};
use wpu_sys::{WideString, WsaError, import};

/// The catalogs of this system. Changes require an administrator.
///
/// Only Windows has catalogs.
pub struct System {
    catalogs: Vec<(Width, Functions)>,
}

/// The functions of Ws2_32 for one catalog.
#[derive(Clone, Copy)]
struct Functions {
    enumerate: ffi::WSCEnumProtocolsFn,
    path: ffi::WSCGetProviderPathFn,
    remove: ffi::WSCDeinstallProviderFn,
    reorder: ffi::WSCWriteProviderOrderFn,
    get: ffi::WSCGetProviderInfoFn,
    set: ffi::WSCSetProviderInfoFn,
}

/// The maximum size that is accepted for a catalog.
const MOST: u32 = 1 << 26;
/// The maximum length of a path of Windows.
const LONGEST: usize = 0x8000;

impl System {
    /// Opens these catalogs; `None` if this program cannot access them all, or this system has none.
    #[must_use]
    pub fn open(widths: &[Width]) -> Option<Self> {
        let functions = |width: Width| if width == Width::OWN { own() } else { other() };
        let catalogs =
            widths.iter().map(|width| Some((*width, functions(*width)?))).collect::<Option<_>>()?;
        Some(Self { catalogs })
    }

    /// Whether the file of this path exists for programs of this width; `None` if that is unknown.
    #[must_use]
    pub fn file_exists(width: Width, path: &WideString) -> Option<bool> {
        let redirected = Width::OWN == Width::Bits64 && width == Width::Bits32;
        let others = [
            (PROGRAMS_VARIABLE, PROGRAMS_VARIABLE_32),
            (COMMON_PROGRAMS_VARIABLE, COMMON_PROGRAMS_VARIABLE_32),
        ];
        let variable = |name: &str| {
            let other = others.iter().find(|(plain, _)| redirected && plain.eq_ignore_ascii_case(name));
            std::env::var(other.map_or(name, |(_, other)| other)).ok()
        };
        let path = expand(path, variable).filter(|path| !path.is_empty())?;
        let windows = std::env::var(WINDOWS_VARIABLE).unwrap_or_default();
        let path = if redirected { of_32_bit(&path, &windows) } else { path };
        std::path::Path::new(&path).try_exists().ok()
    }

    fn functions(&self, width: Width) -> Result<Functions, WsaError> {
        let found = self.catalogs.iter().find(|(known, _)| *known == width);
        found.map(|(_, functions)| *functions).ok_or(WsaError::WSAEINVAL)
    }
}

fn own() -> Option<Functions> {
    Some(Functions {
        enumerate: import::find_wsc_enum_protocols()?,
        path: import::find_wsc_get_provider_path()?,
        remove: import::find_wsc_deinstall_provider()?,
        reorder: import::find_wsc_write_provider_order()?,
        get: import::find_wsc_get_provider_info()?,
        set: import::find_wsc_set_provider_info()?,
    })
}

/// A 64-bit program can access the 32-bit catalog; a 32-bit program can access no other.
fn other() -> Option<Functions> {
    Some(Functions {
        enumerate: import::find_wsc_enum_protocols32()?,
        path: import::find_wsc_get_provider_path32()?,
        remove: import::find_wsc_deinstall_provider32()?,
        reorder: import::find_wsc_write_provider_order32()?,
        get: import::find_wsc_get_provider_info32()?,
        set: import::find_wsc_set_provider_info32()?,
    })
}

/// The result of a call that reports failure by `SOCKET_ERROR` and a separate code.
fn answer(result: i32, errno: i32) -> Result<(), WsaError> {
    if result == SOCKET_ERROR { Err(WsaError::new(errno)) } else { Ok(()) }
}

/// The error code of a failed call that writes none.
const SILENT: i32 = WsaError::WSASYSCALLFAILURE.code();

impl Functions {
    fn entries(self) -> Result<Vec<WSAPROTOCOL_INFOW>, WsaError> {
        let size = size_of::<WSAPROTOCOL_INFOW>();
        let mut entries = vec![WSAPROTOCOL_INFOW::ZERO; 64];
        loop {
            let (room, mut errno) = (u32::try_from(entries.len() * size).unwrap_or(MOST), SILENT);
            let mut bytes = room;
            // SAFETY: the function exported under this name keeps its documented contract: without protocols
            // it lists all, and it writes at most the stated number of bytes.
            let count = unsafe {
                (self.enumerate)(std::ptr::null(), entries.as_mut_ptr(), &raw mut bytes, &raw mut errno)
            };
            match usize::try_from(count) {
                Ok(count) => {
                    entries.truncate(count);
                    return Ok(entries);
                }
                Err(_) if errno == WsaError::WSAENOBUFS.code() && room < MOST => {
                    // The catalog may grow in between.
                    let wanted = bytes as usize / size + 1;
                    let most = MOST as usize / size + 1;
                    entries.resize(wanted.max(entries.len() * 2).min(most), WSAPROTOCOL_INFOW::ZERO);
                }
                Err(_) => return Err(WsaError::new(errno)),
            }
        }
    }

    /// The path in the catalog, with its variables.
    fn path(self, provider: &GUID) -> Result<WideString, WsaError> {
        let mut units = usize::try_from(MAX_PATH).unwrap_or(0);
        loop {
            let mut buffer = vec![0_u16; units];
            // The length is in characters, not in bytes.
            let (mut length, mut errno) = (i32::try_from(units).unwrap_or(MAX_PATH), SILENT);
            // SAFETY: the function exported under this name keeps its documented contract: it reads one id
            // and writes at most the stated number of characters.
            let result =
                unsafe { (self.path)(provider, buffer.as_mut_ptr(), &raw mut length, &raw mut errno) };
            match answer(result, errno) {
                Err(error) if error == WsaError::WSAEFAULT && units < LONGEST => {
                    units = (units * 4).min(LONGEST);
                }
                Err(error) => return Err(error),
                Ok(()) => {
                    let end = buffer.iter().position(|unit| *unit == 0).unwrap_or(buffer.len());
                    buffer.truncate(end);
                    return Ok(WideString::from_units(buffer));
                }
            }
        }
    }

    /// The categories of a layer. For a layer that never got any, some systems report a failure.
    fn categories(self, provider: &GUID) -> Result<u32, WsaError> {
        let (mut categories, mut size, mut errno) = (0_u32, size_of::<u32>(), SILENT);
        let info = (&raw mut categories).cast::<u8>();
        // SAFETY: the function exported under this name keeps its documented contract: it reads one id and
        // writes the stated four bytes.
        let result = unsafe {
            (self.get)(provider, ProviderInfoLspCategories, info, &raw mut size, 0, &raw mut errno)
        };
        match answer(result, errno) {
            // The layer may have categories, which a removal and its undo would lose.
            Err(error) if error == WsaError::WSA_NOT_ENOUGH_MEMORY => Err(error),
            Err(_) => Ok(0),
            Ok(()) => Ok(categories),
        }
    }
}

impl Registrar for System {
    fn widths(&self) -> Vec<Width> {
        self.catalogs.iter().map(|(width, _)| *width).collect()
    }

    fn read(&mut self, width: Width) -> Result<Catalog, WsaError> {
        let functions = self.functions(width)?;
        let mut catalog = Catalog::default();
        for info in functions.entries()? {
            let known = catalog.of(&info.ProviderId).next();
            let path =
                known.map_or_else(|| functions.path(&info.ProviderId), |known| Ok(known.path.clone()))?;
            catalog.entries.push(Entry { info, path, categories: 0 });
        }
        let layers: Vec<GUID> = catalog
            .entries
            .iter()
            .filter(|entry| entry.is_layer())
            .map(|entry| entry.info.ProviderId)
            .collect();
        for layer in layers {
            let categories = functions.categories(&layer)?;
            let entries = catalog.entries.iter_mut().filter(|entry| entry.info.ProviderId == layer);
            entries.for_each(|entry| entry.categories = categories);
        }
        Ok(catalog)
    }

    fn cannot_add(&self, place: Place) -> Option<&'static str> {
        cannot_add(Width::OWN, place)
    }

    fn add(
        &mut self,
        place: Place,
        provider: &GUID,
        path: &WideString,
        entries: &[WSAPROTOCOL_INFOW],
    ) -> Result<(), WsaError> {
        let install = match place {
            Place::In(width) if width == Width::OWN => import::find_wsc_install_provider(),
            Place::In(_) => None,
            Place::Both => import::find_wsc_install_provider64_32(),
        };
        let install = install.ok_or(WsaError::WSAEOPNOTSUPP)?;
        let count = u32::try_from(entries.len()).map_err(|_| WsaError::WSAEINVAL)?;
        let (path, mut errno) = (path.to_zero_ended(), SILENT);
        // SAFETY: the function exported under this name keeps its documented contract: it reads one id, a
        // zero-terminated path, and the stated number of entries.
        let result = unsafe { install(provider, path.as_ptr(), entries.as_ptr(), count, &raw mut errno) };
        answer(result, errno)
    }

    fn remove(&mut self, width: Width, provider: &GUID) -> Result<(), WsaError> {
        let (functions, mut errno) = (self.functions(width)?, SILENT);
        // SAFETY: the function exported under this name keeps its documented contract: it reads one id.
        let result = unsafe { (functions.remove)(provider, &raw mut errno) };
        answer(result, errno)
    }

    fn reorder(&mut self, width: Width, ids: &[u32]) -> Result<(), WsaError> {
        let functions = self.functions(width)?;
        let count = u32::try_from(ids.len()).map_err(|_| WsaError::WSAEINVAL)?;
        // SAFETY: the function exported under this name keeps its documented contract: it reads the stated
        // number of ids.
        match unsafe { (functions.reorder)(ids.as_ptr(), count) } {
            NO_ERROR => Ok(()),
            code => Err(WsaError::new(code)),
        }
    }

    fn categorise(&mut self, width: Width, provider: &GUID, categories: u32) -> Result<(), WsaError> {
        let (functions, mut errno) = (self.functions(width)?, SILENT);
        let (info, size) = ((&raw const categories).cast::<u8>(), size_of::<u32>());
        // SAFETY: the function exported under this name keeps its documented contract: it reads one id and
        // the four bytes of the categories.
        let result =
            unsafe { (functions.set)(provider, ProviderInfoLspCategories, info, size, 0, &raw mut errno) };
        answer(result, errno)
    }
}

/// What programs permit on this system. Changes require an administrator.
pub struct SystemApplications {
    get: ffi::WSCGetApplicationCategoryFn,
    set: ffi::WSCSetApplicationCategoryFn,
}

impl SystemApplications {
    /// Opens the store of this system; `None` if it has none.
    #[must_use]
    pub fn open() -> Option<Self> {
        Some(Self {
            get: import::find_wsc_get_application_category()?,
            set: import::find_wsc_set_application_category()?,
        })
    }
}

/// Zero-terminated text, and its length without the zero, as Ws2_32 takes it.
fn text(text: &WideString) -> Result<(Vec<u16>, u32), WsaError> {
    let length = u32::try_from(text.units().len()).map_err(|_| WsaError::WSAEINVAL)?;
    Ok((text.to_zero_ended(), length))
}

/// The arguments of a program: null if it has none.
fn arguments(application: &Application) -> Result<(Option<Vec<u16>>, u32), WsaError> {
    match &application.arguments {
        Some(arguments) => text(arguments).map(|(units, length)| (Some(units), length)),
        None => Ok((None, 0)),
    }
}

impl Applications for SystemApplications {
    fn permitted(&mut self, application: &Application) -> Result<Option<u32>, WsaError> {
        let ((path, length), (extra, extra_length)) = (text(&application.path)?, arguments(application)?);
        let extra = extra.as_ref().map_or(std::ptr::null(), Vec::as_ptr);
        let (mut permitted, mut errno) = (0, SILENT);
        // SAFETY: the function exported under this name keeps its documented contract: it reads two texts of
        // the stated lengths, the second of which may be null, and writes the categories and the error code.
        let result = unsafe {
            (self.get)(path.as_ptr(), length, extra, extra_length, &raw mut permitted, &raw mut errno)
        };
        match answer(result, errno) {
            Err(WsaError::WSASERVICE_NOT_FOUND) => Ok(None),
            answer => answer.map(|()| Some(permitted)),
        }
    }

    fn permit(&mut self, application: &Application, categories: u32) -> Result<(), WsaError> {
        let ((path, length), (extra, extra_length)) = (text(&application.path)?, arguments(application)?);
        let extra = extra.as_ref().map_or(std::ptr::null(), Vec::as_ptr);
        let (mut previous, mut errno) = (0, SILENT);
        // SAFETY: as above, and it writes the previous categories.
        let result = unsafe {
            (self.set)(
                path.as_ptr(),
                length,
                extra,
                extra_length,
                categories,
                &raw mut previous,
                &raw mut errno,
            )
        };
        answer(result, errno)
    }

    fn forget(&mut self, application: &Application) -> Result<(), PermissionError> {
        registry::forget(application)
    }
}

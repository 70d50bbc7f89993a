//! The files of the examples' libraries: their exports, imports, and the headers that Windows checks when it
//! loads them.
//!
//! `cargo xtask windows` builds them, and passes their folders in `WPU_WINDOWS_LIBRARIES`.

use object::LittleEndian as LE;
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader, PeFile, PeFile32, PeFile64};
use object::{FileKind, Object, pe};
use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use wpu_sys::{Dispatch, UPCALLS};

/// The number of libraries in a folder.
const LIBRARIES: usize = 8;

#[test]
fn the_libraries_export_and_import_what_they_should() {
    let Some(folders) = std::env::var_os("WPU_WINDOWS_LIBRARIES") else {
        // Written to the terminal directly, since the output of a passing test is not shown.
        let line = b"not run: exports and imports of libraries for Windows (`cargo xtask windows`)\n";
        std::io::stderr().write_all(line).expect("there is a terminal or a log");
        return;
    };
    for folder in std::env::split_paths(&folders) {
        let entries = fs::read_dir(&folder).expect("the folder can be read");
        let paths = entries.map(|entry| entry.expect("the folder can be read").path());
        let libraries: Vec<_> =
            paths.filter(|path| path.extension().is_some_and(|end| end == "dll")).collect();
        assert_eq!(libraries.len(), LIBRARIES, "{}: {libraries:?}", folder.display());
        for path in libraries {
            let both = path.file_stem().is_some_and(|name| name == "san");
            let said = read(&path, both).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            println!("{}: {said}", path.display());
        }
    }
}

type Result<T> = std::result::Result<T, Box<dyn Error>>;

macro_rules! bail {
    ($($text:tt)*) => { return Err(format!($($text)*).into()) };
}

/// Reads a library; an error describes its fault. `both`: it also has the entry point with sixteen upcalls.
fn read(path: &Path, both: bool) -> Result<String> {
    let bytes = fs::read(path)?;
    match FileKind::parse(&*bytes)? {
        FileKind::Pe32 => checked(&PeFile32::parse(&*bytes)?, both),
        FileKind::Pe64 => checked(&PeFile64::parse(&*bytes)?, both),
        other => bail!("it is not a library of Windows, but {other:?}"),
    }
}

fn checked<H: ImageNtHeaders>(file: &PeFile<'_, H>, both: bool) -> Result<String> {
    let exports = file.exports()?;
    let exports: Vec<_> = exports.iter().map(|export| String::from_utf8_lossy(export.name())).collect();
    let expected: &[&str] = if both { &["WSPStartup", "WSPStartupEx"] } else { &["WSPStartup"] };
    if exports != expected {
        bail!("exports {exports:?} instead of {expected:?}");
    }
    let imports = file.imports()?;
    for import in &imports {
        let name = String::from_utf8_lossy(import.name());
        let name = name.trim_start_matches('_').split('@').next().unwrap_or_default();
        let unexported = UPCALLS.iter().find(|upcall| upcall.name == name);
        if unexported.is_some_and(|upcall| matches!(upcall.dispatch, Dispatch::Slot)) {
            bail!("imports `{name}`, which no library exports");
        }
    }
    let header = file.nt_headers();
    let (flags, wide) = (header.file_header().characteristics.get(LE), header.is_type_64());
    let optional = header.optional_header();
    let needed = pe::IMAGE_FILE_DLL | pe::IMAGE_FILE_EXECUTABLE_IMAGE;
    if flags & needed != needed {
        bail!("its characteristics are {flags:#x}, which is not that of a library");
    }
    if flags & pe::IMAGE_FILE_RELOCS_STRIPPED != 0 {
        bail!("it cannot be moved in memory");
    }
    let machine = header.file_header().machine.get(LE);
    let expected = if wide { pe::IMAGE_FILE_MACHINE_AMD64 } else { pe::IMAGE_FILE_MACHINE_I386 };
    if machine != expected {
        bail!("it is for machine {machine:#x}");
    }
    let subsystem = optional.subsystem();
    if ![pe::IMAGE_SUBSYSTEM_WINDOWS_CUI, pe::IMAGE_SUBSYSTEM_WINDOWS_GUI].contains(&subsystem) {
        bail!("its subsystem is {subsystem}");
    }
    let security = optional.dll_characteristics();
    let safe = pe::IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE | pe::IMAGE_DLLCHARACTERISTICS_NX_COMPAT;
    if security & safe != safe {
        bail!("its security characteristics are {security:#x}, without {safe:#x}");
    }
    Ok(format!(
        "exports {}; {} imports, none of an upcall that is not exported",
        exports.join(", "),
        imports.len()
    ))
}

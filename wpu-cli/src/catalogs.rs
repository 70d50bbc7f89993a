//! The catalogs that a command uses: those of the system, or those of a file.

use crate::text;
use crate::value::Source;
use wpu_install::{
    BadSnapshot, Catalogs, Memory, Registrar, System, WideString, Width, missing_files, read_snapshot,
};

/// Refuses to change a file, which is only for listing and planning.
pub fn is_file_to_change(source: &Source, dry_run: bool) -> Result<(), String> {
    match source {
        Source::File(_) if !dry_run => {
            Err("a catalog file cannot be changed, only planned with: add --dry-run".to_owned())
        }
        _ => Ok(()),
    }
}

/// The current catalogs, and their registrar.
pub struct Opened {
    pub registrar: Box<dyn Registrar>,
    pub catalogs: Catalogs,
    /// The provider files that were missing on the system where a catalog file was written.
    pub missing: Option<Vec<(Width, WideString)>>,
}

pub fn open(source: &Source) -> Result<Opened, String> {
    match source {
        Source::System(widths) => {
            let mut system = system(widths)?;
            let catalogs = system.read_all().map_err(|error| format!("cannot read the catalog: {error}"))?;
            Ok(Opened { registrar: Box::new(system), catalogs, missing: None })
        }
        Source::File(path) => {
            let shown = path.display();
            let text = text::read(path)?;
            let read = || Ok::<_, BadSnapshot>((read_snapshot(&text)?, missing_files(&text)?));
            let (catalogs, missing) = read().map_err(|error| format!("`{shown}`: {error}"))?;
            let registrar = Box::new(Memory::new(catalogs.clone()));
            Ok(Opened { registrar, catalogs, missing: Some(missing) })
        }
    }
}

fn system(widths: &[Width]) -> Result<System, String> {
    System::open(widths).ok_or_else(|| {
        let why = if cfg!(windows) {
            "a 32-bit program cannot access the 64-bit catalog: use the 64-bit build of wpu"
        } else {
            "only Windows has a catalog of providers; elsewhere, plan with one that `wpu catalog --json` wrote \
            there: --catalog <file> --dry-run"
        };
        why.to_owned()
    })
}

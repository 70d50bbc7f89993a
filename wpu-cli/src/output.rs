//! Standard output and standard error, either of which may be closed or full.

use std::io::{ErrorKind, Write};

/// Writes a whole text to standard output.
///
/// A reader that goes away has seen enough: that is no error.
///
/// # Errors
///
/// Why it cannot be written.
pub fn print(text: &str) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(format!("cannot write to standard output: {error}"))
        }
        _ => Ok(()),
    }
}

/// Writes to standard error. Where that cannot be written, the exit code must do.
pub fn complain(text: &str) {
    let mut out = std::io::stderr().lock();
    let _ = out.write_all(format!("{}\n", text.trim_end()).as_bytes());
}

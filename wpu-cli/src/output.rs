//! Standard output and standard error, either of which may be closed or full.

use std::io::{ErrorKind, Write};

/// Writes a text to standard output.
///
/// A closed pipe is not an error.
///
/// # Errors
///
/// The error of writing.
pub fn print(text: &str) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(format!("cannot write to standard output: {error}"))
        }
        _ => Ok(()),
    }
}

/// Writes to standard error. If that fails, only the exit code reports the problem.
pub fn complain(text: &str) {
    let mut out = std::io::stderr().lock();
    let _ = out.write_all(format!("{}\n", text.trim_end()).as_bytes());
}

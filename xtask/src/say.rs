//! Printing that ends the command when the output cannot be written, in place of the macros of the standard
//! library, which panic.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};

macro_rules! print {
    ($($text:tt)*) => { $crate::say::out(format_args!($($text)*)) };
}
macro_rules! println {
    () => { $crate::say::out(format_args!("\n")) };
    ($($text:tt)*) => { $crate::say::out(format_args!("{}\n", format_args!($($text)*))) };
}
macro_rules! eprint {
    ($($text:tt)*) => { $crate::say::beside(format_args!($($text)*)) };
}
macro_rules! eprintln {
    ($($text:tt)*) => { $crate::say::beside(format_args!("{}\n", format_args!($($text)*))) };
}

/// Writes to standard output. If the pipe is closed, the command ends without a message, but not with
/// success.
pub(crate) fn out(text: Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    if let Err(error) = out.write_fmt(text).and_then(|()| out.flush()) {
        if error.kind() != ErrorKind::BrokenPipe {
            beside(format_args!("error: cannot write to standard output: {error}\n"));
        }
        std::process::exit(1);
    }
}

/// Writes to standard error. If that fails, only the exit code reports the problem.
pub(crate) fn beside(text: Arguments<'_>) {
    let _ = std::io::stderr().lock().write_fmt(text);
}

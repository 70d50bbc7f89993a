//! The end of this process, in which a function is called while another thread is blocked for ever.

use std::io::Write as _;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

type CleanUp = unsafe extern "system" fn(*mut i32) -> i32;

static CLEAN_UP: OnceLock<(CleanUp, &str)> = OnceLock::new();

/// Ends the process. At its end the function of a provider is called, as static destructors of programs do, and then
/// this is printed.
pub fn end(clean_up: CleanUp, done: &'static str) -> ! {
    CLEAN_UP.set((clean_up, done)).expect("once");
    std::process::exit(0);
}

/// Cleans up at the end of the process.
fn at_the_end() {
    let Some((clean_up, done)) = CLEAN_UP.get() else { return };
    let (begin, mut errno) = (Instant::now(), 0);
    // SAFETY: the function is that of a started provider, and the pointer is one to a local.
    let answer = unsafe { clean_up(&raw mut errno) };
    // Less than the time for which a clean-up would wait for a call.
    if answer == 0 && begin.elapsed() < Duration::from_millis(900) {
        let _ = std::io::stdout().write_all(format!("{done}\n").as_bytes());
        let _ = std::io::stdout().flush();
    }
}

mod system {
    /// Handlers run in the reverse order, so that this one, which is there before the program begins, runs late, as those of
    /// the statics of a program do.
    #[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array"))]
    #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
    #[used]
    static BEFORE: extern "C" fn() = before;

    unsafe extern "C" {
        fn atexit(function: extern "C" fn()) -> std::ffi::c_int;
    }

    extern "C" fn before() {
        // SAFETY: the function can be called when the process ends.
        unsafe { atexit(ends) };
    }

    extern "C" fn ends() {
        super::at_the_end();
    }
}

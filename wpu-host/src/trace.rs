//! The trace: every upcall that reached a host, in the order in which they returned.

use crate::threads::Me;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use wpu_sys::Upcall;
use wpu_sys::host::Call;

/// An upcall and its result.
#[derive(Debug, Clone)]
pub struct TraceLine {
    /// The upcall.
    pub upcall: &'static Upcall,
    /// The arguments as text.
    pub arguments: String,
    /// The result as text.
    pub outcome: String,
    /// A remark on what the result does not show.
    pub note: Option<&'static str>,
    /// The calling thread: 1 for the first thread that called this host, and so on; 0 for a thread whose
    /// thread-local values are already destroyed.
    pub thread: usize,
}

impl fmt::Display for TraceLine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}({}) = {}", self.upcall.name, self.arguments, self.outcome)?;
        self.note.map_or(Ok(()), |note| write!(out, " ({note})"))
    }
}

/// The lines so far, and the number of each thread in them.
#[derive(Default)]
pub(crate) struct Trace {
    lines: Vec<TraceLine>,
    threads: BTreeMap<usize, usize>,
}

thread_local! {
    /// The note for the upcall that this thread is executing. It has no destructor, so that it is accessible
    /// until the thread ends.
    static NOTE: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Adds a note to the line of the current upcall.
pub(crate) fn note(text: &'static str) {
    NOTE.set(Some(text));
}

/// Formats a line without its thread number, before the trace is locked.
pub(crate) fn line(call: &Call<'_>) -> TraceLine {
    TraceLine {
        upcall: call.upcall,
        arguments: call.arguments.to_string(),
        outcome: call.outcome.to_string(),
        note: NOTE.take(),
        thread: 0,
    }
}

impl Trace {
    pub(crate) fn push(&mut self, caller: Option<&Me>, mut line: TraceLine) {
        line.thread = caller.map_or(0, |me| self.number(me));
        self.lines.push(line);
    }

    pub(crate) fn lines(&self) -> &[TraceLine] {
        &self.lines
    }

    /// Clears the lines, and keeps the threads' numbers.
    pub(crate) fn clear(&mut self) {
        self.lines.clear();
    }

    fn number(&mut self, me: &Me) -> usize {
        let next = self.threads.len() + 1;
        *self.threads.entry(me.serial()).or_insert(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wpu_sys::{FACTS, UPCALLS};

    #[test]
    fn a_line_reads_like_a_call() {
        let upcall = &UPCALLS[FACTS.find("WPUCreateSocketHandle").expect("an upcall")];
        note("odd");
        let first = line(&Call {
            upcall,
            arguments: format_args!("entry {}, context {:#x}", 1001, 42),
            outcome: format_args!("{:#x}", 0x2b4),
        });
        assert_eq!(first.to_string(), "WPUCreateSocketHandle(entry 1001, context 0x2a) = 0x2b4 (odd)");
        let second = line(&Call { upcall, arguments: format_args!(""), outcome: format_args!("WSAENOBUFS") });
        assert_eq!(second.to_string(), "WPUCreateSocketHandle() = WSAENOBUFS");
    }

    #[test]
    fn threads_are_numbered_as_they_come() {
        let upcall = &UPCALLS[0];
        let call = || line(&Call { upcall, arguments: format_args!(""), outcome: format_args!("") });
        let me = Me::current().expect("the thread lives");
        let other =
            std::thread::spawn(|| Me::current().expect("the thread lives")).join().expect("the thread ran");
        let mut trace = Trace::default();
        trace.push(Some(&me), call());
        trace.push(Some(&other), call());
        trace.push(None, call());
        trace.push(Some(&me), call());
        let threads: Vec<_> = trace.lines().iter().map(|line| line.thread).collect();
        assert_eq!(threads, [1, 2, 0, 1]);
        trace.clear();
        trace.push(Some(&other), call());
        assert_eq!(trace.lines()[0].thread, 2);
    }
}

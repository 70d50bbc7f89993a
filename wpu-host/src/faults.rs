//! The rules for providers that the host checks, and the faults that it records.

use std::fmt;
use wpu_sys::ffi;

/// A breach of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The rule that was broken.
    pub rule: Rule,
    /// The function in which the fault was detected, such as `WSPSend` or `WPUQueueApc`.
    pub call: &'static str,
    /// The details of the fault.
    pub detail: String,
}

/// The stop code of Application Verifier that corresponds to a rule. Codes and names are those of Microsoft's
/// page [Stop Codes - Networking][page], of 2022-01-13.
///
/// [page]: https://learn.microsoft.com/windows-hardware/drivers/devtest/application-verifier-stop-codes-networking
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    /// The numeric code.
    pub code: u32,
    /// The symbolic name.
    pub name: &'static str,
}

macro_rules! rules {
    ($($rule:ident: $text:literal $(, $stop:ident)?;)*) => {
        /// A rule for providers that the host checks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $(#[doc = concat!("Broken when ", $text, ".")] $rule,)*
        }

        impl Rule {
            /// All rules.
            pub const ALL: &[Self] = &[$(Self::$rule),*];

            /// Describes the behaviour that breaks the rule.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self { $(Self::$rule => $text,)* }
            }

            /// The stop with which Application Verifier ends a program for the same reason.
            #[must_use]
            pub fn stop(self) -> Option<Stop> {
                #[allow(unused_assignments, unused_mut)]
                match self {
                    $(Self::$rule => {
                        let mut stop = None;
                        $(stop = Some(Stop { code: ffi::$stop, name: stringify!($stop) });)?
                        stop
                    })*
                }
            }
        }
    };
}

rules! {
    ErrnoOnSuccess: "a call succeeds and leaves an error", WSP_RETURN_INVALID;
    FailureWithoutErrno: "a call fails and leaves no error", WSP_RETURN_INVALID;
    BadAnswer: "a call returns a value that its documentation does not allow",
        WSP_RETURN_INVALID;
    TooMuch: "a call reports more bytes than were requested", WSP_RETURN_INVALID;
    PendingWithoutRequest: "a call without an overlapped structure returns `WSA_IO_PENDING`",
        WSP_RETURN_INVALID;
    Modified: "a call writes to memory that its documentation says is not modified";
    UnknownHandle: "a provider returns a socket that Ws2_32 does not know",
        WSP_INVALID_SOCKET_HANDLE;
    WrongEntry: "a provider registers a socket for another entry than the one it was asked for";
    UsedAfterClose: "an upcall names a socket that was closed", WSP_SOCKET_ALREADY_CLOSED;
    NotASocket: "an upcall names a socket that never existed", WSP_INVALID_SOCKET_HANDLE;
    NotAFileHandle: "a provider registers a file handle, and its entry has none or the handle is not the system's";
    OtherProcess: "an upcall names a handle of another host, which stands for another process";
    NeverTold: "the completion of an accepted request is never reported";
    ToldTwice: "the completion of a request is reported twice";
    ToldAfterFailure: "a completion is reported for a request that was refused";
    WrongWay: "a completion is reported without the completion routine that the client gave, or with one that it did not give";
    WrongThread: "a completion routine runs on another thread than the one that made the request";
    ResultWritten: "a provider itself writes the result of a request that `WPUCompleteOverlappedRequest` completes";
    ClosedClientEvent: "a provider closes an event of its client";
    ClosedEvent: "a provider uses an event that it has closed";
    ForeignMessage: "a message names a socket that its client never registered for messages";
    KeptThreadId: "a provider uses the thread id of a call after the call";
    ClosedThreadId: "an upcall names a thread id that was closed";
    ClientThread: "a provider opens an id for the thread of a call that came with one";
    CallbackElsewhere: "a provider calls a blocking callback on another thread than the one that it blocks";
    UnknownProvider: "a provider asks for the path of a provider that is not in the catalog";
    ForeignMember: "a provider asks about a set of its client with a socket that its client does not have";
    KeptBuffers: "a provider uses the buffer array of a call after the call";
    OutsideRun: "a provider makes an upcall after its last clean-up", WSP_NOT_INITIALIZED;
    LeftOpen: "a provider leaves a handle open at its last clean-up",
        WSP_LEAKED_SOCKET_HANDLE;
    ToldAtCleanUp: "the last clean-up reports the completion of a pending request";
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}: {}", self.call, self.rule.text(), self.detail)?;
        self.rule.stop().map_or(Ok(()), |stop| write!(out, " ({stop})"))
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Application Verifier's {:04x} {}", self.code, self.name)
    }
}

/// The recorded faults.
pub(crate) struct Faults {
    watching: bool,
    found: Vec<Fault>,
}

impl Default for Faults {
    fn default() -> Self {
        Self { watching: true, found: Vec::new() }
    }
}

impl Faults {
    pub(crate) fn watch(&mut self, watching: bool) {
        self.watching = watching;
    }

    pub(crate) fn add(&mut self, rule: Rule, call: &'static str, detail: impl Into<String>) {
        if self.watching {
            self.found.push(Fault { rule, call, detail: detail.into() });
        }
    }

    pub(crate) fn found(&self) -> &[Fault] {
        &self.found
    }

    pub(crate) fn clear(&mut self) {
        self.found.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_reads_like_a_sentence() {
        let mut faults = Faults::default();
        faults.add(Rule::TooMuch, "WSPRecv", "9 bytes of 8");
        faults.watch(false);
        faults.add(Rule::WrongEntry, "WSPSocket", "1002 for 1001");
        assert_eq!(faults.found().len(), 1);
        assert_eq!(
            faults.found()[0].to_string(),
            "WSPRecv: a call reports more bytes than were requested: 9 bytes of 8 \
             (Application Verifier's e00e WSP_RETURN_INVALID)"
        );
        faults.clear();
        assert!(faults.found().is_empty());
    }

    #[test]
    fn every_rule_says_what_breaks_it() {
        for rule in Rule::ALL {
            assert!(rule.text().contains(' ') && !rule.text().ends_with('.'), "{rule:?}");
        }
        assert_eq!(Rule::WrongEntry.stop(), None);
    }
}

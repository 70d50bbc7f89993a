//! What providers did against the rules, as the host noticed it.

use std::fmt;
use wpu_sys::ffi;

/// One breach of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The rule.
    pub rule: Rule,
    /// The function in which it was noticed, such as `WSPSend` or `WPUQueueApc`.
    pub call: &'static str,
    /// What exactly happened.
    pub detail: String,
}

/// The stop of Application Verifier that stands for a rule. Codes and names are those of Microsoft's page
/// [Stop Codes - Networking][page], of 2022-01-13.
///
/// [page]: https://learn.microsoft.com/windows-hardware/drivers/devtest/application-verifier-stop-codes-networking
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    /// Its code.
    pub code: u32,
    /// Its name.
    pub name: &'static str,
}

macro_rules! rules {
    ($($rule:ident: $text:literal $(, $stop:ident)?;)*) => {
        /// A rule for providers that the host watches over.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $(#[doc = concat!("Broken where ", $text, ".")] $rule,)*
        }

        impl Rule {
            /// All rules.
            pub const ALL: &[Self] = &[$(Self::$rule),*];

            /// What a provider does that breaks it.
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
    BadAnswer: "a call answers with a value that its documentation does not have",
        WSP_RETURN_INVALID;
    TooMuch: "a call reports more than was asked for", WSP_RETURN_INVALID;
    PendingWithoutRequest: "a call without an overlapped structure answers `WSA_IO_PENDING`",
        WSP_RETURN_INVALID;
    Modified: "a call writes where its documentation says that nothing is modified";
    UnknownHandle: "a provider hands out a socket that Ws2_32 does not know",
        WSP_INVALID_SOCKET_HANDLE;
    WrongEntry: "a provider registers a socket for another entry than the one it was asked for";
    UsedAfterClose: "an upcall names a socket that was closed", WSP_SOCKET_ALREADY_CLOSED;
    NotASocket: "an upcall names a socket that never was", WSP_INVALID_SOCKET_HANDLE;
    NeverTold: "a request is accepted, and the client is never told how it ended";
    ToldTwice: "a client is told twice how a request ended";
    ToldAfterFailure: "a client is told of a request that was refused";
    WrongWay: "a client that gave a completion routine is told in another way, or the reverse";
    WrongThread: "a completion routine runs on another thread than the one that asked for it";
    ClosedClientEvent: "a provider closes an event of its client";
    ForeignMessage: "a message names a socket that its client never asked about";
    KeptThreadId: "a provider uses the thread id of a call after the call";
    KeptBuffers: "a provider uses the buffer array of a call after the call";
    OutsideRun: "a provider makes an upcall after its last clean-up", WSP_NOT_INITIALIZED;
    LeftOpen: "a provider leaves a handle open at its last clean-up",
        WSP_LEAKED_SOCKET_HANDLE;
    ToldAtCleanUp: "a client is told of a pending request by the last clean-up";
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

/// The faults so far.
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
            "WSPRecv: a call reports more than was asked for: 9 bytes of 8 \
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

//! Errors: their names, their texts, and their conversions to `std::io`.

use std::error::Error;
use std::io::{self, ErrorKind};
use wpu::facts::ERRORS;
use wpu::{Failed, Refused, WsaError};

/// A number that is not an error code of the spec.
const UNKNOWN: WsaError = WsaError::new(12345);

#[test]
fn a_code_has_the_first_name_that_the_spec_gives_it() {
    for error in &ERRORS {
        let first = ERRORS.iter().find(|other| other.value == error.value).expect("itself");
        assert_eq!(WsaError::new(error.value).name(), Some(first.name));
        assert_eq!(WsaError::new(error.value).code(), error.value);
    }
    assert_eq!(UNKNOWN.name(), None);
}

#[test]
fn an_error_says_its_name_code_and_meaning() {
    for error in &ERRORS {
        let fact = WsaError::new(error.value).fact().expect("named");
        let said = format!("{} ({}): {}", fact.name, error.value, fact.text);
        assert_eq!(WsaError::new(error.value).to_string(), said);
        assert_eq!(format!("{:?}", WsaError::new(error.value)), format!("{} ({})", fact.name, error.value));
    }
}

#[test]
fn an_unknown_code_says_its_number() {
    assert_eq!(UNKNOWN.to_string(), "error 12345");
    assert_eq!(format!("{UNKNOWN:?}"), "error 12345");
}

#[test]
fn names_stand_for_their_winsock_values() {
    let values = [
        (WsaError::WSA_INVALID_HANDLE, 6),
        (WsaError::ERROR_INVALID_HANDLE, 6),
        (WsaError::WSA_NOT_ENOUGH_MEMORY, 8),
        (WsaError::WSAEFAULT, 10014),
        (WsaError::WSAEINVAL, 10022),
        (WsaError::WSAENOTSOCK, 10038),
        (WsaError::WSAENOBUFS, 10055),
        (WsaError::WSASYSNOTREADY, 10091),
        (WsaError::WSAVERNOTSUPPORTED, 10092),
        (WsaError::WSANOTINITIALISED, 10093),
        (WsaError::WSASYSCALLFAILURE, 10107),
    ];
    for (error, value) in values {
        assert_eq!(error.code(), value);
    }
}

#[test]
fn io_errors_convert_back() {
    let codes = ERRORS.iter().map(|error| WsaError::new(error.value)).chain([UNKNOWN]);
    for error in codes {
        let io = io::Error::from(error);
        assert_eq!(io.raw_os_error(), cfg!(windows).then_some(error.code()));
        assert_eq!(WsaError::from(io), error);
    }
}

#[test]
#[cfg(not(windows))]
fn io_errors_have_the_matching_kind_and_text() {
    let kinds = [
        (WsaError::WSAEINTR, ErrorKind::Interrupted),
        (WsaError::WSAEWOULDBLOCK, ErrorKind::WouldBlock),
        (WsaError::WSAENOTSOCK, ErrorKind::InvalidInput),
        (WsaError::WSAENOBUFS, ErrorKind::OutOfMemory),
        (WsaError::WSAENETDOWN, ErrorKind::NetworkDown),
        (WsaError::WSAEOPNOTSUPP, ErrorKind::Unsupported),
        (WsaError::WSASYSCALLFAILURE, ErrorKind::Other),
        (UNKNOWN, ErrorKind::Other),
    ];
    for (error, kind) in kinds {
        let io = io::Error::from(error);
        assert_eq!(io.kind(), kind, "{error}");
        assert_eq!(io.to_string(), error.to_string());
    }
}

#[test]
fn a_foreign_io_error_is_the_error_of_its_kind() {
    let kinds = [
        (ErrorKind::WouldBlock, WsaError::WSAEWOULDBLOCK),
        (ErrorKind::ConnectionReset, WsaError::WSAECONNRESET),
        (ErrorKind::BrokenPipe, WsaError::WSAECONNRESET),
        (ErrorKind::InvalidInput, WsaError::WSAEINVAL),
        (ErrorKind::OutOfMemory, WsaError::WSAENOBUFS),
        // Winsock has no error for these kinds.
        (ErrorKind::NotFound, WsaError::WSASYSCALLFAILURE),
        (ErrorKind::Other, WsaError::WSASYSCALLFAILURE),
    ];
    for (kind, error) in kinds {
        assert_eq!(WsaError::from(io::Error::from(kind)), error, "{kind:?}");
        assert_eq!(WsaError::from(&io::Error::new(kind, "foreign")), error, "{kind:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_code_of_linux_is_that_of_its_kind() {
    const ECONNREFUSED: i32 = 111;
    assert_eq!(WsaError::from(io::Error::from_raw_os_error(ECONNREFUSED)), WsaError::WSAECONNREFUSED);
}

#[test]
#[cfg(windows)]
fn a_code_of_windows_that_winsock_does_not_name_is_that_of_its_kind() {
    // ERROR_ACCESS_DENIED, and a code without a kind.
    assert_eq!(WsaError::from(io::Error::from_raw_os_error(5)), WsaError::WSAEACCES);
    assert_eq!(WsaError::from(io::Error::from_raw_os_error(1167)).code(), 1167);
}

#[test]
fn a_refusal_has_an_error_and_returns_the_value() {
    let refused = Refused { error: WsaError::WSAEFAULT, rest: Box::new(7) };
    assert_eq!(refused.to_string(), WsaError::WSAEFAULT.to_string());
    assert!(format!("{refused:?}").contains("WSAEFAULT"));
    assert_eq!(*refused.rest, 7);
}

#[test]
fn all_error_types_are_send_and_sync() {
    let errors: [Box<dyn Error + Send + Sync>; 3] = [
        Box::new(WsaError::WSAEINVAL),
        Box::new(Refused { error: WsaError::WSAEINVAL, rest: () }),
        Box::new(Failed),
    ];
    let [code, refused, failed] = errors.map(|error| error.to_string());
    assert_eq!(code, refused);
    assert_ne!(code, failed);
}

//! Pointers that a client must not pass: each is refused, and the right ones are taken.

use super::*;
use std::ptr;

/// The pointers of a call: those that are right, or some of them.
#[derive(Clone, Copy)]
enum Given {
    Right,
    Null(usize),
    Crooked(usize),
}

impl Given {
    /// The pointer in this place.
    fn at<T>(self, place: usize, right: *mut T) -> *mut T {
        match self {
            Self::Null(wrong) if wrong == place => ptr::null_mut(),
            Self::Crooked(wrong) if wrong == place => right.wrapping_byte_add(1),
            _ => right,
        }
    }
}

#[test]
fn wrong_pointers_of_settings_are_refused() {
    let _checks = wpu_evidence::checked([
        "WSPEnumNetworkEvents.lpNetworkEvents.not-null",
        "WSPGetSockOpt.optlen.not-null",
        "WSPGetSockOpt.optval.not-null",
        "WSPSetSockOpt.optval.not-null",
    ]);
    let world = World::new();
    let (socket, _) = world.stream();
    let procs = world.client.procs(socket).expect("a provider");
    let (get, set) = (procs.lpWSPGetSockOpt.expect("a function"), procs.lpWSPSetSockOpt.expect("a function"));
    let look = procs.lpWSPEnumNetworkEvents.expect("a function");
    let call = |which: &str, given: Given| {
        let (mut value, mut length, mut errno) = ([0_u8; 4], [4_i32; 2], 0);
        let mut events = [WSANETWORKEVENTS::ZERO; 2];
        let (value, length) = (given.at(0, value.as_mut_ptr()), given.at(1, length.as_mut_ptr()));
        let events = given.at(0, events.as_mut_ptr());
        let errno_at = &raw mut errno;
        let answer = match which {
            // SAFETY: the provider is started, and each pointer points to a local, or is one that is refused.
            "get" => unsafe { get(socket, SOL_SOCKET, SO_RCVBUF, value, length, errno_at) },
            // SAFETY: as above.
            "set" => unsafe { set(socket, SOL_SOCKET, SO_RCVBUF, value, 4, errno_at) },
            // SAFETY: as above.
            _ => unsafe { look(socket, ptr::null_mut(), events, errno_at) },
        };
        (answer, errno)
    };
    let refused = (SOCKET_ERROR, WsaError::WSAEFAULT.code());
    for which in ["get", "set", "look"] {
        assert_eq!(call(which, Given::Right), (0, 0), "{which}");
        assert_eq!(call(which, Given::Null(0)), refused, "{which}");
    }
    for wrong in [Given::Null(1), Given::Crooked(1)] {
        assert_eq!(call("get", wrong), refused);
    }
    assert_eq!(call("look", Given::Crooked(0)), refused);
    world.end([socket], []);
}

/// A routine that no call in this file gets to queue.
unsafe extern "system" fn routine(_: u32, _: u32, _: *mut WSAOVERLAPPED, _: u32) {}

#[test]
fn wrong_pointers_of_a_control_request_are_refused() {
    let _checks = wpu_evidence::checked(["WSPIoctl.lpOverlapped.aligned", "WSPIoctl.lpThreadId.not-null"]);
    let world = World::new();
    let (socket, _) = world.stream();
    let ioctl = world.client.procs(socket).expect("a provider").lpWSPIoctl.expect("a function");
    let thread = world.host.current_thread();
    let nobody = WSATHREADID::ZERO;
    let call = |overlapped: *mut WSAOVERLAPPED, routine, thread: *const WSATHREADID| {
        let (mut number, mut count, mut errno) = ([0_u8; 4], 0, 0);
        let (into, count, none) = (number.as_mut_ptr().cast(), &raw mut count, ptr::null_mut());
        // SAFETY: the provider is started, and each pointer points to a local, or is one that is refused.
        let answer = unsafe {
            ioctl(socket, FIONREAD, none, 0, into, 4, count, overlapped, routine, thread, &raw mut errno)
        };
        (answer, errno)
    };
    let refused = (SOCKET_ERROR, WsaError::WSAEFAULT.code());
    let mut structure = WSAOVERLAPPED::ZERO;
    let overlapped = &raw mut structure;
    assert_eq!(call(overlapped.wrapping_byte_add(1), None, &raw const thread), refused);
    for thread in [ptr::null(), &raw const nobody] {
        assert_eq!(call(overlapped, Some(routine), thread), refused);
    }
    assert_eq!(call(ptr::null_mut(), None, ptr::null()), (0, 0));
    assert_eq!(call(overlapped, None, &raw const thread), (0, 0));
    world.end([socket], []);
}

//! `WSPSelect`: what makes a socket ready, and what the call leaves alone.

use super::*;
use std::ptr;

/// The result of a call of `WSPSelect` with these members in the first set, and the members that are left.
fn raw(world: &World, nfds: i32, member: SOCKET, time: Option<&timeval>) -> (i32, i32, u32) {
    let select = world.client.procs(member).expect("a provider").lpWSPSelect.expect("a function");
    let mut set = fd_set { fd_count: 1, ..fd_set::ZERO };
    set.fd_array[0] = member;
    let time = time.map_or(ptr::null(), ptr::from_ref);
    let (none, mut errno) = (ptr::null_mut(), 0);
    // SAFETY: the provider is started, and the pointers are null or point to values that outlive the call.
    let answer = unsafe { select(nfds, &raw mut set, none, none, time, &raw mut errno) };
    (answer, errno, set.fd_count)
}

#[test]
fn the_count_is_ignored_and_the_time_only_read() {
    let _shows = wpu_evidence::tested(["WSPSelect.count-is-ignored", "WSPSelect.timeout-is-only-read"]);
    let world = World::new();
    let ((ready, end), (idle, _)) = (world.connected(), world.connected());
    end.arrive(b"a");
    for nfds in [0, -1, i32::MIN, 1, i32::MAX] {
        assert_eq!(raw(&world, nfds, ready, None), (1, 0, 1), "{nfds}");
        for time in [timeval { tv_sec: 0, tv_usec: 0 }, timeval { tv_sec: 0, tv_usec: 1500 }] {
            let before = (time.tv_sec, time.tv_usec);
            assert_eq!(raw(&world, nfds, idle, Some(&time)), (0, 0, 0), "{nfds}");
            assert_eq!((time.tv_sec, time.tv_usec), before);
        }
        let long = timeval { tv_sec: 60, tv_usec: 5 };
        assert_eq!(raw(&world, nfds, ready, Some(&long)), (1, 0, 1), "{nfds}");
        assert_eq!((long.tv_sec, long.tv_usec), (60, 5));
    }
    world.end([ready, idle], []);
}

#[test]
fn no_time_asks_and_calls_no_hook() {
    let _shows = wpu_evidence::tested(["WSPSelect.zero-timeout-asks"]);
    let world = World::new();
    let (socket, end) = world.connected();
    world.host.set_blocking_hook(|| -> bool { unreachable!("the call does not wait") });
    let read = || world.client.select(&[socket], &[], &[], Some(Duration::ZERO)).expect("a selection").read;
    assert_eq!(read(), Vec::<SOCKET>::new());
    end.arrive(b"a");
    assert_eq!(read(), [socket]);
    world.host.clear_blocking_hook();
    world.end([socket], []);
}

#[test]
fn a_failure_is_the_failure_value_and_nothing_else_is() {
    let _shows = wpu_evidence::tested(["WSPSelect.failure-returned"]);
    let world = World::new();
    let (socket, end) = world.connected();
    for time in [timeval { tv_sec: -1, tv_usec: 0 }, timeval { tv_sec: 0, tv_usec: -1 }] {
        let invalid = (SOCKET_ERROR, WsaError::WSAEINVAL.code(), 1);
        assert_eq!(raw(&world, 0, socket, Some(&time)), invalid, "there is no such time");
    }
    let select = world.client.procs(socket).expect("a provider").lpWSPSelect.expect("a function");
    let none = ptr::null_mut();
    let mut strange = fd_set { fd_count: 1, ..fd_set::ZERO };
    strange.fd_array[0] = 0xdead;
    for (set, code) in [(none, WsaError::WSAEINVAL), (&raw mut strange, WsaError::WSAENOTSOCK)] {
        let mut errno = 0;
        // SAFETY: the provider is started, and the pointers are null or point to locals.
        let answer = unsafe { select(0, set, none, none, ptr::null(), &raw mut errno) };
        assert_eq!((answer, errno), (SOCKET_ERROR, code.code()));
    }
    world.host.set_blocking_hook(|| false);
    assert_eq!(raw(&world, 0, socket, None), (SOCKET_ERROR, WsaError::WSAEINTR.code(), 1));
    world.host.clear_blocking_hook();
    let now = timeval { tv_sec: 0, tv_usec: 0 };
    assert_eq!(raw(&world, 0, socket, Some(&now)), (0, 0, 0));
    end.arrive(b"a");
    assert_eq!(raw(&world, 0, socket, Some(&now)), (1, 0, 1));
    world.host.clear_faults();
    world.end([socket], []);
}

#[test]
fn a_socket_is_readable_once_its_connection_has_ended() {
    let _shows = wpu_evidence::tested(["WSPSelect.readable-when-ended"]);
    let world = World::new();
    let client = &world.client;
    for end_of in [Ok(()), Err(WsaError::WSAECONNRESET), Err(WsaError::WSAECONNABORTED)] {
        let (socket, end) = world.connected();
        let read = |time| client.select(&[socket], &[], &[], time).expect("a selection").read;
        assert_eq!(read(Some(Duration::ZERO)), Vec::<SOCKET>::new());
        match end_of {
            Ok(()) => end.finish(),
            Err(error) => end.break_off(error),
        }
        assert_eq!(read(None), [socket], "{end_of:?}");
        // The socket blocks, and the receive ends at once.
        assert_eq!(client.recv(socket, &mut [0]), end_of.map(|()| 0));
        client.close(socket).expect("a socket to close");
    }
    world.end([], []);
}

#[test]
fn selections_of_events_are_left_alone() {
    let _shows = wpu_evidence::tested(["WSPSelect.leaves-event-selections"]);
    let world = World::new();
    let client = &world.client;
    let (socket, end) = world.connected();
    let (posting, far) = world.connected();
    let event = world.watch(socket, FD_READ | FD_WRITE);
    client.async_select(posting, world.host.window(), 0x401, FD_READ).expect("messages");
    let select = || {
        let all = [socket, posting];
        client.select(&all, &all, &all, Some(Duration::ZERO)).expect("a selection").read.len()
    };
    assert_eq!(select(), 0);
    assert_eq!(world.told(socket, event), told(FD_WRITE), "what was recorded is still there");
    end.arrive(b"a");
    far.arrive(b"a");
    assert_eq!(select(), 2);
    assert_eq!(world.told(socket, event), told(FD_READ));
    assert_eq!(world.host.messages().len(), 1);
    // The call re-enables nothing, and what comes after it is told as before.
    assert_eq!(select(), 2);
    assert_eq!((world.told(socket, event), world.host.messages().len()), (NOTHING, 1));
    for (socket, end) in [(socket, &end), (posting, &far)] {
        assert_eq!(client.recv(socket, &mut [0]), Ok(1));
        select();
        end.arrive(b"b");
    }
    assert_eq!((world.told(socket, event), world.host.messages().len()), (told(FD_READ), 2));
    world.end([socket, posting], [event]);
}

#[test]
fn the_hosts_client_asks_one_provider_about_sets_with_members() {
    let _shows = wpu_evidence::tested(["WSPSelect.one-provider-per-call", "WSPSelect.sets-have-members"]);
    let world = World::new();
    let ((stream, _), (other, _), (datagram, _)) = (world.connected(), world.connected(), world.datagram());
    let select = |read: &[_], write: &[_], except: &[_]| {
        locked(&SETS).clear();
        let answer =
            world.client.select(read, write, except, Some(Duration::ZERO)).map(|selected| selected.count);
        (answer, locked(&SETS).pop())
    };
    assert_eq!(select(&[], &[], &[]), (Err(WsaError::WSAEINVAL), None), "there is nobody to ask");
    assert_eq!(select(&[stream, other], &[], &[]), (Ok(0), Some([Some(2), None, None])));
    assert_eq!(select(&[], &[stream], &[other]), (Ok(1), Some([None, Some(1), Some(1)])));
    for (read, except) in [(&[stream, datagram][..], &[][..]), (&[stream], &[datagram])] {
        assert_eq!(select(read, &[], except), (Err(WsaError::WSAEINVAL), None), "they are of two providers");
    }
    world.end([stream, other, datagram], []);
}

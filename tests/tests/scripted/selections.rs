//! Selections of network events, their records and their event objects.

use super::*;
use std::ptr;
use std::sync::mpsc;

/// What the messages since `before` say: the window, the number, the socket and the event.
fn messages(world: &World, before: usize) -> Vec<(HWND, u32, SOCKET, isize)> {
    let posted = world.host.messages().split_off(before);
    posted.iter().map(|one| (one.window, one.message, one.wparam, one.lparam)).collect()
}

#[test]
fn a_selection_replaces_the_earlier_one_of_either_function() {
    let _shows = wpu_evidence::tested([
        "network-events.connect-before-write",
        "network-events.selection-replaces-earlier",
        "WSPAsyncSelect.message-as-asked",
        "WSPEnumNetworkEvents.only-event-selections",
    ]);
    let world = World::new();
    let (socket, end) = world.connected();
    let client = &world.client;
    let first = world.watch(socket, FD_READ);
    // Another event object, and another event.
    let second = world.watch(socket, FD_WRITE);
    end.arrive(b"a");
    assert_eq!((world.is_set(first), world.told(socket, second)), (false, told(FD_WRITE)));
    // Messages instead of an event object, which are never recorded and end the record.
    client.event_select(socket, first, FD_READ).expect("events");
    assert!(world.is_set(first));
    let windows = [world.host.window(), world.host.window()];
    client.async_select(socket, windows[0], 0x401, FD_READ).expect("messages");
    assert_eq!(messages(&world, 0), [(windows[0], 0x401, socket, FD_READ as isize)]);
    assert_eq!(world.record(socket, first).events, 0, "neither the old record nor what was posted");
    assert_eq!(client.recv(socket, &mut [0]), Ok(1));
    end.arrive(b"b");
    assert_eq!((messages(&world, 1).len(), world.told(socket, first)), (1, NOTHING));
    // Another window, another message and another event.
    client.async_select(socket, windows[1], 0x402, FD_WRITE).expect("messages");
    end.arrive(b"c");
    assert_eq!(messages(&world, 2), [(windows[1], 0x402, socket, FD_WRITE as isize)]);
    // An event object instead of messages.
    client.event_select(socket, second, FD_READ).expect("events");
    assert_eq!((messages(&world, 3), world.told(socket, second)), (vec![], told(FD_READ)));
    // No events at all end the record.
    assert_eq!(client.recv(socket, &mut [0]), Ok(1));
    assert!(world.is_set(second), "there is more to read");
    client.event_select(socket, ptr::null_mut(), 0).expect("events");
    assert_eq!(world.record(socket, second).events, 0);
    end.arrive(b"d");
    assert_eq!((messages(&world, 3), world.told(socket, second)), (vec![], NOTHING));
    // The message is the same for every event.
    client.async_select(socket, windows[0], 0x403, FD_CONNECT | FD_READ | FD_WRITE).expect("messages");
    let expected = [FD_CONNECT, FD_READ, FD_WRITE].map(|event| (windows[0], 0x403, socket, event as isize));
    assert_eq!(messages(&world, 3), expected);
    world.end([socket], [first, second]);
}

#[test]
fn each_selection_makes_the_socket_non_blocking() {
    let _shows = wpu_evidence::tested(["network-events.selection-unblocks-socket"]);
    let world = World::new();
    let client = &world.client;
    let event = world.host.client_event();
    for events in [FD_READ, 0] {
        for messages in [false, true] {
            let (socket, _) = world.connected();
            if messages {
                client.async_select(socket, world.host.window(), 0x401, events).expect("messages");
            } else {
                client.event_select(socket, event, events).expect("events");
            }
            // A blocking socket would wait for ever.
            assert_eq!(client.recv(socket, &mut [0]), Err(WsaError::WSAEWOULDBLOCK));
            client.close(socket).expect("a socket to close");
        }
    }
    world.end([], [event]);
}

#[test]
fn a_selection_that_fails_changes_nothing() {
    let _shows = wpu_evidence::tested(["network-events.failure-keeps-selection"]);
    let world = World::new();
    let client = &world.client;
    let fail = |socket, event| {
        let (invalid, window) = (Err(WsaError::WSAEINVAL), world.host.window());
        assert_eq!(client.event_select(socket, event, 0x400), invalid, "there is no such event");
        assert_eq!(client.event_select(socket, ptr::null_mut(), FD_WRITE), invalid);
        assert_eq!(client.async_select(socket, window, 0x401, 0x400), invalid);
        assert_eq!(client.async_select(socket, ptr::null_mut(), 0x401, FD_WRITE), invalid);
    };
    let (watched, end) = world.connected();
    let (event, other) = (world.watch(watched, FD_READ), world.host.client_event());
    end.arrive(b"a");
    fail(watched, other);
    assert_eq!(world.told(watched, event), told(FD_READ), "the record is as it was");
    assert_eq!(client.recv(watched, &mut [0]), Ok(1));
    end.arrive(b"b");
    assert_eq!(world.told(watched, event), told(FD_READ), "and so is the selection");
    assert_eq!((world.is_set(other), world.host.messages()), (false, vec![]));
    // A socket that blocks still blocks.
    let (blocking, end) = world.connected();
    fail(blocking, other);
    world.host.set_blocking_hook(move || {
        end.arrive(b"c");
        true
    });
    assert_eq!(client.recv(blocking, &mut [0]), Ok(1));
    world.host.clear_blocking_hook();
    world.end([watched, blocking], [event, other]);
}

#[test]
fn nothing_is_told_after_a_close() {
    let _shows = wpu_evidence::tested(["network-events.close-ends-selection"]);
    let world = World::new();
    let ((socket, end), (posting, far)) = (world.connected(), world.connected());
    let event = world.watch(socket, FD_READ | FD_CLOSE);
    world.client.async_select(posting, world.host.window(), 0x401, FD_READ | FD_CLOSE).expect("messages");
    for socket in [socket, posting] {
        world.client.close(socket).expect("a socket to close");
    }
    for end in [end, far] {
        end.arrive(b"a");
        end.break_off(WsaError::WSAECONNRESET);
    }
    assert_eq!((world.is_set(event), world.host.messages()), (false, vec![]));
    world.end([], [event]);
}

#[test]
fn one_event_object_serves_all_events_and_is_reset_only_where_it_is_passed() {
    let _shows = wpu_evidence::tested([
        "WSPEventSelect.one-event-for-all",
        "WSPEventSelect.event-ignored-without-events",
        "WSPEnumNetworkEvents.resets-the-given-event",
    ]);
    let world = World::new();
    let (socket, end) = world.stream();
    let event = world.watch(socket, FD_READ | FD_WRITE | FD_CONNECT | FD_CLOSE);
    let steps: [(&dyn Fn(), i32); 3] = [
        (&|| world.client.connect(socket, somewhere()).expect("a connection"), FD_CONNECT | FD_WRITE),
        (&|| end.arrive(b"a"), FD_READ),
        (&|| end.break_off(WsaError::WSAECONNRESET), FD_CLOSE),
    ];
    for (step, events) in steps {
        step();
        assert!(world.is_set(event), "{events:#x}");
        assert_eq!(world.record(socket, ptr::null_mut()).events, events);
        assert!(world.is_set(event), "no event object was passed");
        assert_eq!(world.told(socket, event), (true, 0));
        assert!(!world.is_set(event), "it was passed");
    }
    // Any other event object is reset as well, and only that.
    world.client.event_select(socket, event, FD_CLOSE).expect("events");
    let other = world.host.client_event();
    assert_eq!(world.record(socket, other).events, FD_CLOSE);
    assert!(world.is_set(event));
    // Without events any value will do.
    for event in [ptr::null_mut(), ptr::without_provenance_mut(0xdead_beef)] {
        world.client.event_select(socket, event, 0).expect("no events");
    }
    world.end([socket], [event, other]);
}

/// Does something before or after the next call of an upcall, `SET` or `RESET`.
fn during(which: usize, after: bool, deed: impl FnOnce() + Send + 'static) {
    let mut watched = locked(&WATCHED);
    let places = if after { &mut watched.after } else { &mut watched.before };
    places[which] = Some(Box::new(deed));
}

#[test]
fn an_event_is_in_the_record_before_its_event_object_is_set() {
    let _shows = wpu_evidence::tested(["WSPEventSelect.record-before-signal"]);
    let world = World::new();
    let (socket, end) = world.connected();
    let event = world.watch(socket, FD_READ);
    let procs = world.client.procs(socket).expect("a provider");
    let (tell, told) = mpsc::channel();
    during(SET, false, move || {
        let (mut record, mut errno) = (WSANETWORKEVENTS::ZERO, 0);
        let look = procs.lpWSPEnumNetworkEvents.expect("a function");
        // SAFETY: the provider is started, and the pointers are null or point to locals.
        let answer = unsafe { look(socket, ptr::null_mut(), &raw mut record, &raw mut errno) };
        tell.send((answer, record.lNetworkEvents)).expect("the test waits");
    });
    end.arrive(b"a");
    assert_eq!(told.try_recv(), Ok((0, FD_READ)), "a client that wakes up finds it");
    assert!(world.is_set(event));
    world.end([socket], [event]);
}

#[test]
fn what_happens_while_the_record_is_read_is_not_lost() {
    let _shows = wpu_evidence::tested(["WSPEnumNetworkEvents.one-atomic-step"]);
    let world = World::new();
    for after in [false, true] {
        let (socket, end) = world.connected();
        let event = world.watch(socket, FD_READ | FD_WRITE);
        assert!(world.is_set(event));
        let arriving = end.clone();
        during(RESET, after, move || arriving.arrive(b"a"));
        let copied = world.record(socket, event).events;
        assert_ne!(copied & FD_WRITE, 0);
        if copied & FD_READ == 0 {
            assert_eq!(
                world.told(socket, event),
                told(FD_READ),
                "it stays recorded with the event object set"
            );
        }
        world.client.close(socket).expect("a socket to close");
        world.host.close_client_event(event).expect("an event");
    }
    world.end([], []);
}

#[test]
fn a_record_that_cannot_be_read_stays() {
    let _shows = wpu_evidence::tested(["WSPEnumNetworkEvents.failure-changes-nothing"]);
    let world = World::new();
    let (socket, end) = world.connected();
    let event = world.watch(socket, FD_READ | FD_CLOSE);
    end.break_off(WsaError::WSAECONNRESET);
    let gone = world.host.client_event();
    world.host.close_client_event(gone).expect("an event");
    assert!(world.client.enum_network_events(socket, gone).is_err(), "this event object is closed");
    assert!(world.client.enum_network_events(0x1234, event).is_err(), "this is no socket");
    let procs = world.client.procs(socket).expect("a provider");
    let look = procs.lpWSPEnumNetworkEvents.expect("a function");
    let mut errno = 0;
    // SAFETY: the provider is started, and a null pointer is refused.
    assert_eq!(unsafe { look(socket, event, ptr::null_mut(), &raw mut errno) }, SOCKET_ERROR);
    assert_eq!(errno, WsaError::WSAEFAULT.code());
    assert!(world.is_set(event));
    let record = world.record(socket, event);
    assert_eq!(
        (record.events, record.errors[FD_CLOSE_BIT as usize]),
        (FD_CLOSE, WsaError::WSAECONNRESET.code())
    );
    world.host.clear_faults();
    world.end([socket], [event]);
}

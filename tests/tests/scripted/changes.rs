//! Changes of addresses and routes: requests that wait for one, and the network events that tell one.

use super::*;
use std::sync::mpsc;
use wpu_host::Tell;

/// A code that asks for changes, its event, and how a transport reports a change.
type Kind = (u32, i32, fn(&Notify));

const KINDS: [Kind; 2] = [
    (SIO_ADDRESS_LIST_CHANGE, FD_ADDRESS_LIST_CHANGE, Notify::addresses_changed),
    (SIO_ROUTING_INTERFACE_CHANGE, FD_ROUTING_INTERFACE_CHANGE, Notify::route_changed),
];

/// A socket whose transport reports changes.
fn socket(world: &World) -> (SOCKET, End) {
    let (socket, end) = world.stream();
    for (code, ..) in KINDS {
        end.part().codes.insert(code, vec![]);
    }
    (socket, end)
}

#[test]
fn each_code_is_good_for_one_event() {
    let _shows = wpu_evidence::tested([
        "network-events.changes-told-on-request",
        "network-events.change-told-once-per-request",
        "control-codes.change-without-waiting",
        "WSPIoctl.would-block-leaves-nothing-behind",
    ]);
    let world = World::new();
    for (code, bit, change) in KINDS {
        let (socket, end) = socket(&world);
        let event = world.watch(socket, FD_ADDRESS_LIST_CHANGE | FD_ROUTING_INTERFACE_CHANGE);
        change(&end.notify);
        assert_eq!(world.told(socket, event), NOTHING, "nobody has asked");
        for _ in 0..2 {
            let answer = control::raw(&world, socket, code, &[], &mut []);
            assert_eq!((answer.0, answer.1), (SOCKET_ERROR, WsaError::WSAEWOULDBLOCK.code()));
            assert_eq!(world.told(socket, event), NOTHING, "nothing has changed since");
            change(&end.notify);
            assert_eq!(world.told(socket, event), told(bit));
            change(&end.notify);
            world.client.event_select(socket, event, bit).expect("events");
            assert_eq!(world.told(socket, event), NOTHING, "that was not asked for");
        }
        // What can wait does not fail in this way: an overlapped request stays pending on the same socket.
        let request = world.client.ioctl_overlapped(socket, code, &[], 0, Tell::Nobody).expect("a request");
        assert_eq!(world.client.overlapped_result(&request, false), Err(WsaError::WSA_IO_INCOMPLETE));
        change(&end.notify);
        assert_eq!(world.client.overlapped_result(&request, false), Ok((0, 0)));
        world.client.close(socket).expect("a socket to close");
        world.host.close_client_event(event).expect("an event");
    }
    world.end([], []);
}

#[test]
fn a_request_completes_without_output_at_the_next_change() {
    let _shows = wpu_evidence::tested([
        "control-codes.change-waits-for-a-change",
        "control-codes.change-has-no-output",
    ]);
    let world = World::new();
    let (socket, end) = socket(&world);
    for ((code, _, change), (.., other)) in [(KINDS[0], KINDS[1]), (KINDS[1], KINDS[0])] {
        change(&end.notify);
        let event = world.host.client_event();
        let request =
            world.client.ioctl_overlapped(socket, code, &[], 4, Tell::Event(event)).expect("a request");
        other(&end.notify);
        end.notify.readable();
        assert_eq!((request.outcome(), world.is_set(event)), (None, false), "this has not changed since");
        change(&end.notify);
        assert!(world.is_set(event));
        let outcome = request.outcome().expect("it has ended");
        assert_eq!((outcome.error, outcome.transferred), (0, 0));
        assert_eq!(world.client.overlapped_result(&request, true), Ok((0, 0)));
        world.host.close_client_event(event).expect("an event");
        // A plain call on a blocking socket waits.
        let (wait, waits) = mpsc::channel();
        let (later, changed) = (end.clone(), change);
        world.host.set_blocking_hook(move || {
            let _ = wait.send(());
            changed(&later.notify);
            true
        });
        assert_eq!(control::raw(&world, socket, code, &[], &mut []), (0, 0, 0));
        world.host.clear_blocking_hook();
        assert!(waits.try_recv().is_ok(), "it has waited");
    }
    // A change of the addresses of another family is one of other sockets.
    let (elsewhere, six) = world.open(AF_INET6, SOCK_STREAM);
    six.part().codes.insert(SIO_ADDRESS_LIST_CHANGE, vec![]);
    let request = world.client.ioctl_overlapped(elsewhere, SIO_ADDRESS_LIST_CHANGE, &[], 0, Tell::Nobody);
    let request = request.expect("a request");
    end.notify.addresses_changed();
    assert_eq!(request.outcome(), None);
    six.notify.addresses_changed();
    assert!(request.outcome().is_some());
    world.client.close(elsewhere).expect("a socket to close");
    // The close ends what is pending.
    let event = world.host.client_event();
    let (code, ..) = KINDS[0];
    let request = world.client.ioctl_overlapped(socket, code, &[], 0, Tell::Event(event)).expect("a request");
    world.client.close(socket).expect("a socket to close");
    assert!(world.is_set(event));
    let aborted = WsaError::WSA_OPERATION_ABORTED.code().cast_unsigned();
    assert_eq!(request.outcome().map(|outcome| outcome.error), Some(aborted));
    world.end([], [event]);
}

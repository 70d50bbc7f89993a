//! Messages that are sent and received in parts.

use super::raw::Call;
use super::{LONG, WOULD_BLOCK, World, at, wire};
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use wpu_host::Tell;
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

fn world() -> World {
    World::with(|info| info.dwServiceFlags1 |= XP1_PARTIAL_MESSAGE)
}

#[test]
fn a_part_is_sent_only_where_the_entry_says_so() {
    let _shows = wpu_evidence::tested(["message-orientation.partial-bit-allows-the-flag"]);
    let worlds: [(fn() -> World, _); 2] = [(World::new, Err(WsaError::WSAEOPNOTSUPP)), (world, Ok(()))];
    for (world, answer) in worlds {
        let world = world();
        for datagrams in [false, true] {
            let [near, far] = world.two(datagrams);
            for call in [Call::Send, Call::SendTo] {
                let mut bytes = *b"part";
                let mut raw = world.raw(near).with(&mut bytes);
                raw.flags = MSG_PARTIAL;
                assert_eq!(raw.call(call), answer, "{call:?}");
            }
            world.close([near, far]);
        }
        world.end([]);
    }
}

#[test]
fn parts_make_one_message() {
    let _shows = wpu_evidence::tested(["message-orientation.partial-sends-join"]);
    let world = world();
    let (client, [near, far]) = (&world.client, world.two(true));
    for part in [&b"one "[..], b"", b"two "] {
        assert_eq!(client.send_vectored(near, &[part], MSG_PARTIAL), Ok(part.len()));
        assert_eq!(wire::queued(2), Vec::<Vec<u8>>::new());
    }
    // The last part may have to wait; the others are kept meanwhile.
    wire::STUCK.store(true, Ordering::SeqCst);
    client.set_nonblocking(near, true).expect("a socket");
    assert_eq!(client.send(near, b"three"), Err(WOULD_BLOCK));
    let event = world.host.client_event();
    let request = client.send_overlapped(near, &[b"th", b"ree"], Tell::Event(event)).expect("a request");
    assert_eq!(request.outcome(), None);
    wire::unstick();
    assert_eq!(world.host.wait(event, LONG), Ok(true));
    assert_eq!(client.overlapped_result(&request, false), Ok((5, 0)));
    assert_eq!(client.send_to(near, b"next", at(2)), Ok(4));
    assert_eq!(wire::queued(2), [b"one two three".to_vec(), b"next".to_vec()]);
    world.host.close_client_event(event).expect("an event");
    world.end([near, far]);
}

#[test]
fn the_rest_of_a_message_comes_with_the_next_receives() {
    let _shows = wpu_evidence::tested([
        "message-orientation.last-part-clears-partial",
        "message-orientation.rest-comes-with-partial",
    ]);
    let world = world();
    let (client, [near, far]) = (&world.client, world.bound());
    assert_eq!(client.send_to(near, b"abcdefg", at(2)), Ok(7));
    assert_eq!(client.send_to(near, b"xyz", at(2)), Ok(3));
    let receive = |flags| {
        let mut bytes = [0; 3];
        let got = client.recv_from_vectored(far, &mut [&mut bytes], flags).expect("a part");
        assert_eq!((got.sender, got.error), (Some(at(1)), None));
        (bytes[..got.bytes].to_vec(), got.flags)
    };
    let waiting = || {
        let mut count = [0; 4];
        client.ioctl(far, FIONREAD, &[], &mut count).expect("a number");
        u32::from_ne_bytes(count)
    };
    assert_eq!(receive(MSG_PEEK), (b"abc".to_vec(), MSG_PARTIAL));
    assert_eq!(receive(0), (b"abc".to_vec(), MSG_PARTIAL));
    assert_eq!(waiting(), 4);
    assert_eq!(client.select(&[far], &[], &[], Some(LONG)).expect("a selection").read, [far]);
    assert_eq!(receive(MSG_PARTIAL), (b"def".to_vec(), MSG_PARTIAL));
    // The flag of the client is no answer.
    assert_eq!(receive(MSG_PARTIAL), (b"g".to_vec(), 0));
    assert_eq!(receive(MSG_PARTIAL), (b"xyz".to_vec(), 0));
    assert_eq!(world.now(far), Err(WOULD_BLOCK));
    world.end([near, far]);
}

#[test]
fn a_request_gets_the_flag_of_a_part() {
    let _shows = wpu_evidence::tested(["WSPGetOverlappedResult.flags-of-the-receive"]);
    let world = world();
    let (client, [near, far]) = (&world.client, world.two(true));
    let event = world.host.client_event();
    let (tell, told) = mpsc::channel();
    let routine = Tell::routine(move |end| tell.send(end).expect("somebody listens"));
    let first = client.recv_overlapped(far, &[2], 0, Tell::Event(event)).expect("a request");
    let second = client.recv_overlapped(far, &[2], MSG_PARTIAL, routine).expect("a request");
    let third = client.recv_overlapped(far, &[1, 1], MSG_PARTIAL, Tell::Event(event)).expect("a request");
    assert_eq!(client.send(near, b"abcde"), Ok(5));
    assert_eq!(client.overlapped_result(&first, true), Ok((2, MSG_PARTIAL)));
    assert_eq!(client.overlapped_result(&third, true), Ok((1, 0)));
    assert_eq!(client.overlapped_result(&second, false), Ok((2, MSG_PARTIAL)));
    assert_eq!(world.host.sleep_alertable(LONG), 1);
    assert_eq!(told.try_recv().map(|end| (end.transferred, end.flags)), Ok((2, MSG_PARTIAL)));
    assert_eq!([first, second, third].map(|request| request.data()), [&b"ab"[..], b"cd", b"e"]);
    // At once, too.
    assert_eq!(client.send(near, b"fgh"), Ok(3));
    let request = client.recv_overlapped(far, &[2], 0, Tell::Event(event)).expect("a request");
    assert_eq!(client.overlapped_result(&request, false), Ok((2, MSG_PARTIAL)));
    world.host.close_client_event(event).expect("an event");
    world.end([near, far]);
}

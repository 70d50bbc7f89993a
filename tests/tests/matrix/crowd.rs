//! Many sockets and threads at once, with every kind of notification.

use super::world::{LONG, World};
use std::collections::BTreeSet;
use std::ptr;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;
use wpu_host::{Port, Tell};
use wpu_sys::WsaError;
use wpu_sys::ffi::*;

const THREADS: usize = 8;
const PAIRS: usize = 4;
/// The number of messages in each direction of a connection, and the greatest length.
const MESSAGES: usize = 24;
const LONGEST: usize = 3000;

/// A way to receive from a socket.
#[derive(Clone, Copy)]
enum Way {
    Blocking,
    Selecting,
    Event,
    Routine,
    Port,
}

const WAYS: [Way; 5] = [Way::Blocking, Way::Selecting, Way::Event, Way::Routine, Way::Port];

/// Bytes that differ from those of other messages, followed by their checksum.
fn message(seed: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32.wrapping_mul(u32::try_from(seed).expect("a few") | 1);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state
    };
    let len = next() as usize % LONGEST + 1;
    let mut bytes: Vec<u8> = (0..len).map(|_| next().to_le_bytes()[1]).collect();
    bytes.extend(sum(&bytes).to_le_bytes());
    bytes
}

/// A checksum like Fletcher's, which also depends on the order.
fn sum(bytes: &[u8]) -> u32 {
    let (low, high) = bytes.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65521;
        (low, (high + low) % 65521)
    });
    (high << 16) | low
}

/// Sends and receives on the sockets of one thread.
struct Worker<'a> {
    world: &'a World,
    event: WSAEVENT,
    port: Port,
    bound: BTreeSet<SOCKET>,
}

impl Worker<'_> {
    fn receive(&mut self, socket: SOCKET, way: Way, room: &mut [u8]) {
        let mut filled = 0;
        while filled < room.len() {
            let part = self.receive_some(socket, way, &mut room[filled..]);
            assert!(part > 0, "the connection has ended");
            filled += part;
        }
    }

    fn receive_some(&mut self, socket: SOCKET, way: Way, room: &mut [u8]) -> usize {
        let (host, client) = (&self.world.host, &self.world.client);
        let begin = |tell| client.recv_overlapped(socket, &[room.len()], 0, tell).expect("a request");
        let request = match way {
            Way::Blocking => return client.recv(socket, room).expect("a peer"),
            Way::Selecting => {
                client.set_nonblocking(socket, true).expect("a socket");
                let count = loop {
                    match client.recv(socket, room) {
                        Err(WsaError::WSAEWOULDBLOCK) => {
                            let selected = client.select(&[socket], &[], &[], Some(LONG)).expect("a socket");
                            assert_eq!(selected.read, [socket]);
                        }
                        other => break other.expect("a peer"),
                    }
                };
                client.set_nonblocking(socket, false).expect("a socket");
                return count;
            }
            Way::Event => {
                host.reset_event(self.event).expect("an event");
                let request = begin(alone(self.event));
                self.world.await_event(self.event);
                request
            }
            Way::Routine => {
                let (tell, told) = mpsc::channel();
                let request = begin(Tell::routine(move |outcome| {
                    tell.send(outcome.transferred).expect("somebody waits");
                }));
                while told.try_recv().is_err() {
                    assert!(host.sleep_alertable(LONG) > 0, "the routine runs");
                }
                request
            }
            Way::Port => {
                if self.bound.insert(socket) {
                    host.bind_port(socket, &self.port, socket).expect("a socket");
                }
                let request = begin(Tell::Nobody);
                let packet = self.port.get(LONG).expect("a packet");
                assert_eq!((packet.key, packet.operation.as_ptr()), (socket, request.as_ptr()));
                request
            }
        };
        let outcome = request.outcome().expect("the client was told");
        assert_eq!(outcome.error, 0);
        let data = request.data();
        room[..data.len()].copy_from_slice(&data);
        data.len()
    }
}

/// Notification by this event and not by the port of the socket, which the lowest bit requests.
fn alone(event: WSAEVENT) -> Tell {
    Tell::Event(event.map_addr(|event| event | 1))
}

/// Every thread transfers messages in both directions through four connections at once, and receives them in
/// every way.
pub fn sixty_four_sockets_and_eight_threads(world: World) {
    let _shows = world.tested([
        "overlapped.result-before-indication",
        "data-transfer.unasked-data-is-kept",
        "WPUCompleteOverlappedRequest.low-bit-stops-the-packet",
    ]);
    let mut moved = 0;
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|number| {
                scope.spawn({
                    let world = &world;
                    move || talk(world, number)
                })
            })
            .collect();
        moved += threads.into_iter().map(|thread| thread.join().expect("no panic")).sum::<usize>();
    });
    let expected: usize = (0..THREADS * PAIRS * MESSAGES * 2).map(|seed| message(seed).len()).sum();
    assert_eq!(moved, expected);
    world.end();
}

/// The work of one thread. Returns the number of received bytes.
fn talk(world: &World, number: usize) -> usize {
    let event = world.host.client_event();
    let mut worker = Worker { world, event, port: Port::new(), bound: BTreeSet::new() };
    let pairs: Vec<_> = (0..PAIRS).map(|_| world.pair()).collect();
    let mut moved = 0;
    for round in 0..MESSAGES {
        let seed = |index, back| ((number * PAIRS + index) * MESSAGES + round) * 2 + back;
        // All are pending before the first is received.
        for (index, (near, far)) in pairs.iter().enumerate() {
            world.client.send_all(*near, &message(seed(index, 0))).expect("a peer");
            let back = message(seed(index, 1));
            let request = world.client.send_overlapped(*far, &[&back[..1], &back[1..]], alone(event));
            world.await_done(&request.expect("a request"));
        }
        for (index, (near, far)) in pairs.iter().enumerate() {
            for (socket, back, way) in [(*far, 0, round + index), (*near, 1, round + index + 1)] {
                let sent = message(seed(index, back));
                let mut received = vec![0; sent.len()];
                worker.receive(socket, WAYS[way % WAYS.len()], &mut received);
                let (bytes, end) = received.split_at(received.len() - 4);
                assert_eq!(sum(bytes).to_le_bytes(), end, "damaged on its way");
                assert_eq!(received, sent, "another message");
                moved += received.len();
            }
        }
    }
    for (near, far) in pairs {
        world.close([near, far]);
    }
    world.host.close_client_event(event).expect("an event");
    moved
}

/// Requests of every kind are pending, of threads that live and of some that have ended, and sockets are
/// watched: the last clean-up ends all of them without a completion, and a new start-up is not affected.
pub fn d_10_clean_up_ends_what_a_crowd_has_pending(world: World) {
    let _shows = world.tested(["WSPCleanup.can-start-again"]);
    let (host, client) = (&world.host, &world.client);
    let (event, window) = (host.client_event(), host.window());
    let told = (event.addr(), window.addr());
    let silence = Arc::new(());
    for _ in 0..2 {
        let port = Port::new();
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| abandon(&world, told, &port, &silence));
            }
        });
        abandon(&world, told, &port, &silence);
        client.clean_up().expect("it is the last one");
        assert!(host.left_open().is_empty(), "{:?}", host.left_open());
        assert_eq!((host.wait(event, Duration::ZERO), host.sleep_alertable(Duration::ZERO)), (Ok(false), 0));
        assert_eq!((port.get(Duration::ZERO), host.messages()), (None, vec![]));
        client.start_up();
        let (near, far) = world.pair();
        client.send_all(near, b"again").expect("a peer");
        client.recv_all(far, &mut [0; 5]).expect("five bytes");
        world.close([near, far]);
    }
    assert_eq!(Arc::strong_count(&silence), 1, "the routines are dropped");
    host.close_client_event(event).expect("an event");
    world.end();
}

/// Leaves requests pending on one pair of sockets for each kind of notification.
fn abandon(world: &World, told: (usize, usize), port: &Port, silence: &Arc<()>) {
    let client = &world.client;
    let (event, window) = (ptr::without_provenance_mut(told.0), ptr::without_provenance_mut(told.1));
    let witness = || {
        let witness = Arc::clone(silence);
        Tell::routine(move |_| drop(witness))
    };
    for way in WAYS {
        let (near, far) = world.pair();
        let tell = match way {
            Way::Blocking => {
                client.event_select(near, event, FD_READ | FD_CLOSE).expect("events");
                continue;
            }
            Way::Selecting => {
                client.async_select(near, window, 0x401, FD_READ | FD_CLOSE).expect("messages");
                continue;
            }
            Way::Event => [Tell::Event(event), Tell::Event(event)],
            Way::Routine => [witness(), witness()],
            Way::Port => {
                world.host.bind_port(far, port, far).expect("a socket");
                [Tell::Nobody, Tell::Nobody]
            }
        };
        for tell in tell {
            let request = client.recv_overlapped(far, &[8], 0, tell).expect("a request");
            assert_eq!(request.outcome(), None);
        }
    }
}

//! The values that a layer keeps for its sockets.

use super::super::states::SocketStates;
use super::ask::Ask;
use super::stand::{PATIENCE, Stand};
use crate::layer::sys::ffi::SOCKET;
use crate::layer::sys::{
    Bytes, Class, ClientRef, ConnectParams, Gather, OutBuf, Progress, Request, RequestBuffers, Scatter,
    ServiceProvider, SocketParams, WsaError,
};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

const CLASSES: [Class; 2] = [Class::NonIfs, Class::Ifs];

/// The numbers of existing and of created states.
#[derive(Default)]
struct Count {
    alive: AtomicUsize,
    made: AtomicUsize,
}

impl Count {
    fn alive(&self) -> usize {
        self.alive.load(Ordering::SeqCst)
    }
}

/// A counted state with its number.
struct Counted {
    count: Arc<Count>,
    number: usize,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.count.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A layer that keeps a counted state for each socket.
fn counting(class: Class) -> (Stand, SocketStates<Counted>, Arc<Count>) {
    let (stand, count) = (Stand::new(class), Arc::new(Count::default()));
    let own = Arc::clone(&count);
    let states = SocketStates::of(&stand.states, move || {
        own.alive.fetch_add(1, Ordering::SeqCst);
        Counted { count: Arc::clone(&own), number: own.made.fetch_add(1, Ordering::SeqCst) }
    });
    (stand, states, count)
}

fn number(states: &SocketStates<Counted>, socket: SOCKET) -> Option<usize> {
    states.get(socket).map(|state| state.number)
}

fn sends(stand: &Stand, socket: SOCKET) -> Result<Progress<u32>, WsaError> {
    stand.next.send(socket, 0, Request::sending(Gather::nothing()))
}

#[test]
fn each_socket_has_a_state_of_its_own_whichever_function_creates_it() {
    let _shows = wpu_evidence::tested(["WPUCloseSocketHandle.attachments-freed"]);
    for class in CLASSES {
        let (stand, states, count) = counting(class);
        let opened = stand.socket();
        let accepted = stand.next.accept(opened, None, None).expect("a connection");
        let join = |flags| {
            stand.next.join_leaf(opened, Bytes::new(b"leaf"), ConnectParams::new(), flags).expect("a leaf")
        };
        let leaf = join(1);
        let duplicate = stand.next.duplicate_socket(opened, 7).expect("a description");
        let received =
            stand.next.socket(SocketParams::new(2, 1, 6).info(ClientRef::new(&duplicate))).expect("a socket");
        let sockets = [opened, accepted, leaf, received];
        assert_eq!(sockets.map(|socket| number(&states, socket)), [0, 1, 2, 3].map(Some), "{class:?}");
        assert_eq!(join(0), opened, "this socket has joined, and is no new one");
        assert_eq!((number(&states, opened), count.alive()), (Some(0), 4), "{class:?}");
        for (left, socket) in (0..4).rev().zip(sockets) {
            stand.next.close_socket(socket).expect("it is open");
            assert_eq!((number(&states, socket), count.alive()), (None, left), "{class:?}");
        }
    }
}

#[test]
fn a_handle_of_another_provider_has_no_state() {
    for class in CLASSES {
        let (stand, states, _) = counting(class);
        let socket = stand.socket();
        for strange in [0, 1, socket + 1, SOCKET::MAX] {
            assert_eq!(number(&states, strange), None);
        }
        // An inherited handle is usable, but did not come through the layer.
        let _ = sends(&stand, 0x77);
        assert_eq!(number(&states, 0x77), None, "{class:?}");
        if class == Class::NonIfs {
            assert_eq!(number(&states, stand.lower()), None, "the client does not know this handle");
        }
    }
}

#[test]
fn a_close_that_fails_leaves_the_state() {
    for class in CLASSES {
        let (stand, states, count) = counting(class);
        let socket = stand.socket();
        stand.base.state().failures.insert("close_socket", WsaError::WSAEWOULDBLOCK);
        assert_eq!(stand.next.close_socket(socket), Err(WsaError::WSAEWOULDBLOCK));
        assert_eq!((number(&states, socket), count.alive()), (Some(0), 1));
        stand.base.state().failures.insert("close_socket", WsaError::WSAENOTSOCK);
        assert_eq!(stand.next.close_socket(socket), Err(WsaError::WSAENOTSOCK));
        assert_eq!((number(&states, socket), count.alive()), (None, 0), "it is gone below, too");
        stand.base.state().failures.clear();
        stand.base.state().sockets.clear();
    }
}

#[test]
fn a_socket_with_a_reused_handle_has_a_new_state() {
    let (stand, states, count) = counting(Class::Ifs);
    let socket = stand.socket();
    assert_eq!(number(&states, socket), Some(0));
    stand.next.close_socket(socket).expect("it is open");
    stand.base.state().reused = Some(socket);
    assert_eq!(stand.socket(), socket);
    assert_eq!((number(&states, socket), count.alive()), (Some(1), 1));

    // The client has closed the handle without the layer, and the system reuses it.
    stand.base.state().reused = Some(socket);
    assert_eq!(stand.socket(), socket);
    assert_eq!((number(&states, socket), count.alive()), (Some(2), 1), "the earlier state is gone");
}

#[test]
fn a_late_close_does_not_drop_the_state_of_the_next_socket_with_that_handle() {
    let (stand, states, count) = counting(Class::Ifs);
    let socket = stand.socket();
    let (closed, go_on) = blocked(&stand, "close_socket");
    std::thread::scope(|scope| {
        let closing = scope.spawn(|| stand.next.close_socket(socket));
        closed.recv_timeout(PATIENCE).expect("it was passed down");
        // Below, the socket is closed by now, and the close has not returned.
        stand.base.state().reused = Some(socket);
        assert_eq!(stand.socket(), socket);
        assert_eq!(number(&states, socket), Some(1));
        go_on.send(()).expect("it waits");
        assert_eq!(closing.join().expect("no panic"), Ok(()));
    });
    assert_eq!((number(&states, socket), count.alive()), (Some(1), 1));
    stand.base.state().sockets.clear();
}

/// Blocks the next call of that name below. Returns a receiver for its start and a sender that releases it.
fn blocked(stand: &Stand, name: &'static str) -> (mpsc::Receiver<()>, mpsc::Sender<()>) {
    let ((here, is_here), (go_on, goes_on)) = (mpsc::channel(), mpsc::channel());
    let block = move || {
        here.send(()).expect("the test waits");
        goes_on.recv_timeout(PATIENCE).expect("the test lets it go on");
    };
    stand.base.state().during.insert(name, Box::new(block));
    (is_here, go_on)
}

#[test]
fn a_close_during_a_call_keeps_the_state_while_the_handle_is_in_use() {
    let _shows = wpu_evidence::tested(["WPUQuerySocketHandleContext.state-kept-during-use"]);
    for class in CLASSES {
        let (stand, states, count) = counting(class);
        let socket = stand.socket();
        let (asking, go_on) = blocked(&stand, "get_sock_opt");
        std::thread::scope(|scope| {
            let ask = || stand.next.get_sock_opt(socket, 1, 2, OutBuf::new(&mut [0; 4]));
            let call = scope.spawn(ask);
            asking.recv_timeout(PATIENCE).expect("it was passed down");
            stand.next.close_socket(socket).expect("it is open");
            // The handle of the system may belong to another socket by now.
            let left = if class == Class::NonIfs { (Some(0), 1) } else { (None, 0) };
            assert_eq!((number(&states, socket), count.alive()), left, "{class:?}");
            go_on.send(()).expect("it waits");
            call.join().expect("no panic").expect("it is answered");
        });
        assert_eq!((number(&states, socket), count.alive()), (None, 0), "{class:?}");
    }
}

#[test]
fn a_pending_request_holds_the_state_of_a_closed_socket() {
    let (stand, states, count) = counting(Class::NonIfs);
    let socket = stand.socket();
    let mut ask = Ask::new();
    let lent = RequestBuffers { scatter: Some(Scatter::nothing()), ..RequestBuffers::NOTHING };
    let given = ask.given(socket, &lent);
    // SAFETY: the test keeps the structure until the end.
    let request = unsafe { Request::new(&given, lent) };
    assert!(matches!(stand.next.recv(socket, 0, request), Ok(Progress::Pending(_))));
    stand.next.close_socket(socket).expect("it is open");
    assert_eq!(
        (number(&states, socket), count.alive()),
        (Some(0), 1),
        "the layer may read it when the completion is reported"
    );
    stand.base.pended().complete(Err(WsaError::WSA_OPERATION_ABORTED));
    assert_eq!(ask.end(), Err(WsaError::WSA_OPERATION_ABORTED));
    assert_eq!((number(&states, socket), count.alive()), (None, 0));
}

#[test]
fn a_held_state_lives_on_but_is_no_longer_found() {
    for class in CLASSES {
        let (stand, states, count) = counting(class);
        let socket = stand.socket();
        let held = states.get(socket).expect("it has a state");
        stand.next.close_socket(socket).expect("it is open");
        assert_eq!((number(&states, socket), count.alive(), held.number), (None, 1, 0));
        drop(held);
        assert_eq!(count.alive(), 0);
    }
}

#[test]
fn the_last_clean_up_drops_every_state_and_none_is_stored_afterwards() {
    for class in CLASSES {
        let (stand, states, count) = counting(class);
        let sockets = [(); 3].map(|()| stand.socket());
        assert_eq!(count.alive(), 3);
        stand.next.cleanup().expect("it cleans up");
        assert_eq!(count.alive(), 0, "{class:?}");
        assert_eq!(sockets.map(|socket| number(&states, socket)), [None; 3]);
        let registry = Arc::clone(&stand.states);
        drop(stand);
        let values = vec![Arc::new(()) as _];
        assert!(registry.keep(sockets[0], values).is_none(), "this run is over");
        assert_eq!(registry.make().map_or(1, |values| values.len()), 0, "nor is anything made");
    }
}

#[test]
fn a_state_is_dropped_at_the_end_even_if_the_socket_is_still_referenced() {
    let (stand, states, count) = counting(Class::NonIfs);
    let socket = stand.socket();
    let held = stand.next.sockets.find(socket).expect("it is open");
    stand.next.cleanup().expect("it cleans up");
    assert_eq!(count.alive(), 1, "it is in use");
    stand.states.end();
    assert_eq!((number(&states, socket), count.alive()), (None, 0));
    drop(held);
}

#[test]
fn a_layer_without_state_keeps_nothing() {
    for class in CLASSES {
        let stand = Stand::new(class);
        let socket = stand.socket();
        assert!(stand.states.is_empty());
        stand.next.close_socket(socket).expect("it is open");
    }
}

#[test]
fn a_layer_may_keep_several_states_for_each_socket() {
    let stand = Stand::new(Class::NonIfs);
    let names = SocketStates::of(&stand.states, || String::from("new"));
    let numbers = SocketStates::of(&stand.states, || AtomicUsize::new(7));
    let socket = stand.socket();
    assert_eq!(*names.get(socket).expect("it has a name"), "new");
    numbers.get(socket).expect("it has a number").store(8, Ordering::Relaxed);
    let same = numbers.clone().get(socket).expect("it has a number");
    assert_eq!(same.load(Ordering::Relaxed), 8, "clones lead to the same values");
    assert_eq!(format!("{names:?}"), "SocketStates { sockets: 1, .. }");
}

#[test]
fn a_socket_is_not_opened_if_creating_its_state_panics() {
    for class in CLASSES {
        let stand = Stand::new(class);
        let states = SocketStates::<()>::of(&stand.states, || std::panic::resume_unwind(Box::new(())));
        assert_eq!(stand.try_socket(), Err(WsaError::WSASYSCALLFAILURE));
        assert!(stand.base.state().sockets.is_empty(), "nor does the lower one stay");
        assert_eq!(stand.host.left_open().socket_handles, 0);
        assert_eq!(format!("{states:?}"), "SocketStates { sockets: 0, .. }");
    }
}

#[test]
fn code_that_creates_and_drops_states_may_call_back_and_panic() {
    struct Returns(SocketStates<Returns>, SOCKET);
    impl Drop for Returns {
        fn drop(&mut self) {
            assert!(self.0.get(self.1).is_none(), "it is being dropped");
            std::panic::resume_unwind(Box::new(()));
        }
    }
    for class in CLASSES {
        let stand = Stand::new(class);
        let own = std::sync::OnceLock::<SocketStates<Returns>>::new();
        let own = Arc::new(own);
        let made = Arc::clone(&own);
        let states = SocketStates::of(&stand.states, move || {
            let states = made.get().expect("it is set").clone();
            assert!(states.get(1).is_none());
            Returns(states, 1)
        });
        own.set(states.clone()).expect("it is not set");
        for _ in 0..2 {
            let socket = stand.socket();
            stand.next.close_socket(socket).expect("it is open");
            assert!(states.get(socket).is_none(), "{class:?}");
        }
        stand.socket();
        stand.next.cleanup().expect("it cleans up");
    }
}

#[test]
fn a_state_is_dropped_before_its_handle_is_closed() {
    struct Watches(Arc<dyn Fn() + Send + Sync>);
    impl Drop for Watches {
        fn drop(&mut self) {
            (self.0)();
        }
    }
    let stand = Stand::new(Class::NonIfs);
    let (upcalls, socket) = (stand.upcalls, Arc::new(AtomicUsize::new(0)));
    let (at, seen) = (Arc::clone(&socket), Arc::new(AtomicUsize::new(0)));
    let alive = Arc::clone(&seen);
    let watch: Arc<dyn Fn() + Send + Sync> = Arc::new(move || {
        let handle = upcalls.query_socket_handle_context(at.load(Ordering::SeqCst));
        alive.fetch_add(usize::from(handle.is_ok()), Ordering::SeqCst);
    });
    let states = SocketStates::of(&stand.states, move || Watches(Arc::clone(&watch)));
    socket.store(stand.socket(), Ordering::SeqCst);
    stand.next.close_socket(socket.load(Ordering::SeqCst)).expect("it is open");
    assert_eq!(seen.load(Ordering::SeqCst), 1, "the handle was the socket's when the state went");
    assert!(stand.upcalls.query_socket_handle_context(socket.load(Ordering::SeqCst)).is_err());
    drop(states);
}

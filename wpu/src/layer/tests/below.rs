//! Calls of the provider below outside of a client's call, and the state of sockets, in whole chains.

use super::super::{Below, LayerProvider, Layered, Moved, SocketStates};
use super::chains::{Chain, chain_of, connected, pipes};
use super::stand::{PATIENCE, guid};
use crate::CompletionResult;
use crate::layer::sys::ffi::GUID;
use crate::layer::sys::{Gather, Request, Scatter};
use crate::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};
use wpu_host::{Client, Entry, Leftovers, Module, Tell};

/// The parts of a layer that the test accesses.
#[derive(Clone)]
struct Author {
    below: Below,
    states: SocketStates<Counted>,
    /// The reported transfers, each with whether the state of its socket existed.
    told: Arc<Mutex<Vec<(Moved, u32, bool)>>>,
    /// The results of creating `Below` and `SocketStates` in a further start-up.
    again: Arc<OnceLock<[Option<WsaError>; 2]>>,
}

/// The newest layer.
static NEWEST: Mutex<Option<Author>> = Mutex::new(None);
static ALIVE: AtomicUsize = AtomicUsize::new(0);

/// The state of a socket.
struct Counted;

impl Counted {
    fn new() -> Self {
        ALIVE.fetch_add(1, Ordering::SeqCst);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::SeqCst);
    }
}

fn newest() -> Author {
    NEWEST.lock().expect("no panic").clone().expect("a layer was started")
}

/// A thread that ends with its layer.
struct Thread(Option<thread::JoinHandle<WsaError>>);

impl Thread {
    /// Starts a thread that calls the provider below until the call fails.
    fn new(below: Below) -> Self {
        let work = move || {
            loop {
                match below.call(|next| next.get_sock_opt(0, 0, 0, OutBuf::new(&mut [0; 4]))) {
                    Err(WsaError::WSANOTINITIALISED) => return WsaError::WSANOTINITIALISED,
                    _ => thread::sleep(Duration::from_millis(1)),
                }
            }
        };
        Self(Some(thread::spawn(work)))
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        let joined = self.0.take().map(thread::JoinHandle::join);
        assert!(matches!(joined, Some(Ok(WsaError::WSANOTINITIALISED))));
    }
}

macro_rules! author {
    ($name:ident, $class:ident, ($($waived:ident),+), $number:literal, $startup:ident) => {
        #[wpu_provider(class = $class, kit = layer, crate = crate, waives($($waived),+ = "left to the base"))]
        struct $name {
            author: Author,
            thread: Mutex<Option<Thread>>,
        }

        impl Lifecycle for $name {
            fn start(start: &Start<'_>) -> Result<Self, WsaError> {
                let (below, states) = (Below::new(start)?, SocketStates::new(start, Counted::new)?);
                let author = Author { below, states, told: Arc::default(), again: Arc::default() };
                *NEWEST.lock().expect("no panic") = Some(author.clone());
                Ok(Self { author, thread: Mutex::default() })
            }

            fn start_again(&self, start: &Start<'_>) -> Result<(), WsaError> {
                let again = [
                    Below::new(start).err(),
                    SocketStates::new(start, Counted::new).err(),
                ];
                let _ = self.author.again.set(again);
                Ok(())
            }
        }

        impl LayerProvider for $name {
            const ID: GUID = guid($number);

            fn moved(&self, socket: SOCKET, moved: Moved, count: u32) {
                let known = self.author.states.get(socket).is_some();
                self.author.told.lock().expect("no panic").push((moved, count, known));
            }

            fn completed(&self, socket: SOCKET, moved: Moved, _: &CompletionResult) {
                let known = self.author.states.get(socket).is_some();
                self.author.told.lock().expect("no panic").push((moved, 0, known));
            }
        }

        impl Layer for $name {
            fn listen(&self, next: &impl ServiceProvider, socket: SOCKET, backlog: i32) -> Result<(), WsaError> {
                self.thread.lock().expect("no panic").get_or_insert_with(|| Thread::new(self.author.below.clone()));
                next.listen(socket, backlog)
            }
        }

        #[allow(non_snake_case, unused_imports, reason = "lints look, as the macro is not another crate's here")]
        mod $startup {
            crate::export!(super::Layered<super::$name>; any());
        }
    };
}

author!(SystemHandles, ifs, (WPUCloseSocketHandle, WPUQueryBlockingCallback), 0xbe10, start_ifs);
author!(OwnHandles, non_ifs, (WPUQueryBlockingCallback), 0xbe11, start_made);

const IFS: (GUID, &str) = (SystemHandles::ID, "ifs-author.dll");
const MADE: (GUID, &str) = (OwnHandles::ID, "made-author.dll");

/// A chain of this layer over a base provider.
fn chain(layer: (GUID, &str)) -> Chain {
    chain_over(layer, pipes::fault::NONE)
}

/// The same over a base provider that breaks a rule.
fn chain_over(layer: (GUID, &str), fault: u32) -> Chain {
    chain_of(&[(IFS.1, start_ifs::WSPStartup), (MADE.1, start_made::WSPStartup)], &[layer], fault)
}

/// Ends a run, and checks that no state of a socket remains.
fn finish(chain: &Chain, client: Client) {
    assert_eq!(client.finish(), Leftovers::default());
    assert_eq!(ALIVE.load(Ordering::SeqCst), 0, "a state of a socket is left");
    assert_eq!(chain.host.faults(), []);
}

fn sending(bytes: &[u8]) -> Request<'static> {
    Request::sending(Gather::nothing()).with_gather(bytes.to_vec())
}

/// Checks that a call fails without running its body.
fn assert_over(below: &Below) {
    let answer = below.call(|_| -> Result<(), _> { panic!("it runs") });
    assert_eq!(answer, Err(WsaError::WSANOTINITIALISED));
}

#[test]
fn the_provider_below_is_called_outside_of_any_call() {
    for layer in [IFS, MADE] {
        let chain = chain(layer);
        let client = chain.host.client();
        let [near, far, _] = connected(&client, &chain);
        let author = newest();
        let below = author.below.clone();
        let sent = thread::spawn(move || below.call(|next| next.send(near, 0, sending(b"hello"))));
        assert!(matches!(sent.join(), Ok(Ok(Progress::Done(5)))));
        let mut room = [0; 5];
        client.recv_all(far, &mut room).expect("five bytes");
        assert_eq!(&room, b"hello");
        let received = (Moved::Received, 5, true);
        assert_eq!(
            *author.told.lock().expect("no panic"),
            [received],
            "the layer's own calls are not reported to it"
        );
        finish(&chain, client);
        assert_over(&author.below);
        assert!(author.states.get(near).is_none());
    }
}

/// Waits until the last clean-up has begun, as the failure of a call shows.
fn until_over(below: &Below) {
    let late = Instant::now() + PATIENCE;
    while below.call(|_| Ok(())) != Err(WsaError::WSANOTINITIALISED) {
        assert!(Instant::now() < late, "the last clean-up does not begin");
        thread::yield_now();
    }
}

#[test]
fn the_last_clean_up_waits_for_a_call_below_and_refuses_later_ones() {
    let _shows = wpu_evidence::tested(["start-up.layer-calls-while-started"]);
    for layer in [IFS, MADE] {
        let chain = chain(layer);
        let client = chain.host.client();
        let [near, ..] = connected(&client, &chain);
        let below = newest().below;
        let ((inside, is_inside), (go_on, goes_on)) = (mpsc::channel(), mpsc::channel());
        thread::scope(|scope| {
            let below = &below;
            let call = scope.spawn(move || {
                below.call(|next| {
                    inside.send(()).expect("the test waits");
                    goes_on.recv_timeout(PATIENCE).expect("the test lets it go on");
                    // The provider below is being cleaned up, but is still usable.
                    Ok(next.send(near, 0, sending(b"late")).is_ok())
                })
            });
            is_inside.recv_timeout(PATIENCE).expect("it is inside");
            let ending = scope.spawn(|| finish(&chain, client));
            until_over(below);
            assert_over(below);
            assert!(!ending.is_finished(), "a call is under way");
            go_on.send(()).expect("it waits");
            call.join().expect("no panic").expect("it was let in");
            ending.join().expect("it ends well");
        });
        assert_over(&below);
    }
}

#[test]
fn a_call_that_is_blocked_below_ends_with_the_last_clean_up() {
    for layer in [IFS, MADE] {
        let chain = chain(layer);
        let client = chain.host.client();
        let [near, ..] = connected(&client, &chain);
        let below = newest().below;
        let (inside, is_inside) = mpsc::channel();
        thread::scope(|scope| {
            let call = scope.spawn(|| {
                below.call(|next| {
                    inside.send(()).expect("the test waits");
                    next.recv(near, 0, Request::receiving(Scatter::nothing())).map(drop)
                })
            });
            is_inside.recv_timeout(PATIENCE).expect("it is inside");
            finish(&chain, client);
            assert!(call.join().expect("no panic").is_err(), "nothing came");
        });
        assert_over(&below);
    }
}

#[test]
fn values_of_an_earlier_run_do_not_reach_the_next_run() {
    for layer in [IFS, MADE] {
        let chain = chain(layer);
        let run = |client: &Client| (connected(client, &chain)[0], newest());
        let client = chain.host.client();
        let (_, first) = run(&client);
        finish(&chain, client);
        assert_over(&first.below);
        let client = chain.host.client();
        let (near, second) = run(&client);
        assert_over(&first.below);
        assert!(first.states.get(near).is_none() && second.states.get(near).is_some());
        assert_eq!(
            format!("{:?} {:?}", first.below, second.below),
            "Below { open: false, .. } Below { open: true, .. }"
        );
        second.below.call(|next| next.shutdown(near, 1)).expect("it is connected");
        finish(&chain, client);
        assert_over(&second.below);
    }
}

#[test]
fn a_panic_ends_in_the_call_and_the_next_one_works() {
    let chain = chain(MADE);
    let client = chain.host.client();
    let [near, ..] = connected(&client, &chain);
    let below = newest().below;
    let panics = below.call(|_| -> Result<(), _> { std::panic::resume_unwind(Box::new(())) });
    assert_eq!(panics, Err(WsaError::WSASYSCALLFAILURE));
    assert_eq!(below.call(|_| Err::<(), _>(WsaError::WSAEINTR)), Err(WsaError::WSAEINTR));
    let nested = below.call(|_| below.call(|next| next.shutdown(near, 1)));
    nested.expect("a call within a call");
    finish(&chain, client);
}

#[test]
fn the_last_clean_up_is_refused_within_a_call_below() {
    let chain = chain(MADE);
    let client = chain.host.client();
    connected(&client, &chain);
    let below = newest().below;
    let procs = client.procs_of(chain.entry.id()).expect("it is started");
    let mut errno = 0;
    let refused = below.call(|_| {
        // SAFETY: it is the provider's own function, and the pointer points to a local.
        Ok(unsafe { procs.lpWSPCleanup.expect("each has one")(&raw mut errno) })
    });
    assert_eq!((refused, WsaError::new(errno)), (Ok(-1), WsaError::WSAEINPROGRESS));
    finish(&chain, client);
}

#[test]
fn a_failed_start_gives_no_access_to_the_provider_below() {
    let _shows = wpu_evidence::tested(["start-up.layer-calls-while-started"]);
    for layer in [IFS, MADE] {
        let chain = chain_over(layer, pipes::fault::NO_START);
        let client = chain.host.client();
        let refused = client.socket_in(chain.entry.id());
        assert_eq!(refused, Err(WsaError::WSAEPROVIDERFAILEDINIT));
        assert_over(&newest().below);
        finish(&chain, client);
        assert_over(&newest().below);
    }
}

#[test]
fn only_the_first_start_of_a_layer_creates_below_and_socket_states() {
    let chain = chain(MADE);
    let client = chain.host.client();
    connected(&client, &chain);
    let again = newest().again;
    assert_eq!(again.get(), None);
    let name = MADE.1;
    let other = Entry::chain(pipes::fresh_id(), name, &[&chain.hidden, &chain.base]);
    // SAFETY: it is a `WSPStartup`, and keeps its contract.
    let module = unsafe { Module::from_startup(start_made::WSPStartup) };
    let other = chain.host.install(other, &module);
    client.socket_in(other.id()).expect("a socket");
    assert_eq!(again.get(), Some(&[Some(WsaError::WSASYSNOTREADY); 2]));
    finish(&chain, client);
}

#[test]
fn a_completion_is_reported_to_the_layer_while_the_state_of_its_socket_exists() {
    let chain = chain(MADE);
    let client = chain.host.client();
    let [near, far, listener] = connected(&client, &chain);
    let author = newest();
    assert_eq!(ALIVE.load(Ordering::SeqCst), 3, "a listener and two ends");
    let event = chain.host.client_event();
    let request = client.recv_overlapped(far, &[9], 0, Tell::Event(event)).expect("a request");
    client.send_all(near, b"over").expect("a peer");
    assert_eq!(client.overlapped_result(&request, true), Ok((4, 0)));
    let told = std::mem::take(&mut *author.told.lock().expect("no panic"));
    let (sent, ended, received) =
        ((Moved::Sent, 4, true), (Moved::Received, 0, true), (Moved::Received, 4, true));
    assert!(told.len() == 3 && [sent, ended, received].iter().all(|one| told.contains(one)), "{told:?}");
    for socket in [near, far, listener] {
        client.close(socket).expect("it is open");
        // The thread that has reported the completion may use the socket a moment longer than the client.
        let late = Instant::now() + PATIENCE;
        while author.states.get(socket).is_some() {
            assert!(Instant::now() < late, "the state of a closed socket stays");
            thread::yield_now();
        }
    }
    assert_eq!(ALIVE.load(Ordering::SeqCst), 0);
    chain.host.close_client_event(event).expect("it is open");
    finish(&chain, client);
}

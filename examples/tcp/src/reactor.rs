//! The thread that learns from the operating system which sockets are ready.

use mio::event::{Event, Source};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Registry, Token, Waker};
use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use wpu::WsaError;
use wpu::base::Notify;

/// The token that ends the thread.
const STOP: Token = Token(0);

/// The thread, which runs from the provider's start-up to its last clean-up.
#[derive(Debug)]
pub struct Reactor {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// The data that endpoints share with the thread.
#[derive(Debug)]
pub struct Shared {
    registry: Registry,
    waker: Waker,
    stopped: AtomicBool,
    next: AtomicUsize,
    watched: Mutex<HashMap<Token, Watched>>,
}

/// A watched socket, with the endpoint to notify.
#[derive(Debug, Clone)]
struct Watched {
    notify: Notify,
    /// The stream, until its connect has succeeded or failed.
    connecting: Option<Weak<TcpStream>>,
}

/// Watches a socket until this is dropped.
#[derive(Debug)]
pub struct Watch {
    shared: Arc<Shared>,
    token: Token,
}

impl Reactor {
    pub fn start() -> io::Result<Self> {
        let poll = Poll::new()?;
        let shared = Arc::new(Shared {
            registry: poll.registry().try_clone()?,
            waker: Waker::new(poll.registry(), STOP)?,
            stopped: AtomicBool::new(false),
            next: AtomicUsize::new(1),
            watched: Mutex::default(),
        });
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new().name("tcp readiness".into()).spawn(move || theirs.run(poll))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    pub fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }
}

impl Drop for Reactor {
    /// No thread of a provider may outlive its last clean-up, since the DLL can then be unloaded.
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Release);
        if self.shared.waker.wake().is_ok() {
            let _ = self.thread.take().map(JoinHandle::join);
        }
    }
}

impl Shared {
    /// Makes the thread notify `notify` when `source` is ready.
    pub fn watch(self: &Arc<Self>, source: &mut impl Source, notify: &Notify) -> Result<Watch, WsaError> {
        let token = Token(self.next.fetch_add(1, Ordering::Relaxed));
        self.lock().insert(token, Watched { notify: notify.clone(), connecting: None });
        let watch = Watch { shared: Arc::clone(self), token };
        self.registry.register(source, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(watch)
    }

    fn run(&self, mut poll: Poll) {
        let mut events = Events::with_capacity(256);
        while !self.stopped.load(Ordering::Acquire) {
            if let Err(error) = poll.poll(&mut events, None) {
                if error.kind() != io::ErrorKind::Interrupted {
                    return;
                }
            }
            for event in &events {
                self.tell(event);
            }
        }
    }

    /// Notifies the kit. No lock is held, since the kit calls methods of the endpoint immediately.
    fn tell(&self, event: &Event) {
        let Some(watched) = self.lock().get(&event.token()).cloned() else {
            return;
        };
        if let Some(stream) = watched.connecting.as_ref().and_then(Weak::upgrade) {
            let Some(result) = connected(&stream) else {
                return;
            };
            if let Some(watched) = self.lock().get_mut(&event.token()) {
                watched.connecting = None;
            }
            watched.notify.connected(result);
        }
        if event.is_readable() || event.is_read_closed() || event.is_error() {
            watched.notify.readable();
        }
        if event.is_writable() || event.is_write_closed() || event.is_error() {
            watched.notify.writable();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Token, Watched>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    /// Records that the stream is connecting: the first event shows the result. Returns the result if it is
    /// known by now.
    pub fn connecting(&self, stream: &Arc<TcpStream>) -> Option<Result<(), WsaError>> {
        if let Some(watched) = self.shared.lock().get_mut(&self.token) {
            watched.connecting = Some(Arc::downgrade(stream));
        }
        // An event that arrived before this was ignored.
        connected(stream).inspect(|_| {
            if let Some(watched) = self.shared.lock().get_mut(&self.token) {
                watched.connecting = None;
            }
        })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.lock().remove(&self.token);
    }
}

/// Whether the connect of a stream has succeeded or failed; `None` if it is pending.
fn connected(stream: &TcpStream) -> Option<Result<(), WsaError>> {
    match (stream.take_error(), stream.peer_addr()) {
        (Ok(Some(error)) | Err(error), _) => Some(Err(error.into())),
        (Ok(None), Ok(_)) => Some(Ok(())),
        (Ok(None), Err(_)) => None,
    }
}

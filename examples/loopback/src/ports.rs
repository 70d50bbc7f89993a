//! Ports: which are in use, and who listens at each.

use crate::pipe::Waiting;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use wpu::WsaError;
use wpu::base::Notify;

/// The first port that is assigned automatically.
const FIRST_FREE: u16 = 49152;

/// The ports in use, each with its listener.
#[derive(Debug, Default)]
pub struct Ports(Mutex<BTreeMap<u16, Weak<Listener>>>);

/// A port that is in use until this is dropped.
#[derive(Debug)]
pub struct Port {
    pub number: u16,
    ports: Arc<Ports>,
}

impl Ports {
    /// Takes this port, or any free one if `number` is 0.
    pub fn take(this: &Arc<Self>, number: u16) -> Result<Arc<Port>, WsaError> {
        let mut taken = this.lock();
        let number = match number {
            0 => {
                (FIRST_FREE..=u16::MAX).find(|port| !taken.contains_key(port)).ok_or(WsaError::WSAENOBUFS)?
            }
            number if taken.contains_key(&number) => return Err(WsaError::WSAEADDRINUSE),
            number => number,
        };
        taken.insert(number, Weak::new());
        Ok(Arc::new(Port { number, ports: Arc::clone(this) }))
    }

    /// Queues a connection at a port.
    pub fn connect(&self, port: u16, waiting: Waiting) -> Result<(), WsaError> {
        let listener = self.lock().get(&port).and_then(Weak::upgrade);
        listener.ok_or(WsaError::WSAECONNREFUSED)?.push(waiting)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u16, Weak<Listener>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Port {
    /// Lets connections queue at this port.
    pub fn listen(&self, backlog: i32, notify: &Notify) -> Arc<Listener> {
        let listener = Arc::new(Listener { line: Mutex::default(), notify: notify.clone() });
        listener.resize(backlog);
        self.ports.lock().insert(self.number, Arc::downgrade(&listener));
        listener
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.ports.lock().remove(&self.number);
    }
}

/// The connections that wait to be accepted.
#[derive(Debug)]
pub struct Listener {
    line: Mutex<Line>,
    notify: Notify,
}

#[derive(Debug, Default)]
struct Line {
    room: usize,
    waiting: VecDeque<Waiting>,
}

impl Listener {
    /// Sets how many connections may wait. Those in excess are reset.
    pub fn resize(&self, backlog: i32) {
        let room = usize::try_from(backlog).unwrap_or(0).clamp(1, 200);
        let mut line = self.lock();
        line.room = room;
        let kept = line.waiting.len().min(room);
        let excess = line.waiting.split_off(kept);
        drop(line);
        for waiting in excess {
            waiting.refuse();
        }
    }

    /// The connection that has waited longest.
    pub fn next(&self) -> Result<Waiting, WsaError> {
        self.lock().waiting.pop_front().ok_or(WsaError::WSAEWOULDBLOCK)
    }

    fn push(&self, waiting: Waiting) -> Result<(), WsaError> {
        let mut line = self.lock();
        if line.waiting.len() >= line.room {
            return Err(WsaError::WSAECONNREFUSED);
        }
        line.waiting.push_back(waiting);
        drop(line);
        self.notify.readable();
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        for waiting in std::mem::take(&mut self.lock().waiting) {
            waiting.refuse();
        }
    }
}

//! Waiting for one of several sockets.

use super::block::{Wait, locked};
use super::socket::{Phase, Socket};
use super::tell::Arrived;
use super::transport::Endpoint;
use std::sync::{Arc, Condvar, Mutex};
use wpu_sys::WsaError;

/// A selection that waits: any of its sockets wakes it.
#[derive(Debug, Default)]
pub struct Watch {
    woken: Mutex<bool>,
    changed: Condvar,
}

impl Watch {
    pub fn wake(&self) {
        *locked(&self.woken) = true;
        self.changed.notify_all();
    }

    /// Waits until something has changed since the last look.
    fn wait(&self, wait: &mut Wait) -> Result<(), WsaError> {
        let mut woken = locked(&self.woken);
        while !*woken {
            woken = wait.on(&self.woken, &self.changed, woken)?;
        }
        *woken = false;
        Ok(())
    }
}

/// What a client wants to know of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    Readable,
    Writable,
    Exceptional,
}

/// The sockets of one call, each with what is asked of it.
pub struct Selection<E: Endpoint>(pub Vec<(Arc<Socket<E>>, Question)>);

impl<E: Endpoint> Selection<E> {
    /// For each socket whether the answer is yes, as soon as one is, or when the time is over.
    pub fn wait(&self, mut wait: Wait) -> Result<Vec<bool>, WsaError> {
        let watching = self.watch()?;
        loop {
            let answers = self.look()?;
            if answers.contains(&true) {
                return Ok(answers);
            }
            match watching.watch.wait(&mut wait) {
                Err(WsaError::WSAETIMEDOUT) => return self.look(),
                woken => woken?,
            }
        }
    }

    /// For each socket whether the answer is yes.
    pub fn look(&self) -> Result<Vec<bool>, WsaError> {
        self.0.iter().map(|(socket, question)| socket.answer(*question)).collect()
    }

    fn watch(&self) -> Result<Watching<'_, E>, WsaError> {
        let watching = Watching { selection: self, watch: Arc::default() };
        for (socket, _) in &self.0 {
            socket.watch(&watching.watch)?;
        }
        Ok(watching)
    }
}

/// Takes itself off the sockets in the end.
struct Watching<'a, E: Endpoint> {
    selection: &'a Selection<E>,
    watch: Arc<Watch>,
}

impl<E: Endpoint> Drop for Watching<'_, E> {
    fn drop(&mut self) {
        for (socket, _) in &self.selection.0 {
            socket.unwatch(&self.watch);
        }
    }
}

impl<E: Endpoint> Socket<E> {
    fn answer(&self, question: Question) -> Result<bool, WsaError> {
        let state = self.lock();
        state.check()?;
        let carries = self.carries(&state);
        match question {
            Question::Exceptional => Ok(state.failed),
            Question::Writable => Ok(carries && (!state.full || state.end_out)),
            Question::Readable if state.phase == Phase::Listening => {
                drop(state);
                Ok(self.has_incoming())
            }
            Question::Readable if carries => {
                let ended = state.end_in;
                drop(state);
                Ok(ended || self.arrived() != Arrived::Nothing)
            }
            Question::Readable => Ok(false),
        }
    }
}

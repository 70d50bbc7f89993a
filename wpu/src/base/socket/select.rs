//! `WSPSelect`: waiting until one of several sockets is ready.

use super::blocking::{OnDrop, Watch};
use super::connect::Phase;
use super::driver::Socket;
use super::queue::Way;
use super::transfer::Arrived;
use crate::base::transport::Endpoint;
use std::sync::Arc;
use std::time::Duration;
use wpu_sys::WsaError;

/// The condition that a client selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    Readable,
    Writable,
    Exceptional,
}

/// A socket and the condition that a client selects for it.
pub type Asked<E> = (Arc<Socket<E>>, Question);

/// Waits until a condition holds or the timeout expires. Returns whether each condition holds.
pub fn select<E: Endpoint>(asked: &[Asked<E>], timeout: Option<Duration>) -> Result<Vec<bool>, WsaError> {
    let (first, _) = asked.first().ok_or(WsaError::WSAEINVAL)?;
    if timeout == Some(Duration::ZERO) {
        return answers(asked);
    }
    let mut wait = first.new_wait(timeout, true);
    let watch = Arc::<Watch>::default();
    let _watching = OnDrop(|| {
        for (socket, _) in asked {
            socket.lock().watches.retain(|other| !Arc::ptr_eq(other, &watch));
        }
    });
    for (socket, _) in asked {
        let mut state = socket.lock();
        state.check()?;
        state.watches.push(Arc::clone(&watch));
    }
    loop {
        let answers = answers(asked)?;
        if answers.contains(&true) {
            return Ok(answers);
        }
        match watch.wait(&mut wait) {
            Err(WsaError::WSAETIMEDOUT) => return self::answers(asked),
            woken => woken?,
        }
    }
}

fn answers<E: Endpoint>(asked: &[Asked<E>]) -> Result<Vec<bool>, WsaError> {
    asked.iter().map(|(socket, question)| answer(socket, *question)).collect()
}

fn answer<E: Endpoint>(socket: &Socket<E>, question: Question) -> Result<bool, WsaError> {
    let state = socket.lock();
    state.check()?;
    let connection = &state.connection;
    let carries = connection.carries();
    match question {
        Question::Exceptional => Ok(connection.failed.is_some()),
        Question::Writable => Ok(carries && (!connection.full || connection.is_shut(Way::Out))),
        Question::Readable if connection.phase == Phase::Listening => {
            drop(state);
            Ok(socket.has_incoming())
        }
        Question::Readable if carries => {
            let shut = connection.is_shut(Way::In);
            drop(state);
            Ok(shut || socket.channel().arrived() != Arrived::Nothing)
        }
        Question::Readable => Ok(false),
    }
}

//! The control codes that wait for a change of local addresses or of routes, and the report of one.

use super::driver::Socket;
use crate::base::change::Change;
use crate::base::transport::Endpoint;
use wpu_sys::{Progress, Request, WsaError};

impl<E: Endpoint> Socket<E> {
    /// Waits for a change, or makes an overlapped request pending. A plain call on a non-blocking socket fails, and
    /// only a network event reports the change.
    pub fn await_change(
        &self,
        change: Change,
        code: u32,
        input: &[u8],
        request: Request<'_>,
    ) -> Result<Progress<u32>, WsaError> {
        self.control(code, input)?;
        let mut state = self.lock();
        state.check()?;
        state.events.enable(change.event());
        let asked = state.changes.of(change);
        (asked.armed, asked.happened) = (true, false);
        let before = asked.count;
        if let Some(overlapped) = request.parts().map(|parts| parts.overlapped.addr().get()) {
            state.queues.forget(overlapped);
            let (pending, pended) = (self.context.pend)(request).map_err(|_| WsaError::WSASYSCALLFAILURE)?;
            state.changes.of(change).requests.push(pended);
            return Ok(Progress::Pending(pending));
        }
        if state.nonblocking {
            return Err(WsaError::WSAEWOULDBLOCK);
        }
        let mut wait = self.new_wait(None, !state.nonblocking);
        while state.changes.of(change).count == before {
            if state.closed {
                return Err(WsaError::WSAEINTR);
            }
            state = self.wait(&mut wait, state)?;
        }
        Ok(Progress::Done(0))
    }

    /// Reports a change to the client.
    pub fn report_change(&self, change: Change) {
        let mut requests = Vec::new();
        self.update(&[], |state| requests = state.changes.happen(change, &mut state.queues));
        for request in requests {
            request.complete(Ok(0.into()));
        }
    }
}

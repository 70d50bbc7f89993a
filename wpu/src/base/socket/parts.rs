//! Messages that are sent and received in parts, on sockets whose catalog entry has `XP1_PARTIAL_MESSAGE`.

use super::partial::{Begun, PartialMessages};
use super::transfer::{Buffers, Channel, LARGEST, count};
use crate::base::transport::{Endpoint, Receive};
use wpu_sys::ffi::MSG_PARTIAL;
use wpu_sys::rt::sync::lock;
use wpu_sys::{CompletionResult, Gather, Outcome, Transfer, WsaError};

impl<E: Endpoint> Channel<'_, E> {
    /// Receives as much of a message as fits. The rest is left for the next calls.
    pub fn receive_part(
        &self,
        parts: &PartialMessages,
        buffers: Buffers<'_>,
        mode: Receive,
    ) -> CompletionResult {
        let begun = lock(&parts.received).take();
        let mut begun = begun.map_or_else(|| self.next_message(), Ok)?;
        let rest = &begun.bytes[begun.done..];
        let bytes = &rest[..rest.len().min(buffers.scatter.total())];
        let _ = buffers.scatter.write_at(0, bytes);
        let flags = if bytes.len() < rest.len() { MSG_PARTIAL } else { 0 };
        let transfer = Transfer { bytes: count(bytes.len()), flags };
        let told = buffers.sender.map_or(Ok(()), |room| room.fill(begun.sender.as_bytes()));
        if told.is_ok() && mode == Receive::Take {
            begun.done += bytes.len();
        }
        if told.is_err() || mode == Receive::Peek || flags != 0 {
            *lock(&parts.received) = Some(begun);
        }
        told?;
        Ok(Outcome::Done(transfer))
    }

    fn next_message(&self) -> Result<Begun, WsaError> {
        loop {
            let (len, _) = self.endpoint.receive_from(&mut [], Receive::Peek)?;
            let mut bytes = vec![0; len.min(LARGEST)];
            let (len, sender) = self.endpoint.receive_from(&mut bytes, Receive::Take)?;
            bytes.truncate(len);
            if self.is_from_peer(&sender) {
                return Ok(Begun { bytes, sender, done: 0 });
            }
        }
    }

    /// Adds the bytes to the message that was begun. Sends the message unless more parts follow.
    pub fn send_part(
        &self,
        parts: &PartialMessages,
        buffers: Gather<'_>,
        more: bool,
        send: impl FnOnce(&[u8]) -> Result<usize, WsaError>,
    ) -> CompletionResult {
        let mut message = std::mem::take(&mut *lock(&parts.sent));
        let (before, total) = (message.len(), buffers.total());
        if before.saturating_add(total) > self.longest {
            return Err(WsaError::WSAEMSGSIZE);
        }
        message.append(&mut buffers.to_vec());
        if more {
            *lock(&parts.sent) = message;
            return Ok(count(total).into());
        }
        let outcome = send(&message);
        if outcome == Err(WsaError::WSAEWOULDBLOCK) {
            message.truncate(before);
            *lock(&parts.sent) = message;
        }
        outcome.map(|_| count(total).into())
    }
}

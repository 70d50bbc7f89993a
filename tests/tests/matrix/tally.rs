//! A client that counts what it transfers, for comparison with the counters of layers.

use super::cells::{Counts, Layer};
use std::ops::Deref;
use std::sync::{Mutex, PoisonError};
use wpu_host::ReceiveResult;
use wpu_host::{Client, ClientRequest, Leftovers, Tell};
use wpu_sys::WsaError;
use wpu_sys::ffi::SOCKET;

/// A client, and its transfers since the providers were started.
pub struct Tally {
    client: Client,
    /// The layers, with the entry whose sockets reach each.
    layers: Vec<(&'static Layer, u32)>,
    moved: Mutex<Moved>,
}

#[derive(Default)]
struct Moved {
    calls: [Sum; 2],
    requests: Vec<(Way, ClientRequest)>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sum {
    bytes: u64,
    transfers: u64,
}

#[derive(Clone, Copy)]
enum Way {
    Sent,
    Received,
}

impl Sum {
    fn add(&mut self, bytes: u64) {
        self.bytes += bytes;
        self.transfers += 1;
    }
}

impl Deref for Tally {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// Sending and receiving through the client, with counting.
impl Tally {
    pub fn send(&self, socket: SOCKET, data: &[u8]) -> Result<usize, WsaError> {
        self.send_vectored(socket, &[data], 0)
    }

    pub fn send_all(&self, socket: SOCKET, mut data: &[u8]) -> Result<(), WsaError> {
        while !data.is_empty() {
            data = &data[self.send(socket, data)?..];
        }
        Ok(())
    }

    pub fn send_vectored(&self, socket: SOCKET, data: &[&[u8]], flags: u32) -> Result<usize, WsaError> {
        self.client.send_vectored(socket, data, flags).inspect(|count| self.add(Way::Sent, *count))
    }

    pub fn recv(&self, socket: SOCKET, room: &mut [u8]) -> Result<usize, WsaError> {
        Ok(self.recv_vectored(socket, &mut [room], 0)?.complete()?.bytes)
    }

    pub fn recv_all(&self, socket: SOCKET, room: &mut [u8]) -> Result<(), WsaError> {
        let mut filled = 0;
        while filled < room.len() {
            match self.recv(socket, &mut room[filled..])? {
                0 => return Err(WsaError::WSAEDISCON),
                count => filled += count,
            }
        }
        Ok(())
    }

    pub fn recv_vectored(
        &self,
        socket: SOCKET,
        room: &mut [&mut [u8]],
        flags: u32,
    ) -> Result<ReceiveResult, WsaError> {
        let received = self.client.recv_vectored(socket, room, flags);
        received.inspect(|received| self.add(Way::Received, received.bytes))
    }

    pub fn send_overlapped(
        &self,
        socket: SOCKET,
        data: &[&[u8]],
        tell: Tell,
    ) -> Result<ClientRequest, WsaError> {
        self.client.send_overlapped(socket, data, tell).inspect(|request| self.keep(Way::Sent, request))
    }

    pub fn recv_overlapped(
        &self,
        socket: SOCKET,
        lengths: &[usize],
        flags: u32,
        tell: Tell,
    ) -> Result<ClientRequest, WsaError> {
        let request = self.client.recv_overlapped(socket, lengths, flags, tell);
        request.inspect(|request| self.keep(Way::Received, request))
    }
}

/// The counters.
impl Tally {
    pub fn new(client: Client, layers: Vec<(&'static Layer, u32)>) -> Self {
        Self { client, layers, moved: Mutex::default() }
    }

    /// Makes the last clean-up, after all layers have counted what they could observe. The next start begins
    /// with zero.
    pub fn clean_up(&self) -> Result<(), WsaError> {
        self.compare();
        *self.moved() = Moved::default();
        self.client.clean_up()
    }

    pub fn finish(self) -> Leftovers {
        self.compare();
        self.client.finish()
    }

    /// Checks that every layer has counted what it could observe.
    fn compare(&self) {
        for (layer, entry) in &self.layers {
            let [sent, received] = self.sums(layer.is_ifs());
            let expected = match layer.counts {
                Counts::Bytes => vec![sent.bytes, received.bytes],
                Counts::Transfers => vec![sent.transfers + received.transfers],
            };
            assert_eq!(self.figures(layer, *entry), expected, "{layer:?}");
        }
    }

    /// The counters that a layer reports.
    fn figures(&self, layer: &Layer, entry: u32) -> Vec<u64> {
        let mut room = [0; 16];
        let socket = self.client.socket_in(entry).expect("a socket");
        let used = self.client.ioctl(socket, layer.code, &[], &mut room).expect("its figures");
        self.client.close(socket).expect("a socket to close");
        let (numbers, _) = room[..used].as_chunks::<8>();
        numbers.iter().map(|number| u64::from_ne_bytes(*number)).collect()
    }

    /// The sent and received amounts. If `at_once` is true, only requests that completed immediately count.
    fn sums(&self, at_once: bool) -> [Sum; 2] {
        let moved = self.moved();
        let mut sums = moved.calls;
        for (way, request) in &moved.requests {
            let late = request.outcome().filter(|outcome| outcome.error == 0);
            let count = if at_once { request.at_once() } else { late.map(|outcome| outcome.transferred) };
            if let Some(count) = count {
                sums[*way as usize].add(count.into());
            }
        }
        sums
    }

    fn add(&self, way: Way, count: usize) {
        self.moved().calls[way as usize].add(count as u64);
    }

    fn keep(&self, way: Way, request: &ClientRequest) {
        self.moved().requests.push((way, request.clone()));
    }

    fn moved(&self) -> std::sync::MutexGuard<'_, Moved> {
        self.moved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! A base provider in memory: it connects the clients and servers of one process by port number.
//!
//! It shows how little code a base provider needs when the kit [`wpu::base`] does the rest. This file
//! implements the transport: ports, connections that wait at a port, and pipes that transfer bytes. The kit
//! implements blocking calls, overlapped requests with all of their notifications, network events,
//! `WSPSelect` and options, for any transport.
//!
//! - [`Loopback`] is the provider: the attribute declares its upcalls, and [`Transport`] creates endpoints.
//! - [`End`] is the endpoint of a socket. Its methods never wait: they return `WSAEWOULDBLOCK`.
//! - [`Notify`] notifies the kit that an operation may have become possible; no lock is held meanwhile.
//!
//! Addresses have family `AF_INET`; only their port is significant.

#![forbid(unsafe_code)]

mod pipe;
mod ports;

use pipe::{Pipe, Waiting};
use ports::{Listener, Port, Ports};
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use wpu::base::{Address, Base, Endpoint, Kind, Notify, Receive, Transport};
use wpu::ffi::{AF_INET, SOCK_STREAM};
use wpu::prelude::*;

/// The address family and type of all sockets.
const KIND: (i32, i32) = (AF_INET, SOCK_STREAM);

/// The provider, with the ports of its process.
#[wpu_provider(
    class = non_ifs,
    kit = base,
    waives(WPUGetProviderPath = "base provider: no layer below"),
)]
#[derive(Debug)]
pub struct Loopback {
    ports: Arc<Ports>,
}

impl Lifecycle for Loopback {
    const DESCRIPTION: &'static str = "Loopback in memory";

    fn start(_start: &Start<'_>) -> Result<Self, WsaError> {
        Ok(Self { ports: Arc::default() })
    }
}

impl Transport for Loopback {
    type Endpoint = End;

    fn open(&self, kind: Kind, notify: Notify) -> Result<End, WsaError> {
        if (kind.family, kind.socket_type) != KIND {
            return Err(WsaError::WSAEAFNOSUPPORT);
        }
        Ok(End { ports: Arc::clone(&self.ports), notify, state: Mutex::default() })
    }
}

wpu::export!(Base<Loopback>; feature = "export");

/// The endpoint of a socket.
#[derive(Debug)]
pub struct End {
    ports: Arc<Ports>,
    notify: Notify,
    state: Mutex<State>,
}

/// The state of an endpoint.
#[derive(Debug, Clone, Default)]
struct State {
    port: Option<Arc<Port>>,
    listener: Option<Arc<Listener>>,
    connection: Option<Connection>,
}

/// The two pipes of a connection, as one end uses them.
#[derive(Debug, Clone)]
struct Connection {
    peer: u16,
    from: Arc<Pipe>,
    to: Arc<Pipe>,
}

impl End {
    fn state(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn connection(&self) -> Result<Connection, WsaError> {
        self.state().connection.ok_or(WsaError::WSAENOTCONN)
    }

    /// The local port. A free port is assigned if there is none yet.
    fn port(&self) -> Result<Arc<Port>, WsaError> {
        if let Some(port) = self.state().port {
            return Ok(port);
        }
        self.take_port(0)
    }

    fn take_port(&self, number: u16) -> Result<Arc<Port>, WsaError> {
        let port = Ports::take(&self.ports, number)?;
        self.change(|state| state.port = Some(Arc::clone(&port)));
        Ok(port)
    }
}

impl Endpoint for End {
    fn bind(&self, address: &Address) -> Result<(), WsaError> {
        self.take_port(address.to_inet()?.port()).map(drop)
    }

    fn local(&self) -> Result<Address, WsaError> {
        self.state().port.map(|port| address(port.number)).ok_or(WsaError::WSAEINVAL)
    }

    fn peer(&self) -> Result<Address, WsaError> {
        Ok(address(self.connection()?.peer))
    }

    fn listen(&self, backlog: i32) -> Result<(), WsaError> {
        match self.state().listener {
            Some(listener) => listener.resize(backlog),
            None => {
                let listener = self.port()?.listen(backlog, &self.notify);
                self.change(|state| state.listener = Some(listener));
            }
        }
        Ok(())
    }

    fn accept(&self, notify: Notify) -> Result<Self, WsaError> {
        let State { port, listener, .. } = self.state();
        let Waiting { peer, from, to } = listener.ok_or(WsaError::WSAEINVAL)?.next()?;
        from.read_by(&notify);
        to.written_by(&notify);
        let connection = Some(Connection { peer, from, to });
        let state = Mutex::new(State { port, listener: None, connection });
        Ok(Self { ports: Arc::clone(&self.ports), notify, state })
    }

    fn connect(&self, to: &Address) -> Result<(), WsaError> {
        let peer = to.to_inet()?.port();
        let (there, back) = (Arc::<Pipe>::default(), Arc::<Pipe>::default());
        there.written_by(&self.notify);
        back.read_by(&self.notify);
        let waiting = Waiting { peer: self.port()?.number, from: Arc::clone(&there), to: Arc::clone(&back) };
        self.ports.connect(peer, waiting)?;
        self.change(|state| state.connection = Some(Connection { peer, from: back, to: there }));
        Ok(())
    }

    fn receive(&self, into: &mut [u8], mode: Receive) -> Result<usize, WsaError> {
        self.connection()?.from.read(into, mode)
    }

    fn send(&self, data: &[u8]) -> Result<usize, WsaError> {
        self.connection()?.to.write(data)
    }

    fn shutdown(&self, how: Shutdown) -> Result<(), WsaError> {
        let connection = self.connection()?;
        if how != Shutdown::Read {
            connection.to.end(false);
        }
        Ok(())
    }

    fn close(&self, abort: bool) {
        if let Ok(connection) = self.connection() {
            connection.to.end(abort);
            connection.from.leave();
        }
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.close(false);
    }
}

fn address(port: u16) -> Address {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into()
}

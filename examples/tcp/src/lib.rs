//! A base provider over the sockets of the operating system: a client's bytes are sent over a TCP connection.
//!
//! It shows a transport that depends on the operating system. A thread of the provider ([`reactor`](self))
//! learns from the system when a socket is ready, and notifies the kit [`wpu::base`], which does everything
//! else. It runs wherever the crates `mio` and `socket2` do: with the Ws2_32 in memory, a client on Linux
//! uses TCP through a Winsock provider.
//!
//! - [`Tcp`] is the provider; its [`Transport`] creates a socket of the system for each socket of a client.
//! - [`End`] is the endpoint of a socket. Its system sockets never block: they return `WSAEWOULDBLOCK`.
//! - The thread ends in the last clean-up of the provider.

#![forbid(unsafe_code)]

mod reactor;

use mio::net::{TcpListener, TcpStream};
use reactor::{Reactor, Shared, Watch};
use socket2::{Domain, SockAddr, SockRef, Socket, Type};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wpu::base::{Address, Base, Endpoint, Kind, Notify, Receive, Transport};
use wpu::ffi::{AF_INET, AF_INET6, IPPROTO_TCP, SOCK_STREAM, SOL_SOCKET, TCP_NODELAY};
use wpu::prelude::*;

/// The address families and their names in `socket2`.
const FAMILIES: [(i32, Domain); 2] = [(AF_INET, Domain::IPV4), (AF_INET6, Domain::IPV6)];
/// The option that this provider supports beyond those of the kit, with its level.
const NODELAY: (i32, i32) = (IPPROTO_TCP, TCP_NODELAY);

/// The provider, with the thread that watches its sockets.
#[wpu_provider(
    class = non_ifs,
    kit = base,
    waives(WPUGetProviderPath = "base provider: no layer below"),
)]
#[derive(Debug)]
pub struct Tcp {
    reactor: Reactor,
}

impl Lifecycle for Tcp {
    const DESCRIPTION: &'static str = "TCP of the operating system";

    fn start(_start: &Start<'_>) -> Result<Self, WsaError> {
        Ok(Self { reactor: Reactor::start().map_err(|_| WsaError::WSASYSNOTREADY)? })
    }
}

impl Transport for Tcp {
    type Endpoint = End;

    fn open(&self, kind: Kind, notify: Notify) -> Result<End, WsaError> {
        let family = FAMILIES.iter().find(|(family, _)| *family == kind.family);
        let (_, domain) = family.ok_or(WsaError::WSAEAFNOSUPPORT)?;
        if kind.socket_type != SOCK_STREAM {
            return Err(WsaError::WSAESOCKTNOSUPPORT);
        }
        let role = Mutex::new(Role::New(new_socket(*domain)?));
        Ok(End { shared: self.reactor.shared(), notify, domain: *domain, role })
    }
}

wpu::export!(Base<Tcp>; feature = "export");

/// The endpoint of a socket.
#[derive(Debug)]
pub struct End {
    shared: Arc<Shared>,
    notify: Notify,
    domain: Domain,
    role: Mutex<Role>,
}

/// The role of the system's socket.
#[derive(Debug)]
enum Role {
    New(Socket),
    Listener(Arc<TcpListener>, #[expect(dead_code, reason = "it only has to be kept")] Watch),
    Stream(Arc<TcpStream>, #[expect(dead_code, reason = "it only has to be kept")] Watch),
    /// An operation on the socket has failed.
    Gone,
}

impl End {
    fn role(&self) -> MutexGuard<'_, Role> {
        self.role.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stream(&self) -> Result<Arc<TcpStream>, WsaError> {
        match &*self.role() {
            Role::Stream(stream, _) => Ok(Arc::clone(stream)),
            _ => Err(WsaError::WSAENOTCONN),
        }
    }

    /// Removes the new socket, to connect it or listen with it; creates another one after a failed connect.
    fn new_socket(&self) -> Result<Socket, WsaError> {
        match std::mem::replace(&mut *self.role(), Role::Gone) {
            Role::New(socket) => Ok(socket),
            _ => new_socket(self.domain),
        }
    }
}

impl Endpoint for End {
    fn bind(&self, address: &Address) -> Result<(), WsaError> {
        let address = SockAddr::from(address.to_inet()?);
        match &*self.role() {
            Role::New(socket) => winsock(socket.bind(&address)),
            _ => Err(WsaError::WSAEINVAL),
        }
    }

    fn local(&self) -> Result<Address, WsaError> {
        let local = match &*self.role() {
            Role::New(socket) => socket.local_addr().map(|address| address.as_socket()),
            Role::Listener(listener, _) => listener.local_addr().map(Some),
            Role::Stream(stream, _) => stream.local_addr().map(Some),
            Role::Gone => return Err(WsaError::WSAEINVAL),
        };
        match winsock(local)? {
            Some(address) if address.port() != 0 => Ok(address.into()),
            // The system assigns no port to an unbound socket.
            _ => Err(WsaError::WSAEINVAL),
        }
    }

    fn peer(&self) -> Result<Address, WsaError> {
        winsock(self.stream()?.peer_addr()).map(Address::from)
    }

    fn listen(&self, backlog: i32) -> Result<(), WsaError> {
        if let Role::Listener(listener, _) = &*self.role() {
            return winsock(SockRef::from(&**listener).listen(backlog.clamp(1, 200)));
        }
        let socket = self.new_socket()?;
        winsock(socket.listen(backlog.clamp(1, 200)))?;
        let mut listener = TcpListener::from_std(socket.into());
        let watch = self.shared.watch(&mut listener, &self.notify)?;
        *self.role() = Role::Listener(Arc::new(listener), watch);
        Ok(())
    }

    fn accept(&self, notify: Notify) -> Result<Self, WsaError> {
        let listener = match &*self.role() {
            Role::Listener(listener, _) => Arc::clone(listener),
            _ => return Err(WsaError::WSAEINVAL),
        };
        let (mut stream, _) = winsock(listener.accept())?;
        let watch = self.shared.watch(&mut stream, &notify)?;
        let role = Mutex::new(Role::Stream(Arc::new(stream), watch));
        Ok(Self { shared: Arc::clone(&self.shared), notify, domain: self.domain, role })
    }

    fn connect(&self, to: &Address) -> Result<(), WsaError> {
        let to: SocketAddr = to.to_inet()?;
        let socket = self.new_socket()?;
        // The connect is pending after this error, whichever code the system uses for it.
        if let Err(error) = socket.connect(&to.into()) {
            let under_way = error.kind() == ErrorKind::WouldBlock || is_in_progress(&error);
            if !under_way {
                return Err(error.into());
            }
        }
        let mut stream = TcpStream::from_std(socket.into());
        let watch = self.shared.watch(&mut stream, &self.notify)?;
        let stream = Arc::new(stream);
        let connected = watch.connecting(&stream);
        *self.role() = Role::Stream(stream, watch);
        connected.unwrap_or(Err(WsaError::WSAEWOULDBLOCK))
    }

    fn receive(&self, into: &mut [u8], mode: Receive) -> Result<usize, WsaError> {
        let stream = self.stream()?;
        winsock(match mode {
            Receive::Take => (&*stream).read(into),
            Receive::Peek => stream.peek(into),
        })
    }

    fn send(&self, data: &[u8]) -> Result<usize, WsaError> {
        winsock((&*self.stream()?).write(data))
    }

    fn shutdown(&self, how: Shutdown) -> Result<(), WsaError> {
        winsock(self.stream()?.shutdown(how))
    }

    fn close(&self, abort: bool) {
        if let (true, Ok(stream)) = (abort, self.stream()) {
            // The system resets the connection when the socket is dropped.
            let _ = SockRef::from(&*stream).set_linger(Some(Duration::ZERO));
        }
        *self.role() = Role::Gone;
    }

    fn option(&self, level: i32, name: i32) -> Result<Vec<u8>, WsaError> {
        match (level, name) {
            NODELAY => Ok(u32::from(winsock(self.stream()?.nodelay())?).to_le_bytes().to_vec()),
            (SOL_SOCKET | IPPROTO_TCP, _) => Err(WsaError::WSAENOPROTOOPT),
            _ => Err(WsaError::WSAEINVAL),
        }
    }

    fn set_option(&self, level: i32, name: i32, value: &[u8]) -> Result<(), WsaError> {
        match (level, name) {
            NODELAY => winsock(self.stream()?.set_nodelay(value.iter().any(|byte| *byte != 0))),
            (SOL_SOCKET | IPPROTO_TCP, _) => Err(WsaError::WSAENOPROTOOPT),
            _ => Err(WsaError::WSAEINVAL),
        }
    }
}

/// Creates a non-blocking socket of the system.
fn new_socket(domain: Domain) -> Result<Socket, WsaError> {
    let socket = winsock(Socket::new(domain, Type::STREAM, None))?;
    winsock(socket.set_nonblocking(true))?;
    Ok(socket)
}

/// Unix systems have a code of their own for this, without an `ErrorKind`.
fn is_in_progress(error: &io::Error) -> bool {
    const EINPROGRESS: [i32; 2] = [115, 36];
    cfg!(unix) && error.raw_os_error().is_some_and(|code| EINPROGRESS.contains(&code))
}

fn winsock<T>(result: io::Result<T>) -> Result<T, WsaError> {
    result.map_err(WsaError::from)
}

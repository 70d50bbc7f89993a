//! Socket handles that Ws2_32 creates for providers whose sockets are not file handles.

use crate::ports::Port;
use std::collections::BTreeMap;
use wpu_sys::WsaError;
use wpu_sys::ffi::SOCKET;

/// The open handles, with the data that providers and clients attached to them.
#[derive(Default)]
pub(crate) struct Sockets(BTreeMap<SOCKET, Socket>);

struct Socket {
    entry: u32,
    context: usize,
    binding: Option<Binding>,
}

/// The completion port to which a client bound a socket.
#[derive(Clone)]
pub(crate) struct Binding {
    pub(crate) port: Port,
    pub(crate) key: usize,
}

impl Sockets {
    pub(crate) fn create(&mut self, socket: SOCKET, entry: u32, context: usize) {
        self.0.insert(socket, Socket { entry, context, binding: None });
    }

    pub(crate) fn close(&mut self, socket: SOCKET) -> Result<(), WsaError> {
        self.0.remove(&socket).map(drop).ok_or(WsaError::WSAENOTSOCK)
    }

    pub(crate) fn context(&self, socket: SOCKET) -> Result<usize, WsaError> {
        Ok(self.0.get(&socket).ok_or(WsaError::WSAENOTSOCK)?.context)
    }

    /// The catalog entry for which the socket was created.
    pub(crate) fn entry(&self, socket: SOCKET) -> Option<u32> {
        self.0.get(&socket).map(|socket| socket.entry)
    }

    /// Binds a socket to a port. A second port is refused, as for a file handle.
    pub(crate) fn bind(&mut self, socket: SOCKET, binding: Binding) -> Result<(), WsaError> {
        let socket = self.0.get_mut(&socket).ok_or(WsaError::WSAENOTSOCK)?;
        if socket.binding.is_some() {
            return Err(WsaError::WSA_INVALID_PARAMETER);
        }
        socket.binding = Some(binding);
        Ok(())
    }

    /// The port that receives completions on the socket, if a client bound it to one.
    pub(crate) fn binding(&self, socket: SOCKET) -> Result<Option<&Binding>, WsaError> {
        let socket = self.0.get(&socket).ok_or(WsaError::WSAENOTSOCK)?;
        Ok(socket.binding.as_ref())
    }

    /// The open handles, each with its entry and context.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (SOCKET, u32, usize)> + '_ {
        self.0.iter().map(|(handle, socket)| (*handle, socket.entry, socket.context))
    }

    /// Closes the handles that are not to be kept.
    pub(crate) fn retain(&mut self, keep: impl Fn(SOCKET) -> bool) {
        self.0.retain(|handle, _| keep(*handle));
    }

    pub(crate) fn open(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_lives_as_long_as_its_handle() {
        let _shows = wpu_evidence::tested([
            "WPUQuerySocketHandleContext.any-context-allowed",
            "WPUQuerySocketHandleContext.context-unchanged",
        ]);
        let mut sockets = Sockets::default();
        sockets.create(8, 1001, 42);
        sockets.create(12, 1002, 0);
        assert_eq!(sockets.context(8), Ok(42));
        assert_eq!(sockets.context(12), Ok(0));
        assert_eq!((sockets.entry(12), sockets.open()), (Some(1002), 2));
        assert_eq!(sockets.close(8), Ok(()));
        assert_eq!(sockets.context(8), Err(WsaError::WSAENOTSOCK));
        assert_eq!(sockets.close(8), Err(WsaError::WSAENOTSOCK));
        assert_eq!((sockets.entry(8), sockets.open()), (None, 1));
    }

    #[test]
    fn a_socket_has_one_port_at_most() {
        let mut sockets = Sockets::default();
        sockets.create(8, 1001, 42);
        let binding = |key| Binding { port: Port::new(), key };
        assert!(sockets.binding(8).is_ok_and(|bound| bound.is_none()));
        assert_eq!(sockets.bind(8, binding(7)), Ok(()));
        assert_eq!(sockets.bind(8, binding(9)), Err(WsaError::WSA_INVALID_PARAMETER));
        assert_eq!(sockets.bind(12, binding(9)), Err(WsaError::WSAENOTSOCK));
        let bound = sockets.binding(8).map(|bound| bound.map(|binding| binding.key));
        assert_eq!(bound, Ok(Some(7)));
        assert_eq!(sockets.binding(12).err(), Some(WsaError::WSAENOTSOCK));
    }
}

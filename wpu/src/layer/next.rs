//! The parameter `next` of a layer's functions: the providers below, with the handles that the client knows.

use super::chain::{Chain, Chains};
use super::loader::{Library, Loader};
use super::messages::Messages;
use super::overlapped::{Moved, OverlappedRequests};
use super::sockets::{Socket, Sockets};
use super::states::States;
use super::sys::ffi::{SOCKET, WSAPROTOCOL_INFOW};
use super::sys::{Class, ClientRef, FdSetMut, Progress, Request, ServiceProvider, Upcalls, WsaError};
use super::worker::{Shared, Worker};
use std::fmt;
use std::sync::{Arc, Weak};

/// The providers below a layer as one provider.
pub(super) struct Next<S: Loader = Library> {
    pub(super) chains: Chains<S>,
    pub(super) sockets: Sockets<S>,
    pub(super) upcalls: Upcalls,
    pub(super) class: Class,
    pub(super) messages: Arc<Messages<S>>,
    pub(super) moves: Arc<OverlappedRequests>,
    worker: Worker,
}

/// The destination of a call on a client's handle.
pub(super) enum Target<S: Loader> {
    /// A socket of the layer.
    Own(Arc<Socket<S>>),
    /// The only provider below, for a handle of the system that did not come through the layer, such as an
    /// inherited handle.
    Stranger(Arc<Chain<S>>, SOCKET),
}

impl<S: Loader> Target<S> {
    pub(super) fn below(&self) -> &Arc<Chain<S>> {
        match self {
            Self::Own(socket) => &socket.below,
            Self::Stranger(below, _) => below,
        }
    }

    pub(super) fn lower(&self) -> SOCKET {
        match self {
            Self::Own(socket) => socket.lower,
            Self::Stranger(_, socket) => *socket,
        }
    }
}

impl<S: Loader> Next<S> {
    pub(super) fn new(
        upcalls: Upcalls,
        class: Class,
        chains: Chains<S>,
        moves: OverlappedRequests,
        states: Arc<States>,
    ) -> Self {
        Self {
            chains,
            sockets: Sockets::new(upcalls, class, states),
            upcalls,
            class,
            messages: Arc::new(Messages::new()),
            moves: Arc::new(moves),
            worker: Worker::new(upcalls),
        }
    }

    /// Not inlined, so that the common path stays short.
    #[inline(never)]
    pub(super) fn find(&self, socket: SOCKET) -> Result<Target<S>, WsaError> {
        match (self.sockets.find(socket), self.class) {
            (Ok(socket), _) => Ok(Target::Own(socket)),
            (Err(error), Class::Ifs) => {
                self.chains.only().map(|below| Target::Stranger(below, socket)).ok_or(error)
            }
            (Err(error), Class::NonIfs) => Err(error),
        }
    }

    /// The provider below and the handle there, if they are found without a lock.
    #[inline]
    fn known(&self, socket: SOCKET) -> Option<(&Chain<S>, SOCKET)> {
        match self.chains.direct() {
            Some(below) => Some((below, socket)),
            None => self.sockets.route(socket),
        }
    }

    /// Makes a call about a socket.
    #[inline]
    pub(super) fn on<R>(
        &self,
        socket: SOCKET,
        call: impl FnOnce(&S::Provider, SOCKET) -> Result<R, WsaError>,
    ) -> Result<R, WsaError> {
        match self.known(socket) {
            Some((below, lower)) => call(&below.provider, lower),
            None => self.on_found(socket, call),
        }
    }

    /// Not inlined, so that `on` stays short. The reference keeps the socket alive during the call.
    #[inline(never)]
    fn on_found<R>(
        &self,
        socket: SOCKET,
        call: impl FnOnce(&S::Provider, SOCKET) -> Result<R, WsaError>,
    ) -> Result<R, WsaError> {
        let target = self.find(socket)?;
        call(&target.below().provider, target.lower())
    }

    /// Makes a call that may have an overlapped request. A call without one is passed on unmodified; so is a
    /// call on handles of the system, since the layer cannot observe completions by the system.
    #[inline]
    pub(super) fn requested<T>(
        &self,
        socket: SOCKET,
        moved: Moved,
        request: Request<'_>,
        call: impl FnOnce(&S::Provider, SOCKET, Request<'_>) -> Result<Progress<T>, WsaError>,
    ) -> Result<Progress<T>, WsaError> {
        if !self.replaces(&request) {
            if let Some((below, lower)) = self.known(socket) {
                return call(&below.provider, lower, request);
            }
        }
        let mut answer = None;
        self.requested_found(socket, moved, (request, call), &mut answer);
        answer.unwrap_or(Err(WsaError::WSASYSCALLFAILURE))
    }

    /// Not inlined, so that the path of a call on a known socket stays short. For the same reason the answer is not
    /// returned: what a function that is not inlined returns is in memory, and the answer of the other path, which
    /// is in registers, would be written there too. The pair is made only for this call; a request that is passed by
    /// itself would be in memory before.
    #[inline(never)]
    fn requested_found<T>(
        &self,
        socket: SOCKET,
        moved: Moved,
        (request, call): (
            Request<'_>,
            impl FnOnce(&S::Provider, SOCKET, Request<'_>) -> Result<Progress<T>, WsaError>,
        ),
        answer: &mut Option<Result<Progress<T>, WsaError>>,
    ) {
        let made = || {
            if !self.replaces(&request) {
                let target = self.find(socket)?;
                return call(&target.below().provider, target.lower(), request);
            }
            let (own, worker) = (self.sockets.find(socket)?, self.worker()?);
            self.moves.begin(&worker, &own, moved, request, call)
        };
        *answer = Some(made());
    }

    /// Whether a request of the layer is passed down in place of this one.
    #[inline]
    fn replaces(&self, request: &Request<'_>) -> bool {
        request.is_overlapped() && self.class == Class::NonIfs
    }

    pub(super) fn worker(&self) -> Result<Arc<Shared>, WsaError> {
        let (messages, upcalls) = (Arc::clone(&self.messages), self.upcalls);
        self.worker.shared(move || messages.deliver(upcalls))
    }

    /// The chain that a client names, with the protocol information that the provider below receives in its
    /// place.
    pub(super) fn chain(
        &self,
        info: Option<ClientRef<'_, WSAPROTOCOL_INFOW>>,
    ) -> Result<(Arc<Chain<S>>, Option<WSAPROTOCOL_INFOW>), WsaError> {
        let Some(info) = info.map(ClientRef::get) else {
            return Ok((self.chains.first()?, None));
        };
        let below = self.chains.of(&info)?;
        let handed = below.place.hand_down(&info);
        Ok((below, Some(handed)))
    }

    pub(super) fn adopt(&self, below: &Arc<Chain<S>>, lower: SOCKET) -> Result<Arc<Socket<S>>, WsaError> {
        let socket = self.sockets.adopt(below, lower)?;
        if !socket.is_same() {
            self.chains.end_direct();
        }
        Ok(socket)
    }

    /// Copies the state that an accepted socket inherits from the listening socket.
    pub(super) fn inherit(&self, from: &Socket<S>, to: &Arc<Socket<S>>) {
        let interest = *from.interest();
        if let (Some(interest), Ok(worker)) = (interest, self.worker()) {
            *to.interest() = Some(interest.inherited());
            self.messages.watch(to);
            // The socket may be ready already, which was reported before the layer knew the socket.
            worker.look();
        }
    }

    /// The lower handles of the sockets in a set, and the providers below them.
    pub(super) fn members(
        &self,
        set: Option<FdSetMut<'_>>,
        below: &mut Vec<Arc<Chain<S>>>,
    ) -> Result<Vec<SOCKET>, WsaError> {
        let Some(set) = set else { return Ok(Vec::new()) };
        set.iter()
            .map(|upper| {
                let target = self.find(upper)?;
                if !below.iter().any(|known| Arc::ptr_eq(known, target.below())) {
                    below.push(Arc::clone(target.below()));
                }
                Ok(target.lower())
            })
            .collect()
    }

    /// Ends everything: completions are no longer reported, every handle is closed, and the providers below
    /// are cleaned up, which ends the calls that are running in them, unless the host has started these providers too.
    pub(super) fn end(&self) {
        self.moves.end();
        let sockets = self.sockets.all();
        // All registrations are cleared first, since closing one socket notifies its peer, which must no
        // longer report it.
        for socket in &sockets {
            *socket.interest() = None;
            if self.class == Class::NonIfs {
                let _ = socket.below.provider.event_select(socket.lower, None, 0);
            }
        }
        let left: Vec<_> = sockets.iter().map(Arc::downgrade).collect();
        for socket in sockets {
            // No client could close the lower handle later, since clients do not know it. Handles of the
            // system belong to the client, and the clean-up below ends the operations on them.
            if self.class == Class::NonIfs && socket.begin_to_close() {
                let _ = socket.below.provider.close_socket(socket.lower);
            }
            self.sockets.forget(&socket);
        }
        self.chains.clean_up();
        self.worker.end();
        self.moves.abandon();
        for socket in left.iter().filter_map(Weak::upgrade) {
            socket.release();
        }
    }
}

impl<S: Loader> Drop for Next<S> {
    fn drop(&mut self) {
        // The author's own clean-up may have returned early.
        self.end();
        // A remaining reference to a socket, such as that of a request that is completing, keeps no state of
        // the socket.
        self.sockets.states.end();
    }
}

impl<S: Loader> fmt::Debug for Next<S> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Next")
            .field("chains", &self.chains)
            .field("sockets", &self.sockets)
            .finish_non_exhaustive()
    }
}

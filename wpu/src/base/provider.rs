//! `Base`: the thirty functions of a provider over the sockets of a transport.

use super::change::Change;
use super::notify::Notify;
use super::params::{check_multipoint, duration, no_data, no_service};
use super::socket::{
    Incoming, Io, Question, Sink, Socket, SocketContext, State, cancel, check_no_hook, select,
};
use super::transport::{Endpoint, Kind, Transport};
use crate::__private::{Fixed, Import, Run};
use crate::Address;
use crate::completion::Pend;
use crate::provider::assert_declares;
use crate::provider::run_of;
use crate::slab::Slab;
use crate::{Lifecycle, Provider, Start};
use std::fmt;
use std::net::Shutdown;
use std::sync::Arc;
use wpu_sys::facts::kits;
use wpu_sys::ffi::{
    FIONBIO, FIONREAD, FROM_PROTOCOL_INFO, MSG_OOB, MSG_PARTIAL, SIO_ADDRESS_LIST_QUERY, SIO_BASE_HANDLE,
    SIO_BSP_HANDLE, SIO_BSP_HANDLE_POLL, SIO_BSP_HANDLE_SELECT, SIO_FLUSH, SO_ERROR, SOL_SOCKET,
    WSA_FLAG_OVERLAPPED,
};
use wpu_sys::ffi::{QOS, SOCKET, WSANETWORKEVENTS, WSAOVERLAPPED, WSAPROTOCOL_INFOW, timeval};
use wpu_sys::{
    Bytes, ClientMut, ClientRef, Condition, ConnectParams, FdSetMut, OutBuf, Outcome, Progress, Received,
    Request, ServiceProvider, SocketHandle, SocketParams, Text, Transfer, Transferred,
};
use wpu_sys::{Declaration, EventRef, Upcalls, Window, WsaError};

/// 0 is no group, and 1 and 2 ask for a new one. No socket of the kit is in a group, so no other value is one.
const ANY_NEW_GROUP: u32 = 2;

/// All network events.
const ALL_EVENTS: i32 = 0x3ff;

/// A base provider whose sockets are not file handles, built on a [`Transport`].
pub struct Base<T: Transport> {
    transport: T,
    upcalls: Upcalls,
    entry: Arc<WSAPROTOCOL_INFOW>,
    sockets: Slab<Socket<T::Endpoint>>,
}

/// The socket of a client's handle.
type Found<T> = Arc<Socket<<T as Transport>::Endpoint>>;

impl<T: Transport> Base<T> {
    /// Finds the socket of a client's handle.
    fn find(&self, socket: SOCKET) -> Result<Found<T>, WsaError> {
        check_no_hook()?;
        let key = self.upcalls.query_socket_handle_context(socket)?;
        self.sockets.get(key).filter(|found| found.raw == socket).ok_or(WsaError::WSAENOTSOCK)
    }

    /// Finds the socket of a client's handle to end something. A layer above ends its sockets in its last clean-up, when
    /// the host answers no upcall about a handle any more; what blocks the layer's calls must end nevertheless.
    fn find_to_end(&self, socket: SOCKET) -> Result<Found<T>, WsaError> {
        match self.find(socket) {
            Err(error @ WsaError::WSANOTINITIALISED) => {
                self.sockets.values().into_iter().find(|open| open.raw == socket).ok_or(error)
            }
            found => found,
        }
    }

    /// The key and the handle of a new socket.
    fn place(&self, entry: u32) -> Result<(usize, SocketHandle), WsaError> {
        let key = self.sockets.reserve().ok_or(WsaError::WSAENOBUFS)?;
        let made = self.upcalls.create_socket_handle(entry, key);
        let handle = made.inspect_err(|_| drop(self.sockets.release(key)))?;
        Ok((key, handle))
    }

    /// Creates a socket with its key and its handle.
    fn settle(
        &self,
        (key, handle): (usize, SocketHandle),
        context: SocketContext,
        end: Incoming<T::Endpoint>,
        state: State<T::Endpoint>,
    ) -> Found<T> {
        let socket = Socket::new(context, key, handle, end, state);
        self.sockets.fill(key, Arc::clone(&socket));
        socket
    }

    /// The common part of `WSPAsyncSelect` and `WSPEventSelect`.
    fn select_events(&self, socket: SOCKET, events: i32, sink: Sink) -> Result<(), WsaError> {
        if events & !ALL_EVENTS != 0 {
            return Err(WsaError::WSAEINVAL);
        }
        let socket = if events == 0 { self.find_to_end(socket) } else { self.find(socket) };
        socket?.select_events(events, sink)
    }
}

impl<T: Transport + fmt::Debug> fmt::Debug for Base<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = self.sockets.values().len();
        out.debug_struct("Base")
            .field("transport", &self.transport)
            .field("open", &open)
            .finish_non_exhaustive()
    }
}

impl<T: Transport> Provider for Base<T> {
    type Upcalls = T::Upcalls;
    const DECLARATION: Declaration = {
        assert_declares(&T::DECLARATION, kits::Base::kit());
        T::DECLARATION
    };

    fn upcalls() -> Self::Upcalls {
        T::upcalls()
    }

    const __RUN: Fixed<Run> = T::__RUN;
    const __IMPORTS: &'static [Import] = T::__IMPORTS;
}

impl<T: Transport> Lifecycle for Base<T> {
    const DESCRIPTION: &'static str = T::DESCRIPTION;

    fn serves(entry: &WSAPROTOCOL_INFOW) -> bool {
        T::serves(entry)
    }

    fn __fits(entry: &WSAPROTOCOL_INFOW) -> bool {
        T::__fits(entry)
    }

    fn start(start: &Start<'_>) -> Result<Self, WsaError> {
        // Hand-written code can reach this point without the declaration.
        const { assert_declares(&T::DECLARATION, kits::Base::kit()) };
        let upcalls = Upcalls::new(run_of::<T>().cell());
        let entry = Arc::new(*start.entry());
        Ok(Self { transport: T::start(start)?, upcalls, entry, sockets: Slab::new() })
    }

    fn start_again(&self, start: &Start<'_>) -> Result<(), WsaError> {
        check_no_hook()?;
        self.transport.start_again(start)
    }
}

impl<T: Transport> ServiceProvider for Base<T> {
    fn socket(&self, params: SocketParams<'_>) -> Result<SOCKET, WsaError> {
        check_no_hook()?;
        if params.group > ANY_NEW_GROUP {
            return Err(WsaError::WSAEINVAL);
        }
        let entry = params.info.map_or_else(|| Arc::clone(&self.entry), |info| Arc::new(info.get()));
        check_multipoint(params.flags, entry.dwServiceFlags1)?;
        let or = |asked, entry| if matches!(asked, 0 | FROM_PROTOCOL_INFO) { entry } else { asked };
        let kind = Kind {
            family: or(params.family, entry.iAddressFamily),
            socket_type: or(params.kind, entry.iSocketType),
            protocol: or(params.protocol, entry.iProtocol),
        };
        let notify = Notify::default();
        let endpoint = self.transport.open(kind, notify.clone())?;
        let overlapped = params.flags & WSA_FLAG_OVERLAPPED != 0;
        let pend: Pend = |request| request.pend::<T::__Itself>();
        let context = SocketContext { upcalls: self.upcalls, entry, pend, kind, overlapped };
        let place = self.place(context.entry.dwCatalogEntryId)?;
        let end = Incoming { endpoint, notify };
        Ok(self.settle(place, context, end, State::new(kind.is_datagram())).raw)
    }

    fn close_socket(&self, socket: SOCKET) -> Result<(), WsaError> {
        let socket = self.find_to_end(socket)?;
        let abort = socket.linger()?;
        self.sockets.release(socket.key);
        if let Some(handle) = socket.end(abort)? {
            // All state of the socket is removed already, so a failure to close the handle has no effect.
            let _ = handle.close();
        }
        Ok(())
    }

    fn cleanup(&self) -> Result<(), WsaError> {
        let sockets = self.sockets.values();
        // All sockets are marked first, since closing one socket notifies its peer, which must no longer
        // report it.
        for socket in &sockets {
            socket.report_nothing();
        }
        for socket in sockets {
            self.sockets.release(socket.key);
            drop(socket.end(true));
        }
        Ok(())
    }

    fn cancel_blocking_call(&self) -> Result<(), WsaError> {
        cancel()
    }

    fn bind(&self, socket: SOCKET, address: Bytes<'_>) -> Result<(), WsaError> {
        self.find(socket)?.bind(&Address::try_from(address)?)
    }

    fn listen(&self, socket: SOCKET, backlog: i32) -> Result<(), WsaError> {
        self.find(socket)?.listen(backlog)
    }

    fn connect(&self, socket: SOCKET, address: Bytes<'_>, params: ConnectParams<'_>) -> Result<(), WsaError> {
        let socket = self.find(socket)?;
        no_service(params.socket_qos)?;
        if socket.context.kind.is_datagram() {
            // There is no connection that could carry data.
            return socket.connect(&Address::try_from(address)?);
        }
        no_data(params.caller_data).map_err(|_| WsaError::WSAEPROTONOSUPPORT)?;
        socket.connect(&Address::try_from(address)?)?;
        none_back(params.callee_data);
        Ok(())
    }

    fn accept(
        &self,
        socket: SOCKET,
        address: Option<OutBuf<'_>>,
        condition: Option<Condition<'_>>,
    ) -> Result<SOCKET, WsaError> {
        let listener = self.find(socket)?;
        let entry = listener.context.entry.dwCatalogEntryId;
        let (end, place) = listener.accept(address, condition, || self.place(entry))?;
        let state = listener.lock().accepted();
        let made = self.settle(place, listener.context.clone(), end, state);
        made.report_events();
        Ok(made.raw)
    }

    fn shutdown(&self, socket: SOCKET, how: i32) -> Result<(), WsaError> {
        let how = match how {
            0 => Shutdown::Read,
            1 => Shutdown::Write,
            2 => Shutdown::Both,
            _ => return Err(WsaError::WSAEINVAL),
        };
        self.find(socket)?.shutdown(how)
    }

    fn send_disconnect(&self, socket: SOCKET, data: Option<Bytes<'_>>) -> Result<(), WsaError> {
        let socket = self.find(socket)?;
        no_data(data)?;
        socket.shutdown(Shutdown::Write)
    }

    fn recv_disconnect(&self, socket: SOCKET, data: Option<OutBuf<'_>>) -> Result<(), WsaError> {
        self.find(socket)?.shutdown(Shutdown::Read)?;
        none_back(data);
        Ok(())
    }

    fn recv(&self, socket: SOCKET, flags: u32, request: Request<'_>) -> Result<Progress<Received>, WsaError> {
        self.recv_from(socket, flags, request)
    }

    fn recv_from(
        &self,
        socket: SOCKET,
        flags: u32,
        request: Request<'_>,
    ) -> Result<Progress<Received>, WsaError> {
        let socket = self.find(socket)?;
        no_urgent(flags)?;
        socket.check_receive(flags, request.is_overlapped())?;
        let received = socket.transfer(Io::Receive { flags }, request)?;
        Ok(received.map(|Transfer { bytes, flags }| Received { bytes, flags }))
    }

    fn send(&self, socket: SOCKET, flags: u32, request: Request<'_>) -> Result<Progress<u32>, WsaError> {
        transmit(&*self.find(socket)?, flags, request)
    }

    fn send_to(&self, socket: SOCKET, flags: u32, request: Request<'_>) -> Result<Progress<u32>, WsaError> {
        let socket = self.find(socket)?;
        if request.input().is_none() {
            socket.check_peer()?;
        }
        transmit(&*socket, flags, request)
    }

    fn get_overlapped_result(
        &self,
        socket: SOCKET,
        overlapped: ClientMut<'_, WSAOVERLAPPED>,
        wait: bool,
    ) -> Result<Outcome<Transferred>, WsaError> {
        self.find(socket)?.overlapped_result(overlapped, wait)
    }

    fn async_select(
        &self,
        socket: SOCKET,
        window: Window,
        message: u32,
        events: i32,
    ) -> Result<(), WsaError> {
        if events != 0 && window == Window::NULL {
            return Err(WsaError::WSAEINVAL);
        }
        self.select_events(socket, events, Sink::Messages { window, message })
    }

    fn event_select(&self, socket: SOCKET, event: Option<EventRef<'_>>, events: i32) -> Result<(), WsaError> {
        let sink = match event.and_then(|event| EventRef::from_raw(event.raw())) {
            Some(event) => Sink::Event(event),
            None if events != 0 => return Err(WsaError::WSAEINVAL),
            None => Sink::Record,
        };
        self.select_events(socket, events, sink)
    }

    fn enum_network_events(
        &self,
        socket: SOCKET,
        event: Option<EventRef<'_>>,
        events: ClientMut<'_, WSANETWORKEVENTS>,
    ) -> Result<(), WsaError> {
        let socket = self.find(socket)?;
        if let Some(event) = event {
            // Reset before the query: an event that occurs in between sets the event object again, and no
            // event is missed.
            self.upcalls.reset_event(event).map_err(|error| match error {
                WsaError::WSA_INVALID_HANDLE => WsaError::WSAEINVAL,
                error => error,
            })?;
        }
        let (recorded, errors) = socket.lock().events.take();
        write_events(events, recorded, &errors);
        Ok(())
    }

    fn select(
        &self,
        _count: i32,
        read: Option<FdSetMut<'_>>,
        write: Option<FdSetMut<'_>>,
        except: Option<FdSetMut<'_>>,
        timeout: Option<ClientRef<'_, timeval>>,
    ) -> Result<i32, WsaError> {
        check_no_hook()?;
        let timeout = timeout.map(|timeout| duration(timeout.get())).transpose()?;
        let mut asked = Vec::new();
        for (set, question) in
            [(read, Question::Readable), (write, Question::Writable), (except, Question::Exceptional)]
        {
            for socket in set.into_iter().flat_map(FdSetMut::iter) {
                asked.push((self.find(socket)?, question));
            }
        }
        let answers = select(&asked, timeout)?;
        let mut left = answers.iter();
        for set in [read, write, except].into_iter().flatten() {
            set.retain(|_| left.next().is_some_and(|yes| *yes));
        }
        Ok(i32::try_from(answers.iter().filter(|yes| **yes).count()).unwrap_or(i32::MAX))
    }

    fn get_sock_name(&self, socket: SOCKET, address: OutBuf<'_>) -> Result<(), WsaError> {
        Ok(address.fill(self.find(socket)?.endpoint.local()?.as_bytes())?)
    }

    fn get_peer_name(&self, socket: SOCKET, address: OutBuf<'_>) -> Result<(), WsaError> {
        Ok(address.fill(self.find(socket)?.peer_name()?.as_bytes())?)
    }

    fn get_sock_opt(
        &self,
        socket: SOCKET,
        level: i32,
        option: i32,
        value: OutBuf<'_>,
    ) -> Result<(), WsaError> {
        let socket = self.find(socket)?;
        let mut bytes = socket.option(level, option, value.lend().0.addr())?;
        // If a client reads a `BOOLEAN` or a part of an integer, the remaining bytes must be zero.
        if bytes.len() <= 4
            && bytes[value.capacity().min(bytes.len())..].iter().all(|byte| *byte == 0)
            && value.capacity() > 0
        {
            bytes.truncate(value.capacity());
        }
        let filled = value.fill(&bytes);
        if filled.is_err() && (level, option) == (SOL_SOCKET, SO_ERROR) {
            socket.keep_error(&bytes);
        }
        Ok(filled?)
    }

    fn set_sock_opt(
        &self,
        socket: SOCKET,
        level: i32,
        option: i32,
        value: Bytes<'_>,
    ) -> Result<(), WsaError> {
        self.find(socket)?.set_option(level, option, &value.to_vec())
    }

    fn duplicate_socket(&self, socket: SOCKET, _process: u32) -> Result<WSAPROTOCOL_INFOW, WsaError> {
        self.find(socket).and(Err(WsaError::WSAEINVAL))
    }

    fn join_leaf(
        &self,
        socket: SOCKET,
        _address: Bytes<'_>,
        _params: ConnectParams<'_>,
        _flags: u32,
    ) -> Result<SOCKET, WsaError> {
        self.find(socket).and(Err(WsaError::WSAEOPNOTSUPP))
    }

    fn get_qos_by_name(
        &self,
        socket: SOCKET,
        _name: Option<Bytes<'_>>,
        _qos: ClientMut<'_, QOS>,
    ) -> Result<(), WsaError> {
        self.find(socket).and(Err(WsaError::WSAEOPNOTSUPP))
    }

    fn ioctl(&self, socket: SOCKET, code: u32, request: Request<'_>) -> Result<Progress<u32>, WsaError> {
        let socket = self.find(socket)?;
        let input = request.input().map_or_else(Vec::new, Bytes::to_vec);
        if code == SIO_BSP_HANDLE_POLL && request.is_overlapped() {
            return Err(WsaError::WSAEFAULT);
        }
        if let Some(change) = Change::of(code) {
            return socket.await_change(change, code, &input, request);
        }
        let answer = match code {
            FIONBIO => socket.set_nonblocking(&input).map(|()| Vec::new()),
            FIONREAD => socket.waiting_bytes().map(|count| count.to_le_bytes().to_vec()),
            SIO_FLUSH => {
                socket.abort_sends();
                Ok(Vec::new())
            }
            SIO_BASE_HANDLE | SIO_BSP_HANDLE | SIO_BSP_HANDLE_SELECT | SIO_BSP_HANDLE_POLL => {
                Ok(socket.raw.to_le_bytes().to_vec())
            }
            SIO_ADDRESS_LIST_QUERY => {
                let base = request.room().map_or(0, |room| room.lend().0.addr());
                socket.address_list(base).unwrap_or_else(|| socket.control(code, &input))
            }
            _ => socket.control(code, &input),
        }?;
        let count = u32::try_from(answer.len()).unwrap_or(u32::MAX);
        if !answer.is_empty() && request.room().is_none_or(|room| room.fill(&answer).is_err()) {
            // The client gets the number of bytes that are needed.
            return Ok(Progress::Partial(count, WsaError::WSAEFAULT));
        }
        Ok(Progress::Done(count))
    }

    fn address_to_string(
        &self,
        address: Bytes<'_>,
        _info: Option<ClientRef<'_, WSAPROTOCOL_INFOW>>,
        text: OutBuf<'_, u16>,
    ) -> Result<(), WsaError> {
        check_no_hook()?;
        let spelled = self.transport.address_to_text(&Address::try_from(address)?)?;
        let units: Vec<u16> = spelled.encode_utf16().chain([0]).collect();
        Ok(text.fill(&units)?)
    }

    fn string_to_address(
        &self,
        text: Text<'_>,
        family: i32,
        _info: Option<ClientRef<'_, WSAPROTOCOL_INFOW>>,
        address: OutBuf<'_>,
    ) -> Result<(), WsaError> {
        check_no_hook()?;
        let text = String::from_utf16(&text.to_vec()).map_err(|_| WsaError::WSAEINVAL)?;
        Ok(address.fill(self.transport.text_to_address(family, &text)?.as_bytes())?)
    }
}

fn none_back(data: Option<OutBuf<'_>>) {
    if let Some(room) = data {
        room.set_used(0);
    }
}

/// Sends to the address of a request, if the socket has no connection.
fn transmit<E: Endpoint>(
    socket: &Socket<E>,
    flags: u32,
    request: Request<'_>,
) -> Result<Progress<u32>, WsaError> {
    no_urgent(flags)?;
    let more = flags & MSG_PARTIAL != 0;
    if more && !socket.context.takes_parts() {
        return Err(WsaError::WSAEOPNOTSUPP);
    }
    // On a connected socket the address of the client is ignored.
    let to =
        request.input().filter(|_| socket.context.kind.is_datagram()).map(Address::try_from).transpose()?;
    let sent = socket.transfer(Io::Send { to, more }, request)?;
    Ok(sent.map(|transfer| transfer.bytes))
}

/// The kit does not support urgent data.
fn no_urgent(flags: u32) -> Result<(), WsaError> {
    if flags & MSG_OOB == 0 { Ok(()) } else { Err(WsaError::WSAEOPNOTSUPP) }
}

/// Writes the recorded events and their errors. The errors of other events are not modified.
fn write_events(events: ClientMut<'_, WSANETWORKEVENTS>, recorded: i32, errors: &[i32]) {
    let at = events.as_ptr();
    // SAFETY: the pointer of a `ClientMut` is writable during the call that received it, which has not
    // returned. No reference to the structure is created, since the client may access it concurrently.
    unsafe { (*at).lNetworkEvents = recorded };
    for (bit, error) in errors.iter().enumerate().filter(|(bit, _)| recorded & (1 << bit) != 0) {
        // SAFETY: as above; indexing an array checks the bound.
        unsafe { (*at).iErrorCode[bit] = *error };
    }
}

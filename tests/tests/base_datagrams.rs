//! The base kit with datagrams instead of connections, over a transport of a few lines.

use std::collections::{BTreeMap, VecDeque};
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;
use wpu::base::{Address, Base, Endpoint, Kind, Notify, Receive, Transport};
use wpu::prelude::*;
use wpu_host::{Client, Entry, Host, Leftovers, Module, ReceiveResult, Tell, encode_address};
use wpu_sys::ffi::*;

const LONG: Duration = Duration::from_secs(60);

/// Datagrams in memory.
#[wpu_provider(
    class = non_ifs,
    kit = base,
    waives(WPUGetProviderPath = "base provider: no layer below"),
)]
struct Post(Arc<Boxes>);

#[derive(Default)]
struct Boxes(Mutex<BTreeMap<u16, (Notify, Line)>>);

/// Queued datagrams, each with its sender.
type Line = VecDeque<(u16, Vec<u8>)>;

struct PostBox {
    boxes: Arc<Boxes>,
    notify: Notify,
    port: Mutex<(u16, Option<u16>)>,
}

impl Lifecycle for Post {
    fn start(_: &Start<'_>) -> Result<Self, WsaError> {
        Ok(Self(Arc::default()))
    }
}

impl Transport for Post {
    type Endpoint = PostBox;

    fn open(&self, kind: Kind, notify: Notify) -> Result<PostBox, WsaError> {
        assert!(kind.is_datagram());
        Ok(PostBox { boxes: Arc::clone(&self.0), notify, port: Mutex::default() })
    }
}

wpu::export!(Base<Post>; any());

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn at(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

impl Endpoint for PostBox {
    fn bind(&self, address: &Address) -> Result<(), WsaError> {
        let port = address.to_inet()?.port();
        locked(&self.boxes.0).insert(port, (self.notify.clone(), VecDeque::new()));
        locked(&self.port).0 = port;
        Ok(())
    }

    fn local(&self) -> Result<Address, WsaError> {
        Ok(at(locked(&self.port).0).into())
    }

    fn peer(&self) -> Result<Address, WsaError> {
        locked(&self.port).1.map(|port| at(port).into()).ok_or(WsaError::WSAENOTCONN)
    }

    fn connect(&self, to: &Address) -> Result<(), WsaError> {
        locked(&self.port).1 = Some(to.to_inet()?.port());
        Ok(())
    }

    fn receive(&self, into: &mut [u8], mode: Receive) -> Result<usize, WsaError> {
        self.receive_from(into, mode).map(|(len, _)| len)
    }

    fn send(&self, data: &[u8]) -> Result<usize, WsaError> {
        self.send_to(data, &self.peer()?)
    }

    fn receive_from(&self, into: &mut [u8], mode: Receive) -> Result<(usize, Address), WsaError> {
        let mut boxes = locked(&self.boxes.0);
        let (port, peer) = *locked(&self.port);
        let (_, line) = boxes.get_mut(&port).ok_or(WsaError::WSAEINVAL)?;
        // With a peer only its datagrams are received.
        while let (Some(peer), Some((from, _))) = (peer, line.front())
            && ![0, *from].contains(&peer)
        {
            line.pop_front();
        }
        let (from, message) = line.front().ok_or(WsaError::WSAEWOULDBLOCK)?;
        for (to, byte) in into.iter_mut().zip(message) {
            *to = *byte;
        }
        let answer = (message.len(), at(*from).into());
        if mode == Receive::Take {
            line.pop_front();
        }
        Ok(answer)
    }

    fn send_to(&self, data: &[u8], to: &Address) -> Result<usize, WsaError> {
        let from = locked(&self.port).0;
        let told = locked(&self.boxes.0).get_mut(&to.to_inet()?.port()).map(|(notify, line)| {
            line.push_back((from, data.to_vec()));
            notify.clone()
        });
        told.iter().for_each(Notify::readable);
        Ok(data.len())
    }

    fn shutdown(&self, _: Shutdown) -> Result<(), WsaError> {
        Ok(())
    }
}

fn world() -> (Host, Client, [SOCKET; 2], MutexGuard<'static, ()>) {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = locked(&ALONE);
    let host = Host::new().expect("a free slot");
    let entry = Entry::new(GUID { Data1: 0x706f_7374, ..GUID::ZERO }, "post.dll");
    let entry = entry.flags(XP1_CONNECTIONLESS | XP1_MESSAGE_ORIENTED);
    let module = Module::linked::<Base<Post>, _>();
    host.install(entry.sockets(AF_INET, SOCK_DGRAM, IPPROTO_UDP), &module);
    let client = host.client();
    let sockets = [1, 2].map(|port| {
        let socket = client.socket(AF_INET, SOCK_DGRAM, 0).expect("a socket");
        client.bind(socket, at(port)).expect("an address");
        socket
    });
    (host, client, sockets, alone)
}

/// A message that is longer than the buffers fills them. The client gets the number of bytes, the flags and the sender
/// beside the error.
fn long_messages(host: &Host, client: &Client, [near, far]: [SOCKET; 2]) {
    const LONG_MESSAGE: WsaError = WsaError::WSAEMSGSIZE;
    let send = || assert_eq!(client.send_to(near, b"five5", at(2)), Ok(5));
    let (mut first, mut second) = ([0; 1], [0; 2]);
    send();
    let parts = |received: ReceiveResult| (received.bytes, received.flags, received.sender, received.error);
    let peeked = client.recv_from_vectored(far, &mut [&mut first, &mut second], MSG_PEEK).map(parts);
    assert_eq!(peeked, Ok((3, 0, Some(at(1)), Some(LONG_MESSAGE))));
    let received = client.recv_vectored(far, &mut [&mut first, &mut second], 0).map(parts);
    assert_eq!(received, Ok((3, 0, None, Some(LONG_MESSAGE))));
    assert_eq!((&first, &second), (b"f", b"iv"));
    // The rest is lost: the next request waits for the next message.
    let event = host.client_event();
    let request = client.recv_from_overlapped(far, 2, Tell::Event(event)).expect("a request");
    send();
    assert_eq!(host.wait(event, LONG), Ok(true));
    let end = request.outcome().expect("it has ended");
    assert_eq!((end.error, end.transferred), (LONG_MESSAGE.code().cast_unsigned(), 2));
    assert_eq!((request.data(), request.address()), (b"fi".to_vec(), Some(at(1))));
    assert_eq!(client.overlapped_result(&request, false), Err(LONG_MESSAGE));
    // A routine and a port get the number too.
    let (tell, told) = mpsc::channel();
    let routine =
        Tell::routine(move |end| tell.send((end.error, end.transferred)).expect("somebody listens"));
    let request = client.recv_overlapped(far, &[1, 1], 0, routine).expect("a request");
    send();
    assert_eq!(host.sleep_alertable(LONG), 1);
    assert_eq!(told.try_recv(), Ok((LONG_MESSAGE.code().cast_unsigned(), 2)));
    drop(request);
    host.close_client_event(event).expect("an event");
}

#[test]
fn messages_keep_their_bounds_and_senders() {
    let _shows = wpu_evidence::tested([
        "message-orientation.buffers-get-the-beginning",
        "message-orientation.empty-message-is-a-message",
        "message-orientation.messages-keep-boundaries",
        "message-orientation.unreliable-drops-the-rest",
        "WSPAccept.WSAEOPNOTSUPP",
        "WSPListen.WSAEOPNOTSUPP",
        "WSPRecv.WSAEWOULDBLOCK",
        "WSPRecvFrom.WSAEMSGSIZE",
        "WSPSelect.readable-when-data-waits",
        "WSPSelect.sets-keep-the-ready",
        "WSPSend.goes-to-the-peer",
    ]);
    let (host, client, [near, far], _alone) = world();
    assert_eq!(client.send_to(near, b"one", at(2)), Ok(3));
    assert_eq!(client.send_to(near, b"", at(2)), Ok(0));
    assert_eq!(client.send_to(near, b"three", at(2)), Ok(5));
    let selected = client.select(&[near, far], &[near], &[], Some(LONG)).expect("a selection");
    assert_eq!((selected.read, selected.write), (vec![far], vec![near]));
    let mut waiting = [0; 4];
    client.ioctl(far, FIONREAD, &[], &mut waiting).expect("a number");
    assert_eq!(u32::from_le_bytes(waiting), 3);
    let mut bytes = [0; 4];
    assert_eq!(client.recv_from(far, &mut bytes), Ok((3, Some(at(1)))));
    assert_eq!(client.recv_from(far, &mut bytes), Ok((0, Some(at(1)))), "an empty message is one too");
    assert_eq!(client.recv_from(far, &mut bytes), Err(WsaError::WSAEMSGSIZE));
    assert_eq!(&bytes, b"thre", "what fits is there");
    long_messages(&host, &client, [near, far]);
    let event = host.client_event();
    let request = client.recv_from_overlapped(far, 8, Tell::Event(event)).expect("a request");
    client.connect(near, at(2)).expect("an address to send to");
    assert_eq!(client.send(near, b"four"), Ok(4));
    assert_eq!(host.wait(event, LONG), Ok(true));
    assert_eq!((request.data(), request.address()), (b"four".to_vec(), Some(at(1))));
    assert_eq!(client.peer_address(near), Ok(at(2)));
    assert_eq!(client.listen(far, 1), Err(WsaError::WSAEOPNOTSUPP));
    assert_eq!(client.accept(far).map(drop), Err(WsaError::WSAEOPNOTSUPP));
    client.set_nonblocking(far, true).expect("a socket");
    assert_eq!(client.recv(far, &mut bytes), Err(WsaError::WSAEWOULDBLOCK));
    for socket in [near, far] {
        client.close(socket).expect("a socket to close");
    }
    host.close_client_event(event).expect("an event");
    assert_eq!(client.finish(), Leftovers::default());
    assert_eq!(host.faults(), []);
}

/// Connects with data for the peer and room for its answer. Returns the room after the call.
fn connect_with_data(
    client: &Client,
    socket: SOCKET,
    to: SocketAddr,
) -> (Result<(), WsaError>, u32, [u8; 4]) {
    let connect = client.procs(socket).expect("a provider").lpWSPConnect.expect("a function");
    let (address, mut room, mut errno) = (encode_address(to), *b"room", 0);
    let data = WSABUF { len: 4, buf: b"data".as_ptr().cast_mut() };
    let mut answer = WSABUF { len: 4, buf: room.as_mut_ptr() };
    let (to, from, back) = (address.as_ptr().cast(), &raw const data, &raw mut answer);
    let (none, code) = (std::ptr::null(), &raw mut errno);
    // SAFETY: the pointers are null, or point to locals; the data is only read.
    let answered = unsafe { connect(socket, to, 16, from, back, none, none, code) };
    (if answered == 0 { Ok(()) } else { Err(WsaError::new(errno)) }, answer.len, room)
}

#[test]
fn the_peer_of_a_datagram_socket_can_change_and_be_taken_away() {
    let _shows = wpu_evidence::tested([
        "WSPConnect.datagram-data-ignored",
        "WSPConnect.datagram-peer-can-change",
        "WSPConnect.zeros-forget-the-peer",
        "WSPGetPeerName.datagrams-name-connect-only",
        "WSPShutdown.connectionless-needs-no-peer",
    ]);
    let (host, client, [near, far], _alone) = world();
    let third = client.socket(AF_INET, SOCK_DGRAM, 0).expect("a socket");
    client.bind(third, at(3)).expect("an address");
    client.set_nonblocking(near, true).expect("a socket");
    let none = Err(WsaError::WSAENOTCONN);
    let received = |socket| {
        let mut bytes = [0; 4];
        client.recv_from(socket, &mut bytes).map(|(count, _)| bytes[..count].to_vec())
    };
    client.send_to(near, b"a", at(2)).expect("an address");
    assert_eq!((client.peer_address(near), received(far)), (none, Ok(b"a".to_vec())));
    for (port, socket, text) in [(2, far, b"b"), (3, third, b"c")] {
        client.connect(near, at(port)).expect("another peer");
        assert_eq!(client.peer_address(near), Ok(at(port)));
        client.send(near, text).expect("a peer");
        assert_eq!(received(socket), Ok(text.to_vec()));
        client.send_to(near, b"d", at(2)).expect("the address is ignored or taken");
        assert_eq!(client.peer_address(near), Ok(at(port)), "as it was");
    }
    assert_eq!(connect_with_data(&client, near, at(2)), (Ok(()), 4, *b"room"));
    assert_eq!(client.peer_address(near), Ok(at(2)));
    client.send_to(third, b"e", at(1)).expect("an address");
    assert_eq!(received(near), Err(WsaError::WSAEWOULDBLOCK), "it is not from the peer");
    client.connect(near, ([0; 4], 0).into()).expect("no peer");
    assert_eq!(client.peer_address(near), none);
    for (socket, text) in [(third, b"f"), (far, b"g")] {
        client.send_to(socket, text, at(1)).expect("an address");
        assert_eq!(received(near), Ok(text.to_vec()), "from everybody");
    }
    client.connect(near, at(3)).expect("a peer again");
    assert_eq!(client.peer_address(near), Ok(at(3)));
    for how in [SD_SEND, SD_RECEIVE, SD_BOTH] {
        assert_eq!(client.shutdown(far, how), Ok(()), "it never had a peer");
    }
    for socket in [near, far, third] {
        client.close(socket).expect("a socket to close");
    }
    assert_eq!(client.finish(), Leftovers::default());
    assert_eq!(host.faults(), []);
}

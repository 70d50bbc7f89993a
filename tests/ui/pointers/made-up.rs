//! A structure with pointers that safe code created cannot be passed as a view.
#![forbid(unsafe_code)]
use wpu::ffi::{QOS, WSABUF, WSAOVERLAPPED, WSATHREADID};
use wpu::{ThreadId, ClientRef, ClientMut};

pub fn made_up(qos: ClientMut<'_, QOS>) {
    let buffer = WSABUF { len: 1000, buf: std::ptr::without_provenance_mut(1) };
    let mut bad = QOS { ProviderSpecific: buffer, ..QOS::ZERO };
    qos.set(bad);
    let _ = ClientRef::new(&bad);
    let _ = ClientMut::new(&mut bad);
    let _ = ClientMut::new(&mut WSAOVERLAPPED::ZERO);
    let _ = ThreadId::from_raw(WSATHREADID { Reserved: 1, ..WSATHREADID::ZERO });
}

fn main() {}

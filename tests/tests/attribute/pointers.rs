//! Structures with pointers in safe code.
#![forbid(unsafe_code)]
use wpu::ffi::{FLOWSPEC, QOS, SOCKET};
use wpu::{Built, ClientMut, ClientRef, ConnectParams, ServiceProvider, Window, WsaError};

/// Reads a client's structure, and passes another one to the provider below.
pub fn handed_down(
    next: &impl ServiceProvider,
    socket: SOCKET,
    wanted: ClientRef<'_, QOS>,
    answer: ClientMut<'_, QOS>,
) -> Result<(), WsaError> {
    let mut other = Built::<QOS>::new();
    other.set_member(QOS::SendingFlowspec, FLOWSPEC { Latency: 5, ..wanted.get().SendingFlowspec });
    other.set_bytes(QOS::ProviderSpecific, b"own bytes");
    let params = ConnectParams::new().socket_qos(other.view()).group_qos(wanted);
    next.connect(socket, wpu::Bytes::new(&[]), params)?;
    let (named, got) = other.with(|qos| next.get_qos_by_name(socket, None, qos));
    named?;
    answer.set_member(QOS::SendingFlowspec, got.SendingFlowspec);
    next.async_select(socket, Window::from_raw(std::ptr::without_provenance_mut(8)), 0x400, 1)
}

pub(crate) fn main() {
    assert!(Window::from_raw(std::ptr::null_mut()) == Window::NULL);
}

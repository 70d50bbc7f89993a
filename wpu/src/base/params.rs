//! Parameters of a client: those that ask for what the kit does not have, and time limits.

use std::time::Duration;
use wpu_sys::ffi::{
    QOS, WSA_FLAG_MULTIPOINT_C_LEAF, WSA_FLAG_MULTIPOINT_C_ROOT, WSA_FLAG_MULTIPOINT_D_LEAF,
    WSA_FLAG_MULTIPOINT_D_ROOT, XP1_MULTIPOINT_CONTROL_PLANE, XP1_MULTIPOINT_DATA_PLANE,
    XP1_SUPPORT_MULTIPOINT, timeval,
};
use wpu_sys::{Bytes, ClientRef, WsaError};

/// The service types of a flow specification that ask for nothing: no traffic, and best effort.
const NO_SERVICE: [u32; 2] = [0, 1];

/// Checks that the entry has what these flags ask for: root flags need a rooted plane, and all need multipoint.
pub(super) fn check_multipoint(flags: u32, services: u32) -> Result<(), WsaError> {
    const NEEDS: [(u32, u32); 3] = [
        (WSA_FLAG_MULTIPOINT_C_LEAF | WSA_FLAG_MULTIPOINT_D_LEAF, XP1_SUPPORT_MULTIPOINT),
        (WSA_FLAG_MULTIPOINT_C_ROOT, XP1_SUPPORT_MULTIPOINT | XP1_MULTIPOINT_CONTROL_PLANE),
        (WSA_FLAG_MULTIPOINT_D_ROOT, XP1_SUPPORT_MULTIPOINT | XP1_MULTIPOINT_DATA_PLANE),
    ];
    let fits = |(asked, needed): &(u32, u32)| flags & asked == 0 || services & needed == *needed;
    if NEEDS.iter().all(fits) { Ok(()) } else { Err(WsaError::WSAEINVAL) }
}

/// Connections have no quality of service.
pub(super) fn no_service(qos: Option<ClientRef<'_, QOS>>) -> Result<(), WsaError> {
    let Some(qos) = qos.map(ClientRef::get) else { return Ok(()) };
    let asked = [qos.SendingFlowspec.ServiceType, qos.ReceivingFlowspec.ServiceType];
    let nothing = asked.iter().all(|service| NO_SERVICE.contains(service));
    if nothing { Ok(()) } else { Err(WsaError::WSAEOPNOTSUPP) }
}

/// Connections carry no connect or disconnect data.
pub(super) fn no_data(data: Option<Bytes<'_>>) -> Result<(), WsaError> {
    if data.is_none_or(Bytes::is_empty) { Ok(()) } else { Err(WsaError::WSAENOPROTOOPT) }
}

/// A time limit of a client.
pub(super) fn duration(time: timeval) -> Result<Duration, WsaError> {
    let seconds = u64::try_from(time.tv_sec).map_err(|_| WsaError::WSAEINVAL)?;
    let micros = u64::try_from(time.tv_usec).map_err(|_| WsaError::WSAEINVAL)?;
    Ok(Duration::from_secs(seconds).saturating_add(Duration::from_micros(micros)))
}

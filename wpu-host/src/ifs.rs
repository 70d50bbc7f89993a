//! File handles that providers register: the entry that owns each handle, and the value by which its client
//! knows it.

use std::collections::BTreeMap;
use wpu_sys::WsaError;
use wpu_sys::ffi::SOCKET;

/// The registered handles.
#[derive(Default)]
pub(crate) struct IfsHandles {
    rename: bool,
    registered: BTreeMap<SOCKET, Registration>,
    /// By the handle first proposed: the value that the client has now.
    current: BTreeMap<SOCKET, SOCKET>,
}

struct Registration {
    object: SOCKET,
    entry: u32,
}

impl IfsHandles {
    /// Sets whether each registration returns a handle other than the proposed one.
    pub(crate) fn rename(&mut self, rename: bool) {
        self.rename = rename;
    }

    /// Records that `entry` owns the object of the handle `proposed`. An object has one registration: the
    /// last one replaces earlier ones, also if a layer registers a handle of the layer below.
    pub(crate) fn register(
        &mut self,
        entry: u32,
        proposed: SOCKET,
        fresh: impl FnOnce() -> Option<SOCKET>,
    ) -> Result<SOCKET, WsaError> {
        let handle = if self.rename { fresh().ok_or(WsaError::WSAENOBUFS)? } else { proposed };
        let object = self.object(proposed).unwrap_or(proposed);
        if let Some(earlier) = self.current.insert(object, handle) {
            self.registered.remove(&earlier);
        }
        self.registered.insert(handle, Registration { object, entry });
        Ok(handle)
    }

    /// Ends a registration, as a successful close by the client does.
    pub(crate) fn forget(&mut self, handle: SOCKET) -> Result<(), WsaError> {
        let gone = self.registered.remove(&handle).ok_or(WsaError::WSAENOTSOCK)?;
        self.current.remove(&gone.object);
        Ok(())
    }

    /// Whether the client knows the object by another value than the first proposed handle.
    pub(crate) fn is_renamed(&self, object: SOCKET) -> bool {
        self.current.get(&object).is_some_and(|handle| *handle != object)
    }

    /// Ends all registrations, as the last clean-up does.
    pub(crate) fn clear(&mut self) {
        self.registered.clear();
        self.current.clear();
    }

    pub(crate) fn contains(&self, handle: SOCKET) -> bool {
        self.registered.contains_key(&handle)
    }

    /// The entry that owns a handle.
    pub(crate) fn entry(&self, handle: SOCKET) -> Option<u32> {
        self.registered.get(&handle).map(|registration| registration.entry)
    }

    /// The handle first proposed for the same object.
    pub(crate) fn object(&self, handle: SOCKET) -> Option<SOCKET> {
        self.registered.get(&handle).map(|registration| registration.object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_registration_wins() {
        let _shows = wpu_evidence::tested(["WPUModifyIFSHandle.last-registration-counts"]);
        let mut handles = IfsHandles::default();
        assert_eq!(handles.register(1001, 40, || None), Ok(40));
        assert_eq!(handles.register(1002, 40, || None), Ok(40));
        assert_eq!((handles.entry(40), handles.object(40)), (Some(1002), Some(40)));
        assert_eq!(handles.forget(40), Ok(()));
        assert_eq!(handles.forget(40), Err(WsaError::WSAENOTSOCK));
        assert_eq!(handles.entry(40), None);
    }

    #[test]
    fn a_renamed_handle_leads_to_its_object_through_all_layers() {
        let mut handles = IfsHandles::default();
        handles.rename(true);
        assert_eq!(handles.register(1001, 40, || Some(100)), Ok(100));
        assert_eq!((handles.entry(40), handles.entry(100)), (None, Some(1001)));
        assert_eq!(handles.register(1002, 100, || Some(104)), Ok(104));
        assert_eq!((handles.object(104), handles.entry(104)), (Some(40), Some(1002)));
        assert!(!handles.contains(100));
        // The system assigns the value of a closed handle to the next object.
        assert_eq!(handles.register(1001, 40, || Some(108)), Ok(108));
        assert!(!handles.contains(104));
        assert_eq!(handles.register(1001, 44, || None), Err(WsaError::WSAENOBUFS));
        assert_eq!((handles.contains(108), handles.contains(44)), (true, false));
    }
}

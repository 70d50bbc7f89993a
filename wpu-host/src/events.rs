//! The manual-reset events of providers and clients.

use std::collections::{BTreeMap, BTreeSet};
use wpu_sys::WsaError;

/// The open events, and those that providers have closed.
#[derive(Default)]
pub(crate) struct Events {
    open: BTreeMap<usize, Event>,
    closed: BTreeSet<usize>,
}

struct Event {
    creator: Creator,
    set: bool,
}

/// Who created an event. Only the creator closes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Creator {
    Provider,
    Client,
}

impl Events {
    pub(crate) fn create(&mut self, event: usize, creator: Creator) {
        self.open.insert(event, Event { creator, set: false });
    }

    pub(crate) fn close(&mut self, event: usize, creator: Creator) -> Result<(), WsaError> {
        match self.open.get(&event) {
            Some(found) if found.creator == creator => {
                self.open.remove(&event);
                if creator == Creator::Provider {
                    self.closed.insert(event);
                }
                Ok(())
            }
            _ => Err(WsaError::WSA_INVALID_HANDLE),
        }
    }

    /// Sets the event if `set` is true, and resets it otherwise.
    pub(crate) fn put(&mut self, event: usize, set: bool) -> Result<(), WsaError> {
        self.open.get_mut(&event).ok_or(WsaError::WSA_INVALID_HANDLE)?.set = set;
        Ok(())
    }

    pub(crate) fn is_set(&self, event: usize) -> Result<bool, WsaError> {
        Ok(self.open.get(&event).ok_or(WsaError::WSA_INVALID_HANDLE)?.set)
    }

    /// Whether a provider created the event and closed it.
    pub(crate) fn was_closed(&self, event: usize) -> bool {
        self.closed.contains(&event)
    }

    /// Counts the open events of one creator.
    pub(crate) fn open(&self, creator: Creator) -> usize {
        self.open.values().filter(|event| event.creator == creator).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_stays_set_until_it_is_reset() {
        let _shows = wpu_evidence::tested(["WPUCreateEvent.manual-reset-not-set"]);
        let mut events = Events::default();
        events.create(4, Creator::Provider);
        assert_eq!(events.is_set(4), Ok(false));
        assert_eq!(events.put(4, true), Ok(()));
        assert_eq!(events.is_set(4), Ok(true));
        assert_eq!(events.is_set(4), Ok(true));
        assert_eq!(events.put(4, false), Ok(()));
        assert_eq!(events.is_set(4), Ok(false));
    }

    #[test]
    fn only_its_creator_closes_an_event() {
        let mut events = Events::default();
        events.create(4, Creator::Provider);
        events.create(8, Creator::Client);
        let bad = Err(WsaError::WSA_INVALID_HANDLE);
        assert_eq!(events.close(8, Creator::Provider), bad);
        assert_eq!(events.close(4, Creator::Client), bad);
        assert_eq!((events.open(Creator::Provider), events.open(Creator::Client)), (1, 1));
        assert_eq!(events.close(4, Creator::Provider), Ok(()));
        assert_eq!(events.close(4, Creator::Provider), bad);
        assert_eq!(events.put(4, true), bad);
        assert_eq!(events.is_set(4), Err(WsaError::WSA_INVALID_HANDLE));
        assert_eq!((events.open(Creator::Provider), events.open(Creator::Client)), (0, 1));
    }
}

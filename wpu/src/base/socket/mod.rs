//! Sockets: the operations that clients call, over one state machine.

mod addresses;
mod await_change;
mod blocking;
mod calls;
mod changes;
mod connect;
mod control;
mod driver;
mod events;
mod options;
mod partial;
mod parts;
mod queue;
mod select;
mod state;
mod transfer;

pub use blocking::{cancel, check_no_hook};
pub use connect::Incoming;
pub use driver::{Socket, SocketContext};
pub use events::Sink;
pub use select::{Question, select};
pub use state::State;
pub use transfer::Io;

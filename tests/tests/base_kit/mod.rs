//! The base kit over a transport that does what a test says, driven by a client and by plain calls of the functions.

mod accept;
mod blocking;
mod close;
mod connect;
mod names;
mod sockets;
mod stage;

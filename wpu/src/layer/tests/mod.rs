//! A layer over a base provider in memory: each pitfall that concerns layers, by its number.

mod ask;
mod below;
mod chains;
mod handles;
mod late;
mod messages;
mod partial;
mod places;
mod requests;
mod settings;
mod sockets;
mod stand;
mod states;

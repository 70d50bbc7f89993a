//! Accesses all of a client's memory through every kind of view.

use std::hint::black_box;
use wpu::raw::RequestBuffers;
use wpu::{
    Bytes, ClientRef, CompletionResult, ConnectParams, FdSetMut, Gather, OutBuf, PendingRequest, Request,
    Scatter,
};

/// Uses everything that was lent with a request, and completes the request.
pub(crate) fn finish(pended: PendingRequest, completion: CompletionResult) {
    read_buffers(pended.gather());
    fill_buffers(pended.scatter());
    if let Some(bytes) = pended.input() {
        read_bytes(bytes);
    }
    if let Some(room) = pended.room() {
        fill_room(room, 0x5a);
    }
    pended.complete(completion);
}

/// Uses everything that a request lends.
pub(crate) fn use_request(request: &Request<'_>) {
    let (gather, scatter) = (Some(request.gather()), Some(request.scatter()));
    use_lent(&RequestBuffers { gather, scatter, input: request.input(), room: request.room() });
    black_box((request.socket(), request.has_routine(), request.is_overlapped()));
}

pub(crate) fn use_lent(lent: &RequestBuffers<'_>) {
    if let Some(gather) = lent.gather {
        read_buffers(gather);
    }
    if let Some(scatter) = lent.scatter {
        fill_buffers(scatter);
    }
    if let Some(input) = lent.input {
        read_bytes(input);
    }
    if let Some(room) = lent.room {
        fill_room(room, 0x24);
    }
}

pub(crate) fn read_bytes(bytes: Bytes<'_>) {
    black_box(bytes.to_vec());
    let mut some = [0; 7];
    for at in [0, 1, bytes.len() / 2, bytes.len(), usize::MAX] {
        assert!(bytes.copy_at(at, &mut some) <= some.len());
    }
    black_box(bytes.is_empty());
    let _ = bytes.as_ptr();
}

pub(crate) fn fill_room<T: Copy>(room: OutBuf<'_, T>, with: T) {
    let data = vec![with; room.capacity() + 1];
    assert!(room.fill(&data).is_err());
    assert_eq!(room.write_at(0, &data), room.capacity());
    assert_eq!(room.write_at(room.capacity(), &data), 0);
    assert_eq!(room.write_at(usize::MAX, &data), 0);
    room.set_used(usize::MAX);
    assert!(room.used() <= room.capacity());
    room.set_needed(usize::MAX);
    assert!(room.needed().is_none_or(|needed| needed > room.capacity()));
    let _ = room.fill(&data[..room.capacity() / 2]);
}

pub(crate) fn read_buffers(buffers: Gather<'_>) {
    let mut some = [0; 3000];
    let total = buffers.total();
    for at in [0, 1, total / 2, total, usize::MAX] {
        let copied = buffers.copy_at(at, &mut some);
        assert_eq!(copied, total.saturating_sub(at).min(some.len()));
    }
    for bytes in buffers.iter().take(40) {
        read_bytes(bytes);
    }
    if total < 0x10000 {
        assert_eq!(buffers.to_vec().len(), total);
    }
    assert!(buffers.count() > 0 || total == 0);
}

pub(crate) fn fill_buffers(buffers: Scatter<'_>) {
    let some = [0xc3; 3000];
    let total = buffers.total();
    for at in [0, 1, total / 2, total, usize::MAX] {
        assert_eq!(buffers.write_at(at, &some), total.saturating_sub(at).min(some.len()));
    }
    let mut read = [0; 100];
    black_box(buffers.copy_at(0, &mut read));
    for room in buffers.iter().take(40) {
        fill_room(room, 0x3c);
    }
}

/// Changes a set while it reads it.
pub(crate) fn use_set(set: FdSetMut<'_>) {
    let before = set.len();
    black_box(set.iter().fold(0, usize::wrapping_add));
    black_box((set.contains(4), set.get(before), set.get(usize::MAX), set.is_empty()));
    set.set(before, 1);
    set.set(0, 0xdead_beef);
    let mut odd = false;
    set.retain(|socket| {
        odd = !odd;
        odd || socket < 8
    });
    // Another set may overlap this one, and may have changed its count.
    assert!(set.len() <= before);
}

pub(crate) fn use_sets(sets: [Option<FdSetMut<'_>>; 3]) {
    for set in sets.into_iter().flatten() {
        use_set(set);
    }
    // Each has changed the others, if they overlap.
    for set in sets.into_iter().flatten() {
        use_set(set);
    }
    if let [Some(first), Some(second), _] = sets {
        for index in 0..second.len() {
            first.set(index, second.get(index).unwrap_or(0));
        }
    }
}

pub(crate) fn use_connection(address: Bytes<'_>, params: &ConnectParams<'_>) {
    read_bytes(address);
    if let Some(bytes) = params.caller_data {
        read_bytes(bytes);
    }
    if let Some(room) = params.callee_data {
        fill_room(room, 1);
    }
    black_box([params.socket_qos, params.group_qos].map(|qos| qos.map(ClientRef::get)));
}

//! The id of a thread is used after it was closed, and closed again.
//! Shows: WPUCloseThread.once-per-open
#![forbid(unsafe_code)]

pub fn late(thread: wpu::OpenThread) {
    let id = thread.borrowed();
    drop(thread);
    let _ = id.raw();
}

pub fn twice(thread: wpu::OpenThread) {
    drop(thread);
    let _ = thread.close();
}

fn main() {}

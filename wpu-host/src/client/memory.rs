//! Memory that the client lends to providers, and the arguments that accompany the data of a call.

use std::ptr::{self, NonNull};
use wpu_sys::ffi::WSABUF;
use wpu_sys::ffi::{WSATHREADID, sockaddr};

/// A type for which every bit pattern is a valid value, and whose values are not bound to a thread.
///
/// # Safety
///
/// Both statements are true of the type.
pub(crate) unsafe trait Flat: Copy {}

macro_rules! flat {
    ($($ty:ty)*) => {$(
        // SAFETY: the type is an integer, or a struct of integers and raw pointers only.
        unsafe impl Flat for $ty {}
    )*};
}

flat!(u8 u32 i32 u64 WSABUF WSATHREADID);

/// Values on the heap that both sides access only through raw pointers.
#[derive(Debug)]
pub(crate) struct ClientMemory<T: Flat> {
    values: NonNull<T>,
    length: usize,
}

// SAFETY: it owns its memory, and its values are not bound to a thread. This crate writes the values before
// the call and after the call has returned, and reads them before the call and when the request is complete:
// at these times Winsock's contract gives the client exclusive access.
unsafe impl<T: Flat> Send for ClientMemory<T> {}
// SAFETY: as above.
unsafe impl<T: Flat> Sync for ClientMemory<T> {}

impl<T: Flat> ClientMemory<T> {
    pub(crate) fn new(values: Vec<T>) -> Self {
        let length = values.len();
        let values = NonNull::from(Box::leak(values.into_boxed_slice())).cast();
        Self { values, length }
    }

    pub(crate) fn as_ptr(&self) -> *mut T {
        self.values.as_ptr()
    }

    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// Reads the value at `index`.
    pub(crate) fn get(&self, index: usize) -> T {
        assert!(index < self.length);
        // SAFETY: the index is within the allocation.
        let value = unsafe { self.as_ptr().add(index) };
        // SAFETY: as above, and every bit pattern that a provider may have written is a valid `T`.
        unsafe { value.read_volatile() }
    }

    /// Overwrites the value at `index`.
    pub(crate) fn set(&self, index: usize, value: T) {
        assert!(index < self.length);
        // SAFETY: the index is within the allocation.
        let slot = unsafe { self.as_ptr().add(index) };
        // SAFETY: as above.
        unsafe { slot.write_volatile(value) };
    }

    pub(crate) fn to_vec(&self) -> Vec<T> {
        (0..self.length).map(|index| self.get(index)).collect()
    }
}

impl<T: Flat> Drop for ClientMemory<T> {
    fn drop(&mut self) {
        let whole = ptr::slice_from_raw_parts_mut(self.as_ptr(), self.length);
        // SAFETY: the slice was leaked from a box of this length, and `self` is its only owner.
        drop(unsafe { Box::from_raw(whole) });
    }
}

/// A buffer for a socket address of any family, aligned for each of them.
#[derive(Debug)]
pub(crate) struct AddressSpace {
    words: Vec<u64>,
    length: usize,
}

impl AddressSpace {
    /// Creates a buffer for the longest address.
    pub(crate) fn new() -> Self {
        Self::of(&[0; 128])
    }

    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self { words: to_words(bytes), length: bytes.len() }
    }

    pub(crate) fn as_ptr(&self) -> *const sockaddr {
        self.words.as_ptr().cast()
    }

    pub(crate) fn as_mut_ptr(&mut self) -> *mut sockaddr {
        self.words.as_mut_ptr().cast()
    }

    pub(crate) fn length(&self) -> i32 {
        i32::try_from(self.length).unwrap_or(i32::MAX)
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        to_bytes(&self.words, self.length)
    }
}

/// Copies bytes into words, padded with zeros.
pub(crate) fn to_words(bytes: &[u8]) -> Vec<u64> {
    let word = |chunk: &[u8]| {
        let mut whole = [0; 8];
        whole[..chunk.len()].copy_from_slice(chunk);
        u64::from_ne_bytes(whole)
    };
    bytes.chunks(8).map(word).collect()
}

/// The first `length` bytes of the words.
pub(crate) fn to_bytes(words: &[u64], length: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    bytes.truncate(length);
    bytes
}

/// The buffer array and the thread id of a call. They are valid during the call only: the provider must copy
/// what it needs later.
#[derive(Debug)]
pub(crate) struct Arguments {
    buffers: ClientMemory<WSABUF>,
    thread: ClientMemory<WSATHREADID>,
}

impl Arguments {
    pub(crate) fn new(buffers: Vec<WSABUF>, thread: WSATHREADID) -> Self {
        Self { buffers: ClientMemory::new(buffers), thread: ClientMemory::new(vec![thread]) }
    }

    pub(crate) fn buffers(&self) -> *mut WSABUF {
        self.buffers.as_ptr()
    }

    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.buffers.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn thread(&self) -> *const WSATHREADID {
        self.thread.as_ptr()
    }

    /// The total number of bytes of the buffers.
    pub(crate) fn total(&self) -> usize {
        (0..self.buffers.len()).map(|index| self.buffers.get(index).len as usize).sum()
    }

    /// Overwrites the array and the thread id after the call, so that a provider that uses them later is
    /// detected.
    pub(crate) fn spoil(&self, trap: &Trap, thread: WSATHREADID) {
        for index in 0..self.buffers.len() {
            let length = self.buffers.get(index).len;
            self.buffers.set(index, trap.buffer(length));
        }
        self.thread.set(0, thread);
    }
}

/// Memory to which overwritten buffer arrays point. A write to it shows that an array was used after its
/// call.
#[derive(Debug)]
pub(crate) struct Trap(ClientMemory<u8>);

const UNTOUCHED: u8 = 0xA5;
const TRAP_SIZE: u32 = 0x1000;

impl Trap {
    pub(crate) fn new() -> Self {
        Self(ClientMemory::new(vec![UNTOUCHED; TRAP_SIZE as usize]))
    }

    fn buffer(&self, length: u32) -> WSABUF {
        WSABUF { len: length.min(TRAP_SIZE), buf: self.0.as_ptr() }
    }

    /// Whether the memory was written to. Restores its initial content.
    pub(crate) fn was_written(&self) -> bool {
        let touched = self.0.to_vec().iter().any(|byte| *byte != UNTOUCHED);
        if touched {
            (0..self.0.len()).for_each(|index| self.0.set(index, UNTOUCHED));
        }
        touched
    }
}

/// A `WSABUF` for a buffer that the provider only reads.
pub(crate) fn to_read(bytes: &[u8]) -> WSABUF {
    WSABUF { len: length(bytes.len()), buf: bytes.as_ptr().cast_mut() }
}

/// A `WSABUF` for a buffer that the provider fills.
pub(crate) fn to_fill(bytes: &mut [u8]) -> WSABUF {
    WSABUF { len: length(bytes.len()), buf: bytes.as_mut_ptr() }
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

//! A client's memory, and hostile pointers into it: null, misaligned, at its end, overlapping.
//!
//! The contract allows a client to pass pointers that are null, misaligned or valid for what the arguments
//! claim. Everything that a pointer claims must therefore be within the memory; overlaps are allowed.

use crate::input::Input;
use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::{null_mut, without_provenance_mut};
use wpu::ffi::WSABUF;

/// An allocation whose end is the end of its accessible memory.
pub(crate) struct Arena {
    base: *mut u8,
    size: usize,
}

// SAFETY: it owns its memory, and one thread at a time accesses it.
unsafe impl Send for Arena {}

const ALIGN: usize = 16;

impl Arena {
    pub(crate) fn new(size: usize) -> Self {
        let layout = Layout::from_size_align(size, ALIGN).expect("sizes are small");
        // SAFETY: the size is not zero.
        let base = unsafe { alloc_zeroed(layout) };
        if base.is_null() {
            handle_alloc_error(layout);
        }
        Self { base, size }
    }

    pub(crate) fn base(&self) -> *mut u8 {
        self.base
    }

    pub(crate) fn at(&self, offset: usize) -> *mut u8 {
        assert!(offset <= self.size);
        // SAFETY: the offset is within the allocation or at its end.
        unsafe { self.base.add(offset) }
    }

    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// The offset of an address, if `bytes` bytes from there on are within this memory.
    pub(crate) fn offset(&self, address: usize, bytes: usize) -> Option<usize> {
        let offset = address.checked_sub(self.base.addr())?;
        (offset <= self.size && bytes <= self.size - offset).then_some(offset)
    }

    pub(crate) fn copy(&self) -> Vec<u8> {
        let mut copy = vec![0; self.size];
        // SAFETY: both have this number of bytes, and are different allocations.
        unsafe { self.base.copy_to_nonoverlapping(copy.as_mut_ptr(), self.size) };
        copy
    }

    /// Fills the memory with a repeated pattern.
    pub(crate) fn fill(&self, pattern: &[u8]) {
        for (index, byte) in (0..self.size).zip(pattern.iter().cycle()) {
            // SAFETY: the index is within the allocation.
            unsafe { self.at(index).write(*byte) };
        }
    }

    /// An offset for `bytes` bytes: random, at the end, or overlapping an earlier one.
    pub(crate) fn place(&self, input: &mut Input<'_>, bytes: usize, align: usize, used: &[usize]) -> *mut u8 {
        let most = self.size.saturating_sub(bytes) / align;
        let unit = match input.below(8) {
            0..3 => most,
            3..5 if !used.is_empty() => {
                let near = used[input.below(used.len())] / align + input.below(4);
                near.saturating_sub(input.below(3)).min(most)
            }
            _ => input.below(most + 1),
        };
        self.at(unit * align)
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        let layout = Layout::from_size_align(self.size, ALIGN).expect("sizes are small");
        // SAFETY: the memory was allocated with the same layout.
        unsafe { dealloc(self.base, layout) };
    }
}

/// A claim of the arguments about the memory, which must be true when the call is made.
enum Claim {
    /// A length at this address, in units of this number of bytes, of memory at that address.
    Length { at: *mut i32, signed: bool, of: usize, unit: usize, good: bool },
    /// An array of buffers.
    Buffers { at: *mut WSABUF, count: usize, fill: bool },
    /// A set with its count.
    Set { at: *mut u32 },
    /// Zero-terminated text.
    Text { at: *mut u16 },
}

/// When a provider may write to a location.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Any,
    Success,
}

/// The arguments of a call.
pub(crate) struct Arguments<'a> {
    pub(crate) arena: &'a Arena,
    /// The memory that outlives the call, if the call is overlapped.
    pub(crate) block: Option<Arena>,
    claims: Vec<Claim>,
    used: Vec<usize>,
    writable: Vec<(usize, usize, When)>,
}

impl<'a> Arguments<'a> {
    pub(crate) fn new(arena: &'a Arena) -> Self {
        Self { arena, block: None, claims: Vec::new(), used: Vec::new(), writable: Vec::new() }
    }

    /// A pointer for one call: null, misaligned or valid.
    pub(crate) fn row<T>(&mut self, input: &mut Input<'_>, count: usize) -> *mut T {
        match input.below(20) {
            0 => null_mut(),
            1 if align_of::<T>() > 1 => self.arena.at(1 + align_of::<T>() * input.below(8)).cast(),
            _ => self.good(input, count),
        }
    }

    fn good<T>(&mut self, input: &mut Input<'_>, count: usize) -> *mut T {
        let at = self.arena.place(input, size_of::<T>() * count, align_of::<T>(), &self.used);
        self.used.push(at.addr() - self.arena.base().addr());
        at.cast()
    }

    pub(crate) fn one<T>(&mut self, input: &mut Input<'_>) -> *mut T {
        self.row(input, 1)
    }

    pub(crate) fn optional<T>(&mut self, input: &mut Input<'_>) -> *mut T {
        if input.below(4) == 0 { null_mut() } else { self.one(input) }
    }

    /// A value that the provider may read.
    pub(crate) fn value<T: Copy>(&mut self, input: &mut Input<'_>, value: T) -> *mut T {
        let at = self.one::<T>(input);
        self.put(at, value);
        at
    }

    fn put<T: Copy>(&self, at: *mut T, value: T) {
        if is_good(at) {
            // SAFETY: valid pointers point into the memory, with space for such a value.
            unsafe { at.write(value) };
        }
    }

    /// Writes a buffer without its padding, which would be uninitialised and may overlap something else.
    fn put_buffer(&self, at: *mut WSABUF, len: u32, buf: *mut u8) {
        if is_good(at) {
            // SAFETY: valid pointers point into the memory, with space for such a value.
            let to_len = unsafe { &raw mut (*at).len };
            // SAFETY: as above.
            let to_buf = unsafe { &raw mut (*at).buf };
            self.put(to_len, len);
            self.put(to_buf, buf);
        }
    }

    /// An out value.
    pub(crate) fn out<T>(&mut self, input: &mut Input<'_>, optional: bool) -> *mut T {
        let at = if optional { self.optional(input) } else { self.one(input) };
        self.writes(at, size_of::<T>(), When::Success);
        at
    }

    pub(crate) fn writes<T>(&mut self, at: *mut T, bytes: usize, when: When) {
        if is_good(at) {
            self.writable.push((at.addr(), bytes, when));
        }
    }

    /// The length and address of a buffer, in the memory that outlives the call if there is one.
    fn buffer(&mut self, input: &mut Input<'_>, unit: usize) -> (*mut u8, usize) {
        let size = self.block.as_ref().map_or(self.arena.size(), |block| block.size() - BUFFERS);
        let count = match input.below(16) {
            0 => 0,
            1 => input.below(size / unit + 1),
            _ => input.below(24).min(size / unit),
        };
        let at = match (input.below(24), &self.block) {
            (0, _) => null_mut(),
            (1, _) if unit > 1 => self.arena.at(1),
            (2, _) if count == 0 => without_provenance_mut(16),
            (_, Some(block)) => {
                let most = size - count * unit;
                let offset = if input.below(2) == 0 { most } else { input.below(most + 1) };
                block.at(BUFFERS + offset / unit * unit)
            }
            _ => self.arena.place(input, count * unit, unit, &self.used),
        };
        (at, count)
    }

    /// Bytes with their length by value.
    pub(crate) fn bytes(&mut self, input: &mut Input<'_>) -> (*mut u8, u32) {
        let (at, count) = self.buffer(input, 1);
        let count = if at.is_null() && input.below(2) == 0 { u32::MAX } else { short(count) };
        (at, count)
    }

    /// Bytes with their signed length by value.
    pub(crate) fn signed_bytes(&mut self, input: &mut Input<'_>) -> (*mut u8, i32) {
        let (at, count) = self.bytes(input);
        let count =
            if input.below(16) == 0 { i32::MIN + short_signed(count) / 2 } else { short_signed(count) };
        (at, count)
    }

    /// A writable buffer with its length by value.
    pub(crate) fn room(&mut self, input: &mut Input<'_>) -> (*mut u8, u32) {
        let (at, count) = self.bytes(input);
        self.writes(at, if at.is_null() { 0 } else { count as usize }, When::Any);
        (at, count)
    }

    /// A writable buffer with its length by pointer.
    pub(crate) fn room_at<T>(&mut self, input: &mut Input<'_>, signed: bool) -> (*mut T, *mut i32) {
        let unit = size_of::<T>();
        let (at, count) = self.buffer(input, unit);
        let length = match &self.block {
            Some(block) if input.below(8) > 0 => block.at(LENGTH).cast(),
            Some(_) => null_mut(),
            None => self.one::<i32>(input),
        };
        let said = match input.below(16) {
            0 => input.below(usize::MAX) as i32,
            1 => -1,
            _ => short_signed(short(count)),
        };
        self.put(length, said);
        self.writes(length, 4, When::Any);
        if is_good(length) {
            let good = !at.is_null() && at.cast::<T>().is_aligned();
            self.claims.push(Claim::Length { at: length, signed, of: at.addr(), unit, good });
        }
        (at.cast(), length)
    }

    /// An array of buffers with their number.
    pub(crate) fn buffers(&mut self, input: &mut Input<'_>, fill: bool) -> (*mut WSABUF, u32) {
        let count = match input.below(16) {
            0 => 0,
            1 => input.below(self.arena.size() / size_of::<WSABUF>() + 1),
            _ => 1 + input.below(7),
        };
        let array = self.row::<WSABUF>(input, count);
        if !is_good(array) {
            let count = if input.below(2) == 0 { u32::MAX } else { short(count) };
            return (array, count);
        }
        for index in 0..count {
            // Most elements of a long array are the same buffer.
            let (buf, len) = if index < 8 || input.below(16) == 0 {
                self.bytes(input)
            } else {
                (self.arena.base(), short(self.arena.size()))
            };
            let (buf, len) = if self.block.is_some() && index >= 8 { (null_mut(), 0) } else { (buf, len) };
            self.put_buffer(array.wrapping_add(index), len, buf);
        }
        self.claims.push(Claim::Buffers { at: array, count, fill });
        (array, short(count))
    }

    /// A single buffer.
    pub(crate) fn slice(&mut self, input: &mut Input<'_>, fill: bool) -> *mut WSABUF {
        let (buf, len) = self.bytes(input);
        let at = self.optional::<WSABUF>(input);
        self.put_buffer(at, len, buf);
        if is_good(at) {
            self.claims.push(Claim::Buffers { at, count: 1, fill });
            if fill {
                // Only its length is written.
                self.writes(at, 4, When::Any);
            }
        }
        at
    }

    /// A set, possibly with more than 64 sockets.
    pub(crate) fn set<T>(&mut self, input: &mut Input<'_>) -> *mut T {
        let word = size_of::<usize>();
        let most = self.arena.size() / word - 1;
        let count = match input.below(4) {
            0 => input.below(most + 1),
            1 => 64 + input.below(3),
            _ => input.below(6),
        };
        let at = match input.below(8) {
            0 => null_mut(),
            1 => return self.arena.at(1).cast(),
            _ => self.good::<usize>(input, count + 1),
        };
        if is_good(at) {
            self.put(at.cast::<u32>(), short(count));
            for index in 0..count {
                self.put(at.wrapping_add(index + 1), input.below(12));
            }
            self.claims.push(Claim::Set { at: at.cast() });
        }
        at.cast()
    }

    /// Zero-terminated text.
    pub(crate) fn text(&mut self, input: &mut Input<'_>) -> *mut u16 {
        let units = 1 + input.below(40);
        let at = self.row::<u16>(input, units);
        if is_good(at) {
            for index in 0..units - 1 {
                self.put(at.wrapping_add(index), 1 + input.below(0xffff) as u16);
            }
            self.put(at.wrapping_add(units - 1), 0_u16);
            self.claims.push(Claim::Text { at });
        }
        at
    }

    fn holds(&self, address: usize, bytes: usize) -> bool {
        self.arena.offset(address, bytes).is_some()
            || self.block.as_ref().is_some_and(|block| block.offset(address, bytes).is_some())
    }

    /// Makes all claims true, although they may overlap; returns `false` if that is not possible.
    pub(crate) fn settle(&mut self) -> bool {
        let mut claims = std::mem::take(&mut self.claims);
        for _ in 0..8 {
            let changed = claims.iter_mut().filter(|claim| self.repair(claim)).count();
            if changed == 0 {
                for claim in &claims {
                    self.note(claim);
                }
                return true;
            }
        }
        false
    }

    /// Makes a claim true. Returns whether it had to change the memory.
    fn repair(&self, claim: &Claim) -> bool {
        match *claim {
            Claim::Length { at, signed, of, unit, good } => {
                let said = read(at);
                let bytes = if said < 0 && signed { 0 } else { said.cast_unsigned() as usize * unit };
                let wrong = good && !self.holds(of, bytes) && bytes > 0;
                if wrong {
                    self.put(at, 0);
                }
                wrong
            }
            Claim::Buffers { at, count, .. } => {
                let mut wrong = false;
                for place in (0..count).map(|index| at.wrapping_add(index)) {
                    let WSABUF { len, buf } = read(place);
                    if len > 0 && !buf.is_null() && !self.holds(buf.addr(), len as usize) {
                        self.put_buffer(place, 0, without_provenance_mut(16));
                        wrong = true;
                    }
                }
                wrong
            }
            Claim::Set { at } => {
                let wrong = !self.holds(at.addr(), (1 + read(at) as usize) * size_of::<usize>());
                if wrong {
                    self.put(at, 0);
                }
                wrong
            }
            Claim::Text { at } => {
                let offset = at.addr() - self.arena.base().addr();
                let units = (self.arena.size() - offset) / 2;
                let ends = (0..units).any(|index| read(at.wrapping_add(index)) == 0);
                if !ends {
                    self.put(at.wrapping_add(units - 1), 0);
                }
                !ends
            }
        }
    }

    /// Records the memory that may be written, when the claims are settled.
    fn note(&mut self, claim: &Claim) {
        match *claim {
            Claim::Length { at, signed, of, unit, good } => {
                let said = read(at);
                if good && !(said < 0 && signed) {
                    self.writable.push((of, said.cast_unsigned() as usize * unit, When::Any));
                }
            }
            Claim::Set { at } => {
                let bytes = (1 + read(at) as usize) * size_of::<usize>();
                self.writable.push((at.addr(), bytes, When::Any));
            }
            Claim::Buffers { at, count, fill: true } => {
                for place in (0..count).map(|index| at.wrapping_add(index)) {
                    let WSABUF { len, buf } = read(place);
                    self.writable.push((buf.addr(), len as usize, When::Any));
                }
            }
            Claim::Buffers { fill: false, .. } | Claim::Text { .. } => {}
        }
    }

    /// The number of out values that overlap these bytes.
    pub(crate) fn writers(&self, address: usize, bytes: usize) -> usize {
        let over = |at: usize, len: usize| at < address + bytes && address < at.saturating_add(len);
        self.writable.iter().filter(|(at, len, _)| over(*at, *len)).count()
    }

    /// The offset of the first byte that has changed although it must not be modified.
    pub(crate) fn trespass(
        &self,
        before: &[u8],
        errno: *mut i32,
        failed: bool,
        has_values: bool,
    ) -> Option<usize> {
        let after = self.arena.copy();
        let mut may = vec![false; after.len()];
        let errno = (errno.addr(), size_of::<i32>(), When::Any);
        let errno = failed.then_some(errno);
        for (address, bytes, when) in self.writable.iter().copied().chain(errno) {
            if (when == When::Any || has_values)
                && let Some(offset) = self.arena.offset(address, bytes)
            {
                may[offset..offset + bytes].fill(true);
            }
        }
        (0..after.len()).find(|index| before[*index] != after[*index] && !may[*index])
    }
}

/// The offset of a buffer's length in the memory that outlives a call.
const LENGTH: usize = 40;
/// The offset of the buffers there; the client's structure is before them.
pub(crate) const BUFFERS: usize = 48;

pub(crate) fn is_good<T>(at: *mut T) -> bool {
    !at.is_null() && at.is_aligned() && at.addr() > 64
}

fn read<T: Copy>(at: *mut T) -> T {
    // SAFETY: claims are made for valid pointers only.
    unsafe { at.read() }
}

fn short(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn short_signed(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

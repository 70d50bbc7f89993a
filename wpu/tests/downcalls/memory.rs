//! Memory that a client lends: it is copied, and never accessed beyond its end.

use std::ptr::{null, null_mut};
use wpu::ffi::{FLOWSPEC, QOS, SOCKET, WSABUF, fd_set};
use wpu::{ClientMut, ClientRef, FdSet, FdSetMut, Gather};
use wpu_sys::{ClientSlice, OutBuf, Scatter, Short};

fn buffer(room: &mut [u8]) -> WSABUF {
    WSABUF { len: u32::try_from(room.len()).expect("short"), buf: room.as_mut_ptr() }
}

#[test]
fn buffers_are_read_in_order_from_any_offset() {
    let (mut first, mut second) = (*b"abc", *b"defg");
    let array = [&mut first[..], &mut [], &mut second].map(buffer);
    // SAFETY: the array and the bytes live as long as the test.
    let gather = unsafe { Gather::from_raw(array.as_ptr(), array.len()) }.expect("valid pointers");
    assert_eq!((gather.count(), gather.total(), gather.to_vec()), (3, 7, b"abcdefg".to_vec()));
    let mut part = [0; 3];
    assert_eq!((gather.copy_at(2, &mut part), part), (3, *b"cde"));
    assert_eq!((gather.copy_at(5, &mut part), part), (2, *b"fge"));
    assert_eq!(gather.copy_at(8, &mut part), 0);
}

#[test]
fn buffers_are_filled_in_order_and_never_beyond_their_end() {
    let (mut first, mut second) = ([0; 3], [0; 2]);
    let array = [&mut first[..], &mut second].map(buffer);
    // SAFETY: the array and the bytes live as long as the test.
    let scatter = unsafe { Scatter::from_raw(array.as_ptr(), array.len()) }.expect("valid pointers");
    assert_eq!(scatter.write_at(1, b"12345"), 4);
    // Written bytes can be read again, from any offset, as far as they fit.
    let mut part = [9; 3];
    assert_eq!((scatter.copy_at(0, &mut part), part), (3, *b"\x0012"));
    assert_eq!((scatter.copy_at(2, &mut part), part), (3, *b"234"));
    assert_eq!((scatter.copy_at(4, &mut part), part), (1, *b"434"));
    assert_eq!((scatter.copy_at(5, &mut part), part), (0, *b"434"));
    assert_eq!((first, second), (*b"\x0012", *b"34"));
}

#[test]
fn bytes_of_ones_own_are_lent_as_buffers_for_as_long_as_a_closure_runs() {
    let (header, body) = (*b"ab", b"cde".to_vec());
    let copied =
        Gather::with(&[&header, &[], &body], |gather| (gather.count(), gather.total(), gather.to_vec()));
    assert_eq!(copied, (3, 5, b"abcde".to_vec()));
    assert_eq!(Gather::with(&[], |gather| (gather.count(), gather.total())), (0, 0));

    let (mut first, mut second) = ([0; 2], vec![0; 3]);
    let written = Scatter::with(&mut [&mut first, &mut [], &mut second], |scatter| {
        assert_eq!((scatter.count(), scatter.total()), (3, 5));
        scatter.write_at(1, b"12345")
    });
    assert_eq!((written, first, &*second), (4, *b"\x001", &b"234"[..]));
    // The memory is no longer lent, and can be lent once more.
    assert_eq!(Scatter::with(&mut [&mut first], |scatter| scatter.write_at(0, b"9")), 1);
    assert_eq!(first, *b"91");
}

#[cfg(not(miri))] // Under Miri the allocation does not fail.
#[test]
fn a_copy_without_enough_memory_panics_instead_of_aborting() {
    let most = isize::MAX.unsigned_abs();
    // SAFETY: no byte is read, since the allocation fails before.
    let bytes = unsafe { wpu_sys::Bytes::from_raw(std::ptr::NonNull::dangling().as_ptr(), most) }
        .expect("a good pointer");
    let copied = std::panic::catch_unwind(|| bytes.to_vec().len());
    let said = copied.expect_err("there is not so much memory");
    let said = said.downcast_ref::<String>().expect("a message");
    assert_eq!(*said, format!("not enough memory for {most} items of a client"));
}

/// A misaligned pointer, which is not dereferenced.
fn misaligned<T>(value: &T) -> *mut T {
    std::ptr::from_ref(value).cast_mut().wrapping_byte_add(1)
}

#[test]
fn a_row_without_items_needs_no_pointer_and_one_with_items_a_good_one() {
    let value = 7_u64;
    // SAFETY: without items nothing is read.
    let none = unsafe { ClientSlice::<u64>::from_raw(null(), 0) }.expect("there is nothing to point at");
    assert_eq!((none.len(), none.is_empty(), none.to_vec()), (0, true, vec![]));
    // SAFETY: as above.
    let none = unsafe { OutBuf::<u64>::from_raw(misaligned(&value), 0, null_mut()) }.expect("the same");
    assert_eq!((none.capacity(), none.write_at(0, &[1])), (0, 0));
    let most = isize::MAX.unsigned_abs() / 8;
    for (at, len, good) in [
        (null(), 1, false),
        (misaligned(&value).cast_const(), 1, false),
        (&raw const value, 1, true),
        // No address space has this many items. Nothing is read yet.
        (&raw const value, most + 1, false),
        (&raw const value, usize::MAX, false),
        (&raw const value, most, true),
    ] {
        // SAFETY: the pointer is readable or refused, or nothing is read.
        assert_eq!(unsafe { ClientSlice::from_raw(at, len) }.is_some(), good, "{at:?} {len}");
        // SAFETY: as above.
        let room = unsafe { OutBuf::from_raw(at.cast_mut(), len, null_mut()) };
        assert_eq!(room.is_some(), good, "{at:?} {len}");
    }
}

#[test]
fn items_are_copied_from_any_index_as_far_as_they_fit() {
    let values = [1_u16, 2, 3];
    let items = ClientSlice::new(&values);
    assert_eq!((items.len(), items.is_empty(), items.as_ptr()), (3, false, values.as_ptr()));
    let mut two = [9; 2];
    assert_eq!((items.copy_to(&mut two), two), (2, [1, 2]));
    assert_eq!((items.copy_at(2, &mut two), two), (1, [3, 2]));
    for beyond in [3, 4, usize::MAX] {
        assert_eq!((items.copy_at(beyond, &mut two), two), (0, [3, 2]));
    }
    assert_eq!(items.to_wide().units(), values);
}

#[cfg(not(miri))] // So many reads take Miri a minute.
#[test]
fn text_ends_at_its_zero_within_the_maximum_length() {
    let mut units = vec![0x61_u16; 0x10001];
    let read = |units: &[u16]| {
        // SAFETY: a zero follows, or more units than are read.
        unsafe { wpu_sys::Text::from_zero_ended(units.as_ptr()) }.map(ClientSlice::len)
    };
    assert_eq!(read(&units), None);
    units[0x10000] = 0;
    assert_eq!(read(&units), None);
    units[0xffff] = 0;
    assert_eq!(read(&units), Some(0xffff));
    assert_eq!(read(&units[0xffff..]), Some(0));
    // SAFETY: the pointers are refused.
    let bad = [null(), misaligned(&units[0])].map(|at| unsafe { wpu_sys::Text::from_zero_ended(at) });
    assert!(bad.iter().all(Option::is_none));
}

#[test]
fn data_that_does_not_fit_is_not_written() {
    let (mut bytes, mut used) = ([9_u8; 4], 77);
    let room = OutBuf::with_used(&mut bytes, &mut used);
    assert_eq!((room.capacity(), room.used()), (4, 4), "its client reads the capacity at first");
    assert_eq!((room.fill(b"12345"), room.used()), (Err(Short), 4));
    assert_eq!((room.fill(b"123"), room.used()), (Ok(()), 3));
    assert_eq!((room.fill(b"abcd"), room.used()), (Ok(()), 4));
    assert_eq!((room.fill(b""), room.used()), (Ok(()), 0));
    assert_eq!((bytes, used), (*b"abcd", 0));
    assert_eq!(Short.to_string(), "the buffer is too small");
}

#[test]
fn a_buffer_is_written_from_any_index_and_never_beyond_its_end() {
    let mut bytes = [0_u8; 6];
    let at = bytes.as_mut_ptr();
    // SAFETY: the bytes live as long as the test; the last two are not part of the buffer.
    let room = unsafe { OutBuf::from_raw(at, 4, null_mut()) }.expect("a good pointer");
    assert_eq!((room.as_ptr(), room.used_ptr(), room.used()), (at, null_mut(), 4));
    assert_eq!((room.write_at(3, b"xyz"), room.write_at(1, b"b")), (1, 1));
    assert_eq!([4, 5, usize::MAX].map(|beyond| room.write_at(beyond, b"!")), [0; 3]);
    // There is no location for the used length.
    room.set_used(2);
    assert_eq!((room.fill(b""), room.used()), (Ok(()), 4));
    assert_eq!(bytes, *b"\0b\0x\0\0");
    assert_eq!(OutBuf::new(&mut [0_u16; 3]).capacity(), 3);
}

#[test]
fn the_used_length_never_exceeds_the_capacity() {
    let (mut bytes, mut memory) = ([0_u8; 4], [0_u32; 2]);
    // A client's location for the length need not be aligned.
    let used = memory.as_mut_ptr().wrapping_byte_add(1);
    // SAFETY: all of it lives as long as the test.
    let room = unsafe { OutBuf::from_raw(bytes.as_mut_ptr(), 4, used) }.expect("a good pointer");
    assert_eq!((room.used_ptr(), room.used()), (used, 0));
    room.set_used(usize::MAX);
    // SAFETY: as above.
    assert_eq!((room.used(), unsafe { used.read_unaligned() }), (4, 4));
    // SAFETY: as above.
    unsafe { used.write_unaligned(1000) };
    assert_eq!(room.used(), 4);
}

#[test]
fn an_array_with_a_null_buffer_is_refused() {
    let mut byte = [7];
    let nowhere = WSABUF { len: 1, buf: null_mut() };
    let empty = WSABUF { len: 0, buf: null_mut() };
    let one = buffer(&mut byte);
    for (array, total) in
        [([one, nowhere], None), ([nowhere, one], None), ([one, empty], Some(1)), ([one, one], Some(2))]
    {
        // SAFETY: the array and the byte live as long as the test.
        let gather = unsafe { Gather::from_raw(array.as_ptr(), 2) };
        // SAFETY: as above.
        let scatter = unsafe { Scatter::from_raw(array.as_ptr(), 2) };
        assert_eq!((gather.map(Gather::total), scatter.map(Scatter::total)), (total, total));
        assert_eq!(gather.map(Gather::as_ptr), total.map(|_| array.as_ptr().cast_mut()));
    }
    // SAFETY: no buffer is read.
    let none = unsafe { Gather::from_raw(null(), 0) }.expect("there is nothing to point at");
    assert_eq!((none.count(), none.total(), none.to_vec()), (0, 0, vec![]));
    assert_eq!((Gather::nothing().count(), Scatter::nothing().write_at(0, b"!")), (0, 0));
    assert_eq!((Gather::nothing().total(), Scatter::nothing().total()), (0, 0));
}

/// A client can write to its array of buffers while a provider reads it.
#[test]
fn buffers_that_grow_after_counting_are_copied_completely() {
    let mut bytes = vec![7; 1000];
    let to = bytes.as_mut_ptr();
    let mut array = [WSABUF { len: 1, buf: to }];
    let at = array.as_mut_ptr();
    // SAFETY: the array and the bytes live as long as the test.
    let gather = unsafe { Gather::from_raw(at, 1) }.expect("valid pointers");
    // SAFETY: as above.
    unsafe { at.write(WSABUF { len: 1000, buf: to }) };
    assert_eq!((gather.total(), gather.to_vec()), (1, vec![7; 1000]));
}

#[test]
fn a_value_is_read_and_written_where_it_is() {
    let mut value = 5_u32;
    let at = &raw mut value;
    for bad in [null_mut(), at.wrapping_byte_add(1)] {
        // SAFETY: the pointers are refused.
        let read = unsafe { ClientRef::from_raw(bad) };
        // SAFETY: as above.
        let written = unsafe { ClientMut::from_raw(bad) };
        assert!(read.is_none() && written.is_none());
    }
    // SAFETY: the value lives as long as the test.
    let view = unsafe { ClientMut::from_raw(at) }.expect("a good pointer");
    view.set(6);
    assert_eq!((view.get(), view.as_ptr(), view.as_non_null().as_ptr()), (6, at, at));
    // SAFETY: as above.
    let view = unsafe { ClientRef::from_raw(at) }.expect("a good pointer");
    assert_eq!((view.get(), view.as_ptr()), (6, at.cast_const()));
    assert_eq!((ClientRef::new(&7).get(), ClientMut::new(&mut 8).get()), (7, 8));
}

#[test]
fn a_set_never_has_more_items_than_at_first() {
    let mut memory = fd_set { fd_count: 3, fd_array: [7; 64] };
    memory.fd_array[..3].copy_from_slice(&[4, 8, 12]);
    let at = &raw mut memory;
    for bad in [null_mut(), at.wrapping_byte_add(1)] {
        // SAFETY: the pointers are refused.
        assert!(unsafe { FdSetMut::from_raw(bad) }.is_none());
    }
    // SAFETY: the set lives as long as the test.
    let set = unsafe { FdSetMut::from_raw(at) }.expect("a good pointer");
    assert_eq!((set.len(), set.is_empty(), set.as_ptr()), (3, false, at));
    // SAFETY: the count is a number at the start of the set.
    let count = |count: u32| unsafe { at.cast::<u32>().write(count) };
    count(64);
    assert_eq!((set.len(), set.iter().collect::<Vec<_>>()), (3, vec![4, 8, 12]));
    assert_eq!([0, 2, 3, usize::MAX].map(|index| set.get(index)), [Some(4), Some(12), None, None]);
    set.set(2, 16);
    set.set(3, 20);
    assert_eq!([16, 12, 7, 20].map(|socket| set.contains(socket)), [true, false, false, false]);
    count(1);
    assert_eq!((set.len(), set.get(1), set.contains(8)), (1, None, false));
    count(0);
    assert!(set.is_empty());
    assert_eq!(memory.fd_array[..5], [4, 8, 16, 7, 7]);
}

#[test]
fn retain_keeps_the_selected_items_and_updates_the_count() {
    let (seen, left) = FdSetMut::with(&[4, 8, 12, 16], |set| {
        set.retain(|socket| socket != 8);
        (set.len(), set.get(2), set.get(3))
    });
    assert_eq!((seen, left), ((3, Some(16), None), vec![4, 12, 16]));
    let (seen, left) = FdSetMut::with(&[4], |set| {
        set.clear();
        (set.is_empty(), set.contains(4))
    });
    assert_eq!((seen, left), ((true, false), vec![]));
    // More items than the declared structure has.
    let many: Vec<SOCKET> = (0..70).map(|number| 4 * number).collect();
    let (last, left) = FdSetMut::with(&many, |set| set.get(69));
    assert_eq!((last, left), (Some(276), many));
}

/// The copy does not change with the client's set, and can be passed to an upcall.
#[test]
fn a_copy_of_a_set_can_be_passed_to_an_upcall() {
    for items in [vec![], vec![4, 8, 12], (1..=70).map(|number| 4 * number).collect()] {
        let (copy, _) = FdSetMut::with(&items, |set| {
            let copy = set.copied();
            set.clear();
            copy
        });
        assert_eq!(FdSet::of(&copy).as_slice(), items);
    }
}

#[test]
fn a_built_structure_owns_the_bytes_to_which_it_points() {
    let mut built = wpu_sys::Built::<QOS>::new();
    let bytes = b"own".to_vec();
    built.set_bytes(QOS::ProviderSpecific, &bytes);
    drop(bytes);
    let moved = Box::new(built);
    let inner = moved.view().get().ProviderSpecific;
    // SAFETY: the structure owns this number of bytes.
    let kept = unsafe { wpu_sys::Bytes::from_raw(inner.buf, inner.len as usize) }.expect("a good pointer");
    assert_eq!(kept.to_vec(), b"own");
    let (seen, after) = moved.with(|view| {
        view.set_member(QOS::SendingFlowspec, FLOWSPEC { TokenRate: 5, ..FLOWSPEC::ZERO });
        view.get().ProviderSpecific.len
    });
    assert_eq!((seen, after.SendingFlowspec.TokenRate), (3, 5));
}

//! What a client lends: copied from and to, and never more than there is.

use wpu::Gather;
use wpu::ffi::WSABUF;
use wpu_sys::Scatter;

fn buffer(room: &mut [u8]) -> WSABUF {
    WSABUF { len: u32::try_from(room.len()).expect("short"), buf: room.as_mut_ptr() }
}

#[test]
fn buffers_are_read_one_after_the_other_from_anywhere() {
    let (mut first, mut second) = (*b"abc", *b"defg");
    let array = [&mut first[..], &mut [], &mut second].map(buffer);
    // SAFETY: the array and the bytes live as long as the test.
    let gather = unsafe { Gather::from_raw(array.as_ptr(), array.len()) }.expect("good pointers");
    assert_eq!((gather.count(), gather.total(), gather.to_vec()), (3, 7, b"abcdefg".to_vec()));
    let mut part = [0; 3];
    assert_eq!((gather.copy_at(2, &mut part), part), (3, *b"cde"));
    assert_eq!((gather.copy_at(5, &mut part), part), (2, *b"fge"));
    assert_eq!(gather.copy_at(8, &mut part), 0);
}

#[test]
fn buffers_are_filled_one_after_the_other_and_never_beyond_the_last() {
    let (mut first, mut second) = ([0; 3], [0; 2]);
    let array = [&mut first[..], &mut second].map(buffer);
    // SAFETY: the array and the bytes live as long as the test.
    let scatter = unsafe { Scatter::from_raw(array.as_ptr(), array.len()) }.expect("good pointers");
    assert_eq!(scatter.write_at(1, b"12345"), 4);
    // What was written can be read again, from anywhere, as far as there is room for it.
    let mut part = [9; 3];
    assert_eq!((scatter.copy_at(0, &mut part), part), (3, *b"\x0012"));
    assert_eq!((scatter.copy_at(2, &mut part), part), (3, *b"234"));
    assert_eq!((scatter.copy_at(4, &mut part), part), (1, *b"434"));
    assert_eq!((scatter.copy_at(5, &mut part), part), (0, *b"434"));
    assert_eq!((first, second), (*b"\x0012", *b"34"));
}

#[cfg(not(miri))] // Under Miri memory never ends.
#[test]
fn a_copy_for_which_there_is_no_memory_is_a_panic_and_not_the_end_of_the_process() {
    let most = isize::MAX.unsigned_abs();
    // SAFETY: nothing is read, since there is no room for it.
    let bytes = unsafe { wpu_sys::Bytes::from_raw(std::ptr::NonNull::dangling().as_ptr(), most) }
        .expect("a good pointer");
    let copied = std::panic::catch_unwind(|| bytes.to_vec().len());
    let said = copied.expect_err("there is not so much memory");
    let said = said.downcast_ref::<String>().expect("a message");
    assert_eq!(*said, format!("there is no memory for {most} items of a client"));
}

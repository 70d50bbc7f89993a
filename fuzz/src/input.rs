//! Turns the bytes of a case into decisions.

/// A sequence of decisions. When the bytes are used up, all are 0.
pub(crate) struct Input<'a>(arbitrary::Unstructured<'a>);

impl<'a> Input<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self(arbitrary::Unstructured::new(data))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of remaining bytes.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.0.arbitrary().unwrap_or(0)
    }

    /// A number less than `most`.
    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.0.int_in_range(0..=most.max(1) - 1).unwrap_or(0)
    }

    pub(crate) fn bytes(&mut self, count: usize) -> &'a [u8] {
        let count = count.min(self.0.len());
        self.0.bytes(count).unwrap_or(&[])
    }
}

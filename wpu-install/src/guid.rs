//! Provider ids: their text form, and ids that are derived from others.

use std::fmt;
use wpu_sys::ffi::GUID;

/// The text form of an id: `{d3c21122-85e1-48f3-9ab6-23d90c73077e}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuidText(pub GUID);

impl fmt::Display for GuidText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let GUID { Data1, Data2, Data3, Data4: [a, b, rest @ ..] } = self.0;
        write!(out, "{{{Data1:08x}-{Data2:04x}-{Data3:04x}-{a:02x}{b:02x}-")?;
        rest.iter().try_for_each(|byte| write!(out, "{byte:02x}"))?;
        out.write_str("}")
    }
}

/// Parses an id, with or without braces; `None` if the text is not an id.
#[must_use]
pub fn parse_guid(text: &str) -> Option<GUID> {
    let bare = match text.strip_prefix('{') {
        Some(open) => open.strip_suffix('}')?,
        None => text,
    };
    let mut parts = bare.split('-');
    let mut part = |digits: usize| {
        let part = parts.next()?;
        let hex = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        hex.then(|| u64::from_str_radix(part, 16).ok())?
    };
    let (first, second, third, fourth, fifth) = (part(8)?, part(4)?, part(4)?, part(4)?, part(12)?);
    if parts.next().is_some() {
        return None;
    }
    Some(GUID {
        Data1: u32::try_from(first).ok()?,
        Data2: u16::try_from(second).ok()?,
        Data3: u16::try_from(third).ok()?,
        Data4: (fourth << 48 | fifth).to_be_bytes(),
    })
}

/// Derives an id from another id and some numbers, always with the same result.
///
/// It is of version 8 of RFC 9562, whose content its creator defines.
pub(crate) fn derive(from: &GUID, words: &[u32]) -> GUID {
    const START: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const FACTOR: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let own = [from.Data1, u32::from(from.Data2) << 16 | u32::from(from.Data3)];
    let bytes = own.iter().chain(words).flat_map(|word| word.to_be_bytes()).chain(from.Data4);
    // FNV-1a: a person who could choose the numbers gains nothing from a collision.
    let hash = bytes.fold(START, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(FACTOR)).to_be_bytes();
    let mut last = [0; 8];
    last.copy_from_slice(&hash[8..]);
    last[0] = last[0] & 0x3f | 0x80;
    let half = |at: usize| u16::from_be_bytes([hash[at], hash[at + 1]]);
    GUID {
        Data1: u32::from(half(0)) << 16 | u32::from(half(2)),
        Data2: half(4),
        Data3: half(6) & 0x0fff | 0x8000,
        Data4: last,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{d3c21122-85e1-48f3-9ab6-23d90c73077e}";

    #[test]
    fn text_and_id_are_the_same() {
        let id = parse_guid(TEXT).unwrap();
        assert_eq!((id.Data1, id.Data2, id.Data3), (0xd3c2_1122, 0x85e1, 0x48f3));
        assert_eq!(id.Data4, [0x9a, 0xb6, 0x23, 0xd9, 0x0c, 0x73, 0x07, 0x7e]);
        assert_eq!(GuidText(id).to_string(), TEXT);
        assert_eq!(parse_guid(&TEXT[1..37].to_uppercase()), Some(id));
    }

    #[test]
    fn what_is_no_id_is_refused() {
        let bad = [
            "",
            "{}",
            &TEXT[1..],
            &TEXT[..37],
            "d3c21122-85e1-48f3-9ab6-23d90c73077",
            "+3c21122-85e1-48f3-9ab6-23d90c73077e",
        ];
        for text in bad
            .into_iter()
            .chain(["d3c21122-85e1-48f3-9ab6-23d90c73077e-0", "d3c2112-285e1-48f3-9ab6-23d90c73077e"])
        {
            assert_eq!(parse_guid(text), None, "{text}");
        }
    }

    #[test]
    fn derived_ids_follow_from_their_words() {
        let id = parse_guid(TEXT).unwrap();
        // Existing catalogs contain ids that earlier versions derived.
        assert_eq!(GuidText(derive(&id, &[1, 2])).to_string(), "{e7da9a79-f816-8355-9756-6792198164a5}");
        let all = [
            derive(&id, &[]),
            derive(&id, &[1]),
            derive(&id, &[2]),
            derive(&id, &[1, 2]),
            derive(&GUID::ZERO, &[1]),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[..at].contains(one));
            assert_eq!((one.Data3 >> 12, one.Data4[0] >> 6), (8, 2));
        }
    }
}

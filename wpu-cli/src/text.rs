//! Reads text files as the shells of Windows write them: UTF-8 or UTF-16, with or without a byte order mark.

use std::path::Path;

/// Reads a text file.
///
/// # Errors
///
/// The error of reading or decoding it.
pub fn read(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read `{shown}`: {error}"))?;
    decode(&bytes).ok_or_else(|| format!("cannot read `{shown}`: it is not text in UTF-8 or UTF-16"))
}

fn decode(bytes: &[u8]) -> Option<String> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        // Valid input starts with an ASCII character.
        [first, 0, ..] if *first != 0 => utf16(bytes, u16::from_le_bytes),
        [0, second, ..] if *second != 0 => utf16(bytes, u16::from_be_bytes),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (units, []) = bytes.as_chunks() else { return None };
    String::from_utf16(&units.iter().copied().map(unit).collect::<Vec<_>>()).ok()
}

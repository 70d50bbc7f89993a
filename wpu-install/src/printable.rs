//! Texts that other programs put into the catalog, as they are shown.

/// A text of the catalog in one line. Characters that would move what stands around them are escaped.
pub(crate) fn printable(text: &str) -> String {
    let moves = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}')
    };
    let shown = text
        .chars()
        .map(|letter| if moves(letter) { letter.escape_unicode().to_string() } else { letter.to_string() });
    shown.collect()
}

//! Escapes texts of other programs for display.

/// A text of the catalog in one line, with escaped control characters.
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

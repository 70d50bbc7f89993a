//! A text of a spec with its place in the file.

use toml::Spanned;

/// Text with its place in the file.
pub type Text = Spanned<String>;

/// A text as it is meant, however its file ends lines.
pub(crate) fn text(text: &Text) -> String {
    text.get_ref().trim_end().replace("\r\n", "\n")
}

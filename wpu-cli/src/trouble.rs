//! The error type of commands.

/// The reason why a command fails.
pub enum Trouble {
    Arguments(String),
    Problem(String),
}

impl From<String> for Trouble {
    fn from(message: String) -> Self {
        Self::Problem(message)
    }
}

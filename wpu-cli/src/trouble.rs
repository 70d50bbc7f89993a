//! Why a command ends without having done what it should.

/// Why a command ends without having done what it should.
pub enum Trouble {
    Arguments(String),
    Problem(String),
}

impl From<String> for Trouble {
    fn from(message: String) -> Self {
        Self::Problem(message)
    }
}

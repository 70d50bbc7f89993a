//! Why a command ends without having done what it should.

use crate::args::Contradiction;

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

impl From<Contradiction> for Trouble {
    fn from(Contradiction { message, help }: Contradiction) -> Self {
        Self::Arguments(format!("{message}\nhelp: {help}"))
    }
}

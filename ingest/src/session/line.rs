use core::fmt;

/// One of the two lines on which a feed is sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Line {
    /// The first line; the only one where there is but one.
    A = 0,
    /// The redundant line.
    B = 1,
}

impl Line {
    /// Both.
    pub const ALL: [Line; 2] = [Line::A, Line::B];

    /// The line as a table index.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Line {
        match self {
            Line::A => Line::B,
            Line::B => Line::A,
        }
    }

    /// The name that JSON and tables use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Line::A => "A",
            Line::B => "B",
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

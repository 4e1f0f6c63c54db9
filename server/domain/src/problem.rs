//! Errors in what a person entered.

/// Something entered that cannot be accepted. `key()` names the sentence in the message catalogues;
/// the `Display` form is the same in plain English, for programs that talk to the API.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A text that must not be empty is.
    #[error("{field} must not be empty.")]
    Empty {
        /// Which field.
        field: &'static str,
    },
    /// A text is too long.
    #[error("{field} may have at most {max} characters; this one has {length}.")]
    TooLong {
        /// Which field.
        field: &'static str,
        /// The limit in characters.
        max: usize,
        /// What it has.
        length: usize,
    },
    /// A text has few characters, but with too many parts (combining marks, joined emoji).
    #[error(
        "{field} may take at most {max} bytes; this one takes {length}, because its characters have many combining marks."
    )]
    TooManyBytes {
        /// Which field.
        field: &'static str,
        /// The limit in bytes.
        max: usize,
        /// What it takes.
        length: usize,
    },
    /// A number or count is outside its range.
    #[error("{field} must be from {min} to {max}; it is {value}.")]
    OutOfRange {
        /// Which field.
        field: &'static str,
        /// The least.
        min: usize,
        /// The most.
        max: usize,
        /// What it is.
        value: usize,
    },
    /// Something is there twice.
    #[error("{field} contains {value:?} twice.")]
    Duplicate {
        /// Which field.
        field: &'static str,
        /// The value that is there twice.
        value: String,
    },
    /// Two texts that must differ are spelled differently but count as the same.
    #[error("{field}: {first:?} and {value:?} count as the same text. Change one of them.")]
    Alike {
        /// Which field.
        field: &'static str,
        /// The one that was there first.
        first: String,
        /// The other.
        value: String,
    },
    /// A join code contains something other than letters A to Z.
    #[error("A join code consists of the letters A to Z.")]
    CodeLetters,
    /// An answer names an option or a statement that the activity does not have.
    #[error("This activity has no option {option}.")]
    UnknownOption {
        /// The option.
        option: u16,
    },
    /// An answer contains a write-in, which the poll does not allow.
    #[error("This poll does not allow write-in options.")]
    NoOther,
    /// An answer is of another kind than the activity.
    #[error("The answer is of another kind than the activity.")]
    WrongKind,
    /// What should name a language does not.
    #[error("Give a language tag such as fr or pt-BR.")]
    Language,
    /// The email address is not one.
    #[error("This is not an email address.")]
    Email,
}

impl Problem {
    /// The error for two texts with the same key, of which this is the second.
    pub fn twice(field: &'static str, first: &str, value: String) -> Self {
        if first == value {
            Self::Duplicate { field, value }
        } else {
            Self::Alike { field, first: first.to_owned(), value }
        }
    }

    /// The sentence's key in the message catalogues; `field`, `max`, `min`, `length`, `value`,
    /// `first` are its arguments.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Empty { .. } => "problem.empty",
            Self::TooLong { .. } => "problem.too_long",
            Self::TooManyBytes { .. } => "problem.too_many_bytes",
            Self::OutOfRange { .. } => "problem.out_of_range",
            Self::Duplicate { .. } => "problem.duplicate",
            Self::Alike { .. } => "problem.alike",
            Self::CodeLetters => "problem.code_letters",
            Self::UnknownOption { .. } => "problem.unknown_option",
            Self::NoOther => "problem.no_other",
            Self::WrongKind => "problem.wrong_kind",
            Self::Language => "problem.language",
            Self::Email => "problem.email",
        }
    }
}

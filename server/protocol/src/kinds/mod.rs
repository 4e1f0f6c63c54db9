//! The kinds of activity: what each asks, shows, takes as an answer and counts, as it travels.
//!
//! A kind is one file here and one line in [`for_each_kind`], the registry. It has one name
//! (`choice`, `words`, `rating`, `open`, `readings`) in all the types here, in the database and in
//! the pages.

pub mod choice;
pub(crate) mod ids;
pub mod open;
pub mod rating;
pub mod readings;
mod version;
pub mod words;

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

pub use self::version::PromptVersion;

/// The registry of kinds: hands every kind to the macro `$each`, as the variant of the types here
/// and the module that it has in this crate and in every other that knows kinds.
#[macro_export]
macro_rules! for_each_kind {
    ($each:ident) => {
        $each! {
            /// Pick one or several of the options.
            Choice(choice),
            /// Send words; the room's most frequent ones grow.
            Words(words),
            /// Rate one or several statements on a scale.
            Rating(rating),
            /// Write texts of one's own, which stand side by side on a wall.
            Open(open),
            /// Try the network from where one is. Only of a room test, and only the server itself
            /// makes its answers.
            Readings(readings),
        }
    };
}

/// What one kind has of `All`, which has a variant for each kind.
pub trait ByKind<All>: Into<All> {
    /// It, where `all` is of this kind.
    fn of(all: &All) -> Option<&Self>;
}

/// A type with one variant for each kind, which holds the kind's own type of that name.
macro_rules! by_kind {
    ($(#[$type_doc:meta])* $type:ident { $($(#[$doc:meta])* $kind:ident($module:ident),)* }) => {
        $(#[$type_doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(test, derive(ts_rs::TS))]
        #[serde(tag = "kind", rename_all = "snake_case")]
        pub enum $type {
            $($(#[$doc])* $kind($module::$type),)*
        }

        impl $type {
            /// Of which kind it is.
            pub const fn kind(&self) -> KindName {
                match self {
                    $(Self::$kind(_) => KindName::$kind,)*
                }
            }
        }

        $(impl From<$module::$type> for $type {
            fn from(it: $module::$type) -> Self {
                Self::$kind(it)
            }
        }

        impl ByKind<$type> for $module::$type {
            fn of(it: &$type) -> Option<&Self> {
                match it {
                    $type::$kind(it) => Some(it),
                    _ => None,
                }
            }
        })*
    };
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident($module:ident),)*) => {
        /// The name of a kind.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(test, derive(ts_rs::TS))]
        #[serde(rename_all = "snake_case")]
        pub enum KindName {
            $($(#[$doc])* $kind,)*
        }

        impl KindName {
            /// Every kind, in the order in which they are offered.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// The name as it travels and is stored.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => stringify!($module),)*
                }
            }
        }

        by_kind! {
            /// What an activity is set to, as its facilitator wrote it: its kind and everything
            /// that the kind can be set to.
            Settings { $($(#[$doc])* $kind($module),)* }
        }
        by_kind! {
            /// What an activity shows of its settings to those who answer it.
            Prompt { $($(#[$doc])* $kind($module),)* }
        }
        by_kind! {
            /// A participant's answer; its kind must be the activity's.
            Answer { $($(#[$doc])* $kind($module),)* }
        }
        by_kind! {
            /// The counts of one activity's current answers.
            Tally { $($(#[$doc])* $kind($module),)* }
        }
    };
}

for_each_kind!(kinds);

impl Display for KindName {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

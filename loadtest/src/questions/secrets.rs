//! Texts that nobody may read before their publication. Every wording of a question contains a
//! token, so that it is found in any frame, even in part.

use std::{collections::BTreeMap, fmt};

/// The mark of one wording, unique in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(usize);

/// No word of any language contains this sequence of letters.
const SIGN: &str = "zqx";
const DIGITS: usize = 6;

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SIGN}{:0DIGITS$}", self.0)
    }
}

impl Token {
    /// Every token in a text, in order.
    pub fn all_in(text: &str) -> impl Iterator<Item = Self> {
        text.match_indices(SIGN).filter_map(|(at, _)| {
            let digits = text.get(at + SIGN.len()..at + SIGN.len() + DIGITS)?;
            digits.parse().ok().map(Self)
        })
    }

    /// The first token of a text.
    pub fn of(text: &str) -> Option<Self> {
        Self::all_in(text).next()
    }
}

/// Who may read something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Everybody in the room.
    Room,
    /// One phone, for its own data.
    Author(usize),
}

/// Every wording of a run, and who may read it.
#[derive(Default)]
pub struct Secrets {
    wordings: Vec<Wording>,
    leaks: BTreeMap<Token, u64>,
}

struct Wording {
    author: Option<usize>,
    /// The number of acts that publish it and have no receipt, so they may already be stored.
    publishing: u32,
    published: bool,
}

impl Secrets {
    /// A token for a new wording of this phone.
    pub fn of_phone(&mut self, author: usize) -> Token {
        self.make(Some(author))
    }

    /// A token for a text that every author may see, but the room must never see.
    pub fn of_moderators(&mut self) -> Token {
        self.make(None)
    }

    fn make(&mut self, author: Option<usize>) -> Token {
        self.wordings.push(Wording { author, publishing: 0, published: false });
        Token(self.wordings.len() - 1)
    }

    /// The phone that wrote it.
    pub fn author(&self, token: Token) -> Option<usize> {
        self.wordings.get(token.0)?.author
    }

    /// An act that publishes it is about to be sent: from now on it may be shown.
    pub fn publishing(&mut self, token: Token) {
        self.wordings[token.0].publishing += 1;
    }

    /// Such an act was stored or refused. If refused, it may not be shown, unless another act
    /// publishes it.
    pub fn settled(&mut self, token: Token, done: bool) {
        let wording = &mut self.wordings[token.0];
        wording.publishing -= 1;
        wording.published |= done;
    }

    /// Searches a text for tokens that this reader may not see.
    pub fn inspect(&mut self, reader: Reader, text: &str) {
        for token in Token::all_in(text) {
            let may = self.wordings.get(token.0).is_some_and(|wording| match (reader, wording.author) {
                (Reader::Room, _) => wording.published || wording.publishing > 0,
                (Reader::Author(phone), Some(author)) => phone == author,
                (Reader::Author(_), None) => true,
            });
            if !may {
                *self.leaks.entry(token).or_default() += 1;
            }
        }
    }

    /// The texts that were shown too early, described.
    pub fn leaked(&self) -> Option<String> {
        let (first, times) = self.leaks.first_key_value()?;
        Some(format!("{} wordings were; of them {first} {times} times", self.leaks.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wording_is_secret_until_it_is_published() {
        let mut secrets = Secrets::default();
        let token = secrets.of_phone(7);
        let frame = format!(r#"{{"posts":{{"3":{{"text":"Why {token}?"}}}}}}"#);
        secrets.publishing(token);
        secrets.inspect(Reader::Room, &frame);
        assert_eq!(secrets.leaked(), None, "the act may be done before its receipt comes");
        secrets.settled(token, false);
        secrets.inspect(Reader::Room, &frame);
        assert!(secrets.leaked().unwrap().contains("zqx000000 1 times"));
    }

    #[test]
    fn a_published_wording_may_be_read_by_all_and_ones_own_at_any_time() {
        let mut secrets = Secrets::default();
        let (own, public, reason) = (secrets.of_phone(7), secrets.of_phone(8), secrets.of_moderators());
        secrets.publishing(public);
        secrets.settled(public, true);
        secrets.inspect(Reader::Room, &public.to_string());
        secrets.inspect(Reader::Author(7), &format!("{own} declined because of {reason}"));
        assert_eq!(secrets.leaked(), None);
        // Another author's wording does not belong in `me`, published or not.
        secrets.inspect(Reader::Author(7), &public.to_string());
        assert!(secrets.leaked().is_some());
    }

    #[test]
    fn what_only_authors_are_told_is_a_leak_anywhere_else() {
        let mut secrets = Secrets::default();
        let reason = secrets.of_moderators();
        secrets.inspect(Reader::Room, &reason.to_string());
        assert!(secrets.leaked().is_some());
    }

    #[test]
    fn a_token_is_found_in_any_text() {
        let mut secrets = Secrets::default();
        let (first, second) = (secrets.of_phone(0), secrets.of_phone(1));
        let found: Vec<_> = Token::all_in(&format!("é{second}, {first}zqx12")).collect();
        assert_eq!(found, [second, first]);
    }
}

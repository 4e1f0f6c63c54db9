//! What people ask: questions of 40 to 200 characters, many of them about the same few subjects, as
//! in a real room.

use super::secrets::Token;

const BEGINNINGS: [&str; 12] = [
    "Will there be",
    "When do we hear about",
    "What is planned for",
    "Who decides about",
    "How much was spent on",
    "Why is nothing said about",
    "Could the board explain",
    "Is it true what one reads about",
    "What did we learn from",
    "What would it take to improve",
    "Are members asked before anything is changed in",
    "How do you intend to pay for",
];

const MATTERS: [&str; 16] = [
    "travel costs of members from overseas",
    "the new building by the river",
    "next year’s gathering",
    "the membership fee",
    "working from home",
    "childcare during meetings",
    "the archive and its old photographs",
    "the youth programme",
    "accessibility of the large hall",
    "the merger with the northern section",
    "energy prices",
    "the summer school",
    "translations into other languages",
    "our website",
    "the canteen",
    "the reserve fund",
];

const ENDS: [&str; 8] = [
    "",
    " before the end of the year",
    ", and who can one write to about it",
    ", given what was said at the last meeting",
    ", and if not, what stands in the way of it",
    ", since in my section we have been waiting for an answer for a long time",
    ", and could the figures please be sent to all members together with the minutes of this meeting",
    " — I ask for several people at my table who could not follow the explanation",
];

/// A wording with its token.
pub fn question(rng: &mut fastrand::Rng, token: Token) -> String {
    let mut pick = |texts: &[&'static str]| texts[rng.usize(..texts.len())];
    let (beginning, matter, end) = (pick(&BEGINNINGS), pick(&MATTERS), pick(&ENDS));
    format!("{beginning} {matter} ({token}){end}?")
}

#[cfg(test)]
mod tests {
    use super::{super::secrets::Secrets, *};

    #[test]
    fn questions_have_from_30_to_230_bytes_and_their_token() {
        let (mut rng, mut secrets) = (fastrand::Rng::with_seed(1), Secrets::default());
        for _ in 0..1000 {
            let token = secrets.of_phone(0);
            let text = question(&mut rng, token);
            assert!((30..230).contains(&text.len()), "{text}");
            assert_eq!(Token::of(&text), Some(token));
        }
    }
}

//! Text walls: they have no answers, because people send posts.

use parterre_protocol::{
    PostCommand, PostId, TextWall,
    kinds::open::NoAnswer,
    posts::ActivityRound,
    texts::{ShownText, Texts},
};

use super::{Counts, Sample};

/// The text wall.
pub(super) enum Kind {}

impl Sample for Kind {
    type Answer = NoAnswer;
    type Settings = TextWall;
    type Tally = Texts;

    fn answer(_rng: &mut fastrand::Rng, _wall: &TextWall) -> NoAnswer {
        NoAnswer {}
    }

    fn post(rng: &mut fastrand::Rng, to: ActivityRound) -> Option<PostCommand> {
        let text = format!("{} of what we do on day {}", ["Less", "More", "None"][rng.usize(..3)], rng.u8(1..30));
        Some(PostCommand::Send { to, text, name: None })
    }

    fn parts(_answer: &NoAnswer) -> Vec<String> {
        Vec::new()
    }

    fn tally(_wall: &TextWall, counts: Counts) -> Texts {
        let shown = counts.len() as u32;
        let text = |(number, (text, people)): (u32, (String, u32))| {
            (PostId::new(number), ShownText { text, name: None, people, pinned: false })
        };
        Texts { texts: (1..).zip(counts).map(text).collect(), shown, highlight: None }
    }

    fn counts(tally: &Texts) -> Counts {
        tally.texts.values().map(|text| (text.text.clone(), text.people)).collect()
    }
}

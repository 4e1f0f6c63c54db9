//! What the kinds of activity add to the participant's page for those without JavaScript: what
//! stands in the form of an answer, and what such a form says.
//!
//! A kind is one file here and `phone.html` in its folder of `web/kinds`. With JavaScript the same
//! elements come alive, and `phone.js` beside it makes the same ones when the stage moves on.

mod choice;
mod open;
mod rating;
mod readings;
mod words;

use std::str::FromStr;

use parterre_domain::{Problem, dispatch, kinds::Kind, text};
use parterre_protocol::{
    Answer, KindName, OptionId, PostCommand, PostId, Prompt, Tally,
    kinds::ByKind,
    posts::ActivityRound,
    topics::{Me, OwnPost, Response, Results, StagedActivity},
};

use super::{assets, unsent::Unsent};
use crate::i18n::Locale;

/// A kind's part of the participant's page.
trait KindPage: Kind {
    /// The fields of its form in which people write, and how many characters each may have.
    const TEXTS: &[(&str, usize)] = &[];

    /// What to do, and whether one may change one's mind.
    fn hint(t: Locale, prompt: &Self::Prompt) -> String;

    /// What stands in the form, as HTML.
    fn form(context: &FormContext<'_, Self>) -> String;

    /// What stands below the form, as HTML.
    fn below_form(_context: &FormContext<'_, Self>) -> String {
        String::new()
    }

    /// The answer in a form, or which field of it cannot be read: what is there and unreadable is
    /// not taken for absent. The domain checks the rest.
    fn from_form(form: AnswerForm<'_>) -> Result<Self::Answer, Unreadable>;

    /// Why a text in it is not taken, if one is too long.
    fn too_long(form: AnswerForm<'_>) -> Option<Problem> {
        form.longer_than(Self::TEXTS)
    }

    /// What it does with posts, where people send posts in place of answers.
    fn post_from_form(_form: AnswerForm<'_>, _to: ActivityRound, _own_name: Option<&str>) -> Option<PostCommand> {
        None
    }

    /// Why that was not taken, in words.
    fn post_unsent(_t: Locale, _why: Unsent) -> Option<String> {
        None
    }
}

/// What a form is made from: an activity as one participant sees it.
struct FormContext<'a, K: Kind> {
    t: Locale,
    prompt: &'a K::Prompt,
    hint: &'a str,
    /// Whether an answer can be given now.
    open: bool,
    own: Option<&'a K::Answer>,
    /// Everything of the participant's own.
    me: &'a Me,
    /// To which the participant sends.
    to: ActivityRound,
    /// The form that was sent and not taken; else an empty one.
    sent: AnswerForm<'a>,
    /// The counts and how many have answered, where results are visible.
    tally: Option<&'a Tally>,
    respondents: u32,
}

impl<'a, K: Kind> FormContext<'a, K> {
    /// The participant's own posts of this activity, the oldest first.
    fn own_posts(&self) -> impl DoubleEndedIterator<Item = (PostId, &'a OwnPost)> + use<'a, K> {
        let to = self.to;
        self.me.posts.iter().filter(move |(_, post)| post.to == Some(to)).map(|(id, post)| (*id, post))
    }
}

/// The field of a form that is missing or has a value which cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The field {0:?} of the form is missing or has an invalid value.")]
pub struct Unreadable(pub &'static str);

impl Unreadable {
    /// What the value says, or that this field cannot be read.
    fn or<T: FromStr>(name: &'static str, value: &str) -> Result<T, Self> {
        value.parse().map_err(|_| Self(name))
    }
}

/// The fields of a form, in order.
#[derive(Clone, Copy, Debug)]
pub struct AnswerForm<'a>(pub &'a [(String, String)]);

impl<'a> AnswerForm<'a> {
    fn values(self, name: &'static str) -> impl Iterator<Item = &'a str> {
        self.values_of(name)
    }

    fn values_of<'n>(self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.0.iter().filter(move |field| field.0 == name).map(|field| field.1.as_str())
    }

    /// The values of the fields that are named by an id of a part, such as `rating-3`.
    fn by_id<T: FromStr>(self, name: &'static str) -> impl Iterator<Item = Result<(OptionId, T), Unreadable>> {
        let id = move |field: &'a str| field.strip_prefix(name)?.strip_prefix('-');
        let named = self.0.iter().filter_map(move |field| Some((id(&field.0)?, field.1.as_str())));
        named.map(move |(id, value)| Ok((Unreadable::or(name, id)?, Unreadable::or(name, value)?)))
    }

    /// The kind that the form names; none for those whose answers only the server makes.
    fn kind(self) -> Option<KindName> {
        let named = self.values("kind").next()?;
        offered().find(|kind| kind.as_str() == named)
    }

    /// The answer that it holds.
    pub fn answer(self) -> Result<Answer, Unreadable> {
        let kind = self.kind().ok_or(Unreadable("kind"))?;
        dispatch!(KindName(kind), |K| Ok(K::from_form(self)?.into()))
    }

    /// What it does with posts; none where it holds an answer.
    pub fn post(self, to: ActivityRound, own_name: Option<&str>) -> Option<PostCommand> {
        dispatch!(KindName(self.kind()?), |K| K::post_from_form(self, to, own_name))
    }

    /// Why a text in it is not taken, if one is too long. What else is wrong with the answer the
    /// domain says.
    pub fn too_long(self) -> Option<Problem> {
        dispatch!(KindName(self.kind()?), |K| K::too_long(self))
    }

    /// Which of these fields holds more characters than it may.
    fn longer_than(self, texts: &[(&'static str, usize)]) -> Option<Problem> {
        let problem = |(name, value): &(String, String)| {
            let (name, max) = texts.iter().find(|(text, _)| text == name)?;
            text::line(name, value, *max).err()
        };
        self.0.iter().find_map(problem)
    }
}

/// The kinds whose activities come on stage.
pub fn offered() -> impl Iterator<Item = KindName> {
    KindName::ALL.iter().copied().filter(|kind| dispatch!(KindName(*kind), |K| !K::INTERNAL))
}

/// Loads this style of every kind, and has the module of that name fetched at once, with what it
/// and the page's own script of this name need.
pub fn every(part: &str) -> String {
    let modules: Vec<String> = offered().map(|kind| format!("kinds/{kind}/{part}.js")).collect();
    let script = format!("js/{part}.js");
    let needs = assets::preload_needs(modules.iter().chain([&script]));
    offered().map(|kind| one(kind, part)).collect::<String>() + &needs
}

/// The same of one kind.
fn one(kind: KindName, part: &str) -> String {
    let asset = |extension| format!("kinds/{kind}/{part}.{extension}");
    format!("{}\n{}\n", assets::style(&asset("css")), assets::preload(&asset("js")))
}

/// The style of a phone's page that begins with it, and the script of its kind, as the page loads
/// them.
pub fn head(prompt: &Prompt) -> String {
    let asset = |name| format!("kinds/{}/{name}", prompt.kind());
    format!("{}\n{}\n", assets::style(&asset("phone-page.css")), assets::preload(&asset("phone.js")))
}

/// What to do, and whether one may change one's mind.
pub fn hint(t: Locale, prompt: &Prompt) -> String {
    dispatch!(Prompt(prompt), |K, prompt| K::hint(t, prompt))
}

/// Why what a form does with posts was not taken, in words, where people send posts in place of
/// answers.
pub fn post_unsent(t: Locale, prompt: &Prompt, why: Unsent) -> Option<String> {
    dispatch!(Prompt(prompt), |K, _| K::post_unsent(t, why))
}

/// What stands in the form of an activity and below it, as HTML. The results are those that a phone
/// may see.
pub fn form(
    t: Locale,
    staged: &StagedActivity,
    (hint, open): (&str, bool),
    (me, own): (&Me, Option<&Response>),
    results: Option<&Results>,
    sent: AnswerForm<'_>,
) -> (String, String) {
    let to = ActivityRound { activity: staged.id, round: staged.round };
    dispatch!(Prompt(&staged.prompt), |K, prompt| {
        let own = own.and_then(|own| <K as Kind>::Answer::of(&own.answer));
        let tally = results.and_then(|results| results.tally.as_ref());
        let respondents = results.and_then(|results| results.respondents).unwrap_or_default();
        let context = FormContext::<K> { t, prompt, hint, open, own, me, to, sent, tally, respondents };
        (K::form(&context), K::below_form(&context))
    })
}

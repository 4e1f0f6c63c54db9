//! A text wall on a phone: a field for a text, one's own texts with what became of them, and the
//! wall.

use askama::Template;
use parterre_domain::{Problem, kinds::open::Rules, text};
use parterre_protocol::{
    PostCommand, PostId, RefusalCode, TextWall,
    kinds::{ByKind, open::NoAnswer},
    limits::{NAME_CHARS, POST_CHARS},
    posts::{ActivityRound, NamePolicy, PostStatus, Reason, ReasonCode},
    texts::{ShownText, Texts},
    topics::OwnPost,
};

use super::{AnswerForm, FormContext, KindPage, Unreadable};
use crate::{
    http::unsent::{Unsent, refusal_key},
    i18n::Locale,
};

impl KindPage for Rules {
    const TEXTS: &[(&str, usize)] = &[("text", POST_CHARS), ("name", NAME_CHARS)];

    fn hint(t: Locale, wall: &TextWall) -> String {
        hint(t, wall)
    }

    fn form(context: &FormContext<'_, Self>) -> String {
        FieldsView::new(context).render().expect("text is written to memory")
    }

    fn below_form(context: &FormContext<'_, Self>) -> String {
        WallView::new(context).render().expect("text is written to memory")
    }

    fn from_form(_form: AnswerForm<'_>) -> Result<NoAnswer, Unreadable> {
        Ok(NoAnswer {})
    }

    fn too_long(form: AnswerForm<'_>) -> Option<Problem> {
        match Pressed::of(form) {
            Pressed::Withdraw(_) => None,
            Pressed::Edit(post) => text::line("text", edited(form, post)?, POST_CHARS).err(),
            Pressed::Send => form.longer_than(Self::TEXTS),
        }
    }

    fn post_from_form(form: AnswerForm<'_>, to: ActivityRound, own_name: Option<&str>) -> Option<PostCommand> {
        Some(match Pressed::of(form) {
            Pressed::Withdraw(post) => PostCommand::Withdraw { post },
            Pressed::Edit(post) => PostCommand::Edit { post, text: edited(form, post).unwrap_or_default().to_owned() },
            Pressed::Send => {
                let text = form.values("text").next().unwrap_or_default().to_owned();
                let name = match own_name {
                    Some(own) => form.values("named").next().map(|_| own.to_owned()),
                    None => form.values("name").next().filter(|name| !text::is_empty(name)).map(str::to_owned),
                };
                PostCommand::Send { to, text, name }
            }
        })
    }

    fn post_unsent(t: Locale, why: Unsent) -> Option<String> {
        let reason = match why {
            Unsent::Refused(RefusalCode::Blocked) => t.text("phone.open.blocked"),
            Unsent::Refused(code) => {
                let own = refusal_key("phone.open.later.refused", code);
                t.text(if t.has(&own) { &own } else { "phone.open.later.refused.other" })
            }
            Unsent::TooLong { key, max, length } => {
                let lengths = t.format(key, &[("max", &max), ("length", &length)]);
                format!("{lengths} {}", t.text("phone.open.later.shorten"))
            }
            Unsent::TooSoon(_) => t.count("phone.too_soon", why.retry_after().unwrap_or(1)),
        };
        Some(format!("{}. {reason}", t.text("phone.open.later.fate.refused")))
    }
}

/// Which button of the form was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pressed {
    Send,
    Edit(PostId),
    Withdraw(PostId),
}

impl Pressed {
    fn of(form: AnswerForm<'_>) -> Self {
        // No post has the number 0: what cannot be read is refused as a post that is not there.
        let number = |field| Some(PostId::new(form.values(field).next()?.parse().unwrap_or(0)));
        let (withdraw, edit) = (number("withdraw").map(Self::Withdraw), number("edit").map(Self::Edit));
        withdraw.or(edit).unwrap_or(Self::Send)
    }
}

/// What the form has as the new wording of a text.
fn edited(form: AnswerForm<'_>, post: PostId) -> Option<&str> {
    form.values_of(&format!("text-{post}")).next()
}

/// How many texts one may send, whether a moderator looks at them first, and under which name they
/// stand.
fn hint(t: Locale, wall: &TextWall) -> String {
    let many = match wall.texts_per_person {
        Some(most) => t.count("phone.open.up_to", most.into()),
        None => t.text("phone.open.any_number"),
    };
    let review = t.text(if wall.review { "phone.open.review_first" } else { "phone.open.at_once" });
    let names = match wall.names {
        NamePolicy::Anonymous => format!(" {}", t.text("phone.open.anonymous")),
        NamePolicy::Either | NamePolicy::Named => String::new(),
    };
    format!("{many} {review}{names}")
}

/// The field for a text.
#[derive(Template)]
#[template(path = "open/phone.html")]
struct FieldsView<'a> {
    t: Locale,
    title: &'a str,
    hint: &'a str,
    open: bool,
    /// Why no text can be sent though it is open, in words.
    full: Option<String>,
    /// That a text is in and how many more can be sent, in words: scripts announce it themselves.
    stored: Option<String>,
    /// What was typed and not taken: a text, a name, and whether the name is to be shown.
    text: &'a str,
    name: &'a str,
    named: bool,
    /// Whether a name can be given, and whether one must be.
    names: bool,
    must_name: bool,
    /// That the participant's name in the event is given; none: one is written here.
    as_name: Option<String>,
}

impl<'a> FieldsView<'a> {
    fn new(context: &FormContext<'a, Rules>) -> Self {
        let FormContext { t, prompt: wall, hint, open, me, sent, .. } = *context;
        let count = context.own_posts().filter(|(_, post)| post.fate != PostStatus::Withdrawn).count();
        let full = match wall.texts_per_person {
            _ if me.blocked => Some(t.text("phone.open.blocked")),
            Some(most) if count >= usize::from(most) => Some(t.count("phone.open.full", most.into())),
            _ => None,
        };
        let stored = (full.is_none() && count > 0).then(|| {
            let is_in = t.text("phone.open.stored");
            let left = wall.texts_per_person.map(|most| u32::from(most).saturating_sub(count as u32));
            left.map_or_else(|| is_in.clone(), |left| format!("{is_in} · {}", t.count("phone.open.left", left)))
        });
        let must_name = wall.names == NamePolicy::Named;
        let as_name = me.name.as_deref().map(|name| {
            t.format(if must_name { "phone.open.named" } else { "phone.open.as_name" }, &[("name", &name)])
        });
        let names = wall.names != NamePolicy::Anonymous;
        let typed = |field| sent.values(field).next().unwrap_or_default();
        let (text, name, named) = (typed("text"), typed("name"), !typed("named").is_empty());
        Self { t, title: &wall.title, hint, open, full, stored, text, name, named, names, must_name, as_name }
    }
}

/// One's own texts, and the room's.
#[derive(Template)]
#[template(path = "open/phone-wall.html")]
struct WallView<'a> {
    t: Locale,
    open: bool,
    own: Vec<OwnView<'a>>,
    /// The texts of the wall, where results are visible.
    wall: Option<Vec<TextView<'a>>>,
    /// How many more there are, in words.
    more: Option<String>,
}

/// A text of one's own.
#[derive(Debug)]
struct OwnView<'a> {
    id: PostId,
    text: &'a str,
    fate: &'static str,
    fate_words: String,
    sign: char,
    /// Why it was declined, in words.
    reason: Option<String>,
    /// Whether it was reworded by a moderator.
    edited: bool,
    /// Whether it can still be taken back.
    waits: bool,
    /// Its new wording, where that was not taken.
    typed: Option<&'a str>,
}

/// A text of the wall.
#[derive(Debug)]
struct TextView<'a> {
    text: &'a str,
    name: Option<&'a str>,
    /// How many people sent it, in words, where they are several.
    people: Option<String>,
}

impl<'a> WallView<'a> {
    fn new(context: &FormContext<'a, Rules>) -> Self {
        let FormContext { t, open, tally, sent, .. } = *context;
        let kept = context.own_posts().filter(|(_, post)| post.fate != PostStatus::Withdrawn);
        let mut own: Vec<_> = kept.map(|(id, post)| OwnView::new(t, id, post, tally.is_some(), sent)).collect();
        own.reverse();
        let texts = tally.and_then(Texts::of);
        let wall = texts.map(|texts| {
            let mut all: Vec<_> = texts.texts.iter().rev().map(|(_, text)| text).collect();
            all.sort_by_key(|text| std::cmp::Reverse(text.pinned));
            let view = |text: &'a ShownText| TextView {
                text: &text.text,
                name: text.name.as_deref(),
                people: (text.people > 1).then(|| t.count("phone.open.later.people", text.people)),
            };
            all.into_iter().map(view).collect::<Vec<_>>()
        });
        let more = texts.map(|texts| texts.shown.saturating_sub(texts.texts.len() as u32)).filter(|more| *more > 0);
        Self { t, open, own, wall, more: more.map(|more| t.count("phone.open.later.more", more)) }
    }
}

impl<'a> OwnView<'a> {
    fn new(t: Locale, id: PostId, post: &'a OwnPost, is_visible: bool, sent: AnswerForm<'a>) -> Self {
        let (fate, sign) = match post.fate {
            PostStatus::Waiting => ("waiting", '◷'),
            PostStatus::Shown | PostStatus::Answered if is_visible => ("shown", '✓'),
            PostStatus::Shown | PostStatus::Answered => ("accepted", '✓'),
            PostStatus::Declined => ("declined", '×'),
            PostStatus::Hidden => ("hidden", '×'),
            // Not among those that are listed.
            PostStatus::Withdrawn => ("declined", '↩'),
        };
        Self {
            id,
            text: &post.text,
            fate,
            fate_words: t.text(&format!("phone.open.later.fate.{fate}")),
            sign,
            reason: post.reason.as_ref().map(|reason| why(t, reason)),
            edited: post.edited,
            waits: post.fate == PostStatus::Waiting,
            typed: edited(sent, id).filter(|_| Pressed::of(sent) == Pressed::Edit(id)),
        }
    }
}

/// Why a text was declined, in words.
fn why(t: Locale, reason: &Reason) -> String {
    // Nothing answers a text.
    let code = if reason.code == ReasonCode::Answered { ReasonCode::Other } else { reason.code };
    let code = serde_json::to_value(code).expect("a code is plain data");
    let kind = t.text(&format!("phone.open.later.reason.{}", code.as_str().unwrap_or_default()));
    match &reason.text {
        Some(text) => t.format("phone.open.later.reason_text", &[("reason", &kind), ("text", text)]),
        None => kind,
    }
}

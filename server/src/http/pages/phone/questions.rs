//! The room's questions on a phone: the participant's own with their status, the form to ask, and
//! the list page by page. All of it works with forms and links.

use parterre_protocol::{
    CommandId, LabelId, Millis, PostId, Vote,
    posts::{Label, NamePolicy, PostStatus, QaState, Reason, ReasonCode},
    topics::{EventState, Me, OwnPost, Posts, Qa, QaSummary, ShownPost, Stage},
};

use super::utc;
use crate::i18n::{Locale, isolated};

/// The orders in which questions can be read, as addresses name them.
const SORTS: [&str; 4] = ["popular", "recent", "oldest", "answered"];

/// What a page of questions is drawn from.
#[derive(Clone, Debug)]
pub struct QuestionList<'a> {
    /// The questions of this page, in order.
    pub posts: &'a [(PostId, ShownPost)],
    /// How many the whole list has.
    pub total: u32,
    /// Where the next page begins.
    pub next: Option<String>,
    /// What the reader asked to see.
    pub look: &'a ListView,
    /// What stands in the field to search, also where it is not searched for.
    pub typed: &'a str,
    /// What was sent and not taken.
    pub draft: Option<QuestionDraft>,
}

/// What a reader asks to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListView {
    /// The order's name; popular where it is empty.
    pub sort: String,
    /// Only those with this label.
    pub label: Option<LabelId>,
    /// Only those with these words.
    pub q: String,
    /// Where the page begins; at the first where it is empty.
    pub after: String,
}

/// A question that was sent by form and not taken.
#[derive(Clone, Debug, Default)]
pub struct QuestionDraft {
    /// The command; it stays the same, so that the question is asked once.
    pub cid: Option<CommandId>,
    /// What was written.
    pub text: String,
    /// Whether a name was to be given.
    pub named: bool,
    /// The name that was written.
    pub name: String,
    /// Questions that say about the same, to be supported instead.
    pub similar: Vec<(PostId, ShownPost)>,
}

/// The questions as one participant sees them.
#[derive(Debug)]
pub(super) struct QuestionsView {
    /// Where the forms lead: back to what is read now.
    pub(super) action: String,
    /// The form to ask, where one can.
    pub(super) ask: Option<AskView>,
    /// Why one cannot ask; empty where one can.
    pub(super) closed: String,
    /// The summary of all questions, once the event is over, if the settings show it.
    pub(super) summary: Option<Vec<Row>>,
    /// One's own questions, the newest first.
    pub(super) own: Vec<OwnView>,
    /// The list, page by page.
    pub(super) list: Vec<PostView>,
    /// How many there are in the list, in words.
    pub(super) total: String,
    /// The orders.
    pub(super) sorts: Vec<Choice>,
    /// The labels, `all` first; empty if the event has none.
    pub(super) labels: Vec<Choice>,
    /// What stands in the field to search.
    pub(super) q: String,
    /// The address of the next page.
    pub(super) next: Option<String>,
    /// The address of the first page, where this is another.
    pub(super) first: Option<String>,
}

/// The form to ask.
#[derive(Debug)]
pub(super) struct AskView {
    pub(super) cid: CommandId,
    pub(super) text: String,
    /// Whether a name can be given.
    pub(super) names: bool,
    /// Whether one must be.
    pub(super) must_name: bool,
    /// Whether the box for giving the name is ticked.
    pub(super) named: bool,
    /// That the participant's name in the event is given; none: one is written here.
    pub(super) as_name: Option<String>,
    pub(super) name: String,
    /// Whether a moderator looks at it first, in words.
    pub(super) review: String,
    /// What says about the same.
    pub(super) similar: Vec<PostView>,
}

/// A question of one's own.
#[derive(Debug)]
pub(super) struct OwnView {
    pub(super) id: PostId,
    pub(super) text: String,
    /// The fate's name, such as `waiting`, and in words.
    pub(super) fate: &'static str,
    pub(super) fate_words: String,
    /// A sign beside the words.
    pub(super) sign: char,
    /// Under what name it was sent, and when, in UTC.
    pub(super) by: String,
    /// Whether a moderator has reworded it.
    pub(super) edited: bool,
    /// Why it was declined, in words.
    pub(super) reason: Option<String>,
    pub(super) reply: Option<String>,
    /// The question that it is part of now.
    pub(super) merged_into: Option<PostId>,
    /// Ids for the two commands by which it can be changed, while it can be.
    pub(super) change: Option<(CommandId, CommandId)>,
}

/// A question of the list.
#[derive(Debug)]
pub(super) struct PostView {
    pub(super) id: PostId,
    pub(super) text: String,
    /// The name, or that it was asked anonymously, and when, in UTC.
    pub(super) by: String,
    pub(super) labels: Vec<Label>,
    /// Whether it is on the screen now.
    pub(super) highlighted: bool,
    pub(super) pinned: bool,
    pub(super) answered: bool,
    pub(super) edited: bool,
    pub(super) reply: Option<String>,
    pub(super) votes: String,
    pub(super) down: Option<String>,
    /// Whether one asked it oneself.
    pub(super) own: bool,
    pub(super) vote: Vote,
    /// The id of the command that a vote here will be; `None` if one cannot vote.
    pub(super) cid: Option<CommandId>,
}

/// A line of the summary of all questions.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) words: String,
    pub(super) n: String,
    /// Whether it is a part of the line before.
    pub(super) part: bool,
}

/// One of several things to look at.
#[derive(Debug)]
pub(super) struct Choice {
    /// What the form sends for it.
    pub(super) value: String,
    pub(super) words: String,
    pub(super) current: bool,
}

impl ListView {
    /// The address of a page of questions.
    pub fn address(&self, code: &str) -> String {
        let fields = [("sort", &*self.sort), ("q", &*self.q), ("after", &*self.after)];
        let label = self.label.map(|label| label.to_string()).unwrap_or_default();
        let fields = fields.into_iter().chain([("label", &*label)]).filter(|(_, value)| !value.is_empty());
        let query: Vec<_> = fields.map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("/e/{code}/questions{mark}{}", query.join("&"))
    }

    fn first(&self) -> Self {
        Self { after: String::new(), ..self.clone() }
    }
}

/// A value as it stands in the query of an address.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

impl QuestionsView {
    /// The view. `cid` makes a new command's id each time.
    pub(super) fn new(
        t: Locale,
        stage: &Stage,
        window: &Posts,
        me: &Me,
        asked: &QuestionList<'_>,
        cid: &dyn Fn() -> CommandId,
    ) -> Self {
        let QuestionList { posts, total, next, look, typed, draft } = asked;
        let (qa, code) = (&stage.qa, &*stage.event.code);
        let open = qa.state == QaState::Open && stage.event.state != EventState::Ended;
        let closed = if !open { "questions.closed" } else { "questions.blocked" };
        let post = |(id, post): &(PostId, ShownPost)| PostView {
            highlighted: window.highlight == Some(*id),
            ..PostView::new(t, qa, me, *id, post, open.then(cid))
        };
        let can_ask = open && !me.blocked;
        let ask = can_ask.then(|| {
            let draft = draft.clone().unwrap_or_default();
            let similar = draft.similar.iter().map(post).collect();
            AskView::new(t, qa, me, draft, similar, cid)
        });
        let sorts = SORTS.map(|sort| Choice {
            value: sort.to_owned(),
            words: t.text(&format!("questions.sort.{sort}")),
            current: look.sort == sort || (look.sort.is_empty() && sort == SORTS[0]),
        });
        let labels = qa.labels.iter().map(|label| (Some(label.id), label.name.clone()));
        let all = (!qa.labels.is_empty()).then(|| (None, t.text("questions.all_labels")));
        let labels = all.into_iter().chain(labels).map(|(label, words)| Choice {
            value: label.map(|label: LabelId| label.to_string()).unwrap_or_default(),
            words,
            current: look.label == label,
        });
        let questions = me.posts.iter().rev().filter(|(_, own)| own.to.is_none());
        Self {
            action: look.address(code),
            ask,
            closed: if can_ask { String::new() } else { t.text(closed) },
            summary: window.summary.as_ref().map(|summary| rows(t, summary)),
            own: questions.map(|(id, own)| OwnView::new(t, *id, own, open, cid)).collect(),
            list: posts.iter().map(post).collect(),
            total: t.count("questions.total", *total),
            sorts: sorts.into(),
            labels: labels.collect(),
            q: (*typed).to_owned(),
            next: next.clone().map(|after| ListView { after, ..(*look).clone() }.address(code)),
            first: (!look.after.is_empty()).then(|| look.first().address(code)),
        }
    }
}

impl AskView {
    fn new(
        t: Locale,
        qa: &Qa,
        me: &Me,
        draft: QuestionDraft,
        similar: Vec<PostView>,
        cid: &dyn Fn() -> CommandId,
    ) -> Self {
        let must_name = qa.names == NamePolicy::Named;
        let as_name = if must_name { "questions.all_named" } else { "questions.as_name" };
        Self {
            cid: draft.cid.unwrap_or_else(cid),
            text: draft.text,
            names: qa.names != NamePolicy::Anonymous,
            must_name,
            named: draft.named,
            as_name: me.name.as_ref().map(|name| t.format(as_name, &[("name", name)])),
            name: draft.name,
            review: t.text(if qa.review { "questions.review_first" } else { "questions.at_once" }),
            similar,
        }
    }
}

impl OwnView {
    fn new(t: Locale, id: PostId, own: &OwnPost, open: bool, cid: &dyn Fn() -> CommandId) -> Self {
        let fate = fate(own.fate);
        Self {
            id,
            text: own.text.clone(),
            fate,
            fate_words: t.text(&format!("questions.fate.{fate}")),
            sign: sign(own.fate),
            by: by(t, own.name.as_deref(), own.at),
            edited: own.edited,
            reason: own.reason.as_ref().map(|reason| why(t, reason)),
            reply: own.reply.clone(),
            merged_into: own.merged_into,
            change: (open && own.fate == PostStatus::Waiting).then(|| (cid(), cid())),
        }
    }
}

impl PostView {
    fn new(t: Locale, qa: &Qa, me: &Me, id: PostId, post: &ShownPost, cid: Option<CommandId>) -> Self {
        let own = me.posts.iter().any(|(mine, own)| *mine == id || own.merged_into == Some(id));
        let label = |id: &LabelId| qa.labels.iter().find(|label| label.id == *id).cloned();
        Self {
            id,
            text: post.text.clone(),
            by: by(t, post.name.as_deref(), post.at),
            labels: post.labels.iter().filter_map(label).collect(),
            highlighted: false,
            pinned: post.pinned,
            answered: post.answered,
            edited: post.edited,
            reply: post.reply.clone(),
            votes: t.number(post.votes),
            down: post.down.map(|down| t.number(down)),
            own,
            vote: if own { Vote::Up } else { me.votes.get(&id).copied().unwrap_or_default() },
            cid: cid.filter(|_| !own),
        }
    }

    pub(super) fn supports(&self) -> bool {
        self.vote == Vote::Up
    }

    pub(super) fn opposes(&self) -> bool {
        self.vote == Vote::Down
    }
}

/// The viewer, and the time.
fn by(t: Locale, name: Option<&str>, at: Millis) -> String {
    format!("{} · {}", name.map_or_else(|| t.text("questions.anonymous"), |name| isolated(name).into_owned()), utc(at))
}

/// The summary, line by line.
fn rows(t: Locale, summary: &QaSummary) -> Vec<Row> {
    let row = |words: &str, n, part| Row { words: t.text(words), n: t.number(n), part };
    let declined = summary.declined.values().sum();
    let all = [
        ("asked", summary.asked),
        ("shown", summary.shown),
        ("answered_posts", summary.answered_posts),
        ("declined", declined),
    ];
    let all = all.into_iter().map(|(what, n)| row(&format!("questions.summary.{what}"), n, false));
    let reasons = summary.declined.iter().filter(|(_, n)| **n > 0);
    all.chain(reasons.map(|(code, n)| row(&format!("questions.reason.{}", reason(*code)), *n, true))).collect()
}

/// A reason's name, as the catalogues have it.
fn reason(code: ReasonCode) -> String {
    serde_json::to_value(code).expect("a code is plain data").as_str().unwrap_or_default().to_owned()
}

/// Why a question was declined, in words.
fn why(t: Locale, why: &Reason) -> String {
    let kind = t.text(&format!("questions.reason.{}", reason(why.code)));
    match &why.text {
        Some(text) => t.format("questions.reason_text", &[("reason", &kind), ("text", text)]),
        None => kind,
    }
}

const fn sign(fate: PostStatus) -> char {
    match fate {
        PostStatus::Waiting => '◷',
        PostStatus::Shown | PostStatus::Answered => '✓',
        PostStatus::Declined | PostStatus::Hidden => '×',
        PostStatus::Withdrawn => '↩',
    }
}

const fn fate(fate: PostStatus) -> &'static str {
    match fate {
        PostStatus::Waiting => "waiting",
        PostStatus::Shown => "shown",
        PostStatus::Answered => "answered",
        PostStatus::Declined => "declined",
        PostStatus::Hidden => "hidden",
        PostStatus::Withdrawn => "withdrawn",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_is_looked_at() {
        assert_eq!(ListView::default().address("TULIP"), "/e/TULIP/questions");
        let look =
            ListView {
                sort: "recent".to_owned(), label: Some(2), q: "où & quand".to_owned(), after: "1.2".to_owned()
            };
        assert_eq!(look.address("TULIP"), "/e/TULIP/questions?sort=recent&q=o%C3%B9%20%26%20quand&after=1.2&label=2");
    }
}

//! The pages of the room in realistic states.

use std::collections::BTreeMap;

use askama::Template;
use parterre_protocol::{
    ActivityId, Answer, Choice, ChoicePoll, ChoiceTally, CommandId, EventId, ParticipantId, PostId, Prompt,
    PromptVersion, RefusalCode, Tally, WordCloud, Words, WordsTally,
    kinds::choice::PollOption,
    posts::{Label, PostStatus, QaState, Reason, ReasonCode},
    topics::{
        ActivityState, Event, EventState, Me, OwnPost, Posts, Presence, Response, Results, ShownPost, Stage,
        StagedActivity,
    },
};
use uuid::Uuid;

use super::{
    landing::{CodeTrouble, LandingPage},
    phone::{JoinTrouble, ListView, Mine, PhonePage, QuestionDraft, QuestionList},
    preview,
    screen::{ScreenPage, ScreenTopics},
    script::Versioned,
};
use crate::{
    http::{kinds::AnswerForm, unsent::Unsent},
    i18n::Locale,
};

const SEVENTH: Uuid = Uuid::from_bytes([7; 16]);

/// One moment of an event, as pages are drawn from it.
struct TestState {
    stage: Stage,
    results: Results,
    posts: Posts,
    presence: Presence,
    me: Me,
}

fn english() -> Locale {
    Locale::parse("en").unwrap()
}

fn activity_id() -> ActivityId {
    ActivityId::new(SEVENTH)
}

fn poll(max: u8, other: bool) -> Prompt {
    let texts = [
        "By the sea, in Saint-Malo",
        "In the mountains, near Annecy",
        "In the city, in Lyon",
        "Online, from everywhere",
    ];
    let options = texts.iter().zip(1..).map(|(text, id)| PollOption { id, text: (*text).to_owned() });
    let title = "Where should next year’s gathering be?".to_owned();
    Prompt::Choice(ChoicePoll { title, options: options.collect(), min: 1, max, other, changeable: true })
}

fn long_poll() -> Prompt {
    let text =
        |n: u16| format!("Option number {n} explains at some length what it would mean for everyone in the room");
    let options = (1..=20).map(|id| PollOption { id, text: text(id) }).collect();
    let title = "Which of these many proposals, each of which has been discussed in the working groups since the spring, should be worked out first, given that only three of them can be paid for within the year?";
    Prompt::Choice(ChoicePoll { title: title.to_owned(), options, min: 2, max: 3, other: true, changeable: false })
}

fn cloud() -> Prompt {
    Prompt::Words(WordCloud { title: "What would you like more of next year?".to_owned(), words_per_person: 3 })
}

fn words() -> Tally {
    let list = "time 311, music 208, sunlight 190, breaks 160, good coffee 120, questions 110, silence 96, bicycles 80, laughter 77, courage 60, gardens 44, fewer meetings 41, bread 33, poetry 31, trains 28, Zusammenhalt 22, curiosity 17, hammocks 9, soup 6, cats 5";
    let entries = list.split(", ").map(|entry| entry.rsplit_once(' ').unwrap());
    Tally::Words(WordsTally {
        words: entries.map(|(word, n)| (word.to_owned(), n.parse().unwrap())).collect(),
        distinct: 40,
    })
}

fn event(state: EventState) -> Event {
    Event {
        id: EventId::new(SEVENTH),
        name: "Annual meeting 2026".to_owned(),
        code: "TULIP".to_owned(),
        state,
        names: false,
        language: None,
        results_shared: false,
    }
}

fn moment(state: EventState, prompt: Option<(Prompt, ActivityState)>) -> TestState {
    let activity = prompt.map(|(prompt, state)| StagedActivity {
        id: activity_id(),
        state,
        round: 1,
        version: PromptVersion::FIRST,
        results: false,
        place: 2,
        of: 6,
        closes_at: None,
        prompt,
    });
    let results = Results { activity: Some(activity_id()), round: 1, respondents: None, tally: None, written: None };
    let me = Me {
        participant: ParticipantId::new(SEVENTH),
        name: None,
        responses: BTreeMap::new(),
        posts: BTreeMap::new(),
        votes: BTreeMap::new(),
        blocked: false,
    };
    TestState {
        stage: Stage { event: event(state), activity, qa: preview::no_questions(), rundown: None },
        results,
        posts: Posts::default(),
        presence: Presence { here: 4816, joined: 5011, ..Presence::default() },
        me,
    }
}

impl TestState {
    fn answered(mut self, answer: Answer) -> Self {
        let response = Response { round: 1, answer, at: 1_790_000_000_123 };
        self.me.responses.insert(activity_id(), response);
        self
    }

    fn with_results(mut self, respondents: u32, tally: Tally) -> Self {
        self.results = Results { respondents: Some(respondents), tally: Some(tally), ..self.results };
        if let Some(activity) = &mut self.stage.activity {
            activity.results = true;
        }
        self
    }

    fn phone(&self, name: &str) -> String {
        self.phone_in(english(), name, None)
    }

    fn phone_in(&self, t: Locale, name: &str, refused: Option<RefusalCode>) -> String {
        drawn(
            &PhonePage::new(
                t,
                CommandId::new(SEVENTH),
                at(&self.stage),
                self.mine(),
                refused.map(Unsent::Refused),
                AnswerForm(&[]),
            ),
            name,
        )
    }

    fn mine(&self) -> Mine<'_> {
        Mine { me: at(&self.me), results: at(&self.results), posts: at(&self.posts) }
    }

    fn questions(&self, t: Locale, name: &str, asked: &QuestionList<'_>, trouble: Option<String>) -> String {
        let cid = || CommandId::new(SEVENTH);
        drawn(&PhonePage::with_questions(t, &cid, at(&self.stage), self.mine(), asked, trouble), name)
    }

    fn screen(&self, name: &str, light: bool, can_control: bool) -> String {
        let shown = ScreenTopics {
            stage: at(&self.stage),
            results: at(&self.results),
            posts: at(&self.posts),
            presence: at(&self.presence),
        };
        drawn(&ScreenPage::new(english(), shown, "parterre.example", light, can_control), name)
    }
}

fn at<T>(data: &T) -> Versioned<'_, T> {
    Versioned { rev: 41, data }
}

fn drawn(page: &impl Template, name: &str) -> String {
    let html = preview::render(name, page);
    assert!(!html.contains(" style="), "{name}: the content security policy forbids inline styles");
    html
}

fn chosen(options: &[u16]) -> Answer {
    Answer::Choice(Choice { options: options.to_vec(), other: None })
}

fn counts() -> Tally {
    Tally::Choice(ChoiceTally { counts: [(1, 1302), (2, 1848), (3, 756), (4, 294)].into(), other: None, texts: None })
}

#[test]
fn a_phone_that_has_not_joined_is_asked_to() {
    let mut draft = moment(EventState::Draft, None);
    let html = drawn(&PhonePage::joining(english(), at(&draft.stage), None), "join");
    assert!(html.contains(r#"action="/e/TULIP/join""#) && !html.contains(r#"name="name""#));
    draft.stage.event.names = true;
    let html = drawn(&PhonePage::joining(english(), at(&draft.stage), Some(JoinTrouble::NameNeeded)), "join-name");
    assert!(html.contains(r#"name="name""#) && html.contains("Please give your name"));
    let over = moment(EventState::Ended, None);
    let html = drawn(&PhonePage::joining(english(), at(&over.stage), None), "ended");
    assert!(html.contains("This event is over") && !html.contains("/join"));
}

#[test]
fn a_page_loads_itself_again_only_where_nothing_can_be_lost() {
    let reloads = |moment: TestState, name: &str| moment.phone(name).contains("http-equiv=\"refresh\"");
    assert!(reloads(moment(EventState::Draft, None), "draft"));
    assert!(reloads(moment(EventState::Live, None), "waiting"));
    assert!(reloads(moment(EventState::Live, Some((poll(1, false), ActivityState::Closed))), "closed"));
    assert!(!reloads(moment(EventState::Live, Some((poll(1, false), ActivityState::Open))), "open"));
    assert!(!reloads(moment(EventState::Live, Some((cloud(), ActivityState::Open))), "words"));
}

#[test]
fn an_answer_shows_as_chosen_with_its_receipt() {
    let html =
        moment(EventState::Live, Some((poll(1, false), ActivityState::Open))).answered(chosen(&[2])).phone("answered");
    assert!(html.contains(r#"value="2" checked"#) && !html.contains(r#"value="1" checked"#));
    assert!(html.contains("Saved at 14:13:20 UTC"), "{html}");
    assert!(!html.contains("<fieldset disabled"));
    let html =
        moment(EventState::Live, Some((long_poll(), ActivityState::Open))).answered(chosen(&[2, 5])).phone("locked");
    assert!(html.contains("<fieldset disabled") && html.contains("Your answer is final."));
    moment(EventState::Live, Some((poll(3, true), ActivityState::Open))).phone("multiple");
}

#[test]
fn an_answer_of_a_former_round_no_longer_shows() {
    let mut moment = moment(EventState::Live, Some((poll(1, false), ActivityState::Open))).answered(chosen(&[2]));
    moment.stage.activity.as_mut().unwrap().round = 2;
    assert!(!moment.phone("reset").contains(r#" checked"#));
}

#[test]
fn results_show_only_when_they_are_visible() {
    let shown = || moment(EventState::Live, Some((poll(1, false), ActivityState::Closed))).with_results(4200, counts());
    let html = shown().answered(chosen(&[2])).phone("results");
    assert!(html.contains("<b>44%</b> <small>1,848</small>") && html.contains("4,200 people have answered"));
    let mut hidden = shown();
    hidden.stage.activity.as_mut().unwrap().results = false;
    assert!(!hidden.phone("results-hidden").contains("44%"));
    let own = Answer::Words(Words { words: vec!["Music".to_owned(), "soup".to_owned()] });
    let cloud = moment(EventState::Live, Some((cloud(), ActivityState::Open))).with_results(980, words()).answered(own);
    let html = cloud.phone_in(Locale::parse("fr").unwrap(), "words-results", Some(RefusalCode::Invalid));
    assert!(html.contains(r#"<li class="w4 own" translate="no"><bdi>music</bdi> <small>208</small></li>"#), "{html}");
    assert!(html.contains(r#"value="Music""#) && html.contains("ne convient pas"));
}

#[test]
fn a_phone_page_fits_in_the_first_packets() {
    let html = moment(EventState::Live, Some((long_poll(), ActivityState::Open))).phone("long");
    assert!(html.len() < 40_000, "{} bytes before compression, which makes about a fifth of it", html.len());
}

#[test]
fn what_people_write_stays_text() {
    let mut hostile = moment(EventState::Live, Some((poll(1, false), ActivityState::Open)));
    hostile.stage.event.name = "</script><script>alert(1)</script>".to_owned();
    let html = hostile.phone("hostile");
    assert!(!html.contains("<script>alert") && !html.contains("</script><script>"));
}

#[test]
fn a_screen_has_the_way_to_join_and_its_topics() {
    let waiting = moment(EventState::Live, None).screen("screen-waiting", false, false);
    assert!(waiting.contains("parterre.example") && waiting.contains(r#"src="/e/TULIP/qr.svg""#));
    assert!(waiting.contains(r#""can_control":false"#) && waiting.contains(r#"data-theme="dark""#));
    let live = |prompt| moment(EventState::Live, Some((prompt, ActivityState::Open)));
    let html = live(poll(1, false)).with_results(4200, counts()).screen("screen-results", false, true);
    assert!(html.contains(r#""can_control":true"#) && html.contains(r#""presence":{"rev":41"#));
    live(poll(1, false)).with_results(4200, counts()).screen("screen-light", true, true);
    let mut hidden = live(poll(1, true));
    hidden.results.respondents = Some(4200);
    hidden.screen("screen-hidden", false, true);
    live(cloud()).with_results(980, words()).screen("screen-words", false, true);
    live(cloud()).screen("screen-words-hidden", false, true);
    let many = (1..=20).map(|id| (id, u32::from(id) * 17)).collect();
    let tally = Tally::Choice(ChoiceTally { counts: many, other: Some(12), texts: None });
    live(long_poll()).with_results(1400, tally).screen("screen-long", false, true);
    moment(EventState::Ended, None).screen("screen-ended", false, false);
}

#[test]
fn the_first_page_says_what_was_wrong_with_a_code() {
    drawn(&LandingPage::new(english()), "landing");
    let html = drawn(&LandingPage::after(english(), "TULPI", CodeTrouble::Unknown), "landing-unknown");
    assert!(html.contains("no event with the code TULPI") && html.contains(r#"value="TULPI""#));
}

fn shown_post(text: &str, votes: u32, name: Option<&str>) -> ShownPost {
    ShownPost {
        text: text.to_owned(),
        votes,
        down: Some(2),
        at: 1_790_000_000_000,
        name: name.map(str::to_owned),
        labels: Vec::new(),
        pinned: false,
        answered: false,
        edited: false,
        reply: None,
    }
}

fn own_post(text: &str, fate: PostStatus, reason: Option<Reason>) -> OwnPost {
    OwnPost {
        to: None,
        text: text.to_owned(),
        fate,
        at: 1_790_000_000_000,
        name: None,
        edited: false,
        reason,
        reply: None,
        merged_into: None,
    }
}

/// An event that takes questions, with two shown and two of one's own.
fn asking() -> (TestState, Vec<(PostId, ShownPost)>) {
    let mut moment = moment(EventState::Live, None);
    moment.stage.qa.state = QaState::Open;
    moment.stage.qa.downvotes = true;
    moment.stage.qa.labels = vec![Label { id: 1, name: "Travel & costs".to_owned(), colour: 3, public: true }];
    let travel =
        ShownPost { labels: vec![1], ..shown_post("Will travel be paid for members from overseas?", 37, Some("Olu")) };
    let reply = Some("On page 12.".to_owned());
    let budget = ShownPost { answered: true, edited: true, reply, ..shown_post("Where is the budget?", 1, None) };
    let reason = Reason { code: ReasonCode::OffTopic, text: Some("Ask the canteen.".to_owned()) };
    moment.me.posts = [
        (PostId::new(4), own_post("Is there soup?", PostStatus::Declined, Some(reason))),
        (PostId::new(5), own_post("Who takes the minutes?", PostStatus::Waiting, None)),
    ]
    .into();
    (moment, vec![(PostId::new(17), travel), (PostId::new(2), budget)])
}

#[test]
fn questions_are_asked_read_and_supported_without_script() {
    let (moment, posts) = asking();
    let look = ListView { sort: "recent".to_owned(), ..ListView::default() };
    let asked = QuestionList {
        posts: &posts,
        total: 812,
        next: Some("0.0.0.-2".to_owned()),
        look: &look,
        typed: &look.q,
        draft: None,
    };
    let html = moment.questions(english(), "questions", &asked, None);
    for part in [
        r#"action="/e/TULIP/questions?sort=recent" method="post""#,
        r#"href="/e/TULIP/questions?sort=recent&#38;after=0.0.0.-2""#,
        "<b>37</b>",
        "812 questions",
        "<b>1</b>",
        r#"name="vote" value="up""#,
        r#"name="vote" value="down""#,
        "Not about the subject. The moderator writes: “Ask the canteen.”",
        r#"name="do" value="withdraw""#,
        "Travel &#38; costs",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert_eq!(html.matches(r#"value="edit""#).count(), 1, "only what waits can be changed");
}

#[test]
fn what_was_not_taken_is_there_to_be_written_on() {
    let (moment, posts) = asking();
    let draft =
        QuestionDraft { text: "Is travel paid?".to_owned(), similar: posts[..1].to_vec(), ..QuestionDraft::default() };
    let asked =
        QuestionList { posts: &[], total: 0, next: None, look: &ListView::default(), typed: "", draft: Some(draft) };
    for t in crate::i18n::LOCALES {
        let trouble = Unsent::Refused(RefusalCode::SlowDown).of_question(t);
        let html = moment.questions(t, &format!("questions-{}", t.code()), &asked, Some(trouble.clone()));
        assert!(html.contains(&trouble) && html.contains("Is travel paid?</textarea>") && html.contains(r#"id="q17""#));
        assert!(html.contains(r#"name="sure" value="1""#) && !html.contains(">questions."), "{html}");
    }
    let (mut blocked, _) = asking();
    blocked.me.blocked = true;
    let html = blocked.questions(english(), "questions-blocked", &asked, None);
    assert!(!html.contains("<textarea class=\"field\" id=\"ask\"") && html.contains("may not ask"));
}

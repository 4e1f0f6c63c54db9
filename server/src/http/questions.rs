//! The room's questions on the phone's page: read by address, asked and supported by form, so that
//! all of it works without script.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path, Query},
};
use parterre_domain::{Refusal, event::Event, text};
use parterre_live::{
    me::me,
    room::{QuestionSnapshot, Room},
    submit::Submission,
    sync, view,
};
use parterre_protocol::{
    CommandId, Outcome, PostCommand, PostId, Vote,
    limits::{NAME_CHARS, POST_CHARS},
    posts::QaState,
    topics::{Audience, ShownPost},
};
use parterre_store::ParticipantRecord;
use parterre_system::random;
use serde::Deserialize;

use super::{
    codes::find as find_event,
    errors::Failure,
    forms::Form,
    language::Language,
    origin::Outside,
    pages::{
        form::FieldProblem,
        message::ErrorPage,
        phone::{Mine, PhonePage, QuestionDraft, QuestionList},
        script::Versioned,
    },
    question_pages::{self, Fields, Part, SEARCH_CHARS, WindowQuery},
    recognise::participant,
    reply::{busy, html, join_first, message, see, unknown_code},
    searching::allow_participant,
    unsent::Unsent,
};
use crate::{i18n::Locale, state::AppState};

/// `GET /e/{code}/questions`
pub async fn read(
    state: Data<AppState>,
    language: Language,
    request: HttpRequest,
    code: Path<String>,
    fields: Query<Fields>,
) -> Result<HttpResponse, Failure> {
    let event = match find_event(&state, &request, &code).await {
        Ok(event) => event,
        Err(error) => return unknown_code(&state, language.0, &code, error),
    };
    let Some(reading) = Reading::new(&state, language.0, &request, event, &fields).await? else {
        return message(language.0, ErrorPage::NoEvent);
    };
    reading.show(None, None).await
}

/// The form of something that one does with questions.
#[derive(Debug, Deserialize)]
pub struct QuestionForm {
    cid: CommandId,
    #[serde(rename = "do")]
    kind: Kind,
    #[serde(default)]
    text: String,
    #[serde(default)]
    name: String,
    /// Present if the participant's name in the event is required.
    named: Option<String>,
    /// There where one has seen what says about the same.
    sure: Option<String>,
    post: Option<PostId>,
    vote: Option<Vote>,
}

/// What one does.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Ask,
    Edit,
    Withdraw,
    Vote,
}

/// `POST /e/{code}/questions`
pub async fn send(
    state: Data<AppState>,
    language: Language,
    request: HttpRequest,
    code: Path<String>,
    fields: Query<Fields>,
    deed: Form<QuestionForm>,
) -> Result<HttpResponse, Failure> {
    let event = match find_event(&state, &request, &code).await {
        Ok(event) => event,
        Err(error) => return unknown_code(&state, language.0, &code, error),
    };
    let Some(reading) = Reading::new(&state, language.0, &request, event, &fields).await? else {
        return message(language.0, ErrorPage::NoEvent);
    };
    let cid = Some(deed.cid);
    let Some(known) = &reading.known else {
        return Ok(join_first().of_command(cid).beside(see(&format!("/e/{}", reading.event.code))));
    };
    let lacks = |field| Failure::malformed(format!("The form lacks the field {field:?}.")).of_command(cid);
    let command = deed.command(known.name.as_deref()).map_err(lacks)?;
    if let Err(problem) = deed.check() {
        let sentence = FieldProblem::of(language.0, &problem).sentence;
        let page = reading.show(Some(deed.draft()), Some(sentence)).await?;
        return Ok(Failure::from(problem).of_command(cid).beside(page));
    }
    let unsent = async |why: Unsent, failure: Failure| {
        let page = reading.show_unsent(deed.draft(), why).await?;
        Ok(failure.of_command(cid).beside(page))
    };
    let submission = Submission::of_request(&state.hub, &reading.room, known.id, deed.cid);
    if let Err(wait) = submission.admit() {
        return unsent(Unsent::TooSoon(wait), Failure::too_soon(wait)).await;
    }
    let outcome = match submission.judge_post(known.name.clone(), command).await {
        Ok(judged) => match reading.similar_to(&deed, &judged.command.command, known).await {
            similar if similar.is_empty() => submission.commit_post(judged).await,
            similar => match submission.receipt().await {
                // It was asked already, and its answer was lost.
                Some(outcome) => outcome,
                None => {
                    let page = reading.show(Some(QuestionDraft { similar, ..deed.draft() }), None).await?;
                    return Ok(asked_before().of_command(cid).beside(page));
                }
            },
        },
        Err(outcome) => outcome,
    };
    match outcome {
        Outcome::Stored { .. } => Ok(see(&reading.back(&deed))),
        Outcome::Refused { code, message } => unsent(Unsent::Refused(code), Refusal::new(code, message).into()).await,
        Outcome::Later { retry_ms } => busy(language.0, retry_ms, cid),
    }
}

fn asked_before() -> Failure {
    let message = "There are similar questions. Vote for one of them, or send this again with the field \"sure\".";
    Failure::new(StatusCode::CONFLICT, "similar", message)
}

impl QuestionForm {
    /// The command of the form; or which field it lacks.
    fn command(&self, own_name: Option<&str>) -> Result<PostCommand, &'static str> {
        let text = self.text.clone();
        let name = || match (own_name, &self.named) {
            (Some(own), named) => named.is_some().then(|| own.to_owned()),
            (None, _) => Some(self.name.clone()).filter(|name| !text::is_empty(name)),
        };
        let post = || self.post.ok_or("post");
        Ok(match self.kind {
            Kind::Ask => PostCommand::Ask { text, name: name() },
            Kind::Edit => PostCommand::Edit { post: post()?, text },
            Kind::Withdraw => PostCommand::Withdraw { post: post()? },
            Kind::Vote => PostCommand::Vote { post: post()?, vote: self.vote.ok_or("vote")? },
        })
    }

    /// Whether what was written is a question and a name, as far as their lengths go.
    fn check(&self) -> Result<(), parterre_domain::Problem> {
        match self.kind {
            Kind::Ask | Kind::Edit => {
                text::filled_line("question", &self.text, POST_CHARS)?;
                text::line("name", &self.name, NAME_CHARS).map(drop)
            }
            Kind::Withdraw | Kind::Vote => Ok(()),
        }
    }

    /// What was written, to be written on.
    fn draft(&self) -> QuestionDraft {
        match self.kind {
            Kind::Ask => QuestionDraft {
                cid: Some(self.cid),
                text: self.text.clone(),
                named: self.named.is_some(),
                name: self.name.clone(),
                similar: Vec::new(),
            },
            Kind::Edit | Kind::Withdraw | Kind::Vote => QuestionDraft::default(),
        }
    }
}

/// Somebody's look at the questions.
struct Reading<'a> {
    state: &'a AppState,
    request: &'a HttpRequest,
    t: Locale,
    event: Event,
    room: Arc<Room>,
    asked: Arc<QuestionSnapshot>,
    /// `None` if this device has not joined.
    known: Option<ParticipantRecord>,
    fields: &'a Fields,
    wanted: WindowQuery,
    /// Why what is searched for is not, in words; the list is then whole.
    not_searched: Option<String>,
}

impl<'a> Reading<'a> {
    /// `None` if the event is gone.
    async fn new(
        state: &'a AppState,
        t: Locale,
        request: &'a HttpRequest,
        event: Event,
        fields: &'a Fields,
    ) -> Result<Option<Self>, Failure> {
        let too_long = text::line("q", fields.typed(), SEARCH_CHARS).err();
        let not_searched = too_long.map(|problem| FieldProblem::of(t, &problem).sentence);
        let wanted = if not_searched.is_some() { fields.without_search().read()? } else { fields.read()? };
        let known = participant(state, request, &event).await?;
        let Some(room) = state.hub.rooms.open(event.id).await? else { return Ok(None) };
        // A page that follows one's own deed shows it. Where it takes too long, there is still
        // something to show.
        sync::catch_up_to(&room, event.rev).await;
        let questions = room.questions();
        Ok(Some(Self { state, request, t, event, room, asked: questions, known, fields, wanted, not_searched }))
    }

    /// The page with what was not accepted, and why.
    async fn show_unsent(&self, draft: QuestionDraft, unsent: Unsent) -> Result<HttpResponse, Failure> {
        let mut response = self.show(Some(draft), Some(unsent.of_question(self.t))).await?;
        if let Some(seconds) = unsent.retry_after() {
            *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        Ok(response)
    }

    /// The page; with what could not be sent and why.
    async fn show(&self, draft: Option<QuestionDraft>, trouble: Option<String>) -> Result<HttpResponse, Failure> {
        let held = self.room.state();
        let rev = held.event.rev;
        let stage = view::stage(&held, Audience::Phone);
        let posts = self.asked.for_phones();
        if stage.qa.state == QaState::Off && posts.published == 0 {
            return Ok(see(&format!("/e/{}", self.event.code)));
        }
        let staged = Versioned { rev, data: &stage };
        let Some(known) = &self.known else {
            let page = PhonePage::joining(self.t, staged, None).with_test(self.state.config.netcheck.is_on());
            return html(StatusCode::OK, &page);
        };
        let (me_rev, me) = me(known, &self.room);
        let mine = Mine {
            me: Versioned { rev: me_rev, data: &me },
            results: Versioned { rev, data: held.results(Audience::Phone) },
            posts: Versioned { rev: self.asked.rev, data: posts },
        };
        let trouble = trouble.or_else(|| self.not_searched.clone());
        let part = match self.list().await {
            Ok(part) => part,
            // What was typed is not lost for the sake of a search: the list is then whole.
            Err(_) if draft.is_some() => question_pages::listed(&self.asked, &WindowQuery::default()),
            Err(_) => return message(self.t, ErrorPage::Busy),
        };
        let asked = QuestionList {
            posts: &part.posts,
            total: u32::try_from(part.total).unwrap_or(u32::MAX),
            next: part.next.map(|next| next.to_string()),
            look: &self.fields.look(&self.wanted),
            typed: self.fields.typed(),
            draft,
        };
        let status = if trouble.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        let page = PhonePage::with_questions(self.t, &new_cid, staged, mine, &asked, trouble)
            .with_test(self.state.config.netcheck.is_on());
        html(status, &page)
    }

    /// The part of the list that is asked for. Whichever way it is shown, a search is one that is
    /// allowed and has its turn.
    async fn list(&self) -> Result<Part<(PostId, ShownPost)>, Failure> {
        if !self.wanted.is_search() {
            return Ok(question_pages::listed(&self.asked, &self.wanted));
        }
        if !self.may_search() {
            return Err(Failure::busy("Too many searches. Wait a moment, then search again.", 1));
        }
        let (asked, wanted) = (Arc::clone(&self.asked), self.wanted.clone());
        Ok(self.state.searches.apart(move || question_pages::listed(&asked, &wanted)).await?)
    }

    /// Whether this device can search once more. A device that has not joined gets no list, so
    /// nothing is searched.
    fn may_search(&self) -> bool {
        let (outside, event) = (Outside::of(self.request), self.event.id);
        self.known.as_ref().is_none_or(|known| allow_participant(self.state, &outside, event, known.id).is_ok())
    }

    /// Published questions of others that ask about the same as the form does, unless its sender
    /// has seen them already. A participant who has searched too often is not held up: the question
    /// is then sent without checking for similar ones.
    async fn similar_to(
        &self,
        deed: &QuestionForm,
        command: &PostCommand,
        known: &ParticipantRecord,
    ) -> Vec<(PostId, ShownPost)> {
        let PostCommand::Ask { text, .. } = command else { return Vec::new() };
        if deed.sure.is_some() || !self.may_search() {
            return Vec::new();
        }
        let (room, text) = (Arc::clone(&self.room), text.clone());
        // The same if too many searches are under way.
        let similar = self.state.searches.apart(move || room.similar(&text)).await.unwrap_or_default();
        let forum = &self.asked.forum;
        let of_others = |post: &PostId| forum.post(*post).is_some_and(|post| post.author != known.id);
        question_pages::numbered(forum, similar.into_iter().filter(of_others))
    }

    /// Where to go on after this.
    fn back(&self, deed: &QuestionForm) -> String {
        let look = self.fields.look(&self.wanted).address(self.event.code.as_str());
        match (deed.kind, deed.post) {
            (Kind::Vote, Some(post)) => format!("{look}#q{post}"),
            _ => look,
        }
    }
}

fn new_cid() -> CommandId {
    CommandId::new(random::opaque_id())
}

//! An archive is written: one task reads the database piece by piece, a thread of low priority
//! packs what it reads into a file. No more than a few pieces wait in between.

use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    io::{self, BufWriter, Seek, Write},
};

use parterre_domain::archive::{
    ActLine, ActivityLine, EventRecord, FORMAT, MANIFEST, Manifest, Part, ParticipantLine, People, PostLine,
    ResponseLine, VERSION, VotesLine,
};
use parterre_protocol::{Act, ActivityId, EventId, Millis, ParticipantId, PostId, QaSettings, Vote};
use parterre_store::{ArchivedEvent, EventSnapshot, StoreError};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{
    numbers::{Numbers, Scope},
    passing_file,
};
use crate::{background, state::AppState};

/// Answers that are read at a time.
const ANSWERS: usize = 1_000;
/// How many bytes of lines make a piece.
const PIECE: usize = 64 * 1024;
/// Pieces that may wait to be packed.
const WAITING: usize = 4;

/// Why there is no archive.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file could not be written.
    #[error("an archive could not be written: {0}")]
    File(#[from] io::Error),
    /// Its thread ended.
    #[error("an archive could not be packed: {0}")]
    Background(#[from] background::NotDone),
}

/// What the packing thread is told.
enum Piece {
    /// What follows is in this file.
    File(&'static str),
    /// More of the file.
    Bytes(Vec<u8>),
}

/// Writes an archive of an event as it is now, into a file that is at its beginning; `None` if there
/// is no such event.
pub async fn write(state: &AppState, event: EventId, people: People, now: Millis) -> Result<Option<File>, WriteError> {
    let Some((snapshot, archived)) = state.store().event_snapshot(event).await? else { return Ok(None) };
    let folder = state.config.data.clone();
    let (pieces, waiting) = mpsc::channel(WAITING);
    let packing = background::run(move || pack(passing_file(&folder)?, waiting));
    let reading = Reading { snapshot, pieces, lines: Vec::new(), counts: BTreeMap::new() };
    let (packed, read) = futures_util::join!(packing, reading.all(archived, people, now));
    // Where the file fails, the reading only learns that nobody takes its pieces.
    let file = packed??;
    read?;
    Ok(Some(file))
}

/// Packs the pieces until no more come.
fn pack(file: File, mut waiting: mpsc::Receiver<Piece>) -> io::Result<File> {
    let mut zip = ZipWriter::new(BufWriter::new(file));
    // Without the time, so that the same event makes the same bytes.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).large_file(true);
    while let Some(piece) = waiting.blocking_recv() {
        match piece {
            Piece::File(name) => zip.start_file(name, options)?,
            Piece::Bytes(bytes) => zip.write_all(&bytes)?,
        }
    }
    let mut file = zip.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.rewind()?;
    Ok(file)
}

/// An event that is read for an archive.
struct Reading {
    snapshot: EventSnapshot,
    pieces: mpsc::Sender<Piece>,
    /// Lines that make no piece yet.
    lines: Vec<u8>,
    counts: BTreeMap<Part, u64>,
}

impl Reading {
    async fn all(mut self, archived: ArchivedEvent, people: People, now: Millis) -> Result<(), WriteError> {
        let ArchivedEvent { event, staged, questions, joined } = archived;
        let activities = self.snapshot.activities().await?;
        let by_id: HashMap<_, _> = (1..).zip(&activities).map(|(number, activity)| (activity.id, number)).collect();
        self.begin(Part::Activities).await?;
        for activity in &activities {
            self.line(Part::Activities, &ActivityLine::new(by_id[&activity.id], activity)).await?;
        }
        let mut numbers = self.participants(people, event.names).await?;
        self.responses(activities.iter().map(|activity| activity.id), &mut numbers).await?;
        self.posts(&by_id, &mut numbers).await?;
        self.acts(&by_id).await?;
        let manifest = Manifest {
            format: FORMAT.to_owned(),
            version: VERSION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            created_at: now,
            people,
            lines: std::mem::take(&mut self.counts),
            event: EventRecord {
                name: event.name,
                code: event.code.to_string(),
                state: event.state,
                names: event.names,
                language: event.language.map(|language| language.to_string()),
                created_at: event.created_at,
                participants: numbers.len(),
                joined,
                staged: staged.and_then(|staged| by_id.get(&staged).copied()),
                questions: QaSettings { version: 0, ..QaSettings::clone(&questions.settings) },
                questions_on_screen: questions.on_screen,
                highlight: questions.highlight,
            },
        };
        self.file(MANIFEST).await?;
        self.lines = serde_json::to_vec_pretty(&manifest).expect("plain data");
        self.lines.push(b'\n');
        self.flush().await
    }

    /// The participants, who get their numbers by it.
    async fn participants(&mut self, people: People, names: bool) -> Result<Numbers, WriteError> {
        self.begin(Part::Participants).await?;
        let participants = self.snapshot.participants().await?;
        let ids = participants.iter().map(|participant| participant.id).collect();
        if people == People::Linked {
            for (number, participant) in (1..).zip(participants) {
                let line = ParticipantLine {
                    participant: number,
                    name: participant.name.filter(|_| names),
                    joined_at: participant.joined_at,
                    blocked_at: participant.blocked_at,
                };
                self.line(Part::Participants, &line).await?;
            }
        }
        Ok(Numbers::new(people, ids))
    }

    async fn responses(
        &mut self,
        activities: impl Iterator<Item = ActivityId>,
        numbers: &mut Numbers,
    ) -> Result<(), WriteError> {
        self.begin(Part::Responses).await?;
        for (number, activity) in (1..).zip(activities) {
            let scope = Scope::Activity(number);
            for round in self.snapshot.rounds(activity).await? {
                let mut who = self.snapshot.respondents(activity, round).await?;
                numbers.arrange(scope, &mut who);
                for some in who.chunks(ANSWERS) {
                    let found = self.snapshot.responses(activity, round, some).await?;
                    let mut found: HashMap<_, _> =
                        found.into_iter().map(|response| (response.participant, response)).collect();
                    for participant in some {
                        let response = found.remove(participant).ok_or(StoreError::Unreadable("an answer"))?;
                        let line = ResponseLine {
                            activity: number,
                            round,
                            participant: number_of(numbers, scope, *participant)?,
                            at: response.at,
                            answer: serde_json::from_str(&response.answer)
                                .map_err(|_| StoreError::Unreadable("an answer"))?,
                        };
                        self.line(Part::Responses, &line).await?;
                    }
                }
            }
            numbers.leave(scope);
        }
        Ok(())
    }

    /// The questions, the texts of activities, and the votes on both. Those of activities that are
    /// deleted are left out.
    async fn posts(&mut self, by_id: &HashMap<ActivityId, u32>, numbers: &mut Numbers) -> Result<(), WriteError> {
        self.begin(Part::Posts).await?;
        let roots: HashMap<_, _> = self.snapshot.roots().await?.into_iter().collect();
        let mut written: Vec<(Scope, PostId)> = Vec::new();
        let mut last = None;
        loop {
            let posts = self.snapshot.posts(last).await?;
            let Some(newest) = posts.last() else { break };
            last = Some(newest.id);
            for post in posts {
                let to = post.to.map(|to| by_id.get(&to.activity).map(|number| (*number, to.round)));
                let (scope, to) = match to {
                    Some(None) => continue,
                    Some(Some((activity, round))) => (Scope::Activity(activity), Some((activity, round))),
                    None => (Scope::Question(roots.get(&post.id).copied().unwrap_or(post.id)), None),
                };
                written.push((scope, post.id));
                let author = number_of(numbers, scope, post.author)?;
                self.line(Part::Posts, &PostLine::new(post, to, author)).await?;
            }
        }
        self.begin(Part::Votes).await?;
        // By scope, since numbers within one are forgotten with its last post.
        written.sort_unstable();
        for (place, (scope, post)) in written.iter().enumerate() {
            let line = self.votes(*post, *scope, numbers).await?;
            if !line.up.is_empty() || !line.down.is_empty() {
                self.line(Part::Votes, &line).await?;
            }
            if written.get(place + 1).is_none_or(|(next, _)| next != scope) {
                numbers.leave(*scope);
            }
        }
        Ok(())
    }

    async fn votes(&mut self, post: PostId, scope: Scope, numbers: &mut Numbers) -> Result<VotesLine, WriteError> {
        let votes: HashMap<_, _> = self.snapshot.votes(post).await?.into_iter().collect();
        let mut who: Vec<_> = votes.keys().copied().collect();
        who.sort_unstable();
        numbers.arrange(scope, &mut who);
        let mut line = VotesLine { post, up: Vec::new(), down: Vec::new() };
        for id in who {
            let number = number_of(numbers, scope, id)?;
            match votes[&id] {
                Vote::Up => line.up.push(number),
                Vote::Down => line.down.push(number),
                Vote::None => {}
            }
        }
        line.up.sort_unstable();
        line.down.sort_unstable();
        Ok(line)
    }

    async fn acts(&mut self, by_id: &HashMap<ActivityId, u32>) -> Result<(), WriteError> {
        self.begin(Part::Acts).await?;
        let mut last = 0;
        loop {
            let acts = self.snapshot.acts(last).await?;
            let Some(newest) = acts.last() else { return Ok(()) };
            last = newest.rev;
            for entry in acts {
                if let Some(act) = portable(&entry.act, by_id) {
                    self.line(Part::Acts, &ActLine { at: entry.at, by: entry.actor, act }).await?;
                }
            }
        }
    }

    async fn begin(&mut self, part: Part) -> Result<(), WriteError> {
        self.counts.insert(part, 0);
        self.file(part.file()).await
    }

    async fn file(&mut self, name: &'static str) -> Result<(), WriteError> {
        self.flush().await?;
        self.send(Piece::File(name)).await
    }

    async fn line(&mut self, part: Part, line: &impl Serialize) -> Result<(), WriteError> {
        *self.counts.entry(part).or_default() += 1;
        serde_json::to_writer(&mut self.lines, line).map_err(io::Error::from)?;
        self.lines.push(b'\n');
        if self.lines.len() < PIECE { Ok(()) } else { self.flush().await }
    }

    async fn flush(&mut self) -> Result<(), WriteError> {
        if self.lines.is_empty() {
            return Ok(());
        }
        let piece = Piece::Bytes(std::mem::replace(&mut self.lines, Vec::with_capacity(PIECE)));
        self.send(piece).await
    }

    async fn send(&self, piece: Piece) -> Result<(), WriteError> {
        self.pieces.send(piece).await.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe).into())
    }
}

fn number_of(numbers: &mut Numbers, scope: Scope, who: ParticipantId) -> Result<u32, StoreError> {
    numbers.number(scope, who).ok_or(StoreError::Unreadable("a participant"))
}

/// An act without ids of the database; none if it was about an activity that is deleted.
fn portable(act: &Act, by_id: &HashMap<ActivityId, u32>) -> Option<Value> {
    let mut value = serde_json::to_value(act).expect("plain data");
    match act {
        Act::HideWord { activity, .. } | Act::MergeWord { activity, .. } | Act::RestoreWord { activity, .. } => {
            value["activity"] = json!(by_id.get(activity)?);
        }
        Act::Undo { .. } => {
            value.as_object_mut()?.remove("cid");
        }
        _ => {}
    }
    Some(value)
}

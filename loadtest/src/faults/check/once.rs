//! Compares receipts with stored rows: each command must be stored exactly as often as confirmed.

use std::collections::{BTreeSet, HashMap, HashSet};

use parterre_protocol::{ActivityId, ClientMessage, CommandId, ParticipantId, PostCommand, PostId, Vote};

use crate::faults::{
    db_snapshot::{DbSnapshot, StoredAnswer, StoredReceipt},
    history::{Command, CommandFate, History},
    observations::Wrongs,
};

/// The rows of each command.
struct Rows<'a> {
    answers: HashMap<CommandId, Vec<&'a StoredAnswer>>,
    receipts: HashMap<CommandId, Vec<&'a StoredReceipt>>,
    /// How many questions have this wording.
    wordings: HashMap<&'a str, usize>,
}

impl<'a> Rows<'a> {
    fn of(snapshot: &'a DbSnapshot) -> Self {
        let (mut answers, mut receipts): (HashMap<_, Vec<_>>, HashMap<_, Vec<_>>) = Default::default();
        snapshot.answers.iter().for_each(|it| answers.entry(it.cid).or_default().push(it));
        snapshot.receipts.iter().for_each(|it| receipts.entry(it.cid).or_default().push(it));
        let mut wordings = HashMap::new();
        snapshot.posts.iter().for_each(|it| *wordings.entry(it.text.as_str()).or_default() += 1);
        Self { answers, receipts, wordings }
    }

    /// How often a command is stored, by whichever of its traces is most frequent.
    fn times(&self, command: &Command) -> usize {
        let receipts = self.receipts.get(&command.cid()).map_or(0, Vec::len);
        match &command.message {
            ClientMessage::Respond { cid, .. } => self.answers.get(cid).map_or(0, Vec::len),
            ClientMessage::Post { post: PostCommand::Ask { text, .. } | PostCommand::Send { text, .. }, .. } => {
                receipts.max(self.wordings.get(text.as_str()).copied().unwrap_or(0))
            }
            _ => receipts,
        }
    }
}

/// Confirmed commands that are not stored exactly once, as sent and at the time of the receipt.
pub(super) fn confirmed(history: &History, snapshot: &DbSnapshot) -> Wrongs {
    let (mut wrongs, rows) = (Wrongs::default(), Rows::of(snapshot));
    for command in &history.commands {
        let CommandFate::Confirmed { at, .. } = command.fate else { continue };
        let times = rows.times(command);
        if times != 1 {
            wrongs.note(|| format!("stored {times} times: {}", told(history, command)));
            continue;
        }
        if let Some(why) = differs(history, &rows, command, at) {
            wrongs.note(|| format!("{why}: {}", told(history, command)));
        }
    }
    wrongs
}

fn differs(history: &History, rows: &Rows<'_>, command: &Command, at: i64) -> Option<String> {
    let who = history.who(command);
    if let ClientMessage::Respond { cid, activity, round, answer, .. } = &command.message {
        let stored = rows.answers.get(cid)?.first()?;
        let same = (stored.activity_id, stored.round, stored.answer.as_ref()) == (*activity, *round, Some(answer))
            && Some(stored.participant_id) == who.participant
            && stored.event_id == who.event;
        if !same {
            return Some(format!("stored as {stored:?}"));
        }
        return (stored.at != at).then(|| format!("stored at {}", stored.at));
    }
    let Some(stored) = rows.receipts.get(&command.cid()).and_then(|rows| rows.first()) else {
        return Some("a post without a receipt".to_owned());
    };
    if let ClientMessage::Post { post: PostCommand::Ask { text, .. } | PostCommand::Send { text, .. }, .. } =
        &command.message
        && !rows.wordings.contains_key(text.as_str())
    {
        return Some("a receipt without a post".to_owned());
    }
    let sender = who.participant.map(ParticipantId::uuid);
    let same = stored.event_id == who.event && sender.is_none_or(|sender| sender == stored.sender);
    (!same || stored.at != at).then(|| format!("stored as {stored:?}"))
}

/// Unconfirmed commands that are stored more than once, refused commands that are stored, and rows
/// that nobody sent.
pub(super) fn unconfirmed(history: &History, snapshot: &DbSnapshot) -> Wrongs {
    let (mut wrongs, rows) = (Wrongs::default(), Rows::of(snapshot));
    for command in &history.commands {
        let most = match command.fate {
            CommandFate::Confirmed { .. } => continue,
            CommandFate::Refused { .. } => 0,
            CommandFate::Unknown => 1,
        };
        let times = rows.times(command);
        if times > most {
            wrongs.note(|| format!("stored {times} times: {}", told(history, command)));
        }
    }
    let sent: HashSet<_> = history.commands.iter().map(Command::cid).collect();
    for cid in rows.answers.keys().filter(|cid| !sent.contains(cid)) {
        wrongs.note(|| format!("an answer that nobody sent is stored: {cid}"));
    }
    wrongs
}

/// Answers and votes of which not exactly the last one counts.
pub(super) fn last_counts(history: &History, snapshot: &DbSnapshot) -> Wrongs {
    let mut wrongs = Wrongs::default();
    answers(history, snapshot, &mut wrongs);
    votes(history, snapshot, &mut wrongs);
    wrongs
}

fn answers(history: &History, snapshot: &DbSnapshot, wrongs: &mut Wrongs) {
    type AnswerKey = (ParticipantId, ActivityId, u32);
    let mut counts: HashMap<AnswerKey, Vec<&StoredAnswer>> = HashMap::new();
    for stored in snapshot.answers.iter().filter(|stored| stored.replaced_at.is_none()) {
        counts.entry((stored.participant_id, stored.activity_id, stored.round)).or_default().push(stored);
    }
    let mut last: HashMap<AnswerKey, Last> = HashMap::new();
    for command in &history.commands {
        if let (ClientMessage::Respond { activity, round, .. }, Some(participant)) =
            (&command.message, history.who(command).participant)
        {
            last.entry((participant, *activity, *round)).or_default().take(command);
        }
    }
    for (place, last) in last {
        let stored = counts.remove(&place).unwrap_or_default();
        let right = match &stored[..] {
            [] => last.confirmed.is_none(),
            [one] => last.allows(one.cid),
            _ => false,
        };
        if !right {
            wrongs.note(|| format!("{place:?} was confirmed {:?} last; what counts is {stored:?}", last.confirmed));
        }
    }
}

fn votes(history: &History, snapshot: &DbSnapshot, wrongs: &mut Wrongs) {
    // A vote on a question that was ever part of a group applies to the whole group. `content`
    // checks the counts of groups.
    let grouped: HashSet<_> = snapshot
        .acts
        .iter()
        .flat_map(|act| act.changes.iter().map(move |change| (act.event_id, change)))
        .filter(|(_, change)| change.before.merged_into != change.after.merged_into)
        .flat_map(|(event, change)| {
            [Some(change.post), change.before.merged_into, change.after.merged_into]
                .into_iter()
                .flatten()
                .map(move |post| (event, post))
        })
        .collect();
    let stored: HashMap<_, _> = snapshot.votes.iter().map(|it| ((it.participant_id, it.post), it.vote)).collect();
    let mut last: HashMap<(ParticipantId, PostId), (Last, HashMap<CommandId, i64>)> = HashMap::new();
    for command in &history.commands {
        let who = history.who(command);
        if let (ClientMessage::Post { cid, post: PostCommand::Vote { post, vote } }, Some(participant)) =
            (&command.message, who.participant)
            && !grouped.contains(&(who.event, *post))
        {
            let (last, votes) = last.entry((participant, *post)).or_default();
            last.take(command);
            votes.insert(
                *cid,
                match vote {
                    Vote::Up => 1,
                    Vote::None => 0,
                    Vote::Down => -1,
                },
            );
        }
    }
    for (place, (last, votes)) in last {
        let allowed: BTreeSet<_> = last.allowed().map(|cid| votes[&cid]).collect();
        let vote = stored.get(&place).copied();
        // Withdrawing a vote that does not exist leaves no row.
        let right = allowed.contains(&vote.unwrap_or(0)) || (vote.is_none() && last.confirmed.is_none());
        if !right {
            wrongs.note(|| format!("{place:?} voted {allowed:?} last; what counts is {vote:?}"));
        }
    }
}

/// The command that must count: the last confirmed one, or one whose outcome is unknown.
#[derive(Default)]
struct Last {
    confirmed: Option<CommandId>,
    unknown: Vec<CommandId>,
}

impl Last {
    fn take(&mut self, command: &Command) {
        match command.fate {
            CommandFate::Confirmed { .. } => self.confirmed = Some(command.cid()),
            CommandFate::Unknown => self.unknown.push(command.cid()),
            CommandFate::Refused { .. } => {}
        }
    }

    fn allowed(&self) -> impl Iterator<Item = CommandId> + '_ {
        self.confirmed.iter().chain(&self.unknown).copied()
    }

    fn allows(&self, cid: CommandId) -> bool {
        self.allowed().any(|allowed| allowed == cid)
    }
}

fn told(history: &History, command: &Command) -> String {
    format!("{} {command:?}", history.who(command).name)
}

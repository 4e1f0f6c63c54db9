//! One act of a moderator, from its receipt to the ledger.

use std::{collections::BTreeSet, sync::Arc};

use parterre_domain::{
    Refusal,
    forum::{Forum, ForumChange},
    moderation::{self, Change},
    post::Post,
};
use parterre_protocol::{
    Act, CommandId, EventId, Millis, Outcome, ParticipantId, PostId, QaSettings, RefusalCode, Rev,
};
use serde::Serialize;
use uuid::Uuid;

use super::{
    ModerationOutcome,
    forum::{QaOutline, QaRow},
    rows::{self, Written},
    words::{self, Decided},
};
use crate::{
    Actor, CommittedChange, Store, StoreError, columns,
    receipts::receipt,
    retry::Idempotency,
    rights::{Acting, acting},
    sql::{Tx, batch, query, rows as json_rows},
    version::{Locked, bump, lock},
};

impl Store {
    /// Does a moderator's act, cleaned by `domain::moderation::check_act`, once: the same `cid` of
    /// the same actor gets the same receipt. A refusal is not remembered.
    pub async fn moderate(
        &self,
        event: EventId,
        actor: Actor,
        cid: CommandId,
        act: &Act,
        now: Millis,
    ) -> Result<ModerationOutcome, StoreError> {
        self.with_retry(Idempotency::Safe, || async {
            let mut tx = self.begin().await?;
            let Some(locked) = lock(&mut tx, event).await? else {
                return Ok(refused(Refusal::new(RefusalCode::Unknown, "There is no such event.")));
            };
            if let Some(at) = receipt(&mut tx, actor.id(), cid).await? {
                return Ok(ModerationOutcome {
                    outcome: Outcome::Stored { at },
                    change: None,
                    outline: None,
                    repeated: Some(locked.rev),
                });
            }
            let Some(moderator) = acting(&mut tx, event, actor, now).await? else {
                return Ok(refused(Refusal::new(
                    RefusalCode::Forbidden,
                    match actor {
                        Actor::Link(_) => "This link is no longer valid.",
                        Actor::Member(_) | Actor::Session(..) => {
                            "You are signed out or no longer allowed to moderate this event."
                        }
                    },
                )));
            };
            if let Err(refusal) = moderator.scope.allows(act) {
                return Ok(refused(refusal));
            }
            let judged = match act {
                Act::Undo { cid } => undo(&mut tx, event, locked, &moderator, *cid).await?,
                act => match moderation::about_words(act) {
                    Some(activity) => {
                        let judged =
                            words::judge(&mut tx, event, activity, |words| moderation::act_on_words(words, act));
                        judged.await?.map(Judged::of_words)
                    }
                    None => {
                        let forum = about(&mut tx, event, locked, moderation::about(act), &[]).await?;
                        moderation::act(&forum, act, now, locked.rev + 1).map(|changes| Judged::Forum(forum, changes))
                    }
                },
            };
            let judged = match judged {
                Ok(judged) => judged,
                Err(refusal) => return Ok(refused(refusal)),
            };
            let (mut change, mut outline) = (None, None);
            let changes = match judged {
                Judged::Forum(before, changes) => {
                    if !changes.is_empty() {
                        change = Some(write(&mut tx, event, before, &changes, now).await?);
                    }
                    changes
                }
                Judged::Words(decided, changes) => {
                    if !changes.is_empty() {
                        outline = Some(words::write(&mut tx, event, decided).await?);
                    }
                    changes
                }
            };
            let rev = change.as_ref().map(|change| change.rev).or(outline).unwrap_or(locked.rev);
            remember(&mut tx, event, &moderator, cid, (act, &changes), (now, rev)).await?;
            tx.commit().await?;
            Ok(ModerationOutcome { outcome: Outcome::Stored { at: now }, change, outline, repeated: None })
        })
        .await
    }
}

fn refused(refusal: Refusal) -> ModerationOutcome {
    ModerationOutcome { outcome: refusal.into(), change: None, outline: None, repeated: None }
}

/// What an act changes, beside what it is judged by.
enum Judged {
    /// Of questions, in the part of the forum that it is about.
    Forum(Forum, Vec<Change>),
    /// Of the words of an activity, and what is decided of them with it.
    Words(Decided, Vec<Change>),
}

impl Judged {
    fn of_words((decided, changes): (Decided, Vec<Change>)) -> Self {
        Self::Words(decided, changes)
    }
}

/// The changes that undo an act, and that in which they do.
async fn undo(
    tx: &mut Tx,
    event: EventId,
    locked: Locked,
    moderator: &Acting,
    cid: CommandId,
) -> Result<Result<Judged, Refusal>, StoreError> {
    // A cid is its sender's own; should another have used the same, one's own is meant.
    let done = query!(tx.fetch_optional::<(Uuid, Option<String>)>(
        "SELECT actor_id, changes FROM acts WHERE event_id = $1 AND cid = $2
         ORDER BY CASE WHEN actor_id = $3 THEN 0 ELSE 1 END LIMIT 1",
        event.uuid(),
        cid.uuid(),
        moderator.id,
    ))?;
    let Some((actor, changes)) = done else {
        return Ok(Err(Refusal::new(RefusalCode::Unknown, "This event has no such action.")));
    };
    if actor != moderator.id && !moderator.runs_events {
        return Ok(Err(Refusal::new(RefusalCode::Forbidden, "Only a facilitator can undo someone else's actions.")));
    }
    let done: Vec<Change> = match changes {
        Some(text) => columns::from_json("the changes of an action", &text)?,
        None => Vec::new(),
    };
    if let Some(activity) = moderation::changes_words(&done) {
        let judged = words::judge(tx, event, activity, |words| moderation::undo_on_words(words.decisions, &done));
        return Ok(judged.await?.map(Judged::of_words));
    }
    let devices: Vec<_> = done.iter().filter_map(blocked_by).collect();
    let forum = about(tx, event, locked, Some(moderation::about_changes(&done)), &devices).await?;
    Ok(moderation::undo(&forum, &done, locked.rev + 1).map(|changes| Judged::Forum(forum, changes)))
}

const fn blocked_by(change: &Change) -> Option<ParticipantId> {
    match change {
        Change::Blocked { participant, .. } => Some(*participant),
        _ => None,
    }
}

/// The part of the forum that an act is about: these posts with their groups and what is
/// highlighted (`None`: every post), and who of their authors and of these devices is blocked.
/// Nothing in it is counted.
async fn about(
    tx: &mut Tx,
    event: EventId,
    locked: Locked,
    posts: Option<BTreeSet<PostId>>,
    devices: &[ParticipantId],
) -> Result<Forum, StoreError> {
    #[derive(Serialize)]
    struct Row {
        id: ParticipantId,
    }
    let state =
        query!(tx.fetch_one::<QaRow>("SELECT qa, qa_on_screen, highlight FROM events WHERE id = $1", event.uuid(),))?;
    let posts: Vec<Post> = match posts {
        Some(posts) => {
            let places = posts.into_iter().chain(locked.highlight).map(|post| (event, post)).collect();
            rows::groups(tx, &places).await?.into_iter().map(|(_, post)| post).collect()
        }
        None => rows::all(tx, event).await?,
    };
    let devices: BTreeSet<_> = posts.iter().map(|post| post.author).chain(devices.iter().copied()).collect();
    let batch: Vec<_> = devices.into_iter().map(|id| Row { id }).collect();
    let blocked = batch!(tx.fetch_all::<(Uuid,)>(
        [id uuid]
        "SELECT participants.id FROM batch JOIN participants ON participants.id = batch.id
         WHERE blocked_at IS NOT NULL",
        json_rows(&batch),
    ))?;
    let mut forum = QaOutline::try_from(state)?.with(Forum::new(Arc::default(), posts.into_iter().map(Arc::new)));
    forum.blocked = blocked.into_iter().map(|(id,)| ParticipantId::new(id)).collect();
    Ok(forum)
}

/// Writes what an act changes, under the event's next version. Gives it as others take it, with the
/// votes as they are.
async fn write(
    tx: &mut Tx,
    event: EventId,
    before: Forum,
    changes: &[Change],
    now: Millis,
) -> Result<CommittedChange, StoreError> {
    let rev = bump(tx, event).await?;
    let mut forum = before.clone();
    let mut led = moderation::forum_changes(&before, changes, rev);
    led.iter().for_each(|change| forum.apply(change));

    let changed: BTreeSet<_> = led.iter().filter_map(changed_post).collect();
    let moved = forum.posts().map(|post| post.id).filter(|post| forum.root(*post) != before.root(*post));
    let written: BTreeSet<_> = changed.iter().copied().chain(moved).collect();
    let row = |post: &PostId| Some(Written { event, post: forum.post(*post)?, root: forum.root(*post) });
    rows::write(tx, &written.iter().filter_map(row).collect::<Vec<_>>()).await?;
    for change in &led {
        write_other(tx, event, change, (now, rev)).await?;
    }

    let regrouped = moderation::regrouped(&before, &forum, changes);
    led.extend(
        regrouped.difference(&changed).filter_map(|post| Some(ForumChange::Post(Arc::new(forum.post(*post)?.clone())))),
    );
    let affected: BTreeSet<_> = changed.union(&regrouped).copied().collect();
    let counts = rows::count(tx, event, &forum, affected).await?;
    for change in &mut led {
        if let ForumChange::Post(post) = change {
            let post = Arc::make_mut(post);
            post.votes = counts.get(&post.id).copied().unwrap_or_default();
        }
    }
    Ok(CommittedChange { event, from: rev - 1, rev, answers: Vec::new(), forum: led })
}

fn changed_post(change: &ForumChange) -> Option<PostId> {
    match change {
        ForumChange::Post(post) => Some(post.id),
        _ => None,
    }
}

/// Writes a change of something else than a post.
async fn write_other(
    tx: &mut Tx,
    event: EventId,
    change: &ForumChange,
    (now, rev): (Millis, Rev),
) -> Result<(), StoreError> {
    match change {
        ForumChange::Settings(settings) => {
            let json = columns::json::<QaSettings>(settings);
            query!(tx.execute("UPDATE events SET qa = $2 WHERE id = $1", event.uuid(), json))?;
        }
        ForumChange::Highlight(post) => {
            let number = post.map(|post| i64::from(post.number()));
            query!(tx.execute("UPDATE events SET highlight = $2 WHERE id = $1", event.uuid(), number))?;
        }
        ForumChange::OnScreen(on) => {
            query!(tx.execute("UPDATE events SET qa_on_screen = $2 WHERE id = $1", event.uuid(), *on))?;
        }
        ForumChange::Blocked { participant, on } => {
            query!(tx.execute(
                "UPDATE participants SET blocked_at = $2, blocked_rev = $3 WHERE id = $1",
                participant.uuid(),
                on.then_some(now),
                rev,
            ))?;
        }
        ForumChange::Post(_) | ForumChange::Voted { .. } => {}
    }
    Ok(())
}

/// Writes the line of the ledger, which is also the receipt.
async fn remember(
    tx: &mut Tx,
    event: EventId,
    moderator: &Acting,
    cid: CommandId,
    (act, changes): (&Act, &[Change]),
    (now, rev): (Millis, Rev),
) -> Result<(), StoreError> {
    query!(tx.execute(
        "INSERT INTO acts (actor_id, cid, event_id, actor, act, changes, at, rev)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        moderator.id,
        cid.uuid(),
        event.uuid(),
        &moderator.name,
        columns::json(act),
        (!changes.is_empty()).then(|| columns::json(changes)),
        now,
        rev,
    ))?;
    Ok(())
}

//! The topic `me`: what is a participant's own, and how those who are connected hear that it says
//! something else.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use parterre_domain::{forum::Forum, post};
use parterre_protocol::{
    ParticipantId, PostId, Rev, ServerMessage, Vote,
    topics::{Me, Topic},
};
use parterre_store::ParticipantRecord;

use crate::{
    context::Context,
    lock::lock,
    room::{Room, topic::encode},
    workers::WorkerCommand,
};

/// Participants who are read again at the same time: as many as read a database file side by side.
const READ_TOGETHER: usize = 4;

/// The topic `me`, with its rev.
pub fn me(known: &ParticipantRecord, room: &Room) -> (Rev, Me) {
    // In this order, so that the questions are at least as new as the rev says.
    let room_rev = room.rev();
    me_of(known, &room.questions().forum, room_rev)
}

/// The topic `me` of what is stored and what the room knows, up to this version. Its rev is that of
/// the newest of all in it, but of what is stored no newer than the room, which may still have to
/// learn of a question that is older than that.
pub fn me_of(known: &ParticipantRecord, forum: &Forum, room_rev: Rev) -> (Rev, Me) {
    let (posts, newest) = forum.own(known.id);
    let me = Me {
        participant: known.id,
        name: known.name.clone(),
        responses: known.responses.clone(),
        votes: votes(known, forum),
        posts,
        // As the room has it, which tells those who are seated when that changes.
        blocked: forum.blocked.contains(&known.id),
    };
    (newest.max(known.rev.min(room_rev)), me)
}

/// A participant's votes by the posts that now count them, where it is not one of their own that
/// does.
fn votes(known: &ParticipantRecord, forum: &Forum) -> BTreeMap<PostId, Vote> {
    let own: BTreeSet<_> = forum.posts_by(known.id).map(|post| forum.root(post.id)).collect();
    let mut votes = BTreeMap::new();
    for (post, vote) in &known.votes {
        let root = forum.root(*post);
        if !own.contains(&root) {
            // Of what is not published nobody learns, not even that something became a part of it.
            let root = if forum.post(root).is_some_and(|root| root.fields.is_shown()) { root } else { *post };
            let together = votes.entry(root).or_insert(*vote);
            *together = post::together([*together, *vote]);
        }
    }
    votes
}

/// The topic `me` as finished bytes.
pub fn me_frame(known: &ParticipantRecord, room: &Room) -> (Rev, Bytes) {
    let (rev, me) = me(known, room);
    let data = serde_json::to_value(me).expect("ids are text keys");
    (rev, encode(&ServerMessage::Full { topic: Topic::Me, rev, data }))
}

/// Brings all of a participant's connections on this node up to date with what is their own.
pub fn refresh(context: &Arc<Context>, room: &Arc<Room>, participant: ParticipantId) {
    refresh_all(context, room, BTreeSet::from([participant]));
}

/// The same for several participants. Returns at once; a task of the room's reads them, one time
/// after another, so that of two readings of one participant the later is also told later.
pub fn refresh_all(context: &Arc<Context>, room: &Arc<Room>, mut participants: BTreeSet<ParticipantId>) {
    {
        let connections = room.connections_by_participant();
        participants.retain(|participant| !connections.connections(*participant).is_empty());
    }
    let mut stale = lock(&room.stale);
    stale.who.append(&mut participants);
    if !stale.who.is_empty() && !stale.is_running {
        stale.is_running = true;
        tokio::spawn(read_stale(Arc::clone(context), Arc::clone(room)));
    }
}

async fn read_stale(context: Arc<Context>, room: Arc<Room>) {
    loop {
        let who = {
            let mut stale = lock(&room.stale);
            stale.is_running = !stale.who.is_empty();
            std::mem::take(&mut stale.who)
        };
        if who.is_empty() {
            break;
        }
        let reading = who.into_iter().map(|participant| refresh_one(&context, &room, participant));
        stream::iter(reading).for_each_concurrent(READ_TOGETHER, |reading| reading).await;
    }
}

async fn refresh_one(context: &Context, room: &Room, participant: ParticipantId) {
    match context.store.participant(room.event, participant).await {
        Ok(Some(known)) => {
            let (rev, frame) = me_frame(&known, room);
            let connections = room.connections_by_participant().connections(participant).to_vec();
            for id in connections {
                context.workers.tell(id, |id| WorkerCommand::Me(id, rev, frame.clone()));
            }
        }
        Ok(None) => {}
        // The other page learns it when it connects again.
        Err(error) => tracing::warn!(event = %room.event, %error, "a participant could not be read"),
    }
}

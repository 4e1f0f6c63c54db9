//! The topic `me`: what is a participant's own.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use parterre_domain::{forum::Forum, post};
use parterre_protocol::{
    PostId, Rev, ServerMessage, Vote,
    topics::{Me, Topic},
};
use parterre_store::ParticipantRecord;

use crate::room::{Room, topic::encode};

/// The topic `me`, with its rev.
pub fn me(known: &ParticipantRecord, room: &Room) -> (Rev, Me) {
    // In this order, so that the questions are at least as new as the rev says.
    let room_rev = room.rev();
    me_of(known, &room.questions().forum, room_rev)
}

/// The topic `me` of what is stored and what the room knows, up to this version. Its rev is that of the newest of all in
/// it, but of what is stored no newer than the room, which may still have to learn of a question that is older than that.
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

/// A participant's votes by the posts that now count them, where it is not one of their own that does.
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

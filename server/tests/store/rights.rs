//! Rights that end: what was true before is no leave to act now.

use parterre_domain::{
    ids::LinkId,
    private_link::{LinkKind, PrivateLink},
};
use parterre_protocol::{Act, Control, EventId, Outcome, RefusalCode};
use parterre_store::{Actor, Right, SessionHash, Store};
use uuid::Uuid;

use crate::room::{Host, Room, cid, refused};

/// A session of the host under this token, until then.
async fn session(store: &Store, host: &Host, token: &str, until: i64) -> SessionHash {
    let session = SessionHash::new(token);
    store.create_session(&session.to_string(), host.member, 5, until).await.unwrap();
    session
}

pub(crate) async fn who_acts_by_a_session_is_signed_in_at_that_moment(store: &Store, other_node: &Store, host: &Host) {
    let room = Room::running(store, host).await;
    let session = session(store, host, "acts", 100).await;
    let actor = Actor::Session(host.member, session);
    let steer = async |now| store.control(room.event, actor, cid(), &Control::Lobby, now).await.unwrap().outcome;
    let moderate = async |now| store.moderate(room.event, actor, cid(), &Act::Show { on: true }, now).await.unwrap();
    assert_eq!(steer(99).await, Outcome::Stored { at: 99 });
    assert_eq!(moderate(99).await.outcome, Outcome::Stored { at: 99 });
    let before = room.rev().await;
    assert_eq!(refused(&steer(100).await), RefusalCode::Forbidden, "it has expired");
    assert_eq!(refused(&moderate(100).await.outcome), RefusalCode::Forbidden);
    other_node.end_session(&session.to_string()).await.unwrap();
    assert_eq!(refused(&steer(99).await), RefusalCode::Forbidden, "signed out");
    assert_eq!(refused(&moderate(99).await.outcome), RefusalCode::Forbidden);
    let nobody = Actor::Session(parterre_domain::ids::MemberId::new(Uuid::new_v4()), session);
    let by_nobody = store.control(room.event, nobody, cid(), &Control::Lobby, 99).await.unwrap();
    assert_eq!(refused(&by_nobody.outcome), RefusalCode::Forbidden, "another's session");
    let by_link = store.control(room.event, Actor::Link(LinkId::new(Uuid::new_v4())), cid(), &Control::Lobby, 99).await;
    assert_eq!(refused(&by_link.unwrap().outcome), RefusalCode::Forbidden);
    assert_eq!(room.rev().await, before);
}

pub(crate) async fn rights_are_asked_for_together(store: &Store, host: &Host) {
    let room = Room::running(store, host).await;
    let [lasts, ends] = [session(store, host, "lasts", 900).await, session(store, host, "ends", 500).await];
    let member = host.member;
    let by = |session, controls| Right::Session { member, session, controls };
    let link = |expires_at| PrivateLink {
        id: LinkId::new(Uuid::new_v4()),
        event: room.event,
        kind: LinkKind::Speaker { label: None },
        name: "Ada".to_owned(),
        created_at: 5,
        expires_at,
        revoked_at: None,
    };
    let (good, revoked, expired) = (link(800), link(800), link(500));
    for link in [&good, &revoked, &expired] {
        store.add_link(link, &format!("hash of {}", link.id.uuid())).await.unwrap();
    }
    store.revoke_link(room.event, revoked.id, 20).await.unwrap();
    let elsewhere = EventId::new(Uuid::new_v4());
    let claims = [
        (room.event, by(lasts, true)),
        (room.event, by(ends, false)),
        (elsewhere, by(lasts, true)),
        (room.event, by(SessionHash::new("made up"), true)),
        (room.event, Right::Link(good.id)),
        (elsewhere, Right::Link(good.id)),
        (room.event, Right::Link(revoked.id)),
        (room.event, Right::Link(expired.id)),
        (room.event, by(lasts, true)),
    ];
    let asked = store.rights(&claims, 500).await.unwrap();
    assert_eq!(asked, [Some(900), None, None, None, Some(800), None, None, None, Some(900)]);
    assert_eq!(store.rights(&[], 500).await.unwrap(), []);
}

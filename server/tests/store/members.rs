//! Owners and sessions.

use parterre_domain::{
    ids::{MemberId, WorkspaceId},
    member::{Email, Member, Role},
};
use parterre_store::Store;
use uuid::Uuid;

use crate::room::Host;

fn owner(email: &str) -> Member {
    let (id, workspace) = (MemberId::new(Uuid::new_v4()), WorkspaceId::new(Uuid::new_v4()));
    Member { id, workspace, name: "Inès".to_owned(), email: Email::parse(email).unwrap(), role: Role::Owner }
}

pub(crate) async fn only_one_owner_is_ever_made(store: &Store, other_node: &Store) -> Host {
    assert!(!store.has_owner().await.unwrap());
    let (first, second) = (owner("a@example.org"), owner("b@example.org"));
    let (made_first, made_second) = tokio::join!(
        store.create_owner(first.workspace, "Venue", &first, "hash", 1),
        other_node.create_owner(second.workspace, "Venue", &second, "hash", 1)
    );
    let (made_first, made_second) = (made_first.unwrap(), made_second.unwrap());
    assert!(made_first != made_second, "exactly one of two at the same time");
    assert!(store.has_owner().await.unwrap());
    let third = owner("c@example.org");
    assert!(!store.create_owner(third.workspace, "Venue", &third, "hash", 2).await.unwrap());
    assert_eq!(store.member_by_email(&third.email).await.unwrap(), None);

    let owner = if made_first { first } else { second };
    Host { workspace: owner.workspace, member: owner.id }
}

pub(crate) async fn a_member_is_found_by_address(store: &Store, host: &Host) {
    let mut found = Vec::new();
    for email in ["a@example.org", "b@example.org"] {
        found.extend(store.member_by_email(&Email::parse(email).unwrap()).await.unwrap());
    }
    let [(member, hash)] = &found[..] else { panic!("one owner: {found:?}") };
    assert_eq!((member.id, member.workspace, member.role), (host.member, host.workspace, Role::Owner));
    assert_eq!((member.name.as_str(), hash.as_str()), ("Inès", "hash"));
}

pub(crate) async fn a_session_lasts_until_it_expires_or_ends(store: &Store, host: &Host) {
    store.create_session("one", host.member, 100, 200).await.unwrap();
    store.create_session("two", host.member, 100, 300).await.unwrap();
    assert_eq!(store.session("one", 199).await.unwrap().unwrap().id, host.member);
    assert_eq!(store.session("one", 200).await.unwrap(), None);
    assert_eq!(store.session("three", 150).await.unwrap(), None);
    store.end_session("two").await.unwrap();
    store.end_session("two").await.unwrap();
    assert_eq!(store.session("two", 150).await.unwrap(), None);
    // What has expired is forgotten when the next begins, even if the clock goes back.
    store.create_session("four", host.member, 250, 300).await.unwrap();
    assert_eq!(store.session("one", 150).await.unwrap(), None);
    store.end_session("four").await.unwrap();
}

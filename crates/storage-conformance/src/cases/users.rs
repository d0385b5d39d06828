//! People who work in the console, their sessions and their invitations, and the audit log.

use crate::{Backend, Fixture};
use chrono::TimeDelta;
use secrecy::ExposeSecret;
use selfsame_application::ports::{
    Clock, Ids, Invitation, Joining, MemberChange, Session, StorageError, StoredUser, User,
};
use selfsame_domain::console::{AuditAction, AuditEntry, Role};
use selfsame_domain::values::Email;
use selfsame_domain::{AuditId, InvitationId, SessionId, UserId, WorkspaceId};
use uuid::Uuid;

fn email(text: &str) -> Email {
    Email::parse(text).expect("an email")
}

fn id(f: &Fixture<'_>) -> Uuid {
    f.ids().uuid(f.clock().now())
}

fn invitation(f: &Fixture<'_>, invited: Option<&str>, role: Role) -> Invitation {
    let at = f.clock().now();
    Invitation {
        id: InvitationId(id(f)),
        workspace: f.workspace,
        email: invited.map(email),
        role,
        created_at: at,
        expires_at: at + TimeDelta::days(7),
    }
}

fn new_user(f: &Fixture<'_>, address: &str) -> StoredUser {
    let user = User {
        id: UserId(id(f)),
        email: email(address),
        created_at: f.clock().now(),
    };
    let password = "$argon2id$hash".into();
    StoredUser { user, password }
}

/// Makes a member by an invitation with the digest.
async fn join(f: &Fixture<'_>, digest: u8, joining: &Joining, role: Role) {
    let digest = [digest; 32];
    let made = f.store().add_invitation(&invitation(f, None, role), &digest).await;
    made.expect("invite");
    let accepted = f.store().accept_invitation(&digest, joining, f.clock().now()).await;
    assert!(accepted.expect("accept"));
}

/// A new person in the workspace.
pub(crate) async fn member(f: &Fixture<'_>, digest: u8, address: &str, role: Role) -> User {
    let new = new_user(f, address);
    join(f, digest, &Joining::New(new.clone()), role).await;
    new.user
}

fn session(f: &Fixture<'_>, user: UserId) -> Session {
    let at = f.clock().now();
    Session {
        id: SessionId(id(f)),
        user,
        workspace: f.workspace,
        created_at: at,
        last_used_at: at,
        agent: "Браузер/1.0".to_owned(),
    }
}

pub async fn an_invitation_reads_back_until_it_is_accepted(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let named = invitation(&f, Some("Olena.K@Приклад.укр"), Role::Marketer);
    f.store().add_invitation(&named, &[1; 32]).await.expect("invite");
    f.clock().advance_seconds(1);
    let open = invitation(&f, None, Role::Admin);
    f.store().add_invitation(&open, &[2; 32]).await.expect("invite");
    f.reopen().await;
    let found = f.store().invitation(&[1; 32]).await.expect("read");
    assert_eq!(found, Some((named.clone(), "one".to_owned())));
    let all = f.store().invitations(f.workspace).await.expect("read");
    assert_eq!(all, [named.clone(), open.clone()]);
    let joining = Joining::New(new_user(&f, "olena@example.com"));
    let accept = f.store().accept_invitation(&[1; 32], &joining, f.clock().now()).await;
    assert!(accept.expect("accept"));
    assert_eq!(f.another().invitation(&[1; 32]).await.expect("read"), None);
    let again = f.store().accept_invitation(&[1; 32], &joining, f.clock().now()).await;
    assert!(!again.expect("accept"), "an invitation opens once");
    let all = f.store().invitations(f.workspace).await.expect("read");
    assert_eq!(all, std::slice::from_ref(&open));
    assert!(f.store().remove_invitation(f.workspace, open.id).await.expect("remove"));
    assert!(!f.store().remove_invitation(f.workspace, open.id).await.expect("remove"));
}

pub async fn an_invitation_needs_its_workspace_and_a_digest_of_its_own(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let first = invitation(&f, None, Role::Viewer);
    f.store().add_invitation(&first, &[1; 32]).await.expect("invite");
    let same_digest = f
        .store()
        .add_invitation(&invitation(&f, None, Role::Viewer), &[1; 32])
        .await;
    assert!(
        matches!(same_digest, Err(StorageError::Conflict { .. })),
        "{same_digest:?}"
    );
    let nowhere = Invitation {
        workspace: WorkspaceId(f.workspace.0 + 1000),
        ..invitation(&f, None, Role::Viewer)
    };
    let refused = f.store().add_invitation(&nowhere, &[2; 32]).await;
    assert!(matches!(refused, Err(StorageError::UnknownWorkspace)), "{refused:?}");
}

pub async fn of_several_who_accept_one_invitation_one_joins(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let made = f
        .store()
        .add_invitation(&invitation(&f, None, Role::Admin), &[1; 32])
        .await;
    made.expect("invite");
    let joining = ["a@example.com", "b@example.com"].map(|address| Joining::New(new_user(&f, address)));
    let (other, at) = (f.another(), f.clock().now());
    let both = tokio::join!(
        f.store().accept_invitation(&[1; 32], &joining[0], at),
        other.accept_invitation(&[1; 32], &joining[1], at)
    );
    assert_ne!(both.0.expect("accept"), both.1.expect("accept"));
    assert_eq!(f.store().users_of(f.workspace).await.expect("read").len(), 1);
}

pub async fn people_are_one_by_their_address(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let user = member(&f, 1, "Olena@Example.com", Role::Marketer).await;
    let found = f
        .store()
        .user_by_email(&email("olena@EXAMPLE.com"))
        .await
        .expect("read");
    let found = found.expect("a person");
    assert_eq!(found.user, user);
    assert_eq!(found.password.expose_secret(), "$argon2id$hash");
    assert!(!format!("{found:?}").contains("argon2id"), "a hash is never shown");
    let first = f.enter_new_workspace("two").await;
    let made = f
        .store()
        .add_invitation(&invitation(&f, None, Role::Admin), &[2; 32])
        .await;
    made.expect("invite");
    let same = Joining::New(new_user(&f, "OLENA@example.com"));
    let refused = f.store().accept_invitation(&[2; 32], &same, f.clock().now()).await;
    assert!(matches!(refused, Err(StorageError::Conflict { .. })), "{refused:?}");
    assert!(
        f.store().invitation(&[2; 32]).await.expect("read").is_some(),
        "nothing changed"
    );
    let joined = f
        .store()
        .accept_invitation(&[2; 32], &Joining::Known(user.id), f.clock().now())
        .await;
    assert!(joined.expect("accept"));
    let works_in = f.store().works_in(user.id).await.expect("read");
    let shown: Vec<_> = works_in
        .iter()
        .map(|works| (works.workspace, works.name.as_str(), works.role))
        .collect();
    assert_eq!(
        shown,
        [(first, "one", Role::Marketer), (f.workspace, "two", Role::Admin)]
    );
    assert!(
        f.store()
            .user_by_email(&email("nobody@example.com"))
            .await
            .expect("read")
            .is_none()
    );
}

pub async fn every_role_reads_back_and_a_second_invitation_changes_it(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    for (digest, role) in (1..).zip(Role::ALL) {
        member(&f, digest, &format!("{}@example.com", role.as_str()), role).await;
    }
    let read = async || {
        let members = f.store().users_of(f.workspace).await.expect("read");
        let shown = members
            .iter()
            .map(|member| (member.user.email.to_string(), member.role));
        shown.collect::<Vec<_>>()
    };
    let expected = Role::ALL.map(|role| (format!("{}@example.com", role.as_str()), role));
    assert_eq!(read().await, expected);
    let viewer = f
        .store()
        .user_by_email(&email("viewer@example.com"))
        .await
        .expect("read");
    let viewer = viewer.expect("a person").user.id;
    join(&f, 9, &Joining::Known(viewer), Role::Support).await;
    assert_eq!(read().await[3].1, Role::Support);
}

pub async fn a_workspace_keeps_an_admin(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = member(&f, 1, "one@example.com", Role::Admin).await;
    let set = async |user: UserId, role| f.store().set_member(f.workspace, user, role).await.expect("set");
    for role in [None, Some(Role::Viewer)] {
        assert_eq!(set(one.id, role).await, MemberChange::LastAdmin);
    }
    assert_eq!(set(one.id, Some(Role::Admin)).await, MemberChange::Done);
    let two = member(&f, 2, "two@example.com", Role::Viewer).await;
    assert_eq!(set(two.id, Some(Role::Admin)).await, MemberChange::Done);
    let other = f.another();
    let both = tokio::join!(
        f.store().set_member(f.workspace, one.id, None),
        other.set_member(f.workspace, two.id, None)
    );
    let mut both = [both.0.expect("set"), both.1.expect("set")];
    both.sort_by_key(|change| *change == MemberChange::LastAdmin);
    assert_eq!(both, [MemberChange::Done, MemberChange::LastAdmin]);
    assert_eq!(f.store().users_of(f.workspace).await.expect("read").len(), 1);
    assert_eq!(set(UserId(id(&f)), None).await, MemberChange::Missing);
}

pub async fn a_session_opens_until_it_ends(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let user = member(&f, 1, "olena@example.com", Role::Support).await;
    let made = session(&f, user.id);
    f.store().add_session(&made, &[1; 32]).await.expect("add");
    let taken = f.store().add_session(&session(&f, user.id), &[1; 32]).await;
    assert!(matches!(taken, Err(StorageError::Conflict { .. })), "{taken:?}");
    f.reopen().await;
    let open = f.store().session(&[1; 32]).await.expect("read").expect("a session");
    assert_eq!((&open.session, &open.user, open.role), (&made, &user, Role::Support));
    assert_eq!((open.workspace.id, open.workspace.name.as_str()), (f.workspace, "one"));
    assert_eq!(f.store().session(&[2; 32]).await.expect("read"), None);
    let later = f.clock().now() + TimeDelta::minutes(5);
    f.another().touch_session(made.id, later).await.expect("touch");
    f.store().touch_session(made.id, f.clock().now()).await.expect("touch");
    let open = f.store().session(&[1; 32]).await.expect("read").expect("a session");
    assert_eq!(open.session.last_used_at, later, "the latest use stays");
    assert!(
        !f.store().end_session(UserId(id(&f)), made.id).await.expect("end"),
        "it is another's"
    );
    assert!(f.another().end_session(user.id, made.id).await.expect("end"));
    assert_eq!(f.store().session(&[1; 32]).await.expect("read"), None);
    assert!(!f.store().end_session(user.id, made.id).await.expect("end"));
}

pub async fn a_session_follows_its_member(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    member(&f, 1, "admin@example.com", Role::Admin).await;
    let user = member(&f, 2, "olena@example.com", Role::Support).await;
    f.store()
        .add_session(&session(&f, user.id), &[3; 32])
        .await
        .expect("add");
    let role = async || f.store().session(&[3; 32]).await.expect("read").map(|open| open.role);
    let change = async |role| f.another().set_member(f.workspace, user.id, role).await.expect("set");
    change(Some(Role::Viewer)).await;
    assert_eq!(role().await, Some(Role::Viewer));
    change(None).await;
    assert_eq!(role().await, None);
}

pub async fn a_new_password_ends_the_other_sessions(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let user = member(&f, 1, "olena@example.com", Role::Viewer).await;
    let other = member(&f, 2, "taras@example.com", Role::Viewer).await;
    let mut own = Vec::new();
    for digest in 1..=3 {
        f.clock().advance_seconds(1);
        own.insert(0, session(&f, user.id));
        f.store().add_session(&own[0], &[digest; 32]).await.expect("add");
    }
    f.store()
        .add_session(&session(&f, other.id), &[4; 32])
        .await
        .expect("add");
    assert_eq!(f.store().sessions(user.id).await.expect("read"), own);
    let set = f
        .store()
        .set_password(user.id, &"$argon2id$new".into(), own[1].id)
        .await;
    assert!(set.expect("set"));
    assert_eq!(f.store().sessions(user.id).await.expect("read"), own[1..2]);
    assert_eq!(f.store().sessions(other.id).await.expect("read").len(), 1);
    let found = f
        .store()
        .user_by_email(&user.email)
        .await
        .expect("read")
        .expect("a person");
    assert_eq!(found.password.expose_secret(), "$argon2id$new");
    let unknown = f.store().set_password(UserId(id(&f)), &"x".into(), own[1].id).await;
    assert!(!unknown.expect("set"));
}

pub async fn what_is_over_is_deleted(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let user = member(&f, 1, "olena@example.com", Role::Viewer).await;
    let start = f.clock().now();
    let made = f
        .store()
        .add_invitation(&invitation(&f, None, Role::Viewer), &[7; 32])
        .await;
    made.expect("invite");
    for (digest, used) in [(1, 0), (2, 10)] {
        let made = Session {
            last_used_at: start + TimeDelta::seconds(used),
            ..session(&f, user.id)
        };
        f.store().add_session(&made, &[digest; 32]).await.expect("add");
    }
    let prune = async |unused: i64, began: i64, now: i64| {
        let at = |seconds| start + TimeDelta::seconds(seconds);
        f.store()
            .prune_sessions(at(unused), at(began), at(now))
            .await
            .expect("prune")
    };
    let week = TimeDelta::days(7).num_seconds();
    assert_eq!(prune(0, 0, week).await, 0);
    assert_eq!(prune(1, 0, week).await, 1);
    assert_eq!(f.store().sessions(user.id).await.expect("read").len(), 1);
    assert_eq!(prune(1, 1, week + 1).await, 2);
    assert!(f.store().sessions(user.id).await.expect("read").is_empty());
    assert!(f.store().invitations(f.workspace).await.expect("read").is_empty());
}

pub async fn the_audit_log_reads_back_page_by_page(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let user = UserId(id(&f));
    let mut written = Vec::new();
    for action in AuditAction::ALL {
        f.clock().advance_seconds(1);
        let entry = AuditEntry {
            id: AuditId(id(&f)),
            workspace: f.workspace,
            at: f.clock().now(),
            user: (action != AuditAction::Invited).then_some(user),
            by: "olena@example.com".to_owned(),
            action,
            object: "Сегмент 🦔".to_owned(),
        };
        f.store().append_audit(&entry).await.expect("append");
        written.insert(0, entry);
    }
    f.reopen().await;
    let read = async |before, limit| f.store().audit(f.workspace, before, limit).await.expect("read");
    assert_eq!(read(None, 100).await, written);
    assert_eq!(read(None, 2).await, written[..2]);
    assert_eq!(read(Some(written[1].id), 2).await, written[2..4]);
    let nowhere = AuditEntry {
        workspace: WorkspaceId(f.workspace.0 + 1000),
        id: AuditId(id(&f)),
        ..written[0].clone()
    };
    let refused = f.store().append_audit(&nowhere).await;
    assert!(matches!(refused, Err(StorageError::UnknownWorkspace)), "{refused:?}");
}

pub async fn people_keep_to_their_workspace(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let user = member(&f, 1, "olena@example.com", Role::Admin).await;
    member(&f, 2, "taras@example.com", Role::Admin).await;
    let open = invitation(&f, None, Role::Viewer);
    f.store().add_invitation(&open, &[3; 32]).await.expect("invite");
    let first = f.enter_new_workspace("two").await;
    assert!(f.store().users_of(f.workspace).await.expect("read").is_empty());
    assert!(f.store().invitations(f.workspace).await.expect("read").is_empty());
    assert!(f.store().audit(f.workspace, None, 10).await.expect("read").is_empty());
    assert!(!f.store().remove_invitation(f.workspace, open.id).await.expect("remove"));
    let change = f.store().set_member(f.workspace, user.id, None).await.expect("set");
    assert_eq!(change, MemberChange::Missing);
    assert_eq!(f.store().users_of(first).await.expect("read").len(), 2);
}

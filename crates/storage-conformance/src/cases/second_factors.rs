//! Second factors, and accounts of identity providers.

use super::users::member;
use crate::{Backend, Fixture};
use secrecy::ExposeSecret;
use selfsame_application::ports::{Clock, LinkedIdentity, SecondFactor};
use selfsame_domain::UserId;
use selfsame_domain::console::Role;

/// Turns on a factor with this secret at the first step, with the recovery codes 1 and 2.
async fn turn_on(f: &Fixture<'_>, user: UserId, secret: &[u8]) {
    assert!(f.store().begin_second_factor(user, secret).await.expect("begin"));
    let codes = [vec![1; 32], vec![2; 32]];
    let confirmed = f
        .store()
        .confirm_second_factor(user, secret, f.clock().now(), 1, &codes);
    assert!(confirmed.await.expect("confirm"));
}

pub async fn a_second_factor_counts_once_it_is_confirmed(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let user = member(&f, 1, "olena@example.com", Role::Viewer).await.id;
    assert_eq!(f.store().second_factor(user).await.expect("read"), None);
    assert!(f.store().begin_second_factor(user, &[0, 255]).await.expect("begin"));
    assert!(f.store().begin_second_factor(user, &[7, 255]).await.expect("begin"));
    let begun = SecondFactor {
        secret: vec![7, 255],
        confirmed_at: None,
        recovery_codes: 0,
    };
    assert_eq!(f.store().second_factor(user).await.expect("read"), Some(begun.clone()));
    assert!(!f.store().take_totp_step(user, 5).await.expect("take"), "it is not on");
    let at = f.clock().now();
    let codes = [vec![1; 32], vec![2; 32]];
    let earlier = f.store().confirm_second_factor(user, &[0, 255], at, 5, &codes).await;
    assert!(!earlier.expect("confirm"), "another secret took its place");
    assert_eq!(f.store().second_factor(user).await.expect("read"), Some(begun));
    assert!(
        f.store()
            .confirm_second_factor(user, &[7, 255], at, 5, &codes)
            .await
            .expect("confirm")
    );
    f.reopen().await;
    let on = SecondFactor {
        secret: vec![7, 255],
        confirmed_at: Some(at),
        recovery_codes: 2,
    };
    assert_eq!(f.store().second_factor(user).await.expect("read"), Some(on.clone()));
    let again = f
        .store()
        .confirm_second_factor(user, &[7, 255], at, 9, &[vec![3; 32]])
        .await;
    assert!(!again.expect("confirm"), "it is on already");
    assert!(!f.store().begin_second_factor(user, &[8]).await.expect("begin"));
    assert_eq!(f.store().second_factor(user).await.expect("read"), Some(on));
}

pub async fn of_several_who_bring_one_code_one_succeeds(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let user = member(&f, 1, "olena@example.com", Role::Viewer).await.id;
    let other = member(&f, 2, "taras@example.com", Role::Viewer).await.id;
    turn_on(&f, user, &[1]).await;
    turn_on(&f, other, &[2]).await;
    let take = async |step| f.store().take_totp_step(user, step).await.expect("take");
    assert!(!take(1).await, "the code that confirmed the factor");
    let another = f.another();
    let both = tokio::join!(f.store().take_totp_step(user, 3), another.take_totp_step(user, 3));
    assert_ne!(both.0.expect("take"), both.1.expect("take"));
    assert!(!take(2).await, "an earlier step");
    assert!(take(4).await);
    assert!(
        f.store().take_totp_step(other, 2).await.expect("take"),
        "steps are each person's own"
    );
    let both = tokio::join!(
        f.store().take_recovery_code(user, &[1; 32]),
        another.take_recovery_code(user, &[1; 32])
    );
    assert_ne!(both.0.expect("take"), both.1.expect("take"));
    assert!(!f.store().take_recovery_code(user, &[9; 32]).await.expect("take"));
    let left = async |user| {
        f.store()
            .second_factor(user)
            .await
            .expect("read")
            .map(|factor| factor.recovery_codes)
    };
    assert_eq!((left(user).await, left(other).await), (Some(1), Some(2)));
}

pub async fn a_removed_second_factor_leaves_nothing(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let user = member(&f, 1, "olena@example.com", Role::Viewer).await.id;
    let other = member(&f, 2, "taras@example.com", Role::Viewer).await.id;
    assert!(!f.store().remove_second_factor(user).await.expect("remove"));
    turn_on(&f, user, &[1]).await;
    turn_on(&f, other, &[2]).await;
    assert!(f.another().remove_second_factor(user).await.expect("remove"));
    assert_eq!(f.store().second_factor(user).await.expect("read"), None);
    assert!(!f.store().take_recovery_code(user, &[1; 32]).await.expect("take"));
    assert!(!f.store().take_totp_step(user, 9).await.expect("take"));
    turn_on(&f, user, &[3]).await;
    assert!(
        f.store().take_totp_step(user, 2).await.expect("take"),
        "steps begin anew"
    );
    assert!(f.store().second_factor(other).await.expect("read").is_some());
}

pub async fn second_factors_are_listed_by_workspace(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let user = member(&f, 1, "olena@example.com", Role::Viewer).await.id;
    let begun = member(&f, 2, "taras@example.com", Role::Viewer).await.id;
    turn_on(&f, user, &[1]).await;
    assert!(f.store().begin_second_factor(begun, &[2]).await.expect("begin"));
    let listed = f.store().users_with_second_factor(f.workspace).await.expect("read");
    assert_eq!(listed, [user]);
    f.enter_new_workspace("two").await;
    let listed = f.store().users_with_second_factor(f.workspace).await.expect("read");
    assert!(listed.is_empty());
}

pub async fn an_account_of_a_provider_is_one_person(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let user = member(&f, 1, "olena@example.com", Role::Viewer).await;
    let other = member(&f, 2, "taras@example.com", Role::Viewer).await;
    let at = f.clock().now();
    let issuer = "https://id.example";
    assert!(f.store().user_by_identity(issuer, "Sub").await.expect("read").is_none());
    for (who, issuer, subject, expected) in [
        (user.id, issuer, "Sub", LinkedIdentity::Linked),
        (user.id, issuer, "Sub", LinkedIdentity::Linked),
        (other.id, issuer, "Sub", LinkedIdentity::Taken),
        (user.id, issuer, "another", LinkedIdentity::Taken),
        (other.id, issuer, "sub", LinkedIdentity::Linked),
        (user.id, "https://other.example", "sub", LinkedIdentity::Linked),
    ] {
        let linked = f.store().link_identity(who, issuer, subject, at).await.expect("link");
        assert_eq!(linked, expected, "{issuer} {subject}");
    }
    f.reopen().await;
    for (issuer, subject, expected) in [
        (issuer, "Sub", Some(&user)),
        (issuer, "sub", Some(&other)),
        (issuer, "another", None),
        ("https://other.example", "sub", Some(&user)),
        ("https://ID.example", "Sub", None),
    ] {
        let found = f.store().user_by_identity(issuer, subject).await.expect("read");
        assert_eq!(found.as_ref().map(|known| &known.user), expected, "{issuer} {subject}");
        assert!(found.is_none_or(|known| known.password.expose_secret() == "$argon2id$hash"));
    }
}

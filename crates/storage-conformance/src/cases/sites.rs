//! Sites with their public keys, and the secrets that sign identity tokens.

use crate::{Backend, Fixture};
use chrono::TimeDelta;
use secrecy::ExposeSecret;
use selfsame_application::ports::{Clock, NewSite, SigningSecret, Site, StorageError};
use selfsame_application::{AccessError, TokenError};
use selfsame_domain::values::{ExternalId, SiteOrigin};
use selfsame_domain::{SiteId, WorkspaceId};
use std::collections::{BTreeMap, BTreeSet};

fn origins(texts: &[&str]) -> BTreeSet<SiteOrigin> {
    let read = |text: &&str| SiteOrigin::parse(text).expect("an origin");
    texts.iter().map(read).collect()
}

fn new_site(workspace: WorkspaceId, name: &str, key: &str) -> NewSite {
    NewSite {
        workspace,
        name: name.to_owned(),
        key: key.to_owned(),
        origins: origins(&["https://shop.example", "http://127.0.0.1:8081"]),
        allow_unsigned: false,
    }
}

async fn make(f: &Fixture<'_>, name: &str) -> Site {
    let made = f
        .app()
        .create_site(f.workspace, name, origins(&["https://shop.example"]), false);
    made.await.expect("make a site")
}

fn external(text: &str) -> ExternalId {
    ExternalId::parse(text).expect("an external ID")
}

pub async fn a_site_reads_back_by_its_key(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let at = f.clock().now();
    let to_make = new_site(f.workspace, "Крамниця 🦔", "pk_1");
    let made = f.store().create_site(&to_make, at).await.expect("make a site");
    let expected = Site {
        id: made.id,
        workspace: f.workspace,
        name: "Крамниця 🦔".to_owned(),
        key: "pk_1".to_owned(),
        origins: to_make.origins,
        allow_unsigned: false,
        created_at: at,
    };
    assert_eq!(made, expected);
    let app = NewSite {
        origins: BTreeSet::new(),
        allow_unsigned: true,
        ..new_site(f.workspace, "app", "pk_2")
    };
    let second = f.store().create_site(&app, at).await.expect("make a site");
    assert!(second.id > made.id && second.allow_unsigned && second.origins.is_empty());
    f.reopen().await;
    assert_eq!(
        f.store().sites(f.workspace).await.expect("read"),
        [made.clone(), second.clone()]
    );
    let found = f.app().open_site("pk_1", None).await.expect("open");
    assert_eq!(found.site, made);
    assert_eq!(
        (found.workspace.id, found.workspace.name.as_str()),
        (f.workspace, "one")
    );
    assert!(found.secrets.is_empty());
    for other in ["PK_1", "pk_", &made.id.to_string()] {
        let found = f.app().open_site(other, None).await;
        assert!(matches!(found, Err(AccessError::UnknownSite)), "{other}");
    }
}

pub async fn names_and_keys_of_sites_are_unique(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let at = f.clock().now();
    let first = new_site(f.workspace, "shop", "pk_1");
    f.store().create_site(&first, at).await.expect("make a site");
    for taken in [
        new_site(f.workspace, "shop", "pk_2"),
        new_site(f.workspace, "app", "pk_1"),
    ] {
        let refused = f.another().create_site(&taken, at).await;
        assert!(matches!(refused, Err(StorageError::Conflict { .. })), "{refused:?}");
    }
    let nowhere = NewSite {
        workspace: WorkspaceId(f.workspace.0 + 1000),
        ..new_site(f.workspace, "x", "pk_3")
    };
    let refused = f.store().create_site(&nowhere, at).await;
    assert!(matches!(refused, Err(StorageError::UnknownWorkspace)), "{refused:?}");
    f.enter_new_workspace("two").await;
    let elsewhere = f.store().create_site(&new_site(f.workspace, "shop", "pk_1"), at).await;
    assert!(matches!(elsewhere, Err(StorageError::Conflict { .. })), "{elsewhere:?}");
    let same_name = f.store().create_site(&new_site(f.workspace, "shop", "pk_4"), at).await;
    assert!(same_name.is_ok(), "{same_name:?}");
}

pub async fn a_site_changes_for_everybody_at_once(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let site = make(&f, "shop").await;
    f.app().open_site(&site.key, None).await.expect("open");
    let to = origins(&["https://a.example", "https://b.example"]);
    assert!(
        f.another()
            .set_site(f.workspace, site.id, &to, true)
            .await
            .expect("set")
    );
    let expected = Site {
        origins: to,
        allow_unsigned: true,
        ..site
    };
    let opened = f.app().open_site(&expected.key, None).await.expect("open");
    assert_eq!(opened.site, expected);
    let none = BTreeSet::new();
    let missing = f
        .store()
        .set_site(f.workspace, SiteId(expected.id.0 + 1), &none, false)
        .await;
    assert!(!missing.expect("set"));
    assert_eq!(f.store().sites(f.workspace).await.expect("read"), [expected]);
}

pub async fn origins_are_added_one_by_one(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let site = make(&f, "shop").await;
    let added = [
        origins(&["https://a.example", "https://shop.example"]),
        origins(&["https://b.example"]),
    ];
    let (one, two) = (f.another(), f.store());
    let both = tokio::join!(
        one.add_origins(f.workspace, site.id, &added[0]),
        two.add_origins(f.workspace, site.id, &added[1])
    );
    assert!(both.0.expect("add") && both.1.expect("add"));
    let expected = origins(&["https://a.example", "https://b.example", "https://shop.example"]);
    assert_eq!(
        f.app().open_site(&site.key, None).await.expect("open").site.origins,
        expected
    );
    f.enter_new_workspace("two").await;
    let foreign = f.store().add_origins(f.workspace, site.id, &added[0]).await;
    assert!(!foreign.expect("add"), "it is another workspace's");
}

pub async fn a_domain_goes_to_the_site_that_has_it_or_that_shops_share(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let domain = |text: &str| SiteOrigin::of_domain(text).expect("a domain");
    let shared = f.app().web_site(f.workspace).await.expect("make");
    let again = f.app().web_site(f.workspace).await.expect("find");
    assert_eq!((again.id, again.origins.len()), (shared.id, 0));
    let register = async |text: &str| {
        let made = f
            .app()
            .register_domain(f.workspace, &domain(text))
            .await
            .expect("register");
        (made.0.id, made.1)
    };
    assert_eq!(register("a.example").await, (shared.id, true));
    assert_eq!(register("https://a.example/shop").await, (shared.id, false));
    let own = make(&f, "own").await;
    assert_eq!(register("shop.example").await, (own.id, false));
    assert_eq!(register("b.example").await, (shared.id, true));
    assert!(f.store().remove_site(f.workspace, shared.id).await.expect("remove"));
    assert_eq!(register("c.example").await, (own.id, true), "the only site with pages");
    let found = f.app().site_of_domain(f.workspace, &domain("a.example")).await;
    assert_eq!(found.expect("read"), None);
}

pub async fn a_removed_site_opens_nothing(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let (site, other) = (make(&f, "shop").await, make(&f, "app").await);
    assert_ne!(site.key, other.key);
    f.app().open_site(&site.key, None).await.expect("open");
    assert!(f.another().remove_site(f.workspace, site.id).await.expect("remove"));
    let closed = f.app().open_site(&site.key, None).await;
    assert!(matches!(closed, Err(AccessError::UnknownSite)));
    assert!(!f.store().remove_site(f.workspace, site.id).await.expect("remove"));
    let again = make(&f, "shop").await;
    assert!(again.id > other.id, "a number is never used again");
    assert_eq!(f.store().sites(f.workspace).await.expect("read"), [other, again]);
}

pub async fn origins_are_known_while_a_site_has_them(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let knows = async |origin: &str| f.app().knows_origin(origin).await.expect("read");
    assert!(!knows("https://shop.example").await);
    let (one, two) = (make(&f, "one").await, make(&f, "two").await);
    assert!(knows("https://shop.example").await);
    assert!(!knows("https://shop.example.evil").await && !knows("null").await && !knows("").await);
    assert!(f.store().remove_site(f.workspace, one.id).await.expect("remove"));
    assert!(knows("https://shop.example").await);
    let none = BTreeSet::new();
    assert!(
        f.store()
            .set_site(f.workspace, two.id, &none, false)
            .await
            .expect("set")
    );
    assert!(!knows("https://shop.example").await);
}

pub async fn two_signing_secrets_are_live(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let site = make(&f, "shop").await;
    assert!(f.store().signing_secrets(f.workspace).await.expect("read").is_empty());
    let mut made = Vec::new();
    for _ in 0..3 {
        let secret = f.app().rotate_signing_secret(f.workspace).await.expect("rotate");
        made.insert(0, (secret.expose_secret().to_owned(), f.clock().now()));
        f.clock().advance(TimeDelta::seconds(1));
    }
    made.truncate(2);
    let live = f.another().signing_secrets(f.workspace).await.expect("read");
    let shown: Vec<_> = live
        .iter()
        .map(|live| (live.secret.expose_secret().to_owned(), live.created_at))
        .collect();
    assert_eq!(shown, made);
    assert!(!format!("{live:?}").contains(&made[0].0), "a secret is never shown");
    let access = f.app().open_site(&site.key, None).await.expect("open");
    let opened: Vec<_> = access
        .secrets
        .iter()
        .map(|live| (live.secret.expose_secret().to_owned(), live.created_at))
        .collect();
    assert_eq!(opened, made);
    let nowhere = f.app().rotate_signing_secret(WorkspaceId(f.workspace.0 + 1000)).await;
    assert!(matches!(nowhere, Err(StorageError::UnknownWorkspace)), "{nowhere:?}");
}

pub async fn the_first_signing_secret_is_made_once(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let secret = |text: &str| SigningSecret {
        secret: text.into(),
        created_at: f.clock().now(),
    };
    let (one, two, other) = (secret("one"), secret("two"), f.another());
    let both = tokio::join!(
        f.store().add_first_signing_secret(f.workspace, &one),
        other.add_first_signing_secret(f.workspace, &two)
    );
    both.0.expect("add");
    both.1.expect("add");
    let live = f.store().signing_secrets(f.workspace).await.expect("read");
    assert_eq!(live.len(), 1);
    f.store()
        .add_first_signing_secret(f.workspace, &two)
        .await
        .expect("add");
    assert_eq!(f.store().signing_secrets(f.workspace).await.expect("read").len(), 1);
    let nowhere = WorkspaceId(f.workspace.0 + 1000);
    let refused = f.store().add_first_signing_secret(nowhere, &one).await;
    assert!(matches!(refused, Err(StorageError::UnknownWorkspace)), "{refused:?}");
}

pub async fn identity_tokens_are_taken_until_the_second_rotation(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let site = make(&f, "shop").await;
    let id = external("C-1001");
    let unsigned = f.app().sign_identity(f.workspace, &id, None).await.expect("sign");
    assert_eq!(unsigned, None, "there is no secret yet");
    f.app().rotate_signing_secret(f.workspace).await.expect("rotate");
    let end = f.clock().now() + TimeDelta::hours(1);
    let token = f.app().sign_identity(f.workspace, &id, Some(end)).await.expect("sign");
    let token = token.expect("a token");
    for live in [true, true, false] {
        let access = f.app().open_site(&site.key, None).await.expect("open");
        let expected = if live {
            Ok(id.clone())
        } else {
            Err(TokenError::WrongSignature)
        };
        assert_eq!(f.app().vouched(&access, &token), expected);
        f.app().rotate_signing_secret(f.workspace).await.expect("rotate");
    }
    let fresh = f.app().sign_identity(f.workspace, &id, Some(end)).await.expect("sign");
    let access = f.app().open_site(&site.key, None).await.expect("open");
    f.clock().advance(TimeDelta::hours(1));
    let vouched = f.app().vouched(&access, &fresh.expect("a token"));
    assert_eq!(vouched, Err(TokenError::Expired));
}

pub async fn sites_keep_to_their_workspace(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let site = make(&f, "shop").await;
    f.app().rotate_signing_secret(f.workspace).await.expect("rotate");
    let id = external("C-1001");
    let token = f.app().sign_identity(f.workspace, &id, None).await.expect("sign");
    let first = f.enter_new_workspace("two").await;
    let foreign = make(&f, "shop").await;
    let none = BTreeSet::new();
    assert!(
        !f.store()
            .set_site(f.workspace, site.id, &none, true)
            .await
            .expect("set")
    );
    assert!(!f.store().remove_site(f.workspace, site.id).await.expect("remove"));
    assert_eq!(
        f.store().sites(f.workspace).await.expect("read"),
        std::slice::from_ref(&foreign)
    );
    assert_eq!(f.store().sites(first).await.expect("read"), [site]);
    assert!(f.store().signing_secrets(f.workspace).await.expect("read").is_empty());
    f.app().rotate_signing_secret(f.workspace).await.expect("rotate");
    let access = f.app().open_site(&foreign.key, None).await.expect("open");
    let vouched = f.app().vouched(&access, &token.expect("a token"));
    assert_eq!(vouched, Err(TokenError::WrongSignature));
}

pub async fn the_use_of_a_key_is_noted(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let (site, unused) = (make(&f, "shop").await, make(&f, "app").await);
    let seen = async |f: &Fixture<'_>| f.store().sites_seen(f.workspace).await.expect("read");
    assert!(seen(&f).await.is_empty());
    f.app().open_site(&site.key, None).await.expect("open");
    let first = f.clock().now();
    assert_eq!(seen(&f).await, BTreeMap::from([(site.id, first)]));
    f.clock().advance(TimeDelta::seconds(59));
    f.app().open_site(&site.key, None).await.expect("open");
    assert_eq!(seen(&f).await[&site.id], first, "not more than once a minute");
    f.clock().advance(TimeDelta::seconds(1));
    f.app().open_site(&site.key, None).await.expect("open");
    f.reopen().await;
    assert_eq!(seen(&f).await, BTreeMap::from([(site.id, f.clock().now())]));
    let touched = f.store().touch_site(f.workspace, site.id, first).await;
    touched.expect("touch");
    assert_eq!(seen(&f).await[&site.id], f.clock().now(), "the latest time stays");
    let own = f.workspace;
    f.enter_new_workspace("two").await;
    let foreign = f.store().touch_site(f.workspace, unused.id, first).await;
    foreign.expect("touch");
    assert!(seen(&f).await.is_empty());
    assert_eq!(f.store().sites_seen(own).await.expect("read").len(), 1);
}

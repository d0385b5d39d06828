//! Subscription categories.

use crate::{Backend, Fixture, api_call, category_key, force_merge, remove};
use selfsame_domain::values::CategoryName;
use selfsame_domain::{Category, CategoryId, Command, ContactId, Effect, Outcome, Rejection, SegmentId};

fn name(text: &str) -> CategoryName {
    CategoryName::parse(text).expect("a name")
}

fn create(key: &str, text: &str) -> Command {
    Command::CreateCategory {
        key: category_key(key),
        name: name(text),
    }
}

fn rename(category: CategoryId, text: &str) -> Command {
    Command::ChangeCategory {
        category,
        name: Some(name(text)),
        archived: None,
    }
}

fn archive(category: CategoryId, archived: bool) -> Command {
    Command::ChangeCategory {
        category,
        name: None,
        archived: Some(archived),
    }
}

fn subscribe_to(contact: ContactId, keys: &[&str]) -> Command {
    Command::SetSubscriptions {
        contact,
        categories: keys.iter().map(|key| category_key(key)).collect(),
    }
}

async fn all(f: &Fixture<'_>) -> Vec<(Category, u64)> {
    f.store().categories(f.workspace).await.expect("read categories")
}

pub async fn a_category_comes_with_its_segment(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let decision = f.decide(create("news", "Новини")).await;
    assert_eq!(decision.outcome, Outcome::Created);
    let segment = f.segment("Новини").await;
    let expected = Category {
        id: CategoryId(1),
        key: category_key("news"),
        name: name("Новини"),
        segment,
        created_at: decision.at,
        updated_at: decision.at,
        archived: false,
    };
    assert_eq!(all(&f).await, [(expected, 0)]);
    assert_eq!(
        decision.effects,
        [Effect::Category {
            category: CategoryId(1)
        }]
    );
}

pub async fn a_segment_of_that_name_becomes_the_category_s(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    f.id(api_call().external("a").segment("News").upsert()).await;
    let segment = f.segment("News").await;
    f.decide(create("news", "News")).await;
    let categories = all(&f).await;
    assert_eq!((categories[0].0.segment, categories[0].1), (segment, 1));
    let taken = f.decide(create("other", "News")).await;
    assert_eq!(
        taken.rejection,
        Some(Rejection::AlreadyExists {
            what: "name".to_owned()
        })
    );
    let taken = f.decide(create("news", "Other")).await;
    assert_eq!(
        taken.rejection,
        Some(Rejection::AlreadyExists { what: "key".to_owned() })
    );
    assert_eq!(all(&f).await.len(), 1);
}

pub async fn renaming_takes_the_segment_along(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    f.decide(create("a", "A")).await;
    f.decide(create("b", "B")).await;
    let decision = f.decide(rename(CategoryId(1), "C")).await;
    assert_eq!(decision.outcome, Outcome::Updated);
    let categories = all(&f).await;
    assert_eq!(
        (categories[0].0.name.as_str(), categories[0].0.updated_at),
        ("C", decision.at)
    );
    assert!(categories[0].0.created_at < decision.at);
    assert_eq!(f.segment("C").await, categories[0].0.segment);
    assert_eq!(
        f.store().segments(f.workspace, None, 0, 10).await.expect("read").total,
        2
    );
    let taken = f.decide(rename(CategoryId(1), "B")).await;
    assert_eq!(
        taken.rejection,
        Some(Rejection::AlreadyExists {
            what: "name".to_owned()
        })
    );
    assert_eq!(f.decide(rename(CategoryId(1), "C")).await.outcome, Outcome::Unchanged);
    let unknown = f.decide(rename(CategoryId(9), "D")).await;
    assert_eq!(
        unknown.rejection,
        Some(Rejection::CategoryNotFound { key: "9".to_owned() })
    );
}

pub async fn an_archived_category_accepts_no_contact(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    f.decide(create("news", "News")).await;
    let id = f.id(api_call().external("a").category("news").upsert()).await;
    assert_eq!(f.decide(archive(CategoryId(1), true)).await.outcome, Outcome::Updated);
    assert_eq!(f.decide(archive(CategoryId(1), true)).await.outcome, Outcome::Unchanged);
    let skipped = f.decide(api_call().external("b").category("news").upsert()).await;
    assert!(
        skipped
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Skipped(_))),
        "{skipped:?}"
    );
    let refused = f.decide(subscribe_to(id, &["news"])).await;
    assert_eq!(
        refused.rejection,
        Some(Rejection::CategoryNotFound { key: "news".to_owned() })
    );
    let categories = all(&f).await;
    assert_eq!(
        (categories[0].0.archived, categories[0].1),
        (true, 1),
        "it is listed, with its members"
    );
    f.decide(archive(CategoryId(1), false)).await;
    assert_eq!(f.decide(subscribe_to(id, &["news"])).await.outcome, Outcome::Unchanged);
}

pub async fn subscriptions_are_replaced_as_a_whole(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    for (key, text) in [("a", "A"), ("b", "B"), ("c", "C")] {
        f.decide(create(key, text)).await;
    }
    let id = f
        .id(api_call()
            .external("x")
            .category("a")
            .category("b")
            .segment("other")
            .upsert())
        .await;
    let decision = f.decide(subscribe_to(id, &["b", "c"])).await;
    assert_eq!((decision.outcome, decision.contact), (Outcome::Updated, Some(id)));
    let names = async || -> Vec<String> {
        let details = f.details(id).await.expect("the contact");
        details
            .segments
            .iter()
            .map(|segment| segment.name.as_str().to_owned())
            .collect()
    };
    assert_eq!(names().await, ["B", "C", "other"], "segments of no category stay");
    let refused = f.decide(subscribe_to(id, &["a", "unknown"])).await;
    assert_eq!(
        refused.rejection,
        Some(Rejection::CategoryNotFound {
            key: "unknown".to_owned()
        })
    );
    assert_eq!(names().await, ["B", "C", "other"], "a refused command changes nothing");
    f.decide(subscribe_to(id, &[])).await;
    assert_eq!(names().await, ["other"]);
    let unknown = f.decide(subscribe_to(ContactId(999), &["a"])).await;
    assert_eq!(unknown.rejection, Some(Rejection::ContactNotFound));
}

pub async fn the_number_of_contacts_is_that_of_active_ones(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    f.decide(create("news", "News")).await;
    f.decide(create("empty", "Empty")).await;
    let mut ids = Vec::new();
    for external in ["a", "b", "c", "d"] {
        ids.push(f.id(api_call().external(external).category("news").upsert()).await);
    }
    f.decide(remove(ids[3])).await;
    f.decide(force_merge(ids[0], ids[1])).await;
    let counts: Vec<(CategoryId, u64)> = all(&f)
        .await
        .iter()
        .map(|(category, count)| (category.id, *count))
        .collect();
    assert_eq!(counts, [(CategoryId(1), 2), (CategoryId(2), 0)]);
    f.decide(subscribe_to(ids[1], &[])).await;
    assert_eq!(all(&f).await[0].1, 1);
}

pub async fn numbers_of_categories_and_segments_ascend(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    for index in 0..5 {
        f.decide(create(&format!("k{index}"), &format!("n{index}"))).await;
    }
    let categories = all(&f).await;
    assert!(categories.is_sorted_by_key(|(category, _)| category.id));
    assert_eq!(
        (categories[0].0.id, categories[0].0.segment),
        (CategoryId(1), SegmentId(1))
    );
    assert_eq!(categories.len(), 5);
}

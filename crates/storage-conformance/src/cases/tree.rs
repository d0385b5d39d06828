//! Merging several contacts and undoing the merges in every order.

use crate::{Fixture, RequestBuilder, api_call, undo};
use selfsame_domain::{ContactId, MergeId, ObservableContact};
use std::collections::{BTreeMap, BTreeSet};

/// Merges as pairs of survivor and absorbed contact, by index.
pub(super) type Shape = &'static [(usize, usize)];

/// A workspace with merged contacts.
pub(super) struct Tree {
    pub(super) ids: Vec<ContactId>,
    pub(super) merges: Vec<MergeId>,
    shape: Shape,
    /// Their state before the first merge.
    pub(super) before: Vec<ObservableContact>,
}

/// All orders of the first `count` numbers.
pub(super) fn orders(count: usize) -> Vec<Vec<usize>> {
    let mut found = vec![Vec::new()];
    for next in 0..count {
        found = found
            .into_iter()
            .flat_map(|order| {
                (0..=order.len()).map(move |place| {
                    let mut longer = order.clone();
                    longer.insert(place, next);
                    longer
                })
            })
            .collect();
    }
    found
}

impl Tree {
    /// Creates contacts and merges them, with data that arrives between the merges if `data` is set.
    pub(super) async fn grow(f: &Fixture<'_>, count: usize, shape: Shape, data: bool) -> Self {
        let mut ids = Vec::new();
        for index in 0..count {
            ids.push(f.id(seedling(index).upsert()).await);
        }
        let mut before = Vec::new();
        for id in &ids {
            before.push(f.observable(*id).await);
        }
        let mut merges = Vec::new();
        for (step, (survivor, absorbed)) in shape.iter().enumerate() {
            merges.push(f.merge(ids[*survivor], ids[*absorbed]).await);
            if data {
                let builder = api_call()
                    .email(&format!("step{step}@example.com"))
                    .town(&format!("town {step}"))
                    .mobile("app", &format!("step {step}"))
                    .device(&format!("device {absorbed}"))
                    .segment(&format!("step {step}"));
                f.id(builder.update(ids[*survivor])).await;
            }
        }
        Self {
            ids,
            merges,
            shape,
            before,
        }
    }

    /// Undoes the merges in an order, and checks after each undo which contact answers for which.
    pub(super) async fn undo(&self, f: &Fixture<'_>, order: &[usize]) {
        let mut standing: BTreeSet<usize> = (0..self.merges.len()).collect();
        self.check(f, &standing).await;
        for step in order {
            let decision = f.decide(undo(self.merges[*step])).await;
            assert_eq!(decision.rejection, None);
            standing.remove(step);
            self.check(f, &standing).await;
        }
    }

    async fn check(&self, f: &Fixture<'_>, standing: &BTreeSet<usize>) {
        let parents: BTreeMap<usize, usize> = standing
            .iter()
            .map(|step| (self.shape[*step].1, self.shape[*step].0))
            .collect();
        let mut tops = BTreeSet::new();
        for place in 0..self.ids.len() {
            let mut top = place;
            while let Some(parent) = parents.get(&top) {
                top = *parent;
            }
            tops.insert(self.ids[top]);
            assert_eq!(
                f.contact(self.ids[place]).await.id,
                self.ids[top],
                "who answers for place {place}"
            );
        }
        assert_eq!(f.all().await, tops.into_iter().collect::<Vec<_>>());
        f.check().await;
    }

    pub(super) async fn observables(&self, f: &Fixture<'_>) -> Vec<ObservableContact> {
        let mut observables = Vec::new();
        for id in &self.ids {
            observables.push(f.observable(*id).await);
        }
        observables
    }
}

/// A contact with some data of its own, and some that all contacts share.
fn seedling(index: usize) -> RequestBuilder {
    let builder = api_call()
        .email(&format!("tree{index}@example.com"))
        .device(&format!("device {index}"))
        .segment("all");
    let builder = builder
        .cookie(&format!("cookie {index}"))
        .segment(&format!("segment {index}"));
    match index {
        0 => builder.first("Ann"),
        1 => builder.first("Bob").last("Brown").sms("+380501234567"),
        2 => builder.last("Cole").town("Lviv").sms("+380671234567"),
        _ => builder.town("Odesa").language("uk"),
    }
}

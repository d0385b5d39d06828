//! A contact's events, orders and decisions as one list.

use crate::app::Application;
use crate::ports::{EventQuery, HistoryOf, OrderQuery, StorageError};
use selfsame_domain::{ContactId, Decision, DecisionId, Event, Order, Place, Timestamp, WorkspaceId};
use std::collections::{BTreeSet, VecDeque};

/// The kind of a timeline's entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimelineKind {
    /// Events other than page views.
    Event,
    /// Page views.
    PageView,
    /// Orders.
    Order,
    /// Identity decisions.
    Decision,
}

impl TimelineKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Event, Self::PageView, Self::Order, Self::Decision];

    /// Its stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::PageView => "page_view",
            Self::Order => "order",
            Self::Decision => "decision",
        }
    }
}

/// Which part of a timeline is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineQuery {
    /// The kinds of entries.
    pub kinds: BTreeSet<TimelineKind>,
    /// Only entries at this time or later.
    pub from: Option<Timestamp>,
    /// Only entries before this time.
    pub until: Option<Timestamp>,
    /// The end of the previous page.
    pub after: TimelineCursor,
    /// The maximum number of entries; at least one.
    pub limit: u32,
}

/// The end of a page: the last entry of each kind up to there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TimelineCursor {
    /// The last event.
    pub event: Option<Place>,
    /// The last decision.
    pub decision: Option<DecisionId>,
    /// The last order.
    pub order: Option<Place>,
}

/// One entry of a timeline.
#[derive(Debug, Clone, PartialEq)]
pub enum TimelineItem {
    /// An event, possibly a page view.
    Event(Event),
    /// An order, at its date.
    Order(Box<Order>),
    /// An identity decision, and the contact that it touched: the contact of the timeline, or one that it absorbed.
    Decision(ContactId, Decision),
}

impl TimelineItem {
    /// When it happened.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Event(event) => event.occurred_at,
            Self::Order(order) => order.date,
            Self::Decision(_, decision) => decision.at,
        }
    }
}

/// A page of a timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelinePage {
    /// The canonical contact of the requested number.
    pub contact: ContactId,
    /// The entries, the latest first.
    pub items: Vec<TimelineItem>,
    /// The start of the next page, if there is one.
    pub next: Option<TimelineCursor>,
}

impl Application {
    /// A page of the timeline of the canonical contact of a number: its own events and orders, those of its visitors
    /// and of the contacts that it absorbed, and the decisions that touched them. None when the contact does not exist.
    pub async fn timeline(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        query: &TimelineQuery,
    ) -> Result<Option<TimelinePage>, StorageError> {
        let Some(contact) = self.store.answering(workspace, id).await? else {
            return Ok(None);
        };
        // One entry more than the page shows whether there is a next page.
        let read_limit = query.limit.saturating_add(1);
        let events = self.timeline_events(workspace, contact, query, read_limit).await?;
        let decisions = self.timeline_decisions(workspace, contact, query, read_limit).await?;
        let orders = self.timeline_orders(workspace, contact, query, read_limit).await?;
        let (Some(events), Some(decisions), Some(orders)) = (events, decisions, orders) else {
            return Ok(None);
        };
        let found = Found {
            events: events.into(),
            orders: orders.into(),
            decisions: decisions.into(),
        };
        let (items, next) = found.merge(query);
        Ok(Some(TimelinePage { contact, items, next }))
    }

    async fn timeline_events(
        &self,
        workspace: WorkspaceId,
        contact: ContactId,
        query: &TimelineQuery,
        limit: u32,
    ) -> Result<Option<Vec<Event>>, StorageError> {
        let is_requested = |kind| query.kinds.contains(&kind);
        let page_views = match (is_requested(TimelineKind::Event), is_requested(TimelineKind::PageView)) {
            (false, false) => return Ok(Some(Vec::new())),
            (true, true) => None,
            (_, page_views) => Some(page_views),
        };
        let selection = EventQuery {
            page_views,
            from: query.from,
            until: query.until,
            after: query.after.event,
            limit,
        };
        self.store
            .events(workspace, &HistoryOf::Contact(contact), &selection)
            .await
    }

    async fn timeline_orders(
        &self,
        workspace: WorkspaceId,
        contact: ContactId,
        query: &TimelineQuery,
        limit: u32,
    ) -> Result<Option<Vec<Order>>, StorageError> {
        if !query.kinds.contains(&TimelineKind::Order) {
            return Ok(Some(Vec::new()));
        }
        let selection = OrderQuery {
            from: query.from,
            until: query.until,
            after: query.after.order,
            limit,
        };
        self.store.orders(workspace, contact, &selection).await
    }

    /// The ID of a decision contains its time, so time and order always agree, whatever the clock does.
    async fn timeline_decisions(
        &self,
        workspace: WorkspaceId,
        contact: ContactId,
        query: &TimelineQuery,
        limit: u32,
    ) -> Result<Option<Vec<(ContactId, Decision)>>, StorageError> {
        if !query.kinds.contains(&TimelineKind::Decision) {
            return Ok(Some(Vec::new()));
        }
        let places = [query.after.decision, query.until.map(DecisionId::first_of)];
        let after = places.into_iter().flatten().min();
        let mut found = self.store.latest_decisions(workspace, contact, after, limit).await?;
        if let Some(found) = &mut found {
            found.retain(|(_, decision)| query.from.is_none_or(|from| decision.at >= from));
        }
        Ok(found)
    }
}

/// The entries found of each kind, the latest first.
struct Found {
    events: VecDeque<Event>,
    orders: VecDeque<Order>,
    decisions: VecDeque<(ContactId, Decision)>,
}

impl Found {
    fn merge(mut self, query: &TimelineQuery) -> (Vec<TimelineItem>, Option<TimelineCursor>) {
        let (mut items, mut cursor) = (Vec::new(), query.after.clone());
        while items.len() < query.limit as usize {
            let Some(item) = self.next() else {
                return (items, None);
            };
            match &item {
                TimelineItem::Event(event) => cursor.event = Some(event.place()),
                TimelineItem::Order(order) => cursor.order = Some(order.place()),
                TimelineItem::Decision(_, decision) => cursor.decision = Some(decision.id),
            }
            items.push(item);
        }
        let more = !(self.events.is_empty() && self.orders.is_empty() && self.decisions.is_empty());
        (items, more.then_some(cursor))
    }

    /// Among entries of the same time the last that arrived comes first. Among those that arrived together the event
    /// comes first, then the order, then the decision that they caused.
    fn next(&mut self) -> Option<TimelineItem> {
        let event = self.events.front().map(Event::place);
        let order = self.orders.front().map(Order::place);
        let decision = self.decisions.front().map(|(_, decision)| (decision.at, decision.id));
        if event.is_some() && event >= order.max(decision) {
            self.events.pop_front().map(TimelineItem::Event)
        } else if order.is_some() && order >= decision {
            self.orders
                .pop_front()
                .map(|order| TimelineItem::Order(Box::new(order)))
        } else {
            let found = self.decisions.pop_front();
            found.map(|(contact, decision)| TimelineItem::Decision(contact, decision))
        }
    }
}

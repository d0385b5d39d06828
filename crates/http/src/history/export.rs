//! `GET contact/{id}/export`: all data that is stored about a person.

use super::item::ItemBody;
use crate::auth::{May, right};
use crate::contacts::AbsorbedBody;
use crate::contacts::response::ContactBody;
use crate::error::ApiError;
use crate::identity::{IdentityBody, VisitorBody};
use crate::orders::OrderBody;
use crate::paths::Id;
use crate::refusals::RefusedOrMissing;
use crate::state::HttpState;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt, stream};
use http::header::CONTENT_TYPE;
use selfsame_application::ports::{ContactGroup, EventQuery, HistoryOf, IdentityView, OrderQuery};
use selfsame_application::{Application, TimelineCursor, TimelineItem, TimelineKind, TimelineQuery};
use selfsame_domain::{
    Category, Contact, ContactId, Event, IdentifierKey, Place, Policy, Timestamp, VisitorId, WorkspaceId,
};
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// How many entries are read at a time.
const PAGE: u32 = 500;

/// Everything that is held about a contact.
#[derive(ToSchema)]
#[schema(as = Export)]
#[allow(dead_code, reason = "describes what is written piece by piece")]
pub(crate) struct ExportBody {
    /// The contact as `GET contact/{id}` answers it.
    contact: ContactBody,
    /// What the contacts that it absorbed had themselves, by number.
    absorbed: Vec<AbsorbedBody>,
    /// The keys of its subscription categories, archived ones too.
    subscriptions: Vec<String>,
    /// What it is recognised by, and the merges and visitors that led to it.
    identity: IdentityBody,
    /// All that it did and all that was decided about it, the latest first.
    timeline: Vec<ItemBody>,
    /// All that it ordered, the latest first.
    orders: Vec<OrderBody>,
    /// Waiting history behind identifiers that it holds, the latest first: it was removed then, or they were quarantined. It
    /// joins the timeline when the contact comes back, or they count again.
    waiting: Vec<ItemBody>,
}

/// Export everything that is held about a contact.
///
/// For the request of a person for their data. The history is read while it is sent, however long it is; an answer that breaks off is not
/// complete and no valid JSON.
#[utoipa::path(
    get,
    path = "/api/v1/contact/{id}/export",
    operation_id = "exportContact",
    tag = "history",
    params(("id" = i64, Path, description = "The contact ID; that of an absorbed contact leads to its survivor. A removed one is answered too.")),
    responses((status = 200, description = "Everything.", body = ExportBody), RefusedOrMissing),
)]
pub(crate) async fn export(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    Id(id): Id<ContactId>,
) -> Result<Response, ApiError> {
    let workspace = auth.workspace();
    let found = state.app.store().with_absorbed(workspace, id).await?;
    let group = found.ok_or(ApiError::NotFound("contact"))?;
    let id = group.details.contact.id;
    let view = state.app.store().identity(workspace, id).await?;
    let view = view.ok_or(ApiError::NotFound("contact"))?;
    let categories = state.app.store().categories(workspace).await?;
    let head = head(&group, &view, categories, &auth.0.workspace.policy)?;
    // The first page is read before the answer begins, so that an early failure gets its own status.
    let (first, rest) = page(&state.app, workspace, id, TimelineCursor::default()).await?;
    let last = view.visitors.last().map(|visitor| (visitor.since, visitor.id));
    let visitors = all(state.app.clone(), last, move |app, after| async move {
        visitors(&app, workspace, id, after).await
    });
    let timeline = all(state.app.clone(), rest, move |app, cursor| async move {
        let (items, rest) = page(&app, workspace, id, cursor).await?;
        Ok((format!(",{items}"), rest))
    });
    let orders = all(state.app.clone(), Some(None), move |app, after| async move {
        orders(&app, workspace, id, after).await
    });
    let waiting = waiting(&state.app, (workspace, &auth.0.workspace.policy), &view.contact).await?;
    let waiting = (!waiting.is_empty()).then_some((HistoryOf::Visitors(waiting), None));
    let waiting = all(state.app.clone(), waiting, move |app, place| async move {
        what_waits(&app, workspace, id, place).await
    });
    let piece = |text: &str| stream::iter([Ok(text.to_owned())]);
    let whole = piece(&head)
        .chain(visitors)
        .chain(piece(r#"]},"timeline":["#))
        .chain(piece(&first))
        .chain(timeline)
        .chain(piece(r#"],"orders":["#))
        .chain(orders)
        .chain(piece(r#"],"waiting":["#))
        .chain(waiting)
        .chain(piece("]}"));
    let body = whole.map(|piece| piece.map(Bytes::from).map_err(|error| error.detail()));
    Ok(([(CONTENT_TYPE, "application/json")], Body::from_stream(body)).into_response())
}

/// The answer up to the first visitors of the identity; the list of visitors is left open.
fn head(
    group: &ContactGroup,
    view: &IdentityView,
    categories: Vec<(Category, u64)>,
    policy: &Policy,
) -> Result<String, ApiError> {
    let identity = text(&IdentityBody::of(view, policy))?;
    let identity = identity
        .strip_suffix("]}")
        .ok_or(ApiError::Internal("an identity that does not end with its visitors"))?;
    let segments = group.details.contact.segments();
    let subscriptions: Vec<String> = categories
        .into_iter()
        .filter(|(category, _)| segments.contains(&category.segment))
        .map(|(category, _)| category.key.into())
        .collect();
    Ok(format!(
        r#"{{"contact":{},"absorbed":{},"subscriptions":{},"identity":{identity}"#,
        text(&ContactBody::from(&group.details))?,
        text(&AbsorbedBody::all(group))?,
        text(&subscriptions)?
    ))
}

/// A stream of pages from a place to the end. Each page is read after the one before was sent.
fn all<P: Send, F>(
    app: Application,
    first: Option<P>,
    read: impl Fn(Application, P) -> F + Send,
) -> impl Stream<Item = Result<String, ApiError>>
where
    F: Future<Output = Result<(String, Option<P>), ApiError>> + Send,
{
    stream::try_unfold(first, move |place| {
        let page = place.map(|place| read(app.clone(), place));
        async move {
            match page {
                Some(page) => page.await.map(Some),
                None => Ok(None),
            }
        }
    })
}

/// The visitors after a given one, each after a comma, and the start of the next page.
async fn visitors(
    app: &Application,
    workspace: WorkspaceId,
    id: ContactId,
    after: (Timestamp, VisitorId),
) -> Result<(String, Option<(Timestamp, VisitorId)>), ApiError> {
    let found = app.store().visitors_of(workspace, id, Some(after), PAGE).await?;
    let is_full = found.len() == PAGE as usize;
    let next = found.last().filter(|_| is_full).map(|last| (last.since, last.id));
    let item = |visitor| text(&VisitorBody::from(visitor)).map(|text| format!(",{text}"));
    let items: Result<Vec<String>, ApiError> = found.iter().map(item).collect();
    Ok((items?.concat(), next))
}

/// Entries separated by commas, and the start of the next page.
async fn page(
    app: &Application,
    workspace: WorkspaceId,
    id: ContactId,
    after: TimelineCursor,
) -> Result<(String, Option<TimelineCursor>), ApiError> {
    let query = TimelineQuery {
        // Orders have a member of their own.
        kinds: [TimelineKind::Event, TimelineKind::PageView, TimelineKind::Decision].into(),
        from: None,
        until: None,
        after,
        limit: PAGE,
    };
    let found = app.timeline(workspace, id, &query).await?;
    let page = found.ok_or(ApiError::NotFound("contact"))?;
    let items: Result<Vec<String>, ApiError> = page
        .items
        .into_iter()
        .map(|item| text(&ItemBody::of(item, page.contact)?))
        .collect();
    Ok((items?.join(","), page.next))
}

/// Orders separated by commas, also from the page before, and the start of the next page.
async fn orders(
    app: &Application,
    workspace: WorkspaceId,
    id: ContactId,
    after: Option<Place>,
) -> Result<(String, Option<Option<Place>>), ApiError> {
    let is_first = after.is_none();
    let query = OrderQuery {
        after,
        ..OrderQuery::latest(PAGE)
    };
    let found = app.store().orders(workspace, id, &query).await?;
    let found = found.ok_or(ApiError::NotFound("contact"))?;
    let is_full = found.len() == PAGE as usize;
    let next = found.last().filter(|_| is_full).map(|last| Some(last.place()));
    let between = if !is_first && !found.is_empty() { "," } else { "" };
    let items: Result<Vec<String>, ApiError> = found.into_iter().map(|order| text(&OrderBody::from(order))).collect();
    Ok((format!("{between}{}", items?.join(",")), next))
}

/// The waiting visitors behind the contact's identifiers, except behind shared values with several holders: those concern the other holders
/// as well.
async fn waiting(
    app: &Application,
    (workspace, policy): (WorkspaceId, &Policy),
    contact: &Contact,
) -> Result<Vec<VisitorId>, ApiError> {
    let held = contact.identifiers.iter().map(|held| &held.identifier);
    let keys: BTreeSet<IdentifierKey> = held
        .flat_map(|held| std::iter::once(held.key.clone()).chain(held.alias_keys()))
        .collect();
    let mut waiting = Vec::new();
    for key in keys {
        let found = app.store().visitors(workspace, &key).await?;
        let found: Vec<VisitorId> = found
            .iter()
            .filter(|visitor| visitor.owner.is_none())
            .map(|visitor| visitor.id)
            .collect();
        if found.is_empty() {
            continue;
        }
        let known = app.store().lookup(workspace, &key).await?;
        if !known.record.is_shared(policy) || known.holders.len() < 2 {
            waiting.extend(found);
        }
    }
    Ok(waiting)
}

/// The next page of the events of waiting visitors: the visitors, and the last event that was read.
type Waiting = (HistoryOf, Option<Place>);

/// Events of waiting visitors, separated by commas, also from the page before, and the start of the next page.
async fn what_waits(
    app: &Application,
    workspace: WorkspaceId,
    id: ContactId,
    (of, after): Waiting,
) -> Result<(String, Option<Waiting>), ApiError> {
    let query = EventQuery {
        after,
        ..EventQuery::latest(PAGE)
    };
    let found = app.store().events(workspace, &of, &query).await?.unwrap_or_default();
    let last = found.last().map(Event::place);
    let next = last.filter(|_| found.len() == PAGE as usize);
    let between = if after.is_some() && !found.is_empty() { "," } else { "" };
    let items: Result<Vec<String>, ApiError> = found
        .into_iter()
        .map(|event| text(&ItemBody::of(TimelineItem::Event(event), id)?))
        .collect();
    let next = next.map(|last| (of, Some(last)));
    Ok((format!("{between}{}", items?.join(",")), next))
}

fn text<T: Serialize>(value: &T) -> Result<String, ApiError> {
    serde_json::to_string(value).map_err(|_| ApiError::Internal("a body that cannot be written"))
}

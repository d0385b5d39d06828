//! Reads one state of a workspace and sends its rows to a destination.

use super::run::{Stop, waiting};
use crate::app::Application;
use crate::jobs::Attempt;
use crate::ports::{ContactDetails, Deleted, ExportRun, ExportSnapshot, ExportedEvent, SinkRun};
use selfsame_domain::export::{
    Cell, Dataset, Row, TablePlan, contact_row, custom_row, device_rows, event_row, identifier_rows, item_rows,
    merge_row, order_id, order_row, page_view_row, period_row, visitor_row,
};
use selfsame_domain::{Order, Revision, SegmentId, Subject};
use std::collections::BTreeMap;
use tokio::time::{Duration, Instant};

/// How many rows of a kind are read at a time.
const PAGE: u32 = 1_000;

/// How often the report of a running run is stored.
const STORE_EVERY: Duration = Duration::from_secs(1);

/// Sends the rows of one state to a destination.
pub(super) struct Feed<'a> {
    pub(super) app: &'a Application,
    pub(super) attempt: &'a Attempt,
    /// The run. Its report is stored every [`STORE_EVERY`].
    pub(super) run: &'a mut ExportRun,
    /// When the report was last stored.
    pub(super) stored_at: Instant,
    pub(super) source: &'a mut dyn ExportSnapshot,
    pub(super) sink: &'a mut dyn SinkRun,
    pub(super) plans: BTreeMap<Dataset, TablePlan>,
    /// The segment of the contacts that are written; none for all contacts.
    pub(super) segment: Option<SegmentId>,
    /// The revision that the tables already contain; none when every row is written.
    pub(super) since: Option<Revision>,
    /// How many passes the run has done before, and how many it does in all, for its progress.
    pub(super) passes: (f64, f64),
}

impl Feed<'_> {
    /// How many passes a feed does.
    pub(super) const PASSES: f64 = 7.0;

    /// Reads and sends all rows.
    pub(super) async fn run(mut self) -> Result<(), Stop> {
        let of_contacts = [
            Dataset::Contacts,
            Dataset::Identifiers,
            Dataset::Devices,
            Dataset::ContactMerges,
            Dataset::ContactsCustom,
        ];
        if self.wants(&of_contacts) {
            self.contacts().await?;
        }
        if self.wants(&[Dataset::Orders, Dataset::OrderItems]) {
            self.orders().await?;
        }
        if self.wants(&[Dataset::Visitors]) {
            self.visitors().await?;
        }
        if self.wants(&[Dataset::Events, Dataset::PageViews]) {
            self.events().await?;
            // In a full run, every event came with its owning contact.
            if self.since.is_some() {
                self.events_of_changed_visitors().await?;
            }
        }
        if self.wants(&[Dataset::Segments, Dataset::SegmentMembers]) {
            self.segments().await?;
        }
        if self.since.is_some() {
            self.deleted().await?;
        }
        self.run.report.values_cut = self.plans.values().map(TablePlan::values_cut).sum();
        Ok(())
    }

    fn wants(&self, datasets: &[Dataset]) -> bool {
        datasets.iter().any(|dataset| self.plans.contains_key(dataset))
    }

    fn begin(&self) -> Revision {
        self.since.unwrap_or_default()
    }

    /// Runs between two pages: stops when the attempt must end, and updates the progress.
    async fn step(&mut self, pass: f64, at: Revision) -> Result<(), Stop> {
        if let Some(end) = self.attempt.must_end() {
            return Err(Stop::End(end));
        }
        let (begin, end) = (self.begin().0, self.source.revision().0);
        #[expect(clippy::cast_precision_loss, reason = "an estimate for people")]
        let within = (at.0 - begin) as f64 / (end - begin).max(1) as f64;
        let (before, all) = self.passes;
        self.run.report.progress = ((before + pass + within) / all).clamp(0.0, 1.0);
        if self.stored_at.elapsed() >= STORE_EVERY {
            self.run.report.updated_at = Some(self.app.clock.now());
            self.app.store.update_run(self.run).await?;
            self.stored_at = Instant::now();
        }
        Ok(())
    }

    async fn contacts(&mut self) -> Result<(), Stop> {
        let mut after = (self.begin(), None);
        loop {
            let page = self.source.contacts(after, PAGE).await?;
            self.contact_page(&page).await?;
            let Some(last) = page.last().filter(|_| page.len() == PAGE as usize) else {
                return Ok(());
            };
            after = (last.contact.revision, Some(last.contact.id));
            self.step(0.0, after.0).await?;
        }
    }

    async fn contact_page(&mut self, page: &[ContactDetails]) -> Result<(), Stop> {
        let is_wanted = |details: &&ContactDetails| {
            self.segment
                .is_none_or(|segment| details.contact.segments().contains(&segment))
        };
        let (wanted, others): (Vec<_>, Vec<_>) = page.iter().partition(is_wanted);
        if self.since.is_some() {
            // All rows of a contact are replaced together.
            for dataset in [Dataset::Identifiers, Dataset::Devices] {
                self.forget_contacts(dataset, page.iter()).await?;
            }
            for dataset in [Dataset::Contacts, Dataset::ContactsCustom] {
                self.forget_contacts(dataset, others.iter().copied()).await?;
            }
        }
        let fields = self.plans.get(&Dataset::ContactsCustom).map(TablePlan::fields);
        let fields = fields.unwrap_or_default().to_vec();
        let custom = |details: &&ContactDetails| custom_row(&details.contact, &fields);
        self.stage(Dataset::ContactsCustom, || wanted.iter().map(custom).collect())
            .await?;
        let rows =
            |details: &&ContactDetails| contact_row(&details.contact, |key| details.unsubscribed.contains_key(key));
        self.stage(Dataset::Contacts, || wanted.iter().map(rows).collect())
            .await?;
        let identifiers = || {
            wanted
                .iter()
                .flat_map(|details| identifier_rows(&details.contact))
                .collect()
        };
        self.stage(Dataset::Identifiers, identifiers).await?;
        let devices = || {
            wanted
                .iter()
                .flat_map(|details| device_rows(&details.contact))
                .collect()
        };
        self.stage(Dataset::Devices, devices).await?;
        self.merges(page).await
    }

    /// The merges that absorbed contacts of a page.
    async fn merges(&mut self, page: &[ContactDetails]) -> Result<(), Stop> {
        if !self.wants(&[Dataset::ContactMerges]) {
            return Ok(());
        }
        if self.since.is_some() {
            self.forget_contacts(Dataset::ContactMerges, page.iter()).await?;
        }
        let ids: Vec<_> = page.iter().map(|details| details.contact.id).collect();
        let merges = self.source.merges_of(&ids).await?;
        self.stage(Dataset::ContactMerges, || merges.iter().map(merge_row).collect())
            .await
    }

    async fn visitors(&mut self) -> Result<(), Stop> {
        let mut after = (self.begin(), None);
        loop {
            let page = self.source.visitors(after, PAGE).await?;
            let rows = || page.iter().map(|(_, visitor)| visitor_row(visitor)).collect();
            self.stage(Dataset::Visitors, rows).await?;
            let Some((revision, last)) = page.last().filter(|_| page.len() == PAGE as usize) else {
                return Ok(());
            };
            after = (*revision, Some(last.id));
            self.step(2.0, after.0).await?;
        }
    }

    async fn forget_contacts<'c>(
        &mut self,
        dataset: Dataset,
        contacts: impl Iterator<Item = &'c ContactDetails>,
    ) -> Result<(), Stop> {
        let ids = contacts.map(|details| Cell::Integer(details.contact.id.0)).collect();
        self.forget(dataset, "contactId", ids).await
    }

    async fn orders(&mut self) -> Result<(), Stop> {
        let mut after = (self.begin(), None);
        loop {
            let page = self.source.orders(after, PAGE).await?;
            self.order_page(&page).await?;
            let Some((revision, last)) = page.last().filter(|_| page.len() == PAGE as usize) else {
                return Ok(());
            };
            after = (*revision, Some(last.key.clone()));
            self.step(1.0, after.0).await?;
        }
    }

    async fn order_page(&mut self, page: &[(Revision, Order)]) -> Result<(), Stop> {
        if self.since.is_some() {
            let ids = page
                .iter()
                .map(|(_, order)| Cell::Text(order_id(&order.key).to_string()));
            self.forget(Dataset::OrderItems, "orderId", ids.collect()).await?;
        }
        self.stage(Dataset::Orders, || {
            page.iter().map(|(_, order)| order_row(order)).collect()
        })
        .await?;
        let items = || page.iter().flat_map(|(_, order)| item_rows(order)).collect();
        self.stage(Dataset::OrderItems, items).await
    }

    async fn events(&mut self) -> Result<(), Stop> {
        let mut after = (self.begin(), None);
        loop {
            let page = self.source.events(after, PAGE).await?;
            self.event_page(&page).await?;
            let Some(last) = page.last().filter(|_| page.len() == PAGE as usize) else {
                return Ok(());
            };
            after = (last.revision, Some(last.event.id));
            self.step(3.0, after.0).await?;
        }
    }

    async fn events_of_changed_visitors(&mut self) -> Result<(), Stop> {
        let mut after = (self.begin(), None);
        loop {
            let page = self.source.events_of_changed_visitors(after, PAGE).await?;
            self.event_page(&page).await?;
            let Some(last) = page.last().filter(|_| page.len() == PAGE as usize) else {
                return Ok(());
            };
            let Some(Subject::Visitor(visitor)) = last.event.subject else {
                return Ok(());
            };
            after = (last.revision, Some((visitor, last.event.id)));
            self.step(4.0, after.0).await?;
        }
    }

    async fn event_page(&mut self, page: &[ExportedEvent]) -> Result<(), Stop> {
        let mut cut = 0;
        let rows = page.iter().map(|exported| {
            let (row, count) = event_row(&exported.event, exported.owner);
            cut += count;
            row
        });
        let rows: Vec<Row> = rows.collect();
        if let Some(plan) = self.plans.get_mut(&Dataset::Events) {
            plan.count_cut(cut);
        }
        self.stage(Dataset::Events, || rows).await?;
        let views = || {
            page.iter()
                .filter_map(|exported| page_view_row(&exported.event, exported.owner))
                .collect()
        };
        self.stage(Dataset::PageViews, views).await
    }

    /// All segments when one was changed, because the readable form of a formula has the names of others. Deleting a segment deletes its periods.
    async fn segments(&mut self) -> Result<(), Stop> {
        let catalog = self.source.catalog().await?;
        let is_changed = self.since.is_none_or(|since| catalog.changed > since);
        let rows = || catalog.segment_rows().filter(|_| is_changed).collect();
        self.stage(Dataset::Segments, rows).await?;
        if let Some(since) = self.since {
            let gone = catalog.deleted.iter().filter(|(revision, _)| *revision > since);
            let ids = gone.map(|(_, deleted)| Cell::Integer(deleted.segment.id.0)).collect();
            self.forget(Dataset::SegmentMembers, "segmentId", ids).await?;
        }
        if !self.wants(&[Dataset::SegmentMembers]) {
            return Ok(());
        }
        let mut after = (self.begin(), None);
        loop {
            let page = self.source.segment_periods(after, PAGE).await?;
            let rows = || page.iter().map(|(_, period)| period_row(period)).collect();
            self.stage(Dataset::SegmentMembers, rows).await?;
            let Some((revision, last)) = page.last().filter(|_| page.len() == PAGE as usize) else {
                return Ok(());
            };
            after = (*revision, Some(last.key()));
            self.step(5.0, after.0).await?;
        }
    }

    async fn deleted(&mut self) -> Result<(), Stop> {
        let mut after = (self.begin(), None);
        loop {
            let page = self.source.deleted(after, PAGE).await?;
            self.deleted_page(page.iter().map(|(_, deleted)| *deleted)).await?;
            let Some((revision, last)) = page.last().filter(|_| page.len() == PAGE as usize) else {
                return Ok(());
            };
            after = (*revision, Some(*last));
            self.step(6.0, after.0).await?;
        }
    }

    async fn deleted_page(&mut self, deleted: impl Iterator<Item = Deleted>) -> Result<(), Stop> {
        let mut gone: BTreeMap<&'static str, Vec<Cell>> = BTreeMap::new();
        for deleted in deleted {
            let (column, cell) = match deleted {
                Deleted::Contact(id) => {
                    gone.entry("survivorId").or_default().push(Cell::Integer(id.0));
                    ("contactId", Cell::Integer(id.0))
                }
                Deleted::Visitor(id) => ("visitorId", Cell::Text(id.to_string())),
                Deleted::Order(id) => ("orderId", Cell::Text(id.to_string())),
                Deleted::Event(id) => ("eventId", Cell::Text(id.to_string())),
            };
            gone.entry(column).or_default().push(cell);
        }
        let datasets: Vec<Dataset> = self.plans.keys().copied().collect();
        for dataset in datasets {
            for (column, values) in &gone {
                if dataset.owners().contains(column) {
                    self.forget(dataset, column, values.clone()).await?;
                }
            }
        }
        Ok(())
    }

    async fn forget(&mut self, dataset: Dataset, column: &'static str, values: Vec<Cell>) -> Result<(), Stop> {
        if values.is_empty() || !self.plans.contains_key(&dataset) {
            return Ok(());
        }
        waiting(self.attempt, self.sink.forget(dataset, column, values)).await
    }

    async fn stage(&mut self, dataset: Dataset, rows: impl FnOnce() -> Vec<Row>) -> Result<(), Stop> {
        let Some(plan) = self.plans.get_mut(&dataset) else {
            return Ok(());
        };
        let rows: Vec<Row> = rows().into_iter().map(|row| plan.row(row)).collect();
        let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        *self.run.report.rows.entry(dataset.as_str().to_owned()).or_default() += count;
        if count > 0 {
            self.run.report.bytes += waiting(self.attempt, self.sink.stage(dataset, rows)).await?;
        }
        Ok(())
    }
}

//! Locking and loading what a workspace defines.

use super::Unit;
use crate::error::translate;
use crate::rows::{self, CategoryRecord, SegmentRecord, category_record, segment_record};
use selfsame_application::ports::{Mode, StorageError};
use selfsame_domain::values::SegmentName;
use selfsame_domain::{Category, CategoryId, FieldId, Footprint, Fresh, Segment, SegmentId};
use std::collections::{BTreeMap, BTreeSet};

/// The counters of what is defined, in the order in which they are locked.
pub(super) const CATEGORIES: &str = "categories";
pub(super) const FIELDS: &str = "fields";
pub(super) const SEGMENTS: &str = "segments";

/// Segments and categories of a footprint, with a lock.
macro_rules! definitions {
    ($lock_categories:literal, $lock_segments:literal) => {
        concat!(
            "WITH kept AS MATERIALIZED (
                SELECT y.*
                FROM categories y
                WHERE y.workspace_id = $1
                  AND ($4 OR y.key = ANY($5::text[]) OR y.category_id = ANY($6::bigint[])
                       OR y.segment_id IN (
                            SELECT s.segment_id FROM segments s WHERE s.workspace_id = $1 AND s.name = ANY($3::text[])))
                ORDER BY y.category_id
                ",
            $lock_categories,
            "
            ),
            wanted AS MATERIALIZED (
                SELECT UNNEST($2::bigint[]) AS segment_id
                UNION
                SELECT s.segment_id FROM segments s WHERE s.workspace_id = $1 AND s.name = ANY($3::text[])
                UNION
                SELECT segment_id FROM kept
            ),
            held AS MATERIALIZED (
                SELECT s.*
                FROM wanted w
                JOIN segments s ON s.workspace_id = $1 AND s.segment_id = w.segment_id
                ORDER BY s.segment_id
                ",
            $lock_segments,
            "
            )
            SELECT ARRAY(SELECT ",
            segment_record!(),
            " FROM held s), ARRAY(SELECT ",
            category_record!(),
            " FROM kept y)"
        )
    };
}

/// For those who put contacts into segments: nobody empties, renames or archives meanwhile.
const SHARE: &str = definitions!("FOR SHARE OF y", "FOR KEY SHARE OF s");
const SHARE_AGAIN: &str = definitions!("FOR SHARE OF y NOWAIT", "FOR KEY SHARE OF s NOWAIT");

/// For those who change categories.
const OWN: &str = definitions!("FOR UPDATE OF y", "FOR UPDATE OF s");
const OWN_AGAIN: &str = definitions!("FOR UPDATE OF y NOWAIT", "FOR UPDATE OF s NOWAIT");

/// For a dry run.
const PEEK: &str = definitions!("", "");

/// Locks counters, and makes those that are not there.
const LOCK_COUNTERS: &str = "
    INSERT INTO counters (workspace_id, name, next)
    SELECT $1, name, 1 FROM UNNEST($2::text[]) AS asked (name) ORDER BY name
    ON CONFLICT (workspace_id, name) DO UPDATE SET next = counters.next
    RETURNING name, next";

const PEEK_COUNTERS: &str = "SELECT name, next FROM counters WHERE workspace_id = $1 AND name = ANY($2::text[])";

/// The segments and categories of a footprint, and new numbers for all that may be defined.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    pub(super) segments: Vec<Segment>,
    pub(super) categories: Vec<Category>,
    pub(super) fresh: Fresh,
}

impl Definitions {
    fn unknown<'a>(&self, footprint: &'a Footprint) -> Vec<&'a SegmentName> {
        let known: BTreeSet<&SegmentName> = self.segments.iter().map(|segment| &segment.name).collect();
        footprint
            .segment_names
            .iter()
            .filter(|name| !known.contains(name))
            .collect()
    }
}

impl Unit {
    /// Locks and loads definitions. Goes before everything else: who waits here holds no contact.
    pub(super) async fn load_definitions(&mut self, footprint: &Footprint) -> Result<Definitions, StorageError> {
        let mut found = Definitions::default();
        if names_definitions(footprint) {
            let statement = match (self.mode, footprint.categories.is_empty()) {
                (Mode::DryRun, _) => PEEK,
                (Mode::Write, true) => SHARE,
                (Mode::Write, false) => OWN,
            };
            found = self.read_definitions(statement, footprint).await?;
        }
        let counters = counters(footprint, &found);
        if counters.is_empty() {
            return Ok(found);
        }
        let next = self.counters(&counters).await?;
        if self.mode == Mode::Write && names_definitions(footprint) {
            // Nobody defines anything from here on. What was defined before is read now.
            let statement = if footprint.categories.is_empty() {
                SHARE_AGAIN
            } else {
                OWN_AGAIN
            };
            found = self.read_definitions(statement, footprint).await?;
        }
        let segments = footprint.fresh.segments + found.unknown(footprint).len();
        let from = |name| next.get(name).copied().unwrap_or(1);
        found.fresh = Fresh {
            contacts: Vec::new(),
            segments: (from(SEGMENTS)..).take(segments).map(SegmentId).collect(),
            categories: (from(CATEGORIES)..)
                .take(footprint.fresh.categories)
                .map(CategoryId)
                .collect(),
            fields: (from(FIELDS)..).take(footprint.fresh.fields).map(FieldId).collect(),
        };
        Ok(found)
    }

    async fn read_definitions(
        &mut self,
        statement: &'static str,
        footprint: &Footprint,
    ) -> Result<Definitions, StorageError> {
        let segments: Vec<i64> = footprint.segments.iter().map(|id| id.0).collect();
        let names: Vec<&str> = footprint.segment_names.iter().map(SegmentName::as_str).collect();
        let keys: Vec<&str> = footprint.category_keys.iter().map(AsRef::as_ref).collect();
        let categories: Vec<i64> = footprint.categories.iter().map(|id| id.0).collect();
        let (segments, categories): (Vec<SegmentRecord>, Vec<CategoryRecord>) = sqlx::query_as(statement)
            .bind(self.workspace.0)
            .bind(segments)
            .bind(names)
            .bind(footprint.all_categories)
            .bind(keys)
            .bind(categories)
            .fetch_one(&mut *self.transaction)
            .await
            .map_err(translate)?;
        let mut segments = rows::all(segments, rows::segment)?;
        let mut categories = rows::all(categories, rows::category)?;
        segments.sort_by_key(|segment| segment.id);
        categories.sort_by_key(|category| category.id);
        Ok(Definitions {
            segments,
            categories,
            fresh: Fresh::default(),
        })
    }

    async fn counters(&mut self, names: &[&str]) -> Result<BTreeMap<String, i64>, StorageError> {
        let statement = match self.mode {
            Mode::Write => LOCK_COUNTERS,
            Mode::DryRun => PEEK_COUNTERS,
        };
        let counters: Vec<(String, i64)> = sqlx::query_as(statement)
            .bind(self.workspace.0)
            .bind(names)
            .fetch_all(&mut *self.transaction)
            .await
            .map_err(translate)?;
        Ok(counters.into_iter().collect())
    }
}

fn names_definitions(footprint: &Footprint) -> bool {
    footprint.all_categories
        || !footprint.segments.is_empty()
        || !footprint.segment_names.is_empty()
        || !footprint.category_keys.is_empty()
        || !footprint.categories.is_empty()
}

/// The counters that must be locked. Fields that are named where no contact is asked for are named to be changed: such commands stand
/// alone in their batch.
fn counters(footprint: &Footprint, found: &Definitions) -> Vec<&'static str> {
    let fresh = footprint.fresh;
    let categories = fresh.categories > 0 || !footprint.categories.is_empty();
    let fields = fresh.fields > 0 || (!footprint.fields.is_empty() && fresh.contacts == 0);
    let segments = fresh.segments > 0 || !found.unknown(footprint).is_empty();
    let all = [(CATEGORIES, categories), (FIELDS, fields), (SEGMENTS, segments)];
    all.into_iter()
        .filter(|(_, needed)| *needed)
        .map(|(name, _)| name)
        .collect()
}

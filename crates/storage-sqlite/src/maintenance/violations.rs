//! The invariants of [`selfsame_domain::violations`] and [`selfsame_domain::unrecorded_merges`] as SQL, for all workspaces at once.

use crate::error::storage;
use crate::rows::Row;
use crate::statement::{Decode, SqliteRow, statement};
use crate::whole::key;
use rusqlite::Connection;
use selfsame_application::ports::StorageError;
use selfsame_domain::{ContactId, Revision, SegmentId, Violation, VisitorId, WorkspaceId};

/// The most violations in a report.
const MAX_REPORTED: usize = 1_000;

type Found = (WorkspaceId, Violation);

type Read = fn(&SqliteRow) -> Result<Found, StorageError>;

/// The first violations, ordered by workspace and kind.
pub(super) fn all(connection: &Connection) -> Result<Vec<Found>, StorageError> {
    let checks: [(&'static str, Read); 11] = [
        (TWO_OWNERS, two_owners),
        (MERGE_CYCLES, merge_cycle),
        (WRONG_CANONICALS, wrong_canonical),
        (ORPHANS, orphan),
        (NO_SEGMENT, no_segment),
        (NO_VISITOR, no_visitor),
        (TWO_EXTERNAL_IDS, two_external_ids),
        (UNRECORDED_MERGES, unrecorded_merge),
        (REVISIONS_AHEAD, revision_ahead),
        (WRONG_TOTALS, wrong_total),
        (WRONG_SEGMENT_COUNTS, wrong_segment_count),
    ];
    let mut found = Vec::new();
    for (sql, read) in checks {
        let rows = statement(sql).fetch_all(connection).map_err(storage)?;
        found.extend(rows.iter().map(read).collect::<Result<Vec<_>, _>>()?);
    }
    found.sort();
    found.dedup();
    found.truncate(MAX_REPORTED);
    Ok(found)
}

/// A violation of one resource, from a row with the workspace and the resource's ID.
fn by_id<'r, Id>(
    row: &'r SqliteRow,
    (table, column): (&'static str, &'static str),
    violation: fn(Id) -> Violation,
) -> Result<Found, StorageError>
where
    Id: Decode<'r>,
{
    let row = Row::new(row, table, 1);
    let id = row.get(1, column)?;
    Ok((WorkspaceId(row.get(0, "workspace_id")?), violation(id)))
}

/// Counts with the index of the primary key, not with the unique index that should prevent such rows.
const TWO_OWNERS: &str = "
    SELECT d.workspace_id, d.kind, d.value,
        (SELECT json_group_array(DISTINCT +i.owner_id) FROM identifiers AS i
         WHERE i.workspace_id = d.workspace_id AND i.kind = d.kind AND i.value = d.value) AS owners
    FROM (
        SELECT workspace_id, kind, value FROM identifiers INDEXED BY sqlite_autoindex_identifiers_1
        WHERE kind IN (1, 4, 5, 6, 7, 8)
        GROUP BY workspace_id, kind, value HAVING count(*) > 1
    ) AS d
    WHERE json_array_length(owners) > 1
    ORDER BY 1, 2, 3 LIMIT 1000";

fn two_owners(row: &SqliteRow) -> Result<Found, StorageError> {
    let row = Row::new(row, "identifiers", 0);
    let violation = Violation::TwoOwners {
        key: key(&row, 1, 2)?,
        owners: row.json(3, "owner_id")?,
    };
    Ok((WorkspaceId(row.get(0, "workspace_id")?), violation))
}

/// Follows the chain of merges from every absorbed contact. No walk is needed where the first step leads to the
/// canonical contact and that one is canonical itself. UNION drops rows that were seen before, which ends a cycle.
macro_rules! walks {
    () => {
        "WITH RECURSIVE walks (workspace_id, contact_id, canonical_id, at) AS (
            SELECT c.workspace_id, c.contact_id, c.canonical_id, c.merged_into
            FROM contacts AS c
            WHERE c.merged_into IS NOT NULL
                AND NOT EXISTS (
                    SELECT 1 FROM contacts AS s
                    WHERE s.workspace_id = c.workspace_id AND s.contact_id = c.merged_into
                        AND s.contact_id = c.canonical_id AND s.merged_into IS NULL)
            UNION
            SELECT w.workspace_id, w.contact_id, w.canonical_id, c.merged_into
            FROM walks AS w
            JOIN contacts AS c ON c.workspace_id = w.workspace_id AND c.contact_id = w.at
            WHERE c.merged_into IS NOT NULL
         ),
         ends AS (
            SELECT w.workspace_id, w.contact_id, w.canonical_id, max(w.at) FILTER (WHERE c.merged_into IS NULL) AS at,
                max(c.contact_id IS NOT NULL AND c.merged_into IS NULL) AS answers
            FROM walks AS w
            LEFT JOIN contacts AS c ON c.workspace_id = w.workspace_id AND c.contact_id = w.at
            GROUP BY w.workspace_id, w.contact_id
         )"
    };
}

const MERGE_CYCLES: &str = concat!(
    walks!(),
    "SELECT workspace_id, contact_id FROM ends WHERE at IS NULL ORDER BY 1, 2 LIMIT 1000"
);

fn merge_cycle(row: &SqliteRow) -> Result<Found, StorageError> {
    by_id(row, ("contacts", "contact_id"), |id| Violation::MergeCycle {
        contact: ContactId(id),
    })
}

/// Chains that end at another contact or at a missing one, and contacts that are not absorbed but have another
/// canonical contact.
const WRONG_CANONICALS: &str = concat!(
    walks!(),
    "SELECT workspace_id, contact_id, canonical_id FROM ends WHERE at IS NOT NULL AND (at <> canonical_id OR NOT answers)
     UNION
     SELECT workspace_id, contact_id, canonical_id FROM contacts
     WHERE (state = 'merged') <> (merged_into IS NOT NULL) OR (merged_into IS NULL AND canonical_id <> contact_id)
     ORDER BY 1, 2 LIMIT 1000"
);

fn wrong_canonical(row: &SqliteRow) -> Result<Found, StorageError> {
    let row = Row::new(row, "contacts", 1);
    let contact = ContactId(row.get(1, "contact_id")?);
    let canonical = ContactId(row.get(2, "canonical_id")?);
    Ok((
        WorkspaceId(row.get(0, "workspace_id")?),
        Violation::WrongCanonical { contact, canonical },
    ))
}

/// Identifiers, memberships and visitors whose owner is missing or absorbed, and other rows whose contact is missing.
/// An absorbed contact keeps its orders, its events and what it brought, for the undo.
const ORPHANS: &str = "
    SELECT r.workspace_id, 'identifier', r.owner_id FROM identifiers AS r
    WHERE NOT EXISTS (
        SELECT 1 FROM contacts AS c
        WHERE c.workspace_id = r.workspace_id AND c.contact_id = r.owner_id AND c.state <> 'merged')
    UNION
    SELECT r.workspace_id, 'membership', r.owner_id FROM segment_members AS r
    WHERE NOT EXISTS (
        SELECT 1 FROM contacts AS c
        WHERE c.workspace_id = r.workspace_id AND c.contact_id = r.owner_id AND c.state <> 'merged')
    UNION
    SELECT r.workspace_id, 'visitor', r.owner_id FROM visitors AS r
    WHERE r.owner_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM contacts AS c
        WHERE c.workspace_id = r.workspace_id AND c.contact_id = r.owner_id AND c.state <> 'merged')
    UNION
    SELECT r.workspace_id, 'order', r.contact_id FROM orders AS r
    WHERE NOT EXISTS (
        SELECT 1 FROM contacts AS c WHERE c.workspace_id = r.workspace_id AND c.contact_id = r.contact_id)
    UNION
    SELECT r.workspace_id, 'event', r.contact_id FROM events AS r
    WHERE r.contact_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM contacts AS c WHERE c.workspace_id = r.workspace_id AND c.contact_id = r.contact_id)
    UNION
    SELECT r.workspace_id, 'merge', r.survivor_id FROM merges AS r
    WHERE NOT EXISTS (
        SELECT 1 FROM contacts AS c WHERE c.workspace_id = r.workspace_id AND c.contact_id = r.survivor_id)
    UNION
    SELECT r.workspace_id, 'merge', r.absorbed_id FROM merges AS r
    WHERE NOT EXISTS (
        SELECT 1 FROM contacts AS c WHERE c.workspace_id = r.workspace_id AND c.contact_id = r.absorbed_id)
    UNION
    SELECT r.workspace_id, 'decision', r.contact_id FROM identity_log AS r
    WHERE r.contact_id <> 0 AND NOT EXISTS (
        SELECT 1 FROM contacts AS c WHERE c.workspace_id = r.workspace_id AND c.contact_id = r.contact_id)
    UNION
    SELECT r.workspace_id, 'identifier brought by a contact', r.home_id FROM identifiers AS r
    WHERE r.home_id <> r.owner_id AND NOT EXISTS (
        SELECT 1 FROM contacts AS c WHERE c.workspace_id = r.workspace_id AND c.contact_id = r.home_id)
    UNION
    SELECT r.workspace_id, 'visitor brought by a contact', r.home_id FROM visitors AS r
    WHERE r.home_id <> r.owner_id AND NOT EXISTS (
        SELECT 1 FROM contacts AS c WHERE c.workspace_id = r.workspace_id AND c.contact_id = r.home_id)
    ORDER BY 1, 2, 3 LIMIT 1000";

fn orphan(row: &SqliteRow) -> Result<Found, StorageError> {
    let row = Row::new(row, "contacts", 2);
    let violation = Violation::Orphan {
        what: row.get(1, "what")?,
        owner: ContactId(row.get(2, "owner_id")?),
    };
    Ok((WorkspaceId(row.get(0, "workspace_id")?), violation))
}

const NO_SEGMENT: &str = "
    SELECT workspace_id, segment_id FROM segment_members
    UNION
    SELECT workspace_id, segment_id FROM categories
    EXCEPT
    SELECT workspace_id, segment_id FROM segments
    ORDER BY 1, 2 LIMIT 1000";

fn no_segment(row: &SqliteRow) -> Result<Found, StorageError> {
    by_id(row, ("segment_members", "segment_id"), |id| Violation::NoSegment {
        segment: SegmentId(id),
    })
}

const NO_VISITOR: &str = "
    SELECT workspace_id, visitor_id FROM events WHERE visitor_id IS NOT NULL
    UNION
    SELECT workspace_id, waiting FROM identifier_keys WHERE waiting IS NOT NULL
    EXCEPT
    SELECT workspace_id, visitor_id FROM visitors
    ORDER BY 1, 2 LIMIT 1000";

fn no_visitor(row: &SqliteRow) -> Result<Found, StorageError> {
    by_id(row, ("events", "visitor_id"), |id| Violation::NoVisitor {
        visitor: VisitorId(id),
    })
}

const TWO_EXTERNAL_IDS: &str = "
    SELECT workspace_id, owner_id FROM identifiers
    WHERE kind = 1 AND home_id = owner_id AND hidden_by IS NULL
    GROUP BY workspace_id, owner_id HAVING count(*) > 1
    ORDER BY 1, 2 LIMIT 1000";

fn two_external_ids(row: &SqliteRow) -> Result<Found, StorageError> {
    by_id(row, ("identifiers", "owner_id"), |id| Violation::TwoExternalIds {
        contact: ContactId(id),
    })
}

const UNRECORDED_MERGES: &str = "
    SELECT c.workspace_id, c.contact_id FROM contacts AS c
    WHERE c.merged_into IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM merges AS m
        WHERE m.workspace_id = c.workspace_id AND m.absorbed_id = c.contact_id AND m.survivor_id = c.merged_into
            AND m.undone_at IS NULL)
    ORDER BY 1, 2 LIMIT 1000";

fn unrecorded_merge(row: &SqliteRow) -> Result<Found, StorageError> {
    by_id(row, ("contacts", "contact_id"), |id| Violation::UnrecordedMerge {
        contact: ContactId(id),
    })
}

/// Rows whose revision is higher than the workspace's revision.
const REVISIONS_AHEAD: &str = "
    WITH written (what, workspace_id, revision) AS (
        SELECT 'contact', workspace_id, max(revision) FROM contacts GROUP BY workspace_id
        UNION ALL
        SELECT 'identifier', workspace_id, max(revision) FROM identifiers GROUP BY workspace_id
        UNION ALL
        SELECT 'value', workspace_id, max(revision) FROM identifier_keys GROUP BY workspace_id
        UNION ALL
        SELECT 'segment', workspace_id, max(revision) FROM segments GROUP BY workspace_id
        UNION ALL
        SELECT 'membership', workspace_id, max(revision) FROM segment_members GROUP BY workspace_id
        UNION ALL
        SELECT 'category', workspace_id, max(revision) FROM categories GROUP BY workspace_id
        UNION ALL
        SELECT 'field', workspace_id, max(revision) FROM custom_fields GROUP BY workspace_id
        UNION ALL
        SELECT 'visitor', workspace_id, max(revision) FROM visitors GROUP BY workspace_id
        UNION ALL
        SELECT 'merge', workspace_id, max(revision) FROM merges GROUP BY workspace_id
        UNION ALL
        SELECT 'order', workspace_id, max(revision) FROM orders GROUP BY workspace_id
        UNION ALL
        SELECT 'event', workspace_id, max(revision) FROM events GROUP BY workspace_id
        UNION ALL
        SELECT 'sender''s identity of an event', workspace_id, max(revision) FROM sent_events GROUP BY workspace_id
        UNION ALL
        SELECT 'decision', workspace_id, max(revision) FROM identity_log GROUP BY workspace_id
        UNION ALL
        SELECT 'recorded reply', workspace_id, max(revision) FROM recorded_replies GROUP BY workspace_id
    )
    SELECT w.workspace_id, w.what, w.revision
    FROM written AS w JOIN revisions AS r ON r.workspace_id = w.workspace_id
    WHERE w.revision > r.latest
    ORDER BY 1, 2 LIMIT 1000";

fn revision_ahead(row: &SqliteRow) -> Result<Found, StorageError> {
    let row = Row::new(row, "revisions", 0);
    let violation = Violation::RevisionAhead {
        what: row.get(1, "what")?,
        revision: Revision(row.get(2, "revision")?),
    };
    Ok((WorkspaceId(row.get(0, "workspace_id")?), violation))
}

const WRONG_SEGMENT_COUNTS: &str = "
    SELECT workspace_id, segment_id, sum(kept) AS kept, sum(found) AS found
    FROM (SELECT workspace_id, segment_id, members AS kept, 0 AS found FROM segment_counts
          UNION ALL
          SELECT workspace_id, segment_id, 0, 1 FROM segment_periods WHERE left_in IS NULL)
    GROUP BY workspace_id, segment_id
    HAVING sum(kept) <> sum(found)
    ORDER BY 1, 2 LIMIT 1000";

fn wrong_segment_count(row: &SqliteRow) -> Result<Found, StorageError> {
    let row = Row::new(row, "segment_counts", 0);
    let violation = Violation::WrongSegmentCount {
        segment: SegmentId(row.get(1, "segment_id")?),
        kept: row.get(2, "kept")?,
        found: row.get(3, "found")?,
    };
    Ok((WorkspaceId(row.get(0, "workspace_id")?), violation))
}

const WRONG_TOTALS: &str = "
    SELECT workspace_id, active_contacts, active
    FROM (SELECT r.workspace_id, r.active_contacts,
              (SELECT count(*) FROM contacts AS c WHERE c.workspace_id = r.workspace_id AND c.state = 'active') AS active
          FROM revisions AS r)
    WHERE active_contacts <> active
    ORDER BY 1 LIMIT 1000";

fn wrong_total(row: &SqliteRow) -> Result<Found, StorageError> {
    let row = Row::new(row, "revisions", 0);
    let violation = Violation::WrongTotal {
        kept: row.get(1, "active_contacts")?,
        found: row.get(2, "active")?,
    };
    Ok((WorkspaceId(row.get(0, "workspace_id")?), violation))
}

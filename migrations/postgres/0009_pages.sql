-- A history is read by what its entries are as well as by time: page views apart from everything else. Who reads both reads each of the two.
-- Every event is in one index, as before.
DROP INDEX events_by_contact;
DROP INDEX events_by_visitor;
CREATE INDEX events_by_contact ON events
    (workspace_id, contact_id, (type_key = 'PageView'), occurred_at DESC, event_id DESC) WHERE contact_id IS NOT NULL;
CREATE INDEX events_by_visitor ON events
    (workspace_id, visitor_id, (type_key = 'PageView'), occurred_at DESC, event_id DESC) WHERE visitor_id IS NOT NULL;

-- So many visitors may be a contact's that they are read by pages, too.
DROP INDEX visitors_by_owner;
CREATE INDEX visitors_by_owner ON visitors (workspace_id, owner_id, since, visitor_id) WHERE owner_id IS NOT NULL;

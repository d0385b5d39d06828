-- The search box: contacts by their trigrams. A background task fills these tables, so that writes of contacts cost
-- nothing for them. They contain nothing that is not in other tables and are not logged: after a crash of the database
-- they are empty, and are filled again.
--
-- `keys` are hashes of workspace, block of contact IDs and trigram. A row may be behind its contact. The primary key does
-- not start with the workspace, unlike all others: without statistics the planner would combine it with the index of
-- keys, and read all contacts of the workspace.
CREATE UNLOGGED TABLE contact_search (
    workspace_id bigint   NOT NULL,
    contact_id   bigint   NOT NULL,
    keys         bigint[] NOT NULL,
    PRIMARY KEY (contact_id, workspace_id)
);
-- A short list of pending entries, which every look-up reads: entries that come together are sorted into the index
-- together, which takes less than a third of the time.
CREATE INDEX contact_search_by_key ON contact_search USING gin (keys)
    WITH (fastupdate = on, gin_pending_list_limit = 64);

-- Up to which change the rows are: all changes of earlier commits, and of contacts up to this one in this commit.
CREATE UNLOGGED TABLE search_progress (
    workspace_id bigint PRIMARY KEY,
    revision     bigint NOT NULL,
    contact_id   bigint NOT NULL
);

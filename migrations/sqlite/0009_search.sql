-- The search box: contacts by their trigrams, migrations/postgres/0012_search.sql. A background task fills these tables,
-- so that writes of contacts cost nothing for them.
--
-- The row ID is workspace_id * 2^40 + contact_id. `trigrams` are their numbers; only the index of them is stored. A row
-- may be behind its contact.
CREATE VIRTUAL TABLE contact_search USING fts5 (
    trigrams, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);

-- Up to which change the rows are: all changes of earlier commits, and of contacts up to this one in this commit.
CREATE TABLE search_progress (
    workspace_id INTEGER PRIMARY KEY,
    revision     INTEGER NOT NULL,
    contact_id   INTEGER NOT NULL
) STRICT;

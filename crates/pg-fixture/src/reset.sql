-- Run once in every reused database. All statements run in one transaction.
CREATE SCHEMA selfsame_fixture;

CREATE VIEW selfsame_fixture.relations AS
SELECT oid, relkind FROM pg_class
WHERE relnamespace NOT IN ('pg_catalog'::regnamespace, 'pg_toast'::regnamespace,
                           'information_schema'::regnamespace, 'selfsame_fixture'::regnamespace);

CREATE FUNCTION selfsame_fixture.has_rows(relation regclass) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE found boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', relation) INTO found;
    RETURN found;
END $$;

-- The tables with rows of the template.
CREATE TABLE selfsame_fixture.kept AS
SELECT oid FROM selfsame_fixture.relations WHERE relkind = 'r' AND selfsame_fixture.has_rows(oid);

-- A digest of the relations, and of the rows in the kept tables.
CREATE FUNCTION selfsame_fixture.state() RETURNS text LANGUAGE plpgsql AS $$
DECLARE result text; kept regclass; content text;
BEGIN
    SELECT string_agg(oid::text, ',' ORDER BY oid) INTO result FROM selfsame_fixture.relations;
    FOR kept IN SELECT oid FROM selfsame_fixture.kept ORDER BY oid LOOP
        EXECUTE format('SELECT md5(string_agg(r::text, '','' ORDER BY r::text)) FROM %s r', kept) INTO content;
        result := concat_ws(' ', result, kept, content);
    END LOOP;
    RETURN md5(result);
END $$;

-- Empties all other tables and restarts the sequences. Returns false when the database differs from the template: tables were
-- created or dropped, or rows of the template were changed.
CREATE FUNCTION selfsame_fixture.reset() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE written regclass; size bigint; large text; limit_of_delete bigint := 0;
BEGIN
    -- Deleting a few rows is many times faster than truncating, which creates new files for the table and all its indexes. Deleted
    -- rows leave their space behind, so large tables are truncated. Only a superuser may disable foreign keys temporarily.
    IF current_setting('is_superuser') = 'on' THEN
        PERFORM set_config('session_replication_role', 'replica', true);
        limit_of_delete := 262144;
    END IF;
    FOR written, size IN
        SELECT oid, pg_relation_size(oid) FROM selfsame_fixture.relations
        WHERE relkind = 'r' AND oid NOT IN (SELECT oid FROM selfsame_fixture.kept)
    LOOP
        IF size > limit_of_delete THEN
            large := concat_ws(', ', large, written);
        ELSIF size > 0 THEN
            EXECUTE 'DELETE FROM ' || written;
        END IF;
    END LOOP;
    IF large IS NOT NULL THEN
        EXECUTE 'TRUNCATE ' || large || ' CASCADE';
    END IF;
    PERFORM setval(seqrelid, seqstart, false) FROM pg_sequence WHERE pg_sequence_last_value(seqrelid) IS NOT NULL;
    RETURN selfsame_fixture.state() = (SELECT state FROM selfsame_fixture.made);
END $$;

CREATE TABLE selfsame_fixture.made AS SELECT selfsame_fixture.state() AS state;

-- Run once in every reused database of a cluster, on the coordinator only.
SET citus.enable_ddl_propagation = off;

CREATE SCHEMA selfsame_fixture;

-- The names of the tables: tests create and drop partitions.
CREATE FUNCTION selfsame_fixture.state() RETURNS text LANGUAGE sql AS $$
SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
$$;

-- Empties the tables and restarts the sequences. Returns false when the tables differ from those at the start.
CREATE FUNCTION selfsame_fixture.reset() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE written regclass;
BEGIN
    IF selfsame_fixture.state() <> (SELECT state FROM selfsame_fixture.made) THEN
        RETURN false;
    END IF;
    -- A table with a foreign key was created after the table that it references.
    FOR written IN
        SELECT p.logicalrelid FROM pg_dist_partition p JOIN pg_class c ON c.oid = p.logicalrelid
        WHERE NOT c.relispartition ORDER BY p.logicalrelid DESC
    LOOP
        EXECUTE 'DELETE FROM ' || written;
    END LOOP;
    PERFORM setval(seqrelid, seqstart, false) FROM pg_sequence WHERE pg_sequence_last_value(seqrelid) IS NOT NULL;
    RETURN true;
END $$;

CREATE TABLE selfsame_fixture.made AS SELECT selfsame_fixture.state() AS state;

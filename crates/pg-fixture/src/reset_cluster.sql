-- Made once in every database of a cluster that tests use one after another, on the coordinator alone.
SET citus.enable_ddl_propagation = off;

CREATE SCHEMA selfsame_fixture;

-- Which tables there are: partitions are made and dropped.
CREATE FUNCTION selfsame_fixture.state() RETURNS text LANGUAGE sql AS $$
SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
$$;

-- Empties the tables and restarts the sequences. False when there are other tables than in the beginning.
CREATE FUNCTION selfsame_fixture.reset() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE written regclass;
BEGIN
    IF selfsame_fixture.state() <> (SELECT state FROM selfsame_fixture.made) THEN
        RETURN false;
    END IF;
    -- What points to a table was made after it.
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

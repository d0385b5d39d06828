-- Identities of events that nobody keeps any longer are forgotten by the time at which they came.
CREATE INDEX sent_events_by_time ON sent_events (workspace_id, received_at);

-- Drops the partition of the month that begins at the given time (UTC), unless one of the workspaces that keep the month has events in it;
-- says whether it did. An empty one goes only when it is not wanted. Waits no longer than two seconds for those who are at work: while it
-- waits, all others wait behind it.
CREATE FUNCTION drop_events_partition(month timestamptz, keepers bigint[], wanted boolean) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    partition text := 'events_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM');
    question text := format(
        'SELECT (NOT $2 OR EXISTS (SELECT FROM %1$I)) AND NOT EXISTS (SELECT FROM %1$I WHERE workspace_id = ANY ($1))', partition);
    expired boolean;
BEGIN
    -- Servers take turns, with each other and with those that make partitions.
    PERFORM pg_advisory_xact_lock(hashtext('make_events_partition'));
    -- Asked of the catalogue itself: what this session remembers of it may be older than the lock.
    PERFORM FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'events'::regclass AND c.relname = partition;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    EXECUTE question INTO expired USING keepers, wanted;
    IF NOT expired THEN
        RETURN false;
    END IF;
    PERFORM set_config('lock_timeout', '2s', true);
    -- The whole before its part, as everybody who writes locks them.
    LOCK TABLE ONLY events IN ACCESS EXCLUSIVE MODE;
    EXECUTE question INTO expired USING keepers, wanted;
    IF expired THEN
        EXECUTE format('DROP TABLE %I', partition);
    END IF;
    RETURN expired;
END
$$;

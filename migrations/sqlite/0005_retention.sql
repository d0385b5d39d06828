-- Identities of events that nobody keeps any longer are forgotten by the time at which they came.
CREATE INDEX sent_events_by_time ON sent_events (workspace_id, received_at);

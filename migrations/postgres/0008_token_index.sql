-- Of SQLite alone: the index on tokens without their apps is as it was here.
SELECT 1;

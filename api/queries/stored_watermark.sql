-- Event time of the newest stored record, ns UTC; 0 for none. What was inserted last is in the part
-- with the highest block number, so the rest of the table is not read.
SELECT max(source_ts) AS stored
FROM {table:Identifier}
WHERE _part IN (
    SELECT name
    FROM system.parts
    WHERE active AND database = currentDatabase() AND table = {table:String}
    ORDER BY max_block_number DESC
    LIMIT 2
)

-- Trades that stand: cancels have taken theirs away.
CREATE OR REPLACE VIEW ticks AS
SELECT
    fromUnixTimestamp64Nano(source_ts, 'America/New_York') AS time,
    source_ts,
    ingest_ts,
    seq,
    trace_id,
    source,
    underlying_id,
    price,
    size,
    exchange,
    off_exchange_flag,
    trf_id,
    tape,
    conditions,
    exec_ts,
    session,
    ref_trace_id
FROM equities_prints FINAL
WHERE action = 'trade'
    AND trace_id NOT IN
    (
        SELECT assumeNotNull(ref_trace_id)
        FROM equities_prints
        WHERE action = 'cancel' AND ref_trace_id IS NOT NULL
    )

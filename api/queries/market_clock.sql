-- The newest event time of the store, ns UTC; 0 where it is empty. Minutes of net premium and of
-- bars are far fewer than prints.
SELECT max(at) AS at FROM (
    SELECT max(source_ts) AS at FROM options_net_premium WHERE scope = 'market'
    UNION ALL
    SELECT max(source_ts) FROM equities_candles WHERE interval_ms = 60000
    UNION ALL
    SELECT max(source_ts) FROM flow_alerts
)

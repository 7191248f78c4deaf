-- T20, the difference between two runs: what became of each protocol of the names in both lists. Rebuilds the longitudinal papers, with list
-- churn (t20_churn) held apart. Needs compare.sql.
--   transition  appeared, vanished: from or to nothing; strengthened, weakened: by the table strengths; changed: two states that cannot be
--               compared; same. unknown on either side is missing data and not a transition
--   denominator both lists; mail in both: names that run mail in both runs
WITH counts AS (
    SELECT protocol, transition, before, after, 'both lists' AS denominator, count(*) AS numerator FROM state_pairs GROUP BY ALL
    UNION ALL
    SELECT protocol, transition, before, after, 'mail in both', count(*) FROM state_pairs WHERE mail_in_both GROUP BY ALL
),
sizes AS (
    SELECT
        *, sum(numerator) OVER same::BIGINT AS size, coalesce(sum(numerator) FILTER (transition = 'unknown') OVER same, 0)::BIGINT AS unknown
    FROM counts
    WINDOW same AS (PARTITION BY protocol, denominator)
)
SELECT
    protocol, transition, before, after, denominator, numerator, size - unknown AS decided, unknown, size,
    ratio(numerator, size - unknown) AS share, ratio(numerator, size) AS low, ratio(numerator + unknown, size) AS high
FROM sizes
WHERE transition <> 'unknown'
ORDER BY denominator, protocol, transition, numerator DESC, before, after;

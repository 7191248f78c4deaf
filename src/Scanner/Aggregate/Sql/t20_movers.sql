-- T20, who moved: providers and TLDs whose names gained or lost most, net, for four headline metrics over names that run mail in both runs; the
-- thirty largest net changes of each metric and kind, of those with at least ten decided names. The provider is that of the new run. Needs compare.sql.
WITH members AS (
    SELECT 'provider' AS kind, new_provider AS value, metric, before, after FROM metric_pairs WHERE mail_in_both
    UNION ALL
    SELECT 'tld', tld, metric, before, after FROM metric_pairs WHERE mail_in_both
),
counts AS (
    SELECT
        kind, value, metric, 'mail in both' AS denominator, count(*) AS size,
        count(*) FILTER (before IS NOT NULL AND after IS NOT NULL) AS decided,
        count(*) FILTER (after AND before IS NOT NULL) AS numerator,
        count(*) FILTER (NOT before AND after) AS gained, count(*) FILTER (before AND NOT after) AS lost
    FROM members
    WHERE metric IN ('spf_published', 'dmarc_own', 'enf_9989', 'mtasts_published')
    GROUP BY ALL
)
SELECT
    kind, value, metric, gained, lost, gained - lost AS net, denominator, numerator, decided, size - decided AS unknown, size,
    ratio(numerator, decided) AS share, ratio(numerator, size) AS low, ratio(numerator + size - decided, size) AS high
FROM counts
WHERE gained + lost > 0 AND decided >= 10
QUALIFY row_number() OVER (PARTITION BY kind, metric ORDER BY abs(net) DESC, gained + lost DESC, value) <= 30
ORDER BY metric, kind, abs(net) DESC, gained + lost DESC, value;

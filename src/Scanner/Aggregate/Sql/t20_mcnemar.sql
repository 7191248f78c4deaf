-- T20, is a change more than coming and going? McNemar's test for each headline metric over the names in both lists that are known on both
-- sides: gained are those that changed from no to yes, lost those from yes to no; without a real change both are equally likely. Needs
-- compare.sql.
--   chi2      (|gained - lost| - 1)^2 / (gained + lost), continuity-corrected, one degree of freedom: over 3.84 is p < 0.05. p itself is
--             added by the program, exact for small numbers. Names share providers: a provider's change makes many names change together,
--             which the test does not know
--   numerator those for which the metric holds after; before is the same for the old run
WITH members AS (
    SELECT metric, before, after, 'both lists' AS denominator FROM metric_pairs
    UNION ALL
    SELECT metric, before, after, 'mail in both' FROM metric_pairs WHERE mail_in_both
),
counts AS (
    SELECT
        metric, denominator, count(*) AS size,
        count(*) FILTER (before IS NOT NULL AND after IS NOT NULL) AS decided,
        count(*) FILTER (before AND after IS NOT NULL) AS yes_before,
        count(*) FILTER (after AND before IS NOT NULL) AS numerator,
        count(*) FILTER (NOT before AND after) AS gained,
        count(*) FILTER (before AND NOT after) AS lost
    FROM members
    GROUP BY ALL
)
SELECT
    metric, yes_before, gained, lost, CASE WHEN gained + lost > 0 THEN greatest(0, abs(gained - lost) - 1) ** 2 / (gained + lost) END AS chi2,
    denominator, numerator, decided, size - decided AS unknown, size,
    ratio(numerator, decided) AS share, ratio(numerator, size) AS low, ratio(numerator + size - decided, size) AS high
FROM counts
ORDER BY denominator, metric;

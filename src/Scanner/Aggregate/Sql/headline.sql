-- T2, the headline: every metric over every denominator. Rebuilds the adoption table of most studies, each of which uses one of
-- these denominators. Needs facts.sql and denominators.sql.
--   numerator  names for which the metric holds
--   decided    names for which it is known whether it holds
--   unknown    the others; numerator <= decided, decided + unknown = size
--   share      numerator / decided
--   low, high  the share of all when every unknown is a no, or a yes
-- A check that the run did not ask for has no figures: its columns are NULL in every row.
WITH combinations AS (
    -- A million names come to a few thousand different combinations: count those, then take them apart.
    SELECT COLUMNS('^(in|is)_'), count(*) AS names FROM facts GROUP BY ALL
),
by_metric AS (
    SELECT * FROM combinations UNPIVOT INCLUDE NULLS (holds FOR metric IN (COLUMNS('^is_')))
),
by_both AS (
    SELECT * FROM by_metric UNPIVOT (member FOR denominator IN (COLUMNS('^in_')))
),
counts AS (
    SELECT
        metric[4:] AS metric,
        denominator[4:] AS denominator,
        coalesce(sum(names) FILTER (member AND holds), 0)::BIGINT AS numerator,
        coalesce(sum(names) FILTER (member AND holds IS NOT NULL), 0)::BIGINT AS decided,
        coalesce(sum(names) FILTER (member AND holds IS NULL), 0)::BIGINT AS unknown
    FROM by_both
    GROUP BY ALL
),
asked AS (
    SELECT unnest([
        CASE WHEN count(spf_status) > 0 THEN 'spf' END,
        CASE WHEN count(dmarc_record) > 0 THEN 'dmarc' END,
        CASE WHEN count(dmarc_record) > 0 THEN 'enf' END,
        CASE WHEN count(mtasts_status) > 0 THEN 'mtasts' END,
        CASE WHEN count(tlsrpt_status) > 0 THEN 'tlsrpt' END,
        CASE WHEN count(dkim_presence) > 0 THEN 'dkim' END,
        CASE WHEN count(dane_status) > 0 THEN 'dane' END,
        CASE WHEN count(bimi_status) > 0 THEN 'bimi' END,
        CASE WHEN count(dnssec_state) > 0 THEN 'dnssec' END
    ]) AS family
    FROM domains
)
SELECT
    metric, denominator, numerator, decided, unknown, size,
    CASE WHEN decided > 0 THEN numerator / decided END AS share,
    CASE WHEN size > 0 THEN numerator / size END AS low,
    CASE WHEN size > 0 THEN (numerator + unknown) / size END AS high
FROM counts JOIN denominators USING (denominator)
WHERE size IS NOT NULL AND split_part(metric, '_', 1) IN (SELECT family FROM asked WHERE family IS NOT NULL)
ORDER BY metric, denominator;

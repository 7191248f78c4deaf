-- T11: where the DMARC policy of a name comes from: its own record, its organizational domain or a public suffix, by kind of name.
-- New: the size of the inheritance effect, which studies that ask _dmarc.<name> only do not see.
--   input_class  registrable, subdomain, ...; all
WITH spread AS (
    SELECT input_class, * FROM (SELECT class.input_class AS input_class, class.source AS source, * EXCLUDE (class) FROM shares_of(
        {'input_class': input_class, 'source': dmarc_source}, true, ''))
),
sums AS (
    SELECT coalesce(input_class, 'all') AS input_class, source, denominator, sum(numerator)::BIGINT AS names
    FROM spread
    GROUP BY GROUPING SETS ((source, denominator), (source, denominator, input_class))
),
counts AS (
    SELECT
        input_class, source, denominator, names AS numerator,
        sum(names) OVER same::BIGINT AS size, coalesce(sum(names) FILTER (source IS NULL OR source = 'unknown') OVER same, 0)::BIGINT AS unknown
    FROM sums
    WINDOW same AS (PARTITION BY input_class, denominator)
)
SELECT
    input_class, source, denominator, numerator, size - unknown AS decided, unknown, size,
    ratio(numerator, size - unknown) AS share, ratio(numerator, size) AS low, ratio(numerator + unknown, size) AS high
FROM counts
WHERE source <> 'unknown' AND was_measured('dmarc')
ORDER BY input_class, denominator, numerator DESC, source;

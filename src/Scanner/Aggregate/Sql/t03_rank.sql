-- T3: the headline by rank, in disjoint buckets (101-1k) and cumulative ones (1-1k). Rebuilds the rank bands of domainintel, DMARCguard
-- and Durumeric et al. A bucket stands for its neighbours too, so it has Wilson intervals beside the missing-data bounds.
WITH disjoint AS (
    FROM adoption_by(rank_bucket)
),
places AS (
    FROM (VALUES (1, '1-100', '1-100'), (2, '101-1k', '1-1k'), (3, '1001-10k', '1-10k'), (4, '10001-100k', '1-100k'),
                 (5, '100001-1M', '1-1M'), (6, 'over-1M', 'all')) p(place, bucket, up_to)
),
cumulative AS (
    SELECT
        place, up_to, metric, denominator,
        sum(numerator) OVER below AS numerator, sum(decided) OVER below AS decided, sum(unknown) OVER below AS unknown, sum(size) OVER below AS size
    FROM disjoint JOIN places ON class = bucket
    WINDOW below AS (PARTITION BY metric, denominator ORDER BY place)
),
both_kinds AS (
    SELECT 'disjoint' AS bucket_kind, place, class AS bucket, metric, denominator, numerator, decided, unknown, size
    FROM disjoint JOIN places ON class = bucket
    UNION ALL
    SELECT 'cumulative', place, up_to, metric, denominator, numerator::BIGINT, decided::BIGINT, unknown::BIGINT, size::BIGINT FROM cumulative
)
SELECT
    bucket_kind, bucket, metric, denominator, numerator, decided, unknown, size,
    ratio(numerator, decided) AS share, ratio(numerator, size) AS low, ratio(numerator + unknown, size) AS high,
    wilson_low(numerator, decided) AS wilson_low, wilson_high(numerator, decided) AS wilson_high
FROM both_kinds
ORDER BY bucket_kind DESC, place, metric, denominator;

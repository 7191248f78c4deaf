-- P2: the headline metrics along the ranking, over mail: bins of 1,000 ranks, or of a twentieth of a list below 20,000, but at least fifty. Each bin has the
-- missing-data bounds and, since a bin is a sample of its neighbourhood, the 95 % Wilson interval.
WITH width AS (
    SELECT CASE WHEN max(rank) >= 20000 THEN 1000 ELSE greatest(50, ceil(max(rank) / 20))::INTEGER END AS ranks FROM facts
),
bins AS (
    FROM adoption_by((rank - 1) // (SELECT ranks FROM width), wanted := ['mail'])
    WHERE metric IN ('spf_published', 'dmarc_own', 'enf_9989', 'mtasts_published')
)
SELECT
    1 + class * ranks AS first_rank, (class + 1) * ranks AS last_rank, metric, denominator, numerator, decided, unknown, size, share, low, high,
    wilson_low(numerator, decided) AS wilson_low, wilson_high(numerator, decided) AS wilson_high
FROM bins, width
WHERE size > 0
ORDER BY metric, first_rank;

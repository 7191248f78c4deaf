-- P11: how concentrated SPF includes are: the domains included directly by names of mail, from the most included one down, with the share of
-- all such inclusions that they and those before them have. Every rank up to 100, then each thousandth of the way.
WITH targets AS (
    SELECT unnest(list_distinct(spf_includes)) AS target FROM facts WHERE in_mail AND spf_includes IS NOT NULL
),
counts AS (
    SELECT target, count(*) AS names FROM targets GROUP BY target
),
ranked AS (
    SELECT
        row_number() OVER most AS place, target, names,
        sum(names) OVER (most ROWS UNBOUNDED PRECEDING)::BIGINT AS numerator, sum(names) OVER ()::BIGINT AS size, count(*) OVER () AS targets
    FROM counts
    WINDOW most AS (ORDER BY names DESC, target)
)
SELECT
    place, CASE WHEN place <= 100 THEN target END AS target, names, targets, 'mail:inclusions' AS denominator, numerator, size AS decided, 0::BIGINT AS unknown, size,
    ratio(numerator, size) AS share, ratio(numerator, size) AS low, ratio(numerator, size) AS high
FROM ranked
WHERE place <= 100 OR place = targets OR place % greatest(1, targets // 1000) = 0
ORDER BY place;

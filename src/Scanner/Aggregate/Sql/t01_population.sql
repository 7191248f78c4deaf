-- T1, the population funnel: what the listed names are, and how many of them fall into each denominator, for all and by input_class.
-- Rebuilds every study's denominator; the shares with MX of WIDE/JPRS and Ruohonen.
--   measure  step (of section 3.4: resolvable, has_mx_rr, mail, ...), mx_class, or input_class (over all rows, listed or not)
--   value    the step or class; the classes of one input_class add up to its size, the steps do not
-- unknown is the names whose MX lookup failed; they are in no mail denominator, and in resolvable only if another question was answered.
WITH seen AS (
    -- An MX answer decides about MX records; whether a name without them could receive mail, only its address does (mx_class).
    SELECT *, coalesce(q_mx_status IN ('ok', 'nodata', 'nxdomain', 'name_too_long'), false) AS mx_seen FROM facts
),
-- A million names come to a few dozen combinations: count those, then take them apart.
steps AS (
    SELECT
        input_class, in_listed AS listed, in_resolvable AS resolvable,
        CASE WHEN mx_seen THEN in_has_mx_rr END AS has_mx_rr,
        CASE WHEN mx_seen THEN in_mail END AS mail,
        CASE WHEN mx_seen AND mx_class <> 'mx_unverified' THEN in_mail_usable END AS mail_usable,
        CASE WHEN mx_class <> 'unknown' THEN in_mail_or_addr END AS mail_or_addr,
        CASE WHEN mx_seen THEN in_no_mail_declared END AS no_mail_declared,
        count(*) AS names
    FROM seen
    GROUP BY ALL
),
by_step AS (
    FROM (SELECT *, listed AS is_listed FROM steps)
    UNPIVOT INCLUDE NULLS (holds FOR value IN (listed, resolvable, has_mx_rr, mail, mail_usable, mail_or_addr, no_mail_declared))
),
counts AS (
    SELECT
        'step' AS measure, coalesce(input_class, 'all') AS input_class, value, 'listed' AS denominator,
        coalesce(sum(names) FILTER (holds), 0)::BIGINT AS numerator, coalesce(sum(names) FILTER (holds IS NULL), 0)::BIGINT AS unknown, sum(names)::BIGINT AS size
    FROM by_step
    WHERE is_listed AND value IN (SELECT denominator FROM denominators WHERE size IS NOT NULL)
    GROUP BY GROUPING SETS ((value), (value, input_class))
    UNION ALL
    SELECT
        'mx_class', coalesce(input_class, 'all'), mx_class, 'listed', count(*),
        coalesce(sum(count(*)) FILTER (mx_class = 'unknown') OVER (PARTITION BY input_class), 0), sum(count(*)) OVER (PARTITION BY input_class)
    FROM (SELECT input_class, coalesce(mx_class, 'unknown') AS mx_class FROM facts WHERE in_listed AND was_measured('mx'))
    GROUP BY GROUPING SETS ((mx_class), (mx_class, input_class))
    UNION ALL
    SELECT 'input_class', 'all', input_class, 'rows', count(*), 0, sum(count(*)) OVER ()
    FROM facts
    GROUP BY input_class
)
SELECT
    measure, input_class, value, denominator, numerator, (size - unknown)::BIGINT AS decided, unknown::BIGINT AS unknown, size::BIGINT AS size,
    CASE WHEN value <> 'unknown' THEN ratio(numerator, size - unknown) END AS share,
    ratio(numerator, size) AS low,
    CASE WHEN value <> 'unknown' THEN ratio(numerator + unknown, size) ELSE ratio(numerator, size) END AS high
FROM counts
ORDER BY measure DESC, input_class, numerator DESC, value;

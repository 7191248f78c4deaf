-- T5: the headline by who takes a name's mail. Rebuilds MailTester's table by provider and Liu et al.
--   level  mx_provider: the scanner's published rules (column mx_provider), where the run has it;
--          mx_site: the MX host's own domain by a rule of thumb (facts.sql), the fifty largest, then "(others)".
--          "(self)" is a name whose MX host is at or below the name itself or its organizational domain.
-- Names of one provider share its defaults: for statements beyond these names use the cluster intervals of u1_uncertainty.
WITH providers AS (
    SELECT 'mx_provider' AS level, * FROM adoption_by(mx_provider, wanted := ['mail']) WHERE was_measured('mx_provider') AND class IS NOT NULL
),
sites AS (
    FROM adoption_by(CASE
        WHEN mx_site = '' THEN NULL
        WHEN mx_is_own THEN '(self)'
        ELSE mx_site END, wanted := ['mail'])
    WHERE class IS NOT NULL
),
-- By the names that run mail; a name without MX has no class, and the null MX has no site.
ranked AS (
    SELECT class, row_number() OVER (ORDER BY max(size) DESC, class) AS place FROM sites WHERE size > 0 GROUP BY class
),
folded AS (
    SELECT
        'mx_site' AS level, CASE WHEN place <= 50 THEN class ELSE '(others)' END AS class, metric, denominator,
        sum(numerator)::BIGINT AS numerator, sum(decided)::BIGINT AS decided, sum(unknown)::BIGINT AS unknown, sum(size)::BIGINT AS size
    FROM sites JOIN ranked USING (class)
    GROUP BY ALL
),
both_levels AS (
    SELECT level, class, metric, denominator, numerator, decided, unknown, size FROM providers
    UNION ALL BY NAME
    FROM folded
)
SELECT
    level, class AS provider, metric, denominator, numerator, decided, unknown, size,
    ratio(numerator, decided) AS share, ratio(numerator, size) AS low, ratio(numerator + unknown, size) AS high
FROM both_levels
WHERE size > 0
ORDER BY level, size DESC, provider, metric;

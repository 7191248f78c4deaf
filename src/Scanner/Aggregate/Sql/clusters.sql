-- For the cluster bootstrap (u1_uncertainty): names of mail that share a provider share its defaults, so they are not independent. For each
-- metric the providers are counted by their yes and decided names: what a resampling of providers needs, and no more.
-- A provider is mx_provider where it names one, else the domain of the MX host (mx_site): a name that runs its own is a cluster of one, and so
-- is one whose host has no domain (NULL).
WITH members AS (
    SELECT
        CASE WHEN mx_provider IS NOT NULL AND NOT regexp_matches(mx_provider, '^(self|other|unmatched|unknown|none)') THEN 'provider ' || mx_provider
             WHEN mx_site <> '' THEN mx_site END AS cluster,
        COLUMNS('^is_')
    FROM facts
    WHERE in_mail
),
-- Most clusters are of one name: those that say the same are counted together.
large AS (
    SELECT cluster AS provider FROM members WHERE cluster IS NOT NULL GROUP BY cluster HAVING count(*) > 1
),
combinations AS (
    SELECT provider, COLUMNS('^is_'), count(*) AS names FROM members LEFT JOIN large ON cluster = provider GROUP BY ALL
),
per_cluster AS (
    SELECT
        1 AS clusters,
        struct_pack(yes := coalesce(sum(names) FILTER (COLUMNS('^is_')), 0)::BIGINT, decided := coalesce(sum(names) FILTER (COLUMNS('^is_') IS NOT NULL), 0)::BIGINT) AS '\0'
    FROM combinations
    WHERE provider IS NOT NULL
    GROUP BY provider
    UNION ALL
    SELECT names, struct_pack(yes := (COLUMNS('^is_') IS TRUE)::BIGINT, decided := (COLUMNS('^is_') IS NOT NULL)::BIGINT) AS '\0'
    FROM combinations
    WHERE provider IS NULL
)
SELECT metric[4:] AS metric, counts.yes AS yes, counts.decided AS decided, sum(clusters)::BIGINT AS clusters
FROM (FROM per_cluster UNPIVOT (counts FOR metric IN (COLUMNS('^is_'))))
WHERE counts.decided > 0
GROUP BY ALL
ORDER BY metric, yes, decided;

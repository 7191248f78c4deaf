-- For the cluster bootstrap (u1_uncertainty): names of mail that share a provider share its defaults, so they are not independent. For each
-- metric the providers are counted by their yes and decided names: what a resampling of providers needs, and no more.
-- A provider is mx_provider where it names one, else the domain of the MX host (mx_site): a name that runs its own is a cluster of one.
WITH per_cluster AS (
    SELECT
        CASE WHEN mx_provider IS NOT NULL AND NOT regexp_matches(mx_provider, '^(self|other|unmatched|unknown|none)') THEN 'provider ' || mx_provider
             WHEN mx_site <> '' THEN mx_site ELSE name END AS cluster,
        struct_pack(yes := count(*) FILTER (COLUMNS('^is_')), decided := count(*) FILTER (COLUMNS('^is_') IS NOT NULL)) AS '\0'
    FROM facts
    WHERE in_mail
    GROUP BY 1
)
SELECT metric[4:] AS metric, counts.yes AS yes, counts.decided AS decided, count(*) AS clusters
FROM (FROM per_cluster UNPIVOT (counts FOR metric IN (COLUMNS('^is_'))))
WHERE counts.decided > 0
GROUP BY ALL
ORDER BY metric, yes, decided;

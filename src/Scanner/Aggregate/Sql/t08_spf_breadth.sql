-- T8: how much SPF records allow. Rebuilds Czybik et al. (34.7 % of names allow more than 100,000 IPv4 addresses, and the include targets
-- on which most names depend). IPv4 of the ip4 terms of the whole include tree, counted once.
--   measure  over: allows more IPv4 addresses than that; widest: the smallest prefix length among its ip4 terms;
--            include: the domains that most names include directly, the hundred largest
-- ":walkable" is the names whose record could be walked: valid, or with an evaluation error.
WITH bounds AS (
    FROM (VALUES (0), (1), (10), (100), (1000), (10000), (65536), (100000), (1000000), (16777216), (4294967295)) b(bound)
),
-- Whoever is over a bound is over all smaller ones.
counts AS (
    FROM shares_of(CASE WHEN spf_status <> 'temperror' THEN spf_ipv4_count END, spf_ipv4_count IS NOT NULL, 'walkable')
),
over AS (
    SELECT bound, denominator, sum(numerator)::BIGINT AS numerator, decided, unknown, size
    FROM counts JOIN bounds ON class > bound
    GROUP BY ALL
),
spread AS (
    SELECT 'widest' AS measure, * FROM shares_of(
        CASE WHEN spf_status <> 'temperror' THEN coalesce('/' || spf_widest_ip4, '(no ip4)') END, spf_ipv4_count IS NOT NULL, 'walkable')
    UNION ALL
    SELECT 'over', bound::VARCHAR, * EXCLUDE (bound), ratio(numerator, decided), ratio(numerator, size), ratio(numerator + unknown, size) FROM over
    UNION ALL
    SELECT 'include', * FROM shares_of_each(spf_includes, spf_ipv4_count IS NOT NULL, 'walkable', most := 100)
)
SELECT measure, class AS value, * EXCLUDE (measure, class)
FROM spread
WHERE was_measured('spf')
ORDER BY measure, denominator, try_cast(ltrim(value, '/') AS BIGINT) NULLS LAST, numerator DESC, value;

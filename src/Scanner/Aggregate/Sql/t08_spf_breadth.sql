-- T8: how much SPF records allow. Rebuilds Czybik et al. (34.7 % of names allow more than 100,000 IPv4 addresses, and the include targets
-- on which most names depend). IPv4 of the ip4 terms of the whole include tree, counted once.
--   measure  over: allows more IPv4 addresses than that; widest: the smallest prefix length among its ip4 terms;
--            include: the domains that most names include directly, the hundred largest
-- ":walkable" is the names whose record could be walked: valid, or with an evaluation error.
WITH spread AS (
    SELECT 'widest' AS measure, * FROM shares_of(
        CASE WHEN spf_status <> 'temperror' THEN coalesce('/' || spf_widest_ip4, '(no ip4)') END, spf_ipv4_count IS NOT NULL, 'walkable')
    UNION ALL
    SELECT 'over', * FROM shares_of_each(
        CASE WHEN spf_status <> 'temperror' THEN
            list_transform(list_filter([0, 1, 10, 100, 1000, 10000, 65536, 100000, 1000000, 16777216, 4294967295], lambda n: spf_ipv4_count > n), lambda n: n::VARCHAR) END,
        spf_ipv4_count IS NOT NULL, 'walkable')
    UNION ALL
    SELECT 'include', * FROM shares_of_each(spf_includes, spf_ipv4_count IS NOT NULL, 'walkable', most := 100)
)
SELECT measure, class AS value, * EXCLUDE (measure, class)
FROM spread
WHERE was_measured('spf')
ORDER BY measure, denominator, try_cast(ltrim(value, '/') AS BIGINT) NULLS LAST, numerator DESC, value;

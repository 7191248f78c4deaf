-- T16: DKIM, as far as DNS shows it. Both inferences are lower bounds (section 8): selectors cannot be listed. Rebuilds DMARCguard's share by
-- selector list; not comparable with Wang et al. 2022, whose selectors came from passive DNS.
--   measure  presence: key_found, revoked_only, namespace_only, not_found (neither way), absent; namespace: the empty non-terminal test;
--            selector: the probed selectors with a usable key, several may apply
WITH spread AS (
    SELECT 'presence' AS measure, * FROM shares_of(nullif(dkim_presence, 'unknown'), true, '')
    UNION ALL
    SELECT 'namespace', * FROM shares_of(nullif(dkim_ent, 'unknown'), true, '')
    UNION ALL
    SELECT 'selector', * FROM shares_of_each(
        -- dkim_selectors names those that hold anything; what, dkim_key says in the same order.
        CASE WHEN dkim_presence <> 'unknown' THEN coalesce(list_transform(
            list_filter(list_zip(dkim_selectors, dkim_key), lambda k: k[2] IN ('valid', 'testing', 'weak')), lambda k: k[1]), []) END, true, '')
)
SELECT measure, class AS value, * EXCLUDE (measure, class)
FROM spread
WHERE was_measured('dkim')
ORDER BY measure, denominator, numerator DESC, value;

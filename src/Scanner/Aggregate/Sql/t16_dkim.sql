-- T16: DKIM, as far as DNS shows it. Both inferences are lower bounds (section 8): selectors cannot be listed. Rebuilds DMARCguard's share by
-- selector list; not comparable with Wang et al. 2022, whose selectors came from passive DNS.
--   measure  presence: key_found, revoked_only, namespace_only, not_found (neither way), absent; namespace: the empty non-terminal test;
--            selector: the probed selectors with a usable key, several may apply
WITH spread AS (
    SELECT 'presence' AS measure, * FROM shares_of(nullif(dkim_presence, 'unknown'), true, '')
    UNION ALL
    SELECT 'namespace', * FROM shares_of(nullif(dkim_ent, 'unknown'), true, '')
    UNION ALL
    SELECT 'selector', * FROM shares_of_each(CASE WHEN dkim_presence <> 'unknown' THEN coalesce(dkim_selectors, []) END, true, '')
)
SELECT measure, class AS value, * EXCLUDE (measure, class)
FROM spread
WHERE was_measured('dkim')
ORDER BY measure, denominator, numerator DESC, value;

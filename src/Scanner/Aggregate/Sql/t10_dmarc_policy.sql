-- T10: the policies of own DMARC records as published, and what RFC 9989 and RFC 7489 make of them, side by side; differs is true where
-- they come to different policies. Rebuilds Valimail's share (100 % and no exception for subdomains: p in quarantine, reject, pct 100,
-- sp not none) and the policy mixes of the trackers.
--   p, sp, np, t  as published, in lower case; "(other)" is a text that is no value of the tag, "(absent)" no tag
--   pct           100 (also when absent), 1-99, 0, or "(other)"
WITH spread AS (
    FROM shares_of(
        {
            'p': CASE WHEN dmarc_p_raw IS NULL THEN '(absent)' WHEN lower(dmarc_p_raw) IN ('none', 'quarantine', 'reject') THEN lower(dmarc_p_raw) ELSE '(other)' END,
            'sp': CASE WHEN dmarc_sp_raw IS NULL THEN '(absent)' WHEN lower(dmarc_sp_raw) IN ('none', 'quarantine', 'reject') THEN lower(dmarc_sp_raw) ELSE '(other)' END,
            'np': CASE WHEN dmarc_np_raw IS NULL THEN '(absent)' WHEN lower(dmarc_np_raw) IN ('none', 'quarantine', 'reject') THEN lower(dmarc_np_raw) ELSE '(other)' END,
            'pct': CASE WHEN dmarc_pct IS NULL OR dmarc_pct = 100 THEN '100' WHEN dmarc_pct = 0 THEN '0' WHEN dmarc_pct BETWEEN 1 AND 99 THEN '1-99' ELSE '(other)' END,
            't': CASE WHEN dmarc_t IS NULL THEN '(absent)' WHEN lower(dmarc_t) IN ('y', 'n') THEN lower(dmarc_t) ELSE '(other)' END,
            'policy_9989': dmarc_policy_9989,
            'policy_7489': dmarc_policy_7489
        },
        dmarc_own AND dmarc_source = 'self', 'is_dmarc_single')
)
SELECT unnest(class), class.policy_9989 <> class.policy_7489 AS differs, * EXCLUDE (class)
FROM spread
WHERE was_measured('dmarc')
ORDER BY denominator, numerator DESC, class;

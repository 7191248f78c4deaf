-- T12: where DMARC reports are to go. Rebuilds Hureau et al. (42 % of DMARC names have rua, 21 % ruf) and Ashiq et al. 2023. Of names with
-- one own record.
--   measure  rua, ruf: state of the addresses; asked: which of the two are there at all; rua_host: the hosts that get most reports, the
--            hundred largest; external: is a host outside the organizational domain of the name among them;
--            rua_auth: do external hosts say that they take the reports (RFC 9990), in runs that asked
WITH spread AS (
    SELECT 'rua' AS measure, * FROM shares_of(rua_state, dmarc_own AND dmarc_source = 'self', 'is_dmarc_single')
    UNION ALL
    SELECT 'ruf', * FROM shares_of(ruf_state, dmarc_own AND dmarc_source = 'self', 'is_dmarc_single')
    UNION ALL
    SELECT 'asked', * FROM shares_of(
        CASE WHEN rua_state <> 'absent' AND ruf_state <> 'absent' THEN 'rua and ruf' WHEN rua_state <> 'absent' THEN 'rua only'
             WHEN ruf_state <> 'absent' THEN 'ruf only' ELSE 'neither' END,
        dmarc_own AND dmarc_source = 'self', 'is_dmarc_single')
    UNION ALL
    SELECT 'external', * FROM shares_of(
        CASE WHEN len(rua_hosts) = 0 THEN '(no rua)'
             WHEN rua_is_external THEN 'external' ELSE 'own' END,
        dmarc_own AND dmarc_source = 'self', 'is_dmarc_single')
    UNION ALL
    SELECT 'rua_host', * FROM shares_of_each(rua_hosts, dmarc_own AND dmarc_source = 'self', 'is_dmarc_single', most := 100)
    UNION ALL
    SELECT 'rua_auth', * FROM shares_of(nullif(rua_auth, 'unknown'), dmarc_own AND dmarc_source = 'self' AND was_measured('rua_auth'), 'is_dmarc_single')
)
SELECT measure, class AS value, * EXCLUDE (measure, class)
FROM spread
WHERE was_measured('dmarc')
ORDER BY measure, denominator, numerator DESC, value;

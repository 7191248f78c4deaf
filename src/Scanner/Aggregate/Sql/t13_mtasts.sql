-- T13, the MTA-STS funnel: how far the policy of a name that publishes MTA-STS gets, and what stops it. Rebuilds Tatang et al. 2021 and
-- Ashiq et al. 2025 (29.6 % of set-ups misconfigured, 3.2 % lose mail). All rows but "published" are of the names with a TXT record,
-- valid or not. STARTTLS and the certificates of the MX hosts need port 25 and are not seen.
--   measure  published: of all; reached: rungs of the ladder that were passed, each a part of the one before; stopped: the rung that
--            failed; cause: the primary cause; certificate: every finding about the certificate, several may apply;
--            policy_error: every finding about the policy text; mode; max_age; mx_match; host_cname: the domain that runs the policy
--            host where it is delegated by CNAME, the fifty largest
WITH spread AS (
    SELECT 'published' AS measure, * FROM shares_of(CASE WHEN mtasts_status <> 'unknown' THEN is_mtasts_published::VARCHAR END, true, '')
    UNION ALL
    SELECT 'reached', * FROM shares_of_each(
        ['1 record']
        || CASE WHEN mtasts_record = 'ok' THEN ['2 valid record'] ELSE [] END
        || CASE WHEN mtasts_record = 'ok' AND coalesce(mtasts_stage NOT IN ('dns'), true) THEN ['3 policy host has an address'] ELSE [] END
        || CASE WHEN mtasts_record = 'ok' AND coalesce(mtasts_stage NOT IN ('dns', 'tcp'), true) THEN ['4 TCP connection'] ELSE [] END
        || CASE WHEN mtasts_record = 'ok' AND coalesce(mtasts_stage NOT IN ('dns', 'tcp', 'tls'), true) THEN ['5 TLS with a valid certificate'] ELSE [] END
        || CASE WHEN mtasts_record = 'ok' AND coalesce(mtasts_stage NOT IN ('dns', 'tcp', 'tls', 'http'), true) THEN ['6 HTTP status 200'] ELSE [] END
        || CASE WHEN mtasts_record = 'ok' AND coalesce(mtasts_stage NOT IN ('dns', 'tcp', 'tls', 'http', 'body'), true) THEN ['7 readable body'] ELSE [] END
        || CASE WHEN mtasts_status IN ('valid_none', 'valid_testing', 'valid_enforce') THEN ['8 valid policy'] ELSE [] END
        || CASE WHEN mtasts_status IN ('valid_testing', 'valid_enforce') THEN ['9 mode testing or enforce'] ELSE [] END,
        is_mtasts_published, 'is_mtasts_published')
    UNION ALL
    SELECT 'stopped', * FROM shares_of(
        CASE WHEN mtasts_record <> 'ok' THEN mtasts_record ELSE coalesce(mtasts_stage, '(not stopped)') END, is_mtasts_published, 'is_mtasts_published')
    UNION ALL
    SELECT 'cause', * FROM shares_of(
        coalesce(mtasts_error, CASE WHEN mtasts_record <> 'ok' THEN coalesce(mtasts_record_error, mtasts_record) END, '(none)'), is_mtasts_published, 'is_mtasts_published')
    UNION ALL
    SELECT 'certificate', * FROM shares_of_each(coalesce(mtasts_cert_flags, []), is_mtasts_published, 'is_mtasts_published')
    UNION ALL
    SELECT 'policy_error', * FROM shares_of_each(coalesce(mtasts_policy_errors, []), is_mtasts_published, 'is_mtasts_published')
    UNION ALL
    SELECT 'mode', * FROM shares_of(
        CASE WHEN mtasts_status LIKE 'valid_%' THEN mtasts_mode ELSE '(no valid policy)' END, is_mtasts_published, 'is_mtasts_published')
    UNION ALL
    SELECT 'max_age', * FROM shares_of(
        CASE WHEN mtasts_max_age < 86400 THEN '1 under a day' WHEN mtasts_max_age < 604800 THEN '2 a day to a week' WHEN mtasts_max_age < 2592000 THEN '3 a week to 30 days'
             WHEN mtasts_max_age < 31557600 THEN '4 30 days to a year' WHEN mtasts_max_age = 31557600 THEN '5 a year' ELSE '6 over the limit' END,
        mtasts_status LIKE 'valid_%' AND mtasts_max_age IS NOT NULL, 'valid_policy')
    UNION ALL
    SELECT 'mx_match', * FROM shares_of(nullif(mtasts_mx_match, 'unknown'), mtasts_status IN ('valid_testing', 'valid_enforce'), 'is_mtasts_working')
    UNION ALL
    SELECT 'mx_match', * FROM shares_of(nullif(mtasts_mx_match, 'unknown'), mtasts_status = 'valid_enforce', 'is_mtasts_enforcing')
    UNION ALL
    SELECT 'host_cname', * FROM shares_of(
        coalesce(regexp_extract(mtasts_host_cname, '([^.]+[.][^.]{1,3}[.][^.]{2}|[^.]+[.][^.]+)$'), '(no CNAME)'), is_mtasts_published, 'is_mtasts_published')
)
SELECT measure, class AS value, * EXCLUDE (measure, class)
FROM spread
WHERE was_measured('mtasts')
QUALIFY measure <> 'host_cname' OR row_number() OVER (PARTITION BY measure, denominator ORDER BY numerator DESC, class) <= 50
ORDER BY measure, denominator, CASE WHEN measure IN ('reached', 'max_age') THEN value END, numerator DESC, value;

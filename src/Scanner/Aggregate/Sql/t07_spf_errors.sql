-- T7: what is wrong with SPF records. Rebuilds Czybik et al. (2.9 % with errors), Ashiq et al. (0.4 % syntax, 7.7 % evaluation errors),
-- Fortra (1.1 % over ten lookups) and DMARCguard (2.7 %).
--   measure  split: no_error, syntax, multiple_records, evaluation (all the other permanent errors of RFC 7208);
--            error: every error of a record, several may apply; syntax_kind: the first syntax error;
--            lookups: terms that look something up in the worst case, limit 10 (§4.6.4), over 20 as ">20";
--            voids: void lookups in the worst case, limit 2, only in runs that resolved the addresses;
--            near_miss: texts that are almost a record, of the names without one
-- lookups and voids are of records that can be walked: ":walkable" is valid ones and those with an evaluation error.
WITH spread AS (
    SELECT 'split' AS measure, * FROM shares_of(
        CASE spf_status WHEN 'temperror' THEN NULL WHEN 'valid' THEN 'no_error' WHEN 'permerror_syntax' THEN 'syntax'
             WHEN 'permerror_multiple_records' THEN 'multiple_records' ELSE 'evaluation' END,
        is_spf_published, 'is_spf_published')
    UNION ALL
    SELECT 'error', * FROM shares_of_each(spf_errors, is_spf_published, 'is_spf_published')
    UNION ALL
    SELECT 'syntax_kind', * FROM shares_of(spf_syntax_error, spf_syntax_error IS NOT NULL, 'syntax')
    UNION ALL
    SELECT 'lookups', * FROM shares_of(
        CASE WHEN spf_status = 'temperror' THEN NULL WHEN spf_lookups_worst > 20 THEN '>20' ELSE spf_lookups_worst::VARCHAR END,
        spf_lookups_worst IS NOT NULL, 'walkable')
    UNION ALL
    SELECT 'voids', * FROM shares_of(
        CASE WHEN spf_status = 'temperror' THEN NULL WHEN spf_void_worst > 10 THEN '>10' ELSE spf_void_worst::VARCHAR END,
        spf_void_worst IS NOT NULL, 'walkable')
    UNION ALL
    SELECT 'near_miss', * FROM shares_of(coalesce(spf_near_miss, '(none)'), spf_status = 'none', 'no_record')
)
SELECT measure, class AS value, * EXCLUDE (measure, class)
FROM spread
WHERE was_measured('spf')
ORDER BY measure, denominator, try_cast(value AS INTEGER) NULLS LAST, CASE WHEN value LIKE '>%' THEN 1 ELSE 0 END, numerator DESC, value;

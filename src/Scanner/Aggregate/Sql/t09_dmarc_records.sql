-- T9: what stands at _dmarc.<name>. Rebuilds the error tables of Hureau et al. (PAM 2024).
--   measure  record: the state of the record at the name itself (section 5.3), over all names and over those that publish one;
--            near_miss: texts that are almost a record, of the names without one; never counted as published;
--            quirk: oddities without effect, of the names with a record
WITH spread AS (
    SELECT 'record' AS measure, * FROM shares_of(nullif(dmarc_record, 'unknown'), true, '')
    UNION ALL
    SELECT 'record', * FROM shares_of(dmarc_record, dmarc_own, 'is_dmarc_own')
    UNION ALL
    SELECT 'near_miss', * FROM shares_of(coalesce(dmarc_near_miss, '(none)'), NOT dmarc_own, 'no_record')
    UNION ALL
    SELECT 'quirk', * FROM shares_of_each(dmarc_quirks, dmarc_own, 'is_dmarc_own')
)
SELECT measure, class AS value, * EXCLUDE (measure, class)
FROM spread
WHERE was_measured('dmarc')
ORDER BY measure, denominator, numerator DESC, value;

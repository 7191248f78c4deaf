-- T6: how SPF records end: the record's own all, what it comes to after redirects (RFC 7208 §6.1), and whether something before it lets
-- everyone pass. Rebuilds Durumeric et al. and domainposture, which printed one percentage under two denominators: here each row
-- names its own. The denominators with ":is_spf_published" are the names with an SPF record, valid or not.
--   own_all, effective_all, permissive  "(error)" where a permanent error leaves none; unknown where a lookup failed
WITH spread AS (
    SELECT '' AS restricted, * FROM shares_of(
        CASE WHEN spf_status IN ('unknown', 'temperror') THEN NULL WHEN spf_status = 'none' THEN {'own_all': '(no record)', 'effective_all': '(no record)', 'permissive': '(no record)'}
             ELSE {'own_all': coalesce(spf_all, '(error)'), 'effective_all': coalesce(spf_effective_all, '(error)'), 'permissive': coalesce(spf_permissive, '(error)')} END,
        true, '')
    UNION ALL
    SELECT ':', * FROM shares_of(
        CASE WHEN spf_status <> 'temperror' THEN
            {'own_all': coalesce(spf_all, '(error)'), 'effective_all': coalesce(spf_effective_all, '(error)'), 'permissive': coalesce(spf_permissive, '(error)')} END,
        is_spf_published, 'is_spf_published')
)
SELECT class.own_all AS own_all, class.effective_all AS effective_all, class.permissive AS permissive, * EXCLUDE (class, restricted)
FROM spread
WHERE was_measured('spf')
ORDER BY restricted, denominator, numerator DESC, own_all, effective_all, permissive;

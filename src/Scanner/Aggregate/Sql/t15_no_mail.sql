-- T15: names without mail, and how well they say so. Rebuilds stackscan (of names without mail 88.2 % publish neither SPF nor DMARC) and the
-- studies of parked domains. What section 10.1.2 of RFC 7208 and RFC 7505 recommend is null MX, "v=spf1 -all" and p=reject together.
--   null_mx    a null MX (RFC 7505), else MX records to nowhere, or none at all
--   spf        no_mail ("v=spf1 -all" and nothing else), other, none
--   dmarc      reject, other (any other record of its own or inherited), none
-- denominators: no_mail_declared, and listed:no_mx, names that resolve and have no usable MX at all, declared or not.
WITH spread AS (
    FROM shares_of(
        CASE WHEN spf_status <> 'unknown' AND dmarc_class <> 'unknown' THEN {
            'mx': mx_class,
            'spf': CASE WHEN spf_no_mail THEN 'no_mail' WHEN is_spf_published THEN 'other' ELSE 'none' END,
            'dmarc': CASE WHEN dmarc_class = 'reject' THEN 'reject' WHEN dmarc_class = 'absent' THEN 'none' ELSE 'other' END } END,
        in_resolvable AND mx_class IN ('null_mx', 'mx_no_service', 'no_mail', 'implicit_mx'), 'no_mx')
    WHERE denominator IN ('listed:no_mx', 'no_mail_declared:no_mx')
)
SELECT
    class.mx AS mx, class.spf AS spf, class.dmarc AS dmarc, replace(denominator, 'no_mail_declared:no_mx', 'no_mail_declared') AS denominator, * EXCLUDE (class, denominator)
FROM spread
WHERE was_measured('mx') AND was_measured('spf') AND was_measured('dmarc')
ORDER BY denominator, numerator DESC, mx, spf, dmarc;

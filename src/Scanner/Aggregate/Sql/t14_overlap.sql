-- T14: which mechanisms come together: an UpSet table. Rebuilds Tatang et al. (RAID 2021). Of each name, for which of the mechanisms
-- that this run measured it is a publisher (own DMARC record, working or not; DANE full or partial). NULL in a column: not measured.
-- unknown is the names of which at least one mechanism is unknown.
WITH spread AS (
    FROM shares_of(
        CASE WHEN (is_spf_published IS NOT NULL OR NOT was_measured('spf')) AND (is_dmarc_own IS NOT NULL OR NOT was_measured('dmarc'))
              AND (is_mtasts_published IS NOT NULL OR NOT was_measured('mtasts')) AND (is_tlsrpt_published IS NOT NULL OR NOT was_measured('tlsrpt'))
              AND (is_dane_full IS NOT NULL OR NOT was_measured('dane')) AND (is_dnssec_secure IS NOT NULL OR NOT was_measured('dnssec'))
        THEN {'spf': is_spf_published, 'dmarc': is_dmarc_own, 'mtasts': is_mtasts_published, 'tlsrpt': is_tlsrpt_published,
              'dane': is_dane_full OR is_dane_partial, 'dnssec': is_dnssec_secure} END,
        true, '')
)
SELECT unnest(class), * EXCLUDE (class)
FROM spread
WHERE was_measured('spf') OR was_measured('dmarc') OR was_measured('mtasts')
ORDER BY denominator, numerator DESC, class;

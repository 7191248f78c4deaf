-- T19: how much of the adoption is the work of few: the headline with and without names that got their record in bulk or from a wildcard,
-- and the texts that most names publish. Answers dmarc.org's problem, which stopped counting for wildcard and bulk publishers.
--   measure  adoption: value is the metric, for three sets of names: all, without_wildcard (wildcard_txt, in runs that probed it) and
--            without_common (without names whose DMARC or SPF text is common);
--            dmarc_text, spf_text: the fifty most common texts, over the names with one record, escaped as stored
-- A text is common when at least one in 200 of the names with such a record publish exactly it, and at least 20 do. That holds registrars'
-- and hosters' defaults, and also what many write on their own ("v=spf1 -all"): an upper bound for bulk.
WITH texts AS (
    SELECT 'dmarc_text' AS measure, dmarc_raw AS text, count(*) AS names, sum(count(*)) OVER () AS size
    FROM facts WHERE in_listed AND dmarc_own AND dmarc_source = 'self' AND dmarc_raw IS NOT NULL GROUP BY ALL
    UNION ALL
    SELECT 'spf_text', spf_raw, count(*), sum(count(*)) OVER () FROM facts WHERE in_listed AND spf_raw IS NOT NULL GROUP BY ALL
),
common AS (
    SELECT measure, text FROM texts WHERE names >= 20 AND names * 200 >= size
),
adoption AS (
    SELECT class.is_common AS is_common, class.is_wildcard AS is_wildcard, * EXCLUDE (class)
    FROM adoption_by({
        'is_common': (dmarc_own AND dmarc_source = 'self' AND dmarc_raw IN (SELECT text FROM common WHERE measure = 'dmarc_text'))
                  OR coalesce(spf_raw IN (SELECT text FROM common WHERE measure = 'spf_text'), false),
        'is_wildcard': wildcard_txt
    }, wanted := ['listed', 'mail'])
),
sets AS (
    SELECT 'all' AS names_of, * FROM adoption
    UNION ALL
    SELECT 'without_common', * FROM adoption WHERE NOT coalesce(is_common, false)
    UNION ALL
    SELECT 'without_wildcard', * FROM adoption WHERE NOT coalesce(is_wildcard, false) AND was_measured('wildcard')
),
everything AS (
    SELECT
        'adoption' AS measure, names_of, metric AS value, CASE WHEN names_of = 'all' THEN denominator ELSE denominator || ':' || names_of END AS denominator,
        sum(numerator)::BIGINT AS numerator, sum(decided)::BIGINT AS decided, sum(unknown)::BIGINT AS unknown, sum(size)::BIGINT AS size
    FROM sets
    GROUP BY ALL
    UNION ALL
    SELECT measure, 'all', text, 'listed:one_record', names, size::BIGINT, 0, size::BIGINT
    FROM ((FROM texts WHERE measure = 'dmarc_text' ORDER BY names DESC, text LIMIT 50) UNION ALL (FROM texts WHERE measure = 'spf_text' ORDER BY names DESC, text LIMIT 50))
)
SELECT *, ratio(numerator, decided) AS share, ratio(numerator, size) AS low, ratio(numerator + unknown, size) AS high
FROM everything
ORDER BY measure, names_of, denominator, CASE WHEN measure = 'adoption' THEN value END, numerator DESC, value;

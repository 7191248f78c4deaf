-- T17: DANE for SMTP as published, by who takes the mail. Rebuilds Lee et al. (36 % of TLSA not validatable: here tlsa_insecure) and the DANE
-- survey. Without port 25 nobody can say whether the records are correct. Needs a validating resolver whose AD bit is trusted.
--   provider  all, or the mx_provider; the MX host's domain where the run has no providers, the fifty largest
WITH counted AS (
    SELECT class.provider AS provider, class.status AS status, * EXCLUDE (class)
    FROM shares_of({'provider': coalesce(mx_provider, nullif(mx_site, ''), '(none)'), 'status': dane_status}, true, '')
    WHERE denominator = 'mail'
),
sums AS (
    SELECT coalesce(provider, 'all') AS provider, status, denominator, sum(numerator)::BIGINT AS numerator
    FROM counted
    GROUP BY GROUPING SETS ((status, denominator), (provider, status, denominator))
),
counts AS (
    SELECT
        *, sum(numerator) OVER same::BIGINT AS size,
        coalesce(sum(numerator) FILTER (status IS NULL OR status IN ('unknown', 'bogus')) OVER same, 0)::BIGINT AS unknown
    FROM sums
    WINDOW same AS (PARTITION BY provider, denominator)
)
SELECT
    provider, status, denominator, numerator, size - unknown AS decided, unknown, size,
    CASE WHEN status NOT IN ('unknown', 'bogus') THEN ratio(numerator, size - unknown) END AS share,
    ratio(numerator, size) AS low, CASE WHEN status IN ('unknown', 'bogus') THEN ratio(numerator, size) ELSE ratio(numerator + unknown, size) END AS high
FROM counts
WHERE status IS NOT NULL AND was_measured('dane')
QUALIFY dense_rank() OVER (ORDER BY size DESC, provider) <= 51
ORDER BY size DESC, provider, numerator DESC, status;

-- To paste into a DuckDB prompt that was started inside a run folder (duckdb -c ".read adoption.sql" works too). Every statement stands alone;
-- tables/sql/*.sql holds the queries of all the report's tables, which need the four files below first.

-- 1. The rows as the view "domains", and the report's own definitions over it: in_... (denominators), is_... (metrics).
.read tables/sql/schema.sql
CREATE OR REPLACE VIEW domains AS FROM no_rows UNION ALL BY NAME FROM read_parquet('domains/part-*.parquet', union_by_name = true);
.read tables/sql/facts.sql
.read tables/sql/denominators.sql
.read tables/sql/macros.sql

-- 2. The headline over the names that run mail: numerator, decided, unknown, share and its bounds.
SELECT metric, numerator, decided, unknown, share, low, high
FROM adoption_by('all')
WHERE denominator = 'mail' AND metric IN ('spf_published', 'dmarc_own', 'enf_9989', 'mtasts_published')
ORDER BY metric;

-- 3. The same without our definitions, from the columns alone. count(x) leaves out NULL, and a class word "unknown" is left out by hand:
--    unknown is never no.
SELECT
    count(*) FILTER (spf_status <> 'unknown' AND spf_status <> 'none') / count(*) FILTER (spf_status <> 'unknown') AS spf_published,
    count(*) FILTER (dmarc_own) / count(dmarc_own) AS dmarc_own,
    count(*) FILTER (enf_9989) / count(enf_9989) AS enforcing,
    count(*) FILTER (mtasts_status NOT IN ('unknown', 'absent')) / count(*) FILTER (mtasts_status <> 'unknown') AS mtasts_published
FROM domains
WHERE runs_mail;

-- 4. Any other group: DMARC by TLD, the twenty largest.
SELECT class AS tld, numerator, decided, unknown, share, low, high
FROM adoption_by(tld)
WHERE metric = 'dmarc_own' AND denominator = 'mail' AND size > 0
ORDER BY size DESC, tld
LIMIT 20;

-- 5. Names that say reject and yet let everyone send, with their records.
SELECT rank, name, dmarc_raw, spf_raw
FROM domains
WHERE runs_mail AND dmarc_class = 'reject' AND spf_class = 'pass'
ORDER BY rank
LIMIT 50;

-- 6. What could not be learned, by question.
SELECT query, value AS status, numerator AS names
FROM (FROM read_parquet('tables/t18_completeness.parquet') WHERE measure = 'status' AND is_unknown AND denominator = 'listed')
ORDER BY names DESC;

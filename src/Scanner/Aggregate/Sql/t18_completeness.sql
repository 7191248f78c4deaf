-- T18, completeness: what became of the questions, the table that nobody prints. Section 11 aims at less than 0.5 % unknown of the
-- resolvable names for each query type.
--   measure  status: the final status of a query type, which adds up to the names that it was asked for;
--            over_tcp, retried: of the questions sent, those whose last try went over TCP, that needed more than one;
--            settled_late: of the names with rows, those settled in a later pass (mop-up);
--            unknown_by_tld, unknown_by_mx: share of unknown answers among the names of a TLD or MX site, the fifty with the most,
--            over resolvable: failures cluster, and a provider that refuses the scanner biases the results (section 11)
--   query    the query type, "all" for the last three (any of the five base questions)
-- In status rows share is over all names asked: unknown statuses are part of what is counted, not of what is missing.
WITH by_query AS (
    -- NULL is a question that was not asked: UNPIVOT leaves it out.
    SELECT regexp_extract(query, '^q_(.*)_status$', 1) AS query, status, in_listed, in_resolvable
    FROM facts UNPIVOT (status FOR query IN (COLUMNS('^q_.*_status$')))
),
status AS (
    SELECT 'status' AS measure, query, status AS value, 'listed' AS denominator, count(*) FILTER (in_listed) AS numerator
    FROM by_query GROUP BY ALL
    UNION ALL
    SELECT 'status', query, status, 'resolvable', count(*) FILTER (in_resolvable) FROM by_query GROUP BY ALL
),
over_tcp AS (
    SELECT 'over_tcp' AS measure, regexp_extract(query, '^q_(.*)_tcp$', 1) AS query, 'tcp' AS value, 'listed' AS denominator,
           count(*) FILTER (tcp) AS numerator, count(*) AS size
    FROM (FROM facts UNPIVOT (tcp FOR query IN (COLUMNS('^q_.*_tcp$')))) WHERE in_listed GROUP BY query
),
retried AS (
    SELECT 'retried' AS measure, regexp_extract(query, '^q_(.*)_tries$', 1) AS query, 'more than one try' AS value, 'listed' AS denominator,
           count(*) FILTER (tried > 1) AS numerator, count(*) AS size
    FROM (FROM facts UNPIVOT (tried FOR query IN (COLUMNS('^q_.*_tries$')))) WHERE in_listed AND tried > 0 GROUP BY query
),
late AS (
    SELECT 'settled_late' AS measure, 'all' AS query, 'pass ' || pass AS value, 'listed' AS denominator, count(*) AS numerator, sum(count(*)) OVER () AS size
    FROM facts WHERE in_listed GROUP BY pass
),
per_name AS (
    SELECT tld, mx_site, list_has_any([q_mx_status, q_txt_status, q_dmarc_status, q_mta_sts_status, q_tls_rpt_status], ['servfail', 'bogus', 'refused', 'notimp',
        'formerr', 'other_rcode', 'timeout', 'network_error', 'truncated', 'malformed', 'lame', 'cname_loop']) AS failed
    FROM facts WHERE in_resolvable
),
by_tld AS (
    SELECT 'unknown_by_tld' AS measure, 'all' AS query, tld AS value, 'resolvable' AS denominator, count(*) FILTER (failed) AS numerator, count(*) AS size
    FROM per_name GROUP BY tld HAVING numerator > 0 ORDER BY numerator DESC, tld LIMIT 50
),
by_mx AS (
    SELECT 'unknown_by_mx' AS measure, 'all' AS query, mx_site AS value, 'resolvable' AS denominator, count(*) FILTER (failed) AS numerator, count(*) AS size
    FROM per_name WHERE mx_site <> '' GROUP BY mx_site HAVING numerator > 0 ORDER BY numerator DESC, mx_site LIMIT 50
),
everything AS (
    SELECT *, sum(numerator) OVER (PARTITION BY query, denominator) AS size FROM status
    UNION ALL FROM over_tcp UNION ALL FROM retried UNION ALL FROM late UNION ALL FROM by_tld UNION ALL FROM by_mx
)
SELECT
    measure, query, value,
    -- Does the answer say neither yes nor no? not_queried (excluded, pruned, or the run ended first) counts neither way.
    CASE WHEN measure = 'status' THEN value NOT IN ('ok', 'nodata', 'nxdomain', 'name_too_long', 'not_queried') END AS is_unknown,
    denominator, numerator::BIGINT AS numerator, size::BIGINT AS decided, 0::BIGINT AS unknown, size::BIGINT AS size,
    ratio(numerator, size) AS share, ratio(numerator, size) AS low, ratio(numerator, size) AS high
FROM everything
ORDER BY measure, query, denominator, numerator DESC, value;

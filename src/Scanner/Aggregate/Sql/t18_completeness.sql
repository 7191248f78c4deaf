-- T18, completeness: what became of the questions, the table that nobody prints. Section 11 aims at less than 0.5 % unknown of the
-- resolvable names for each query type.
--   measure  status: the final status of a query type, which adds up to the names that it was asked for;
--            tries: of the questions sent, how many tries the last pass took; over_tcp: those whose last try went over TCP;
--            failed_tries: those of which a try came to that status in any pass, several may apply;
--            mop_up: of the questions that the first pass left unknown and a later one asked again, those converted (answered) and those
--            still unknown; settled_late: of the names with rows, those settled in a later pass;
--            unknown_by_tld, unknown_by_mx_provider, unknown_by_mx_site: share of names with an unknown answer, of any query type, among those of a
--            TLD, a mail provider, the domain of the MX host; the fifty with the most. Failures cluster, and a provider that refuses the scanner
--            biases the results (section 11). The provider of the name servers, which section 4 of tables.md names, would need a question for
--            NS more for each name: the provider of its mail stands in for it
--   query    the query type; "all" for the last four. How often a, aaaa, domainkey, bimi and soa were tried is not in the rows: they have a status only
-- In status, tries and failed_tries share is over all names asked: unknown statuses are part of what is counted, not of what is missing.
WITH combinations AS (
    -- A million names come to a few hundred different combinations: count those, then take them apart.
    SELECT COLUMNS('^q_.*_status$'), COLUMNS('^q_(mx|txt|dmarc|mta_sts|tls_rpt)_(tries|tcp|pass|failed)$'), in_listed, in_resolvable, count(*) AS names
    FROM facts GROUP BY ALL
),
by_query AS (
    -- NULL is a question that was not asked: UNPIVOT leaves it out.
    SELECT regexp_extract(query, '^q_(.*)_status$', 1) AS query, status, in_listed, in_resolvable, names
    FROM combinations UNPIVOT (status FOR query IN (COLUMNS('^q_.*_status$')))
),
status AS (
    SELECT 'status' AS measure, query, status AS value, 'listed' AS denominator, coalesce(sum(names) FILTER (in_listed), 0) AS numerator
    FROM by_query GROUP BY ALL
    UNION ALL
    SELECT 'status', query, status, 'resolvable', coalesce(sum(names) FILTER (in_resolvable), 0) FROM by_query GROUP BY ALL
),
-- The five base questions with all that the rows know of each.
asked AS (
    SELECT unnest([
        {'query': 'mx', 'status': q_mx_status, 'tries': q_mx_tries, 'tcp': q_mx_tcp, 'pass': q_mx_pass, 'failed': q_mx_failed},
        {'query': 'txt', 'status': q_txt_status, 'tries': q_txt_tries, 'tcp': q_txt_tcp, 'pass': q_txt_pass, 'failed': q_txt_failed},
        {'query': 'dmarc', 'status': q_dmarc_status, 'tries': q_dmarc_tries, 'tcp': q_dmarc_tcp, 'pass': q_dmarc_pass, 'failed': q_dmarc_failed},
        {'query': 'mta_sts', 'status': q_mta_sts_status, 'tries': q_mta_sts_tries, 'tcp': q_mta_sts_tcp, 'pass': q_mta_sts_pass, 'failed': q_mta_sts_failed},
        {'query': 'tls_rpt', 'status': q_tls_rpt_status, 'tries': q_tls_rpt_tries, 'tcp': q_tls_rpt_tcp, 'pass': q_tls_rpt_pass, 'failed': q_tls_rpt_failed}
    ], recursive := true), names
    FROM combinations WHERE in_listed
),
sent AS (
    SELECT
        query, says_nothing(status) AS failed_finally, least(tries, 4) AS tries, tcp, pass, list_distinct(failed) AS failed, sum(names) AS names
    FROM asked WHERE tries > 0 GROUP BY ALL
),
of_sent AS (
    SELECT 'tries' AS measure, query, CASE WHEN tries = 4 THEN '4 or more' ELSE tries::VARCHAR END AS value, names FROM sent
    UNION ALL
    SELECT 'over_tcp', query, 'tcp', names FROM sent WHERE tcp
    UNION ALL
    SELECT 'failed_tries', query, unnest(failed), names FROM sent
),
sizes AS (
    SELECT query, sum(names) AS size FROM sent GROUP BY query
),
mop_up AS (
    SELECT
        'mop_up' AS measure, query, CASE WHEN failed_finally THEN 'still unknown' ELSE 'converted' END AS value, 'listed:unknown_after_pass_1' AS denominator,
        sum(names) AS numerator, sum(sum(names)) OVER (PARTITION BY query) AS size
    FROM sent WHERE pass > 1 GROUP BY query, failed_finally
),
late AS (
    SELECT 'settled_late' AS measure, 'all' AS query, 'pass ' || pass AS value, 'listed' AS denominator, count(*) AS numerator, sum(count(*)) OVER () AS size
    FROM facts WHERE in_listed GROUP BY pass
),
per_name AS (
    SELECT tld, nullif(mx_site, '') AS mx_site, mx_provider, coalesce(
        says_nothing(q_mx_status) OR says_nothing(q_txt_status) OR says_nothing(q_dmarc_status) OR says_nothing(q_mta_sts_status) OR says_nothing(q_tls_rpt_status)
        OR says_nothing(q_a_status) OR says_nothing(q_aaaa_status) OR says_nothing(q_domainkey_status) OR says_nothing(q_bimi_status) OR says_nothing(q_soa_status), false) AS failed
    FROM facts WHERE in_resolvable
),
by_kind AS (
    SELECT
        CASE WHEN grouping(tld) = 0 THEN 'unknown_by_tld' WHEN grouping(mx_provider) = 0 THEN 'unknown_by_mx_provider' ELSE 'unknown_by_mx_site' END AS measure,
        coalesce(tld, mx_provider, mx_site) AS value, count(*) FILTER (failed) AS numerator, count(*) AS size
    FROM per_name GROUP BY GROUPING SETS ((tld), (mx_provider), (mx_site))
),
worst AS (
    SELECT measure, 'all' AS query, value, 'resolvable' AS denominator, numerator, size
    FROM by_kind WHERE value IS NOT NULL AND numerator > 0
    QUALIFY row_number() OVER (PARTITION BY measure ORDER BY numerator DESC, value) <= 50
),
everything AS (
    SELECT *, sum(numerator) OVER (PARTITION BY query, denominator) AS size FROM status
    UNION ALL
    SELECT measure, query, value, 'listed:sent', sum(names), any_value(size) FROM of_sent JOIN sizes USING (query) GROUP BY ALL
    UNION ALL FROM mop_up UNION ALL FROM late UNION ALL FROM worst
)
SELECT
    measure, query, value,
    -- Does the answer say neither yes nor no? not_queried (excluded, pruned, or the run ended first) counts neither way.
    CASE WHEN measure = 'status' THEN says_nothing(value) END AS is_unknown,
    denominator, numerator::BIGINT AS numerator, size::BIGINT AS decided, 0::BIGINT AS unknown, size::BIGINT AS size,
    ratio(numerator, size) AS share, ratio(numerator, size) AS low, ratio(numerator, size) AS high
FROM everything
ORDER BY measure, query, denominator, numerator DESC, value;

-- P10: the scan along its own time: queries a second, failed tries, time-outs and answers that stayed unknown, in forty bins of equal width between the
-- first and the last name. A bin holds the names whose first question was asked in it (scan_ts); a name that a later pass asked again counts
-- where it was first asked. The rows know every try of the five base questions (mx, txt, dmarc, mta_sts, tls_rpt): those that failed, and the one that
-- was answered. Queries for SPF includes, addresses and the further checks are not in the rows: the rate on the wire is higher.
--   measure  failed: of the tries, those without a usable answer; timeout: those that nobody answered; unknown: of the questions, those whose final
--            status says neither yes nor no. Tries and questions are counted here, not names
--   second   seconds from the first question of the run to the bin's middle; seconds, its width; names in it; queries, the tries
WITH span AS (
    SELECT epoch(min(scan_ts)) AS first, greatest(epoch(max(scan_ts)) - epoch(min(scan_ts)), 0.001) / 40 AS width FROM facts
),
per_name AS (
    SELECT
        least(39, floor((epoch(scan_ts) - first) / width))::INTEGER AS bin,
        [q_mx_status, q_txt_status, q_dmarc_status, q_mta_sts_status, q_tls_rpt_status] AS statuses,
        list_concat(q_mx_failed, q_txt_failed, q_dmarc_failed, q_mta_sts_failed, q_tls_rpt_failed) AS failed,
        list_filter([
            CASE WHEN q_mx_tries > 0 THEN q_mx_status END, CASE WHEN q_txt_tries > 0 THEN q_txt_status END, CASE WHEN q_dmarc_tries > 0 THEN q_dmarc_status END,
            CASE WHEN q_mta_sts_tries > 0 THEN q_mta_sts_status END, CASE WHEN q_tls_rpt_tries > 0 THEN q_tls_rpt_status END
        ], lambda s: s IN ('ok', 'nodata', 'nxdomain')) AS answered
    FROM facts, span
    WHERE scan_ts IS NOT NULL
),
bins AS (
    SELECT
        bin, count(*) AS names, sum(coalesce(len(failed), 0)) AS failed, sum(coalesce(len(failed), 0) + len(answered)) AS queries,
        sum(coalesce(len(list_filter(failed, lambda f: f = 'timeout')), 0)) AS timeout,
        sum(len(list_filter(statuses, lambda s: s <> 'not_queried'))) AS questions,
        sum(len(list_filter(statuses, lambda s: s NOT IN ('ok', 'nodata', 'nxdomain', 'name_too_long', 'not_queried')))) AS unknown
    FROM per_name GROUP BY bin
),
rows AS (
    SELECT bin, names, queries, unnest([
        {'measure': 'failed', 'denominator': 'tries', 'numerator': failed, 'size': queries},
        {'measure': 'timeout', 'denominator': 'tries', 'numerator': timeout, 'size': queries},
        {'measure': 'unknown', 'denominator': 'questions', 'numerator': unknown, 'size': questions}
    ], recursive := true)
    FROM bins
)
SELECT
    measure, bin, (bin + 0.5) * width AS second, width AS seconds, names, queries::BIGINT AS queries, denominator, numerator::BIGINT AS numerator, size::BIGINT AS decided, 0::BIGINT AS unknown,
    size::BIGINT AS size, ratio(numerator, size) AS share, ratio(numerator, size) AS low, ratio(numerator, size) AS high
FROM rows, span
ORDER BY measure, bin;

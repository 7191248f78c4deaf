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
-- In one bin most names have had the same answers: count those, then look into them.
combinations AS (
    SELECT
        least(39, floor((epoch(scan_ts) - first) / width))::INTEGER AS bin,
        q_mx_status, q_txt_status, q_dmarc_status, q_mta_sts_status, q_tls_rpt_status,
        q_mx_tries > 0 AS mx_sent, q_txt_tries > 0 AS txt_sent, q_dmarc_tries > 0 AS dmarc_sent, q_mta_sts_tries > 0 AS mta_sts_sent, q_tls_rpt_tries > 0 AS tls_rpt_sent,
        q_mx_failed, q_txt_failed, q_dmarc_failed, q_mta_sts_failed, q_tls_rpt_failed,
        count(*) AS names
    FROM facts, span
    WHERE scan_ts IS NOT NULL
    GROUP BY ALL
),
answers AS (
    SELECT
        bin, names,
        [q_mx_status, q_txt_status, q_dmarc_status, q_mta_sts_status, q_tls_rpt_status] AS statuses,
        coalesce(list_concat(q_mx_failed, q_txt_failed, q_dmarc_failed, q_mta_sts_failed, q_tls_rpt_failed), []) AS failed,
        list_filter([
            CASE WHEN mx_sent THEN q_mx_status END, CASE WHEN txt_sent THEN q_txt_status END, CASE WHEN dmarc_sent THEN q_dmarc_status END,
            CASE WHEN mta_sts_sent THEN q_mta_sts_status END, CASE WHEN tls_rpt_sent THEN q_tls_rpt_status END
        ], lambda s: s IN ('ok', 'nodata', 'nxdomain')) AS answered
    FROM combinations
),
bins AS (
    SELECT
        bin, sum(names) AS names, sum(names * len(failed)) AS failed, sum(names * (len(failed) + len(answered))) AS queries,
        sum(names * len(list_filter(failed, lambda f: f = 'timeout'))) AS timeout,
        sum(names * len(list_filter(statuses, lambda s: s <> 'not_queried'))) AS questions,
        sum(names * len(list_filter(statuses, lambda s: says_nothing(s)))) AS unknown
    FROM answers GROUP BY bin
),
rows AS (
    SELECT bin, names::BIGINT AS names, queries, unnest([
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

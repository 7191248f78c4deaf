-- T20, list churn: names that are in one list only, so that nothing can be said about a change of theirs. Needs compare.sql.
SELECT
    CASE WHEN in_old AND in_new THEN 'in both lists' WHEN in_new THEN 'entered' ELSE 'left' END AS churn, 'either list' AS denominator,
    count(*) AS numerator, sum(count(*)) OVER ()::BIGINT AS decided, 0::BIGINT AS unknown, sum(count(*)) OVER ()::BIGINT AS size,
    ratio(count(*), sum(count(*)) OVER ()) AS share, ratio(count(*), sum(count(*)) OVER ()) AS low, ratio(count(*), sum(count(*)) OVER ()) AS high
FROM pair
GROUP BY ALL
ORDER BY churn;

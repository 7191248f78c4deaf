-- U1: three intervals for each headline share over mail, side by side, because each answers another question and none replaces another.
--   low, high                  missing data: what the share of all could be, whatever the unknown names would have said. For the names of the
--                              list, which were all asked, this is the whole uncertainty: a census has no sampling error
--   wilson_low, wilson_high    sampling: 95 % Wilson score interval, only where the run is a random sample (SET VARIABLE sampled = true)
--   cluster_low, cluster_high  providers: 95 % bootstrap interval with whole providers resampled, for statements beyond these names; its
--                              input is clusters.sql, the resampling is done by the program (ClusterBootstrap.cs) and handed over as the
--                              table cluster_intervals (metric, cluster_low, cluster_high, clusters, effective_n)
SELECT
    metric, denominator, numerator, decided, unknown, size, share, low, high,
    CASE WHEN getvariable('sampled') THEN wilson_low(numerator, decided) END AS wilson_low,
    CASE WHEN getvariable('sampled') THEN wilson_high(numerator, decided) END AS wilson_high,
    cluster_low, cluster_high, clusters, round(effective_n)::BIGINT AS effective_n
FROM adoption_by('all') LEFT JOIN cluster_intervals USING (metric)
WHERE denominator = 'mail'
ORDER BY metric;

-- T20, the trend: every metric over listed and mail in each run of a series. run is the 0-based place in the order given. Each row is of all
-- names of its list, so list churn is in it: for changes of the same names see t20_difference.
SELECT class AS run, metric, denominator, numerator, decided, unknown, size, share, low, high
FROM adoption_by(run)
WHERE class IS NOT NULL AND denominator IN ('listed', 'mail') AND decided > 0
ORDER BY metric, denominator, run;

-- T1, the population: how many names of each kind, and into which denominators they fall. Rebuilds every study's denominator.
-- Needs facts.sql and denominators.sql. mx_class is NULL for names that were not asked; mail_usable is NULL where the run did not
-- resolve the MX hosts.
SELECT
    input_class,
    mx_class,
    count(*) AS names,
    count(*) FILTER (in_listed) AS listed,
    count(*) FILTER (in_resolvable) AS resolvable,
    count(*) FILTER (in_has_mx_rr) AS has_mx_rr,
    count(*) FILTER (in_mail) AS mail,
    CASE WHEN (SELECT size FROM denominators WHERE denominator = 'mail_usable') IS NOT NULL
         THEN count(*) FILTER (in_mail_usable) END AS mail_usable,
    count(*) FILTER (in_mail_or_addr) AS mail_or_addr,
    count(*) FILTER (in_no_mail_declared) AS no_mail_declared
FROM facts
GROUP BY ALL
ORDER BY input_class, mx_class;

-- T2, the headline: every metric over every denominator. Rebuilds the adoption table of most studies, each of which uses one of these
-- denominators: EasyDMARC and DMARCguard "listed", the Tranco page and MailTester "has_mx_rr" or "mail". What each metric counts stands
-- in facts.sql.
SELECT metric, denominator, numerator, decided, unknown, size, share, low, high
FROM adoption_by('all')
ORDER BY metric, denominator;

-- The size of each denominator (section 3.4). NULL: this run cannot tell, because it did not look at MX, or not at the MX hosts.
-- Needs facts.sql.
CREATE OR REPLACE VIEW denominators AS
WITH sizes AS (
    SELECT
        count(*) FILTER (in_listed) AS listed,
        count(*) FILTER (in_resolvable) AS resolvable,
        CASE WHEN count(mx_class) > 0 THEN count(*) FILTER (in_has_mx_rr) END AS has_mx_rr,
        CASE WHEN count(mx_class) > 0 THEN count(*) FILTER (in_mail) END AS mail,
        CASE WHEN count(*) FILTER (mx_class IN ('mx_ok', 'mx_dangling', 'mx_unverified')) > 0
             THEN count(*) FILTER (in_mail_usable) END AS mail_usable,
        CASE WHEN count(mx_class) > 0 THEN count(*) FILTER (in_mail_or_addr) END AS mail_or_addr,
        CASE WHEN count(mx_class) > 0 THEN count(*) FILTER (in_no_mail_declared) END AS no_mail_declared
    FROM facts
)
SELECT denominator, size FROM sizes UNPIVOT INCLUDE NULLS (size FOR denominator IN (COLUMNS(*)));

-- P6: the distribution of the number of IPv4 addresses that SPF records allow: for each number that occurs (rounded down to three digits) the
-- names of mail that allow at most so many. Of records that could be walked. Needed for a curve; T8 has the thresholds.
WITH counts AS (
    SELECT class AS addresses, denominator, numerator AS names, decided, unknown, size
    FROM shares_of(
        CASE WHEN spf_status <> 'temperror' THEN
            CASE WHEN spf_ipv4_count < 1000 THEN spf_ipv4_count
                 ELSE (spf_ipv4_count // (10 ** (floor(log10(spf_ipv4_count)) - 2))::BIGINT) * (10 ** (floor(log10(spf_ipv4_count)) - 2))::BIGINT END END,
        spf_ipv4_count IS NOT NULL, 'walkable')
    WHERE denominator = 'mail:walkable'
)
SELECT
    addresses, denominator, sum(names) OVER up_to::BIGINT AS numerator, decided, unknown, size,
    ratio(sum(names) OVER up_to, decided) AS share, ratio(sum(names) OVER up_to, size) AS low, ratio(sum(names) OVER up_to + unknown, size) AS high
FROM counts
WINDOW up_to AS (ORDER BY addresses)
ORDER BY addresses;

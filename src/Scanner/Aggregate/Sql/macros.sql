-- What the tables have in common. Needs facts.sql and denominators.sql.
--
-- Every row of every table ends with the same eight columns:
--   denominator  the set that the row speaks of. "mail" is the names that run mail (section 3.4); "mail:is_spf_published" is those of
--                them for which is_spf_published holds
--   numerator    names that the row counts
--   decided      names of the denominator for which it is known whether it counts them
--   unknown      the others: decided + unknown = size
--   size         names in the denominator
--   share        numerator / decided
--   low, high    missing-data bounds: the share of all when every unknown is a no, or a yes. Exact for a census, no sampling error.
-- Where a row is to stand for more than the names it counts (a sample, a bucket), wilson_low and wilson_high are there as well: the
-- 95 % Wilson score interval of share over decided. It knows sampling error only, and the bounds know missing data only.

CREATE OR REPLACE MACRO ratio(part, whole) AS CASE WHEN whole > 0 THEN part / whole END;

-- Wilson 1927, z = 1.96 (two-sided 95 %). NULL where nothing is decided.
CREATE OR REPLACE MACRO wilson_low(k, n) AS CASE WHEN n > 0 THEN greatest(0.0,
    (k / n + 1.9208 / n - 1.96 * sqrt(k / n * (1 - k / n) / n + 0.9604 / n / n)) / (1 + 3.8416 / n)) END;
CREATE OR REPLACE MACRO wilson_high(k, n) AS CASE WHEN n > 0 THEN least(1.0,
    (k / n + 1.9208 / n + 1.96 * sqrt(k / n * (1 - k / n) / n + 0.9604 / n / n)) / (1 + 3.8416 / n)) END;

-- The status of a query that says neither yes nor no. NULL where nothing was asked for.
CREATE OR REPLACE MACRO says_nothing(status) AS status NOT IN ('ok', 'nodata', 'nxdomain', 'name_too_long', 'not_queried');

-- Which parts of a run were measured. A check that did not run has NULL in all its columns, and no rows in the tables: never zeros.
CREATE OR REPLACE VIEW measured AS
WITH counts AS (
    SELECT
        count(mx_class) > 0 AS mx,
        count(*) FILTER (mx_class IN ('mx_ok', 'mx_dangling', 'mx_unverified')) > 0 AS mx_addresses,
        count(mx_provider) > 0 AS mx_provider,
        count(spf_status) > 0 AS spf,
        count(spf_void_worst) > 0 AS spf_void,
        count(dmarc_record) > 0 AS dmarc,
        count(rua_auth) > 0 AS rua_auth,
        count(mtasts_status) > 0 AS mtasts,
        count(tlsrpt_status) > 0 AS tlsrpt,
        count(dkim_presence) > 0 AS dkim,
        count(dane_status) > 0 AS dane,
        count(bimi_status) > 0 AS bimi,
        count(dnssec_state) > 0 AS dnssec,
        count(wildcard_txt) > 0 AS wildcard
    FROM facts
)
FROM counts UNPIVOT (is_measured FOR part IN (COLUMNS(*)));

CREATE OR REPLACE MACRO was_measured(wanted) AS (SELECT is_measured FROM measured WHERE part = wanted);

-- Every metric over every denominator, for each value of an expression over facts: T2 for everyone, by rank, by TLD, ... wanted names the
-- denominators, all unless given: with many values the others are most of the work.
CREATE OR REPLACE MACRO adoption_by(label, wanted := NULL) AS TABLE
WITH combinations AS (
    -- A million names come to a few thousand different combinations: count those, then take them apart.
    SELECT label AS class, COLUMNS('^(in|is)_'), count(*) AS names FROM facts GROUP BY ALL
),
members AS (
    FROM combinations UNPIVOT (member FOR denominator IN (COLUMNS('^in_'))) WHERE wanted IS NULL OR list_contains(wanted, denominator[4:])
),
sums AS (
    SELECT
        class, denominator[4:] AS denominator,
        coalesce(sum(names) FILTER (member), 0)::BIGINT AS size,
        struct_pack(yes := coalesce(sum(names) FILTER (member AND COLUMNS('^is_')), 0)::BIGINT,
                    unknown := coalesce(sum(names) FILTER (member AND COLUMNS('^is_') IS NULL), 0)::BIGINT) AS '\0'
    FROM members
    GROUP BY class, denominator
),
long AS (
    SELECT class, metric[4:] AS metric, denominator, counts.yes AS numerator, size - counts.unknown AS decided, counts.unknown AS unknown, size
    FROM sums UNPIVOT (counts FOR metric IN (COLUMNS('^is_')))
)
SELECT *, ratio(numerator, decided) AS share, ratio(numerator, size) AS low, ratio(numerator + unknown, size) AS high
FROM long
WHERE denominator IN (SELECT denominator FROM denominators WHERE size IS NOT NULL)
  -- The family of a metric is the check that it comes from; "enf" is DMARC's.
  AND replace(split_part(metric, '_', 1), 'enf', 'dmarc') IN (SELECT part FROM measured WHERE is_measured);

-- How the names of every denominator spread over the values of an expression. label is NULL where a name's value is unknown.
-- part restricts the denominators to the names for which it is true, and part_name names it; true and '' for no restriction. A name for
-- which part is unknown is outside, as it is outside of "those with an SPF record" when TXT was not answered.
CREATE OR REPLACE MACRO shares_of(label, part, part_name) AS TABLE
WITH combinations AS (
    SELECT label AS class, COLUMNS('^in_'), count(*) AS names FROM facts WHERE part GROUP BY ALL
),
members AS (
    FROM combinations UNPIVOT (member FOR denominator IN (COLUMNS('^in_')))
),
counts AS (
    SELECT
        class, denominator[4:] AS denominator, sum(names) FILTER (member)::BIGINT AS numerator,
        sum(sum(names) FILTER (member)) OVER (PARTITION BY denominator)::BIGINT AS size,
        coalesce(sum(sum(names) FILTER (member AND class IS NULL)) OVER (PARTITION BY denominator), 0)::BIGINT AS unknown
    FROM members
    GROUP BY class, denominator
)
SELECT
    class, denominator || CASE WHEN part_name = '' THEN '' ELSE ':' || part_name END AS denominator,
    numerator, size - unknown AS decided, unknown, size,
    ratio(numerator, size - unknown) AS share, ratio(numerator, size) AS low, ratio(numerator + unknown, size) AS high
FROM counts
WHERE class IS NOT NULL AND numerator IS NOT NULL AND denominator IN (SELECT denominator FROM denominators WHERE size IS NOT NULL);

-- The same where a name may have several values, so that the shares may add up to more than one. items is NULL where they are unknown.
-- Of each denominator the most frequent values, as many as most says (a thousand unless it does); of equally frequent ones those that sort first.
CREATE OR REPLACE MACRO shares_of_each(items, part, part_name, most := 1000) AS TABLE
WITH wanted AS (
    SELECT list_distinct(items) AS all_items, COLUMNS('^in_') FROM facts WHERE part
),
sizes AS (
    FROM (SELECT struct_pack(size := count(*) FILTER (COLUMNS('^in_')), unknown := count(*) FILTER (COLUMNS('^in_') AND all_items IS NULL)) AS '\0' FROM wanted)
    UNPIVOT (names FOR denominator IN (COLUMNS('^in_')))
),
counts AS (
    SELECT class, count(*) FILTER (COLUMNS('^in_')) AS '\0'
    FROM (SELECT unnest(all_items) AS class, COLUMNS('^in_') FROM wanted)
    GROUP BY class
),
-- There may be as many hosts as names: the most frequent are picked before the denominators are taken apart.
picked AS (
    FROM (SELECT min(CASE WHEN COLUMNS('^in_') > 0 THEN {'rarity': -COLUMNS('^in_'), 'class': class} END, most) AS '\0' FROM counts)
    UNPIVOT (top FOR denominator IN (COLUMNS('^in_')))
)
SELECT
    class, denominator[4:] || CASE WHEN part_name = '' THEN '' ELSE ':' || part_name END AS denominator,
    -rarity AS numerator, size - unknown AS decided, unknown, size,
    ratio(-rarity, size - unknown) AS share, ratio(-rarity, size) AS low, ratio(unknown - rarity, size) AS high
FROM (SELECT denominator, unnest(top, recursive := true) FROM picked) JOIN (SELECT denominator, unnest(names) FROM sizes) USING (denominator)
WHERE denominator[4:] IN (SELECT denominator FROM denominators WHERE size IS NOT NULL);

-- T4: the headline by TLD, by group of TLDs and by the country of a country-code TLD, over the denominators listed and mail.
-- Rebuilds the TLD tables of Ashiq et al., Lee et al. and Maroofi et al. Few names of a TLD are in a list, hence Wilson intervals.
--   level    group (gov edu mil arpa ccTLD gTLD), country (ISO 3166 code), tld
-- gov, edu and mil as facts.sql tells them (sector); country codes in other scripts count for their country where the table below has them,
-- else as gTLD.
WITH scripts AS (
    FROM (VALUES ('xn--p1ai', 'RU'), ('xn--j1amh', 'UA'), ('xn--90a3ac', 'RS'), ('xn--90ais', 'BY'), ('xn--fiqs8s', 'CN'), ('xn--fiqz9s', 'CN'),
                 ('xn--j6w193g', 'HK'), ('xn--kprw13d', 'TW'), ('xn--kpry57d', 'TW'), ('xn--3e0b707e', 'KR'), ('xn--h2brj9c', 'IN'), ('xn--mgbaam7a8h', 'AE'),
                 ('xn--wgbh1c', 'EG'), ('xn--mgberp4a5d4ar', 'SA'), ('xn--mgba3a4f16a', 'IR'), ('xn--e1a4c', 'EU'), ('xn--qxam', 'GR'), ('xn--o3cw4h', 'TH'),
                 ('xn--node', 'GE'), ('xn--80ao21a', 'KZ'), ('xn--yfro4i67o', 'SG'), ('xn--mgbayh7gpa', 'JO')) s(script_tld, country)
),
tlds AS (
    SELECT DISTINCT
        tld,
        CASE WHEN tld = 'uk' THEN 'GB' WHEN length(tld) = 2 THEN upper(tld) ELSE country END AS country
    FROM facts LEFT JOIN scripts ON tld = script_tld
),
-- The group needs the name, the country only the TLD: so the TLD is what is counted, together with the group.
counted AS (
    FROM adoption_by({
        'tld': tld,
        'sector': sector
    }, wanted := ['listed', 'mail'])
),
levels AS (
    SELECT 'group' AS level, coalesce(class.sector, CASE WHEN country IS NULL THEN 'gTLD' ELSE 'ccTLD' END) AS value, counted.*
    FROM counted JOIN tlds ON class.tld = tlds.tld
    UNION ALL
    SELECT 'country', country, counted.* FROM counted JOIN tlds ON class.tld = tlds.tld WHERE country IS NOT NULL
    UNION ALL
    SELECT 'tld', class.tld, * FROM counted
),
sums AS (
    SELECT
        level, value, metric, denominator,
        sum(numerator)::BIGINT AS numerator, sum(decided)::BIGINT AS decided, sum(unknown)::BIGINT AS unknown, sum(size)::BIGINT AS size
    FROM levels
    GROUP BY ALL
)
SELECT
    *, ratio(numerator, decided) AS share, ratio(numerator, size) AS low, ratio(numerator + unknown, size) AS high,
    wilson_low(numerator, decided) AS wilson_low, wilson_high(numerator, decided) AS wilson_high
FROM sums
WHERE size > 0
ORDER BY level, max(size) OVER (PARTITION BY level, value) DESC, value, metric, denominator;

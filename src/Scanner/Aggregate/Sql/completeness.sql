-- T18, completeness: per query type the names by final status, over all and over resolvable ones (section 11: the aim is less than
-- 0.5 % unknown of the resolvable names). is_unknown is true where the answer does not say whether there is a record; not_queried
-- (excluded, pruned, or the run ended first) counts neither way. Needs facts.sql.
WITH combinations AS (
    -- A million names come to a few hundred different combinations: count those, then take them apart.
    SELECT COLUMNS('^q_.*_status$'), in_listed, in_resolvable, count(*) AS names FROM facts GROUP BY ALL
),
by_query AS (
    -- NULL is a question that was not asked: UNPIVOT leaves it out.
    FROM combinations UNPIVOT (status FOR query IN (COLUMNS('^q_.*_status$')))
)
SELECT
    regexp_extract(query, '^q_(.*)_status$', 1) AS query,
    status,
    says_nothing(status) AS is_unknown,
    coalesce(sum(names) FILTER (in_listed), 0)::BIGINT AS listed,
    coalesce(sum(names) FILTER (in_resolvable), 0)::BIGINT AS resolvable
FROM by_query
GROUP BY ALL
ORDER BY query, status;

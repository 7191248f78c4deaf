-- T18, completeness: per query type the names by final status, over all and over resolvable ones (section 11: the aim is less than
-- 0.5 % unknown of the resolvable names). is_unknown is true where the answer does not say whether there is a record; not_queried
-- (excluded, pruned, or the run ended first) counts neither way. Needs facts.sql.
WITH by_query AS (
    UNPIVOT facts ON COLUMNS('^q_.*_status$') INTO NAME query VALUE status
)
SELECT
    regexp_extract(query, '^q_(.*)_status$', 1) AS query,
    status,
    status NOT IN ('ok', 'nodata', 'nxdomain', 'name_too_long', 'not_queried') AS is_unknown,
    count(*) FILTER (in_listed) AS listed,
    count(*) FILTER (in_resolvable) AS resolvable
FROM by_query
GROUP BY ALL
ORDER BY query, status;

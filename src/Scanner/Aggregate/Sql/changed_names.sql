-- The names in both lists of which a class changed, one row for each name and protocol; those that were unknown on one side are not here.
-- Needs compare.sql.
SELECT name, old_rank, new_rank, protocol, before, after, transition
FROM state_pairs
WHERE transition NOT IN ('same', 'unknown')
ORDER BY protocol, transition, name;

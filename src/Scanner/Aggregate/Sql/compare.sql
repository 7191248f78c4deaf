-- T20, the ground: names of two runs side by side, as the table pair and the
-- views state_pairs and metric_pairs over it. Needs rows with a column run (0 is the old run, 1 the
-- new one) and facts.sql. What is compared, and what counts as stronger, is the table strengths; unknown has no strength and is kept
-- out of both sides: a name that could not be asked tonight has not lost its record.
CREATE OR REPLACE TABLE strengths AS
FROM (VALUES
    ('mail', 'no', 0), ('mail', 'yes', 1),
    -- RFC 7208: what the record says about everyone else. dynamic depends on the sender: it is compared with nothing but itself.
    ('spf', 'none', 0), ('spf', 'invalid', 1), ('spf', 'pass', 2), ('spf', 'neutral', 3), ('spf', 'softfail', 4), ('spf', 'fail', 5), ('spf', 'dynamic', NULL),
    -- RFC 9989, own or inherited: the policy in effect.
    ('dmarc', 'absent', 0), ('dmarc', 'no_effect', 1), ('dmarc', 'none', 2), ('dmarc', 'quarantine', 3), ('dmarc', 'reject', 4),
    -- RFC 8461: broken is a record without a usable policy; mode none withdraws a policy.
    ('mtasts', 'absent', 0), ('mtasts', 'broken', 1), ('mtasts', 'valid_none', 2), ('mtasts', 'valid_testing', 3), ('mtasts', 'valid_enforce', 4),
    ('tlsrpt', 'absent', 0), ('tlsrpt', 'broken', 1), ('tlsrpt', 'valid', 2),
    ('dkim', 'absent', 0), ('dkim', 'not_found', NULL), ('dkim', 'namespace_only', 1), ('dkim', 'revoked_only', 1), ('dkim', 'key_found', 2),
    ('dane', 'none', 0), ('dane', 'unusable', 1), ('dane', 'tlsa_insecure', 1), ('dane', 'partial', 2), ('dane', 'full', 3),
    ('bimi', 'absent', 0), ('bimi', 'declined', 1), ('bimi', 'invalid', 1), ('bimi', 'multiple', 1), ('bimi', 'logo', 2), ('bimi', 'logo_with_evidence', 3),
    ('dnssec', 'insecure', 0), ('dnssec', 'bogus', 1), ('dnssec', 'secure', 2)
) s(protocol, state, strength);

CREATE OR REPLACE TABLE pair AS
WITH sides AS (
    SELECT
        run, name, rank, tld, coalesce(mx_provider, nullif(mx_site, ''), '(none)') AS provider, in_mail,
        {
            'mail': CASE WHEN runs_mail IS NOT NULL THEN CASE WHEN runs_mail THEN 'yes' ELSE 'no' END END,
            'spf': nullif(spf_class, 'unknown'),
            'dmarc': nullif(dmarc_class, 'unknown'),
            'mtasts': CASE WHEN mtasts_status IN ('absent', 'valid_none', 'valid_testing', 'valid_enforce') THEN mtasts_status
                           WHEN mtasts_status <> 'unknown' THEN 'broken' END,
            'tlsrpt': CASE WHEN tlsrpt_status IN ('absent', 'valid') THEN tlsrpt_status WHEN tlsrpt_status <> 'unknown' THEN 'broken' END,
            'dkim': nullif(dkim_presence, 'unknown'),
            'dane': CASE WHEN dane_status NOT IN ('unknown', 'bogus') THEN dane_status END,
            'bimi': nullif(bimi_status, 'unknown'),
            'dnssec': nullif(dnssec_state, 'unknown')
        } AS states,
        {
            'spf_published': is_spf_published,
            'spf_valid': is_spf_valid,
            'spf_strict': is_spf_strict,
            'dmarc_own': is_dmarc_own,
            'dmarc_effective': is_dmarc_effective,
            'enf_p': is_enf_p,
            'enf_9989': is_enf_9989,
            'mtasts_published': is_mtasts_published,
            'mtasts_working': is_mtasts_working,
            'mtasts_enforcing': is_mtasts_enforcing,
            'tlsrpt_published': is_tlsrpt_published,
            'dkim_key_found': is_dkim_key_found,
            'dane_full': is_dane_full,
            'bimi_published': is_bimi_published,
            'dnssec_secure': is_dnssec_secure
        } AS metrics
    FROM facts
    WHERE in_listed
)
SELECT
    coalesce(o.name, n.name) AS name, o.rank AS old_rank, n.rank AS new_rank, coalesce(n.tld, o.tld) AS tld,
    o.provider AS old_provider, n.provider AS new_provider,
    o.name IS NOT NULL AS in_old, n.name IS NOT NULL AS in_new, coalesce(o.in_mail AND n.in_mail, false) AS mail_in_both,
    o.states AS old_states, n.states AS new_states, o.metrics AS old_metrics, n.metrics AS new_metrics
FROM (FROM sides WHERE run = 0) o FULL JOIN (FROM sides WHERE run = 1) n ON o.name = n.name;

-- Which protocols both runs measured: of the others nothing is compared.
CREATE OR REPLACE TABLE compared AS
FROM (
    SELECT
        count(old_states.mail) > 0 AND count(new_states.mail) > 0 AS mail,
        count(old_states.spf) > 0 AND count(new_states.spf) > 0 AS spf,
        count(old_states.dmarc) > 0 AND count(new_states.dmarc) > 0 AS dmarc,
        count(old_states.mtasts) > 0 AND count(new_states.mtasts) > 0 AS mtasts,
        count(old_states.tlsrpt) > 0 AND count(new_states.tlsrpt) > 0 AS tlsrpt,
        count(old_states.dkim) > 0 AND count(new_states.dkim) > 0 AS dkim,
        count(old_states.dane) > 0 AND count(new_states.dane) > 0 AS dane,
        count(old_states.bimi) > 0 AND count(new_states.bimi) > 0 AS bimi,
        count(old_states.dnssec) > 0 AND count(new_states.dnssec) > 0 AS dnssec
    FROM pair
) UNPIVOT (both_measured FOR protocol IN (COLUMNS(*)));

-- One row for each name in both lists and protocol: its state before and after, and what became of it.
CREATE OR REPLACE VIEW state_pairs AS
WITH long AS (
    SELECT name, old_rank, new_rank, tld, old_provider, new_provider, mail_in_both, unnest([
        {'protocol': 'mail', 'before': old_states.mail, 'after': new_states.mail},
        {'protocol': 'spf', 'before': old_states.spf, 'after': new_states.spf},
        {'protocol': 'dmarc', 'before': old_states.dmarc, 'after': new_states.dmarc},
        {'protocol': 'mtasts', 'before': old_states.mtasts, 'after': new_states.mtasts},
        {'protocol': 'tlsrpt', 'before': old_states.tlsrpt, 'after': new_states.tlsrpt},
        {'protocol': 'dkim', 'before': old_states.dkim, 'after': new_states.dkim},
        {'protocol': 'dane', 'before': old_states.dane, 'after': new_states.dane},
        {'protocol': 'bimi', 'before': old_states.bimi, 'after': new_states.bimi},
        {'protocol': 'dnssec', 'before': old_states.dnssec, 'after': new_states.dnssec}
    ]) AS p
    FROM pair
    WHERE in_old AND in_new
)
SELECT
    long.* EXCLUDE (p), p.protocol AS protocol, p.before AS before, p.after AS after,
    CASE
        WHEN p.before IS NULL OR p.after IS NULL THEN 'unknown'
        WHEN p.before = p.after THEN 'same'
        WHEN o.strength = 0 THEN 'appeared'
        WHEN n.strength = 0 THEN 'vanished'
        WHEN o.strength < n.strength THEN 'strengthened'
        WHEN o.strength > n.strength THEN 'weakened'
        ELSE 'changed'
    END AS transition
FROM long
LEFT JOIN strengths o ON o.protocol = p.protocol AND o.state = p.before
LEFT JOIN strengths n ON n.protocol = p.protocol AND n.state = p.after
WHERE p.protocol IN (SELECT protocol FROM compared WHERE both_measured);

-- One row for each name in both lists and metric: does it hold before and after. NULL is unknown.
CREATE OR REPLACE VIEW metric_pairs AS
WITH long AS (
    SELECT name, tld, old_provider, new_provider, mail_in_both, unnest([
        {'metric': 'spf_published', 'before': old_metrics.spf_published, 'after': new_metrics.spf_published},
        {'metric': 'spf_valid', 'before': old_metrics.spf_valid, 'after': new_metrics.spf_valid},
        {'metric': 'spf_strict', 'before': old_metrics.spf_strict, 'after': new_metrics.spf_strict},
        {'metric': 'dmarc_own', 'before': old_metrics.dmarc_own, 'after': new_metrics.dmarc_own},
        {'metric': 'dmarc_effective', 'before': old_metrics.dmarc_effective, 'after': new_metrics.dmarc_effective},
        {'metric': 'enf_p', 'before': old_metrics.enf_p, 'after': new_metrics.enf_p},
        {'metric': 'enf_9989', 'before': old_metrics.enf_9989, 'after': new_metrics.enf_9989},
        {'metric': 'mtasts_published', 'before': old_metrics.mtasts_published, 'after': new_metrics.mtasts_published},
        {'metric': 'mtasts_working', 'before': old_metrics.mtasts_working, 'after': new_metrics.mtasts_working},
        {'metric': 'mtasts_enforcing', 'before': old_metrics.mtasts_enforcing, 'after': new_metrics.mtasts_enforcing},
        {'metric': 'tlsrpt_published', 'before': old_metrics.tlsrpt_published, 'after': new_metrics.tlsrpt_published},
        {'metric': 'dkim_key_found', 'before': old_metrics.dkim_key_found, 'after': new_metrics.dkim_key_found},
        {'metric': 'dane_full', 'before': old_metrics.dane_full, 'after': new_metrics.dane_full},
        {'metric': 'bimi_published', 'before': old_metrics.bimi_published, 'after': new_metrics.bimi_published},
        {'metric': 'dnssec_secure', 'before': old_metrics.dnssec_secure, 'after': new_metrics.dnssec_secure}
    ]) AS m
    FROM pair
    WHERE in_old AND in_new
)
SELECT long.* EXCLUDE (m), m.metric AS metric, m.before AS before, m.after AS after
FROM long
WHERE replace(split_part(m.metric, '_', 1), 'enf', 'dmarc') IN (SELECT protocol FROM compared WHERE both_measured);

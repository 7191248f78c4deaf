-- One row per name: its columns, which denominators it belongs to (in_...) and what holds for it (is_...).
-- Every figure is a count over this view. Needs the view "domains". In a notebook, inside a run folder:
--     .read tables/sql/schema.sql        (the empty table no_rows with every column)
--     CREATE VIEW domains AS FROM no_rows UNION ALL BY NAME FROM read_parquet('domains/part-*.parquet', union_by_name = true);
--     .read tables/sql/facts.sql
--     .read tables/sql/denominators.sql
--     .read tables/sql/macros.sql
-- After that every table's query runs as it stands. no_rows gives columns that an older run lacks, as NULL.
--
-- in_... is true or false.  is_... is true, false, or NULL for unknown: a lookup that failed, an evaluation that could not be
-- finished, a name on the opt-out list. Unknown is never counted as no. The AND below is SQL's three-valued one on purpose:
-- "unknown AND false" is false, "unknown AND true" is unknown.
-- Sections are those of the classification specification.
CREATE OR REPLACE VIEW facts AS
SELECT
    *,

    -- Where its mail goes, as far as names tell: the first MX host without its own labels. Three labels where a two-letter TLD stands
    -- behind a label of at most three letters (example.co.uk), else two. A rule of thumb, without the public suffix list;
    -- mx_provider is the attribution by published rules, where the run has it.
    regexp_extract(mx_hosts[1], '([^.]+[.][^.]{1,3}[.][^.]{2}|[^.]+[.][^.]+)$') AS mx_site,

    -- It takes its mail itself: that host is at or below the name or its organizational domain.
    mx_hosts[1] = name OR ends_with(mx_hosts[1], '.' || coalesce(org_domain_psl, name)) OR mx_hosts[1] = org_domain_psl AS mx_is_own,

    -- One of the hosts that are to get its DMARC reports is neither its organizational domain nor below it.
    list_bool_or(list_transform(rua_hosts, lambda h: NOT (h = coalesce(org_domain_psl, name) OR ends_with(h, '.' || coalesce(org_domain_psl, name))))) AS rua_is_external,

    -- gov and edu hold second-level conventions too (.gov.uk, .gouv.fr, .ac.jp, .edu.au).
    CASE
        WHEN regexp_matches(name, '(^|[.])(gov|gov[.]..|gob[.]..|gouv[.]..|go[.](jp|kr|th|id|ke|tz|ug)|govt[.]nz|gc[.]ca|admin[.]ch)$') THEN 'gov'
        WHEN regexp_matches(name, '(^|[.])(edu|edu[.]..|ac[.]..)$') THEN 'edu'
        WHEN regexp_matches(name, '(^|[.])(mil|mil[.]..)$') THEN 'mil'
        WHEN tld = 'arpa' THEN 'arpa'
    END AS sector,

    -- Denominators, section 3.4 -----------------------------------------------------------------------------------------------

    -- All distinct valid names, those on the opt-out list too: they are unknown.
    input_class NOT IN ('invalid_name', 'ip_literal') AS in_listed,

    -- Listed, without the names that do not exist and those of which nothing was learned: not one question of theirs was answered.
    -- Whether a name exists is told by MX, or by TXT where MX has no answer.
    in_listed
        AND coalesce(q_mx_status IN ('ok', 'nodata', 'nxdomain') OR q_txt_status IN ('ok', 'nodata', 'nxdomain')
            OR q_dmarc_status IN ('ok', 'nodata', 'nxdomain') OR q_mta_sts_status IN ('ok', 'nodata', 'nxdomain')
            OR q_tls_rpt_status IN ('ok', 'nodata', 'nxdomain') OR q_a_status IN ('ok', 'nodata', 'nxdomain')
            OR q_aaaa_status IN ('ok', 'nodata', 'nxdomain'), false)
        AND NOT coalesce(CASE WHEN q_mx_status IN ('ok', 'nodata', 'nxdomain') THEN q_mx_status = 'nxdomain' END,
                         q_txt_status = 'nxdomain', false) AS in_resolvable,

    -- At least one MX record, the null MX included.
    in_listed AND coalesce(q_mx_status = 'ok', false) AS in_has_mx_rr,

    -- Runs mail: an MX to which mail could be sent. The default.
    in_listed AND coalesce(mx_class IN ('mx_present', 'mx_ok', 'mx_dangling', 'mx_unverified'), false) AS in_mail,

    -- An MX host with a public address. Only in runs that resolved the MX hosts.
    in_listed AND coalesce(mx_class = 'mx_ok', false) AS in_mail_usable,

    -- Could receive mail by RFC 5321 §5.1: also by its address, without an MX.
    in_mail OR (in_listed AND coalesce(mx_class = 'implicit_mx', false)) AS in_mail_or_addr,

    -- Says that it takes no mail: null MX (RFC 7505), or only targets that nobody can deliver to.
    in_listed AND coalesce(mx_class IN ('null_mx', 'mx_no_service'), false) AS in_no_mail_declared,

    -- SPF, section 4.7 (RFC 7208) ---------------------------------------------------------------------------------------------

    -- There is at least one v=spf1 record, valid or not.
    nullif(spf_status, 'unknown') <> 'none' AS is_spf_published,

    -- Exactly one, and no error in it or in the records it includes. With temperror the record is there, but whether it is valid
    -- could not be learned.
    CASE spf_status WHEN 'unknown' THEN NULL WHEN 'temperror' THEN NULL ELSE spf_status = 'valid' END AS is_spf_valid,

    -- Valid, -all after redirects, and nothing before it that lets everyone pass.
    is_spf_valid AND spf_effective_all = 'fail' AND spf_permissive = 'none' AS is_spf_strict,

    -- What the record says about everyone else. neutral holds records without all; pass holds those that let everyone pass.
    nullif(spf_class, 'unknown') = 'fail' AS is_spf_fail,
    nullif(spf_class, 'unknown') = 'softfail' AS is_spf_softfail,
    nullif(spf_class, 'unknown') = 'neutral' AS is_spf_neutral,
    nullif(spf_class, 'unknown') = 'pass' AS is_spf_pass,

    -- Published, and a permanent error.
    nullif(spf_class, 'unknown') = 'invalid' AS is_spf_invalid,

    -- DMARC, sections 5.5, 5.6, 5.8 (RFC 9989, and RFC 7489 where the name says so) -----------------------------------------------

    -- A v=DMARC1 record at _dmarc.<name> itself, valid or not. What "publishes DMARC" means in most studies.
    dmarc_own AS is_dmarc_own,

    -- A policy is in effect, own or inherited; p=none is one.
    nullif(dmarc_class, 'unknown') IN ('none', 'quarantine', 'reject') AS is_dmarc_effective,
    nullif(dmarc_class, 'unknown') = 'none' AS is_dmarc_none,
    nullif(dmarc_class, 'unknown') = 'quarantine' AS is_dmarc_quarantine,
    nullif(dmarc_class, 'unknown') = 'reject' AS is_dmarc_reject,

    -- The five definitions of "enforcing", section 5.6.
    enf_p AS is_enf_p,
    enf_reject AS is_enf_reject,
    enf_7489 AS is_enf_7489,
    enf_full AS is_enf_full,
    enf_9989 AS is_enf_9989,

    -- MTA-STS, section 6.5 (RFC 8461) -------------------------------------------------------------------------------------------

    -- A v=STSv1 record at _mta-sts.<name>, whatever is wrong with it or with the policy.
    nullif(mtasts_status, 'unknown') <> 'absent' AS is_mtasts_published,

    -- Record, host, certificate and policy are all in order, and the mode is testing or enforce.
    nullif(mtasts_status, 'unknown') IN ('valid_testing', 'valid_enforce') AS is_mtasts_working,
    nullif(mtasts_status, 'unknown') = 'valid_enforce' AS is_mtasts_enforcing,
    nullif(mtasts_status, 'unknown') = 'valid_testing' AS is_mtasts_testing,

    -- Enforcing, but no live MX matches the policy: honouring senders cannot deliver.
    is_mtasts_enforcing AND nullif(mtasts_mx_match, 'unknown') = 'none' AS is_mtasts_delivery_risk,

    -- TLS-RPT, section 7 (RFC 8460) ---------------------------------------------------------------------------------------------

    -- At least one v=TLSRPTv1 record, valid or not.
    nullif(tlsrpt_status, 'unknown') <> 'absent' AS is_tlsrpt_published,

    -- DKIM, DANE, BIMI, DNSSEC, sections 8, 9, 10, 2.6: only in runs that asked for them ----------------------------------------------

    -- Something exists below _domainkey.<name>. Where a wildcard or compact denial hides it, that is not known, unless a key was found.
    CASE WHEN dkim_presence = 'key_found' THEN true
         WHEN dkim_ent = 'exists' THEN true WHEN dkim_ent = 'absent' THEN false END AS is_dkim_namespace,

    -- A key at one of the selectors that were tried, valid, testing or weak: a lower bound (RFC 6376 §3.6.2.1), so that every other
    -- name with a known outcome counts as "not found".
    nullif(dkim_presence, 'unknown') = 'key_found' AS is_dkim_key_found,

    -- TLSA for every MX host, or for some, all of it validated (RFC 7672). Unknown when the resolver's AD bit is not to be trusted, and
    -- behind a bogus answer: that is a finding about DNSSEC and unknown for what stands on it (section 2.6).
    CASE WHEN dane_status NOT IN ('unknown', 'bogus') THEN dane_status = 'full' END AS is_dane_full,
    CASE WHEN dane_status NOT IN ('unknown', 'bogus') THEN dane_status = 'partial' END AS is_dane_partial,

    -- A valid record with a logo, own or of the organizational domain. A declination is no adoption.
    nullif(bimi_status, 'unknown') IN ('logo', 'logo_with_evidence') AS is_bimi_published,

    nullif(dnssec_state, 'unknown') = 'secure' AS is_dnssec_secure
FROM domains;

using System.Text;
using Scanner.Dns;

namespace Scanner.Checks.Spf;

/// <summary>
/// check_host() of RFC 7208 §4: what the record says about one client. Parser, selection, macros and limits are those of the classifier,
/// which looks at the worst case of all clients (<see cref="SpfWalk"/>). Pure: where an answer is missing it gives up, and the zone knows
/// what to ask before the next try.
/// </summary>
public sealed class SpfEvaluator
{
    private readonly SpfZone _zone;
    private readonly SpfClient _client;
    private readonly List<SpfStep> _steps = [];
    private int _lookups;
    private int _voids;
    private bool _termIsVoid;
    private int _depth;
    private (SpfDirective Directive, SpfRecord Record, string Domain)? _match;
    private (string Domain, string Text)? _problem;

    private SpfEvaluator(SpfZone zone, SpfClient client) => (_zone, _client) = (zone, client);

    /// <summary>What a mechanism does (RFC 7208 §4.6.2): match, not match, or return an exception.</summary>
    private enum Match : byte
    {
        No,
        Yes,
        Temperror,
        Permerror,
        /// <summary>An answer is missing.</summary>
        Pending,
    }

    /// <summary>Null when answers are missing: <see cref="SpfZone.TakeMissing"/> names them.</summary>
    /// <param name="domain">The &lt;domain&gt; of RFC 7208 §4.1, as a question asks for it.</param>
    public static SpfCheck? CheckHost(SpfZone zone, SpfClient client, string domain)
    {
        var evaluator = new SpfEvaluator(zone, client);
        if (evaluator.CheckHost(domain) is not { } verdict) return null;
        string? explanation = null;
        if (verdict == SpfVerdict.Fail && !evaluator.TryExplain(out explanation)) return null;
        var match = verdict is SpfVerdict.Temperror or SpfVerdict.Permerror or SpfVerdict.None ? null : evaluator._match;
        var problem = verdict is SpfVerdict.Temperror or SpfVerdict.Permerror ? evaluator._problem : null;
        return new SpfCheck
        {
            Verdict = verdict,
            Mechanism = match?.Directive.Text,
            Where = match?.Domain ?? problem?.Domain,
            Problem = problem?.Text,
            Explanation = explanation,
            Lookups = evaluator._lookups,
            Voids = evaluator._voids,
            Steps = evaluator._steps,
        };
    }

    private SpfVerdict? CheckHost(string domain)
    {
        // RFC 7208 §4.3: malformed, or not a multi-label name.
        if (!SpfTarget.IsMultiLabelName(domain)) return SpfVerdict.None;
        if (_zone.Ask(domain, DnsRecordType.Txt) is not { } answer) return null;
        // RFC 7208 §4.6.4; the first query of all belongs to no term.
        if (_depth > 0 && answer.Presence == Presence.Absent && CountVoid(domain) is Match.Permerror) return SpfVerdict.Permerror;
        var reading = _zone.Read(domain)!;
        switch (reading.State)
        {
            case SpfReadingState.Unknown: // RFC 7208 §4.4
                return Error(SpfVerdict.Temperror, domain, $"the TXT record could not be read: {answer.Status.Word()} (RFC 7208 §4.4)");
            case SpfReadingState.None: // RFC 7208 §4.5
                return SpfVerdict.None;
            case SpfReadingState.Multiple: // RFC 7208 §4.5
                return Error(SpfVerdict.Permerror, domain, "more than one SPF record (RFC 7208 §4.5)");
            case SpfReadingState.Malformed: // RFC 7208 §4.6: before anything is evaluated
                return Error(SpfVerdict.Permerror, domain, $"syntax error: {reading.SyntaxError!.Value.Word()} (RFC 7208 §4.6)");
            default:
                return Evaluate(domain, reading.Record!);
        }
    }

    private SpfVerdict? Evaluate(string domain, SpfRecord record)
    {
        foreach (var directive in record.Directives)
        {
            _termIsVoid = false;
            if (directive.CountsAsLookup && ++_lookups > SpfLimits.Lookups)
            {
                Step(domain, directive, "one too many");
                return Error(SpfVerdict.Permerror, domain, TooManyLookups);
            }
            int step = Step(domain, directive, null);
            var match = Test(directive, domain);
            if (match != Match.Pending) _steps[step] = _steps[step] with { Outcome = Outcome(match, directive) };
            switch (match)
            {
                case Match.Yes:
                    _match = (directive, record, domain);
                    return VerdictOf(directive.Qualifier);
                case Match.Temperror: return SpfVerdict.Temperror;
                case Match.Permerror: return SpfVerdict.Permerror;
                case Match.Pending: return null;
            }
        }
        _match = null;
        // RFC 7208 §4.7. An "all" would have matched above, so a redirect beside one is never reached (§5.1).
        return record.FollowedRedirect is { } redirect ? Redirect(redirect, domain) : SpfVerdict.Neutral;
    }

    /// <summary>RFC 7208 §6.1: the result is that of the target, but no record there is permerror.</summary>
    private SpfVerdict? Redirect(SpfModifier redirect, string domain)
    {
        _termIsVoid = false;
        if (++_lookups > SpfLimits.Lookups)
        {
            Step(domain, redirect, "one too many");
            return Error(SpfVerdict.Permerror, domain, TooManyLookups);
        }
        int step = Step(domain, redirect, null);
        var verdict = Follow(redirect.Value, domain);
        if (verdict is null) return null;
        if (verdict == SpfVerdict.None) verdict = Error(SpfVerdict.Permerror, domain, $"{redirect.Text}: no SPF record there (RFC 7208 §6.1)");
        _steps[step] = _steps[step] with { Outcome = verdict.Value.Word() };
        return verdict;
    }

    /// <summary>A recursive check_host(); null when an answer is missing. A target that cannot exist is "none" (RFC 7208 §4.3).</summary>
    private SpfVerdict? Follow(SpfMacroString spec, string domain)
    {
        if (!TryTarget(spec, domain, out var target)) return null;
        if (target.Name is not { } name) return SpfVerdict.None;
        _depth++;
        var verdict = CheckHost(name);
        _depth--;
        return verdict;
    }

    private Match Test(SpfDirective directive, string domain)
    {
        if (directive.Mechanism == SpfMechanism.Include) return Include(directive, domain);
        if (directive.Mechanism == SpfMechanism.All) return Match.Yes; // RFC 7208 §5.1
        if (directive.Mechanism == SpfMechanism.Ip4) return Of(_client.Ip4 is { } ip4 && directive.Ip4.Contains(ip4)); // RFC 7208 §5.6
        if (directive.Mechanism == SpfMechanism.Ip6) return Of(_client.Ip6 is { } ip6 && directive.Ip6.Contains(ip6));
        if (!TryTarget(directive.Domain, domain, out var target)) return Match.Pending;
        // RFC 7208 §4.8 leaves open what a name comes to that cannot exist; here nothing matches it.
        if (target.Name is not { } name) return Match.No;
        return directive.Mechanism switch
        {
            SpfMechanism.A => Address(directive, name),
            SpfMechanism.Mx => Mx(directive, name),
            SpfMechanism.Ptr => Ptr(name),
            _ => Exists(name),
        };
    }

    /// <summary>The table of RFC 7208 §5.2.</summary>
    private Match Include(SpfDirective directive, string domain)
    {
        var verdict = Follow(directive.Domain!, domain);
        switch (verdict)
        {
            case null: return Match.Pending;
            case SpfVerdict.Pass: return Match.Yes;
            case SpfVerdict.Temperror: return Match.Temperror;
            case SpfVerdict.Permerror: return Match.Permerror;
            case SpfVerdict.None:
                Error(SpfVerdict.Permerror, domain, $"{directive.Text}: no SPF record there (RFC 7208 §5.2)");
                return Match.Permerror;
            default: return Match.No;
        }
    }

    /// <summary>RFC 7208 §5.3, and the second half of §5.4.</summary>
    private Match Address(SpfDirective directive, string host)
    {
        if (_zone.Ask(host, FamilyOfClient) is not { } answer) return Match.Pending;
        switch (answer.Presence)
        {
            case Presence.Unknown: return Unknown(host, answer);
            case Presence.Absent: return CountVoid(host);
            default:
                return Of(_client.Ip4 is { } ip4
                    ? SpfHosts.Ip4Of(answer).Any(a => new SpfIp4Network(a, directive.Ip4Prefix).Contains(ip4))
                    : SpfHosts.Ip6Of(answer).Any(a => new SpfIp6Network(a, directive.Ip6Prefix).Contains(_client.Ip6!.Value)));
        }
    }

    /// <summary>RFC 7208 §5.4. A name without MX has no implicit one here.</summary>
    private Match Mx(SpfDirective directive, string name)
    {
        if (_zone.Ask(name, DnsRecordType.Mx) is not { } answer) return Match.Pending;
        if (answer.Presence == Presence.Unknown) return Unknown(name, answer);
        if (answer.Presence == Presence.Absent) return CountVoid(name);
        if (SpfHosts.HasTooManyMx(answer))
        {
            Error(SpfVerdict.Permerror, name, $"more than {SpfLimits.MxNames} MX records (RFC 7208 §4.6.4)");
            return Match.Permerror;
        }
        var hosts = SpfHosts.MxNames(answer);
        // All at once: the answers are wanted in order, but the questions need not wait for each other.
        foreach (string host in hosts) _zone.Ask(host, FamilyOfClient);
        foreach (string host in hosts)
        {
            var match = Address(directive, host);
            if (match != Match.No) return match;
        }
        return Match.No;
    }

    /// <summary>RFC 7208 §5.5: the client's names whose addresses lead back to it.</summary>
    private Match Ptr(string target)
    {
        if (ValidatedNames(out bool isVoid) is not { } names) return Match.Pending;
        if (isVoid && CountVoid(_client.ReverseName) == Match.Permerror) return Match.Permerror;
        return Of(names.Any(name => DomainName.IsAtOrBelow(name, target)));
    }

    /// <summary>RFC 7208 §5.7: always A, whatever the client's family.</summary>
    private Match Exists(string name)
    {
        if (_zone.Ask(name, DnsRecordType.A) is not { } answer) return Match.Pending;
        return answer.Presence switch
        {
            Presence.Present => Match.Yes,
            Presence.Absent => CountVoid(name),
            _ => Unknown(name, answer),
        };
    }

    /// <summary>RFC 7208 §5.5. A failed PTR query gives no names, a failed address query only skips the name. Null when answers are missing.
    /// </summary>
    private List<string>? ValidatedNames(out bool isVoid)
    {
        isVoid = false;
        if (_zone.Ask(_client.ReverseName, DnsRecordType.Ptr) is not { } answer) return null;
        isVoid = answer.Presence == Presence.Absent;
        var validated = new List<string>();
        bool pending = false;
        // Sorted, for the order of an RRset means nothing.
        foreach (string name in answer.RecordsOf<PtrRecord>().Select(p => p.Target).Order(StringComparer.Ordinal).Take(SpfLimits.PtrNames))
        {
            var addresses = _zone.Ask(name, FamilyOfClient);
            if (addresses is null) pending = true;
            else if (_client.Ip4 is { } ip4 ? SpfHosts.Ip4Of(addresses).Contains(ip4) : SpfHosts.Ip6Of(addresses).Contains(_client.Ip6!.Value)) validated.Add(name);
        }
        return pending ? null : validated;
    }

    /// <summary>RFC 7208 §7.3, %{p}: the domain itself, else one below it, else any, else "unknown".</summary>
    private string? NameOfClient(string domain)
    {
        if (ValidatedNames(out _) is not { } names) return null;
        return names.Find(name => name.Equals(domain, StringComparison.OrdinalIgnoreCase))
            ?? names.Find(name => DomainName.IsAtOrBelow(name, domain))
            ?? names.FirstOrDefault()
            ?? "unknown";
    }

    /// <summary>False when an answer is missing.</summary>
    private bool TryTarget(SpfMacroString? spec, string domain, out SpfTarget target)
    {
        target = SpfTarget.Of(spec, domain, letter => ValueOf(letter, domain));
        return !target.IsDynamic;
    }

    private string? ValueOf(char letter, string domain) => letter switch
    {
        'd' => domain,
        'p' => NameOfClient(domain),
        _ => _client.ValueOf(letter),
    };

    /// <summary>RFC 7208 §6.2. Whatever goes wrong, there is then no explanation. The exp of the record that decided: an include's never, a
    /// redirect's instead of the one before it. False when an answer is missing.</summary>
    private bool TryExplain(out string? explanation)
    {
        explanation = null;
        if (_match is not { Record.Exp: { } exp } match) return true;
        if (!TryTarget(exp.Value, match.Domain, out var target)) return false;
        if (target.Name is not { } name) return true;
        if (_zone.Ask(name, DnsRecordType.Txt) is not { } answer) return false;
        if (TxtRrset.Texts(answer) is not [var only] || SpfMacroString.ParseExplanation(only) is not { } text) return true;
        explanation = text.Expand(letter => ValueOf(letter, match.Domain));
        if (explanation is null) return false;
        // "MUST be limited to US-ASCII": a sender's local-part may bring in more.
        if (!Ascii.IsValid(explanation)) explanation = null;
        return true;
    }

    /// <summary>RFC 7208 §4.6.4 limits terms "for which DNS queries return" nothing: a term counts once, however many of its queries do, and
    /// "as soon as" the limit is passed (§11.1) the result is permerror.</summary>
    private Match CountVoid(string name)
    {
        if (_termIsVoid) return Match.No;
        _termIsVoid = true;
        if (++_voids <= SpfLimits.Voids) return Match.No;
        Error(SpfVerdict.Permerror, name, $"more than {SpfLimits.Voids} terms look up something that does not exist (RFC 7208 §4.6.4)");
        return Match.Permerror;
    }

    /// <summary>RFC 7208 §5: an error of DNS ends the evaluation.</summary>
    private Match Unknown(string name, DnsAnswer answer)
    {
        Error(SpfVerdict.Temperror, name, $"{answer.Question.Type.ToString().ToUpperInvariant()} lookup failed: {answer.Status.Word()} (RFC 7208 §5)");
        return Match.Temperror;
    }

    /// <summary>The innermost problem is the one to tell.</summary>
    private SpfVerdict Error(SpfVerdict verdict, string domain, string text)
    {
        _problem ??= (domain, text);
        return verdict;
    }

    private int Step(string domain, SpfTerm term, string? outcome)
    {
        _steps.Add(new SpfStep(_depth, domain, term.Text, _lookups, outcome));
        return _steps.Count - 1;
    }

    private DnsRecordType FamilyOfClient => _client.Ip4 is null ? DnsRecordType.Aaaa : DnsRecordType.A;

    private static string TooManyLookups => $"more than {SpfLimits.Lookups} terms that look something up (RFC 7208 §4.6.4)";

    private static Match Of(bool matches) => matches ? Match.Yes : Match.No;

    private static string Outcome(Match match, SpfDirective directive) => match switch
    {
        Match.Yes => $"match: {VerdictOf(directive.Qualifier).Word()}",
        Match.No => "no match",
        _ => match.ToString().ToLowerInvariant(),
    };

    private static SpfVerdict VerdictOf(SpfQualifier qualifier) => qualifier switch
    {
        SpfQualifier.Pass => SpfVerdict.Pass,
        SpfQualifier.Fail => SpfVerdict.Fail,
        SpfQualifier.Softfail => SpfVerdict.Softfail,
        _ => SpfVerdict.Neutral,
    };
}

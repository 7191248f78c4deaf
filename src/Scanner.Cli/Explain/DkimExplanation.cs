using Scanner.Checks;
using Scanner.Checks.Dkim;

namespace Scanner.Cli.Explain;

/// <summary>DKIM as far as DNS tells (RFC 6376) for a person.</summary>
internal static class DkimExplanation
{
    public static void Write(ExplanationPage page, DkimResult dkim)
    {
        page.Line("DKIM", $"{dkim.Presence.Word()} (namespace {dkim.Ent.Word()}, {dkim.SelectorsAsked} selectors tried){ExplanationPage.Because(dkim.Answer)}");
        foreach (var key in dkim.Keys)
            page.More($"{key.Selector}: {key.State.Word()}{(key.Type is { } type ? $", {type.Word()}{(key.Bits is { } bits ? $" {bits} bits" : "")}" : "")}{(key.Cname is { } target ? $", alias of {target}" : "")}");
        page.Rule(dkim.Ent switch
        {
            DkimEnt.Absent => "_domainkey does not exist, so nothing below it does (RFC 8020 §2)",
            DkimEnt.Exists => "_domainkey exists while a name that nobody made does not (RFC 8020 §2)",
            DkimEnt.Inconclusive => "a name that nobody made answers just like _domainkey: a wildcard or compact denial (RFC 4592, RFC 9824)",
            _ => "no answer about _domainkey",
        });
        page.Means(dkim.Presence switch
        {
            DkimPresence.KeyFound => "a key is published; whether mail is signed with it only the mail shows",
            DkimPresence.RevokedOnly => "the keys found are revoked: the domain says that it does not sign (RFC 6376 §3.6.1)",
            DkimPresence.NamespaceOnly => "some selector exists, but none of those tried has a usable key; selectors cannot be listed (RFC 6376 §3.6.2.1)",
            DkimPresence.Absent => "very probably the domain does not sign",
            DkimPresence.NotFound => "no key at the selectors tried, and more cannot be said",
            _ => "not known",
        });
        page.Next(dkim.Keys.Any(k => k.State == DkimKeyState.Weak) ? "replace keys under 1024 bits; 2048 are usual (RFC 8301 §3.2)"
            : dkim.Keys.Any(k => k.State == DkimKeyState.Malformed) ? "repair the key records that cannot be read"
            : dkim.Keys.Any(k => k.State == DkimKeyState.Multiple) ? "keep one key record at each selector (RFC 6376 §3.6.2.2)"
            : dkim.Keys.Any(k => k.State == DkimKeyState.DanglingCname) ? "remove selectors that point to names which no longer exist"
            : dkim.Keys.Any(k => k.State == DkimKeyState.Testing) ? "drop t=y when signing works: verifiers treat such mail as unsigned (RFC 6376 §3.6.1)"
            : dkim.Presence == DkimPresence.Absent ? "have your mail signed: DMARC needs SPF or DKIM to pass, and DKIM survives forwarding"
            : null);
    }
}

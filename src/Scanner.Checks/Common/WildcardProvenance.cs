using Scanner.Dns;

namespace Scanner.Checks;

/// <summary>
/// Did a wildcard make a record? <c>*.example.com TXT "v=DMARC1; p=reject"</c> is a valid record for every receiver, so the classes stand as
/// they are; a study wants to count with and without them (classification.md 2.5). Pure.
/// <para>A signature would prove it as well: fewer labels in the RRSIG than in its owner (RFC 4034 §3.1.3, RFC 4592 §3.3). We do not go by it.
/// The service records are asked for without proof, because DO=1 would make each of five answers a name larger, for the few zones that are
/// signed; the probe is asked for at the rare name whose neighbours leave the question open, and tells the same of signed and unsigned zones.
/// A reply's RRSIGs end in the reply reader: an answer holds the records of the asked type only.</para>
/// </summary>
public static class WildcardProvenance
{
    /// <summary>
    /// Could a TXT wildcard at the name have made its service records? RFC 4592 §2.2.1: a wildcard answers for every name that does not
    /// exist, so one neighbour that is NXDOMAIN proves that there is none, and the probe is saved: this settles nearly every name.
    /// </summary>
    /// <param name="neighbours">The TXT answers one label below the name (_dmarc, _mta-sts), as far as they were asked.</param>
    public static bool IsPossible(IEnumerable<DnsAnswer?> neighbours) =>
        !neighbours.Any(a => a is { IsDenial: true });

    /// <summary>Is the record what a name that nobody made answers as well? Null when the probe has no answer.</summary>
    /// <param name="record">The TXT answer that holds the record, of the right version.</param>
    /// <param name="control">The TXT answer at <see cref="ControlName"/>.</param>
    /// <param name="isRecord">Is this text one of the check's records?</param>
    public static bool? IsSynthesised(DnsAnswer record, DnsAnswer control, Predicate<string> isRecord)
    {
        if (control.Presence == Presence.Unknown) return null;
        var texts = TxtRrset.Texts(control).ToHashSet(StringComparer.Ordinal);
        return texts.Count > 0 && TxtRrset.Texts(record).Any(text => isRecord(text) && texts.Contains(text));
    }
}

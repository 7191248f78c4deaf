using System.Buffers;
using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Scanner.Checks.Dkim;

/// <summary>
/// Reads one TXT text as a DKIM key record (RFC 6376 §3.2, §3.6.1; RFC 8301; RFC 8463; classification.md 8.3). Pure. Text has one char
/// per octet. Never throws.
/// <code>
/// tag-list = tag-spec *( ";" tag-spec ) [ ";" ]      tag-spec = [FWS] tag-name [FWS] "=" [FWS] tag-value [FWS]
/// tag-name = ALPHA *ALNUMPUNC                         key tags: v h k n p s t, of which only p is required
/// </code>
/// </summary>
public static class DkimKeyParser
{
    /// <summary>RFC 8301 §3.2: verifiers MUST NOT consider signatures with RSA keys of less than 1024 bits as valid.</summary>
    private const int MinRsaBits = 1024;

    private const string Fws = " \t\r\n";

    /// <summary>
    /// <see cref="RecordMatch.NotThisType"/>: no key record, that is, not a tag list with p or v=DKIM1. <see cref="RecordMatch.Valid"/>
    /// also for keys that are revoked, testing or weak: they say what they are.
    /// </summary>
    /// <param name="record">Null only for <see cref="RecordMatch.NotThisType"/>.</param>
    public static RecordMatch Parse(string text, out DkimKeyRecord? record)
    {
        record = null;
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        bool wellFormed = true, versionFirst = true, first = true;
        var whole = text.AsSpan();
        foreach (var range in whole.Split(';'))
        {
            var spec = whole[range].Trim(Fws);
            if (spec.IsEmpty)
            {
                // One ";" may close the list. RFC 6376 §3.2
                wellFormed &= range.End.GetOffset(whole.Length) == whole.Length;
                continue;
            }
            int equals = spec.IndexOf('=');
            var name = equals < 0 ? [] : spec[..equals].TrimEnd(Fws);
            if (!IsTagName(name))
            {
                wellFormed = false;
                first = false;
                continue;
            }
            // RFC 6376 §3.2: tags with duplicate names MUST NOT occur; the whole list is then invalid. Names are case-sensitive.
            if (!tags.TryAdd(name.ToString(), spec[(equals + 1)..].TrimStart(Fws).ToString())) wellFormed = false;
            if (name is "v" && !first) versionFirst = false;
            first = false;
        }
        // Most TXT texts are someone else's: a record for SPF has no p, and its v is another.
        bool version1 = tags.TryGetValue("v", out string? version) && version == "DKIM1";
        if (version is not null && !version1) return RecordMatch.NotThisType;
        if (!version1 && !tags.ContainsKey("p")) return RecordMatch.NotThisType;

        // RFC 6376 §3.6.1: v, if it is there, comes first.
        record = wellFormed && versionFirst ? Read(tags) : new DkimKeyRecord { State = DkimKeyState.Malformed };
        return record.State == DkimKeyState.Malformed ? RecordMatch.Malformed : RecordMatch.Valid;
    }

    /// <summary>RFC 6376 §3.2: ALPHA *ALNUMPUNC.</summary>
    private static bool IsTagName(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || !char.IsAsciiLetter(name[0])) return false;
        foreach (char c in name)
            if (!char.IsAsciiLetterOrDigit(c) && c != '_') return false;
        return true;
    }

    private static DkimKeyRecord Read(Dictionary<string, string> tags)
    {
        // RFC 6376 §3.6.1: rsa by default; other types than those registered MUST be ignored, which leaves no key.
        DkimKeyType? type = tags.GetValueOrDefault("k", "rsa") switch
        {
            "rsa" => DkimKeyType.Rsa,
            "ed25519" => DkimKeyType.Ed25519,
            _ => null,
        };
        if (!tags.TryGetValue("p", out string? key)) return new DkimKeyRecord { State = DkimKeyState.Malformed, Type = type };
        // RFC 6376 §3.6.1: an empty value means that the key has been revoked. Blanks may stand in base64 (§3.2 base64string).
        key = string.Concat(key.Where(c => !Fws.Contains(c)));
        if (key.Length == 0) return new DkimKeyRecord { State = DkimKeyState.Revoked, Type = type };
        int? bits = BitsOf(type, key);
        bool testing = tags.TryGetValue("t", out string? flags) && HasTestFlag(flags);
        return new DkimKeyRecord
        {
            State = bits is null ? DkimKeyState.Malformed
                : type == DkimKeyType.Rsa && bits < MinRsaBits ? DkimKeyState.Weak
                : testing ? DkimKeyState.Testing
                : DkimKeyState.Valid,
            Type = type,
            Bits = bits,
        };
    }

    /// <summary>RFC 6376 §3.6.1: t = a list of flags with ":" between; y is testing.</summary>
    private static bool HasTestFlag(ReadOnlySpan<char> flags)
    {
        foreach (var range in flags.Split(':'))
            if (flags[range].Trim(Fws) is "y") return true;
        return false;
    }

    /// <summary>Null when there is no such key in it.</summary>
    private static int? BitsOf(DkimKeyType? type, string base64)
    {
        byte[] octets = ArrayPool<byte>.Shared.Rent(base64.Length);
        try
        {
            if (type is null || !Convert.TryFromBase64String(base64, octets, out int length)) return null;
            var key = octets.AsMemory(0, length);
            // RFC 8463 §4: the 32 octets of the key itself, without ASN.1.
            return type == DkimKeyType.Ed25519 ? (length == 32 ? 256 : null) : ModulusBits(key);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(octets);
        }
    }

    /// <summary>The modulus of a SubjectPublicKeyInfo, or of the bare RSAPublicKey inside one: RFC 6376 §3.6.1 says the latter and shows the
    /// former in its example (erratum 3017 settles for SubjectPublicKeyInfo, verifiers take both).</summary>
    private static int? ModulusBits(ReadOnlyMemory<byte> der)
    {
        try
        {
            var outer = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
            if (outer.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
            {
                if (outer.ReadSequence().ReadObjectIdentifier() != "1.2.840.113549.1.1.1") return null;
                outer = new AsnReader(outer.ReadBitString(out _), AsnEncodingRules.DER).ReadSequence();
            }
            var modulus = outer.ReadIntegerBytes().Span.TrimStart((byte)0);
            outer.ReadIntegerBytes();
            return modulus.IsEmpty ? null : modulus.Length * 8 - System.Numerics.BitOperations.LeadingZeroCount((uint)modulus[0]) + 24;
        }
        catch (Exception e) when (e is AsnContentException or CryptographicException)
        {
            return null;
        }
    }
}

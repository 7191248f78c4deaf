using System.Security.Cryptography;
using System.Text;

namespace Scanner.Checks;

/// <summary>
/// A name beside <c>_dmarc</c>, <c>_domainkey</c> and the like that nobody has made: whatever it answers comes from a wildcard (RFC 4592 §3.3.1)
/// or from the way in which the zone denies names (RFC 9824).
/// </summary>
public static class ControlName
{
    /// <summary>
    /// <c>_</c> and twelve letters. They look random and are a hash of the name: no zone holds them by chance (26^-12), and the
    /// same question comes again when a run is classified anew from its stored answers.
    /// </summary>
    /// <param name="name">The listed name, lower-case.</param>
    public static string LabelFor(string name)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(name), hash);
        Span<char> label = stackalloc char[13];
        label[0] = '_';
        for (int i = 1; i < label.Length; i++) label[i] = (char)('a' + hash[i] % 26);
        return new string(label);
    }
}

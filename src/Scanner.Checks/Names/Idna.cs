using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Scanner.Checks.Names;

/// <summary>U-labels to A-labels, label by label: UTS-46 non-transitional processing without the STD3 rules, which would refuse
/// <c>_dmarc</c> (classification.md 2.1 point 2).</summary>
public static class Idna
{
    // The library is non-transitional on ICU: faß.de becomes xn--fa-hia.de. It refuses a whole name for one bad xn-- label, so it is
    // only given labels that need it. AllowUnassigned: a list may know letters that this machine's Unicode tables do not.
    private static readonly IdnMapping Mapping = new() { UseStd3AsciiRules = false, AllowUnassigned = true };

    /// <summary>The dots of UTS-46 §2.3 beside the full stop: ideographic, fullwidth, halfwidth.</summary>
    internal const string OtherDots = "\u3002\uFF0E\uFF61";

    /// <summary>The name with every label in ASCII, lower-case. Labels already in ASCII are only lower-cased: DNS does not care whether an
    /// <c>xn--</c> label decodes. False when a label has no A-label, because UTS-46 disallows it or it is over 63 octets.</summary>
    public static bool TryToAscii(string name, [NotNullWhen(true)] out string? ascii)
    {
        ascii = null;
        if (Ascii.IsValid(name))
        {
            ascii = name.ToLowerInvariant();
            return true;
        }
        foreach (char dot in OtherDots) name = name.Replace(dot, '.');
        var text = new StringBuilder(name.Length + 16);
        string[] labels = name.Split('.');
        for (int i = 0; i < labels.Length; i++)
        {
            string label = labels[i];
            if (i > 0) text.Append('.');
            if (Ascii.IsValid(label))
            {
                text.Append(label);
                continue;
            }
            try
            {
                text.Append(Mapping.GetAscii(label));
            }
            catch (ArgumentException)
            {
                return false;
            }
        }
        ascii = text.ToString().ToLowerInvariant();
        return true;
    }
}

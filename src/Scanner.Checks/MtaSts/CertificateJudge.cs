using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Scanner.Checks.MtaSts;

/// <summary>
/// Is the certificate of a policy host good (RFC 8461 §3.3), and if not, in how many ways? Every finding is kept; the first in the order
/// of precedence is the cause that a one-column table shows. Revocation is not checked (§3.3 leaves it open).
/// </summary>
public static class CertificateJudge
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    // classification.md 6.2. Papers differ in this order; it is ours.
    private static readonly MtaStsError[] Precedence =
    [
        MtaStsError.CertNameMismatch, MtaStsError.CertSelfSigned, MtaStsError.CertUntrustedRoot, MtaStsError.CertIncompleteChain,
        MtaStsError.CertExpired, MtaStsError.CertNotYetValid, MtaStsError.CertNoSan, MtaStsError.CertBadSignatureOrUsage, MtaStsError.CertRevoked,
    ];

    /// <summary>How the chain is to be built. Downloads are off: .NET would otherwise fetch a missing intermediate (AIA) and make an
    /// incomplete chain look whole, by a request to an address that the certificate chooses.</summary>
    /// <param name="trustedRoots">Instead of the system's; null for the system's.</param>
    public static X509ChainPolicy ChainPolicy(X509Certificate2Collection? trustedRoots, DateTimeOffset now)
    {
        var policy = new X509ChainPolicy
        {
            DisableCertificateDownloads = true,
            RevocationMode = X509RevocationMode.NoCheck,
            VerificationTime = now.UtcDateTime,
            VerificationTimeIgnored = false,
            // The name is matched here, to the letter of the RFC. SslStream's own check would throw for names with labels such as "-b-".
            // We read every chain status, so this flag hides nothing from us.
            VerificationFlags = X509VerificationFlags.IgnoreInvalidName,
            TrustMode = trustedRoots is null ? X509ChainTrustMode.System : X509ChainTrustMode.CustomRootTrust,
        };
        if (trustedRoots is not null) policy.CustomTrustStore.AddRange(trustedRoots);
        policy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        return policy;
    }

    /// <summary>All findings in the order of precedence; none for a good certificate.</summary>
    /// <param name="chain">Built from <paramref name="leaf"/> with <see cref="ChainPolicy"/>.</param>
    public static IReadOnlyList<MtaStsError> Judge(X509Certificate2 leaf, X509Chain chain, string host)
    {
        var found = new HashSet<MtaStsError>();
        JudgeName(leaf, host, found);

        var flags = X509ChainStatusFlags.NoError;
        foreach (var status in chain.ChainStatus) flags |= status.Status;
        bool selfIssued = leaf.SubjectName.RawData.AsSpan().SequenceEqual(leaf.IssuerName.RawData);
        if ((flags & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0)
        {
            // Alone and its own issuer: self-signed. Otherwise the root is there and nobody trusts it, or it is not even there.
            if (selfIssued && chain.ChainElements.Count <= 1) found.Add(MtaStsError.CertSelfSigned);
            else if (flags.HasFlag(X509ChainStatusFlags.UntrustedRoot)) found.Add(MtaStsError.CertUntrustedRoot);
            else found.Add(MtaStsError.CertIncompleteChain);
        }
        JudgeTime(leaf, chain.ChainPolicy.VerificationTime, found);
        foreach (var element in chain.ChainElements)
        {
            if (element.ChainElementStatus.Any(s => s.Status == X509ChainStatusFlags.NotTimeValid))
                JudgeTime(element.Certificate, chain.ChainPolicy.VerificationTime, found);
        }
        if (flags.HasFlag(X509ChainStatusFlags.Revoked)) found.Add(MtaStsError.CertRevoked);
        const X509ChainStatusFlags Told = X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotTimeValid
            | X509ChainStatusFlags.Revoked | X509ChainStatusFlags.NotTimeNested
            | X509ChainStatusFlags.RevocationStatusUnknown | X509ChainStatusFlags.OfflineRevocation;
        // Bad signature, wrong extended key usage, basic constraints, name constraints, unknown critical extensions, …
        if ((flags & ~Told) != 0) found.Add(MtaStsError.CertBadSignatureOrUsage);
        return [.. Precedence.Where(found.Contains)];
    }

    private static void JudgeTime(X509Certificate2 certificate, DateTime now, HashSet<MtaStsError> found)
    {
        // X509Certificate2 gives local time.
        if (certificate.NotAfter.ToUniversalTime() < now.ToUniversalTime()) found.Add(MtaStsError.CertExpired);
        if (certificate.NotBefore.ToUniversalTime() > now.ToUniversalTime()) found.Add(MtaStsError.CertNotYetValid);
    }

    private static void JudgeName(X509Certificate2 leaf, string host, HashSet<MtaStsError> found)
    {
        try
        {
            // Only a DNS-ID counts, the common name never. RFC 8461 §3.3
            string[] names = [.. leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(e => e.EnumerateDnsNames())];
            if (names.Length == 0) found.Add(MtaStsError.CertNoSan);
            else if (!names.Any(name => MatchesName(name, host))) found.Add(MtaStsError.CertNameMismatch);
        }
        catch (CryptographicException)
        {
            // The extension is there, but it is no SAN that anyone can read.
            found.Add(MtaStsError.CertBadSignatureOrUsage);
        }
    }

    /// <summary>A wildcard counts only as the complete left-most label, for exactly one label (RFC 8461 §3.3, RFC 6125 §6.4.3).</summary>
    public static bool MatchesName(string name, string host) =>
        string.Equals(name, host, StringComparison.OrdinalIgnoreCase)
        || (name.StartsWith("*.", StringComparison.Ordinal) && Dns.DomainName.Parent(host) is { } parent
            && name.AsSpan(2).Equals(parent, StringComparison.OrdinalIgnoreCase));
}

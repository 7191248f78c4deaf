using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Scanner.Checks.Tests.MtaSts;

/// <summary>A small certificate world: a trusted root, its intermediate, a root that nobody trusts, and leaves of every kind of bad.
/// All dates are around <see cref="Now"/>, which is the tests' clock.</summary>
internal static class TestCertificates
{
    public static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1", ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    public static readonly X509Certificate2 Root = Authority("CN=Test Root", issuer: null);
    public static readonly X509Certificate2 Intermediate = Authority("CN=Test Intermediate", Root);
    public static readonly X509Certificate2 StrangeRoot = Authority("CN=Strange Root", issuer: null);

    /// <summary>A server certificate valid from a month before to two months after <see cref="Now"/>, shifted by <paramref name="months"/>.</summary>
    /// <param name="issuer">Null: its own issuer.</param>
    /// <param name="issuerUrl">Where the issuer's certificate could be downloaded (AIA).</param>
    public static X509Certificate2 Leaf(X509Certificate2? issuer, string subject = "CN=test", string[]? dnsNames = null, int months = 0,
        bool clientOnly = false, string? issuerUrl = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        if (dnsNames is { Length: > 0 })
        {
            request.CertificateExtensions.Add(SubjectAlternativeName(dnsNames));
        }
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(clientOnly ? ClientAuthentication : ServerAuthentication)], false));
        if (issuerUrl is not null) request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(null, [issuerUrl]));
        var from = Now.AddMonths(months - 1);
        var to = Now.AddMonths(months + 2);
        using var bare = issuer is null ? request.CreateSelfSigned(from, to) : request.Create(issuer, from, to, RandomNumberGenerator.GetBytes(8));
        return issuer is null ? Usable(bare) : Usable(bare.CopyWithPrivateKey(key));
    }

    /// <summary>By hand, since SubjectAlternativeNameBuilder refuses names that DNS allows. RFC 5280 §4.2.1.6</summary>
    private static X509Extension SubjectAlternativeName(string[] dnsNames)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
            foreach (string name in dnsNames) writer.WriteCharacterString(UniversalTagNumber.IA5String, name, new Asn1Tag(TagClass.ContextSpecific, 2));
        return new X509Extension("2.5.29.17", writer.Encode(), critical: false);
    }

    public static X509Certificate2 Authority(string subject, X509Certificate2? issuer)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        var from = Now.AddYears(-1);
        var to = Now.AddYears(1);
        return issuer is null
            ? Usable(request.CreateSelfSigned(from, to))
            : Usable(request.Create(issuer, from, to, RandomNumberGenerator.GetBytes(8)).CopyWithPrivateKey(key));
    }

    /// <summary>A certificate that <paramref name="signer"/> signs although it is no authority.</summary>
    public static X509Certificate2 LeafSignedBy(X509Certificate2 signer, string dnsName)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signingKey = signer.GetECDsaPrivateKey()!;
        var request = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(SubjectAlternativeName([dnsName]));
        return request.Create(signer.SubjectName, X509SignatureGenerator.CreateForECDsa(signingKey), Now.AddMonths(-1), Now.AddMonths(1), [1, 2, 3]);
    }

    /// <summary>Windows serves only keys that were loaded from a file.</summary>
    private static X509Certificate2 Usable(X509Certificate2 certificate) =>
        X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
}

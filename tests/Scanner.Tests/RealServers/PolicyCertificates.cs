using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Scanner.Tests.RealServers;

/// <summary>Certificates on disk, in PEM, for servers that are not ours: a root, an intermediate, a root that nobody trusts, leaves.</summary>
internal sealed class PolicyCertificates : IDisposable
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private readonly string _folder;
    private readonly X509Certificate2 _root = Authority("CN=Real server root", null);
    private readonly X509Certificate2 _strange = Authority("CN=Real server root that nobody trusts", null);
    private readonly X509Certificate2 _intermediate;

    public PolicyCertificates(string folder)
    {
        _folder = folder;
        _intermediate = Authority("CN=Real server intermediate", _root);
        Trusted = [X509CertificateLoader.LoadCertificate(_root.RawData)];
    }

    public X509Certificate2Collection Trusted { get; }

    /// <summary>Writes <c>NAME.crt</c> (the chain as it is sent) and <c>NAME.key</c>.</summary>
    /// <param name="kind">good, wrong_name, expired, self_signed, incomplete, untrusted.</param>
    public (string Certificate, string Key) Write(string kind, string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=policy host", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(kind == "wrong_name" ? "www.example.com" : host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        var (from, to) = kind == "expired" ? (Now.AddDays(-60), Now.AddDays(-30)) : (Now.AddDays(-1), Now.AddDays(60));
        using var leaf = kind switch
        {
            "self_signed" => request.CreateSelfSigned(from, to),
            "untrusted" => request.Create(_strange, from, to, RandomNumberGenerator.GetBytes(8)),
            _ => request.Create(_intermediate, from, to, RandomNumberGenerator.GetBytes(8)),
        };
        X509Certificate2[] sent = kind switch { "self_signed" or "incomplete" => [leaf], "untrusted" => [leaf, _strange], _ => [leaf, _intermediate] };
        string certificate = Path.Combine(_folder, $"{host}.crt"), keyFile = Path.Combine(_folder, $"{host}.key");
        File.WriteAllText(certificate, string.Join('\n', sent.Select(c => c.ExportCertificatePem())));
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        return (certificate, keyFile);
    }

    public void Dispose()
    {
        _root.Dispose();
        _strange.Dispose();
        _intermediate.Dispose();
    }

    private static X509Certificate2 Authority(string subject, X509Certificate2? issuer)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        var (from, to) = (Now.AddYears(-1), Now.AddYears(1));
        if (issuer is null) return request.CreateSelfSigned(from, to);
        using var bare = request.Create(issuer, from, to, RandomNumberGenerator.GetBytes(8));
        return bare.CopyWithPrivateKey(key);
    }
}

using System.Collections.ObjectModel;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Scanner.Lab.Servers;

/// <summary>
/// Makes the lab's certificates: a root, an intermediate below it, a second root that nobody trusts, and on demand a leaf for each host
/// and <see cref="LabCertificate"/>. ECDSA P-256, made at start, kept in memory only. Thread-safe.
/// </summary>
public sealed class LabCertificateAuthority : IDisposable
{
    /// <summary>A host is fetched once or a few times in a row, so a short memory serves; each context holds native memory.</summary>
    private const int CacheCapacity = 512;

    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1", ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly Lock _lock = new();
    private readonly Dictionary<(LabCertificate, string), SslStreamCertificateContext> _cache = [];
    private readonly Queue<(LabCertificate, string)> _oldest = new();
    private readonly ECDsa _leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root, _intermediate, _untrustedRoot;
    private readonly DateTimeOffset _now;

    public LabCertificateAuthority(TimeProvider time)
    {
        _now = time.GetUtcNow();
        _root = Authority("Scanner lab root", issuer: null);
        _intermediate = Authority("Scanner lab intermediate", _root);
        _untrustedRoot = Authority("Scanner lab root that nobody trusts", issuer: null);
        Root = [X509CertificateLoader.LoadCertificate(_root.RawData)];
    }

    /// <summary>The one root to trust, without its key.</summary>
    public X509Certificate2Collection Root { get; }

    /// <summary>The same as PEM text, for a file of trusted roots.</summary>
    public string RootPem => _root.ExportCertificatePem();

    /// <summary>What the server named <paramref name="host"/> shows: the leaf with its key and the certificates sent along.</summary>
    /// <param name="host">The name asked by SNI (RFC 6066 §3), lower-case.</param>
    public SslStreamCertificateContext ContextFor(LabCertificate kind, string host)
    {
        lock (_lock)
        {
            if (_cache.TryGetValue((kind, host), out var known)) return known;
        }
        // Two threads may both make one; the first stays.
        var made = Create(kind, host);
        lock (_lock)
        {
            if (!_cache.TryAdd((kind, host), made)) return _cache[(kind, host)];
            _oldest.Enqueue((kind, host));
            // Not disposed: a handshake may be using it. The finalizer frees it.
            if (_oldest.Count > CacheCapacity) _cache.Remove(_oldest.Dequeue());
            return made;
        }
    }

    public void Dispose()
    {
        _leafKey.Dispose();
        _root.Dispose();
        _intermediate.Dispose();
        _untrustedRoot.Dispose();
    }

    private SslStreamCertificateContext Create(LabCertificate kind, string host)
    {
        // Lengths of time as public CAs use them; all lie inside the authorities' own four years.
        var (from, to) = kind switch
        {
            LabCertificate.Expired or LabCertificate.ExpiredSelfSignedWrongName => (_now.AddDays(-100), _now.AddDays(-10)),
            LabCertificate.NotYetValid => (_now.AddDays(10), _now.AddDays(100)),
            _ => (_now.AddDays(-1), _now.AddDays(89)),
        };
        var request = Request(kind, host);
        if (kind is LabCertificate.SelfSigned or LabCertificate.ExpiredSelfSignedWrongName)
            return SslStreamCertificateContext.Create(request.CreateSelfSigned(from, to), additionalCertificates: null, offline: true);

        var issuer = kind == LabCertificate.UntrustedRoot ? _untrustedRoot : _intermediate;
        using var bare = request.Create(issuer, from, to, RandomNumberGenerator.GetBytes(16));
        var leaf = bare.CopyWithPrivateKey(_leafKey);
        return kind switch
        {
            LabCertificate.UntrustedRoot => WithRoot(leaf),
            LabCertificate.IncompleteChain => SslStreamCertificateContext.Create(leaf, additionalCertificates: null, offline: true),
            _ => SslStreamCertificateContext.Create(leaf, [_intermediate], offline: true),
        };
    }

    private CertificateRequest Request(LabCertificate kind, string host)
    {
        bool selfSigned = kind is LabCertificate.SelfSigned or LabCertificate.ExpiredSelfSignedWrongName;
        string name = kind switch
        {
            LabCertificate.Wildcard => "*" + host[Math.Max(0, host.IndexOf('.'))..],
            LabCertificate.WrongName or LabCertificate.ExpiredSelfSignedWrongName => "another-host.example",
            _ => host,
        };
        var subject = new X500DistinguishedNameBuilder();
        // X.520 allows 64 characters in a CN. Longer names stand in the SAN only, as public CAs do it; NoSan has no other place.
        subject.AddCommonName(name.Length <= 64 || kind == LabCertificate.NoSan ? name : "policy host");
        var request = new CertificateRequest(subject.Build(), _leafKey, HashAlgorithmName.SHA256);
        if (kind != LabCertificate.NoSan)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(name);
            request.CertificateExtensions.Add(names.Build());
        }
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        string usage = kind == LabCertificate.WrongUsage ? ClientAuthentication : ServerAuthentication;
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        // A key usage without keyCertSign would make OpenSSL look for another issuer than the certificate itself.
        if (!selfSigned) request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        return request;
    }

    private X509Certificate2 Authority(string name, X509Certificate2? issuer)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        var (from, to) = (_now.AddYears(-2), _now.AddYears(2));
        if (issuer is null) return request.CreateSelfSigned(from, to);
        using var bare = request.Create(issuer, from, to, RandomNumberGenerator.GetBytes(16));
        return bare.CopyWithPrivateKey(key);
    }

    /// <summary>Leaf and root on the wire, as private CAs are often set up. Only so can a client tell "an authority I do not trust" from
    /// "an intermediate is missing".</summary>
    private SslStreamCertificateContext WithRoot(X509Certificate2 leaf) =>
        OperatingSystem.IsWindows()
            ? SslStreamCertificateContext.Create(leaf, [_untrustedRoot], offline: true)
            : NewContext(leaf, new ReadOnlyCollection<X509Certificate2>([_untrustedRoot]), null);

    // The public factory never sends a self-signed root; the constructor behind it sends what it is given. Should a later runtime change
    // it, the first such handshake throws MissingMethodException and LabHttpsServerTests says so.
    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    private static extern SslStreamCertificateContext NewContext(X509Certificate2 target, ReadOnlyCollection<X509Certificate2> intermediates,
        SslCertificateTrust? trust);
}

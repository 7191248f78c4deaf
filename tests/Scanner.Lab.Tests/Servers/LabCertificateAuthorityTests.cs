using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Scanner.Lab.Servers;

namespace Scanner.Lab.Tests.Servers;

/// <summary>Each certificate as an SslStream client judges it that trusts the lab's root alone and downloads nothing.</summary>
public sealed class LabCertificateAuthorityTests : IAsyncLifetime
{
    private const X509ChainStatusFlags Fine = X509ChainStatusFlags.NoError;

    private static readonly DateTime Now = TimeProvider.System.GetLocalNow().DateTime;

    private readonly TinyWorld _world = new();
    private LabHost _lab = null!;

    public async ValueTask InitializeAsync()
    {
        foreach (var kind in Enum.GetValues<LabCertificate>()) _world.With(HostOf(kind), new LabPolicyHost { Certificate = kind });
        _lab = await LabHost.StartAsync(_world, new LabHostOptions(), TimeProvider.System, RawDns.Guard);
    }

    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    private static string HostOf(LabCertificate kind) => $"mta-sts.{kind}.test".ToLowerInvariant();

    private sealed record Verdict(SslPolicyErrors Errors, X509ChainStatusFlags Chain, int Elements, X509Certificate2 Leaf);

    private async Task<Verdict> HandshakeAsync(string sni)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(LabAddresses.Of(LabConnection.Https), _lab.HttpsPort, RawDns.Guard);
        await using var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        Verdict? verdict = null;
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(_lab.RootCertificates);
        policy.ApplicationPolicy.Add(new("1.3.6.1.5.5.7.3.1"));
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = sni,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateChainPolicy = policy,
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            {
                var flags = chain!.ChainStatus.Aggregate(Fine, (all, one) => all | one.Status);
                verdict = new Verdict(errors, flags, chain.ChainElements.Count, new X509Certificate2(certificate!));
                return true;
            },
        }, RawDns.Guard);
        return verdict!;
    }

    [Theory]
    [InlineData(LabCertificate.Good, false, Fine, 3)]
    [InlineData(LabCertificate.Wildcard, false, Fine, 3)]
    [InlineData(LabCertificate.WrongName, true, Fine, 3)]
    [InlineData(LabCertificate.Expired, false, X509ChainStatusFlags.NotTimeValid, 3)]
    [InlineData(LabCertificate.NotYetValid, false, X509ChainStatusFlags.NotTimeValid, 3)]
    [InlineData(LabCertificate.SelfSigned, false, X509ChainStatusFlags.UntrustedRoot, 1)]
    [InlineData(LabCertificate.UntrustedRoot, false, X509ChainStatusFlags.UntrustedRoot, 2)]
    [InlineData(LabCertificate.IncompleteChain, false, X509ChainStatusFlags.PartialChain, 1)]
    [InlineData(LabCertificate.NoSan, false, Fine, 3)]
    [InlineData(LabCertificate.WrongUsage, false, X509ChainStatusFlags.NotValidForUsage, 3)]
    [InlineData(LabCertificate.ExpiredSelfSignedWrongName, true, X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.NotTimeValid, 1)]
    public async Task JudgedByAClient(LabCertificate kind, bool nameMismatch, X509ChainStatusFlags chain, int elements)
    {
        var verdict = await HandshakeAsync(HostOf(kind));
        Assert.Equal((nameMismatch, chain, elements),
            (verdict.Errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch), verdict.Chain, verdict.Elements));
        Assert.Equal(chain != Fine, verdict.Errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors));
    }

    [Fact]
    public async Task ExpiredAndNotYetValidAreOnTheirSidesOfNow()
    {
        Assert.True((await HandshakeAsync(HostOf(LabCertificate.Expired))).Leaf.NotAfter < Now);
        Assert.True((await HandshakeAsync(HostOf(LabCertificate.NotYetValid))).Leaf.NotBefore > Now);
    }

    [Fact]
    public async Task NoSanNamesTheHostInTheSubjectOnly()
    {
        var leaf = (await HandshakeAsync(HostOf(LabCertificate.NoSan))).Leaf;
        Assert.Empty(leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>());
        Assert.Equal($"CN={HostOf(LabCertificate.NoSan)}", leaf.Subject);
        Assert.False(leaf.MatchesHostname(HostOf(LabCertificate.NoSan), allowCommonName: false));
    }

    [Theory]
    [InlineData(LabCertificate.Good, "mta-sts.good.test")]
    [InlineData(LabCertificate.Wildcard, "*.wildcard.test")]
    public async Task SanNamesExactlyThis(LabCertificate kind, string name)
    {
        var leaf = (await HandshakeAsync(HostOf(kind))).Leaf;
        Assert.Equal([name], Assert.Single(leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>()).EnumerateDnsNames());
    }

    [Fact]
    public async Task LongHostsAndStrangersGetACertificateToo()
    {
        string label = new('a', 60);
        string host = $"mta-sts.{label}.{label}.{label}.test";
        Assert.Equal(SslPolicyErrors.None, (await HandshakeAsync(host)).Errors);
        Assert.NotEqual(SslPolicyErrors.None, (await HandshakeAsync("127.0.0.1")).Errors); // an address is never sent as SNI
    }

    [Fact]
    public async Task RootPemIsTheRootWithoutItsKey()
    {
        using var root = X509Certificate2.CreateFromPem(_lab.RootPem);
        Assert.Equal(Assert.Single(_lab.RootCertificates).Thumbprint, root.Thumbprint);
        Assert.False(_lab.RootCertificates[0].HasPrivateKey);
        Assert.DoesNotContain("PRIVATE", _lab.RootPem, StringComparison.Ordinal);
        Assert.Equal(SslPolicyErrors.None, (await HandshakeAsync(HostOf(LabCertificate.Good))).Errors);
    }

    [Fact]
    public void ContextsAreKeptAndForgotten()
    {
        using var authority = new LabCertificateAuthority(TimeProvider.System);
        var first = authority.ContextFor(LabCertificate.SelfSigned, "mta-sts.a.test");
        Assert.Same(first, authority.ContextFor(LabCertificate.SelfSigned, "mta-sts.a.test"));
        Assert.NotSame(first, authority.ContextFor(LabCertificate.SelfSigned, "mta-sts.b.test"));
        for (int i = 0; i < 512; i++) authority.ContextFor(LabCertificate.SelfSigned, $"mta-sts.{i}.test");
        Assert.NotSame(first, authority.ContextFor(LabCertificate.SelfSigned, "mta-sts.a.test"));
    }
}

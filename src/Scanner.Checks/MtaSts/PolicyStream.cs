using System.Net.Security;

namespace Scanner.Checks.MtaSts;

/// <summary>
/// The TLS stream of one fetch, with a count of what may still be read from it. HTTP has many ways to go on for ever without a byte of
/// body: interim responses (RFC 9110 §15.2), chunk extensions, HTTP/2 frames of no meaning. They all cost octets, and here the octets end.
/// A subclass, because SocketsHttpHandler takes a ready TLS stream over from its ConnectCallback only as an <see cref="SslStream"/>.
/// </summary>
internal sealed class PolicyStream(Stream inner) : SslStream(inner, leaveInnerStreamOpen: false)
{
    private long _mayRead = long.MaxValue;

    /// <summary>Has the server said anything at all after the handshake?</summary>
    public bool HasRead { get; private set; }

    /// <summary>From now on at most <paramref name="octets"/> more, in octets after decryption.</summary>
    public void Allow(long octets) => Volatile.Write(ref _mayRead, octets);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await base.ReadAsync(buffer, cancellationToken);
        HasRead |= read > 0;
        if (Interlocked.Add(ref _mayRead, -read) < 0) throw new IOException("The response is longer than any policy needs.");
        return read;
    }
}

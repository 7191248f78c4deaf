namespace Scanner.Dns.Transport;

/// <summary>One message as it was on the wire, without the length in front that TCP has.</summary>
/// <param name="Sent">By us; false for one that came from the server.</param>
/// <param name="Timestamp">Of the transport's clock.</param>
public readonly record struct CapturedMessage(bool Sent, bool OverTcp, long Timestamp, byte[] Octets);

/// <summary>The messages of one exchange, octet for octet: what was sent, and whatever came in with its ID, also what was then dropped because it
/// answers another question. For several callers at once.</summary>
public sealed class MessageCapture
{
    private readonly List<CapturedMessage> _messages = [];

    /// <summary>A copy, in the order in which they went by.</summary>
    public IReadOnlyList<CapturedMessage> Messages
    {
        get
        {
            lock (_messages) return [.. _messages];
        }
    }

    internal void Add(bool sent, bool overTcp, long timestamp, ReadOnlySpan<byte> octets)
    {
        lock (_messages) _messages.Add(new CapturedMessage(sent, overTcp, timestamp, octets.ToArray()));
    }
}

using System.Net;
using System.Net.Sockets;

namespace Scanner.Checks.MtaSts;

/// <summary>A TCP connection to one of a host's addresses, tried in turn within one deadline.</summary>
/// <param name="Socket">Connected, owned by the caller; null when no address could be reached.</param>
/// <param name="Address">The one that is connected; without a connection, the one whose failure is reported.</param>
/// <param name="LocalShortage">It failed for want of something on this machine (sockets, buffers, a way to IPv6): says nothing about
/// the host.</param>
internal readonly record struct PolicyConnection(Socket? Socket, IPAddress? Address, MtaStsError? Error, bool LocalShortage)
{
    /// <summary>Octets that the system may receive ahead of us. A policy fits twice; the system's own measure grows to megabytes for a
    /// server that sends without end.</summary>
    private const int ReceiveBuffer = 128 * 1024;

    /// <summary>Each address gets an equal part of the time that is left, so that a silent first one does not eat the deadline.</summary>
    /// <param name="deadline">Fires at the end of the whole fetch.</param>
    /// <param name="timeLeft">Until the deadline.</param>
    /// <param name="caller">Distinguishes the caller's cancellation, which is thrown, from our deadlines, which are a value.</param>
    public static async ValueTask<PolicyConnection> OpenAsync(
        IReadOnlyList<IPAddress> addresses, int port, Func<TimeSpan> timeLeft, TimeProvider time, CancellationToken deadline, CancellationToken caller)
    {
        PolicyConnection? first = null;
        for (int i = 0; i < addresses.Count; i++)
        {
            var attempt = await OpenOneAsync(new IPEndPoint(addresses[i], port), timeLeft() / (addresses.Count - i), time, deadline, caller);
            if (attempt.Socket is not null) return attempt;
            // The first failure speaks for the host, unless it was only a family that this machine has no route for.
            if (first is null or { Error: MtaStsError.Unreachable }) first = attempt;
            if (deadline.IsCancellationRequested) break;
        }
        return first ?? new PolicyConnection(null, null, MtaStsError.Unreachable, false);
    }

    private static async ValueTask<PolicyConnection> OpenOneAsync(
        IPEndPoint endpoint, TimeSpan share, TimeProvider time, CancellationToken deadline, CancellationToken caller)
    {
        Socket? socket = null;
        try
        {
            using var own = new CancellationTokenSource(share > TimeSpan.Zero ? share : TimeSpan.Zero, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(own.Token, deadline);
            // An address of family IPv6 that is a mapped IPv4 one needs a socket of both families.
            socket = endpoint.Address.IsIPv4MappedToIPv6
                ? new Socket(SocketType.Stream, ProtocolType.Tcp)
                : new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.NoDelay = true;
            socket.ReceiveBufferSize = ReceiveBuffer;
            await socket.ConnectAsync(endpoint, either.Token);
            var connected = new PolicyConnection(socket, endpoint.Address, null, false);
            socket = null;
            return connected;
        }
        catch (OperationCanceledException) when (!caller.IsCancellationRequested)
        {
            return new PolicyConnection(null, endpoint.Address, MtaStsError.ConnTimeout, false);
        }
        catch (SocketException e)
        {
            caller.ThrowIfCancellationRequested();
            bool shortage = e.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable
                || (endpoint.AddressFamily == AddressFamily.InterNetworkV6 && IsNoIpv6(e.SocketErrorCode));
            return new PolicyConnection(null, endpoint.Address, ErrorOf(e.SocketErrorCode), shortage);
        }
        finally
        {
            socket?.Dispose();
        }
    }

    /// <summary>What this machine's own system says, without sending a packet, when it has no IPv6 or no way out for it. So IPv6 is tried
    /// where it works and costs nothing where it does not.</summary>
    private static bool IsNoIpv6(SocketError error) => error
        is SocketError.NetworkUnreachable or SocketError.AddressNotAvailable
        or SocketError.AddressFamilyNotSupported or SocketError.ProtocolFamilyNotSupported;

    /// <summary>The TCP failure that a socket error stands for. Whatever else keeps us from the address is "unreachable".</summary>
    private static MtaStsError ErrorOf(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => MtaStsError.ConnRefused,
        SocketError.TimedOut => MtaStsError.ConnTimeout,
        SocketError.ConnectionReset or SocketError.ConnectionAborted => MtaStsError.ConnReset,
        _ => MtaStsError.Unreachable,
    };
}

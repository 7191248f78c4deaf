using System.Net;
using System.Net.Sockets;

namespace Scanner.Checks.MtaSts;

/// <summary>A TCP connection to one of a host's addresses, tried in turn within one deadline.</summary>
/// <param name="Socket">Connected, owned by the caller; null when no address could be reached.</param>
/// <param name="LocalShortage">It failed for want of sockets or buffers on this machine: says nothing about the host.</param>
internal readonly record struct PolicyConnection(Socket? Socket, MtaStsError? Error, bool LocalShortage)
{
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
        return first ?? new PolicyConnection(null, MtaStsError.Unreachable, false);
    }

    private static async ValueTask<PolicyConnection> OpenOneAsync(
        IPEndPoint endpoint, TimeSpan share, TimeProvider time, CancellationToken deadline, CancellationToken caller)
    {
        Socket? socket = null;
        try
        {
            using var own = new CancellationTokenSource(share > TimeSpan.Zero ? share : TimeSpan.Zero, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(own.Token, deadline);
            socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(endpoint, either.Token);
            var connected = new PolicyConnection(socket, null, false);
            socket = null;
            return connected;
        }
        catch (OperationCanceledException) when (!caller.IsCancellationRequested)
        {
            return new PolicyConnection(null, MtaStsError.ConnTimeout, false);
        }
        catch (SocketException e)
        {
            caller.ThrowIfCancellationRequested();
            bool shortage = e.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable;
            return new PolicyConnection(null, ErrorOf(e.SocketErrorCode), shortage);
        }
        finally
        {
            socket?.Dispose();
        }
    }

    /// <summary>The TCP failure that a socket error stands for. Whatever else keeps us from the address is "unreachable".</summary>
    private static MtaStsError ErrorOf(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => MtaStsError.ConnRefused,
        SocketError.TimedOut => MtaStsError.ConnTimeout,
        SocketError.ConnectionReset or SocketError.ConnectionAborted => MtaStsError.ConnReset,
        _ => MtaStsError.Unreachable,
    };
}

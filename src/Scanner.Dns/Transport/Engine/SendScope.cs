using System.Net.Sockets;
using Scanner.Dns.Wire;

namespace Scanner.Dns.Transport.Engine;

/// <summary>
/// While a thread works off a batch of answers, the queries that this gives rise to are gathered here and leave together when it has
/// finished, or when a batch is full. All of them take one socket per server, so that batches are as large as they can be. Everybody else
/// sends at once.
/// </summary>
internal sealed class SendScope
{
    /// <summary>Servers asked in one scope. One more, and the first of them is sent.</summary>
    private const int Batches = 8;

    [ThreadStatic]
    private static SendScope? _ofThread;

    private readonly SendBatch[] _batches = new SendBatch[Batches];
    private int _used;
    private bool _entered;

    /// <summary>The scope that this thread is in, or null.</summary>
    public static SendScope? Current => _ofThread is { _entered: true } scope ? scope : null;

    public static SendScope Enter()
    {
        var scope = _ofThread ??= new SendScope();
        scope._entered = true;
        return scope;
    }

    public void Exit()
    {
        _entered = false;
        for (int i = 0; i < _used; i++) _batches[i].Flush();
        _used = 0;
    }

    /// <summary>The socket that this scope uses for the transport's server, or null when none was chosen yet.</summary>
    public UdpChannel? ChannelOf(EngineTransport transport)
    {
        for (int i = 0; i < _used; i++)
            if (_batches[i].Channel is { } channel && channel.Transport == transport) return channel;
        return null;
    }

    public void Send(UdpChannel channel, ReadOnlySpan<byte> message, ushort id)
    {
        int i = 0;
        while (i < _used && _batches[i].Channel != channel) i++;
        if (i == Batches)
        {
            i = 0;
            _batches[0].Flush();
        }
        else if (i == _used)
        {
            _used++;
        }
        (_batches[i] ??= new SendBatch()).Add(channel, message, id);
    }
}

/// <summary>Queries for one socket that wait to be sent with one system call.</summary>
internal sealed unsafe class SendBatch
{
    /// <summary>Above 32 a batch gains nothing measurable, and the first of it only waits longer.</summary>
    private const int Capacity = 32;

    private const int MaxRefusals = 3;

    private readonly MessageBlock _block = new(Capacity, QueryEncoder.MaxLength);
    private readonly ushort[] _ids = new ushort[Capacity];
    private int _count;

    public UdpChannel? Channel { get; private set; }

    public void Add(UdpChannel channel, ReadOnlySpan<byte> message, ushort id)
    {
        Channel = channel;
        message.CopyTo(_block.Buffer(_count));
        _block.SetLength(_count, message.Length);
        _ids[_count++] = id;
        if (_count == Capacity) Send(channel);
    }

    public void Flush()
    {
        if (_count > 0) Send(Channel!);
        Channel = null;
    }

    private void Send(UdpChannel channel)
    {
        if (channel.Transport.IsBatched) SendMany(channel);
        else SendSingly(channel);
        _count = 0;
    }

    private void SendSingly(UdpChannel channel)
    {
        for (int i = 0; i < _count; i++) channel.Send(_block.Buffer(i)[..(int)_block.Messages[i].Vectors->Length], _ids[i]);
    }

    private void SendMany(UdpChannel channel)
    {
        int sent = 0;
        int failed = 0;
        int refusals = 0;
        while (sent + failed < _count)
        {
            int first = sent + failed;
            int error;
            try
            {
                int n = LinuxSockets.SendMany(channel.Handle, _block.Messages + first, (uint)(_count - first), 0);
                if (n > 0)
                {
                    sent += n;
                    continue;
                }
                error = System.Runtime.InteropServices.Marshal.GetLastPInvokeError();
            }
            catch (ObjectDisposedException)
            {
                error = LinuxSockets.BadDescriptor;
            }
            if (error == LinuxSockets.Interrupted) continue;
            // The refusal of something sent earlier, told here; this one was not sent yet.
            if (error == LinuxSockets.ConnectionRefused && refusals++ < MaxRefusals)
            {
                channel.Refused();
                continue;
            }
            channel.FailUnsent(_ids[first], new SocketException(error).Message);
            failed++;
        }
        Interlocked.Add(ref channel.Transport.Counters.Sent, sent);
    }
}

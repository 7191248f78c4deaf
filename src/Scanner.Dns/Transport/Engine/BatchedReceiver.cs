using System.Runtime.InteropServices;

namespace Scanner.Dns.Transport.Engine;

/// <summary>
/// One thread for all sockets of a transport, up to 64 datagrams a call (recvmmsg). While answers come it naps between its rounds, and does
/// not wait in poll: a socket that somebody polls wakes its poller in the kernel at every datagram sent and received, which costs the sender
/// a microsecond a query, and lets this thread take the processor from the one that is still sending. Only when nothing has come for a while
/// does it wait for the next datagram itself.
/// </summary>
internal sealed unsafe class BatchedReceiver : Receiver
{
    private const int BatchSize = 64;

    /// <summary>With this many answers in a round there may be more: it looks again at once.</summary>
    private const int ManyAnswers = 64;

    /// <summary>With this many queries out there will be answers soon: it does not wait in poll, whatever came lately.</summary>
    private const int ManyOpen = 128;

    /// <summary>This share of those in flight, answered in one round, is enough: by Little's law a nap then takes about an eighth of the time that an
    /// answer takes, whatever that is, and adds half of that to it.</summary>
    private const int ShareInFlight = 8;

    /// <summary>So many are enough whatever is in flight: larger batches gain little.</summary>
    private const int EnoughAnswers = BatchSize / 2;

    /// <summary>Microseconds of the shortest nap; Linux adds 50 to any (timer slack). Nothing beside a resolver's answer time.</summary>
    private const int ShortNap = 100;

    /// <summary>The longest: each nap after a round without enough answers is twice as long as the last, and half as long after one with more than twice
    /// enough. The fewer rounds, the larger the batches: of answers to work off, and of the queries that these give rise to.</summary>
    private const int LongNap = 1000;

    private readonly EngineTransport _transport;

    /// <summary>A field and no local: the block is known to the kernel by its address alone, and the compiler keeps a local object, whose array
    /// nobody reads, on the stack and lets the array go (.NET 10 does; the kernel then writes into memory that is somebody else's).</summary>
    private readonly MessageBlock _block = new(BatchSize, UdpChannel.MaxDatagram);

    private readonly Thread _thread;
    private readonly Lock _lock = new();
    private readonly List<UdpChannel> _wanted = [];
    private readonly List<UdpChannel> _unwanted = [];
    private readonly int _wake;
    private volatile bool _changed = true; // the first round makes the list
    private volatile bool _stop;

    public BatchedReceiver(EngineTransport transport)
    {
        _transport = transport;
        _wake = LinuxSockets.EventFd(0, 0);
        if (_wake < 0) throw new System.Net.Sockets.SocketException(Marshal.GetLastPInvokeError());
        _thread = new Thread(Run) { IsBackground = true, Name = $"DNS {transport.Server}" };
        _thread.Start();
    }

    public override void Add(UdpChannel channel)
    {
        lock (_lock) _wanted.Add(channel);
        Wake();
    }

    public override void Remove(UdpChannel channel)
    {
        lock (_lock)
        {
            _wanted.Remove(channel);
            _unwanted.Add(channel);
        }
        Wake();
    }

    public override void Dispose()
    {
        _stop = true;
        Wake();
        _thread.Join();
        LinuxSockets.Close(_wake);
    }

    private void Wake()
    {
        _changed = true;
        ulong one = 1;
        LinuxSockets.Write(_wake, &one, sizeof(ulong));
    }

    private void Run()
    {
        var answered = new PendingQuery[BatchSize];
        // The thread holds a reference to each handle it uses, so that a closed descriptor's number cannot become another file's.
        UdpChannel[] channels = [];
        nint[] descriptors = [];
        var poll = new LinuxSockets.PollEntry[1];
        CompletionBatch? batch = null;
        int recent = 0; // answers, those of each round before counting half
        int nap = ShortNap;
        while (true)
        {
            if (_changed)
            {
                _changed = false;
                Refresh(ref channels, ref descriptors, ref poll);
                if (_stop && channels.Length == 0) return;
            }
            int received = 0;
            for (int i = 0; i < channels.Length; i++) received += Drain(channels[i], descriptors[i], answered, ref batch);
            CompletionBatch.HandOver(ref batch);
            recent = recent / 2 + received;
            if (recent == 0 && _transport.InFlight < ManyOpen)
            {
                Sleep(poll);
                nap = ShortNap;
                continue;
            }
            int enough = Math.Clamp(_transport.InFlight / ShareInFlight, 1, EnoughAnswers);
            if (received < enough) nap = Math.Min(nap * 2, LongNap);
            else if (received > 2 * enough) nap = Math.Max(nap / 2, ShortNap);
            if (received < ManyAnswers) LinuxSockets.Sleep(new LinuxSockets.Duration(0, nap * 1000), 0);
        }
    }

    /// <summary>Takes over the sockets that are wanted, and closes those that are not.</summary>
    private void Refresh(ref UdpChannel[] channels, ref nint[] descriptors, ref LinuxSockets.PollEntry[] poll)
    {
        UdpChannel[] wanted;
        UdpChannel[] unwanted;
        lock (_lock)
        {
            wanted = [.. _wanted];
            unwanted = [.. _unwanted];
            _unwanted.Clear();
        }
        foreach (var channel in wanted.Except(channels))
        {
            bool added = false;
            channel.Handle.DangerousAddRef(ref added);
        }
        foreach (var channel in unwanted)
        {
            // In this order: closing waits until nobody holds the handle.
            if (channels.Contains(channel)) channel.Handle.DangerousRelease();
            channel.Dispose();
        }
        channels = wanted;
        descriptors = [.. wanted.Select(c => c.Handle.DangerousGetHandle())];
        poll = new LinuxSockets.PollEntry[wanted.Length + 1];
        for (int i = 0; i < wanted.Length; i++) poll[i] = new LinuxSockets.PollEntry { Descriptor = (int)descriptors[i], Events = LinuxSockets.PollIn };
        poll[^1] = new LinuxSockets.PollEntry { Descriptor = _wake, Events = LinuxSockets.PollIn };
    }

    /// <summary>One receive from one socket; what was answered goes into the batch. How many datagrams it had.</summary>
    private int Drain(UdpChannel channel, nint descriptor, PendingQuery[] answered, ref CompletionBatch? batch)
    {
        var block = _block;
        int received = LinuxSockets.ReceiveMany(descriptor, block.Messages, BatchSize, LinuxSockets.DontWait, null);
        if (received <= 0)
        {
            if (received == 0) return 0;
            int error = Marshal.GetLastPInvokeError();
            if (error == LinuxSockets.ConnectionRefused) channel.Refused();
            // The address is ours: anything that the kernel says of it is a fault of this program, and no network's.
            else if (error == LinuxSockets.BadAddress) Environment.FailFast("recvmmsg: the receive buffer is gone");
            return 0;
        }
        long now = _transport.Now;
        ReceiveTally tally = default;
        int count = 0;
        for (int i = 0; i < received; i++)
        {
            ref var message = ref block.Messages[i];
            var datagram = block.Buffer(i)[..(int)message.Length];
            if (channel.Accept(datagram, (message.Flags & LinuxSockets.Truncated) != 0, now, ref tally) is { } query) answered[count++] = query;
        }
        tally.AddTo(_transport.Counters);
        var all = answered.AsSpan(0, count);
        _transport.Answered(all);
        foreach (var query in all) CompletionBatch.Add(ref batch, query);
        all.Clear();
        return received;
    }

    private void Sleep(LinuxSockets.PollEntry[] poll)
    {
        fixed (LinuxSockets.PollEntry* entries = poll) LinuxSockets.Poll(entries, (nuint)poll.Length, -1);
        if (poll[^1].Returned == 0) return;
        ulong count;
        LinuxSockets.Read(_wake, &count, sizeof(ulong));
        poll[^1].Returned = 0;
    }
}

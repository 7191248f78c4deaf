using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Scanner.Weather;

/// <summary>
/// A network link that loses and delays packets: two tun devices of the kernel, and what comes out of one goes into the other. It does to IP packets
/// what <c>tc netem</c> does, for kernels without that module: loss, each packet by itself, and a delay with uniform jitter, so that packets
/// overtake each other. The devices are moved into network namespaces by whoever started it (bench/run-netem.sh). Linux, root.
/// </summary>
internal sealed partial class BadLink : IDisposable
{
    private const int LongestPacket = 65_536;

    /// <summary>Packets on their way in one direction; more are lost, as in any queue.</summary>
    private const int MostQueued = 20_000;

    private readonly SafeFileHandle _left, _right;
    private readonly double _loss, _delay, _jitter;

    /// <param name="loss">Share of packets, 0 to 1, in each direction.</param>
    /// <param name="delay">Milliseconds in each direction.</param>
    /// <param name="jitter">Up to so many milliseconds more or less.</param>
    /// <exception cref="IOException">No tun device can be made.</exception>
    public BadLink(string left, string right, double loss, double delay, double jitter)
    {
        (_left, _right) = (Tun(left), Tun(right));
        (_loss, _delay, _jitter) = (loss, delay, jitter);
    }

    /// <summary>Carries packets until the process ends.</summary>
    public void Run()
    {
        Thread[] threads = [.. Direction(_left, _right, seed: 1), .. Direction(_right, _left, seed: 2)];
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
    }

    public void Dispose()
    {
        _left.Dispose();
        _right.Dispose();
    }

    private IEnumerable<Thread> Direction(SafeFileHandle from, SafeFileHandle to, int seed)
    {
        var queue = new PriorityQueue<byte[], long>();
        yield return new Thread(() =>
        {
            var random = new Random(seed);
            byte[] packet = new byte[LongestPacket];
            while (Read(from, packet) is > 0 and int length)
            {
                if (random.NextDouble() < _loss) continue;
                long due = Environment.TickCount64 + (long)Math.Max(0, _delay + _jitter * (2 * random.NextDouble() - 1));
                lock (queue)
                {
                    if (queue.Count >= MostQueued) continue;
                    queue.Enqueue(packet.AsSpan(0, length).ToArray(), due);
                    Monitor.Pulse(queue);
                }
            }
        }) { IsBackground = true };
        yield return new Thread(() =>
        {
            while (true)
            {
                byte[] packet;
                lock (queue)
                {
                    while (true)
                    {
                        if (!queue.TryPeek(out _, out long due)) Monitor.Wait(queue);
                        else if (due - Environment.TickCount64 is > 0 and long wait) Monitor.Wait(queue, (int)wait);
                        else break;
                    }
                    packet = queue.Dequeue();
                }
                // It fails while the other end is down: a lost packet.
                _ = WritePacket(to, ref packet[0], packet.Length);
            }
        }) { IsBackground = true };
    }

    private static int Read(SafeFileHandle device, byte[] packet)
    {
        while (true)
        {
            nint length = ReadPacket(device, ref packet[0], packet.Length);
            if (length > 0) return (int)length;
            // The device is down until it has its place in a namespace.
            Thread.Sleep(20);
        }
    }

    private static SafeFileHandle Tun(string name)
    {
        var device = File.OpenHandle("/dev/net/tun", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        // struct ifreq: 16 octets of name, then the flags IFF_TUN | IFF_NO_PI; 40 octets in all.
        byte[] request = new byte[40];
        Encoding.ASCII.GetBytes(name, request);
        BinaryPrimitives.WriteInt16LittleEndian(request.AsSpan(16), 0x0001 | 0x1000);
        if (Control(device, SetInterface, request) == 0) return device;
        device.Dispose();
        throw new IOException(string.Create(CultureInfo.InvariantCulture, $"no tun device {name}: {Marshal.GetLastPInvokeErrorMessage()}"));
    }

    // TUNSETIFF of linux/if_tun.h.
    private const nuint SetInterface = 0x400454CA;

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(SafeFileHandle device, nuint request, byte[] argument);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadPacket(SafeFileHandle device, ref byte packet, nint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WritePacket(SafeFileHandle device, ref byte packet, nint length);
}

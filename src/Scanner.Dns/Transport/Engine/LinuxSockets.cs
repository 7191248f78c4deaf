using System.Runtime.InteropServices;

namespace Scanner.Dns.Transport.Engine;

/// <summary>
/// The system calls of the fast path: many datagrams for one entry into the kernel (sendmmsg(2), recvmmsg(2)), and what a thread needs that
/// waits for several sockets. Struct layouts are those of glibc and musl; fields are pointer-sized where theirs are.
/// </summary>
internal static unsafe partial class LinuxSockets
{
    public const int DontWait = 0x40; // MSG_DONTWAIT
    public const int Truncated = 0x20; // MSG_TRUNC, among the flags of a received message
    public const short PollIn = 1;
    public const int Interrupted = 4; // EINTR
    public const int WouldBlock = 11; // EAGAIN
    public const int ConnectionRefused = 111; // ECONNREFUSED
    public const int BadDescriptor = 9; // EBADF
    public const int BadAddress = 14; // EFAULT

    /// <summary>The calls are there: on Linux since 3.0. Structs of 32-bit systems were not tried, so these use plain sockets.</summary>
    public static bool Available { get; } = OperatingSystem.IsLinux() && nint.Size == 8;

    /// <summary>Sends from the front; how many were sent, or -1 with the error of the first.</summary>
    [LibraryImport("libc", EntryPoint = "sendmmsg", SetLastError = true)]
    public static partial int SendMany(SafeHandle socket, Message* messages, uint count, int flags);

    [LibraryImport("libc", EntryPoint = "recvmmsg", SetLastError = true)]
    public static partial int ReceiveMany(nint socket, Message* messages, uint count, int flags, void* timeout);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(PollEntry* entries, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventFd(uint value, int flags);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, ulong* value, nuint length);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int descriptor, ulong* value, nuint length);

    [LibraryImport("libc", EntryPoint = "nanosleep", SetLastError = true)]
    public static partial int Sleep(in Duration time, nint remaining);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    /// <summary>struct timespec</summary>
    [StructLayout(LayoutKind.Sequential)]
    public readonly struct Duration(nint seconds, nint nanoseconds)
    {
        public readonly nint Seconds = seconds;
        public readonly nint Nanoseconds = nanoseconds;
    }

    /// <summary>struct iovec</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Vector
    {
        public byte* Base;
        public nuint Length;
    }

    /// <summary>struct mmsghdr: a struct msghdr, and how many octets came or went.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Message
    {
        public void* Name;
        public uint NameLength;
        public Vector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
        private readonly int _padding;
        public uint Length;
    }

    /// <summary>struct pollfd</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}

/// <summary>Headers, vectors and octets for many datagrams in one block that the collector does not move. Keep it in a field of an object on the
/// heap for as long as a system call may use it: nothing but <see cref="_memory"/> holds the memory, and that nobody reads.</summary>
internal sealed unsafe class MessageBlock
{
    private readonly byte[] _memory;
    private readonly LinuxSockets.Message* _messages;
    private readonly byte* _octets;
    private readonly int _size;

    /// <param name="size">Octets for one datagram.</param>
    public MessageBlock(int count, int size)
    {
        _size = size;
        _memory = GC.AllocateArray<byte>(count * (sizeof(LinuxSockets.Message) + sizeof(LinuxSockets.Vector) + size), pinned: true);
        _messages = (LinuxSockets.Message*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref _memory[0]);
        var vectors = (LinuxSockets.Vector*)(_messages + count);
        _octets = (byte*)(vectors + count);
        for (int i = 0; i < count; i++)
        {
            vectors[i].Base = _octets + i * size;
            vectors[i].Length = (nuint)size;
            _messages[i].Vectors = vectors + i;
            _messages[i].VectorCount = 1;
        }
    }

    public LinuxSockets.Message* Messages => _messages;

    /// <summary>The whole buffer of one datagram.</summary>
    public Span<byte> Buffer(int index) => new(_octets + index * _size, _size);

    public void SetLength(int index, int length) => _messages[index].Vectors->Length = (nuint)length;
}

using System.Reflection;
using System.Runtime.InteropServices;

namespace Scanner.Fuzz;

/// <summary>
/// Which edges of the program's flow a run took. SharpFuzz rewrites an assembly so that it counts them in 64 KiB of memory which its small
/// helper assembly, SharpFuzz.Common, points to. That is found by reflection: the build needs no package, and without instrumentation the
/// fuzzer runs blind and says so.
/// </summary>
internal sealed unsafe class Coverage
{
    private const int Size = 65536;

    private readonly byte* _map;
    private readonly byte[] _seen = new byte[Size];
    private readonly FieldInfo? _previous;

    public Coverage()
    {
        _map = (byte*)NativeMemory.AllocZeroed(Size);
        Type? trace = null;
        try
        {
            trace = Assembly.Load("SharpFuzz.Common").GetType("SharpFuzz.Common.Trace");
        }
        catch (FileNotFoundException)
        {
            // Not instrumented.
        }
        trace?.GetField("SharedMem")!.SetValue(null, Pointer.Box(_map, typeof(byte*)));
        _previous = trace?.GetField("PrevLocation");
    }

    public bool IsInstrumented => _previous is not null;

    /// <summary>Edges that any run took so far.</summary>
    public int Edges { get; private set; }

    public void Clear()
    {
        new Span<byte>(_map, Size).Clear();
        _previous?.SetValue(null, 0);
    }

    /// <summary>Did the run since <see cref="Clear"/> take an edge that no run took, or one by an order of magnitude more often (a power of two)?</summary>
    public bool TakeNews()
    {
        bool news = false;
        var words = new ReadOnlySpan<ulong>(_map, Size / sizeof(ulong));
        for (int w = words.IndexOfAnyExcept(0UL); w >= 0 && w < words.Length; w++)
        {
            if (words[w] == 0) continue;
            for (int i = w * sizeof(ulong); i < (w + 1) * sizeof(ulong); i++)
            {
                if (_map[i] == 0) continue;
                byte bucket = (byte)(1 << (31 - int.LeadingZeroCount(_map[i])));
                if ((_seen[i] & bucket) != 0) continue;
                if (_seen[i] == 0) Edges++;
                _seen[i] |= bucket;
                news = true;
            }
        }
        return news;
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Scanner.Fuzz;

/// <summary>
/// Coverage-guided fuzzing of one reader, in this process: a text that takes a new edge of the program's flow is kept, and new texts are made
/// from those kept. Two findings: an exception, and cost that grows with more than the text. For the second a part of a kept text is
/// repeated to 15 and to 60 KiB now and then: four times the text may cost ten times the time, the best of several runs. (The square would be
/// sixteen times.) Time is that of the processor: on a busy machine no run that is longer than a slice of the scheduler is ever done in one.
/// </summary>
internal sealed class Fuzzer(Reader reader, Coverage coverage, int seed)
{
    private const int LongestText = 2048, Small = 15360, Large = 4 * Small;

    /// <summary>Above this time for 60 KiB, in milliseconds, growth is looked at. Instrumented code and several readings of one text take some
    /// ms, and megabytes of memory cost more than in proportion; the square of 60 KiB is billions of steps.</summary>
    private const double Bound = 50;

    private const double Factor = 10;

    private readonly Random _random = new(seed);
    private readonly List<string> _kept = [];
    private readonly string[] _words = [.. reader.Words, .. s_common];
    private double _slowest;
    private string _slowestText = "";

    private static readonly string[] s_common =
        [" ", "\t", "\r\n", "\n", "\0", "\u00FF", "\u00C2\u00A0", "\u00E2\u0080\u009C", ";", ",", "=", ":", "/", ".", "%", "\"", "\\", "!", "@", "-", "_", "0", "9", "4294967296", "a.b", "example.com"];

    /// <returns>True when nothing was found.</returns>
    public bool Run(TimeSpan time, TextWriter output)
    {
        long start = Stopwatch.GetTimestamp();
        long runs = 0, repeated = 0;
        foreach (string text in reader.Seeds)
            if (!Survives(text, output)) return false;
        while (Stopwatch.GetElapsedTime(start) < time)
        {
            for (int i = 0; i < 1000; i++, runs++)
                if (!Survives(Mutate(_kept.Count > 0 ? Any(_kept) : ""), output)) return false;
            for (int i = 0; i < 2; i++, repeated++)
                if (!GrowsWithTheText(output)) return false;
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {reader.Name} | {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} | {runs:N0} | {(coverage.IsInstrumented ? coverage.Edges.ToString("N0", CultureInfo.InvariantCulture) : "not counted")} | {_kept.Count:N0} | {repeated:N0} | {_slowest:F2} | none |"));
        output.WriteLine($"slowest: {Shown(_slowestText)}");
        return true;
    }

    private bool Survives(string text, TextWriter output)
    {
        coverage.Clear();
        try
        {
            reader.Read(text);
        }
        catch (Exception e)
        {
            output.WriteLine($"{reader.Name} throws {e}");
            output.WriteLine($"on {Shown(text)}");
            return false;
        }
        // Without coverage nothing tells a good text from another, so some are kept by chance.
        if (coverage.IsInstrumented ? coverage.TakeNews() : _kept.Count < 200 || _random.Next(5000) == 0) _kept.Add(text);
        return true;
    }

    private bool GrowsWithTheText(TextWriter output)
    {
        string text = Any(_kept);
        int from = _random.Next(text.Length + 1), to = _random.Next(from, text.Length + 1);
        string piece = text[from..to] + (_random.Next(2) == 0 ? Any(_words) : "");
        if (piece.Length == 0) return true;
        string Repeat(int length) => Repeated(text[..from], piece, length);
        string large = Repeat(Large);
        double time = Cost(reader, large, 2);
        if (time > Bound)
        {
            // What else the machine does is not the text's fault: only a suspicion that stays is a finding.
            for (int attempt = 0; ; attempt++)
            {
                time = Cost(reader, large, 20);
                double small = Cost(reader, Repeat(Small), 20);
                if (time <= Bound || time <= Factor * small) break;
                if (attempt < 5) continue;
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{reader.Name}: {small:F3} ms at 15 KiB, {time:F2} ms at 60 KiB"));
                output.WriteLine($"for {Shown(text[..from])} and then again and again {Shown(piece)}");
                return false;
            }
        }
        if (time > _slowest) (_slowest, _slowestText) = (time, text[..from] + "\" and then again and again \"" + piece);
        return true;
    }

    public static void PrintCost(Reader reader, string head, string piece, TextWriter output)
    {
        for (int octets = Small / 4; octets <= Large; octets *= 2)
        {
            string text = Repeated(head, piece, octets);
            double time = Cost(reader, text, 50);
            long before = GC.GetAllocatedBytesForCurrentThread();
            int collections = GC.CollectionCount(0);
            reader.Read(text);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{octets} octets: {time:F3} ms, {GC.GetAllocatedBytesForCurrentThread() - before:N0} B, {GC.CollectionCount(0) - collections} collections"));
        }
    }

    private static string Repeated(string head, string piece, int octets)
    {
        var whole = new StringBuilder(head, octets + piece.Length);
        while (whole.Length < octets) whole.Append(piece);
        return whole.ToString(0, octets);
    }

    /// <returns>Milliseconds of the processor, the best of so many runs.</returns>
    private static double Cost(Reader reader, string text, int runs)
    {
        double best = double.MaxValue;
        for (int i = 0; i < runs; i++)
        {
            var start = Environment.CpuUsage.TotalTime;
            reader.Read(text);
            best = Math.Min(best, (Environment.CpuUsage.TotalTime - start).TotalMilliseconds);
        }
        return best;
    }

    private string Mutate(string text)
    {
        var edited = new StringBuilder(text);
        for (int edits = 1 + _random.Next(4); edits > 0; edits--)
        {
            int at = _random.Next(edited.Length + 1), length = Math.Min(edited.Length - at, 1 + _random.Next(1 << _random.Next(6)));
            switch (_random.Next(9))
            {
                case 0: edited.Remove(at, length); break;
                case 1: edited.Insert(at, Any(_words)); break;
                case 2: edited.Remove(at, length).Insert(at, Any(_words)); break;
                case 3: edited.Insert(at, (char)_random.Next(256)); break;
                case 4 when at < edited.Length: edited[at] = (char)_random.Next(256); break;
                case 5 when at < edited.Length: edited[at] ^= (char)(1 << _random.Next(8)); break;
                case 6: edited.Insert(at, edited.ToString(at, length)); break;
                case 7: edited.Insert(_random.Next(edited.Length + 1), edited.ToString(at, length)); break;
                default:
                    string other = Any(_kept);
                    int from = _random.Next(other.Length + 1);
                    edited.Insert(at, other.AsSpan(from, _random.Next(other.Length - from + 1)));
                    break;
            }
        }
        if (edited.Length > LongestText) edited.Length = LongestText;
        return edited.ToString();
    }

    private string Any(IReadOnlyList<string> texts) => texts[_random.Next(texts.Count)];

    private static string Shown(string text) => "\"" + string.Concat(text.Select(c => c is >= ' ' and <= '~' ? c.ToString() : $"\\u{(int)c:X4}")) + "\"";
}

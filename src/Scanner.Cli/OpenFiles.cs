using System.Globalization;

namespace Scanner.Cli;

/// <summary>How many files and sockets this process may have open. Too few show up late and in strange places, a library that cannot be
/// loaded or a policy that cannot be fetched, so it is asked for first. The runtime has raised the soft limit to the hard one by now.</summary>
internal static class OpenFiles
{
    /// <summary>The program's libraries (about 150), the sockets of the DNS engine, the files of the run.</summary>
    private const int ForTheProgram = 240;

    /// <param name="httpsConcurrency">Policy fetches at once: a socket each.</param>
    /// <exception cref="UsageException">There are too few.</exception>
    public static void Check(int httpsConcurrency)
    {
        // What is said at the end needs descriptors too, and must have them when there are none left: the first line to either opens both.
        _ = (Console.Out, Console.Error);
        int wanted = ForTheProgram + httpsConcurrency;
        if (Limit() is { } limit && limit < wanted)
            throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"this process may have {limit} open files and sockets, a scan needs {wanted}: allow more (ulimit -n), or lower --https-concurrency"));
    }

    private static long? Limit()
    {
        if (!OperatingSystem.IsLinux()) return null;
        try
        {
            string? line = File.ReadLines("/proc/self/limits").FirstOrDefault(text => text.StartsWith("Max open files", StringComparison.Ordinal));
            string? soft = line?["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
            return long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out long limit) ? limit : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

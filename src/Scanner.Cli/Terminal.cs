using System.Globalization;
using System.Text;

namespace Scanner.Cli;

/// <summary>What people read. Text from the outside (names, records, paths in messages) never reaches a terminal raw.</summary>
internal static class Terminal
{
    /// <summary>Columns of the terminal that standard output goes to; null when it goes to a file or a pipe, or nobody knows.</summary>
    public static int? Width
    {
        get
        {
            if (Console.IsOutputRedirected) return null;
            try
            {
                return Console.WindowWidth is > 0 and var width ? width : null;
            }
            catch (Exception e) when (e is IOException or PlatformNotSupportedException)
            {
                return null;
            }
        }
    }

    /// <summary>A picture that is drawn anew all the time suits neither a pipe nor a terminal that cannot place its cursor, such as those that read aloud.</summary>
    public static bool CanRedraw => !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not "dumb";

    public static void Error(string line) => Write("scanner: " + Safe(line));

    public static void Note(string line) => Write(Safe(line));

    /// <summary>A terminal may be closed and a pipe broken while the run goes on: what nobody can read is not worth ending it.</summary>
    public static bool Write(string line)
    {
        try
        {
            Console.Error.WriteLine(line);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Control characters, also the C1 ones and those that turn the writing direction, become <c>\u{…}</c>.</summary>
    public static string Safe(string text)
    {
        if (!text.Any(IsUnsafe)) return text;
        var safe = new StringBuilder(text.Length + 16);
        foreach (char c in text)
        {
            if (IsUnsafe(c)) safe.Append(CultureInfo.InvariantCulture, $"\\u{{{(int)c:x}}}");
            else safe.Append(c);
        }
        return safe.ToString();

        static bool IsUnsafe(char c) => (char.IsControl(c) && c != '\n') || CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
    }
}

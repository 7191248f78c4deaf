using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Scanner.Dns;
using Scanner.Input;
using Scanner.Write;

namespace Scanner.Cli;

/// <summary>The exit statuses of interface.md section 1.</summary>
internal static class ExitCode
{
    public const int Complete = 0;

    /// <summary>The run stopped early and can be gone on with.</summary>
    public const int Stopped = 1;

    /// <summary>The command line or an input was unusable, and nothing was done.</summary>
    public const int Unusable = 2;

    /// <summary>Runs a command and turns what ends it into a line for people and an exit status.</summary>
    /// <param name="failed">Told what ended it early.</param>
    public static async Task<int> OfAsync(Func<Task<int>> command, Action<Exception>? failed = null)
    {
        try
        {
            return await Told(command, failed).ConfigureAwait(false);
        }
        catch (Exception e) when (e is InputException or UsageException or RunFolderException)
        {
            Terminal.Error(e.Message);
            return Unusable;
        }
        catch (ResolverUnreachableException e)
        {
            Terminal.Error(e.Message);
            return Stopped;
        }
        catch (OperationCanceledException)
        {
            Terminal.Error("stopped");
            return Stopped;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Terminal.Error(e.Message);
            return Stopped;
        }
    }

    private static async Task<int> Told(Func<Task<int>> command, Action<Exception>? failed)
    {
        try
        {
            return await command().ConfigureAwait(false);
        }
        catch (Exception e) when (failed is not null)
        {
            failed(e);
            throw;
        }
    }
}

/// <summary>An option or argument that makes no sense: exit 2, one line.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>The command line library's messages, where they speak of .NET types.</summary>
internal static partial class UsageErrors
{
    public static string ForPeople(string message) => ExpectedType().Match(message) is { Success: true } match
        ? $"{match.Groups["option"].Value}: '{match.Groups["value"].Value}' is no {KindOf(match.Groups["type"].Value)}"
        : message;

    private static string KindOf(string type) =>
        type.Contains("Int32", StringComparison.Ordinal) ? "whole number, or is out of range"
        : type.Contains("Double", StringComparison.Ordinal) ? "number"
        : type.Contains("Boolean", StringComparison.Ordinal) ? "yes or no: write true or false, or nothing"
        : "value for it";

    [GeneratedRegex("^Cannot parse argument '(?<value>.*)' for (option|command) '(?<option>[^']*)' as expected type '(?<type>.*)'\\.$", RegexOptions.Singleline)]
    private static partial Regex ExpectedType();
}

internal static class CommandPath
{
    /// <summary>The commands that were typed, without the program's own name.</summary>
    public static IEnumerable<string> Of(ParseResult parsed)
    {
        var path = new Stack<string>();
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult { Command: not RootCommand } command; at = at.Parent) path.Push(command.Command.Name + " ");
        return path.Select(word => word.TrimEnd() + (path.Count > 0 ? " " : ""));
    }
}

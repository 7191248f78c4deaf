using System.Reflection;

namespace Scanner.Cli;

/// <summary>What this program calls itself in run.json, in the files' metadata and in the User-Agent.</summary>
internal static class ToolVersion
{
    private static readonly string Full =
        typeof(ToolVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";

    /// <summary>The version alone, as 1.2.3.</summary>
    public static string Number => Full.Split('+')[0];

    /// <summary>The commit it was built from, or null outside a checkout.</summary>
    public static string? Commit => Full.Split('+') is [_, var commit] ? commit : null;
}

namespace Scanner.Tests;

/// <summary>Files of this checkout, found upwards from the tests' own folder.</summary>
internal static class Repository
{
    public static string Find(string relativePath)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, relativePath);
            if (File.Exists(Path.Combine(folder.FullName, "Scanner.sln"))) return candidate;
        }
        throw new DirectoryNotFoundException("the tests do not run inside a checkout (no Scanner.sln above them)");
    }
}

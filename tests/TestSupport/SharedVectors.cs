namespace Scanner.TestSupport;

/// <summary>The public test vectors beside the project. They are not part of the repository: a test that needs them skips by name.</summary>
public static class SharedVectors
{
    /// <summary>The full path of a file or folder below <c>../shared/vectors</c>, or null when it is not there.</summary>
    public static string? Find(string relativePath)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "shared", "vectors", relativePath);
            if (File.Exists(candidate) || Directory.Exists(candidate)) return candidate;
        }
        return null;
    }

    /// <summary>The reason to print when a test skips.</summary>
    public static string Missing(string relativePath) => $"needs the public vectors: shared/vectors/{relativePath} is not beside this checkout";
}

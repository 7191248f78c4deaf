using System.Globalization;
using Scanner.Write;

namespace Scanner;

/// <summary>Is there room for the run? Asked before it begins: better now than after half a night.</summary>
internal static class DiskSpace
{
    /// <summary>Octets a name, rounded up: about 300 of Parquet (measured over real records), 40 for the order of the scan, and what a name
    /// in a hundred with unknown answers takes while it waits.</summary>
    public const long PerName = 500;

    /// <summary>Tables, summaries, report, whatever the list.</summary>
    public const long AtLeast = 16L * 1024 * 1024;

    /// <exception cref="RunFolderException">There is not; the message says how much is wanted and how much there is.</exception>
    public static void Check(string folder, long names)
    {
        long wanted = AtLeast + names * PerName;
        if (Free(folder) is { } free && free < wanted)
            throw new RunFolderException(string.Create(CultureInfo.InvariantCulture,
                $"{folder}: {free / 1e6:N0} MB are free, and {names:N0} names may need {wanted / 1e6:N0} MB: make room, or choose a folder on another disk"));
    }

    /// <summary>Octets that this user may still write there; null when the system does not tell.</summary>
    private static long? Free(string folder)
    {
        try
        {
            // The folder may not be there yet: it will lie where the nearest one above it lies.
            var nearest = new DirectoryInfo(folder);
            while (!nearest.Exists && nearest.Parent is { } parent) nearest = parent;
            return new DriveInfo(nearest.FullName).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}

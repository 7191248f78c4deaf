using Scanner.Lab.World;
using Scanner.TestSupport;

namespace Scanner.Tests.RealServers;

/// <summary>The simulated internet written down as a zone, served by a real name server and scanned: the truth must be the same.</summary>
public sealed class ZoneFileTests
{
    [Fact]
    public async Task A_real_name_server_with_the_zone_file_tells_the_truth_of_the_lab()
    {
        if (NsdServer.Program is null) Assert.Skip("needs the name server NSD (Debian package nsd)");
        var ct = TestContext.Current.CancellationToken;
        string[] names = [.. LabList.Names(400)];
        using var zone = new StringWriter();
        ZoneFile.Write(zone, new LabWorld(), names);
        // The server under test brings its own SOA and NS.
        string records = string.Join('\n', zone.ToString().Split('\n').Where(line => line.Contains(" IN ", StringComparison.Ordinal))) + "\n";

        await using var nsd = await NsdServer.StartAsync(records, ct);
        using var folder = new TemporaryFolder();
        string list = folder.Path("names.txt");
        await File.WriteAllLinesAsync(list, names, ct);
        Assert.Equal(0, await ScannerProcess.RunAsync(["scan", list, "-o", folder.Path("run"), "--resolver", nsd.Endpoint.ToString(), "--qps", "0", "--progress", "none"], ct));
        // No policy host is served, so only DNS is compared. Exit 0: no value of any row differs.
        Assert.Equal(0, await ScannerProcess.RunAsync(["lab", "verify", folder.Path("run"), "--except", "mtasts_"], ct));
    }

    [Fact]
    public void What_means_something_in_a_master_file_is_escaped()
    {
        var cast = new Cast(CastFile.Parse(new StringReader("""
            infra: odd.lab
            why: a test
              @     TXT "say \"v=spf1\"; \\ and \200" "two"
              *.w   A   192.0.2.1
              to    CNAME odd.lab
            """), "odd.cast"));
        using var zone = new StringWriter();
        ZoneFile.Write(zone, new LabWorld(cast, new Population(new PopulationOptions())), []);
        string[] records = [.. zone.ToString().Split('\n').Where(line => line.Contains("odd.lab", StringComparison.Ordinal))];
        Assert.Contains("odd.lab. 300 IN TXT \"say \\\"v=spf1\\\"; \\\\ and \\200\" \"two\"", records);
        Assert.Contains("*.w.odd.lab. 300 IN A 192.0.2.1", records);
        Assert.Contains("to.odd.lab. 300 IN CNAME odd.lab.", records);
    }
}

using System.Text.Json;
using System.Xml.Linq;

namespace Scanner.Tests.Docs;

/// <summary>The packaging files, as far as they can be checked without building: no test machine has a container engine.</summary>
public sealed class PackagingTests
{
    [Fact]
    public void The_container_file_is_well_formed_and_ends_without_rights()
    {
        string[] known = ["FROM", "WORKDIR", "ARG", "COPY", "RUN", "USER", "VOLUME", "STOPSIGNAL", "ENTRYPOINT"];
        var instructions = File.ReadLines(Repository.Find("data-samples/packaging/Containerfile")).Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(' ', 2)).ToList();
        Assert.All(instructions, i => Assert.Contains(i[0], known));
        var stages = instructions.Where(i => i[0] == "FROM").ToList();
        Assert.Equal(2, stages.Count);
        Assert.All(stages, i => Assert.Matches(@":10\.0[\w.-]*( AS \w+)?$", i[1]));
        string stage = stages[0][1].Split(" AS ")[1];
        Assert.Contains(instructions, i => i[0] == "COPY" && i[1].StartsWith($"--from={stage} ", StringComparison.Ordinal));
        // After the last stage began: a user other than root, and an exec-form entry point, so that signals arrive.
        var last = instructions[instructions.LastIndexOf(stages[1])..];
        Assert.Contains(last, i => i[0] == "USER" && i[1] is not ("root" or "0"));
        Assert.Equal(["/app/scanner"], JsonSerializer.Deserialize<string[]>(last.Single(i => i[0] == "ENTRYPOINT")[1])!);
        string project = instructions.Single(i => i[0] == "RUN")[1].Split(' ').Single(word => word.EndsWith(".csproj", StringComparison.Ordinal));
        Assert.True(File.Exists(Repository.Find(project)));
    }

    [Theory]
    [InlineData("linux-x64")]
    [InlineData("linux-arm64")]
    [InlineData("win-x64")]
    [InlineData("osx-arm64")]
    public void Every_platform_has_its_profile(string platform)
    {
        string folder = Repository.Find("src/Scanner.Cli/Properties/PublishProfiles");
        var profile = XDocument.Load(Path.Combine(folder, platform + ".pubxml"));
        Assert.Equal(platform, profile.Descendants("RuntimeIdentifier").Single().Value);
        Assert.True(File.Exists(Path.Combine(folder, profile.Descendants("Import").Single().Attribute("Project")!.Value)));
        Assert.Contains(platform, File.ReadAllText(Repository.Find("data-samples/packaging/pack.sh")), StringComparison.Ordinal);
        Assert.Contains(platform, File.ReadAllText(Repository.Find("src/Scanner.Cli/Scanner.Cli.csproj")), StringComparison.Ordinal);
    }
}

using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using YamlDotNet.RepresentationModel;

namespace Scanner.Tests.Docs;

/// <summary>The schedules, as far as their own programs' rules can be checked without them; systemd's are checked by systemd in .ci/run.</summary>
public sealed class ScheduleTests
{
    private static string Read(string file) => File.ReadAllText(Repository.Find("data-samples/schedules/" + file));

    /// <summary>The rules of the Task Scheduler's schema ([MS-TSCH] section 2.5) that this file uses.</summary>
    [Fact]
    public void The_windows_task_follows_the_schema()
    {
        var task = XDocument.Parse(Read("windows-task.xml")).Root!;
        XNamespace ns = "http://schemas.microsoft.com/windows/2004/02/mit/task";
        Assert.Equal(ns + "Task", task.Name);
        Assert.Contains((string)task.Attribute("version")!, (string[])["1.2", "1.3", "1.4"]);
        Assert.Equal(["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"], task.Elements().Select(e => e.Name.LocalName));
        Assert.All(task.Descendants(), e => Assert.Equal(ns, e.Name.Namespace));

        var trigger = task.Element(ns + "Triggers")!.Element(ns + "CalendarTrigger")!;
        _ = XmlConvert.ToDateTimeOffset((string)trigger.Element(ns + "StartBoundary")!);
        Assert.True(XmlConvert.ToTimeSpan((string)trigger.Element(ns + "RandomDelay")!) > TimeSpan.Zero);
        Assert.InRange((int)trigger.Element(ns + "ScheduleByDay")!.Element(ns + "DaysInterval")!, 1, 365);

        string principal = (string)task.Element(ns + "Principals")!.Element(ns + "Principal")!.Attribute("id")!;
        Assert.Equal(principal, (string)task.Element(ns + "Actions")!.Attribute("Context")!);
        Assert.Contains((string)task.Descendants(ns + "LogonType").Single(), (string[])["S4U", "Password", "InteractiveToken"]);
        Assert.Equal("LeastPrivilege", (string)task.Descendants(ns + "RunLevel").Single());

        string[] settings = ["MultipleInstancesPolicy", "StartWhenAvailable", "RunOnlyIfNetworkAvailable", "ExecutionTimeLimit", "Enabled"];
        Assert.All(task.Element(ns + "Settings")!.Elements(), e => Assert.Contains(e.Name.LocalName, settings));
        Assert.Equal("IgnoreNew", (string)task.Descendants(ns + "MultipleInstancesPolicy").Single());
        Assert.True(XmlConvert.ToTimeSpan((string)task.Descendants(ns + "ExecutionTimeLimit").Single()) >= TimeSpan.FromHours(1));
        Assert.EndsWith("scanner.exe", (string)task.Descendants(ns + "Command").Single(), StringComparison.Ordinal);
    }

    /// <summary>The fields of a batch/v1 CronJob, by name: a misspelt one would be ignored, or refused, by a cluster.</summary>
    [Fact]
    public void The_cron_job_has_only_fields_that_kubernetes_knows()
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(Read("kubernetes-cronjob.yaml")));
        var job = Map(Assert.Single(yaml.Documents).RootNode, "apiVersion", "kind", "metadata", "spec");
        Assert.Equal(("batch/v1", "CronJob"), (job["apiVersion"].ToString(), job["kind"].ToString()));
        var spec = Map(job["spec"], "schedule", "timeZone", "concurrencyPolicy", "startingDeadlineSeconds", "suspend", "successfulJobsHistoryLimit", "failedJobsHistoryLimit", "jobTemplate");
        Assert.Equal("Forbid", spec["concurrencyPolicy"].ToString());
        string[] fields = spec["schedule"].ToString().Split(' ');
        Assert.Equal(5, fields.Length);
        Assert.InRange(int.Parse(fields[0], CultureInfo.InvariantCulture), 0, 59);
        Assert.InRange(int.Parse(fields[1], CultureInfo.InvariantCulture), 0, 23);

        var pod = Map(Map(Map(Map(spec["jobTemplate"], "metadata", "spec")["spec"], "backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished", "template")["template"], "metadata", "spec")["spec"],
            "restartPolicy", "terminationGracePeriodSeconds", "securityContext", "containers", "volumes");
        Assert.Contains(pod["restartPolicy"].ToString(), (string[])["Never", "OnFailure"]);
        Map(pod["securityContext"], "runAsNonRoot", "runAsUser", "runAsGroup", "fsGroup");
        var container = Map(Assert.Single((YamlSequenceNode)pod["containers"]), "name", "image", "args", "resources", "securityContext", "volumeMounts");
        Map(container["securityContext"], "allowPrivilegeEscalation", "readOnlyRootFilesystem", "capabilities");
        var resources = Map(container["resources"], "requests", "limits");
        foreach (var amounts in resources.Values) Map(amounts, "cpu", "memory");

        var volumes = ((YamlSequenceNode)pod["volumes"]).Select(v => Map(v, "name", "persistentVolumeClaim", "configMap", "emptyDir")["name"].ToString()).Order().ToList();
        var mounts = ((YamlSequenceNode)container["volumeMounts"]).Select(m => Map(m, "name", "mountPath", "readOnly")).ToList();
        Assert.Equal(volumes, mounts.Select(m => m["name"].ToString()).Order());
        // The folder of the job is on the volume that stays, and the one-file build has somewhere to unpack.
        string[] arguments = [.. ((YamlSequenceNode)container["args"]).Select(a => a.ToString())];
        Assert.Contains(arguments[Array.IndexOf(arguments, "--root") + 1], mounts.Select(m => m["mountPath"].ToString()));
        Assert.Contains("/tmp", mounts.Select(m => m["mountPath"].ToString()));
    }

    [Fact]
    public void The_cron_lines_have_five_fields_and_a_command()
    {
        string[] settings = ["MAILTO=", "PATH="];
        string[] text = [.. Read("crontab").Split('\n').Where(line => line.Length > 0 && line[0] is not '#')];
        // Without it cron looks into /usr/bin and /bin, where nobody puts the program.
        Assert.Contains(text, line => line.StartsWith("PATH=/usr/local/bin:", StringComparison.Ordinal));
        string[] lines = [.. text.Where(line => !settings.Any(setting => line.StartsWith(setting, StringComparison.Ordinal)))];
        Assert.NotEmpty(lines);
        foreach (string line in lines)
        {
            string[] words = line.Split(' ');
            Assert.Equal("scanner", words[5]);
            Assert.InRange(int.Parse(words[0], CultureInfo.InvariantCulture), 0, 59);
            Assert.InRange(int.Parse(words[1], CultureInfo.InvariantCulture), 0, 23);
            Assert.Equal(["*", "*", "*"], words[2..5]);
        }
    }

    /// <summary>The user of the service has no home folder that it may write, and without a folder to unpack into the one-file build ends with
    /// "Failure processing application bundle", exit 159.</summary>
    [Fact]
    public void The_service_gives_the_one_file_build_somewhere_to_unpack()
    {
        var settings = Read("scanner-nightly.service").Split('\n').Where(line => line.Contains('=') && line[0] != '#').ToLookup(line => line.Split('=', 2)[0], line => line.Split('=', 2)[1]);
        string cache = Assert.Single(settings["CacheDirectory"]);
        Assert.Contains($"DOTNET_BUNDLE_EXTRACT_BASE_DIR=/var/cache/{cache}", settings["Environment"]);
        Assert.Equal("yes", Assert.Single(settings["ProtectHome"]));
    }

    private static Dictionary<string, YamlNode> Map(YamlNode node, params string[] known)
    {
        var fields = ((YamlMappingNode)node).Children.ToDictionary(field => field.Key.ToString(), field => field.Value);
        Assert.Empty(fields.Keys.Except(known));
        return fields;
    }
}

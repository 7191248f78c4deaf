using System.Diagnostics;
using System.Globalization;
using Scanner.Input;
using Scanner.Lab.World;

namespace Scanner.Weather;

/// <summary>What survey and random order of a list cost: processor time a name, and the most heap that is live while the names go by.</summary>
internal static class OrderCost
{
    public static string Measure(int names, string folder)
    {
        string file = Path.Combine(folder, "list.txt");
        using (var writer = new StreamWriter(file))
            foreach (string name in LabList.Names(names)) writer.WriteLine(name);
        var options = new ListOptions { Source = file, Seed = 1 };
        using var source = ListSource.Open(file);
        var process = Process.GetCurrentProcess();
        double Cpu()
        {
            process.Refresh();
            return process.TotalProcessorTime.TotalSeconds * 1e6 / names;
        }

        double start = Cpu();
        var survey = ListSurvey.Read(source, options);
        double surveyed = Cpu();
        using var order = ScanOrder.Build(source, survey, options, Path.Combine(folder, "order"));
        double built = Cpu();
        int count = 0;
        long live = 0;
        foreach (var _ in order.Names())
            if (++count % 200_000 == 1) live = Math.Max(live, GC.GetTotalMemory(forceFullCollection: true));
        double read = Cpu();
        return string.Create(CultureInfo.InvariantCulture,
            $"{count:N0} names: survey {surveyed - start:N2}, order built {built - surveyed:N2}, names read back {read - built:N2} us of processor time a name; {live / 1048576.0:N1} MB live while they go by");
    }
}

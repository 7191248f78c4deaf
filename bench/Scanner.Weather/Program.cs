using System.Globalization;
using Scanner.Dns.Resolve;
using Scanner.Weather;

// Scanner.Weather weather|order NAMES QPS, hostile NAMES QPS IN-FLIGHT DELAY, or chaos MINUTES SEED: tables in Markdown on standard output (bench/run-weather.sh, run-chaos.sh).
// Scanner.Weather link LEFT RIGHT LOSS DELAY JITTER, and judge RUN NAMES WEATHER SESSIONS SECONDS: for bench/run-netem.sh; soak CSV, for bench/run-soak.sh.
string mode = args.ElementAtOrDefault(0) ?? "weather";
if (mode == "link")
{
    using var link = new BadLink(args[1], args[2], Number(3), Number(4), Number(5));
    link.Run();
    return 0;
}
if (mode == "soak")
{
    Console.Write(SoakPlot.Draw(args[1]));
    return 0;
}
if (mode == "judge")
{
    // A run that somebody else has made: RUN NAMES WEATHER SESSIONS SECONDS.
    var judged = WeatherRun.Judge(args[3], args[1], (int)Number(2), (int)Number(4), Number(5));
    Console.WriteLine(judged.Line(args[3]));
    if (judged.Wrong > 0) Console.Error.WriteLine($"{args[3]}: {judged.Example}");
    return judged.Wrong == 0 ? 0 : 1;
}
if (mode == "serve")
{
    await HostileRun.ServeAsync(args[1], (int)Number(2));
    return 0;
}
if (mode == "session") return await ChaosRun.SessionAsync(args[1..]);
if (mode == "chaos")
{
    var minutes = TimeSpan.FromMinutes(double.Parse(args.ElementAtOrDefault(1) ?? "5", CultureInfo.InvariantCulture));
    int seed = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : Random.Shared.Next(1, 1_000_000_000);
    var place = Directory.CreateTempSubdirectory("scanner-chaos-");
    try
    {
        if (await new ChaosRun(seed, minutes, place.FullName).RunAsync() is not { } fault) return 0;
        Console.Error.WriteLine($"chaos: FAILED: {fault}");
        return 1;
    }
    finally
    {
        place.Delete(recursive: true);
    }
}
int names = int.Parse(args.ElementAtOrDefault(1) ?? "2000", CultureInfo.InvariantCulture);
int queriesPerSecond = int.Parse(args.ElementAtOrDefault(2) ?? "1000", CultureInfo.InvariantCulture);
var folder = Directory.CreateTempSubdirectory("scanner-weather-");
try
{
    if (mode == "order")
    {
        Console.WriteLine(OrderCost.Measure(names, folder.FullName));
        return 0;
    }
    if (mode == "hostile")
    {
        Console.WriteLine(await new HostileRun(names, queriesPerSecond, args.Length > 3 ? (int)Number(3) : new ResolverOptions().InFlight, args.Length > 4 ? (int)Number(4) : 0, folder.FullName).RunAsync());
        return 0;
    }
    Console.WriteLine(WeatherResult.Header);
    int failures = 0;
    foreach (var weather in Weather.All.Where(weather => args.Length < 4 || weather.Name.Contains(args[3], StringComparison.Ordinal)))
    {
        var result = await new WeatherRun(names, queriesPerSecond, folder.FullName).RunAsync(weather);
        Console.WriteLine(result.Line(weather.Name));
        if (result.Wrong > 0) Console.Error.WriteLine($"{weather.Name}: {result.Example}");
        if (result.Wrong > 0) failures++;
    }
    return failures == 0 ? 0 : 1;
}
finally
{
    folder.Delete(recursive: true);
}

double Number(int argument) => double.Parse(args[argument], CultureInfo.InvariantCulture);

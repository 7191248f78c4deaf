using System.Globalization;
using Scanner.Weather;

// scanner-weather weather|hostile|order NAMES QPS: tables in Markdown on standard output (bench/run-weather.sh).
string mode = args.ElementAtOrDefault(0) ?? "weather";
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
        Console.WriteLine(await HostileRun.RunAsync(names, queriesPerSecond, folder.FullName));
        return 0;
    }
    Console.WriteLine("| weather | names | wrong class | falsely absent | unknown after pass 1 | after all passes | queries a name | sessions | seconds |");
    Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    int failures = 0;
    foreach (var weather in Weather.All.Where(weather => args.Length < 4 || weather.Name.Contains(args[3], StringComparison.Ordinal)))
    {
        var result = await new WeatherRun(names, queriesPerSecond, folder.FullName).RunAsync(weather);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {weather.Name} | {result.Names:N0} | {result.Wrong:N0} | {result.FalselyAbsent:N0} | {(double)result.UnknownFirst / result.Names:P2} | {(double)result.UnknownLast / result.Names:P2} | {result.QueriesPerName:N1} | {result.Sessions} | {result.Seconds:N0} |"));
        if (result.Wrong > 0) Console.Error.WriteLine($"{weather.Name}: {result.Example}");
        if (result.Wrong > 0 && !weather.WrongIsPossible) failures++;
    }
    return failures == 0 ? 0 : 1;
}
finally
{
    folder.Delete(recursive: true);
}

using System.Globalization;
using Scanner.FetchBench;

// What a policy fetch costs, what a hostile host can do, and whether fetches slow the scan down. run-fetch.sh runs all three.
switch (args)
{
    case ["hosts", var folder, var count, var port, var http2]:
        PolicyHosts.Write(folder, Number(count), Number(port), http2 == "h2");
        return 0;
    case ["fetch", var folder, var count, var port, var parallel, var rounds]:
        return await Throughput.RunAsync(folder, Number(count), Number(port), Number(parallel), Number(rounds));
    case ["attackers", var folder]:
        return await Attackers.RunAsync(folder);
    case ["attack", var folder, var fetches, var parallel]:
        return await AttackRun.RunAsync(folder, Number(fetches), Number(parallel));
    case ["attack", var folder, var fetches, var parallel, var kind]:
        return await AttackRun.RunAsync(folder, Number(fetches), Number(parallel), kind);
    case ["order", var names, var rounds]:
        return await FetchOrder.RunAsync(Number(names), Number(rounds));
    default:
        Console.Error.WriteLine("""
            hosts FOLDER COUNT PORT h2|h1          certificates, nginx.conf and curl.conf of COUNT policy hosts on 127.0.0.1:PORT
            fetch FOLDER COUNT PORT PARALLEL ROUNDS  fetches each of them once a round; a line a round
            attack FOLDER FETCHES PARALLEL [KIND]    fetches from hostile hosts in a process of their own; memory as it goes
            order NAMES ROUNDS                       the scan's DNS throughput with and without policies that stall
            """);
        return 2;
}

static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

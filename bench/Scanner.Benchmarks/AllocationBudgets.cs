using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using BenchmarkDotNet.Attributes;

namespace Scanner.Benchmarks;

/// <summary>
/// Bytes allocated by each benchmark's operation against its budget in <c>bench/allocation-budgets.json</c>. Bytes, unlike times, are the same on
/// every machine and on a busy one, so this is what continuous integration holds the code to.
/// </summary>
internal static class AllocationBudgets
{
    /// <summary>The compiler's tiers allocate differently: they are through after this.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1.5);

    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(0.5);

    /// <returns>The exit status: 0 when no operation is above its budget and each has one.</returns>
    public static int Check(IEnumerable<Type> types, string file, TextWriter output)
    {
        var budgets = JsonSerializer.Deserialize<Dictionary<string, double>>(File.ReadAllText(file)) ?? [];
        int failed = 0;
        output.WriteLine("| operation | bytes | budget | |");
        output.WriteLine("| --- | ---: | ---: | --- |");
        // What runs over many inputs is about its slowest one.
        foreach (var type in types.Where(t => !t.GetProperties().Any(p => p.IsDefined(typeof(ParamsSourceAttribute)))))
        {
            var instance = Activator.CreateInstance(type)!;
            foreach (var setup in Marked<GlobalSetupAttribute>(type)) Invoke(setup, instance);
            foreach (var method in Marked<BenchmarkAttribute>(type))
            {
                string name = $"{type.Name}.{method.Name}";
                double bytes = BytesOf(method, instance);
                bool known = budgets.Remove(name, out double budget);
                bool kept = known && bytes <= budget;
                if (!kept) failed++;
                output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"| {name} | {bytes:F0} | {(known ? budget : "none")} | {(kept ? "" : known ? "**above**" : "**no budget**")} |"));
            }
            foreach (var cleanup in Marked<GlobalCleanupAttribute>(type)) Invoke(cleanup, instance);
        }
        output.WriteLine();
        output.WriteLine(failed == 0 ? "all within their budgets" : $"{failed} not within a budget: less, or a larger one with its reason in the commit ({file})");
        return failed == 0 ? 0 : 1;
    }

    private static double BytesOf(MethodInfo method, object instance)
    {
        int each = method.GetCustomAttribute<BenchmarkAttribute>()!.OperationsPerInvoke;
        Run(WarmUp);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        long calls = Run(Measured);
        return (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)(calls * each);

        long Run(TimeSpan time)
        {
            // A delegate, since calling by reflection allocates.
            var call = Caller(method, instance);
            long count = 0;
            for (var watch = Stopwatch.StartNew(); watch.Elapsed < time; count++) call();
            return count;
        }
    }

    private static Action Caller(MethodInfo method, object instance)
    {
        if (method.ReturnType == typeof(void)) return method.CreateDelegate<Action>(instance);
        if (method.ReturnType.IsAssignableTo(typeof(Task)))
        {
            var start = method.CreateDelegate<Func<Task>>(instance);
            return () => start().GetAwaiter().GetResult();
        }
        if (!method.ReturnType.IsValueType)
        {
            var get = method.CreateDelegate<Func<object?>>(instance);
            return () => get();
        }
        if (method.ReturnType == typeof(int))
        {
            var count = method.CreateDelegate<Func<int>>(instance);
            return () => count();
        }
        throw new NotSupportedException($"{method.DeclaringType!.Name}.{method.Name} returns {method.ReturnType.Name}");
    }

    private static IEnumerable<MethodInfo> Marked<T>(Type type) where T : Attribute => type.GetMethods().Where(m => m.GetCustomAttribute<T>() is not null);

    private static void Invoke(MethodInfo method, object instance)
    {
        switch (method.Invoke(instance, []))
        {
            case Task task: task.GetAwaiter().GetResult(); break;
            case ValueTask task: task.AsTask().GetAwaiter().GetResult(); break;
        }
    }
}
